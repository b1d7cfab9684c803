"""Values for one schema: what it accepts at its edges, and what it leaves open.

Plain, deterministic functions; nothing here knows where in a payload the value will stand. What is
truly valid or a violation is decided by the contract's readings, not by these lists.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor
from typing import Any

from spec.schema import Schema, types
from strategies.samples import FORMAT_SAMPLES, filled, longest, multiple, run_of, sample


@dataclass(frozen=True)
class Named:
    """A value with the words that name it in a case id."""

    label: str
    value: Any


TEXTS: tuple[Named, ...] = (
    Named("word-true", "true"),
    Named("accents-and-scripts", "Zoë Ünïcödé 名前 Имя שלום"),
    Named("astral", "🎉👩‍👩‍👧 𝒜"),
    Named("quotes", "O'Brien \"quoted\" \\ back`tick"),
    Named("percent-and-templates", "100% %s %00 {{7*7}} ${7*7} {0}"),
    Named("empty", ""),
    Named("markup", "<b>&amp;</b><script>1</script>"),
    Named("sql", "x'); DROP TABLE profiles;--"),
    Named("number-like", "0123"),
    Named("word-null", "null"),
    Named("padded", " padded text "),
    Named("blank", " "),
    Named("lines-and-tabs", "first\nsecond\r\nthird\tfourth"),
    Named("decomposed", "e\u0301 \ufb01"),
    Named("255-characters", "a" * 255),
)  # fmt: skip

# What a helper may take for something else: for items, of which one request has room for many.
ITEM_TEXTS: tuple[Named, ...] = (
    Named("word-yes", "yes"),
    Named("digit-zero", "0"),
    Named("exponent-like", "1e5"),
    Named("hexadecimal-like", "0x1F"),
    Named("formula-like", "=1+1"),
    Named("date-like", "2024-02-03"),
    Named("json-like", '{"a": [1, null]}'),
)

NUMBERS: tuple[Named, ...] = (
    Named("zero", 0),
    Named("one", 1),
    Named("negative", -1),
    Named("fraction", 1.5),
    Named("small-fraction", 0.1),
    Named("long-fraction", 3.141592653589793),
    Named("large", 2**53 - 1),
    Named("tiny", 1e-7),
    Named("exponent", 1e20),
)

# Texts for a pattern, of which it takes those that match.
_MATCHING = ("AZaz09", "a-b", "a_b", "a.b", "-", ".", "_", "0", "true", "id", "email", "__proto__")

# Texts that the contract leaves open: probed for crashes, never called right or wrong.
OPEN_TEXTS: tuple[Named, ...] = (
    Named("nul", "a\x00b"),
    Named("control", "a\x01\x1b[31mb\x7f"),
    Named("lone-surrogate", "a\ud800b"),
    Named("10000-characters", "a" * 10_000),
)


# What validators of a format decide differently.
OPEN_FORMATS: dict[str, tuple[Named, ...]] = {
    "email": (Named("quoted-local-part", '"jane doe"@example.com'),),
    "uuid": (Named("urn", "urn:uuid:3fa85f64-5717-4562-b3fc-2c963f66afa6"),),
}


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
    if schema.get("format") in FORMAT_SAMPLES and "string" in names:
        for number, text in enumerate(FORMAT_SAMPLES[schema["format"]]):
            yield "format", Named(f"sample-{number + 1}", text)
        return
    if "x-plausible" in schema:
        for number, text in enumerate(schema["x-plausible"]):
            yield kind, Named(f"plausible-{number + 1}", text)
    elif "string" in names:
        yield from _accepted_text(schema, kind, good)
    if names & {"integer", "number"}:
        yield from _accepted_numbers(schema, kind, names, good)
    if "boolean" in names:
        yield kind, Named("true", True)
        yield kind, Named("false", False)
    if "array" in names:
        yield from _accepted_arrays(schema, good)


def _accepted_text(schema: Schema, kind: str, good: Any) -> Iterator[tuple[str, Named]]:
    limit = schema.get("maxLength")
    # What a pattern lets through is told by the pattern, what reaches a limit by the limit.
    for text in TEXTS if "pattern" not in schema else ():
        if limit is None or len(text.value) < limit:
            yield kind, text
        elif len(set(text.value)) > 1:
            yield kind, Named(text.label, text.value[: limit - 1])
    if "pattern" in schema:
        for allowed in _MATCHING:
            yield "pattern", Named(f"characters-{_slug(allowed)}", allowed)
        yield "pattern", Named("another-match", _another(schema, good))
        if isinstance(good, str) and good.swapcase() != good:
            yield "pattern", Named("letters-of-the-other-case", good.swapcase())
    for keyword in ("maxLength", "minLength"):
        if keyword in schema:
            limit = schema[keyword]
            yield keyword, Named(f"{limit}-characters", run_of(schema, limit))
            if "pattern" not in schema:
                yield keyword, Named(f"{limit}-digits", ("1234567890" * limit)[:limit])
            yield keyword, Named(f"{limit}-accented-characters", "é" * limit)


def _another(schema: Schema, good: Any) -> Any:
    """A sample that is not `good`, if there is one."""
    return next((each for each in (sample(schema, n) for n in (100, 101)) if each != good), good)


def _accepted_numbers(
    schema: Schema, kind: str, names: set[str], good: Any
) -> Iterator[tuple[str, Named]]:
    for number in NUMBERS:
        if "number" in names or isinstance(number.value, int):
            yield kind, number
    for keyword, sign in (
        ("minimum", 0), ("maximum", 0), ("exclusiveMinimum", 1), ("exclusiveMaximum", -1),
    ):  # fmt: skip
        if keyword in schema:
            label = "just-inside" if sign else "at-the-limit"
            yield keyword, Named(label, _inside(schema, schema[keyword], sign))
    if "multipleOf" in schema:
        yield "multipleOf", Named("another-multiple", _another(schema, good))
    limits = {"int32": 31, "int64": 63}
    if schema.get("format") in limits:
        yield "format", Named("largest", 2 ** limits[schema["format"]] - 1)
        yield "format", Named("smallest", -(2 ** limits[schema["format"]]))


def _inside(schema: Schema, limit: float, sign: int) -> float:
    """The value nearest to a limit that is still right: a step from it, or a hair."""
    step = schema.get("multipleOf", 1)
    if not sign:
        return limit
    if "integer" in types(schema) or "multipleOf" in schema:
        steps = Fraction(str(limit)) / Fraction(str(step))
        return multiple(step, floor(steps) + 1 if sign > 0 else ceil(steps) - 1)
    return limit + sign * 0.001


def _accepted_arrays(schema: Schema, good: Any) -> Iterator[tuple[str, Named]]:
    yield "type", Named("empty-list", [])
    for keyword in ("maxItems", "minItems"):
        if keyword in schema:
            yield keyword, Named(f"{schema[keyword]}-items", filled(schema, good, schema[keyword]))
    if "maxItems" in schema:
        count = schema["maxItems"]
        yield "maxItems", Named(f"{count}-long-items", longest(schema, good, count))
    if schema.get("uniqueItems") is True:
        yield "uniqueItems", Named("two-items", filled(schema, good, 2))


def _slug(value: Any) -> str:
    """A value as words of a case id."""
    text = value if isinstance(value, str) else json.dumps(value)
    names = {".": "point", "-": "dash", "_": "underscore", " ": "blank", "/": "slash"}
    if len(text) == 1 and text in names:
        return names[text]
    return "".join(c if (c.isalnum() and c.isascii()) or c in "_.-" else "-" for c in text)[:40]
