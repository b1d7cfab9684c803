"""Near misses: for each type, format and keyword, what lax servers let through.

Each list holds candidates; a case is made of one only where the contract says that it breaks
exactly the requirement in question.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from fractions import Fraction
from math import ceil, floor
from typing import Any

from spec.schema import Schema, types
from strategies.samples import filled, multiple, of_another_kind, run_of, sample
from strategies.values import Named

_FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")

EMPTY = "empty"  # the label of the empty text

FORMATS: dict[str, tuple[Named, ...]] = {
    "date": (
        Named("impossible-day", "2023-02-30"),
        Named("month-and-day-zero", "2000-00-00"),
        Named("not-a-leap-year", "1900-02-29"),
        Named("basic-format", "20230228"),
        Named("week-date", "2023-W05-5"),
        Named("date-time", "2023-02-28T00:00:00Z"),
        Named("one-digit-month", "2023-2-8"),
        Named("two-digit-year", "23-02-28"),
        Named("word-null", "null"),
        Named("slashes", "2023/02/28"),
        Named("day-first", "28-02-2023"),
        Named("year-and-month", "2023-02"),
        Named("in-words", "Feb 28, 2023"),
        Named("epoch-text", "1677542400"),
        Named("full-width-digits", "２０２３-02-28"),
        Named("trailing-newline", "2023-02-28\n"),
        Named("leading-blank", " 2023-02-28"),
        Named(EMPTY, ""),
    ),
    "date-time": (
        Named("naive", "2023-02-28T12:30:45"),
        Named("offset-without-colon", "2023-02-28T12:30:45+0000"),
        Named("impossible-day", "2023-02-30T12:30:45Z"),
        Named("date", "2023-02-28"),
        Named("hour-25", "2023-02-28T25:30:45Z"),
        Named("trailing-newline", "2023-02-28T12:30:45Z\n"),
        Named(EMPTY, ""),
    ),
    "uuid": (
        Named("without-dashes", "3fa85f6457174562b3fc2c963f66afa6"),
        Named("in-braces", "{3fa85f64-5717-4562-b3fc-2c963f66afa6}"),
        Named("one-letter-too-few", "3fa85f64-5717-4562-b3fc-2c963f66afa"),
        Named("trailing-newline", "3fa85f64-5717-4562-b3fc-2c963f66afa6\n"),
        Named(EMPTY, ""),
        Named("letter-g", "3fa85f64-5717-4562-b3fc-2c963f66afag"),
        Named("dashes-elsewhere", "3fa85f645-717-4562-b3fc-2c963f66afa6"),
    ),
    "email": (
        Named("no-at", f"{'jane' * 9}.example.com"),
        Named("two-ats", "a@b@example.com"),
        Named("display-name", "Jane Doe <jane.doe@example.com>"),
        Named("no-domain", "jane.doe@"),
        Named("no-local-part", "@example.com"),
        Named("blank-inside", "jane doe@example.com"),
        Named("leading-blank", " jane.doe@example.com"),
        Named("trailing-newline", "jane.doe@example.com\n"),
        Named(EMPTY, ""),
    ),
    "hostname": (Named("blank", "exam ple.com"), Named("leading-dash", "-a.example")),
    "ipv4": (Named("octet-256", "192.0.2.256"), Named("three-octets", "192.0.2")),
    "ipv6": (Named("two-gaps", "2001::db8::1"), Named("ipv4", "192.0.2.1")),
    "uri": (Named("relative", "/a/b"), Named("blank", "https://exam ple.com/")),
    "int32": (Named("one-too-large", 2**31), Named("one-too-small", -(2**31) - 1)),
    "int64": (Named("one-too-large", 2**63), Named("one-too-small", -(2**63) - 1)),
}

_EPOCH = {"date": Named("epoch-number", 978220800), "date-time": Named("epoch-number", 978220800)}


def of_keyword(
    schema: Schema, keyword: str, good: Any, name: str = "", word: str = "unknown"
) -> Iterator[Named]:
    """Candidates that may break `keyword` and nothing else; `good` is a value that is accepted.

    `name` is what the member is called that the value stands in, `word` one that another enum has.
    """
    table = {
        "type": _types,
        "oneOf": _types,
        "anyOf": _types,
        "pattern": _pattern,
        "maxLength": _lengths,
        "minLength": _lengths,
        "maxItems": _items,
        "minItems": _items,
        "uniqueItems": _items,
        "maxProperties": _members,
        "not": _forbidden,
    }
    if keyword == "format":
        yield from FORMATS.get(schema["format"], ())
    elif keyword in ("enum", "const"):
        yield from _enum(schema, name, word)
    elif keyword in table:
        yield from table[keyword](schema, good)
    elif keyword in _NUMERIC:
        yield from _numbers(schema, keyword, good)
    else:
        yield from _anything(good)


_NUMERIC = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")


def _types(schema: Schema, good: Any) -> Iterator[Named]:
    names = {
        *types(schema),
        *(t for k in ("oneOf", "anyOf") for b in schema.get(k, ()) for t in types(b)),
    }
    if "null" not in names:
        yield Named("null", None)
    if "object" in names:
        yield Named("list-of-one", [good])
        yield Named("json-text", json.dumps(good))
        yield Named("number", 1)
        yield Named("empty-list", [])
    elif "array" in names:
        items = good if isinstance(good, list) else []
        yield Named("map", {str(index): item for index, item in enumerate(items)})
        yield Named("empty-map", {})
        yield from (Named("item-without-list", item) for item in items[:1])
        yield Named("json-text", json.dumps(good))
        yield Named(EMPTY, "")
        yield Named("number", 5)
    elif "string" in names:
        if schema.get("format") in _EPOCH:
            yield _EPOCH[schema["format"]]
        if "enum" in schema:
            # Some know a member by its place; made text, a number is no member anyway.
            yield Named("place-of-a-member", 1)
            yield Named("list-of-one", [good])
        else:
            # Where null may be, many look only at what is truthy: formats have "" for that.
            falsy = "null" in names and "format" not in schema
            yield Named("number", 0 if falsy else 12345)
            yield Named("list-of-one", [good])
            yield Named("true", True)
            yield Named("object", {"value": good})
    elif names & {"integer", "number"}:
        yield Named("text", str(good))
        yield Named("padded-text", f" {good}")
        yield Named("full-width-text", str(good).translate(_FULL_WIDTH))
        yield Named("true", True)
        yield Named("false", False)
        yield Named("list-of-one", [good])
        yield Named(EMPTY, "")
        if isinstance(good, int):
            yield Named("fraction", good + 0.5)
    elif "boolean" in names:
        yield Named("zero", 0)
        yield Named("one", 1)
        yield Named("text-true", "true")
        yield Named("text-on", "on")
        yield Named(EMPTY, "")
        yield Named("list-of-one", [good])
    if "oneOf" in schema or "anyOf" in schema:
        yield Named("false", False)


def _enum(schema: Schema, name: str, word: str) -> Iterator[Named]:
    members = schema.get("enum", [schema.get("const")])
    texts = [member for member in members if isinstance(member, str)]
    numbers = [m for m in members if isinstance(m, int | float) and not isinstance(m, bool)]
    if texts:
        first, last = texts[0], texts[-1]
        yield Named("other-letter-case", first.swapcase())
        yield Named("trailing-newline", f"{first}\n")
        yield Named(EMPTY, "")
        yield Named("two-members", "".join(texts[:2]))
        yield Named("padded", f" {first} ")
        yield Named("of-another-enum", word)
        yield Named("capitals", last.upper())
        yield Named("as-generated-code-has-it", f"{name}_{first}".upper())
    if numbers:
        yield Named("one-above", max(numbers) + 1)
        yield Named("one-below", min(numbers) - 1)
        yield Named("large", 2**40)
    for flag in (True, False):
        if flag not in [member for member in members if isinstance(member, bool)]:
            yield Named(json.dumps(flag), flag)
    if not texts:
        yield Named("unknown", "unknown")


def _pattern(schema: Schema, good: Any) -> Iterator[Named]:
    text = good if isinstance(good, str) else "a"
    half = len(text) // 2
    yield Named("trailing-newline", f"{text}\n")
    yield Named("leading-blank", f" {text}")
    yield Named("trailing-blank", f"{text} ")
    for name, char in (
        ("blank", " "), ("at", "@"), ("slash", "/"), ("dollar", "$"), ("bar", "|"),
        ("plus", "+"), ("bracket", "["),
    ):  # fmt: skip
        yield Named(f"{name}-inside", text[:half] + char + text[half:])
    # Long, for patterns that try every way to read what comes before.
    room = min(30, schema.get("maxLength", 30)) - 2  # some count an emoji as two
    yield Named("emoji-at-the-end", run_of(schema, max(1, room)) + "🎉")
    yield Named(EMPTY, "")
    yield Named("repeated", text * 3)


def _lengths(schema: Schema, _good: Any) -> Iterator[Named]:
    if "maxLength" in schema:
        limit = schema["maxLength"]
        yield Named("one-too-long", run_of(schema, limit + 1))
        yield Named("trailing-blank", run_of(schema, limit) + " ")
        yield Named("digits-too-long", ("1234567890" * limit)[: limit + 1])
    if schema.get("minLength"):
        limit = schema["minLength"]
        yield Named("one-too-short", run_of(schema, limit - 1))
        yield Named("blanks", " " * (limit - 1))


def _items(schema: Schema, good: Any) -> Iterator[Named]:
    if "maxItems" in schema:
        usual, other = (
            filled(each, good, schema["maxItems"] + 1) for each in (schema, of_another_kind(schema))
        )
        yield Named("one-too-many", usual)
        if other != usual:
            yield Named("one-too-many-of-another-kind", other)
    if schema.get("minItems"):
        yield Named("one-too-few", filled(schema, good, schema["minItems"] - 1))
    if schema.get("uniqueItems") is True:
        items = filled(schema, good, max(1, schema.get("minItems", 1)))
        yield Named("item-twice", [*items, items[0]])
        more = filled(schema, good, len(items) + 1)
        yield Named("item-twice-apart", [*more, more[0]])


def _numbers(schema: Schema, keyword: str, good: Any) -> Iterator[Named]:
    limit, step = schema[keyword], schema.get("multipleOf", 1)
    if keyword == "multipleOf":
        usual = good if isinstance(good, int | float) and not isinstance(good, bool) else 0
        yield Named("half-a-step-more", usual + step / 2)
        yield Named("half-a-step-less", usual - step / 2)
        yield Named("one-more", usual + 1)
        yield Named("one-less", usual - 1)
        return
    sign = -1 if keyword in ("minimum", "exclusiveMinimum") else 1
    if keyword.startswith("exclusive"):
        yield Named("at-the-limit", limit)
    # Counted in steps, so that a divisor beside the limit is kept.
    steps = Fraction(str(limit)) / Fraction(str(step))
    past = floor(steps) + 1 if sign > 0 else ceil(steps) - 1
    yield Named("one-past", multiple(step, past))
    yield Named("a-hair-past", limit + sign * 0.001)
    yield Named("far-past", multiple(step, past + sign * 1000))


def _members(schema: Schema, good: Any) -> Iterator[Named]:
    found = dict(good) if isinstance(good, dict) else {}
    more = schema.get("additionalProperties", True)
    value = sample(more) if isinstance(more, dict) else "sample"
    while len(found) <= schema["maxProperties"]:
        found["x" * (len(found) + 1)] = value
    yield Named("one-too-many", found)


def _forbidden(schema: Schema, good: Any) -> Iterator[Named]:
    try:
        yield Named("what-it-must-not-be", sample(schema["not"]))
    except ValueError:
        yield from _anything(good)


def _anything(good: Any) -> Iterator[Named]:
    """For keywords without a table: one value of each shape; the contract picks what fits."""
    for name, value in (
        ("empty-object", {}), ("unknown-member", {"unknown_member": 1}), ("empty-list", []),
        ("list-of-one", [good]), (EMPTY, ""), ("text", "unknown"), ("zero", 0),
        ("one", 1), ("true", True), ("null", None), ("list-of-null", [None]),
    ):  # fmt: skip
        yield Named(name, value)
    if isinstance(good, dict):
        yield Named("one-more-member", {**good, "unknown_member": "sample"})
        for member in good:
            yield Named(f"without-{member}", {k: v for k, v in good.items() if k != member})
