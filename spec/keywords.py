"""What each keyword says of a value, in the strict and in the lenient reading.

Values may be of any size and depth: showing them in a message must not fail either.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import lru_cache
from typing import Any

from jsonschema import Draft202012Validator, ValidationError
from jsonschema.validators import extend

from spec import formats, quick
from spec.compiled import compiled
from spec.formats import Validity
from spec.patterns import compile_pattern
from spec.quick import LONG_TEXT, ODD
from spec.schema import Schema, types

_SHOWN_BITS, _SHOWN_DEPTH = 1024, 50


class _Huge(int):
    """An integer with more digits than Python is willing to print."""

    def __repr__(self) -> str:
        return f"an integer of {self.bit_length()} bits"


def tamed(value: Any, depth: int = 0) -> Any:
    """`value` as something that can be shown: no endless digits, nothing nested without end."""
    if isinstance(value, int) and value.bit_length() > _SHOWN_BITS:
        return _Huge(value)
    if isinstance(value, list):
        return [] if depth > _SHOWN_DEPTH else [tamed(item, depth + 1) for item in value]
    if isinstance(value, dict):
        members = {} if depth > _SHOWN_DEPTH else value
        return {name: tamed(member, depth + 1) for name, member in members.items()}
    return value


@lru_cache(maxsize=256)
def _compile_open(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern.replace("$", r"\Z"))


def utf16_length(text: str) -> int:
    """The length of `text` in UTF-16 units, as JavaScript and Java count characters."""
    return len(text) + sum(1 for char in text if ord(char) > 0xFFFF)


def is_open_text(text: str, schema: Schema) -> bool:
    """Whether text is of a kind that the contract neither promises nor forbids."""
    if len(text) > max(LONG_TEXT, schema.get("maxLength", 0)):
        return True
    return ODD.search(text) is not None


def is_open_number(number: float) -> bool:
    """Whether a number is beyond what a double can hold."""
    try:
        return not math.isfinite(float(number))
    except OverflowError:
        return True


def _is_open_member(value: Any) -> bool:
    """Whether text or a number of an open kind stands in a value that no schema speaks of."""
    if isinstance(value, dict):
        return any(is_open_text(name, {}) or _is_open_member(value[name]) for name in value)
    if isinstance(value, list):
        return any(map(_is_open_member, value))
    if isinstance(value, str):
        return is_open_text(value, {})
    return isinstance(value, int | float) and is_open_number(value)


_PLAIN_TYPES: dict[str, type] = {
    "string": str, "object": dict, "array": list, "boolean": bool, "null": type(None),
}  # fmt: skip


def _type_matches(validator: Any, value: Any, schema: Schema) -> bool:
    declared = schema.get("type", ())
    for name in (declared,) if isinstance(declared, str) else declared:
        known = _PLAIN_TYPES.get(name)
        if isinstance(value, known) if known else validator.is_type(value, name):
            return True
        if name == "integer" and isinstance(value, float) and math.isinf(value):
            return True  # 1e400, which Python reads so
    return False


def _type_strict(validator: Any, _: Any, value: Any, schema: Schema) -> Iterator[ValidationError]:
    # These words nobody reads: what is violated is told by the lenient reading.
    if not _type_matches(validator, value, schema):
        yield ValidationError("another type")
    elif isinstance(value, float) and "integer" in types(schema) and "number" not in types(schema):
        yield ValidationError("an integer written with a fraction part")
    elif isinstance(value, str) and value not in schema.get("x-plausible", (value,)):
        yield ValidationError("text that the prose may or may not mean")
    elif isinstance(value, str) and is_open_text(value, schema):
        yield ValidationError("text of a kind the contract leaves open")
    elif isinstance(value, int | float) and is_open_number(value):
        yield ValidationError("a number beyond doubles")
    elif isinstance(value, list) and "items" not in schema and any(map(_is_open_member, value)):
        yield ValidationError("an item of a kind the contract leaves open")
    elif isinstance(value, dict):
        named = schema.get("properties", {})
        if any(is_open_text(name, {}) for name in value if name not in named) or any(
            _is_open_member(member) for name, member in value.items() if name not in named
        ):
            yield ValidationError("an unnamed member of a kind the contract leaves open")


def _type_lenient(validator: Any, _: Any, value: Any, schema: Schema) -> Iterator[ValidationError]:
    if not _type_matches(validator, value, schema):
        yield ValidationError(f"{_show(value)} is not {_type_words(schema)}")


def _type_exactly(_: Any, schema: Schema) -> Callable[[Any], bool]:
    """What `_type_lenient` says, without its words."""
    validator, names = Lenient(schema), types(schema)
    plain = tuple(kind for name, kind in _PLAIN_TYPES.items() if name in names)
    return lambda value: isinstance(value, plain) or _type_matches(validator, value, schema)


def _enum(strict: bool) -> Any:
    def check(_: Any, members: list[Any], value: Any, schema: Schema) -> Iterator[ValidationError]:
        if value is None and schema.get("x-open-null") and not strict:
            return
        if not any(same_json(value, member) for member in members):
            yield ValidationError(f"{_show(value)} is not one of {', '.join(map(_show, members))}")

    return check


def _format(strict: bool) -> Any:
    def check(_: Any, name: str, value: Any, _schema: Schema) -> Iterator[ValidationError]:
        found = formats.check(name, value)
        if found is Validity.VIOLATION or (strict and found is Validity.OPEN):
            yield ValidationError(f"{_show(value)} is not a {name}")

    return check


def _pattern(strict: bool) -> Any:
    def check(_: Any, text: str, value: Any, schema: Schema) -> Iterator[ValidationError]:
        if not isinstance(value, str) or compile_pattern(text).search(value):
            return
        generous = None if strict else schema.get("x-open-pattern")
        if generous is None or not _compile_open(generous).search(value):
            yield ValidationError(f"{_show(value)} does not match {text}")

    return check


def _max_length(strict: bool) -> Any:
    def check(_: Any, limit: int, value: Any, _schema: Schema) -> Iterator[ValidationError]:
        if isinstance(value, str) and (utf16_length(value) if strict else len(value)) > limit:
            yield ValidationError(f"{_show(value)} has {len(value)} characters, more than {limit}")

    return check


def _min_length(strict: bool) -> Any:
    def check(_: Any, limit: int, value: Any, _schema: Schema) -> Iterator[ValidationError]:
        if isinstance(value, str) and (len(value) if strict else utf16_length(value)) < limit:
            yield ValidationError(f"{_show(value)} has {len(value)} characters, fewer than {limit}")

    return check


def _const(strict: bool) -> Any:
    def check(_: Any, wanted: Any, value: Any, schema: Schema) -> Iterator[ValidationError]:
        if value is None and schema.get("x-open-null") and not strict:
            return
        if not same_json(value, wanted):
            yield ValidationError(f"{_show(value)} is not {_show(wanted)}")

    return check


def _multiple_of(strict: bool) -> Any:
    """Decimal arithmetic, as JSON writes numbers; 19.99 by 0.01, where doubles differ, is open."""

    def check(_: Any, divisor: Any, value: Any, _schema: Schema) -> Iterator[ValidationError]:
        if isinstance(value, bool) or not isinstance(value, int | float):
            return
        if is_open_number(value):
            fits = not strict
        else:
            exact = Fraction(str(value)) % Fraction(str(divisor)) == 0
            rounded = (value / divisor).is_integer()
            fits = exact and rounded if strict else exact or rounded
        if not fits:
            yield ValidationError(f"{_show(value)} is not a multiple of {divisor}")

    return check


def _unique_items(_: Any, wanted: bool, value: Any, _s: Schema) -> Iterator[ValidationError]:
    if wanted and isinstance(value, list) and len(set(map(_key, value))) < len(value):
        yield ValidationError(f"{_show(value)} has an item twice")


def _open_unique(strict: bool) -> Any:
    def check(_: Any, member: str, value: Any, _schema: Schema) -> Iterator[ValidationError]:
        if strict and isinstance(value, list):
            keys = [
                _key(item[member]) for item in value if isinstance(item, dict) and member in item
            ]
            if len(set(keys)) < len(keys):
                yield ValidationError(f"two items with the same {member}")

    return check


def _not(strict: bool) -> Any:
    """Refuses in one reading what the forbidden schema accepts in the other."""

    def check(_: Any, forbidden: Schema, value: Any, _schema: Schema) -> Iterator[ValidationError]:
        if compiled(Lenient if strict else Strict, forbidden)(value):
            yield ValidationError(f"{_show(value)} is what it must not be")

    return check


def _one_form(strict: bool) -> Any:
    def one_form(branches: list[Schema], _: Schema) -> Callable[[Any], bool]:
        sure = [compiled(Strict, branch) for branch in branches]
        possible = [compiled(Lenient, branch) for branch in branches]

        def takes(value: Any) -> bool:
            surely = sum(takes(value) for takes in sure)
            perhaps = sum(takes(value) for takes in possible)
            return surely == perhaps == 1 if strict else surely <= 1 <= perhaps

        return takes

    return one_form


def _one_of(strict: bool) -> Any:
    one_form = _one_form(strict)

    def check(_: Any, branches: list[Schema], value: Any, s: Schema) -> Iterator[ValidationError]:
        if not one_form(branches, s)(value):
            yield ValidationError(f"{_show(value)} is not exactly one of the forms")

    return check


def _key(value: Any) -> Any:
    """Something hashable that is equal for values which are the same JSON."""
    if isinstance(value, list):
        return ("list", *map(_key, value))
    if isinstance(value, dict):
        return frozenset((name, _key(member)) for name, member in value.items())
    return (value,) if isinstance(value, bool) else value


def same_json(left: Any, right: Any) -> bool:
    """JSON equality: 1 and 1.0 are the same number, true and 1 are not the same value."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same_json, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same_json(left[k], right[k]) for k in left)
    return bool(left == right)


def _show(value: Any) -> str:
    """`value` as JSON, cut to a readable length."""
    try:
        text = json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError, RecursionError):
        text = repr(tamed(value))
    return text if len(text) <= 80 else f"{text[:77]}…"


def _type_words(schema: Schema) -> str:
    return " or ".join(types(schema))


def _validator(strict: bool) -> Any:
    kind: Any = extend(  # type: ignore[no-untyped-call]
        Draft202012Validator,
        {
            "type": _type_strict if strict else _type_lenient,
            "enum": _enum(strict),
            "const": _const(strict),
            "format": _format(strict),
            "pattern": _pattern(strict),
            "maxLength": _max_length(strict),
            "minLength": _min_length(strict),
            "multipleOf": _multiple_of(strict),
            "uniqueItems": _unique_items,
            "x-open-unique": _open_unique(strict),
            "not": _not(strict),
            "oneOf": _one_of(strict),
        },
    )
    kind.QUICK = {
        **({"type": quick.type_strict} if strict else {}),
        "enum": quick.enum,
        "pattern": quick.pattern,
        "maxLength": quick.max_length,
    }
    kind.EXACT = {"oneOf": _one_form(strict), **({} if strict else {"type": _type_exactly})}
    return kind


Strict = _validator(strict=True)
Lenient = _validator(strict=False)
