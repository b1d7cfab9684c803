"""Valid requests that are refused.

For the members of the body null, their absence and each word of their enums; then boundary values,
and what reasonable people refuse although the contract does not.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from benchmarks.power.battery.changes import (
    Change,
    Test,
    closed,
    inside,
    parsed,
    refused_as,
    required,
    text,
    tightened,
)
from benchmarks.power.battery.core import CUSTOMER, PLATFORM, PROFILE, Core, Problem, Request
from benchmarks.power.battery.leniency_fields import ATTRIBUTES, DEVICE, KEY, META, PLACES, VALUE
from benchmarks.power.battery.rules import KINDS, Json, is_integer, is_number, kinds, parent
from benchmarks.power.battery.server import Server, faulty

_fault = faulty("strictness")


def _request(place: str, *keywords: str) -> tuple[str, ...]:
    prefix = f"request.body.{place}" if place else "request.body"
    return tuple(f"{prefix}.{keyword}" for keyword in keywords)


# Members that are any text: of every second one null is refused, of the others their absence.
_PLAIN = [
    place
    for place, schema in PLACES.items()
    if kinds(schema) == {"string", "null"} and not {"enum", "format"} & schema.keys()
]


def _is(word: Json) -> Test:
    return lambda value: value == word and not isinstance(value, bool)


def _from_the_contract() -> Iterator[Server]:
    for place, schema in PLACES.items():
        listed = schema.get("enum", ())
        # Beside an enum null is open.
        if "null" in kinds(schema) and not listed and place not in _PLAIN[1::2]:
            yield _fault(
                f"{place}-null",
                f"A null {place} is refused.",
                _request(place, "nullable", "type"),
                tightened(place, KINDS["null"]),
            )
        for word in listed:
            yield _fault(
                f"{place}-not-{word}",
                f"{place} may not be {word}.",
                _request(place, "enum", "type"),
                tightened(place, _is(word)),
            )
        if "properties" in schema:
            yield _fault(
                f"{place or 'body'}-closed",
                f"Members that the contract does not name are refused in {place or 'the body'}.",
                _request(place, "additionalProperties"),
                closed(place),
            )
        for name in schema.get("properties", ()):
            needed = f"{place}.{name}" if place else name
            if name not in schema.get("required", ()) and needed not in _PLAIN[::2]:
                yield _fault(
                    f"{needed}-required",
                    f"{needed} may not be left out.",
                    _request(needed, "optional"),
                    required(needed),
                )


def _year(value: str) -> int:
    return int(value[:4])


# What is refused at a place: place, words, about, keywords of which one is a right name, test.
ODD: tuple[tuple[str, str, str, tuple[str, ...], Test], ...] = (
    ("analytics_disabled", "false", "false", ("type",), lambda v: v is False),
    ("analytics_disabled", "true", "true", ("type",), lambda v: v is True),
    ("birthday", "leap-day", "29 February", ("format", "type"),
     text(lambda v: v.endswith("-02-29"))),
    ("birthday", "before-1970", "a day before 1970", ("format", "type"),
     text(lambda v: _year(v) < 1970)),
    ("birthday", "before-1900", "a day before 1900", ("format", "type"),
     text(lambda v: _year(v) < 1900)),
    ("birthday", "december", "a day in December (months from 0)", ("format", "type"),
     text(lambda v: v[5:7] == "12")),
    ("email", "plus", "a plus in the address", ("format", "type"), text(lambda v: "+" in v)),
    ("email", "capitals", "a capital in the address", ("format", "type"),
     text(lambda v: v != v.lower())),
    ("email", "long-top-level", "a top-level domain beyond four letters", ("format", "type"),
     text(lambda v: len(v.rpartition(".")[2]) > 4)),
    ("email", "subdomain", "more than two parts in the domain", ("format", "type"),
     text(lambda v: v.rpartition("@")[2].count(".") > 1)),
    (DEVICE, "capitals", "a UUID in capitals", ("format", "type"), text(lambda v: v != v.lower())),
    (DEVICE, "nil", "the nil UUID", ("format", "type"), text(lambda v: set(v) == set("0-"))),
    (DEVICE, "version-4-only", "a UUID of another version than 4", ("format", "type"),
     text(lambda v: v[14] != "4")),
    ("store_account_token", "small-letters", "a UUID in small letters", ("format", "type"),
     text(lambda v: v != v.upper())),
    ("first_name", "empty", "empty text", ("type",), lambda v: v == ""),
    ("first_name", "long", "more than 50 characters", ("type",), text(lambda v: len(v) > 50)),
    ("last_name", "not-ascii", "text beyond ASCII", ("type",), text(lambda v: not v.isascii())),
    ("last_name", "apostrophe", "an apostrophe", ("type",), text(lambda v: "'" in v)),
    ("last_name", "one-letter", "one letter", ("type",), text(lambda v: len(v) == 1)),
    ("phone_number", "not-e164", "what is not E.164", ("type",),
     text(lambda v: not re.fullmatch(r"\+[0-9]{7,15}", v))),
    (f"{META}.advertising_id", "empty", "empty text", ("type",), lambda v: v == ""),
    (f"{META}.idfa", "not-a-uuid", "what is no UUID", ("type",),
     text(lambda v: not re.fullmatch(r"[0-9A-Fa-f-]{36}", v))),
    (f"{META}.user_agent", "long", "more than 100 characters", ("type",),
     text(lambda v: len(v) > 100)),
    (f"{META}.os", "digits", "text that looks like a number", ("type",),
     text(lambda v: v.replace(".", "", 1).isdecimal())),
    (f"{META}.locale", "shape", "what is not a language with or without a country", ("type",),
     text(lambda v: not re.fullmatch(r"[a-z]{2}([-_][A-Z]{2})?", v))),
    (f"{META}.app_version", "shape", "what is not three numbers", ("type",),
     text(lambda v: not re.fullmatch(r"\d+\.\d+\.\d+", v))),
    (ATTRIBUTES, "thirty", "30 items", ("maxItems",),
     lambda v: isinstance(v, list) and len(v) == 30),
    (ATTRIBUTES, "empty", "an empty list", ("type", "maxItems"), lambda v: v == []),
    (KEY, "thirty", "30 characters", ("maxLength",), text(lambda v: len(v) == 30)),
    (KEY, "one", "one character", ("maxLength", "pattern", "type"), text(lambda v: len(v) == 1)),
    (KEY, "point", "a point", ("pattern",), text(lambda v: "." in v)),
    (KEY, "dash", "a dash", ("pattern",), text(lambda v: "-" in v)),
    (KEY, "underscore", "an underscore", ("pattern",), text(lambda v: "_" in v)),
    (KEY, "digit", "a digit", ("pattern",), text(lambda v: any(char.isdigit() for char in v))),
    (KEY, "digit-first", "a digit first", ("pattern",), text(lambda v: v[:1].isdigit())),
    (KEY, "capital", "a capital", ("pattern",), text(lambda v: v != v.lower())),
    (VALUE, "fifty", "50 characters", ("maxLength", "oneOf"), text(lambda v: len(v) == 50)),
    (VALUE, "fifty-bytes", "more than 50 bytes", ("maxLength", "oneOf"),
     text(lambda v: len(v.encode()) > 50)),
    (VALUE, "empty", "empty text", ("oneOf", "maxLength"), lambda v: v == ""),
    (VALUE, "digits", "text that looks like a number", ("oneOf", "maxLength"),
     text(lambda v: re.fullmatch(r"-?\d+(\.\d+)?", v))),
    (VALUE, "emoji", "characters beyond the basic plane", ("oneOf", "maxLength"),
     text(lambda v: max(v) > "\uffff")),
    (VALUE, "not-ascii", "text beyond ASCII", ("oneOf", "maxLength"),
     text(lambda v: not v.isascii())),
    (VALUE, "blank", "a blank", ("oneOf", "maxLength"), text(lambda v: " " in v)),
    (VALUE, "zero", "0", ("oneOf",), lambda v: is_number(v) and v == 0),
    (VALUE, "negative", "negative numbers", ("oneOf",), lambda v: is_number(v) and v < 0),
    (VALUE, "fraction", "numbers with a fraction", ("oneOf",),
     lambda v: isinstance(v, float) and v % 1 != 0),
    (VALUE, "integer", "integers", ("oneOf",), is_integer),
    (VALUE, "number", "numbers", ("oneOf",), is_number),
    (VALUE, "beyond-32-bits", "integers beyond 32 bits", ("oneOf",),
     lambda v: is_integer(v) and abs(v) >= 2**31),
)  # fmt: skip


def _odd() -> Iterator[Server]:
    for place, words, about, keywords, test in ODD:
        yield _fault(
            f"{place}-{words}",
            f"{place} may not be {about}, or have it."
            if False
            else f"Refused in {place}: {about}.",
            _request(place, *keywords),
            tightened(place, test),
        )


def _media(test: Callable[[bytes], bool]) -> Change:
    def change(core: Core) -> Core:
        def media_type(request: Request) -> None:
            core.media_type(request)
            if test(request.joined("content-type")):
                raise Problem(415, "unsupported_media_type", "media", "Send application/json.")

        return replace(core, media_type=media_type)

    return change


def _reading() -> Iterator[Server]:
    yield _fault(
        "media-parameters", "A charset behind the media type is refused.", "request.media_type",
        _media(lambda value: b";" in value),
    )  # fmt: skip
    yield _fault(
        "media-capitals", "Capitals in the media type are refused.", "request.media_type",
        _media(lambda value: not value.startswith(b"application/json")),
    )  # fmt: skip

    def refusing(test: Callable[[bytes], bool]) -> Change:
        def read(parse: Callable[[bytes], Json], raw: bytes) -> Json:
            if test(raw):
                raise Problem(400, "parse_error", "json", "JSON parse error.")
            return parse(raw)

        return parsed(read)

    any_text = ("request.body.*.type", "request.json", "request.body.*.oneOf", "response.status")
    table: list[tuple[str, str, tuple[str, ...], Callable[[bytes], bool], str]] = [
        ("json-blanks", "White space around the JSON is refused.", ("request.json",),
         lambda raw: raw.strip(b" \t\r\n") != raw and bool(raw.strip()), ""),
        ("json-escapes", "Escapes in JSON strings are not understood.", any_text,
         lambda raw: b"\\u" in raw, "any text may be escaped"),
        ("json-indented", "JSON of more than one line is refused.", ("request.json",),
         lambda raw: b"\n" in raw.strip(), ""),
        ("body-2000-bytes", "Bodies beyond 2,000 bytes are refused.",
         ("request.body.custom_attributes.maxItems", "request.body.*", "response.status"),
         lambda raw: len(raw) > 2000, "any long valid body is one"),
    ]  # fmt: skip
    for words, about, breaks, test, several in table:
        yield _fault(words, about, breaks, refusing(test), several=several)


def _headers() -> Iterator[Server]:
    def header(name: str, test: Callable[[str], object]) -> Callable[[Request], bool]:
        return lambda request: bool(test(request.text(name) or ""))

    customer, platform = f"request.header.{CUSTOMER}", f"request.header.{PLATFORM}"
    profile = f"request.header.{PROFILE}"
    table: list[tuple[str, str, tuple[str, ...], Callable[[Request], bool]]] = [
        ("customer-required", "A profile id alone is not enough",
         ("request.header.identity", f"{customer}.optional", f"{profile}.type"),
         lambda request: not request.text(CUSTOMER)),
        ("platform-required", "The platform header is required",
         (f"{platform}.optional", "response.status"), lambda request: not request.text(PLATFORM)),
        ("platform-refused", "The platform header is refused", (f"{platform}.type",),
         header(PLATFORM, bool)),
        ("customer-address", "A customer id may be no e-mail address", (f"{customer}.type",),
         header(CUSTOMER, lambda v: "@" in v)),
        ("customer-slug", "A customer id has letters, digits and dashes only",
         (f"{customer}.type",),
         header(CUSTOMER, lambda v: re.search(r"[^A-Za-z0-9-]", v))),
        ("customer-64", "A customer id has at most 64 characters", (f"{customer}.type",),
         header(CUSTOMER, lambda v: len(v) > 64)),
    ]  # fmt: skip
    for words, about, breaks, test in table:
        yield _fault(f"header-{words}", f"{about}.", breaks, refused_as("identity", test))


def _everywhere() -> Iterator[Server]:
    """One rule too many for every text of a body."""
    plain = [p for p, s in PLACES.items() if "string" in kinds(s) and "enum" not in s]
    several = "every member with text is one"
    breaks = ("request.body.*.type", "request.body.*.oneOf", "request.body.*.maxLength")

    def any_text(test: Callable[[str], bool]) -> Change:
        def bad(value: Json) -> bool:
            return any(isinstance(each, str) and test(each) for each in inside(value))

        return tightened("", bad)

    yield _fault(
        "text-lines", "Line ends and tabs are refused in every text.", breaks,
        any_text(lambda each: any(char in "\t\r\n" for char in each)), several=several,
    )  # fmt: skip
    yield _fault(
        "text-100", "Text of more than 100 characters is refused.", breaks,
        any_text(lambda each: len(each) > 100), several=several,
    )  # fmt: skip
    yield _fault(
        "text-angle-brackets", "Text with a < or > is refused, by a firewall.", breaks,
        any_text(lambda each: "<" in each or ">" in each), several=several,
    )  # fmt: skip
    yield _fault(
        "text-empty", "Empty text is refused in every member but the attributes.", breaks,
        *(tightened(p, lambda v: v == "") for p in plain if not p.startswith(ATTRIBUTES)),
        several=several,
    )  # fmt: skip
    yield _fault(
        "null-everywhere", "Null is refused in every member, as nullable means nothing.",
        "request.body.*.nullable",
        *(tightened(p, KINDS["null"]) for p in plain if parent(p) != f"{ATTRIBUTES}.item"),
        several="every nullable member is one",
    )  # fmt: skip


STRICTNESS: tuple[Server, ...] = (
    *_from_the_contract(),
    *_odd(),
    *_reading(),
    *_headers(),
    *_everywhere(),
)
