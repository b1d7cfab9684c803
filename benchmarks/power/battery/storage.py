"""Faults of databases, their columns, keys and collations, of ORMs and of caches."""

from __future__ import annotations

import copy
import hashlib
import re
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace

from benchmarks.power.battery.changes import (
    Change,
    crashing_on_body,
    member,
    returned,
    stored,
)
from benchmarks.power.battery.core import CUSTOMER, Core, Crash, Identity, Problem, Request, write
from benchmarks.power.battery.profiles import Profile
from benchmarks.power.battery.rules import Json, is_integer, is_number
from benchmarks.power.battery.server import Server, faulty

_crash, _strict, _meaning = faulty("crashes"), faulty("strictness"), faulty("meaning")
_state = faulty("state")
CRASH, IDENTITY = "robustness.server_error", "identity.profile_id"
TIMESTAMP = "timestamp.response_time"
ECHO, ECHO_CUSTOMER = "echo.custom_attributes", "echo.customer_user_id"
_BODY, _REFUSED = "request.body", "response.status"
_LIST = f"{_BODY}.custom_attributes"


def _attributes(body: Json) -> list[dict[str, Json]]:
    found: list[dict[str, Json]] = body.get("custom_attributes", [])
    return found


def _numbers(body: Json) -> list[float]:
    return [each["value"] for each in _attributes(body) if is_number(each["value"])]


def _year(body: Json) -> int:
    return int(body["birthday"][:4])


# Valid bodies that no column holds: words, about, other right names, test.
COLUMNS: tuple[tuple[str, str, tuple[str, ...], Callable[[Json], object]], ...] = (
    ("smallint", "an attribute that is an integer beyond 16 bits",
     (f"{_LIST}.item.value.oneOf",),
     lambda b: any(is_integer(v) and not -(2**15) <= v < 2**15 for v in _numbers(b))),
    ("numeric", "a number with more than eight digits before its point, as in NUMERIC(10, 2)",
     (f"{_LIST}.item.value.oneOf",), lambda b: any(abs(v) >= 1e8 for v in _numbers(b))),
    ("timestamp", "a birthday that is not between 1970 and 2037, as in a TIMESTAMP",
     (f"{_BODY}.birthday.format", f"{_BODY}.birthday.type"),
     lambda b: not 1970 <= _year(b) <= 2037),
    ("varchar-1000", "attributes that take more than 1,000 bytes of JSON",
     (f"{_LIST}.maxItems", f"{_LIST}.item.value.maxLength", f"{_LIST}.*"),
     lambda b: len(write(_attributes(b))) > 1000),
)  # fmt: skip


def _columns() -> Iterator[Server]:
    for words, about, also, test in COLUMNS:
        yield _crash(
            f"column-{words}", f"It crashes on {about}.", (CRASH, *also), crashing_on_body(test)
        )


def _unique(of: Callable[[Json], object], trouble: Callable[[], Exception]) -> Change:
    """What `of` says of a body belongs to the first customer who brought it."""

    def change(core: Core) -> Core:
        owners: dict[object, object] = {}

        async def store(_: Core, identity: Identity, request: Request) -> None:
            value, owner = of(request.body), identity.customer or identity.profile_id
            if value and owners.setdefault(value, owner) != owner:
                raise trouble()

        return stored(store)(core)

    return change


def _conflict() -> Exception:
    return Problem(409, "conflict", "field", ("email", "There is a customer with this address."))


def _mapped(core: Core) -> Core:
    """The first value of a key decides its type for ever, as in Elasticsearch."""
    kinds: dict[str, bool] = {}

    async def store(_: Core, __: Identity, request: Request) -> None:
        for each in _attributes(request.body):
            if kinds.setdefault(each["key"], isinstance(each["value"], str)) is not isinstance(
                each["value"], str
            ):
                raise Problem(400, "invalid", "nested", (each["key"], "Of another type before."))

    return stored(store)(core)


def _fifty_keys(core: Core) -> Core:
    """No more than fifty keys in all, as every key is a column."""
    known: set[str] = set()

    async def store(_: Core, __: Identity, request: Request) -> None:
        known.update(each["key"] for each in _attributes(request.body))
        if len(known) > 50:
            raise Problem(400, "invalid", "nested", ("custom_attributes", "Too many keys."))

    return stored(store)(core)


def _keys() -> Iterator[Server]:
    every = "no other customer is accepted with it"
    yield _strict(
        "unique-email",
        "An e-mail address that another customer brought is a conflict.",
        (_REFUSED, f"{_BODY}.email.*", f"{_BODY}.*"),
        _unique(lambda body: body.get("email"), _conflict),
        several=every,
    )
    yield _crash(
        "unique-device",
        "A device_id that another customer brought violates a unique key: a 500.",
        (CRASH, _REFUSED, f"{_BODY}.installation_meta.device_id.*", f"{_BODY}.*"),
        _unique(lambda body: body["installation_meta"]["device_id"].lower(), Crash),
        several=every,
    )
    yield _strict(
        "key-of-one-type",
        "A key that had a number for one customer may have no text for another.",
        (f"{_LIST}.item.value.oneOf", f"{_LIST}.*", _REFUSED),
        _mapped,
    )
    yield _strict(
        "fifty-keys", "More than fifty different keys of all customers are refused.",
        (_REFUSED, f"{_LIST}.*"), _fifty_keys,
        several="any valid attribute with another key is one",
    )  # fmt: skip


def _one_profile(name: Callable[[str], str]) -> Change:
    """Customers of whom `name` says the same share a profile."""

    def change(core: Core) -> Core:
        core.profiles.new_id = lambda who: str(uuid.uuid5(uuid.NAMESPACE_DNS, name(who)))
        return core

    return change


def _by_email(body: Json, request: Request) -> None:
    if email := request.body.get("email"):
        body["data"]["profile_id"] = str(uuid.uuid5(uuid.NAMESPACE_DNS, email.lower()))


def _identities() -> Iterator[Server]:
    table: list[tuple[str, str, Change]] = [
        ("tags", "whose addresses differ behind a plus",
         _one_profile(lambda who: re.sub(r"\+[^@]*", "", who))),
        ("numbers", "that are the same number (7 and 007)",
         _one_profile(lambda who: str(int(who)) if re.fullmatch("[0-9]{1,99}", who) else who)),
        ("length", "with ids of the same length",
         _one_profile(lambda who: str(len(who)))),
        ("email", "with the same email in the body", returned(_by_email)),
    ]  # fmt: skip
    for words, about, change in table:
        yield _meaning(f"profile-of-{words}", f"Customers {about} share a profile.", IDENTITY,
                       change)  # fmt: skip


def _cached(of: Callable[[Request], object]) -> Change:
    """Requests of which `of` says the same get the answer of the first of them."""

    def change(core: Core) -> Core:
        answers: dict[object, Json] = {}

        def show(profile: Profile, request: Request) -> Json:
            answer = answers.setdefault(of(request), core.show(profile, request))
            return copy.deepcopy(answer)

        return replace(core, show=show)

    return change


def _caches() -> Iterator[Server]:
    broken = (ECHO_CUSTOMER, IDENTITY, ECHO, TIMESTAMP)
    every = "an answer of somebody else is wrong in all that identifies"
    table: list[tuple[str, str, Callable[[Request], object]]] = [
        ("body", "the same body", lambda r: hashlib.sha256(r.raw).digest()),
        ("length", "a body of the same length", lambda r: len(r.raw)),
        ("customer-prefix", "the same first 20 characters of their customers",
         lambda r: (r.text(CUSTOMER) or str(r.number))[:20]),
        ("connection", "the same connection", lambda r: r.connection),
    ]  # fmt: skip
    for words, about, of in table:
        yield _state(
            f"cached-by-{words}", f"Requests with {about} get the first one's answer.", broken,
            _cached(of), several=every,
        )  # fmt: skip


def _stamped(of: Callable[[Request], object]) -> Change:
    """The timestamp is that of the first request of which `of` said the same."""

    def change(core: Core) -> Core:
        first: dict[object, int] = {}

        def edit(body: Json, request: Request) -> None:
            data = body["data"]
            data["timestamp"] = first.setdefault(of(request), data["timestamp"])

        return returned(edit)(core)

    return change


def _drifting(core: Core) -> Core:
    """The clock runs at twice the speed."""
    began = int(time.time() * 1000)
    return member("data.timestamp", lambda now: 2 * now - began)(core)


def _clocks() -> Iterator[Server]:
    table: list[tuple[str, str, Change]] = [
        ("minute", "is that of the minute before, from a cache",
         member("data.timestamp", lambda now: now // 60_000 * 60_000 - 60_000)),
        ("connected", "is the time of the connection's first answer",
         _stamped(lambda request: request.connection)),
        ("drifting", "runs at twice the speed since the server's start", _drifting),
    ]  # fmt: skip
    for words, about, change in table:
        yield _meaning(f"timestamp-{words}", f"The timestamp {about}.", TIMESTAMP, change)


STORAGE: tuple[Server, ...] = (
    *_columns(),
    *_keys(),
    *_identities(),
    *_caches(),
    *_clocks(),
)
