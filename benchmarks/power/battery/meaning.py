"""Answers that match their schema and are wrong."""

from __future__ import annotations

import copy
import html
import re
import struct
import time
import unicodedata
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from urllib.parse import quote, unquote

from benchmarks.power.battery.changes import Change, identified, kept, member, returned, values_kept
from benchmarks.power.battery.core import CUSTOMER, PROFILE, Core, Identity, Request
from benchmarks.power.battery.profiles import Attributes, Profile
from benchmarks.power.battery.rules import Json, is_number
from benchmarks.power.battery.server import Server, faulty

_fault = faulty("meaning")
ECHO_CUSTOMER, ECHO_ATTRIBUTES = "echo.customer_user_id", "echo.custom_attributes"
TIMESTAMP, IDENTITY = "timestamp.response_time", "identity.profile_id"
_ATTRIBUTES = "response.200.data.custom_attributes"

CUSTOMERS: tuple[tuple[str, str, Callable[[str], str | None]], ...] = (
    ("dropped", "null", lambda _: None),
    ("empty", "empty", lambda _: ""),
    ("folded", "in small letters", str.lower),
    ("cut-36", "cut at 36 characters", lambda v: v[:36]),
    ("cut-50", "cut at 50 characters", lambda v: v[:50]),
    ("cut-at-sign", "cut at the at sign", lambda v: v.partition("@")[0]),
    ("html", "escaped for HTML", html.escape),
    ("percent-decoded", "percent-decoded", unquote),
    ("plus-decoded", "with a blank for a plus", lambda v: v.replace("+", " ")),
    ("percent-encoded", "percent-encoded", lambda v: quote(v, safe="")),
    ("blanks-folded", "with one blank for several", lambda v: re.sub(r"\s+", " ", v)),
    ("prefixed", "behind a prefix", lambda v: f"app:{v}"),
)  # fmt: skip


def _float32(value: Json) -> Json:
    if isinstance(value, float) and abs(value) < 1e38:
        return struct.unpack("f", struct.pack("f", value))[0]
    return value


def _texts(convert: Callable[[str], Json]) -> Callable[[Json], Json]:
    return lambda value: convert(value) if isinstance(value, str) else value


def _numbers(convert: Callable[[float], Json]) -> Callable[[Json], Json]:
    return lambda value: convert(value) if is_number(value) else value


def _floats(convert: Callable[[float], Json]) -> Callable[[Json], Json]:
    return lambda value: convert(value) if isinstance(value, float) else value


VALUES: tuple[tuple[str, str, Callable[[Json], Json]], ...] = (
    ("numbers-as-text", "numbers become text", _numbers(str)),
    ("numbers-float32", "numbers are rounded to 32 bits", _float32),
    ("numbers-cents", "numbers are rounded to two decimals", _floats(lambda v: round(v, 2))),
    ("numbers-cut", "numbers lose their fraction",
     _floats(lambda v: int(v) if abs(v) < 2**53 else v)),
    ("numbers-absolute", "numbers lose their sign", _numbers(abs)),
    ("numbers-capped", "numbers end at 2^31 - 1", _numbers(lambda v: min(v, 2**31 - 1))),
    ("text-as-number", "text that looks like a number becomes one",
     _texts(lambda v: float(v) if re.fullmatch(r"-?\d+(\.\d+)?", v) else v)),
    ("text-trimmed", "text is trimmed", _texts(str.strip)),
    ("text-nfc", "text is normalised (NFC)", _texts(lambda v: unicodedata.normalize("NFC", v))),
    ("text-nfkc", "text is normalised (NFKC)", _texts(lambda v: unicodedata.normalize("NFKC", v))),
    ("text-html", "text is escaped for HTML", _texts(html.escape)),
    ("text-unescaped", "HTML entities in text are resolved", _texts(html.unescape)),
    ("text-tags", "tags are stripped from text", _texts(lambda v: re.sub("<[^>]*>", "", v))),
    ("text-slashes", "quotes in text are escaped",
     _texts(lambda v: re.sub(r"(['\"\\])", r"\\\1", v))),
    ("text-backslashes", "backslashes are lost", _texts(lambda v: v.replace("\\", ""))),
    ("text-line-ends", "line ends are of one kind", _texts(lambda v: v.replace("\r\n", "\n"))),
    ("text-percent-decoded", "text is percent-decoded", _texts(unquote)),
    ("text-no-astral", "characters beyond the basic plane are lost",
     _texts(lambda v: "".join(char for char in v if char <= "\uffff"))),
    ("text-ascii", "characters beyond ASCII become question marks",
     _texts(lambda v: v.encode("ascii", "replace").decode())),
    ("text-cut-30", "text is cut at 30 characters", _texts(lambda v: v[:30])),
    ("text-booleans", "true and false in text become other words",
     _texts(lambda v: {"true": "True", "false": "False"}.get(v, v))),
    ("text-null", "null in text becomes empty",
     _texts(lambda v: "" if v in ("null", "None") else v)),
)  # fmt: skip


def _keys(convert: Callable[[str], str]) -> Callable[[Attributes], Attributes]:
    return lambda items: [{**each, "key": convert(each["key"])} for each in items]


def _merged(items: Attributes) -> Attributes:
    return list({each["key"].lower(): each for each in items}.values())


LISTS: tuple[tuple[str, str, Callable[[Attributes], Attributes]], ...] = (
    ("dropped", "none come back", lambda _: []),
    ("ten", "ten are kept", lambda items: items[:10]),
    ("twenty-nine", "29 are kept", lambda items: items[:29]),
    ("falsy-dropped", "those whose value is 0 are dropped",
     lambda items: [e for e in items if isinstance(e["value"], str) or e["value"]]),
    ("numbers-dropped", "those with numbers are dropped",
     lambda items: [e for e in items if isinstance(e["value"], str)]),
    ("key-folded", "keys are in small letters", _keys(str.lower)),
    ("key-case-merged", "keys that differ in letter case are one", _merged),
    ("key-points", "points in keys become underscores", _keys(lambda v: v.replace(".", "_"))),
    ("key-dashes", "dashes in keys become underscores", _keys(lambda v: v.replace("-", "_"))),
    ("key-cut", "keys are cut at 20 characters", _keys(lambda v: v[:20])),
    ("values-swapped", "values are those of the neighbours",
     lambda items: [{**e, "value": items[i - 1]["value"]} for i, e in enumerate(items)]),
    ("own-beside", "one of the server's own stands beside them",
     lambda items: [*items[:29], {"key": "created_via", "value": "api"}]),
)  # fmt: skip

STAMPS: tuple[tuple[str, str, Callable[[int], int]], ...] = (
    ("example", "the example's", lambda _: 1736425645861),
    ("seconds", "in seconds", lambda now: now // 1000),
    ("microseconds", "in microseconds", lambda now: now * 1000),
    ("two-hours", "two hours ahead, in local time", lambda now: now + 7_200_000),
    ("zero", "0", lambda _: 0),
    ("negative", "negative", lambda now: -now),
    ("hour", "that of the hour before", lambda now: now // 3_600_000 * 3_600_000 - 3_600_000),
    ("2001", "counted from 2001, as Apple does", lambda now: now - 978_307_200_000),
)  # fmt: skip


def _since_start(unit: str) -> Change:
    def change(core: Core) -> Core:
        began = time.time()

        def stamp(now: int) -> int:
            return int(began * 1000) if unit == "start" else now - int(began * 1000)

        return member("data.timestamp", stamp)(core)

    return change


def _one_profile(name: Callable[[str], str]) -> Change:
    """Customers of the same name share a profile."""

    def change(core: Core) -> Core:
        core.profiles.new_id = lambda who: str(uuid.uuid5(uuid.NAMESPACE_DNS, name(who)))
        return core

    return change


def _by_device(body: Json, request: Request) -> None:
    device = request.body["installation_meta"]["device_id"].lower()
    body["data"]["profile_id"] = str(uuid.uuid5(uuid.NAMESPACE_DNS, device))


def _remembering(choose: Callable[[Attributes, Attributes], Attributes]) -> Change:
    """What comes back is chosen from what the request before left, and what was set now."""

    def change(core: Core) -> Core:
        left: list[Attributes] = [[]]

        def keep(items: Attributes) -> Attributes:
            left[0] = choose(left[0], items)
            return left[0]

        return kept(keep)(core)

    return change


def _together(before: Attributes, items: Attributes) -> Attributes:
    by_key = {each["key"]: each for each in [*before, *items]}
    return list(by_key.values())[-30:]


def _previous(core: Core) -> Core:
    """Each answer is that to the request before it."""
    answers: list[Json] = []

    def show(profile: Profile, request: Request) -> Json:
        answers.append(copy.deepcopy(core.show(profile, request)))
        return answers[-2] if len(answers) > 1 else answers[-1]

    return replace(core, show=show)


def _copied(inner: Callable[[Request], Identity], request: Request) -> Identity:
    profile_id = request.text(PROFILE)
    return (
        Identity(None, profile_id) if profile_id and not request.text(CUSTOMER) else inner(request)
    )


def _all() -> Iterator[Server]:
    for words, about, customer in CUSTOMERS:
        yield _fault(
            f"customer-{words}",
            f"The customer id comes back {about}.",
            ECHO_CUSTOMER,
            member("data.customer_user_id", _texts(customer)),
        )
    for words, about, convert in VALUES:
        yield _fault(
            f"value-{words}", f"In attribute values {about}.", ECHO_ATTRIBUTES, values_kept(convert)
        )
    for words, about, keep in LISTS:
        yield _fault(
            f"attributes-{words}",
            f"Of the attributes {about}.",
            (ECHO_ATTRIBUTES, f"{_ATTRIBUTES}.*"),
            kept(keep),
        )
    for words, about, stamp in STAMPS:
        yield _fault(
            f"timestamp-{words}", f"The timestamp is {about}.", TIMESTAMP,
            member("data.timestamp", stamp),
        )  # fmt: skip
    for unit, about in (("start", "the server's start"), ("uptime", "the time since its start")):
        yield _fault(
            f"timestamp-{unit}", f"The timestamp is {about}.", TIMESTAMP, _since_start(unit)
        )
    names: list[tuple[str, str, Callable[[str], str]]] = [
        ("everybody", "All customers", lambda _: ""),
        ("folded", "Customers that differ in letter case", str.lower),
        ("prefix", "Customers with the same first 30 characters", lambda who: who[:30]),
    ]
    for words, about, name in names:
        yield _fault(
            f"profile-of-{words}", f"{about} share a profile.", IDENTITY, _one_profile(name)
        )
    yield _fault(
        "profile-of-device", "Customers with one device share a profile.", IDENTITY,
        returned(_by_device),
    )  # fmt: skip
    yield _fault(
        "profile-id-copied",
        "A profile id that is none is copied into a 200.",
        "response.200.data.profile_id.format",
        identified(_copied),
    )
    yield _fault(
        "attributes-accumulated", "Attributes of all requests accumulate.",
        (ECHO_ATTRIBUTES, f"{_ATTRIBUTES}.*"), _remembering(_together),
    )  # fmt: skip
    yield _fault(
        "attributes-left-over", "Where none are set, those of the request before come back.",
        ECHO_ATTRIBUTES, _remembering(lambda before, items: items or before),
    )  # fmt: skip
    yield _fault(
        "answer-before",
        "Each answer is that to the request before it.",
        (ECHO_CUSTOMER, ECHO_ATTRIBUTES, IDENTITY),
        _previous,
        several="a response of somebody else is wrong in all that identifies",
    )


MEANING: tuple[Server, ...] = tuple(_all())
