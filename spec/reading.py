"""Two readings of one schema, and what each says of a value.

The strict reading accepts what every defensible reading of the contract accepts; the lenient one
refuses what every defensible reading refuses. Between them lies what is open.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from jsonschema import ValidationError
from jsonschema.protocols import Validator

from spec.compiled import compiled
from spec.formats import Validity
from spec.keywords import (
    Lenient,
    Strict,
    is_open_number,
    is_open_text,
    same_json,
    tamed,
    utf16_length,
)
from spec.patterns import compile_pattern
from spec.places import values
from spec.quick import LONG_TEXT
from spec.schema import ITEM, Location, Schema, at

__all__ = [
    "LONG_TEXT",
    "Reading",
    "Violation",
    "compile_pattern",
    "is_open_number",
    "is_open_text",
    "same_json",
    "utf16_length",
]


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
        self._surely = compiled(Strict, schema)
        self._perhaps = compiled(Lenient, schema)

    @cached_property
    def _lenient(self) -> Validator:
        validator: Validator = Lenient(self.schema)
        return validator

    def validity(self, value: Any) -> Validity:
        """VALID, OPEN or VIOLATION; `value` is parsed JSON."""
        try:
            return self._validity(value)
        except (ValueError, RecursionError):  # from a message that shows the value
            return self._validity(tamed(value))

    def refuses(self, value: Any) -> bool:
        """Whether `validity` is VIOLATION, in less time."""
        try:
            return not self._perhaps(value)
        except (ValueError, RecursionError):
            return not self._perhaps(tamed(value))

    def violations(self, value: Any) -> list[Violation]:
        """What no defensible reading accepts in `value`, outermost first; empty when nothing."""
        try:
            return self._violations(value)
        except (ValueError, RecursionError):
            return self._violations(tamed(value))

    def breaks(self, value: Any, location: Location, keyword: str) -> bool:
        """Whether `violations` would name `keyword` at `location` for `value`; not for `required`,
        which it names at the location of what is missing."""
        try:
            return self._breaks(value, location, keyword)
        except (ValueError, RecursionError):
            return self._breaks(tamed(value), location, keyword)

    def _validity(self, value: Any) -> Validity:
        if self._surely(value):
            return Validity.VALID
        return Validity.OPEN if self._perhaps(value) else Validity.VIOLATION

    def _violations(self, value: Any) -> list[Violation]:
        if self._perhaps(value):
            return []
        found = [each for error in self._lenient.iter_errors(value) for each in _explain(error)]
        return sorted(dict.fromkeys(found), key=lambda each: (len(each.location), each.pointer))

    def _breaks(self, value: Any, location: Location, keyword: str) -> bool:
        node = at(self.schema, location)
        validator: Any = self._lenient.evolve(schema=node)
        check = validator.VALIDATORS[keyword]
        return any(
            any(True for _ in check(validator, node[keyword], each, node) or ())
            for each in values(value, location)
        )


def _explain(error: ValidationError) -> Iterator[Violation]:
    location, keyword = _place(error)
    steps = list(error.absolute_path)[: len(location)]
    pointer = "".join(f"/{str(s).replace('~', '~0').replace('/', '~1')}" for s in steps)
    if keyword == "required":
        instance: Any = error.instance
        names: Any = error.validator_value
        for name in names:
            if name not in instance:
                yield Violation((*location, name), "required", pointer, f"{name} is missing")
    else:
        yield Violation(location, keyword, pointer, error.message)


def _place(error: ValidationError) -> tuple[Location, str]:
    """The location and the keyword there; inside `propertyNames` and its like, that keyword."""
    location: Location = ()
    steps = [str(step) for step in error.absolute_schema_path]
    index = 0
    while index < len(steps) - 1 and steps[index] in ("properties", "items"):
        named = steps[index] == "properties"
        location = (*location, steps[index + 1] if named else ITEM)
        index += 2 if named else 1
    return location, steps[index]
