"""Conformant servers: freedoms of HTTP, of time and of who has to wait."""

from __future__ import annotations

import asyncio
import gzip
import random
import time
from collections.abc import Callable
from dataclasses import replace
from email.utils import formatdate
from typing import Any

from benchmarks.power.battery.changes import (
    Change,
    arriving,
    finished,
    headed,
    member,
    refused,
    returned,
)
from benchmarks.power.battery.core import JSON_TYPE, Core, Problem, Request, Response
from benchmarks.power.battery.profiles import Profile
from benchmarks.power.battery.rules import Json
from benchmarks.power.battery.server import Server, freedom
from benchmarks.power.battery.wire import CHUNKED, Wire, chunk, head, wire


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


WIRES: tuple[Server, ...] = (
    freedom("nothing-on-sockets", "No freedom is used, on another HTTP stack.", wire=Wire()),
    freedom("charset", "The content type has a charset.",
            _called(b"application/json; charset=utf-8")),
    freedom("content-type-capitals", "The content type is in capitals, its charset in quotes.",
            _called(b'Application/JSON;Charset="UTF-8"')),
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
    freedom("clock-ahead", "The clock is 20 s ahead.",
            member("data.timestamp", lambda now: now + 20_000)),
    freedom("clock-behind", "The clock is 25 s behind.",
            member("data.timestamp", lambda now: now - 25_000)),
    freedom("clock-at-arrival", "The timestamp is taken when the request arrives; some take 0.3 s.",
            returned(_arrival), _waiting(lambda request: 0.3 if request.number % 10 == 0 else 0.0)),
    freedom("slow", "Each answer takes 0.2 s.", _waiting(lambda _: 0.2)),
    freedom("uneven", "Answers take up to 0.2 s, by chance.",
            _waiting(lambda _: random.random() ** 4 / 5)),
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
