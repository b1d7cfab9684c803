"""A jsonschema validator's yes or no, without the bookkeeping that its messages need."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from jsonschema.protocols import Validator

from spec.schema import Schema

Predicate = Callable[[Any], bool]


def compiled(kind: type[Validator], schema: Schema) -> Predicate:
    """Whether a value is valid: what `kind(schema).is_valid` says, several times as fast.

    The members and items of a value are walked here; what else a keyword says is asked of `kind`,
    unless its table EXACT says as much, or QUICK that the keyword surely takes the value.
    Each schema object is compiled once, wherever it stands: references lead to `$defs` or nowhere.
    """
    return _of_same(kind, _Same(schema))


class _Same:
    """A schema that is equal to itself only, for schemas cannot be hashed."""

    def __init__(self, schema: Schema) -> None:
        self.schema = schema

    def __hash__(self) -> int:
        return id(self.schema)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.schema is self.schema


@lru_cache(maxsize=4096)
def _of_same(kind: Any, same: _Same) -> Predicate:
    schema: Any = same.schema
    validator = kind(schema)
    if not isinstance(schema, dict) or "$defs" in schema:  # where references lead
        return validator.is_valid  # type: ignore[no-any-return]
    walked, asked = _walked(kind, schema), list[tuple[Predicate | None, Any, Any]]()
    quick, exact = getattr(kind, "QUICK", {}), getattr(kind, "EXACT", {})
    for keyword, argument in schema.items():
        check = kind.VALIDATORS.get(keyword)
        if keyword in exact:
            asked.append((exact[keyword](argument, schema), None, None))
        elif check is not None and keyword not in walked:
            surely = quick[keyword](argument, schema) if keyword in quick else None
            asked.append((surely, check, argument))
    steps = list(walked.values())

    def is_valid(value: Any) -> bool:
        for surely, check, argument in asked:
            if surely is not None and surely(value):
                continue
            if check is None:
                return False
            for _ in check(validator, argument, value, schema) or ():
                return False
        for step in steps:  # noqa: SIM110 (`all` takes twice the time)
            if not step(value):
                return False
        return True

    return is_valid


def _walked(kind: Any, schema: Schema) -> dict[str, Predicate]:
    """The keywords that only lead further, or that all of a value's objects have."""
    found: dict[str, Predicate] = {}
    if isinstance(members := schema.get("properties"), dict):
        children = {name: compiled(kind, each) for name, each in members.items()}
        found["properties"] = _members(children)
    if isinstance(items := schema.get("items"), dict) and "prefixItems" not in schema:
        found["items"] = _items(compiled(kind, items))
    if isinstance(required := schema.get("required"), list):
        found["required"] = lambda value: (
            not isinstance(value, dict) or all(name in value for name in required)
        )
    return found


def _members(children: dict[str, Predicate]) -> Predicate:
    def fit(value: Any) -> bool:
        if not isinstance(value, dict):
            return True
        for name, child in children.items():
            if name in value and not child(value[name]):
                return False
        return True

    return fit


def _items(child: Predicate) -> Predicate:
    return lambda value: not isinstance(value, list) or all(map(child, value))
