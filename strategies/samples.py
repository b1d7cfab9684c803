"""Sample values for one schema: surely valid, and another for each number where there are others.

Plain, deterministic functions. What is truly valid the contract's readings decide, not these lists.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from functools import lru_cache
from math import ceil, floor
from typing import Any

from spec.formats import Validity
from spec.reading import Reading, compile_pattern, same_json
from spec.schema import Schema, types

# Nobody's: RFC 2606 reserves example.com and its sisters, a registry "example" below its own name.
FORMAT_SAMPLES: dict[str, tuple[str, ...]] = {
    "date": ("2000-12-31", "2024-02-29", "2000-02-29", "1899-12-31", "1970-01-01"),
    "date-time": ("2024-02-29T12:30:45Z", "2023-01-01T00:00:00+02:00", "2023-01-01t00:00:00.5z"),
    "uuid": (
        "3fa85f64-5717-4562-b3fc-2c963f66afa6",
        "3FA85F64-5717-4562-B3FC-2C963F66AFA6",
        "00000000-0000-0000-0000-000000000000",
        "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
    ),
    "email": (
        "jane.doe@example.com",
        "jane+tag@example.com",
        "JANE_DOE@mail.example.com",
        "a@b-c.example.museum",
        "jane.doe@1and1.example.org",
        f"{'jane.doe.' * 6}jane@{'mail.' * 9}example.com",
    ),
    "hostname": ("example.com", "a.b-c.example"),
    "ipv4": ("192.0.2.1", "0.0.0.0"),
    "ipv6": ("2001:db8::1", "::"),
    "uri": ("https://example.com/a?b=c#d", "http://example.com"),
}
ANYTHING: Schema = {"x-sources": {}}


def sample(schema: Schema, index: int = 0) -> Any:
    """A surely valid value; other indexes give other values where the schema has others.

    Raises ValueError when none is found, naming the keywords that are in the way.
    """
    reading = Reading(schema)
    for value in _samples(schema, index):
        if reading.validity(value) is Validity.VALID:
            return value
    keywords = ", ".join(sorted(key for key in schema if not key.startswith("x-")))
    raise ValueError(f"no valid value found for a schema with {keywords}")


def of_another_kind(schema: Schema) -> Schema:
    """A schema that takes the same, whose samples are of the last branch where there are several:
    a number where the others are texts."""
    return {
        key: [of_another_kind(each) for each in reversed(value)] if key in ("oneOf", "anyOf")
        else of_another_kind(value) if key == "items" and isinstance(value, dict)
        else {name: of_another_kind(child) for name, child in value.items()} if key == "properties"
        else value
        for key, value in schema.items()
    }  # fmt: skip


def filled(schema: Schema, good: Any, count: int) -> list[Any]:
    """A list of `count` items that differ from each other where the item's schema lets them.

    It begins with those of `good`, but is never just `good` again if it can be another list.
    """
    items = _items(schema)
    usual = list(good) if isinstance(good, list) else []
    found = usual[:count] if count != len(usual) else []
    avoided = found or usual
    for number in range(100, 110 + 3 * count):
        if len(found) == count:
            break
        item = sample(items, number)
        if not any(same_json(item, other) for other in [*found, *avoided]):
            found.append(item)
    return found + [sample(items, 100 + number) for number in range(count - len(found))]


def longest(schema: Schema, good: Any, count: int) -> list[Any]:
    """As `filled`, each text of an item one short of what its schema lets it be."""
    members = _items(schema).get("properties", {})
    found = []
    for item in filled(schema, good, count):
        for name, node in members.items() if isinstance(item, dict) else ():
            text, limit = item.get(name), node.get("maxLength")
            if isinstance(text, str) and limit is not None:
                item = {**item, name: text + run_of(node, limit - 1 - len(text))}
        found.append(item)
    return found


def kinds(schema: Schema) -> list[str]:
    """The JSON types that a schema names, or the one that its other keywords speak of."""
    if "properties" in schema:
        return types(schema) or ["object"]
    return types(schema) or (["array"] if "items" in schema else ["string"])


def run_of(schema: Schema, length: int) -> str:
    """One character `length` times, such that the schema's pattern takes it, if there is one."""
    pattern = compile_pattern(schema.get("pattern", ""))
    return next((c * length for c in "aA1-_. " if pattern.search(c * length)), "a" * length)


def multiple(step: float, number: int) -> float:
    """`number` times `step` in decimal arithmetic: 3 times 0.1 is 0.3."""
    exact = Fraction(str(step)) * number
    return exact.numerator if exact.denominator == 1 else float(exact)


def _items(schema: Schema) -> Schema:
    items = schema.get("items", ANYTHING)
    return items if isinstance(items, dict) else ANYTHING


def _samples(schema: Schema, index: int) -> Iterator[Any]:
    if "const" in schema:
        yield schema["const"]
    listed = schema.get("enum") or schema.get("x-plausible") or ()
    members = [member for member in listed if member is not None]
    if members:
        yield members[index % len(members)]
        yield from members
    rest = {k: v for k, v in schema.items() if k not in ("oneOf", "anyOf")}
    for branch in (*schema.get("oneOf", ()), *schema.get("anyOf", ())):
        yield from _samples({**rest, **branch}, index)
    for name in kinds(schema):
        if name == "object":
            yield _members(schema, index, list(schema.get("properties", {})))
            yield _members(schema, index, [])
        elif name == "array":
            low = schema.get("minItems", 0)
            yield from (_distinct(schema, index, count) for count in (max(1, low), low + 1, low))
            if isinstance(schema.get("contains"), dict):
                yield [sample(schema["contains"], index + n) for n in range(max(1, low))]
        elif name == "string":
            yield from _texts(schema, index)
        elif name in ("integer", "number"):
            yield from _numbers(schema, name, index)
        elif name == "boolean":
            yield index % 2 == 0
            yield index % 2 == 1
        elif name == "null":
            yield None


def _distinct(schema: Schema, index: int, count: int) -> list[Any]:
    return [sample(_items(schema), index + number) for number in range(count)]


def _members(schema: Schema, index: int, wanted: list[str]) -> dict[str, Any]:
    """An object with the required members, and those wanted ones for which a value is found."""
    named, required = schema.get("properties", {}), schema.get("required", [])
    found: dict[str, Any] = {}
    for name in dict.fromkeys([*wanted, *required]):
        try:
            found[name] = sample(named.get(name, ANYTHING), index)
        except ValueError:
            if name in required:
                raise
    more = schema.get("additionalProperties", True)
    for number in range(schema.get("minProperties", 0) - len(found)):
        found["x" * (number + 1)] = sample(more if isinstance(more, dict) else ANYTHING, index)
    return found


def _texts(schema: Schema, index: int) -> Iterator[str]:
    known = FORMAT_SAMPLES.get(schema.get("format", ""), ())
    if known:
        yield known[index % len(known)]
        yield from known
    low, high = schema.get("minLength", 0), schema.get("maxLength", 255)
    digits = str(index) if index else ""
    letters = "".join(chr(ord("A") + int(digit)) for digit in digits)
    # Plain letters first: a target that takes no digit is to be told of what is about digits.
    bases = (
        ("sample", letters.lower()), ("a", digits), ("A", letters), ("a", letters.lower()),
        ("1", digits), ("0", digits), ("-", digits), ("aA1-_.", digits),
    )  # fmt: skip
    for base, number in bases:
        padded = (base * (low + 1))[: max(len(base), low - len(number))] + number
        yield padded[-high:] if high else ""
    yield from (base for base, _ in bases)
    yield run_of(schema, max(low, 1))
    yield run_of(schema, high)
    if "pattern" in schema:
        yield from _from_pattern(schema["pattern"], low, high)


@lru_cache(maxsize=64)
def _from_pattern(pattern: str, low: int, high: int) -> tuple[str, ...]:
    """A text that matches, found by Hypothesis: slow, so only for what nothing else fits."""
    from hypothesis import Phase, find, settings
    from hypothesis import strategies as st
    from hypothesis.errors import NoSuchExample

    quick = settings(database=None, derandomize=True, max_examples=200, phases=[Phase.generate])
    texts = st.from_regex(compile_pattern(pattern), alphabet=st.characters(codec="ascii"))
    try:
        return (find(texts, lambda text: low <= len(text) <= high, settings=quick),)
    except NoSuchExample:
        return ()


def _numbers(schema: Schema, name: str, index: int) -> Iterator[float]:
    """Numbers within the limits, off the very edge where there is room."""
    step = schema.get("multipleOf", 1)
    low = schema.get("minimum", schema.get("exclusiveMinimum"))
    high = schema.get("maximum", schema.get("exclusiveMaximum"))
    first = None if low is None else ceil(Fraction(str(low)) / Fraction(str(step)))
    last = None if high is None else floor(Fraction(str(high)) / Fraction(str(step)))
    found: list[int] = []
    if first is not None and last is not None:
        room = max(1, last - first - 1)
        found += [first + 1 + (index + offset) % room for offset in (1, 0)]
        found += range(first, min(last, first + 9) + 1)
    elif first is not None:
        found += [first + index + 2, first + index + 1, first]
    elif last is not None:
        found += [last - index - 2, last - index - 1, last]
    else:
        found.append(index + 1)
    yield from (multiple(step, number) for number in found)
    if name == "number" and low is not None and high is not None:
        yield low + (high - low) / (index % 97 + 2)
