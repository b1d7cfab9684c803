"""Bodies that are taken although the contract refuses them: types, enums, formats and limits.

For each member of the body its type not looked at, each enum and each format not
enforced, each required member left out; then the near misses that frameworks let through.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from datetime import date, datetime
from functools import partial

from benchmarks.power.battery.changes import (
    Change,
    Test,
    converted,
    kept,
    loosened,
    not_required,
    text,
    values_kept,
)
from benchmarks.power.battery.rules import (
    CONTRACT,
    DATE,
    EMAIL,
    KINDS,
    UUID,
    Json,
    check,
    is_integer,
    is_number,
    kinds,
    parent,
    places,
)
from benchmarks.power.battery.server import Server, faulty

_fault = faulty("leniency")

PLACES = places(CONTRACT.request)
ATTRIBUTES, META = "custom_attributes", "installation_meta"
KEY, VALUE, DEVICE = f"{ATTRIBUTES}.item.key", f"{ATTRIBUTES}.item.value", f"{META}.device_id"
_A = {"null": "null", "boolean": "a boolean", "number": "a number", "string": "text",
      "array": "a list", "object": "an object"}  # fmt: skip


def _request(place: str, keyword: str) -> str:
    return f"request.body.{place}.{keyword}" if place else f"request.body.{keyword}"


def _also_in_answers(place: str, keyword: str) -> tuple[str, ...]:
    """What is broken when `keyword` is not enforced: attributes come back as they were sent."""
    ids = (_request(place, keyword), f"response.200.data.{place}.{keyword}")
    if not place.startswith(ATTRIBUTES):
        return ids[:1]
    return (*(each for each in ids if each in CONTRACT.requirements), "echo.custom_attributes")


def _types() -> Iterator[Server]:
    """Each member whose type nobody looks at; then what takes one type beside the right one."""
    for place, schema in PLACES.items():
        allowed = kinds(schema)
        wrong = [k for k in _A if k not in allowed and not (k == "number" and "integer" in allowed)]
        if "object" in allowed or "array" in allowed or place == VALUE:
            continue
        keyword = "enum" if "enum" in schema else "type"
        yield _fault(
            f"{place}-type-ignored",
            f"The type of {place} is not looked at.",
            (_request(place, "type"), *_also_in_answers(place, keyword)),
            loosened(place, partial(_any_of, tuple(wrong))),
        )
    for kind in ("null", "boolean", "array", "object"):
        yield _fault(
            f"{VALUE}-takes-{kind}",
            f"An attribute value takes {_A[kind]} too.",
            _also_in_answers(VALUE, "oneOf"),
            loosened(VALUE, KINDS[kind]),
        )
    for place, kind in (
        (ATTRIBUTES, "null"), (ATTRIBUTES, "object"), (ATTRIBUTES, "string"),
        (f"{ATTRIBUTES}.item", "null"), (f"{ATTRIBUTES}.item", "string"),
        (META, "null"), (META, "array"), (META, "string"),
        ("", "null"), ("", "array"), ("", "string"), ("", "number"),
    ):  # fmt: skip
        yield _fault(
            f"{place or 'body'}-takes-{kind}",
            f"{place or 'The body'} takes {_A[kind]} too.",
            (_request(place, "type"),),
            loosened(place, KINDS[kind]),
        )


def _any_of(names: tuple[str, ...], value: Json) -> bool:
    return any(KINDS[name](value) for name in names)


def _keywords() -> Iterator[Server]:
    """Each enum, format and limit not enforced at all, and each required member left out."""
    for place, schema in PLACES.items():
        for keyword in ("enum", "format", "pattern", "maxLength", "maxItems"):
            if keyword not in schema:
                continue
            loose = {key: value for key, value in schema.items() if key != keyword}
            kind = KINDS["array"] if keyword == "maxItems" else None
            yield _fault(
                f"{place}-{keyword}-ignored",
                f"The {keyword} of {place} is not looked at.",
                _also_in_answers(place, keyword),
                loosened(place, kind or _fits(loose)),
            )
        for name in schema.get("required", ()):
            gone = f"{place}.{name}" if place else name
            yield _fault(
                f"{gone}-may-be-missing",
                f"{gone} may be missing.",
                _request(gone, "required"),
                not_required(gone),
            )


def _fits(schema: dict[str, Json]) -> Test:
    return lambda value: check(schema, value) is None


def _flag(value: Json, *words: str) -> bool:
    return isinstance(value, str) and value.lower() in words


_MONTHS = r"(0[1-9]|1[0-2])"
_WORDS = {place: [each for each in schema["enum"] if isinstance(each, str)]
          for place, schema in PLACES.items() if "enum" in schema}  # fmt: skip

# What is taken at a place beside what is right: place, words, about, keywords broken, test.
NEAR: tuple[tuple[str, str, str, tuple[str, ...], Test], ...] = (
    ("att_status", "true", "true and false, which Python finds equal to 1 and 0",
     ("type", "enum"), KINDS["boolean"]),
    ("att_status", "digits", "'3', a number in text", ("type", "enum"),
     lambda v: isinstance(v, str) and v in {"0", "1", "2", "3"}),
    ("att_status", "cut", "2.7, cut to 2", ("type", "enum"),
     lambda v: isinstance(v, float) and v % 1 != 0 and 0 <= v < 4),
    ("att_status", "four", "4, one too many", ("enum",), lambda v: is_integer(v) and v == 4),
    ("att_status", "negative", "-1, as only the upper bound is checked", ("enum",),
     lambda v: is_integer(v) and v < 0),
    ("att_status", "falsy", "what is falsy", ("type", "enum"),
     lambda v: v == "" or v == [] or v == {} or v is False),
    ("analytics_disabled", "words", "'true' and 'false'", ("type",),
     lambda v: _flag(v, "true", "false")),
    ("analytics_disabled", "numbers", "1 and 0", ("type",),
     lambda v: is_integer(v) and v in (0, 1)),
    ("analytics_disabled", "yes", "yes and no, as Django REST does", ("type",),
     lambda v: _flag(v, "yes", "no", "on", "off", "t", "f", "y", "n", "1", "0", "true", "false")),
    ("gender", "capitals", "capitals", ("enum",), text(lambda v: v.lower() in _WORDS["gender"])),
    ("gender", "blanks", "blanks around it", ("enum",),
     text(lambda v: v.strip() in _WORDS["gender"])),
    ("gender", "first-letter", "words that begin rightly", ("enum",),
     text(lambda v: v[:1] in _WORDS["gender"])),
    ("gender", "empty", "empty text", ("enum",), lambda v: v == ""),
    ("gender", "substring", "any part of 'fmo'", ("enum",), text(lambda v: v in "fmo")),
    ("gender", "list-of-one", "a list with one word", ("type", "enum"),
     lambda v: isinstance(v, list) and len(v) == 1 and v[0] in ("f", "m", "o")),
    (f"{META}.platform", "any-case", "any letter case", ("enum",),
     text(lambda v: v.lower() in [word.lower() for word in _WORDS[f"{META}.platform"]])),
    ("store", "capitals", "any letter case", ("enum",),
     text(lambda v: v.lower() in _WORDS["store"])),
    ("store", "line-end", "white space around it", ("enum",),
     text(lambda v: v.strip() in _WORDS["store"])),
    ("store", "dashes", "dashes and blanks for underscores", ("enum",),
     text(lambda v: re.sub("[- ]", "_", v.lower()) in _WORDS["store"])),
    (DEVICE, "python", "what Python's UUID() takes", ("format",), text(lambda v: uuid.UUID(v))),
    (DEVICE, "without-dashes", "a UUID without dashes", ("format",),
     text(lambda v: re.fullmatch("[0-9a-fA-F]{32}", v))),
    ("store_account_token", "braces", "a UUID in braces", ("format",),
     text(lambda v: v[0] + v[-1] == "{}" and UUID.fullmatch(v[1:-1]))),
    (DEVICE, "any-letters", "letters beyond f", ("format",),
     text(lambda v: re.fullmatch(r"\w{8}(-\w{4}){3}-\w{12}", v))),
    (DEVICE, "inside", "a UUID with more around it", ("format",), text(lambda v: UUID.search(v))),
    (DEVICE, "line-end", "a line end behind a UUID", ("format",),
     text(lambda v: re.match(rf"{UUID.pattern}$", v))),
    (DEVICE, "empty", "empty text", ("format",), lambda v: v == ""),
    ("store_account_token", "length", "any 36 characters", ("format",),
     text(lambda v: len(v) == 36)),
    (DEVICE, "integer", "an integer, as Django REST does", ("type",), is_integer),
    ("email", "name", "Name <a@b.c>", ("format",),
     text(lambda v: re.fullmatch(r"[^<>]*<[^<>@]+@[^<>@]+\.[^<>@]+>", v))),
    ("email", "two-at-signs", "a@b@c", ("format",),
     text(lambda v: v.count("@") == 2 and re.fullmatch(r"[\w.@+-]+", v) and all(v.split("@")))),
    ("email", "at-sign", "anything with an at sign", ("format",), text(lambda v: "@" in v)),
    ("email", "trimmed", "blanks around it", ("format",),
     text(lambda v: EMAIL.fullmatch(v.strip()))),
    ("email", "line-end", "a line end behind it", ("format",),
     text(lambda v: v.endswith("\n") and EMAIL.fullmatch(v[:-1]))),
    ("email", "blank-inside", "blanks inside", ("format",),
     text(lambda v: EMAIL.fullmatch(v.replace(" ", "")))),
    ("email", "empty", "empty text", ("format",), lambda v: v == ""),
    ("email", "two", "two addresses with a comma", ("format",),
     text(lambda v: all(EMAIL.fullmatch(part.strip()) for part in v.split(",")))),
    ("birthday", "short", "2000-1-5, as strptime does", ("format",),
     text(lambda v: v.isascii() and datetime.strptime(v, "%Y-%m-%d"))),
    ("birthday", "other-digits", "full-width digits", ("format",),
     text(lambda v: re.fullmatch(r"\d{4}-\d\d-\d\d", v) and date(*map(int, v.split("-"))))),
    ("birthday", "iso", "20001231 and week dates, as fromisoformat does", ("format",),
     text(date.fromisoformat)),
    ("birthday", "date-time", "a date-time", ("format",),
     text(lambda v: DATE.match(v) and v[10] in "Tt ")),
    ("birthday", "shape", "2023-02-30, as only the shape is checked", ("format",),
     text(lambda v: DATE.fullmatch(v))),
    ("birthday", "month-of-31", "31 days in every month", ("format",),
     text(lambda v: re.fullmatch(rf"\d{{4}}-{_MONTHS}-(0[1-9]|[12]\d|3[01])", v, re.ASCII))),
    ("birthday", "leap-day", "29 February in every year", ("format",),
     text(lambda v: DATE.fullmatch(v) and v.endswith("-02-29"))),
    ("birthday", "epoch", "seconds since 1970", ("type",), is_number),
    ("birthday", "slashes", "slashes for dashes", ("format",),
     text(lambda v: re.fullmatch(r"\d{4}/\d\d/\d\d", v))),
    ("birthday", "day-first", "the day or the month first", ("format",),
     text(lambda v: re.fullmatch(r"\d\d[./-]\d\d[./-]\d{4}", v))),
    ("birthday", "empty", "empty text", ("format",), lambda v: v == ""),
    (KEY, "line-end", "a line end behind it, as $ does", ("pattern",),
     text(lambda v: re.match(r"^[A-Za-z0-9._-]{1,29}$", v))),
    (KEY, "blanks", "blanks", ("pattern",),
     text(lambda v: re.fullmatch(r"[A-Za-z0-9._ -]{1,30}", v))),
    (KEY, "a-to-small-z", "what stands between Z and a", ("pattern",),
     text(lambda v: re.fullmatch(r"[A-z0-9._-]{1,30}", v))),
    (KEY, "plus-to-point", "a plus and a comma, as [+-.] does", ("pattern",),
     text(lambda v: re.fullmatch(r"[A-Za-z0-9_+-.]{1,30}", v))),
    (KEY, "first-character", "anything behind a right first character", ("pattern",),
     text(lambda v: len(v) <= 30 and re.match("[A-Za-z0-9._-]", v))),
    (KEY, "one-more", "31 characters", ("maxLength",),
     text(lambda v: len(v) == 31 and v.isalnum())),
    (KEY, "database", "255 characters", ("maxLength",),
     text(lambda v: re.fullmatch(r"[A-Za-z0-9._-]{1,255}", v))),
    (VALUE, "one-more", "51 characters", ("maxLength",), text(lambda v: len(v) == 51)),
    (ATTRIBUTES, "one-more", "31 items", ("maxItems",),
     lambda v: isinstance(v, list) and len(v) == 31),
)  # fmt: skip


def _near() -> Iterator[Server]:
    for place, words, about, keywords, test in NEAR:
        breaks = tuple(each for keyword in keywords for each in _also_in_answers(place, keyword))
        yield _fault(
            f"{place}-near-{words}", f"{place} takes {about}.", breaks, loosened(place, test)
        )


def _trimmed(value: Json) -> Json:
    return value.strip() if isinstance(value, str) else value


def _converted() -> Iterator[Server]:
    """Values that are changed before they are checked."""
    as_text = ("boolean-as-text", "true is an attribute value: it becomes text")
    table: list[tuple[str, str, str, tuple[str, ...], tuple[Change, ...]]] = [
        ("key-trimmed", "keys are trimmed before they are checked", KEY, ("pattern", "maxLength"),
         (converted(KEY, _trimmed),
          kept(lambda items: [{**e, "key": _trimmed(e["key"])} for e in items]))),
        ("value-cut", "values are cut before they are measured", VALUE, ("maxLength",),
         (converted(VALUE, lambda v: v[:50] if isinstance(v, str) else v),
          values_kept(lambda v: v[:50] if isinstance(v, str) else v))),
        ("key-cut", "keys are cut before they are measured", KEY, ("maxLength",),
         (converted(KEY, lambda v: v[:30] if isinstance(v, str) else v),
          kept(lambda items: [{**e, "key": e["key"][:30]} for e in items]))),
        (*as_text, VALUE, ("oneOf",),
         (loosened(VALUE, KINDS["boolean"]),
          values_kept(lambda v: str(v).lower() if isinstance(v, bool) else v))),
        ("key-number-as-text", "a number is an attribute key: it becomes text", KEY, ("type",),
         (loosened(KEY, is_integer),
          kept(lambda items: [{**e, "key": str(e["key"])} for e in items]))),
        ("one-attribute", "one attribute without a list is a list of one", ATTRIBUTES, ("type",),
         (converted(ATTRIBUTES, lambda v: [v] if isinstance(v, dict) else v),)),
        ("first-thirty", "attributes beyond 30 are dropped unseen", ATTRIBUTES, ("maxItems",),
         (converted(ATTRIBUTES, lambda v: v[:30] if isinstance(v, list) else v),
          kept(lambda items: items[:30]))),
    ]  # fmt: skip
    for words, about, place, keywords, changes in table:
        breaks = tuple(_request(place, keyword) for keyword in keywords)
        yield _fault(f"converted-{words}", f"{about[0].upper()}{about[1:]}.", breaks, *changes)
    yield _fault(
        "converted-value-trimmed", "Values are trimmed before they are measured.",
        (_request(VALUE, "maxLength"), "echo.custom_attributes"),
        converted(VALUE, _trimmed), values_kept(_trimmed),
    )  # fmt: skip


def _frameworks() -> Iterator[Server]:
    """What a framework does to every member of a kind."""
    plain = [
        place for place, schema in PLACES.items()
        if "string" in kinds(schema) and not {"enum", "format", "oneOf"} & schema.keys()
        and not place.startswith(ATTRIBUTES)
    ]  # fmt: skip
    nested = [place for place in PLACES if parent(place) == META and place != DEVICE]
    every = "every member of the kind is one"
    table: list[tuple[str, str, str, list[str], Test]] = [
        ("numbers-as-text", "Numbers are text, as in Django REST", "request.body.*.type",
         plain, is_number),
        ("booleans-as-text", "Numbers and booleans are text, as with Ajv's coerceTypes",
         "request.body.*.type", [p for p in plain if not parent(p)],
         lambda v: isinstance(v, bool | int | float)),
        ("falsy-unchecked", "Only what is truthy is checked, where null may be",
         "request.body.*", plain, lambda v: v is False or v in (0, "", []) or v == {}),
        ("nested-unchecked", "Nothing in installation_meta but device_id is checked",
         f"request.body.{META}.*", nested, lambda _: True),
    ]  # fmt: skip
    for words, about, breaks, where, test in table:
        changes = [loosened(place, test) for place in where]
        yield _fault(f"framework-{words}", f"{about}.", breaks, *changes, several=every)


FIELDS: tuple[Server, ...] = (
    *_types(),
    *_keywords(),
    *_near(),
    *_converted(),
    *_frameworks(),
)
