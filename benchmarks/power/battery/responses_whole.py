"""The 200 as a whole: envelope, status, content type, bytes; attributes in it; and faults that show
only now and then."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from benchmarks.power.battery.changes import (
    Change,
    kept,
    member,
    returned,
    succeeded,
    values_kept,
    without,
    written,
)
from benchmarks.power.battery.core import CUSTOMER, Core, Request, Response
from benchmarks.power.battery.profiles import Attributes, Profile
from benchmarks.power.battery.rules import Json
from benchmarks.power.battery.server import Server, faulty
from benchmarks.power.battery.wire import Drop, head, wire

_fault = faulty("responses")
_DATA = "response.200.data"
_ITEM = f"{_DATA}.custom_attributes.item"
_ECHO = "echo.custom_attributes"


def _camel(name: str) -> str:
    return re.sub(r"_(\w)", lambda found: found[1].upper(), name)


def _envelopes() -> Iterator[Server]:
    table: list[tuple[str, str, tuple[str, ...], Callable[[Json], Json]]] = [
        ("unwrapped", "the profile without `data`", (f"{_DATA}.required",), lambda b: b["data"]),
        ("renamed", "the profile under `profile`", (f"{_DATA}.required",),
         lambda b: {"profile": b["data"]}),
        ("in-a-list", "a list", ("response.200.type",), lambda b: [b]),
        ("in-a-string", "JSON in a JSON string", ("response.200.type",), json.dumps),
        ("data-as-a-list", "`data` that holds a list", (f"{_DATA}.type",),
         lambda b: {"data": [b["data"]]}),
        ("data-null", "`data` that holds null", (f"{_DATA}.type",), lambda _: {"data": None}),
        ("data-as-text", "`data` that holds JSON in a string", (f"{_DATA}.type",),
         lambda b: {"data": json.dumps(b["data"])}),
        ("data-empty", "`data` that holds nothing", (f"{_DATA}.*.required",),
         lambda _: {"data": {}}),
        ("camel-case", "JSON with members in camel case", (f"{_DATA}.*.required",),
         lambda b: {"data": {_camel(key): value for key, value in b["data"].items()}}),
        ("json-api", "what JSON:API makes of a profile",
         (f"{_DATA}.*.required",),
         lambda b: {"data": {"id": "1", "type": "profile", "attributes": b["data"]}}),
    ]  # fmt: skip
    every = "several required members are missing"
    for words, about, breaks, convert in table:
        several = every if "*" in breaks[0] else ""
        yield _fault(
            f"body-{words}",
            f"The body of a 200 is {about}.",
            breaks,
            _enveloped(convert),
            several=several,
        )
    yield _fault(
        "body-null", "The body of a 200 is null.", "response.200.type", written(lambda _: b"null")
    )


def _enveloped(convert: Callable[[Json], Json]) -> Change:
    return returned(lambda body, _: convert(body))


def _status(status: int, body: bytes | None = None, *headers: tuple[bytes, bytes]) -> Change:
    def answer(given: Response, _: Request) -> Response:
        kept_body = given.body if body is None else body
        return Response(status, kept_body, (*given.headers, *headers))

    return succeeded(answer)


def _statuses() -> Iterator[Server]:
    for status in (201, 202, 206):
        yield _fault(
            f"status-{status}",
            f"A valid request is answered with {status}.",
            "response.status",
            _status(status),
        )
    yield _fault(
        "status-204",
        "A valid request is answered with 204 and nothing.",
        "response.status",
        succeeded(lambda *_: Response(204, b"", ())),
    )
    for status in (302, 307):
        place = (b"location", b"/profiles/1")
        yield _fault(
            f"status-{status}",
            f"A valid request is answered with {status}.",
            ("response.status", "rejection.status"),
            _status(status, b"", place),
        )
    yield _fault(
        "status-201-when-created",
        "201 for a customer that is new, 200 for one that is known.",
        "response.status",
        _first_of_customer(lambda given: replace(given, status=201)),
    )
    yield _fault(
        "error-under-200",
        "A 200 carries an error instead of a profile, though all is well with the request.",
        (f"{_DATA}.required", "response.status"),
        written(lambda _: b'{"errors":[],"error_code":"internal","status_code":500}'),
    )


def _first_of_customer(convert: Callable[[Response], Response]) -> Change:
    def change(core: Core) -> Core:
        seen: set[str] = set()

        def answer(given: Response, request: Request) -> Response:
            who = request.text(CUSTOMER) or ""
            fresh = bool(who) and who not in seen
            seen.add(who)
            return convert(given) if fresh else given

        return succeeded(answer)(core)

    return change


def _content_types() -> Iterator[Server]:
    for words, value in {
        "text": b"text/plain",
        "html": b"text/html; charset=utf-8",
        "text-json": b"text/json",
        "bytes": b"application/octet-stream",
        "json-api": b"application/vnd.api+json",
        "missing": None,
    }.items():
        yield _fault(
            f"content-type-{words}",
            f"The content type of a 200 is {value.decode() if value else 'missing'}.",
            "response.200.media_type",
            _typed(value),
        )


def _typed(value: bytes | None) -> Change:
    headers = ((b"content-type", value),) if value else ()
    return succeeded(lambda given, _: replace(given, headers=headers))


def _revenue(literal: bytes) -> Callable[[bytes], bytes]:
    return lambda body: re.sub(rb'("total_revenue_usd":)[^,]+', rb"\g<1>" + literal, body)


def _bytes() -> Iterator[Server]:
    table: list[tuple[str, str, Callable[[bytes], bytes]]] = [
        ("empty", "empty", lambda _: b""),
        ("cut", "cut by a byte, with a content length that fits", lambda b: b[:-1]),
        ("with-more-behind", "JSON with a comment behind it", lambda b: b + b"\n<!-- 0.004 s -->"),
        ("prefixed", "JSON behind a prefix against hijacking", lambda b: b")]}',\n" + b),
        ("twice", "the same JSON twice", lambda b: b + b),
        ("with-a-comma", "JSON with a comma before its end", lambda b: b[:-1] + b",}"),
        ("in-single-quotes", "Python's repr", lambda b: repr(json.loads(b)).encode()),
        ("utf-16", "in UTF-16", lambda b: b.decode().encode("utf-16")),
        ("invalid-utf-8", "not UTF-8", lambda b: b.replace(b'"data"', b'"note":"\xe9","data"', 1)),
        ("nan", "JSON but for a NaN", _revenue(b"NaN")),
        ("infinity", "JSON but for an Infinity", _revenue(b"Infinity")),
        ("raw-line-end", "JSON with a raw line end in a string",
         lambda b: b.replace(b'"data"', b'"note":"a\nb","data"', 1)),
        ("form", "a form", lambda _: b"profile_id=1&customer_user_id=2"),
    ]  # fmt: skip
    for words, about, convert in table:
        yield _fault(
            f"bytes-{words}",
            f"The body of a 200 is {about}.",
            "response.200.json",
            written(convert),
        )


async def _cut(response: Response, request: Request, writer: Any) -> None:
    body = response.body[:-10] if request.problem is None else response.body
    writer.write(head(response) + body)
    await writer.drain()
    if request.problem is None:
        raise Drop


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


WHOLE: tuple[Server, ...] = (
    *_envelopes(),
    *_statuses(),
    *_content_types(),
    *_bytes(),
    _fault(
        "bytes-fewer-than-announced",
        "The connection ends 10 bytes before the announced end of a 200.",
        ("robustness.connection", "response.200.json", "response.status"),
        wire=wire(_cut),
    ),
    *_attributes(),
    *_now_and_then(),
    _fault(
        "customer-of-digits-as-number",
        "A customer id of digits comes back as a number.",
        (f"{_DATA}.customer_user_id.type", "echo.customer_user_id"),
        member("data.customer_user_id", lambda v: int(v) if (v or "").isdecimal() else v),
    ),
)
