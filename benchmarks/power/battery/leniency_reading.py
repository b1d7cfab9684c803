"""Requests that are taken although they are not JSON, not called JSON, or name nobody; and checks
that stop too early."""

from __future__ import annotations

import ast
import json
import re
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace

from benchmarks.power.battery.changes import (
    Change,
    identified,
    media_taken,
    parsed,
    values_kept,
)
from benchmarks.power.battery.core import Core, Identity, Problem, Request, write
from benchmarks.power.battery.rules import CONTRACT, Json, Rules, rules
from benchmarks.power.battery.server import Server, faulty

_fault = faulty("leniency")
_SMALLEST = {"installation_meta": {"device_id": str(uuid.UUID(int=1))}}


def _tolerant(read: Callable[[str], Json], *, empty: bool = False) -> Change:
    """`read` gets its chance where the right parser refuses."""

    def outer(parse: Callable[[bytes], Json], raw: bytes) -> Json:
        try:
            return parse(raw)
        except Problem:
            if not raw and not empty:
                raise
            try:
                value = read(raw.decode("utf-8"))
                write(value)
                return value
            except (ValueError, SyntaxError, RecursionError, MemoryError):
                pass
            raise

    return parsed(outer)


def _closed(text: str) -> Json:
    for missing in ("}", "]}", '"}', "}}", "}]}", '"}}', '"}]}'):
        try:
            return json.loads(text + missing)
        except ValueError:
            continue
    raise ValueError(text)


def _with(pattern: str, by: str) -> Callable[[str], Json]:
    return lambda text: json.loads(re.sub(pattern, by, text, flags=re.DOTALL))


def _literal(text: str) -> Json:
    words = {"true": "True", "false": "False", "null": "None"}
    return ast.literal_eval(re.sub(r"\b(true|false|null)\b", lambda m: words[m[1]], text))


# Malformed JSON that is taken: words, about, how it is read.
JSON: tuple[tuple[str, str, Callable[[str], Json]], ...] = (
    ("trailing", "bytes behind the JSON are not read, as in Go",
     lambda text: json.JSONDecoder().raw_decode(text.lstrip())[0]),
    ("control-characters", "raw control characters stand in strings",
     lambda text: json.loads(text, strict=False)),
    ("commas", "a comma may stand before the end", _with(r",(\s*[}\]])", r"\1")),
    ("comments", "comments are skipped", _with(r"/\*.*?\*/|//[^\n\"]*(\n|$)|#[^\n\"]*(\n|$)", "")),
    ("quotes", "single quotes are as good as double ones",
     lambda text: json.loads(text.replace("'", '"'))),
    ("cut", "what is missing at the end is added", _closed),
    ("python", "Python's literals are taken", _literal),
    ("zeros", "numbers may begin with a zero or a plus", _with(r"([:\[,]\s*)(\+|0+(?=\d))", r"\1")),
    ("bare-names", "names need no quotes", _with(r"([{,]\s*)([A-Za-z_]\w*)(\s*:)", r'\1"\2"\3')),
    ("lines", "the first line counts, as in NDJSON",
     lambda text: json.loads(text.partition("\n")[0])),
)  # fmt: skip


def _json() -> Iterator[Server]:
    for words, about, read in JSON:
        yield _fault(
            f"json-{words}",
            f"Malformed JSON is taken: {about}.",
            ("request.json", "request.body.required"),
            _tolerant(read),
        )
    yield _fault(
        "json-nan-as-zero",
        "NaN and Infinity are 0.",
        "request.json",
        _tolerant(lambda text: json.loads(text, parse_constant=lambda _: 0)),
    )

    def finite(value: Json) -> Json:
        return None if isinstance(value, str) and value.startswith("\0") else value

    yield _fault(
        "json-nan-as-null",
        "NaN and Infinity are taken, and come back as null.",
        ("request.json", "response.200.data.custom_attributes.item.value.oneOf"),
        _tolerant(lambda text: json.loads(text, parse_constant=lambda name: f"\0{name}")),
        values_kept(finite),
    )
    yield _fault(
        "body-empty",
        "An empty body is taken.",
        ("request.body.required", "request.json"),
        _tolerant(lambda text: json.loads(text) if text else _SMALLEST, empty=True),
    )


def _media() -> Iterator[Server]:
    table: list[tuple[str, str, Callable[[Request], bool]]] = [
        ("any", "any media type", lambda _: True),
        ("text", "text/plain", lambda request: request.media == b"text/plain"),
        ("contains", "a media type with json in it", lambda request: b"json" in request.media),
        ("begins", "what begins with application/json",
         lambda request: request.media.startswith(b"application/json")),
        ("ends", "what ends in /json", lambda request: request.media.endswith(b"/json")),
        ("in-parameters", "application/json anywhere in the content type",
         lambda request: b"application/json" in request.joined("content-type")),
    ]  # fmt: skip
    for words, about, test in table:
        yield _fault(
            f"media-{words}", f"JSON is taken as {about}.", "request.media_type", media_taken(test)
        )


def _forms(core: Core) -> Core:
    """Forms are taken whatever they hold, as if their fields were members."""

    def is_form(request: Request) -> bool:
        kinds = (b"application/x-www-form-urlencoded", b"multipart/form-data")
        return request.media in kinds

    def decode(request: Request) -> bytes:
        return write(_SMALLEST) if is_form(request) else core.decode(request)

    return replace(media_taken(is_form)(core), decode=decode)


def _sliced(place: str, take: slice) -> Change:
    """Only some items of the list at `place` are checked."""
    right = rules()
    item = f"{place}.item"

    def taken(value: Json) -> bool:
        if not isinstance(value, list) or right.checks[place](value):
            return False
        inner = Rules(
            {p: c for p, c in right.checks.items() if p == place or p.startswith(item)},
            right.required,
        )
        return not any(inner.problems(value[take], place, place))

    def unchecked(core: Core) -> Core:
        checks = {p: c for p, c in core.rules.checks.items() if not p.startswith(item)}
        refused = core.rules.checks[place]

        def check(value: Json) -> str | None:
            said = refused(value)
            return said or (None if taken(value) else "An item is not valid.")

        return replace(core, rules=replace(core.rules, checks={**checks, place: check}))

    return unchecked


def _first_attributes() -> Iterator[Server]:
    place = "custom_attributes"
    breaks = (f"request.body.{place}.item.*", f"response.200.data.{place}.*", f"echo.{place}")
    every = "each way to be wrong behind the items that are checked is one"
    for words, about, take in (
        ("first", "Only the first attribute is checked", slice(1)),
        ("all-but-last-of-thirty", "The 30th attribute is not checked", slice(29)),
        ("second", "The first attribute is not checked", slice(1, None)),
    ):
        yield _fault(
            f"attributes-only-{words}", f"{about}.", breaks, _sliced(place, take), several=every
        )


def _identities() -> Iterator[Server]:
    def anonymous(test: Callable[[Request], bool]) -> Change:
        def identify(inner: Callable[[Request], Identity], request: Request) -> Identity:
            headers = [header.name for header in CONTRACT.headers[:2]]
            if test(request) and not any(request.text(name) for name in headers):
                return Identity(None, str(uuid.uuid4()))
            return inner(request)

        return identified(identify)

    breaks = "request.header.identity"
    table: list[tuple[str, str, Callable[[Request], bool]]] = [
        ("none", "who is not named is anonymous", lambda _: True),
        ("email", "an e-mail address in the body will do",
         lambda request: bool(request.body.get("email"))),
    ]  # fmt: skip
    for words, about, test in table:
        yield _fault(f"identity-{words}", f"No identity header: {about}.", breaks, anonymous(test))


READING: tuple[Server, ...] = (
    *_json(),
    *_media(),
    _fault("media-forms", "Forms are taken, whatever they hold.", "request.media_type", _forms),
    *_first_attributes(),
    *_identities(),
)
