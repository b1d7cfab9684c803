"""Rules that hold only beside something else: checks that depend on another member, on a header or
on how many there are, and valid members that are refused in each other's company."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date

from benchmarks.power.battery.changes import (
    Change,
    Test,
    attempt,
    loosened,
    not_required,
    refused_as,
    text,
    tightened,
)
from benchmarks.power.battery.core import CUSTOMER, PLATFORM, PROFILE, Core, Request
from benchmarks.power.battery.leniency_fields import ATTRIBUTES, DEVICE, KEY, META, PLACES, VALUE
from benchmarks.power.battery.rules import KINDS, Json, Rules, is_integer, is_number, parent
from benchmarks.power.battery.server import Server, faulty

_lenient, _strict = faulty("leniency"), faulty("strictness")
_BODY, _ITEM = "request.body", f"{ATTRIBUTES}.item"
_SEEN = (f"response.200.data.{ATTRIBUTES}.*", f"echo.{ATTRIBUTES}")
_APPLE = ("iOS", "iPadOS", "macOS", "visionOS")


@dataclass(frozen=True)
class _Either(Rules):
    """Other rules for the bodies of which `test` is true."""

    others: Rules | None = None
    test: Test = lambda _: False

    def problems(self, value: Json, place: str = "", where: str = "") -> Iterator[tuple[str, str]]:
        if self.others and not place and attempt(self.test, value):
            return self.others.problems(value)
        return super().problems(value, place, where)


def _only(test: Test, *changes: Change) -> Change:
    """The changes to the rules, for the bodies of which `test` is true."""

    def change(core: Core) -> Core:
        changed, own = core, core.rules
        for each in changes:
            changed = each(changed)
        return replace(
            core, rules=_Either(own.checks, own.required, own.closed, changed.rules, test)
        )

    return change


def _unchecked(test: Callable[[Request], bool]) -> Change:
    """Nothing of a body is checked, for the requests of which `test` is true."""

    def change(core: Core) -> Core:
        current: list[Request] = []

        def media_type(request: Request) -> None:
            current[:] = [request]  # nothing is awaited between this stage and the rules
            core.media_type(request)

        own, nothing = core.rules, Rules({"": lambda _: None}, frozenset())
        either = _Either(own.checks, own.required, own.closed, nothing, lambda _: test(current[0]))
        return replace(core, media_type=media_type, rules=either)

    return change


def _anything(*places: str) -> tuple[Change, ...]:
    return tuple(loosened(place, lambda _: True) for place in places)


def _meta(body: Json) -> Json:
    return body[META]


def _platform(*words: str) -> Test:
    return lambda body: _meta(body).get("platform") in words


def _attributes(body: Json) -> list[dict[str, Json]]:
    found: list[dict[str, Json]] = body.get(ATTRIBUTES, [])
    return found


# Checked only where the body has something else: words, about, what is broken, where it is not
# checked, what is taken there.
CHECKED: tuple[tuple[str, str, tuple[str, ...], Test, Change], ...] = (
    ("gender-beside-birthday", "gender is checked only beside a birthday",
     (f"{_BODY}.gender.enum",),
     lambda b: not b.get("birthday"), loosened("gender", KINDS["string"])),
    ("email-without-phone", "email is checked only where there is no phone_number",
     (f"{_BODY}.email.format",),
     lambda b: bool(b.get("phone_number")), loosened("email", KINDS["string"])),
    ("token-of-app-store", "store_account_token is checked only beside the store app_store",
     (f"{_BODY}.store_account_token.format",),
     lambda b: b.get("store") != "app_store",
     loosened("store_account_token", KINDS["string"])),
    ("att-status-on-apple", "att_status is checked only for platforms of Apple",
     (f"{_BODY}.att_status.enum",),
     lambda b: not _platform(*_APPLE)(b), loosened("att_status", is_integer)),
    ("device-not-on-android", "device_id is checked for all platforms but Android",
     (f"{_BODY}.{DEVICE}.format",), _platform("Android"), loosened(DEVICE, KINDS["string"])),
    ("device-not-on-web", "device_id may be missing for the platform web",
     (f"{_BODY}.{DEVICE}.required",), _platform("web"), not_required(DEVICE)),
)  # fmt: skip


def _lenient_ones() -> Iterator[Server]:
    for words, about, breaks, test, change in CHECKED:
        yield _lenient(
            f"only-{words}", f"Checked only in part: {about}.", breaks, _only(test, change)
        )
    personal = ("first_name", "last_name", "gender", "email", "phone_number", "birthday")
    yield _lenient(
        "only-without-opt-out",
        "The personal members are not checked where analytics_disabled is true.",
        f"{_BODY}.*",
        _only(lambda b: b.get("analytics_disabled") is True, *_anything(*personal)),
        several="each of the members is one",
    )
    yield _lenient(
        "only-not-on-web",
        "Nothing else in installation_meta is checked where its platform is web.",
        f"{_BODY}.{META}.*",
        _only(_platform("web"), *_anything(*(p for p in PLACES if parent(p) == META))),
        several="each of the members is one",
    )
    yield _lenient(
        "only-several-attributes",
        "The only attribute of a list is not checked.",
        (f"{_BODY}.{_ITEM}.*", *_SEEN),
        _only(lambda b: len(_attributes(b)) == 1, *_anything(KEY, VALUE)),
        several="each way to be wrong is one",
    )
    for words, about, test in (
        ("without-platform-header", "where the platform is named in a header",
         lambda r: bool(r.text(PLATFORM))),
        ("for-customers", "for a profile id without a customer",
         lambda r: bool(r.text(PROFILE)) and not r.text(CUSTOMER)),
    ):  # fmt: skip
        yield _lenient(
            f"only-{words}", f"A body is not checked {about}.", (f"{_BODY}.*", *_SEEN),
            _unchecked(test), several="each way to be wrong is one",
        )  # fmt: skip


def _whole_item(wrong: Callable[[dict[str, Json]], bool], key: Test, value: Test) -> Change:
    """Keys and values that `key` and `value` like are taken, unless the item is `wrong`."""

    def taken(item: Json) -> bool:
        return isinstance(item, dict) and attempt(wrong, item)

    def change(core: Core) -> Core:
        for each in (loosened(KEY, key), loosened(VALUE, value), tightened(_ITEM, taken)):
            core = each(core)
        return core

    return change


def _items() -> Iterator[Server]:
    """One part of an attribute is checked by what the other one is."""
    letters = re.compile(r"[A-Za-z0-9._-]{1,30}")
    yield _lenient(
        "only-key-of-text",
        "The letters of a key are checked only beside text, not beside a number.",
        (f"{_BODY}.{KEY}.pattern", f"response.200.data.{KEY}.pattern", _SEEN[1]),
        _whole_item(
            lambda item: not is_number(item["value"]) and not letters.fullmatch(item["key"]),
            text(lambda v: 0 < len(v) <= 30),
            lambda _: False,
        ),
    )
    yield _lenient(
        "only-key-and-value-together",
        "A key and its text are measured together: 80 characters.",
        (f"{_BODY}.{VALUE}.maxLength", f"{_BODY}.{KEY}.maxLength", *_SEEN),
        _whole_item(
            lambda item: len(item["key"]) + len(item["value"]) > 80,
            text(lambda v: re.fullmatch(r"[A-Za-z0-9._-]{1,80}", v)),
            text(lambda v: len(v) <= 80),
        ),
        several="there are two limits",
    )
    yield _lenient(
        "only-texts-counted",
        "Only attributes with text count as one of the thirty.",
        (f"{_BODY}.{ATTRIBUTES}.maxItems", *_SEEN),
        loosened(
            ATTRIBUTES,
            lambda v: (
                isinstance(v, list)
                and sum(isinstance(e, dict) and not is_number(e.get("value")) for e in v) <= 30
            ),
        ),
    )


def _young(body: Json) -> bool:
    born, today = date.fromisoformat(body["birthday"]), date.today()
    return (today - born).days < 13 * 365


def _values(body: Json) -> list[Json]:
    return [each["value"] for each in _attributes(body)]


def _folded_keys(body: Json) -> list[str]:
    return [each["key"].lower() for each in _attributes(body)]


# Valid bodies that are refused for what stands together in them.
TOGETHER: tuple[tuple[str, str, tuple[str, ...], Test], ...] = (
    ("store-beside-platform", "the store app_store beside the platform Android",
     ("store.enum", f"{META}.platform.enum", "store.type", f"{META}.platform.type"),
     lambda b: b["store"] == "app_store" and _meta(b)["platform"] == "Android"),
    ("idfa-beside-att-status", "an idfa beside an att_status that is not 3",
     ("att_status.enum", f"{META}.idfa.type", "att_status.type"),
     lambda b: bool(_meta(b)["idfa"]) and b["att_status"] in (0, 1, 2)),
    ("child", "a birthday in the last 13 years, or in the future",
     ("birthday.format", "birthday.type"), _young),
    ("first-name-alone", "a first_name without a last_name",
     ("last_name.optional", "first_name.type", "first_name.*"),
     lambda b: bool(b["first_name"]) and not b.get("last_name")),
    ("country-beside-address", "an ip_country beside an ip_v4_address",
     ("ip_country.type", "ip_v4_address.type", "ip_country.*", "ip_v4_address.*"),
     lambda b: bool(b["ip_country"] and b["ip_v4_address"])),
    ("advertising-id-on-apple", "an advertising_id for a platform of Apple",
     (f"{META}.advertising_id.type", f"{META}.platform.enum"),
     lambda b: bool(_meta(b)["advertising_id"]) and _meta(b)["platform"] in _APPLE),
    ("store-without-country", "a store without a store_country",
     ("store_country.optional", "store_country.*", "store.*"),
     lambda b: bool(b["store"]) and not b.get("store_country")),
    ("values-of-two-types", "texts and numbers among the attributes of one request",
     (f"{VALUE}.oneOf", f"{ATTRIBUTES}.*"),
     lambda b: len({isinstance(v, str) for v in _values(b)}) > 1),
    ("values-alike", "two attributes with the same value",
     (f"{ATTRIBUTES}.maxItems", f"{VALUE}.oneOf", f"{ATTRIBUTES}.*"),
     lambda b: len(set(_values(b))) < len(_values(b))),
    ("keys-but-for-case", "two keys that differ in letter case only",
     (f"{KEY}.pattern", f"{ATTRIBUTES}.*"),
     lambda b: len({e["key"] for e in _attributes(b)}) > len(set(_folded_keys(b)))),
)  # fmt: skip


def _strict_ones() -> Iterator[Server]:
    for words, about, places, test in TOGETHER:

        def refuses(body: Json, test: Test = test) -> bool:
            return attempt(test, body)

        breaks = (*(f"{_BODY}.{place}" for place in places), "response.status")
        yield _strict(f"together-{words}", f"Refused: {about}.", breaks, tightened("", refuses))

    def other_address(request: Request) -> bool:
        who, email = request.text(CUSTOMER) or "", request.body.get("email")
        return "@" in who and bool(email) and email != who

    yield _strict(
        "together-customer-beside-email",
        "Refused: a customer id that is an e-mail address, but not the body's.",
        (f"request.header.{CUSTOMER}.type", f"{_BODY}.email.type", "response.status"),
        refused_as("identity", other_address),
    )


CONDITIONS: tuple[Server, ...] = (*_lenient_ones(), *_items(), *_strict_ones())
