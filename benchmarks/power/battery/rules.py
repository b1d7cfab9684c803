"""What the contract asks of a request body, as one check for each place in it.

Written apart from the suite's own reading of the schemas, so that the two do not err together.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Any

from spec.loader import load
from spec.schema import ITEM, Schema, types, walk

Json = Any
Check = Callable[[Json], str | None]
"""Says in words what is wrong with a value, or None."""

CONTRACT = load()

UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?"
EMAIL = re.compile(rf"{_ATOM}(\.{_ATOM})*@{_LABEL}(\.{_LABEL})+")


def places(schema: Schema) -> dict[str, Schema]:
    """Every place of a message as requirement ids write it (`custom_attributes.item.key`)."""
    return {
        ".".join("item" if step == ITEM else step for step in location): node
        for location, node in walk(schema)
    }


def parent(place: str) -> str:
    return place.rpartition(".")[0]


def name(place: str) -> str:
    return place.rpartition(".")[2]


def is_number(value: Json) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_integer(value: Json) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def is_date(text: str) -> bool:
    if not DATE.fullmatch(text):
        return False
    try:
        return bool(date(*map(int, text.split("-"))))
    except ValueError:
        return False


KINDS: Mapping[str, Callable[[Json], bool]] = {
    "null": lambda value: value is None,
    "boolean": lambda value: isinstance(value, bool),
    "integer": is_integer,
    "number": is_number,
    "string": lambda value: isinstance(value, str),
    "array": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, dict),
}

_FORMATS: Mapping[str, Callable[[str], bool]] = {
    "uuid": lambda text: bool(UUID.fullmatch(text)),
    "date": is_date,
    "email": lambda text: bool(EMAIL.fullmatch(text)),
}


def kinds(schema: Schema) -> set[str]:
    """The JSON types that may stand at a place."""
    branches = [each for branch in schema.get("oneOf", ()) for each in types(branch)]
    return {*types(schema), *branches}


def check(schema: Schema, value: Json) -> str | None:
    """What one schema says of a value, apart from what lies inside it; null wherever the vendor
    wrote `nullable`."""
    allowed = kinds(schema)
    if allowed and not any(KINDS[kind](value) for kind in allowed):
        return f"Must be of type {' or '.join(sorted(allowed))}."
    if value is None:
        return None
    if "enum" in schema and value not in schema["enum"]:
        return "Not a valid choice."
    if isinstance(value, list) and len(value) > schema.get("maxItems", len(value)):
        return f"No more than {schema['maxItems']} items."
    return _check_text(schema, value) if isinstance(value, str) else None


def _check_text(schema: Schema, text: str) -> str | None:
    if len(text) > schema.get("maxLength", len(text)):
        return f"No more than {schema['maxLength']} characters."
    if "pattern" in schema and not re.search(schema["pattern"].replace("$", r"\Z"), text):
        return "Holds a character that is not allowed."
    if "format" in schema and not _FORMATS[schema["format"]](text):
        return f"Not a valid {schema['format']}."
    return None


def _checked(schema: Schema) -> Check:
    return lambda value: check(schema, value)


@dataclass(frozen=True)
class Rules:
    """A check for each place of a body, the members that must be there, and the objects that
    refuse members they do not know (none, in a conformant server)."""

    checks: Mapping[str, Check]
    required: frozenset[str]
    closed: frozenset[str] = frozenset()

    @cached_property
    def _members(self) -> Mapping[str, list[str]]:
        return {
            place: [each for each in self.checks if each and parent(each) == place]
            for place in self.checks
        }

    def problems(self, value: Json, place: str = "", where: str = "") -> Iterator[tuple[str, str]]:
        """Where a body is wrong, and what is wrong there."""
        said = self.checks[place](value) if place in self.checks else None
        if said:
            yield where, said
        elif isinstance(value, dict):
            members = self._members.get(place, [])
            for member in members:
                inner = f"{where}.{name(member)}" if where else name(member)
                if name(member) in value:
                    yield from self.problems(value[name(member)], member, inner)
                elif member in self.required:
                    yield inner, "This field is required."
            if place in self.closed:
                for unknown in value.keys() - {name(member) for member in members}:
                    yield f"{where}.{unknown}" if where else unknown, "This field is unknown."
        elif isinstance(value, list):
            for index, item in enumerate(value):
                yield from self.problems(item, f"{place}.item", f"{where}.{index}")

    def with_check(self, place: str, change: Callable[[Check], Check]) -> Rules:
        """The rules with the check of one place changed."""
        return replace(self, checks={**self.checks, place: change(self.checks[place])})


def rules() -> Rules:
    """What the contract asks, no more and no less."""
    found = places(CONTRACT.request)
    required = {
        f"{place}.{member}" if place else member
        for place, schema in found.items()
        for member in schema.get("required", ())
    }
    return Rules({place: _checked(schema) for place, schema in found.items()}, frozenset(required))
