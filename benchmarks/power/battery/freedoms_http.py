"""Conformant servers: more freedoms of HTTP and of who has to wait, as proxies and gateways are."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from benchmarks.power.battery.changes import Change, arriving, finished
from benchmarks.power.battery.core import CUSTOMER, JSON_TYPE, Core, Request, Response
from benchmarks.power.battery.server import Server, freedom
from benchmarks.power.battery.wire import CHUNKED, Write, head, whole, wire

_HINTS = b"HTTP/1.1 103 Early Hints\r\nlink: </style.css>; rel=preload\r\n\r\n"
_LIMITED = b'{"errors":[],"error_code":"throttled","status_code":429}'


async def _early_hints(response: Response, request: Request, writer: asyncio.StreamWriter) -> None:
    writer.write(_HINTS)
    await whole(response, request, writer)


async def _capitals(response: Response, _: Request, writer: asyncio.StreamWriter) -> None:
    lines = [b"%b:%b \t\r\n" % (name.upper(), value) for name, value in response.head]
    writer.write(b"HTTP/1.1 %d \r\n%b\r\n%b" % (response.status, b"".join(lines), response.body))
    await writer.drain()


async def _extended(response: Response, _: Request, writer: asyncio.StreamWriter) -> None:
    """A chunk with an extension, and a trailer behind the last one."""
    size = b'%X;name="a value"\r\n' % len(response.body)
    end = b"\r\n0;last\r\nx-checksum: 4711\r\n\r\n"
    writer.write(head(response, CHUNKED) + size + response.body + end)
    await writer.drain()


def _closing(test: Callable[[Response, Request], bool]) -> Write:
    """The connection ends after some answers, which say so."""

    async def write(response: Response, request: Request, writer: asyncio.StreamWriter) -> None:
        if not test(response, request):
            await whole(response, request, writer)
            return
        length = (b"content-length", b"%d" % len(response.body))
        writer.write(head(response, length, (b"connection", b"close")) + response.body)
        await writer.drain()
        writer.close()

    return write


def _page(status: int, test: Callable[[Request], bool]) -> Change:
    """What stands before the server answers some requests that the contract leaves open."""
    page = f"<html><body><h1>{status}</h1><hr>nginx</body></html>".encode()
    answer = Response(status, page, ((b"content-type", b"text/html"),))
    return finished(lambda given, request: answer if test(request) else given)


async def _cold(request: Request) -> None:
    """The first requests wait until the server is warm."""
    await asyncio.sleep(0.6 if request.number <= 3 else 0)


def _limited(room: int, counts: Callable[[Response], bool]) -> Change:
    """In each second only `room` answers that count are given; the rest have to come again."""

    def change(core: Core) -> Core:
        window = [0, 0]

        def answer(given: Response, _: Request) -> Response:
            if not counts(given):
                return given
            second = int(time.monotonic())
            window[:] = [second, window[1] + 1 if window[0] == second else 1]
            headers = ((b"content-type", JSON_TYPE), (b"retry-after", b"1"))
            return given if window[1] <= room else Response(429, _LIMITED, headers)

        return finished(answer)(core)

    return change


HTTP: tuple[Server, ...] = (
    freedom("early-hints", "Before each answer there is a 103.", wire=wire(_early_hints)),
    freedom("head-in-capitals", "Names of headers are in capitals, and the status has no words.",
            wire=wire(_capitals)),
    freedom("chunk-extensions", "Chunks have extensions, and a trailer.", wire=wire(_extended)),
    freedom("closing-every-10th", "The connection closes after every tenth answer, and says so.",
            wire=wire(_closing(lambda _, request: request.number % 10 == 0))),
    freedom("closing-after-refusals", "The connection closes after each refusal, and says so.",
            wire=wire(_closing(lambda response, _: response.status >= 400))),
    freedom("cold-start", "The first three answers take 0.6 s.", arriving(_cold)),
    freedom("rate-limited", "More than a hundred requests in a second are 429, with Retry-After.",
            _limited(100, lambda _: True)),
    freedom("wrong-keys-limited",
            "More than ten wrong credentials in a second are 429, with Retry-After.",
            _limited(10, lambda given: given.status == 401)),
    freedom("413-page", "A body beyond 64 KB gets nginx's page.",
            _page(413, lambda request: len(request.raw) > 65536)),
    freedom("400-page-for-latin-1", "A customer id beyond ASCII gets a gateway's page.",
            _page(400, lambda request: not request.joined(CUSTOMER).isascii())),
    freedom("431-page", "A customer id beyond 255 bytes gets a gateway's page.",
            _page(431, lambda request: len(request.joined(CUSTOMER)) > 255)),
)  # fmt: skip
