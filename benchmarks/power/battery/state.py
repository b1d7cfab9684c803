"""Faults that need a history, a crowd or time: and input that ends the connection or the server."""

from __future__ import annotations

import asyncio
import json
import os
import re
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace

from benchmarks.power.battery.changes import Change, arriving, attempt, stored
from benchmarks.power.battery.core import Core, Crash, Identity, Request, Response
from benchmarks.power.battery.profiles import SEEDED_CUSTOMER, Attributes, Profile
from benchmarks.power.battery.server import Server, faulty
from benchmarks.power.battery.wire import CHUNKED, Drop, Wire, Write, chunk, head, only_where

_fault = faulty("state")
FOR_EVER = 600.0
CRASH, HANG, DROPPED = "robustness.server_error", "robustness.hang", "robustness.connection"
_BODY = "request.body"

Trouble = Callable[[], Awaitable[None]]


async def _crash() -> None:
    raise Crash


async def _hang() -> None:
    await asyncio.sleep(FOR_EVER)


async def _die() -> None:
    os._exit(139)


def _known(trouble: Trouble) -> Change:
    """A customer that is known already is in trouble."""

    async def store(core: Core, identity: Identity, _: Request) -> None:
        who = identity.customer
        if who in core.profiles.by_customer and who != SEEDED_CUSTOMER:
            await trouble()

    return stored(store)


def _every(count: int, trouble: Trouble) -> Change:
    async def before(request: Request) -> None:
        if request.number % count == count - 1:
            await trouble()

    return arriving(before)


def _full(core: Core) -> Core:
    """No room beyond fifty profiles."""

    async def store(_: Core, identity: Identity, __: Request) -> None:
        new = core.profiles.find(identity.customer, identity.profile_id) is None
        if new and len(core.profiles.by_id) > 50:
            raise Crash

    return stored(store)(core)


def _crowded(room: int, trouble: Trouble) -> Change:
    """More than `room` requests at a time are in trouble."""

    def change(core: Core) -> Core:
        inside = [0]

        async def store(identity: Identity, given: Attributes, request: Request) -> Profile:
            if inside[0] >= room:
                await trouble()
            inside[0] += 1
            try:
                await asyncio.sleep(0.02)
                return await core.store(identity, given, request)
            finally:
                inside[0] -= 1

        return replace(core, store=store)

    return change


def _shared(of: Callable[[Profile, Profile], Profile]) -> Change:
    """A variable that requests share: `of` my profile and the last one that was stored."""

    def change(core: Core) -> Core:
        last: list[Profile] = []

        async def store(identity: Identity, given: Attributes, request: Request) -> Profile:
            mine = await core.store(identity, given, request)
            last[:] = [mine]
            await asyncio.sleep(0.01)
            return of(mine, last[0])

        return replace(core, store=store)

    return change


def _ids_by_time(core: Core) -> Core:
    """New ids are made of the time, which others have too."""

    def new_id(_: str) -> str:
        return str(uuid.UUID(int=(int(time.time() * 100) << 64) | (4 << 76) | (8 << 60)))

    core.profiles.new_id = new_id
    return core


def _history() -> Iterator[Server]:
    table: list[tuple[str, str, str | tuple[str, ...], Change]] = [
        ("again-500", "The second request of a customer is a 500.", CRASH, _known(_crash)),
        ("again-hangs", "The second request of a customer hangs.", HANG, _known(_hang)),
        ("every-20th-500", "Every 20th request is a 500.", CRASH, _every(20, _crash)),
        ("every-50th-500", "Every 50th request is a 500.", CRASH, _every(50, _crash)),
        ("every-40th-hangs", "Every 40th request hangs.", HANG, _every(40, _hang)),
        ("full-at-50", "After fifty profiles a new one is a 500.", CRASH, _full),
        ("locked", "More than three creates at a time find the database locked: a 500.", CRASH,
         _crowded(3, _crash)),
        ("locked-at-one", "More than one create at a time is a 500.", CRASH, _crowded(1, _crash)),
        ("deadlock", "More than two creates at a time hang.", HANG, _crowded(2, _hang)),
        ("ids-by-time", "Customers created at the same moment get the same profile id.",
         "identity.profile_id", _ids_by_time),
        ("shared-attributes", "Requests at the same moment get the attributes of the last.",
         "echo.custom_attributes",
         _shared(lambda mine, last: replace(mine, attributes=last.attributes))),
        ("shared-id", "Requests at the same moment get the profile id of the last.",
         "identity.profile_id", _shared(lambda mine, last: replace(mine, id=last.id))),
        ("shared-customer", "Requests at the same moment get the customer id of the last.",
         "echo.customer_user_id",
         _shared(lambda mine, last: replace(mine, customer=last.customer))),
    ]  # fmt: skip
    for words, about, breaks, change in table:
        yield _fault(words, about, breaks, change)
    yield _fault(
        "shared-profile",
        "Requests at the same moment get the profile of the last.",
        ("echo.customer_user_id", "echo.custom_attributes", "identity.profile_id"),
        _shared(lambda _, last: last),
        several="a profile of somebody else is wrong in all that identifies",
    )


def _malformed(request: Request) -> bool:
    return bool(request.raw) and not attempt(lambda raw: [json.loads(raw)], request.raw)


def _deep(request: Request) -> bool:
    return b"[" * 400 in request.raw or request.raw.count(b'{"') > 400


def _digits(request: Request) -> bool:
    return bool(re.search(rb"[0-9]{4000,}", request.raw))


def _encoded(request: Request) -> bool:
    return bool(request.values("content-encoding"))


def _troubled(trouble: Trouble, test: Callable[[Request], bool]) -> Change:
    async def before(request: Request) -> None:
        if test(request):
            await trouble()

    return arriving(before)


def _inputs() -> Iterator[Server]:
    hangs: list[tuple[str, str, tuple[str, ...], Callable[[Request], bool]]] = [
        ("malformed-json", "malformed JSON", ("request.json",), _malformed),
        ("empty-body", "an empty body", (f"{_BODY}.required", "request.json"), lambda r: not r.raw),
        ("encoding", "a Content-Encoding", (), _encoded),
        ("long-text", "text of 5,000 characters", (),
         lambda r: bool(re.search(rb'"[^"\\]{5000,}"', r.raw))),
        ("deep", "deep nesting", (), _deep),
        ("no-credential", "a missing credential", ("auth.missing",),
         lambda r: not r.values("authorization")),
        ("null-root", "a body that is null", (f"{_BODY}.type",),
         lambda r: r.raw.strip() == b"null"),
    ]  # fmt: skip
    for words, about, also, test in hangs:
        yield _fault(
            f"hangs-on-{words}", f"It hangs on {about}.", (HANG, *also), _troubled(_hang, test)
        )
    deaths: list[tuple[str, str, Callable[[Request], bool]]] = [
        ("deep", "deep nesting", _deep),
        ("encoding", "a Content-Encoding", _encoded),
        ("digits", "a number of 5,000 digits", _digits),
        ("nul", "NUL in text", lambda r: b"\\u0000" in r.raw),
        ("malformed-json", "malformed JSON", _malformed),
    ]
    for words, about, test in deaths:
        yield _fault(
            f"dies-of-{words}", f"The process dies of {about}.", "robustness.*",
            _troubled(_die, test),
            several="what a dead server no longer answers may be told too",
        )  # fmt: skip


async def _drop(_: Response, __: Request, ___: asyncio.StreamWriter) -> None:
    raise Drop


async def _drip(response: Response, _: Request, writer: asyncio.StreamWriter) -> None:
    writer.write(head(response))
    for byte in response.body:
        writer.write(bytes([byte]))
        await writer.drain()
        await asyncio.sleep(0.4)


async def _endless(response: Response, _: Request, writer: asyncio.StreamWriter) -> None:
    writer.write(head(response, CHUNKED) + chunk(response.body))
    await writer.drain()
    await asyncio.sleep(FOR_EVER)


async def _no_length(response: Response, _: Request, writer: asyncio.StreamWriter) -> None:
    writer.write(head(response, (b"x-length", b"unknown")) + response.body)
    await writer.drain()
    await asyncio.sleep(FOR_EVER)


async def _too_long(response: Response, _: Request, writer: asyncio.StreamWriter) -> None:
    length = (b"content-length", b"%d" % (len(response.body) + 10))
    writer.write(head(response, length) + response.body)
    await writer.drain()
    await asyncio.sleep(FOR_EVER)


def _refused(*layers: str) -> Callable[[Response, Request], bool]:
    return lambda _, request: request.problem is not None and request.problem.layer in layers


def _without_credential(response: Response, request: Request) -> bool:
    return response.status == 401 and not request.values("authorization")


def _one_at_a_time() -> Wire:
    lock = asyncio.Lock()

    @asynccontextmanager
    async def turn() -> AsyncIterator[None]:
        async with lock:
            yield

    return Wire(turn=turn)


def _wires() -> Iterator[Server]:
    table: list[tuple[str, str, tuple[str, ...], Write, Callable[[Response, Request], bool]]] = [
        ("drops-malformed-json", "Malformed JSON: the connection is dropped.",
         (DROPPED, "request.json"), _drop, _refused("json")),
        ("drops-big-bodies", "A body beyond 4,000 bytes: the connection is dropped.",
         (DROPPED, f"{_BODY}.*"), _drop, lambda _, request: len(request.raw) > 4000),
        ("drops-without-credential", "No credential: the connection is dropped.",
         (DROPPED, "auth.missing"), _drop, _without_credential),
        ("drops-other-media", "Another media type: the connection is dropped.",
         (DROPPED, "request.media_type"), _drop, _refused("media")),
        ("drips-other-media", "The refusal of a media type drips, a byte each 0.4 s.",
         (HANG, "request.media_type"), _drip, _refused("media")),
        ("endless-401", "The chunks of a 401 never end.",
         (HANG, "auth.*"), _endless, _refused("authentication")),
        ("field-without-length", "The refusal of a field has no length, and the connection stays.",
         (HANG, f"{_BODY}.*"), _no_length, _refused("field")),
        ("header-with-wrong-length",
         "Without an identity header more bytes are announced than come.",
         (HANG, "request.header.identity"), _too_long, _refused("identity")),
    ]  # fmt: skip
    for words, about, breaks, write, test in table:
        yield _fault(words, about, breaks, wire=only_where(write, test))
    yield _fault(
        "one-connection",
        "It serves one connection at a time, and keeps it: others wait for ever.",
        HANG,
        wire=_one_at_a_time(),
    )


STATE: tuple[Server, ...] = (*_history(), *_inputs(), *_wires())
