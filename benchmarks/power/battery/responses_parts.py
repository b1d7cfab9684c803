"""The 200 in part: attributes in it, and faults that show only now and then."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from benchmarks.power.battery.changes import (
    Change,
    kept,
    member,
    returned,
    values_kept,
    without,
)
from benchmarks.power.battery.core import CUSTOMER, Core, Request
from benchmarks.power.battery.profiles import Attributes, Profile
from benchmarks.power.battery.rules import Json
from benchmarks.power.battery.server import Server, faulty

_fault = faulty("responses")
_DATA = "response.200.data"
_ITEM = f"{_DATA}.custom_attributes.item"
_ECHO = "echo.custom_attributes"


def _attributes() -> Iterator[Server]:
    table: list[tuple[str, str, str, Callable[[Attributes], Attributes]]] = [
        ("thirty-first", "an attribute of the server's own is added",
         f"{_DATA}.custom_attributes.maxItems",
         lambda items: [*items, {"key": "created_via", "value": "api"}] if items else items),
        ("key-prefixed", "keys have a prefix", f"{_ITEM}.key.maxLength",
         lambda items: [{**each, "key": f"custom.{each['key']}"} for each in items]),
        ("key-with-a-colon", "keys end in a colon", f"{_ITEM}.key.pattern",
         lambda items: [{**each, "key": f"{each['key']}:"} for each in items]),
        ("key-as-number", "keys are numbers", f"{_ITEM}.key.type",
         lambda items: [{**each, "key": index} for index, each in enumerate(items)]),
        ("as-pairs", "attributes are pairs", f"{_ITEM}.type",
         lambda items: [[each["key"], each["value"]] for each in items]),  # type: ignore[misc]
    ]  # fmt: skip
    for words, about, breaks, keep in table:
        yield _fault(
            f"attributes-{words}", f"In a 200 {about}.", (breaks, _ECHO, f"{_ITEM}.*"), kept(keep)
        )
    values: list[tuple[str, str, str, Callable[[Json], Json]]] = [
        ("in-an-object", "are objects with their type", "oneOf",
         lambda v: {"type": "s", "value": v}),
        ("in-a-list", "are lists", "oneOf", lambda v: [v]),
        ("zero-as-false", "that are 0 are false", "oneOf",
         lambda v: False if v == 0 and not isinstance(v, str) else v),
        ("empty-as-null", "that are empty text are null", "oneOf",
         lambda v: None if v == "" else v),
        ("padded", "are padded to 51 characters", "maxLength",
         lambda v: v.ljust(51) if isinstance(v, str) else v),
    ]  # fmt: skip
    for words, about, keyword, convert in values:
        yield _fault(
            f"attributes-value-{words}",
            f"Attribute values {about} in a 200.",
            (f"{_ITEM}.value.{keyword}", _ECHO),
            values_kept(convert),
        )


def _when(test: Callable[[Request], bool], change: Change) -> Change:
    """The change, for some requests only."""

    def outer(core: Core) -> Core:
        changed = change(core)

        def show(profile: Profile, request: Request) -> Json:
            return (changed if test(request) else core).show(profile, request)

        return replace(core, show=show)

    return outer


def _new_customer(change: Change) -> Change:
    """The change, for the first answer of each customer."""

    def outer(core: Core) -> Core:
        seen: set[str] = set()

        def fresh(request: Request) -> bool:
            who = request.text(CUSTOMER) or ""
            known = who in seen
            seen.add(who)
            return bool(who) and not known

        return _when(fresh, change)(core)

    return outer


def _null(_: Json) -> None:
    return None


def _anonymous(request: Request) -> bool:
    return not request.text(CUSTOMER)


def _now_and_then() -> Iterator[Server]:
    for place in ("custom_attributes", "access_levels", "subscriptions", "non_subscriptions"):
        keyword = "required" if place in ("custom_attributes", "subscriptions") else "type"

        def edit(body: Json, _: Request, place: str = place, keyword: str = keyword) -> None:
            if not body["data"][place]:
                body["data"].pop(place) if keyword == "required" else body["data"].update(
                    {place: None}
                )

        yield _fault(
            f"{place}-{'omitted' if keyword == 'required' else 'null'}-when-empty",
            f"{place} is {'left out' if keyword == 'required' else 'null'} when it is empty.",
            (f"{_DATA}.{place}.{keyword}", *([_ECHO] if place in _ECHO else [])),
            returned(edit),
        )
    table: list[tuple[str, str, str, Change]] = [
        ("first-answer", "the first answer of the server lacks subscriptions",
         "subscriptions.required",
         _when(lambda r: r.number == 1, without("data.subscriptions"))),
        ("one-in-thirty", "one answer in thirty lacks segment_hash", "segment_hash.required",
         _when(lambda r: r.number % 30 == 17, without("data.segment_hash"))),
        ("anonymous-without-customer", "a profile without a customer lacks customer_user_id",
         "customer_user_id.required",
         _when(_anonymous, without("data.customer_user_id"))),
        ("anonymous-without-id", "the profile id of a profile without a customer is null",
         "profile_id.type", _when(_anonymous, member("data.profile_id", _null))),
        ("created-without-dashes", "the profile id has no dashes in the answer that creates it",
         "profile_id.format",
         _new_customer(member("data.profile_id", lambda text: text.replace("-", "")))),
        ("created-without-hash", "segment_hash is null in the answer that creates a profile",
         "segment_hash.type", _new_customer(member("data.segment_hash", _null))),
    ]  # fmt: skip
    for words, about, breaks, change in table:
        yield _fault(f"only-{words}", f"Only now and then: {about}.", f"{_DATA}.{breaks}", change)


PARTS: tuple[Server, ...] = (
    *_attributes(),
    *_now_and_then(),
)
