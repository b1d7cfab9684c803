"""Sample values that satisfy a schema, made from its types, formats, enums and limits."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from spec.formats import Validity
from spec.reading import Reading
from spec.schema import Schema, types

_TEXT_BY_FORMAT = {
    "date": "2024-01-31",
    "date-time": "2024-01-31T12:00:00Z",
    "email": "jane.doe@example.com",
    "hostname": "example.com",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "uri": "https://example.com/",
    "uuid": "3fa85f64-5717-4562-b3fc-2c963f66afa6",
}


def sample(schema: Schema, *, populated: bool = True) -> Any:
    """A value for `schema`, with every property that it names and, where it can, without null.

    `populated` puts an item into every list; otherwise lists are as short as the schema allows.
    What the generator cannot satisfy (an unusual pattern without an example, say) is left out
    where it is optional, and a best attempt otherwise.
    """
    return next(iter(_fitting(schema, populated) or _candidates(schema, populated)))


def fitting(candidates: Iterable[Any], reading: Reading) -> list[Any]:
    """The first valid candidate, else the first that is open; empty where none fits."""
    undecided = []
    for candidate in candidates:
        said = reading.validity(candidate)
        if said is Validity.VALID:
            return [candidate]
        if said is Validity.OPEN:
            undecided.append(candidate)
    return undecided[:1]


def _fitting(schema: Schema, populated: bool) -> list[Any]:
    return fitting(_candidates(schema, populated), Reading(schema))


def _candidates(schema: Schema, populated: bool) -> Iterator[Any]:
    """Values that may satisfy `schema`, at least one."""
    if "const" in schema:
        yield schema["const"]
    yield from (member for member in schema.get("enum", ()) if member is not None)
    for keyword in ("oneOf", "anyOf"):
        for branch in schema.get(keyword, ()):
            siblings = {key: each for key, each in schema.items() if key != keyword}
            yield from _candidates({**siblings, **branch}, populated)
    names = types(schema) or _types_implied(schema)
    for name in sorted(names, key=lambda name: name == "null"):
        yield from _of_type(name, schema, populated)
    yield from (schema[keyword] for keyword in ("example", "default") if keyword in schema)


def _types_implied(schema: Schema) -> list[str]:
    if "properties" in schema:
        return ["object"]
    return ["array"] if "items" in schema else ["string"]


def _of_type(name: str, schema: Schema, populated: bool) -> Iterator[Any]:
    if name == "object":
        properties = schema.get("properties", {})
        found = {key: _fitting(child, populated) for key, child in properties.items()}
        missing = [key for key in schema.get("required", ()) if not found.get(key)]
        made = {key: values[0] for key, values in found.items() if values}
        yield made | {key: sample(properties.get(key, {})) for key in missing}
    elif name == "array":
        count = max(schema.get("minItems", 0), 1 if populated else 0)
        yield [sample(schema.get("items", {}), populated=populated)] * count
    elif name == "string":
        yield from _texts(schema)
    elif name in ("integer", "number"):
        yield from _numbers(schema)
    elif name == "boolean":
        yield from (True, False)
    else:
        yield None


def _texts(schema: Schema) -> Iterator[str]:
    if schema.get("format") in _TEXT_BY_FORMAT:
        yield _TEXT_BY_FORMAT[schema["format"]]
    shortest, longest = schema.get("minLength", 0), schema.get("maxLength")
    for text in ("sample", "Sample-1", "a", "A", "1", ""):
        yield text.ljust(shortest, text[:1] or "a")[:longest]


def _numbers(schema: Schema) -> Iterator[float]:
    yield from (9.99, 1, 0)
    for keyword, step in (
        ("minimum", 0),
        ("exclusiveMinimum", 1),
        ("maximum", 0),
        ("exclusiveMaximum", -1),
        ("multipleOf", 0),
    ):
        if keyword in schema:
            yield schema[keyword] + step
