"""Conformant servers: freedoms in what is answered, and how."""

from __future__ import annotations

import asyncio
import gzip
import json
import random
import re
import time
import uuid
from collections.abc import Callable
from dataclasses import replace
from email.utils import formatdate
from typing import Any

from benchmarks.power.battery.changes import (
    Change,
    arriving,
    explained,
    finished,
    headed,
    kept,
    member,
    refused,
    returned,
    values_kept,
)
from benchmarks.power.battery.core import JSON_TYPE, Core, Problem, Request, Response
from benchmarks.power.battery.profiles import Profile, purchases
from benchmarks.power.battery.rules import Json, is_integer
from benchmarks.power.battery.server import Server, freedom
from benchmarks.power.battery.wire import CHUNKED, Wire, chunk, head, wire


def _status(statuses: dict[str, int]) -> Change:
    """Refusals of some layers have another status."""

    def explain(error: Json, problem: Problem, _: Request) -> Json:
        problem.status = statuses.get(problem.layer, problem.status)
        return {**error, "status_code": problem.status}

    def answer(given: Response, request: Request) -> Response:
        status = request.problem.status if request.problem else given.status
        return replace(given, status=status)

    def change(core: Core) -> Core:
        return finished(answer)(explained(explain)(core))

    return change


_BODY = ("root", "field", "nested", "identity")


def _written(write: Callable[[Json], bytes]) -> Change:
    return lambda core: replace(core, write=write)


def _called(value: bytes) -> Change:
    return finished(lambda given, _: replace(given, headers=((b"content-type", value),)))


def _compressed(given: Response, request: Request) -> Response:
    if b"gzip" not in request.joined("accept-encoding"):
        return given
    headers = ((b"content-encoding", b"gzip"), (b"vary", b"accept-encoding"))
    return Response(given.status, gzip.compress(given.body), (*given.headers, *headers))


def _waiting(seconds: Callable[[Request], float]) -> Change:
    async def before(request: Request) -> None:
        await asyncio.sleep(seconds(request))

    return arriving(before)


def _collections(make: Callable[[dict[str, list[Any]]], Json]) -> Change:
    """Everybody has purchases."""

    def edit(body: Json, _: Request) -> None:
        body["data"].update(make(purchases()))

    return returned(edit)


def _nulls(found: dict[str, list[Any]]) -> Json:
    """Only the sparse ones, with null wherever it may stand."""
    return {name: items[:1] for name, items in found.items()}


def _bare(_: dict[str, list[Any]]) -> Json:
    offer = {"category": "win_back", "type": "pay_as_you_go"}
    return {
        "access_levels": [{}, {"access_level_id": "premium"}, {"offer": None}],
        "subscriptions": [{}, {"store": "app_store", "offer": offer}],
        "non_subscriptions": [{}, {"purchase_id": "9A7D3F1C-0B5E-4B8A-9D51-2F3C4B5A6D7F"}],
    }


def _moments(*moments: str) -> Change:
    """All date-times, in turn."""

    def make(found: dict[str, list[Any]]) -> Json:
        turn = iter(moments * 20)
        for items in found.values():
            for item in items:
                for name in [each for each in item if each.endswith("_at") and item[each]]:
                    item[name] = next(turn)
        return found

    return _collections(make)


def _more_members(core: Core) -> Core:
    def success(body: Json, _: Request) -> Json:
        data = {**body["data"], "email": "x@example.com", "paid": None, "nested": {"a": [1]}}
        return {**body, "data": data, "meta": {"took_ms": 3}, "errors": []}

    changes = (
        kept(lambda items: [{**each, "updated_at": 1} for each in items]),
        returned(success),
        explained(lambda error, *_: {**error, "trace_id": "abc", "detail": None}),
    )
    for change in changes:
        core = change(core)
    return core


def _errors(errors: list[Json]) -> Change:
    return explained(lambda error, *_: {**error, "errors": errors})


def _quoting(error: Json, _: Problem, request: Request) -> Json:
    quoted = json.dumps(request.body)[:2000]
    errors = [{**each, "errors": [*each["errors"], f"Got {quoted}"]} for each in error["errors"]]
    return {**error, "errors": errors}


def _exponents(value: Json) -> bytes:
    """1.736425645861E+12 is an integer all the same."""
    text = json.dumps(value, ensure_ascii=False).encode()
    return re.sub(
        rb'"timestamp": (\d)(\d+)',
        lambda found: b'"timestamp": %b.%bE+%d' % (found[1], found[2], len(found[2])),
        text,
    )


def _ids(core: Core) -> Core:
    core.profiles.new_id = lambda who: str(uuid.uuid5(uuid.NAMESPACE_URL, who))
    return core


def _random_ids(core: Core) -> Core:
    async def store(*arguments: Any) -> Profile:
        profile = await core.store(*arguments)
        return replace(profile, id=str(uuid.uuid4())) if profile.customer else profile

    return replace(core, store=store)


def _arrival(body: Json, request: Request) -> None:
    """The time at which the request came, though the answer takes a while."""
    body["data"]["timestamp"] -= 300 if request.number % 10 == 0 else 0


_LIMITED = b'{"errors":[],"error_code":"throttled","status_code":%d}'


def _limited(status: int, wait: Callable[[], bytes], test: Callable[[Request], bool]) -> Change:
    """Some requests are put off."""

    def answer(given: Response, request: Request) -> Response:
        if not test(request):
            return given
        headers = ((b"content-type", JSON_TYPE), (b"retry-after", wait()))
        return Response(status, _LIMITED % status, headers)

    return finished(answer)


def _busy(core: Core) -> Core:
    """More than five at a time are put off, in plain text and with a date."""
    crowd = [0]

    async def store(*arguments: Any) -> Profile:
        if crowd[0] >= 5:
            raise Problem(429, "throttled", "other", "Slow down.")
        crowd[0] += 1
        try:
            await asyncio.sleep(0.005)
            return await core.store(*arguments)
        finally:
            crowd[0] -= 1

    def slow_down(_: Problem, __: Request) -> Response:
        when = formatdate(time.time() + 1, usegmt=True).encode()
        headers = ((b"content-type", b"text/plain"), (b"retry-after", when))
        return Response(429, b"Slow down.", headers)

    return refused(slow_down, "other")(replace(core, store=store))


async def _chunked(response: Response, _: Request, writer: asyncio.StreamWriter) -> None:
    pieces = [response.body[at : at + 100] for at in range(0, len(response.body), 100)]
    writer.write(head(response, CHUNKED) + b"".join(map(chunk, pieces)) + b"0\r\n\r\n")
    await writer.drain()


async def _closing(response: Response, _: Request, writer: asyncio.StreamWriter) -> None:
    length = (b"content-length", b"%d" % len(response.body))
    writer.write(head(response, length, (b"connection", b"close")) + response.body)
    await writer.drain()


async def _http_10(response: Response, _: Request, writer: asyncio.StreamWriter) -> None:
    close = (b"connection", b"close")
    writer.write(head(response, close, version=b"HTTP/1.0") + response.body)
    await writer.drain()


async def _in_pieces(response: Response, _: Request, writer: asyncio.StreamWriter) -> None:
    whole = head(response) + response.body
    for at in range(0, len(whole), 200):
        writer.write(whole[at : at + 200])
        await writer.drain()
        await asyncio.sleep(0.002)


def _as_integer(value: Json) -> Json:
    whole = isinstance(value, float) and value.is_integer() and abs(value) < 2**53
    return int(value) if whole else value


def _doubles(value: Json) -> Json:
    """Beyond 2^53 an integer changes."""
    return float(value) if is_integer(value) and abs(value) < 10**300 else value


ANSWERS: tuple[Server, ...] = (
    freedom("nothing", "No freedom is used."),
    freedom("nothing-on-sockets", "No freedom is used, on another HTTP stack.", wire=Wire()),
    freedom("status-422", "An invalid payload is 422.", _status(dict.fromkeys(_BODY, 422))),
    freedom("status-by-field", "An invalid payload is 403, 404, 409 or 413.",
            _status({"root": 403, "field": 409, "nested": 413, "identity": 404, "json": 418})),
    freedom("more-members", "There are members everywhere which the contract does not name.",
            _more_members),
    freedom("charset", "The content type has a charset.",
            _called(b"application/json; charset=utf-8")),
    freedom("content-type-capitals", "The content type is in capitals, its charset in quotes.",
            _called(b'Application/JSON;Charset="UTF-8"')),
    freedom("populated", "Everybody has purchases.", _collections(lambda found: found)),
    freedom("populated-much", "Everybody has forty of each kind of purchase.",
            _collections(lambda found: {name: items * 20 for name, items in found.items()})),
    freedom("sparse", "Most members of purchases are left out.", _collections(_bare)),
    freedom("nulls", "There is null wherever a purchase may have it.", _collections(_nulls)),
    freedom("no-purchases", "Nobody has purchases, not even the customer who should.",
            returned(lambda body,
                     _: {"data": {**body["data"], **{name: [] for name in purchases()}}})),
    freedom("date-time-case", "Date-times have a small t and z, offsets and fractions.",
            _moments("2024-03-01t10:00:00z", "2024-03-01T10:00:00.123456789-05:30",
                     "2024-02-29T23:59:59.9+14:00", "2024-03-01T10:00:00-00:00")),
    freedom("date-time-open", "Date-times have a leap second, or a blank for the T.",
            _moments("2016-12-31T23:59:60Z", "2024-03-01 10:00:00Z")),
    freedom("source-null", "The source of an error is null.",
            explained(lambda error,
                      *_: {**error, "errors": [{**e, "source": None} for e in error["errors"]]})),
    freedom("errors-empty", "An error has no errors.", _errors([])),
    freedom("errors-bare", "Errors have neither a source nor messages.",
            _errors([{}, {"errors": []}, {"source": ""}])),
    freedom("errors-quote", "Messages quote what is refused.",
            explained(_quoting, "field", "nested", "root")),
    freedom("gzip", "Answers are compressed for who takes that.", finished(_compressed)),
    freedom("chunked", "Answers come in chunks.", wire=wire(_chunked)),
    freedom("in-pieces", "Answers come in pieces.", wire=wire(_in_pieces)),
    freedom("closing", "The connection closes after each answer, and says so.",
            wire=wire(_closing, closes=True)),
    freedom("closing-silently", "The connection closes after each answer.", wire=Wire(closes=True)),
    freedom("http-1-0", "Answers are HTTP/1.0 and end with the connection.",
            wire=wire(_http_10, closes=True)),
    freedom("idle-closed", "An idle connection is closed after half a second.",
            wire=Wire(patience=0.5)),
    freedom("idle-closed-early", "An idle connection is closed after 50 ms.",
            wire=Wire(patience=0.05)),
    freedom("indented", "JSON is indented, with blank lines around it.",
            _written(lambda value: b"\n" + json.dumps(value, ensure_ascii=False,
                                                      indent=4).encode() + b"\r\n")),
    freedom("ascii", "JSON is in ASCII, with escaped slashes.",
            _written(lambda value: json.dumps(value).replace("/", "\\/").encode())),
    freedom("exponents", "The timestamp is written with an exponent.", _written(_exponents)),
    freedom("timestamp-point-zero", "The timestamp is written 1736425645861.0.",
            member("data.timestamp", float)),
    freedom("status-code-point-zero", "The status_code of an error is written 400.0.",
            explained(lambda error, *_: {**error, "status_code": float(error["status_code"])})),
    freedom("members-sorted", "Members stand in another order.",
            returned(lambda body, _: {"data": dict(sorted(body["data"].items(), reverse=True))})),
    freedom("attributes-reversed", "Attributes stand in another order.",
            kept(lambda items: items[::-1])),
    freedom("integers-as-floats", "Integers among the attributes come back as floats.",
            values_kept(lambda v: float(v) if is_integer(v) and abs(v) <= 2**53 else v)),
    freedom("floats-as-integers", "Floats without a fraction come back as integers.",
            values_kept(_as_integer)),
    freedom("doubles", "Every number is a double.", values_kept(_doubles)),
    freedom("empty-attributes-dropped", "Attributes with empty text do not come back.",
            kept(lambda items: [each for each in items if each["value"] != ""])),
    freedom("random-ids", "Each answer to a customer has another profile id.", _random_ids),
    freedom("stable-ids", "A customer has the same profile id on every server.", _ids),
    freedom("ids-in-capitals", "UUIDs are in capitals.",
            member("data.profile_id", str.upper), member("data.app_id", str.upper)),
    freedom("app-id-nil", "app_id is nil, segment_hash is empty.",
            member("data.app_id", lambda _: str(uuid.UUID(int=0))),
            member("data.segment_hash", lambda _: "")),
    freedom("clock-ahead", "The clock is 20 s ahead.",
            member("data.timestamp", lambda now: now + 20_000)),
    freedom("clock-behind", "The clock is 25 s behind.",
            member("data.timestamp", lambda now: now - 25_000)),
    freedom("clock-at-arrival", "The timestamp is taken when the request arrives; some take 0.3 s.",
            returned(_arrival), _waiting(lambda request: 0.3 if request.number % 10 == 0 else 0.0)),
    freedom("slow", "Each answer takes 0.2 s.", _waiting(lambda _: 0.2)),
    freedom("uneven", "Answers take up to 0.2 s, by chance.",
            _waiting(lambda _: random.random() ** 4 / 5)),
    freedom("revenue-negative", "The revenue is negative.",
            member("data.total_revenue_usd", lambda _: -12.5)),
    freedom("revenue-huge", "The revenue is huge.",
            member("data.total_revenue_usd", lambda _: 1.7e300)),
    freedom("www-authenticate", "A 401 has WWW-Authenticate.",
            finished(lambda given, _: given if given.status != 401 else replace(
                given, headers=(*given.headers, (b"www-authenticate", b'Api-Key realm="api"'))))),
    freedom("more-headers", "There are cookies, caching headers, and a Date of 1970.",
            headed((b"date", b"Thu, 01 Jan 1970 00:00:00 GMT"), (b"set-cookie", b"a=b; HttpOnly"),
                   (b"set-cookie", b"c=d"), (b"cache-control", b"no-store"), (b"x-empty", b""))),
    freedom("throttled", "Every 60th request is 429, with Retry-After.",
            _limited(429, lambda: b"1", lambda request: request.number % 60 == 20)),
    freedom("throttled-when-busy",
            "More than five at a time are 429, in plain text, Retry-After as a date.",
            _busy),
    freedom("unavailable-once", "One request is 503, with Retry-After.",
            _limited(503, lambda: b"1", lambda request: request.number == 30)),
)  # fmt: skip
