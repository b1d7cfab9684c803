"""Values for one schema: a sample, what it accepts at its edges, and what comes near it.

Plain, deterministic functions; nothing here knows where in a payload the value will stand. What is
truly valid or a violation is decided by the contract's readings, not by these lists.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from spec.formats import Validity
from spec.reading import Reading, compile_pattern
from spec.schema import Schema, types


@dataclass(frozen=True)
class Named:
    """A value with the words that name it in a case id."""

    label: str
    value: Any


FORMAT_SAMPLES: dict[str, tuple[str, ...]] = {
    "date": ("2000-12-31", "2024-02-29", "2000-02-29", "1900-01-01", "1970-01-01"),
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
        "a@b-c.example.com",
    ),
    "hostname": ("example.com", "a.b-c.example"),
    "ipv4": ("192.0.2.1", "0.0.0.0"),
    "ipv6": ("2001:db8::1", "::"),
    "uri": ("https://example.com/a?b=c#d",),
}

TEXTS: tuple[Named, ...] = (
    Named("plain", "sample"),
    Named("empty", ""),
    Named("accents-and-scripts", "Zoë Ünïcödé 名前 Имя שלום"),
    Named("astral", "🎉👩‍👩‍👧 𝒜"),
    Named("quotes", "O'Brien \"quoted\" \\ back`tick"),
    Named("percent-and-templates", "100% %s %00 {{7*7}} ${7*7} {0}"),
    Named("markup", "<b>&amp;</b><script>1</script>"),
    Named("sql", "x'); DROP TABLE profiles;--"),
    Named("number-like", "0123"),
    Named("word-null", "null"),
    Named("padded", " padded\ttext "),
    Named("lines", "first\nsecond\r\nthird"),
    Named("decomposed", "e\u0301 \ufb01"),
    Named("255-characters", "a" * 255),
)  # fmt: skip

NUMBERS: tuple[Named, ...] = (
    Named("zero", 0),
    Named("negative", -1),
    Named("fraction", 1.5),
    Named("small-fraction", 0.1),
    Named("long-fraction", 3.141592653589793),
    Named("large", 2**53 - 1),
    Named("tiny", 1e-7),
    Named("exponent", 1e20),
)

# Texts that the contract leaves open: probed for crashes, never called right or wrong.
OPEN_TEXTS: tuple[Named, ...] = (
    Named("nul", "a\x00b"),
    Named("control", "a\x01\x1b[31mb\x7f"),
    Named("lone-surrogate", "a\ud800b"),
    Named("10000-characters", "a" * 10_000),
)


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


def _samples(schema: Schema, index: int) -> Iterator[Any]:
    if "const" in schema:
        yield schema["const"]
    members = schema.get("enum", [])
    if members:
        yield members[index % len(members)]
        yield from members
    for branch in (*schema.get("oneOf", ()), *schema.get("anyOf", ())):
        yield from _samples({**{k: v for k, v in schema.items() if k != "oneOf"}, **branch}, index)
    for name in types(schema) or ["string"]:
        if name == "object":
            yield {
                member: sample(child, index)
                for member, child in schema.get("properties", {}).items()
            }
        elif name == "array":
            yield [
                sample(schema["items"], index + i) for i in range(max(1, schema.get("minItems", 1)))
            ]
            yield []
        elif name == "string":
            yield from _string_samples(schema, index)
        elif name in ("integer", "number"):
            yield from _number_samples(schema, name, index)
        elif name == "boolean":
            yield index % 2 == 0
        elif name == "null":
            yield None


def _string_samples(schema: Schema, index: int) -> Iterator[str]:
    known = FORMAT_SAMPLES.get(schema.get("format", ""), ())
    if known:
        yield known[index % len(known)]
        yield from known
    low, high = schema.get("minLength", 0), schema.get("maxLength", 255)
    number = str(index) if index else ""
    for base in ("sample", "a", "A", "1", "0", "-", "aA1-_."):
        yield base + number
        yield (base * (low + 1))[: max(low, 1)]
        yield (base * (high + 1))[:high]
    if "pattern" in schema:
        yield from _from_pattern(schema["pattern"])


def _from_pattern(pattern: str) -> Iterator[str]:
    """A text that matches, found by Hypothesis: slow, so only for what nothing else fits."""
    from hypothesis import Phase, find, settings
    from hypothesis import strategies as st
    from hypothesis.errors import NoSuchExample

    quick = settings(database=None, derandomize=True, max_examples=200, phases=[Phase.generate])
    try:
        yield find(st.from_regex(compile_pattern(pattern)), lambda _: True, settings=quick)
    except NoSuchExample:
        return


def _number_samples(schema: Schema, name: str, index: int) -> Iterator[int | float]:
    step = schema.get("multipleOf", 1)
    low = schema.get("minimum", schema.get("exclusiveMinimum"))
    high = schema.get("maximum", schema.get("exclusiveMaximum"))
    if low is not None:
        first = -(-low // step) * step
        yield first + step * (index + 1)
        yield first + step
        yield first
    if high is not None:
        last = high // step * step
        yield last - step * index
        yield last - step
    yield step * (index + 1)
    if name == "number" and low is not None and high is not None:
        yield (low + high) / 2


def accepted(schema: Schema, good: Any) -> Iterator[tuple[str, Named]]:
    """Values at the edges of what the schema accepts, each with the keyword that promises it."""
    for member in schema.get("enum", ()):
        if member is not None:
            yield "enum", Named(f"member-{_slug(member)}", member)
    if schema.get("enum") or "const" in schema:
        return
    kind = "oneOf" if "oneOf" in schema else "anyOf" if "anyOf" in schema else "type"
    names = {
        *types(schema),
        *(t for k in ("oneOf", "anyOf") for b in schema.get(k, ()) for t in types(b)),
    }
    if "format" in schema and "string" in names:
        for number, text in enumerate(FORMAT_SAMPLES.get(schema["format"], ())):
            yield "format", Named(f"sample-{number + 1}", text)
        return
    if "string" in names:
        yield from _accepted_text(schema, kind)
    if names & {"integer", "number"}:
        yield from _accepted_numbers(schema, kind, names)
    if "boolean" in names:
        yield kind, Named("true", True)
        yield kind, Named("false", False)
    if "array" in names:
        yield from _accepted_arrays(schema, good)


def _accepted_text(schema: Schema, kind: str) -> Iterator[tuple[str, Named]]:
    for text in TEXTS:
        limit = schema.get("maxLength", len(text.value))
        yield kind, Named(text.label, text.value[:limit])
    if "pattern" in schema:
        for allowed in ("AZaz09", "a-b", "a_b", "a.b", "-", ".", "_", "9"):
            yield "pattern", Named(f"characters-{_slug(allowed)}", allowed)
    for keyword in ("maxLength", "minLength"):
        if keyword in schema:
            limit = schema[keyword]
            yield keyword, Named(f"{limit}-characters", "a" * limit)
            yield keyword, Named(f"{limit}-digits", ("1234567890" * limit)[:limit])
            yield keyword, Named(f"{limit}-accented-characters", "é" * limit)


def _accepted_numbers(schema: Schema, kind: str, names: set[str]) -> Iterator[tuple[str, Named]]:
    for number in NUMBERS:
        if "number" in names or isinstance(number.value, int):
            yield kind, number
    step = schema.get("multipleOf", 1)
    for keyword in ("minimum", "maximum"):
        if keyword in schema:
            yield keyword, Named("at-the-limit", schema[keyword])
    if "exclusiveMinimum" in schema:
        yield "exclusiveMinimum", Named("just-inside", schema["exclusiveMinimum"] + step)
    if "exclusiveMaximum" in schema:
        yield "exclusiveMaximum", Named("just-inside", schema["exclusiveMaximum"] - step)
    if "multipleOf" in schema:
        yield "multipleOf", Named("a-multiple", step * 3)
    limits = {"int32": 31, "int64": 63}
    if schema.get("format") in limits:
        yield "format", Named("largest", 2 ** limits[schema["format"]] - 1)
        yield "format", Named("smallest", -(2 ** limits[schema["format"]]))


def _accepted_arrays(schema: Schema, good: Any) -> Iterator[tuple[str, Named]]:
    yield "type", Named("empty-list", [])
    for keyword in ("maxItems", "minItems"):
        if keyword in schema:
            yield keyword, Named(f"{schema[keyword]}-items", filled(schema, good, schema[keyword]))
    if schema.get("uniqueItems") is True:
        yield "uniqueItems", Named("two-items", filled(schema, good, 2))


def filled(schema: Schema, good: Any, count: int) -> list[Any]:
    """A list of `count` items that differ from each other where the item's schema lets them."""
    start = list(good)[:count] if isinstance(good, list) else []
    return start + [sample(schema["items"], 100 + number) for number in range(count - len(start))]


def _slug(value: Any) -> str:
    """A value as words of a case id."""
    text = value if isinstance(value, str) else json.dumps(value)
    names = {".": "point", "-": "dash", "_": "underscore", " ": "blank", "/": "slash"}
    if len(text) == 1 and text in names:
        return names[text]
    return "".join(c if (c.isalnum() and c.isascii()) or c in "_.-" else "-" for c in text)[:40]
