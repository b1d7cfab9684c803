"""From the vendor's OpenAPI schemas to JSON Schema 2020-12 without references.

Every normalised schema object carries `x-sources`, the JSON Pointer of each of its keywords in the
vendor's document, so that nothing derived from it forgets where it comes from.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

from spec.document import Document, SpecError, join

Schema = dict[str, Any]
Location = tuple[str, ...]

ITEM = "[]"  # stands for "any array item" in a Location; no property name can be mistaken for it
ANNOTATIONS = frozenset(
    {
        "title",
        "description",
        "example",
        "examples",
        "default",
        "deprecated",
        "readOnly",
        "writeOnly",
    }
)
STRUCTURE = frozenset(
    {"properties", "items", "allOf", "$ref", "nullable", "x-sources", "x-open-null"}
)


def normalise(document: Document, pointer: str) -> Schema:
    """The schema at `pointer` as one self-contained JSON Schema 2020-12 object.

    `nullable: true` becomes the type `null` beside the declared one, except beside an enum without
    null, where it becomes the marker `x-open-null`; `allOf` is merged. Raises SpecError on a
    reference that leads nowhere, leads out of the document, or into itself.
    """
    return _normalise(document, pointer, ())


def _normalise(document: Document, pointer: str, seen: tuple[str, ...]) -> Schema:
    raw = document.get(pointer)
    if raw is True:
        return {"x-sources": {}}
    if not isinstance(raw, dict):
        raise SpecError(f"the contract has no schema at {pointer}")
    schema: Schema = {"x-sources": {}}
    if "$ref" in raw:
        target = raw["$ref"]
        if not isinstance(target, str) or not target.startswith("#/"):
            raise SpecError(f"the reference {target!r} at {pointer} leads out of the document")
        if target in seen:
            raise SpecError(f"the schema {target} refers to itself, which is not supported")
        _merge(schema, _normalise(document, target, (*seen, target)), pointer)
    for index in range(len(raw.get("allOf", []))):
        _merge(schema, _normalise(document, join(pointer, "allOf", index), seen), pointer)
    own: Schema = {"x-sources": {}}
    for keyword, value in raw.items():
        place = join(pointer, keyword)
        own["x-sources"][keyword] = place
        if keyword == "properties":
            own["properties"] = {
                name: _normalise(document, join(place, name), seen) for name in value
            }
        elif keyword in ("items", "not", "contains", "propertyNames") or (
            keyword == "additionalProperties" and isinstance(value, dict)
        ):
            own[keyword] = _normalise(document, place, seen)
        elif keyword in ("oneOf", "anyOf"):
            own[keyword] = [_normalise(document, join(place, i), seen) for i in range(len(value))]
        elif keyword not in ("$ref", "allOf"):
            own[keyword] = copy.deepcopy(value)
    _merge(schema, own, pointer)
    return _with_null(schema) if schema.get("nullable") is True else schema


def _merge(into: Schema, other: Schema, pointer: str) -> None:
    """Add `other` to `into`, as `allOf` would; what both state differently is an error."""
    for keyword, value in other.items():
        if keyword in ("x-sources", "properties"):
            into.setdefault(keyword, {}).update(value)
        elif keyword == "required":
            into[keyword] = list(dict.fromkeys([*into.get(keyword, []), *value]))
        elif keyword in into and into[keyword] != value and keyword not in ANNOTATIONS:
            raise SpecError(f"allOf at {pointer} states {keyword} twice, which is not supported")
        else:
            into[keyword] = value


def _with_null(schema: Schema) -> Schema:
    if "enum" in schema and None not in schema["enum"]:
        schema["x-open-null"] = True
    if "type" in schema:
        declared = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
        schema["type"] = [*declared, *([] if "null" in declared else ["null"])]
    return schema


def types(schema: Schema) -> list[str]:
    """The JSON types that `schema` names, in the vendor's order; empty when it names none."""
    declared = schema.get("type", [])
    return list(declared) if isinstance(declared, list) else [declared]


def walk(schema: Schema, location: Location = ()) -> Iterator[tuple[Location, Schema]]:
    """Every schema object with the location of the values it speaks of, outermost first."""
    yield location, schema
    for name, child in schema.get("properties", {}).items():
        yield from walk(child, (*location, name))
    if isinstance(schema.get("items"), dict):
        yield from walk(schema["items"], (*location, ITEM))


def at(schema: Schema, location: Location) -> Schema:
    """The schema object for the values at `location`. Raises KeyError where there is none."""
    for step in location:
        schema = schema["items"] if step == ITEM else schema["properties"][step]
    return schema


def withdraw(schema: Schema, location: Location, keyword: str) -> Schema:
    """A copy of `schema` that no longer states `keyword` at `location`.

    Withdrawing `type` withdraws every other keyword there, since they presume it; withdrawing
    `required` takes the last step of `location` off its parent's list.
    """
    changed = copy.deepcopy(schema)
    if keyword == "required":
        parent = at(changed, location[:-1])
        parent["required"] = [name for name in parent["required"] if name != location[-1]]
        return changed
    node = at(changed, location)
    if keyword == "type":
        node.clear()
    elif keyword == "enum":
        node.pop("x-open-null", None)
        node.pop("enum")
    elif keyword == "pattern":
        node.pop("x-open-pattern", None)
        node.pop("pattern")
    else:
        node.pop(keyword, None)
    return changed
