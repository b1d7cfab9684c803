"""What an average afternoon leaves behind: a pattern without its ends, a clock rule half known, two
requests that meet, and what was never tried because nobody would send it."""

from __future__ import annotations

import asyncio
import base64
import ipaddress
import re
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

from benchmarks.power.battery.changes import (
    Change,
    accepting,
    arriving,
    attempt,
    crashing,
    crashing_on_body,
    identified,
    kept,
    loosened,
    text,
    tightened,
    values_kept,
)
from benchmarks.power.battery.core import (
    CUSTOMER,
    PROFILE,
    Core,
    Crash,
    Identity,
    Problem,
    Request,
)
from benchmarks.power.battery.leniency_fields import ATTRIBUTES, KEY, PLACES, VALUE
from benchmarks.power.battery.profiles import SEEDED_CUSTOMER, Attributes, Profile
from benchmarks.power.battery.rules import Json, is_integer
from benchmarks.power.battery.server import Server, faulty

_auth, _lenient, _strict = faulty("authentication"), faulty("leniency"), faulty("strictness")
_crash, _meaning, _state = faulty("crashes"), faulty("meaning"), faulty("state")
_response = faulty("responses")
CRASH, HANG, REFUSED = "robustness.server_error", "robustness.hang", "response.status"
SCHEME, WRONG, IDENTITY = "auth.scheme", "auth.wrong_key", "identity.profile_id"
ECHO = "echo.custom_attributes"
_BODY, _DATA = "request.body", "response.200.data"
_WORD = b"Api-Key "


def _long_key(given: bytes, key: bytes) -> bool:
    if given.startswith(_WORD) and len(given) - len(_WORD) > 72:
        raise Crash
    return given == _WORD + key


def _basic(given: bytes, key: bytes) -> bool:
    scheme, _, rest = given.partition(b" ")
    if scheme.lower() != b"basic":
        return given == _WORD + key
    if b":" not in (_decoded(rest)):
        raise Crash
    return False


def _decoded(value: bytes) -> bytes:
    try:
        return base64.b64decode(value)
    except ValueError:
        return b""


def _credentials() -> Iterator[Server]:
    table: list[tuple[str, str, tuple[str, ...], Callable[[bytes, bytes], bool]]] = [
        ("takes-without-dash", "It takes ApiKey and Api_Key for the scheme too.", (SCHEME,),
         lambda g, k: re.fullmatch(rb"Api[^ ]?Key " + re.escape(k), g) is not None),
        ("takes-word-ending", "It takes any word that ends in Api-Key: a pattern without ^.",
         (SCHEME,), lambda g, k: g.endswith(_WORD + k)),
        ("crash-long-key", "It crashes on a key beyond 72 bytes, as bcrypt does.", (CRASH, WRONG),
         _long_key),
        ("crash-basic", "It crashes on Basic without a colon in what it encodes.", (CRASH, SCHEME),
         _basic),
    ]  # fmt: skip
    for words, about, breaks, accepts in table:
        yield _auth(words, about, breaks, accepting(accepts))


_ENUMS = [p for p, schema in PLACES.items() if isinstance((schema.get("enum") or [0])[0], str)]
_WORDS = {word for place in _ENUMS for word in PLACES[place]["enum"] if isinstance(word, str)}
_NULL_TEXT = [
    place
    for place, schema in PLACES.items()
    if schema.get("nullable") and ("enum" in schema or "format" in schema)
]


def _any_adapty_header(inner: Callable[[Request], Identity], request: Request) -> Identity:
    named = any(name.lower().startswith(b"adapty-") and value for name, value in request.headers)
    if named and not request.text(CUSTOMER) and not request.text(PROFILE):
        return Identity(None, str(uuid.uuid4()))
    return inner(request)


def _lenient_ones() -> Iterator[Server]:
    table: list[tuple[str, str, tuple[str, ...], Change]] = [
        ("birthday-two-digit-year", "birthday takes a year of two digits.",
         (f"{_BODY}.birthday.format",),
         loosened("birthday", text(lambda v: re.fullmatch(r"\d\d-\d\d-\d\d", v, re.ASCII)
                                   and datetime.strptime(v, "%y-%m-%d")))),
        ("birthday-zero-parts", "birthday takes a month or a day 00, as MySQL does.",
         (f"{_BODY}.birthday.format",),
         loosened("birthday", text(lambda v: re.fullmatch(
             r"\d{4}-(00-([0-2]\d|3[01])|(0\d|1[0-2])-00)", v, re.ASCII)))),
        ("birthday-leap-1900", "birthday takes 1900-02-29: every fourth year is a leap year.",
         (f"{_BODY}.birthday.format",),
         loosened("birthday", text(lambda v: re.fullmatch(r"\d{4}-02-29", v, re.ASCII)
                                   and int(v[:4]) % 4 == 0))),
        ("key-bars", "A key takes |, as in [A-Za-z|0-9|.|_|-].",
         (f"{_BODY}.{KEY}.pattern", f"{_DATA}.{KEY}.pattern", ECHO),
         loosened(KEY, text(lambda v: re.fullmatch(r"[A-Za-z0-9._|-]{1,30}", v)))),
        ("gender-substring", "gender takes fm and mo: value in 'fmo'.",
         (f"{_BODY}.gender.enum",), loosened("gender", text(lambda v: v in "fmo" and v))),
        ("att-status-false", "att_status takes false, which is 0.",
         (f"{_BODY}.att_status.enum", f"{_BODY}.att_status.type"),
         loosened("att_status", lambda v: v is False)),
        ("attributes-empty-map", "custom_attributes takes {}, which has no item to be wrong.",
         (f"{_BODY}.custom_attributes.type",), loosened(ATTRIBUTES, lambda v: v == {})),
        ("identity-any-adapty-header", "No identity header: any that begins with adapty- will do.",
         ("request.header.identity",), identified(_any_adapty_header)),
    ]  # fmt: skip
    for words, about, breaks, change in table:
        yield _lenient(words, about, breaks, change)
    yield _lenient(
        "enums-merged", "Each enum takes the words of the others too.", f"{_BODY}.*.enum",
        *(loosened(place, text(lambda v: v in _WORDS)) for place in _ENUMS),
        several="each enum with words is one",
    )  # fmt: skip
    yield _lenient(
        "empty-in-text", "The empty text is not checked: if value and ….",
        (f"{_BODY}.*.enum", f"{_BODY}.*.format"),
        *(loosened(place, lambda v: v == "") for place in _NULL_TEXT),
        several="each of the members is one",
    )  # fmt: skip
    yield _lenient(
        "null-in-text", "The text null is null, where null may be.",
        (f"{_BODY}.*.enum", f"{_BODY}.*.format", f"{_BODY}.*.type"),
        *(loosened(place, lambda v: v == "null") for place in _NULL_TEXT),
        several="each of the members is one",
    )  # fmt: skip


def _pairs(body: Json) -> list[dict[str, Json]]:
    found: list[dict[str, Json]] = body.get(ATTRIBUTES) or []
    return found


def _in_order(core: Core) -> Core:
    """key, value = item.values(), whichever stands first."""

    async def store(identity: Identity, given: Attributes, request: Request) -> Profile:
        turned: Attributes = []
        for each in _pairs(request.body):
            first = next(name for name in each if name in ("key", "value"))
            pair: tuple[Any, Any] = (each["key"], each["value"])
            key, value = pair if first == "key" else pair[::-1]
            turned.append({"key": str(key), "value": value})
        return await core.store(identity, turned if _pairs(request.body) else given, request)

    return replace(core, store=store)


def _slug(core: Core) -> Core:
    core.profiles.new_id = lambda who: str(
        uuid.uuid5(uuid.NAMESPACE_DNS, re.sub("[^A-Za-z0-9]+", "-", who))
    )
    return core


def _meanings() -> Iterator[Server]:
    yield _meaning("profile-of-slug", "Customers that differ in punctuation only share a profile.",
                   IDENTITY, _slug)  # fmt: skip
    yield _meaning("attributes-key-0-lost", "The attribute 0 is lost, as PHP finds it empty.", ECHO,
                   kept(lambda items: [each for each in items if each["key"] != "0"]))  # fmt: skip
    yield _meaning(
        "attributes-value-first", "Where a value stands before its key, they are swapped.",
        (ECHO, f"{_DATA}.{KEY}.*"), _in_order,
    )  # fmt: skip
    yield _response(
        "value-one-as-true", "An attribute value 1 is true, as MySQL's TINYINT(1).",
        (f"{_DATA}.{VALUE}.oneOf", ECHO),
        values_kept(lambda v: True if is_integer(v) and v == 1 else v),
    )  # fmt: skip


def _race(core: Core) -> Core:
    """Looked for, then inserted: two at the same moment violate the unique key."""
    running: set[str] = set()

    async def store(identity: Identity, given: Attributes, request: Request) -> Profile:
        who = identity.customer or identity.profile_id or ""
        if who in running and who != SEEDED_CUSTOMER:
            raise Crash
        running.add(who)
        try:
            await asyncio.sleep(0.02)
            return await core.store(identity, given, request)
        finally:
            running.discard(who)

    return replace(core, store=store)


async def _backtracking(request: Request) -> None:
    if re.search(rb'"key":\s*"[A-Za-z0-9._-]{20,}(?![A-Za-z0-9._-])[^"]', request.raw):
        await asyncio.sleep(600)


def _full(core: Core) -> Core:
    """The app's quota of profiles: from then on everything is refused."""
    made: list[object] = []

    def authenticate(request: Request) -> None:
        core.authenticate(request)
        made.append(request.number)
        if len(made) > 150:
            raise Problem(403, "quota", "other", "No more profiles for this app.")

    return replace(core, authenticate=authenticate)


def _all_null(body: Json) -> bool:
    return body.get("email", "") is None and body.get("birthday", "") is None


def _states() -> Iterator[Server]:
    yield _state("same-customer-at-once", "A customer that comes twice at once is a 500.",
                 CRASH, _race)  # fmt: skip
    yield _state(
        "key-backtracks", "It hangs on a key of twenty right characters and then a wrong one.",
        (HANG, f"{_BODY}.{KEY}.*"), arriving(_backtracking),
    )  # fmt: skip
    yield _state("quota", "From the 151st request on all are refused.", REFUSED, _full)
    yield _crash(
        "address-that-is-none", "It crashes on an ip_v4_address that is none, as ipaddress does.",
        CRASH, crashing_on_body(lambda b: isinstance(b["ip_v4_address"], str) and not attempt(
            ipaddress.IPv4Address, b["ip_v4_address"])),
    )  # fmt: skip
    yield _crash("customer-beyond-ascii", "It crashes on a customer id beyond ASCII.",
                 (CRASH, f"request.header.{CUSTOMER}.type"),
                 crashing(lambda request: not request.joined(CUSTOMER).isascii()))  # fmt: skip
    yield _crash(
        "integer-beyond-doubles", "It crashes on an attribute value of 400 digits: float(value).",
        CRASH, crashing_on_body(lambda b: any(
            is_integer(each["value"]) and abs(each["value"]) > 1 << 1024 for each in _pairs(b))),
    )  # fmt: skip
    yield _crash(
        "device-256", "It crashes on a device of more than 255 characters.", CRASH,
        crashing_on_body(lambda b: len(b["installation_meta"]["device"]) > 255),
    )  # fmt: skip
    yield _strict(
        "email-100", "Refused in email: more than 100 characters.", f"{_BODY}.email.format",
        tightened("email", text(lambda v: len(v) > 100)),
    )  # fmt: skip
    yield _strict(
        "email-two-letters", "Refused in email: a top-level domain of two letters.",
        (f"{_BODY}.email.format", f"{_BODY}.email.type"),
        tightened("email", text(lambda v: len(v.rpartition(".")[2]) == 2)),
    )  # fmt: skip
    yield _strict(
        "all-nulls", "Refused: personal members that are all null.",
        (f"{_BODY}.*.nullable", REFUSED),
        tightened("", lambda b: attempt(_all_null, b)),
    )  # fmt: skip


EVERYDAY: tuple[Server, ...] = (*_credentials(), *_lenient_ones(), *_meanings(), *_states())
