"""Two readings of one schema, and what each says of a value.

The strict reading accepts what every defensible reading of the contract accepts; the lenient one
refuses what every defensible reading refuses. Between them lies what is open.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from jsonschema import Draft202012Validator, ValidationError
from jsonschema.protocols import Validator
from jsonschema.validators import extend

from spec import formats
from spec.formats import Validity
from spec.schema import ITEM, Location, Schema, types

# Longer text than this is open where the contract states no length: many databases cut there.
LONG_TEXT = 255


@dataclass(frozen=True)
class Violation:
    """One keyword that a value breaks: where (location and JSON Pointer), which, in what words."""

    location: Location
    keyword: str
    pointer: str
    message: str


class Reading:
    """A schema with both its readings compiled."""

    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self._strict: Validator = _Strict(schema)
        self._lenient: Validator = _Lenient(schema)

    def validity(self, value: Any) -> Validity:
        """VALID, OPEN or VIOLATION; `value` is parsed JSON."""
        if self._strict.is_valid(value):
            return Validity.VALID
        return Validity.OPEN if self._lenient.is_valid(value) else Validity.VIOLATION

    def violations(self, value: Any) -> list[Violation]:
        """What no defensible reading accepts in `value`, outermost first; empty when nothing."""
        found = [each for error in self._lenient.iter_errors(value) for each in _explain(error)]
        return sorted(dict.fromkeys(found), key=lambda each: (len(each.location), each.pointer))


def _explain(error: ValidationError) -> Iterator[Violation]:
    steps = list(error.absolute_path)
    location = tuple(ITEM if isinstance(step, int) else step for step in steps)
    pointer = "".join(f"/{str(s).replace('~', '~0').replace('/', '~1')}" for s in steps)
    if error.validator == "required":
        instance: Any = error.instance
        names: Any = error.validator_value
        for name in names:
            if name not in instance:
                yield Violation((*location, name), "required", pointer, f"{name} is missing")
    else:
        yield Violation(location, str(error.validator), pointer, error.message)


@lru_cache(maxsize=256)
def compile_pattern(pattern: str) -> re.Pattern[str]:
    """An ECMA-262 pattern for Python: `$` is the end of the text, `\\w` and `\\d` are ASCII."""
    translated = re.sub(
        r"\\.|\[(?:\\.|[^\]])*\]|\$",
        lambda token: r"\Z" if token[0] == "$" else token[0],
        pattern,
        flags=re.DOTALL,
    )
    return re.compile(translated, re.ASCII)


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
    return any(
        (char < " " and char not in "\t\n\r") or char == "\x7f" or "\ud800" <= char <= "\udfff"
        for char in text
    )


def is_open_number(number: float) -> bool:
    """Whether a number is beyond what a double can hold."""
    try:
        return not math.isfinite(float(number))
    except OverflowError:
        return True


def _type_matches(validator: Any, value: Any, schema: Schema) -> bool:
    return any(validator.is_type(value, name) for name in types(schema))


def _type_strict(validator: Any, _: Any, value: Any, schema: Schema) -> Iterator[ValidationError]:
    if not _type_matches(validator, value, schema):
        yield ValidationError(f"{_show(value)} is not {_type_words(schema)}")
    elif isinstance(value, float) and "integer" in types(schema) and "number" not in types(schema):
        yield ValidationError(f"{_show(value)} is a number with a fraction part")
    elif isinstance(value, str) and is_open_text(value, schema):
        yield ValidationError("text of a kind the contract leaves open")
    elif isinstance(value, int | float) and is_open_number(value):
        yield ValidationError("a number beyond doubles")


def _type_lenient(validator: Any, _: Any, value: Any, schema: Schema) -> Iterator[ValidationError]:
    if not _type_matches(validator, value, schema):
        yield ValidationError(f"{_show(value)} is not {_type_words(schema)}")


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
    except (TypeError, ValueError):
        text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}…"


def _type_words(schema: Schema) -> str:
    return " or ".join(types(schema))


def _validator(strict: bool) -> Any:
    return extend(  # type: ignore[no-untyped-call]
        Draft202012Validator,
        {
            "type": _type_strict if strict else _type_lenient,
            "enum": _enum(strict),
            "format": _format(strict),
            "pattern": _pattern(strict),
            "maxLength": _max_length(strict),
            "minLength": _min_length(strict),
        },
    )


_Strict = _validator(strict=True)
_Lenient = _validator(strict=False)
