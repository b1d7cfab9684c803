"""What programming languages and their JSON libraries do by themselves: to what comes in."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from benchmarks.power.battery.changes import (
    Change,
    Test,
    converted,
    crashing_on_body,
    loosened,
    parsed,
    text,
    tightened,
)
from benchmarks.power.battery.core import Core, Crash, Problem, write
from benchmarks.power.battery.leniency_fields import ATTRIBUTES, DEVICE, KEY, META, PLACES, VALUE
from benchmarks.power.battery.rules import UUID, Json, Rules, is_date, is_integer, name, parent
from benchmarks.power.battery.server import Server, faulty

_lenient, _strict, _crash = faulty("leniency"), faulty("strictness"), faulty("crashes")
CRASH = "robustness.server_error"
_BODY = "request.body"
_WORDS = {place: schema["enum"] for place, schema in PLACES.items() if "enum" in schema}
_MONTH = r"(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\.?"


def _ids(place: str, *keywords: str) -> tuple[str, ...]:
    return tuple(f"{_BODY}.{place}.{keyword}" for keyword in keywords)


# What a library takes at a place: place, words, about, keywords broken, test.
TAKES: tuple[tuple[str, str, str, tuple[str, ...], Test], ...] = (
    ("gender", "net-enum", "numbers and lists of words in text, as .NET's Enum.Parse does",
     ("enum",),
     text(lambda v: all(part.strip() in ("f", "m", "o", "0", "1", "2") for part in v.split(",")))),
    ("store", "protobuf", "a word's number, as protobuf does", ("type", "enum"),
     lambda v: is_integer(v) and 0 <= v < len(_WORDS["store"])),
    ("att_status", "wrapped", "4294967299, which has 32 bits too many for 3", ("enum",),
     lambda v: is_integer(v) and (v + 2**31) % 2**32 - 2**31 in range(4)),
    (DEVICE, "java", "1-1-1-1-1, as Java's UUID.fromString does", ("format",),
     text(lambda v: re.fullmatch("[0-9a-fA-F]{1,8}(-[0-9a-fA-F]{1,4}){3}-[0-9a-fA-F]{1,12}", v))),
    ("birthday", "partial", "a year or a month, as ISO 8601 does", ("format",),
     text(lambda v: re.fullmatch(r"[0-9]{4}(-(0[1-9]|1[0-2]))?", v))),
    ("birthday", "words", "Dec 31, 2000, as JavaScript's Date does", ("format",),
     text(lambda v: re.fullmatch(
         rf"{_MONTH} \d{{1,2}},? \d{{4}}|\d{{1,2}} {_MONTH} \d{{4}}", v))),
)  # fmt: skip


def _members(rename: Callable[[str], str | None]) -> Change:
    """Members are also known by other names."""

    def renamed(value: Json) -> Json:
        if isinstance(value, list):
            return [renamed(each) for each in value]
        if not isinstance(value, dict):
            return value
        names = {key: rename(key) or key for key in value}
        return {names[key]: renamed(each) for key, each in value.items()}

    return parsed(lambda parse, raw: renamed(parse(raw)))


def _camel(place: str) -> str:
    return re.sub(r"_(\w)", lambda found: found[1].upper(), name(place))


_KNOWN = {name(place) for place in PLACES if place and name(place) != "item"}


def _unwrapped(value: Json) -> Json:
    """Rails wraps parameters in the name of their model, and looks into it."""
    wrapped = value.get("profile") if isinstance(value, dict) and META not in value else None
    return wrapped if isinstance(wrapped, dict) else value


def _again(value: Json) -> Json:
    """A string that holds an object is that object."""
    try:
        inner = json.loads(value) if isinstance(value, str) else value
        write(inner)
        return inner if isinstance(inner, dict) else value
    except (ValueError, RecursionError):
        return value


def _first(value: Json) -> Json:
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def _otherwise(change: Callable[[str], str]) -> Change:
    """Where the right parser refuses, it gets its chance with the text changed."""

    def read(parse: Callable[[bytes], Json], raw: bytes) -> Json:
        try:
            return parse(raw)
        except Problem:
            try:
                return parse(change(raw.decode("utf-8")).encode())
            except ValueError:
                pass
            raise

    return parsed(read)


def _hexadecimal(body: str) -> str:
    body = re.sub(r"\\x([0-9a-fA-F]{2})", r"\\u00\1", body)
    return body.replace("\\'", "'")


def _lenient_ones() -> Iterator[Server]:
    for place, words, about, keywords, test in TAKES:
        yield _lenient(
            f"{place}-near-{words}", f"{place} takes {about}.", _ids(place, *keywords),
            loosened(place, test),
        )  # fmt: skip
    by_letters = {each.lower(): each for each in _KNOWN}
    camel = {_camel(each): each for each in _KNOWN}
    yield _lenient(
        "names-any-case",
        "Members may be written in any letter case, as with Go's encoding/json.",
        (f"{_BODY}.*.required", f"{_BODY}.*additionalProperties"),
        _members(lambda key: by_letters.get(key.lower())),
        several="each required member is one, and each that should have been unknown",
    )
    yield _lenient(
        "names-camel-case",
        "Members may be written in camel case, as protobuf's JSON does.",
        (f"{_BODY}.*.required", f"{_BODY}.*additionalProperties"),
        _members(lambda key: None if key in _KNOWN else camel.get(key)),
        several="each required member is one, and each that should have been unknown",
    )
    yield _lenient(
        "body-in-profile", "Members may stand in `profile`, as Rails wraps them.",
        f"{_BODY}.{META}.required",
        parsed(lambda parse, raw: _unwrapped(parse(raw))),
    )  # fmt: skip
    yield _lenient(
        "body-encoded-twice", "The body may be a JSON string that holds the JSON.",
        f"{_BODY}.type", parsed(lambda parse, raw: _again(parse(raw))),
    )  # fmt: skip
    plain = [p for p in PLACES if p and parent(p) in ("", META) and p not in (META, ATTRIBUTES)]
    yield _lenient(
        "framework-lists-of-one",
        "A list of one value is that value, as with Jackson's UNWRAP_SINGLE_VALUE_ARRAYS.",
        (f"{_BODY}.*.type", f"{_BODY}.*.enum"),
        *(converted(place, _first) for place in plain),
        several="each of the members is one",
    )
    yield _lenient(
        "json-blanks", "White space around the JSON may be any that Unicode has.", "request.json",
        _otherwise(lambda body: body.strip(" \t\r\n\f\v\x85\xa0\u2028\u3000")),
    )  # fmt: skip
    yield _lenient(
        "json-escapes", "Strings may have JavaScript's escapes: \\x41 and \\'.", "request.json",
        _otherwise(_hexadecimal),
    )  # fmt: skip


_BUILT_IN = ("constructor", "toString", "valueOf", "hasOwnProperty", "__proto__")
_NUMBER = re.compile(rb"[:\[,]\s*-?[0-9]+(\.[0-9]+)?[eE][+-]?[0-9]+\s*[,\]}]")


def _refusing(test: Callable[[bytes], object]) -> Change:
    def read(parse: Callable[[bytes], Json], raw: bytes) -> Json:
        if test(raw):
            raise Problem(400, "parse_error", "json", "JSON parse error.")
        return parse(raw)

    return parsed(read)


def _strict_ones() -> Iterator[Server]:
    table: list[tuple[str, str, str, tuple[str, ...], Test]] = [
        (KEY, "built-in", "what every JavaScript object has, as if it were there already",
         ("pattern",), lambda v: v in _BUILT_IN),
        (KEY, "own-members", "the profile's own members (email, store, …)", ("pattern",),
         text(lambda v: v in _KNOWN)),
        (KEY, "points-at-ends", "a point first, last or twice in a row", ("pattern",),
         text(lambda v: "" in v.split("."))),
        (VALUE, "blank-only", "nothing but blanks, as Ruby's blank? does", ("oneOf", "maxLength"),
         text(lambda v: v and not v.strip())),
        (VALUE, "digit-zero", "the text 0, as PHP's empty() does", ("oneOf", "maxLength"),
         lambda v: v == "0"),
    ]  # fmt: skip
    for place, words, about, keywords, test in table:
        yield _strict(
            f"{place}-{words}", f"Refused in {place}: {about}.", _ids(place, *keywords),
            tightened(place, test),
        )  # fmt: skip
    yield _strict(
        "json-exponents", "Numbers with an exponent are not understood.",
        (*_ids(VALUE, "oneOf"), "request.json", "response.status"), _refusing(_NUMBER.search),
    )  # fmt: skip
    yield _strict(
        "json-slashes", "A slash with a backslash before it is not understood.",
        (f"{_BODY}.*.type", "request.json", f"{_BODY}.*.oneOf", "response.status"),
        _refusing(lambda raw: b"\\/" in raw), several="any text may have a slash",
    )  # fmt: skip


def _given(body: Json, place: str) -> Json:
    for step in place.split("."):
        body = body[step]
    return body


# Text at which a library throws: words, about, other right names, place, test.
THROWS: tuple[tuple[str, str, tuple[str, ...], str, Callable[[str], object]], ...] = (
    ("enum-word", "a gender that is not listed, as Java's valueOf does", ("gender.enum",),
     "gender", lambda v: v not in _WORDS["gender"]),
    ("uuid-text", "a device_id that is no UUID, as UUID.fromString does", (f"{DEVICE}.format",),
     DEVICE, lambda v: not UUID.fullmatch(v)),
    ("date-text", "a birthday that is no date, as LocalDate.parse does", ("birthday.format",),
     "birthday", lambda v: not is_date(v)),
    ("leap-day", "29 February, as Python's replace(year=…) does", ("birthday.format",
                                                                  "birthday.type"),
     "birthday", lambda v: v.endswith("-02-29") and is_date(v)),
    ("store-without-branch", "the store paddle, for which it has no branch",
     ("store.enum", "store.type"), "store", lambda v: v == "paddle"),
    ("agent-without-slash", "a user_agent without a slash in it", (f"{META}.user_agent.type",),
     f"{META}.user_agent", lambda v: "/" not in v),
    ("unknown-zone", "a timezone that is not called like Europe/Rome or UTC",
     (f"{META}.timezone.type",), f"{META}.timezone",
     lambda v: not re.fullmatch("UTC|[A-Z][A-Za-z]+(/[A-Z][A-Za-z_]+)+", v)),
    ("locale-parts", "a locale of three parts, as zh-Hant-TW", (f"{META}.locale.type",),
     f"{META}.locale", lambda v: len(re.split("[-_]", v)) > 2),
    ("version-words", "an app_version that is not numbers with points",
     (f"{META}.app_version.type",), f"{META}.app_version",
     lambda v: not re.fullmatch(r"\d+(\.\d+)*", v)),
)  # fmt: skip


def _crashes() -> Iterator[Server]:
    for words, about, also, place, test in THROWS:

        def thrown(body: Json, place: str = place, test: Callable[[str], object] = test) -> bool:
            value = _given(body, place)
            return isinstance(value, str) and bool(test(value))

        breaks = (CRASH, *(f"{_BODY}.{each}" for each in also))
        yield _crash(f"thrown-{words}", f"It crashes on {about}.", breaks, crashing_on_body(thrown))
    yield _crash(
        "thrown-one-name",
        "It crashes where one of first_name and last_name is text and the other is not there.",
        (CRASH, *_ids("first_name", "*"), *_ids("last_name", "*")),
        crashing_on_body(lambda b: isinstance(b.get("first_name"), str)
                         is not isinstance(b.get("last_name"), str)),
    )  # fmt: skip
    yield _crash(
        "thrown-two-problems",
        "It crashes where a body is wrong in more than one place.",
        CRASH,
        _crashing_rules(lambda problems: len(problems) > 1),
    )


def _crashing_rules(test: Callable[[list[tuple[str, str]]], bool]) -> Change:
    class Crashing(Rules):
        """Rules whose findings themselves are too much for the server."""

        def problems(
            self, value: Json, place: str = "", where: str = ""
        ) -> Iterator[tuple[str, str]]:
            found = list(super().problems(value, place, where))
            if not place and test(found):
                raise Crash
            return iter(found)

    def change(core: Core) -> Core:
        return replace(
            core, rules=Crashing(core.rules.checks, core.rules.required, core.rules.closed)
        )

    return change


LANGUAGES: tuple[Server, ...] = (*_lenient_ones(), *_strict_ones(), *_crashes())
