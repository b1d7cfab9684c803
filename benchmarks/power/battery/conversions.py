"""What languages, libraries and sanitisers make of values between a request and its answer."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime

from benchmarks.power.battery.changes import (
    Change,
    explained,
    kept,
    member,
    returned,
    values_kept,
)
from benchmarks.power.battery.core import Core, Problem, Request
from benchmarks.power.battery.profiles import Attributes, Profile
from benchmarks.power.battery.rules import UUID, Json, is_integer, is_number
from benchmarks.power.battery.server import Server, faulty

_response, _meaning, _error = faulty("responses"), faulty("meaning"), faulty("errors")
_DATA = "response.200.data"
_VALUE = f"{_DATA}.custom_attributes.item.value"
_KEY = f"{_DATA}.custom_attributes.item.key"
ECHO, ECHO_CUSTOMER = "echo.custom_attributes", "echo.customer_user_id"
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?)?", re.ASCII)
_YAML = {"yes": True, "on": True, "y": True, "no": False, "off": False, "n": False}
_ZERO_WIDTH = re.compile("[\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")


def _texts(convert: Callable[[str], Json]) -> Callable[[Json], Json]:
    return lambda value: convert(value) if isinstance(value, str) else value


def _moment(text: str) -> str:
    """What Newtonsoft's DateParseHandling and a ToString() leave of a date."""
    if not _MOMENT.fullmatch(text):
        return text
    try:
        return datetime.fromisoformat(text).strftime("%m/%d/%Y %H:%M:%S")
    except ValueError:
        return text


def _from_notation(text: str) -> Json:
    if re.fullmatch(r"[0-9]+[eE][0-9]{1,2}", text):
        return float(text)
    return int(text, 16) if re.fullmatch(r"0[xX][0-9a-fA-F]{1,12}", text) else text


def _formula(text: str) -> str:
    return f"'{text}" if text[:1] in ("=", "+", "-", "@") and len(text) < 50 else text


def _mojibake(text: str) -> str:
    return text.encode("utf-8", "replace").decode("latin-1")[:50]


def _digits(written: str) -> Callable[[Json], Json]:
    """Numbers as a format leaves them."""
    return lambda v: float(written % v) if is_number(v) and abs(v) < 2**53 else v


# Attribute values that come back as something else: words, about, what is broken, conversion.
VALUES: tuple[tuple[str, str, tuple[str, ...], Callable[[Json], Json]], ...] = (
    ("text-dates", "text that is a date is written as .NET writes one", (ECHO,), _texts(_moment)),
    ("text-yaml", "yes, no, on and off are booleans, as in YAML", (f"{_VALUE}.oneOf", ECHO),
     _texts(lambda v: _YAML.get(v.lower(), v))),
    ("text-notations", "1e5 and 0x1F in text are numbers", (ECHO,), _texts(_from_notation)),
    ("text-formulas", "text that a table would take for a formula gets an apostrophe", (ECHO,),
     _texts(_formula)),
    ("text-zero-width", "joiners and marks without a width are lost", (ECHO,),
     _texts(lambda v: _ZERO_WIDTH.sub("", v))),
    ("text-mojibake", "UTF-8 is read as latin-1", (ECHO,), _texts(_mojibake)),
    ("numbers-six-digits", "numbers keep six digits, as with %g", (ECHO,), _digits("%g")),
    ("numbers-six-decimals", "numbers keep six decimals, as with %f", (ECHO,), _digits("%f")),
    ("numbers-extended", "integers beyond 32 bits are objects, as in MongoDB's extended JSON",
     (f"{_VALUE}.oneOf", ECHO),
     lambda v: {"$numberLong": str(v)} if is_integer(v) and abs(v) >= 2**31 else v),
)  # fmt: skip


def _first_type(items: Attributes) -> Attributes:
    if not items or not isinstance(items[0]["value"], str):
        return items
    return [{**each, "value": str(each["value"])[:50]} for each in items]


def _own_members(profile: Profile, request: Request) -> Profile:
    """Attributes and the members of the body are one map."""
    named = {k: v for k, v in request.body.items() if isinstance(v, str)}
    items = [
        {**each, "value": named[each["key"]][:50]} if each["key"] in named else each
        for each in profile.attributes
    ]
    return replace(profile, attributes=items)


def _with_profile(edit: Callable[[Profile, Request], Profile]) -> Change:
    def change(core: Core) -> Core:
        return replace(core, show=lambda who, request: core.show(edit(who, request), request))

    return change


def _without_value(each: dict[str, Json]) -> dict[str, Json]:
    return each if each["value"] else {"key": each["key"]}


def _attributes() -> Iterator[Server]:
    for words, about, breaks, convert in VALUES:
        group = _response if breaks[0] != ECHO else _meaning
        yield group(f"value-{words}", f"In attribute values {about}.", breaks, values_kept(convert))
    lists: list[tuple[str, str, tuple[str, ...], Callable[[Attributes], Attributes]]] = [
        ("digit-zero-dropped", "those with the text 0 are dropped, as by PHP's array_filter",
         (ECHO,), lambda items: [e for e in items if e["value"] != "0"]),
        ("proto-lost", "the one called __proto__ is lost, as in a JavaScript object",
         (ECHO,), lambda items: [e for e in items if e["key"] != "__proto__"]),
        ("first-type", "all become text if the first one is text", (ECHO,), _first_type),
        ("key-of-digits", "keys of digits become numbers, as in PHP's arrays",
         (f"{_KEY}.type", ECHO),
         lambda items: [{**e, "key": int(e["key"])} if re.fullmatch("0|[1-9][0-9]*", e["key"])
                        else e for e in items]),
        ("falsy-without-value", "those that are 0 or empty have no value, as with Go's omitempty",
         (f"{_DATA}.custom_attributes.item.value.required", ECHO),
         lambda items: [_without_value(each) for each in items]),
    ]  # fmt: skip
    for words, about, breaks, keep in lists:
        group = _response if breaks[0] != ECHO else _meaning
        yield group(f"attributes-{words}", f"Of the attributes {about}.", breaks, kept(keep))
    yield _meaning(
        "attributes-own-members",
        "An attribute called like a member of the body (email) comes back with that one's text.",
        ECHO,
        _with_profile(_own_members),
    )

    def empty(body: Json, _: Request) -> None:
        body["data"]["custom_attributes"] = body["data"]["custom_attributes"] or {}

    yield _response(
        "attributes-object-when-empty",
        "Where none are set, custom_attributes is an object, as PHP's JSON_FORCE_OBJECT has it.",
        (f"{_DATA}.custom_attributes.type", ECHO),
        returned(empty),
    )


def _of_digits(convert: Callable[[str], Json]) -> Callable[[str], Json]:
    return lambda who: convert(who) if who.isascii() and who.isdigit() else who


# Customer ids that come back as something else.
CUSTOMERS: tuple[tuple[str, str, Callable[[str], Json]], ...] = (
    ("as-number", "as a number where it is one, as in JavaScript and PHP",
     _of_digits(lambda v: int(v) if len(v) < 16 else v)),
    ("zeros-lost", "without the zeros before a number", _of_digits(lambda v: v.lstrip("0") or "0")),
    ("digits-rounded", "with 15 right digits of a long number",
     _of_digits(lambda v: str(int(float(v))) if 15 < len(v) < 300 else v)),
    ("uuid-folded", "in small letters where it is a UUID",
     lambda v: v.lower() if UUID.fullmatch(v) else v),
    ("address-folded", "in small letters where it is an e-mail address",
     lambda v: v.lower() if "@" in v else v),
    ("cut-comma", "cut at a comma, as a list of values", lambda v: v.partition(",")[0]),
    ("cut-semicolon", "cut at a semicolon, as before parameters", lambda v: v.partition(";")[0]),
)  # fmt: skip


def _customers() -> Iterator[Server]:
    for words, about, convert in CUSTOMERS:
        number = (f"{_DATA}.customer_user_id.type",) if words == "as-number" else ()
        group = _response if number else _meaning
        yield group(
            f"customer-{words}", f"The customer id comes back {about}.", (*number, ECHO_CUSTOMER),
            member("data.customer_user_id", _texts(convert)),
        )  # fmt: skip


def _null_hash(test: Callable[[Json], bool]) -> Change:
    """segment_hash could not be computed."""

    def edit(body: Json, request: Request) -> None:
        body["data"]["segment_hash"] = None if test(request.body) else body["data"]["segment_hash"]

    return returned(edit)


def _sometimes() -> Iterator[Server]:
    """Members of a 200 that are wrong for some requests."""
    table: list[tuple[str, str, Callable[[Json], bool]]] = [
        ("without-email", "the body has no email", lambda b: not b.get("email")),
        ("without-platform", "the body has no platform",
         lambda b: not b["installation_meta"].get("platform")),
        ("after-opt-out", "analytics_disabled is true",
         lambda b: b.get("analytics_disabled") is True),
        ("for-ipad", "the platform is iPadOS",
         lambda b: b["installation_meta"].get("platform") == "iPadOS"),
    ]  # fmt: skip
    for words, about, test in table:
        yield _response(
            f"hash-null-{words}", f"segment_hash is null where {about}.",
            f"{_DATA}.segment_hash.type", _null_hash(test),
        )  # fmt: skip

    def nowhere(value: Json) -> Callable[[Json], Json]:
        return lambda found: value if found is None else found

    moments: list[tuple[str, str, str, Callable[[Json], Json]]] = [
        ("subscriptions.item.billing_issue_detected_at", "zero-date", "0000-00-00 00:00:00, as in "
         "MySQL, where there is none", nowhere("0000-00-00 00:00:00")),
        ("access_levels.item.starts_at", "empty", "empty where there is none", nowhere("")),
        ("access_levels.item.expires_at", "infinity", "infinity, as in Postgres, where there is "
         "none", nowhere("infinity")),
        ("subscriptions.item.expires_at", "far", "+292278994-08-17T07:12:55.807Z, Java's last, "
         "where there is none", nowhere("+292278994-08-17T07:12:55.807Z")),
        ("non_subscriptions.item.purchased_at", "asp-net", "/Date(1714885505000)/, as in ASP.NET",
         lambda _: "/Date(1714885505000)/"),
    ]  # fmt: skip
    for place, words, about, convert in moments:
        yield _response(
            f"{place.replace('.item', '')}-{words}", f"{place} is {about}.",
            f"{_DATA}.{place}.format", member(f"data.{place}", convert),
        )  # fmt: skip


def _camel_case(error: Json, _: Problem, __: Request) -> Json:
    return {
        "errors": error["errors"],
        "errorCode": error["error_code"],
        "statusCode": error["status_code"],
    }


CONVERSIONS: tuple[Server, ...] = (
    *_attributes(),
    *_customers(),
    *_sometimes(),
    _error(
        "nested-camel-case",
        "The refusal of a nested member has its members in camel case.",
        ("rejection.body.error_code.required", "rejection.body.status_code.required"),
        explained(_camel_case, "nested"),
        several="two required members are missing",
    ),
)
