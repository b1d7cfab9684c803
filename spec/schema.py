"""From the vendor's OpenAPI schemas to JSON Schema 2020-12 without references.

Every normalised schema object carries `x-sources`, the JSON Pointer of each of its keywords in the
vendor's document, so that nothing derived from it forgets where it comes from. The pointers of one
name on the `required` list and of one property are there as `required/NAME` and `properties/NAME`.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import unquote

from spec.document import Document, SpecError, join
from spec.patterns import PatternError, compile_pattern

Schema = dict[str, Any]
Location = tuple[str, ...]

ITEM = "[]"  # stands for "any array item" in a Location; no property may be called that
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
        "externalDocs",
        "xml",
    }
)
STRUCTURE = frozenset(
    {"properties", "items", "allOf", "$ref", "nullable", "x-sources", "x-open-null"}
)
_TYPES = frozenset({"array", "boolean", "integer", "null", "number", "object", "string"})
_ONE = frozenset(
    {"items", "not", "contains", "propertyNames", "additionalProperties", "if", "then", "else"}
    | {"unevaluatedProperties", "unevaluatedItems", "contentSchema"}
)
_LIST = frozenset({"oneOf", "anyOf", "prefixItems"})
_MAP = frozenset({"properties", "patternProperties", "dependentSchemas"})
_OURS = frozenset({"x-open-pattern", "x-open-unique", "x-plausible"})  # what the overlay may add
_DROPPED = frozenset({"$ref", "allOf", "$comment", "$defs", "$schema"})


def _is_number(value: Any) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    return isinstance(value, int) and not isinstance(value, bool)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool)


def _are_names(value: Any) -> bool:
    return isinstance(value, list) and all(map(_is_text, value))


def _are_types(value: Any) -> bool:
    names = value if isinstance(value, list) else [value]
    return bool(names) and all(_is_text(name) and name in _TYPES for name in names)


def _are_schemas(value: Any) -> bool:
    return isinstance(value, list) and bool(value)


def _is_map(value: Any) -> bool:
    return isinstance(value, dict)


def _is_pattern(value: Any) -> bool:
    try:
        return isinstance(value, str) and bool(compile_pattern(value))
    except PatternError:
        return False


# What a keyword's value has to be, for those that are read here or by the validator.
_SHAPES: Mapping[str, Callable[[Any], bool]] = {
    "type": _are_types,
    "enum": _are_schemas,
    "required": _are_names,
    "format": _is_text,
    "pattern": _is_pattern,
    "nullable": _is_flag,
    "uniqueItems": _is_flag,
    "multipleOf": lambda value: _is_number(value) and 0 < value < 1e300,
    "dependentRequired": lambda value: _is_map(value) and all(map(_are_names, value.values())),
    "patternProperties": lambda value: _is_map(value) and all(map(_is_pattern, value)),
    **dict.fromkeys(["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"], _is_number),
    **dict.fromkeys(["minLength", "maxLength", "minItems", "maxItems"], _is_count),
    **dict.fromkeys(["minProperties", "maxProperties"], _is_count),
    **dict.fromkeys(["minContains", "maxContains"], _is_count),
    **dict.fromkeys([*_LIST, "allOf"], _are_schemas),
    **dict.fromkeys([*_MAP - {"patternProperties"}], _is_map),
}


def reference(document: Document, pointer: str) -> str:
    """Where the `$ref` of the object at `pointer` leads, as a JSON Pointer of the document."""
    target = document.get(join(pointer, "$ref"))
    if not isinstance(target, str) or not target.startswith("#/"):
        raise SpecError(f"the reference {target!r} at {pointer} leads out of the document")
    return unquote(target)


def normalise(document: Document, pointer: str) -> Schema:
    """The schema at `pointer` as one self-contained JSON Schema 2020-12 object.

    `nullable: true` becomes the type `null` beside the declared one, except beside an enum without
    null, where it becomes the marker `x-open-null`; `allOf` is merged. Raises SpecError on a
    reference that leads nowhere, leads out of the document, or into itself, and on a keyword whose
    value it cannot have.
    """
    return _normalise(document, pointer, ())


def _normalise(document: Document, pointer: str, seen: tuple[str, ...]) -> Schema:
    raw = document.get(pointer)
    if raw is True:
        return {"x-sources": {}}
    if not isinstance(raw, dict):
        raise SpecError(f"the contract has no schema at {pointer}")
    for keyword, value in raw.items():
        if keyword in _SHAPES and not _SHAPES[keyword](value):
            raise SpecError(f"the schema at {pointer} has a {keyword} that cannot be read")
    schema: Schema = {"x-sources": {}}
    if "$ref" in raw:
        target = reference(document, pointer)
        if target in seen:
            raise SpecError(f"the schema {target} refers to itself, which is not supported")
        _merge(schema, _normalise(document, target, (*seen, target)), pointer)
    for index in range(len(raw.get("allOf", []))):
        _merge(schema, _normalise(document, join(pointer, "allOf", index), seen), pointer)
    own: Schema = {"x-sources": {}}
    for keyword, value in raw.items():
        if keyword in _DROPPED or (keyword.startswith("x-") and keyword not in _OURS):
            continue
        place = join(pointer, keyword)
        own["x-sources"][keyword] = place
        if keyword in _MAP:
            own[keyword] = {name: _normalise(document, join(place, name), seen) for name in value}
        elif keyword in _LIST:
            own[keyword] = [_normalise(document, join(place, i), seen) for i in range(len(value))]
        elif keyword in _ONE and value is not False:
            own[keyword] = _normalise(document, place, seen)
        else:
            own[keyword] = copy.deepcopy(value)
    for name in own.get("properties", {}):
        if name == ITEM:
            raise SpecError(f"a property at {pointer} is called {ITEM}, which is not supported")
        own["x-sources"][f"properties/{name}"] = join(pointer, "properties", name)
    for index, name in enumerate(own.get("required", [])):
        own["x-sources"][f"required/{name}"] = join(pointer, "required", index)
    _merge(schema, own, pointer)
    return _with_null(schema) if schema.get("nullable") is True else schema


def _merge(into: Schema, other: Schema, pointer: str) -> None:
    """Add `other` to `into`, as `allOf` would; what both state differently is an error."""
    for keyword, value in other.items():
        if keyword == "x-sources":
            into.setdefault(keyword, {}).update(value)
        elif keyword == "properties":
            members = into.setdefault(keyword, {})
            for name, member in value.items():
                _merge(members.setdefault(name, {}), member, pointer)
        elif keyword == "items" and isinstance(into.get(keyword), dict) and value is not False:
            _merge(into[keyword], value, pointer)
        elif keyword == "required":
            into[keyword] = list(dict.fromkeys([*into.get(keyword, []), *value]))
        elif keyword in into and into[keyword] != value and keyword not in ANNOTATIONS:
            raise SpecError(f"allOf at {pointer} states {keyword} twice, which is not supported")
        else:
            into[keyword] = value


def _with_null(schema: Schema) -> Schema:
    forbidden = None not in schema.get("enum", [None]) or schema.get("const", None) is not None
    if forbidden:
        schema["x-open-null"] = True
    if "type" in schema and "null" not in types(schema):
        schema["type"] = [*types(schema), "null"]
    for keyword in ("oneOf", "anyOf"):
        branches = schema.get(keyword)
        if branches and all("type" in each and "null" not in types(each) for each in branches):
            schema[keyword] = [*branches, {"type": "null", "x-sources": {}}]
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
    """`schema` as it is without stating `keyword` at `location`; it shares all that stays the same.

    Withdrawing `type` withdraws every other keyword there, since they presume it; withdrawing
    `required` takes the last step of `location` off its parent's list.
    """
    if keyword == "required":
        node = at(schema, location[:-1])
        rest = [name for name in node["required"] if name != location[-1]]
        return _with(schema, location[:-1], {**node, "required": rest})
    gone = {keyword}
    node = at(schema, location)
    if keyword == "type":
        gone = set(node)
    elif keyword in ("enum", "const") and not {"enum", "const"} & (node.keys() - gone):
        gone.add("x-open-null")
    elif keyword == "pattern":
        gone.add("x-open-pattern")
    kept = {name: value for name, value in node.items() if name not in gone}
    return _with(schema, location, kept)


def _with(schema: Schema, location: Location, node: Schema) -> Schema:
    """`schema` with `node` at `location`."""
    if not location:
        return node
    step, rest = location[0], location[1:]
    if step == ITEM:
        return {**schema, "items": _with(schema["items"], rest, node)}
    members = schema["properties"]
    return {**schema, "properties": {**members, step: _with(members[step], rest, node)}}
