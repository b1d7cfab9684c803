"""HTTP/1.1 over plain sockets, for servers that break HTTP itself or use a freedom of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass

from benchmarks.power.battery.core import Application, Request, Response

LONGEST = 2**22  # bytes that a connection may hold unread
CHUNKED = (b"transfer-encoding", b"chunked")


class Drop(Exception):
    """End the connection without another byte."""


@asynccontextmanager
async def at_once() -> AsyncIterator[None]:
    yield


async def whole(response: Response, _: Request, writer: asyncio.StreamWriter) -> None:
    """Write a response as it should be."""
    writer.write(head(response) + response.body)
    await writer.drain()


Write = Callable[[Response, Request, asyncio.StreamWriter], Awaitable[None]]


@dataclass(frozen=True)
class Wire:
    """How a server speaks HTTP.

    `write` writes one response, and may raise Drop. `turn` is entered for as long as a connection
    is served; `patience` is how long an idle one is kept; `closes` ends it after each response.
    """

    write: Write = whole
    turn: Callable[[], AbstractAsyncContextManager[None]] = at_once
    patience: float | None = None
    closes: bool = False

    async def converse(
        self,
        application: Application,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        """Serve one connection until either side ends it."""
        try:
            async with self.turn():
                while request := await self._read(reader, writer):
                    await self.write(await application.respond(request), request, writer)
                    if self.closes or request.joined("connection").lower() == b"close":
                        break
        except Drop:
            writer.transport.abort()
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass
        finally:
            writer.close()

    async def _read(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> Request | None:
        try:
            raw = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), self.patience)
        except TimeoutError:
            return None
        first, *lines = raw[:-4].split(b"\r\n")
        method, target, _ = first.decode("latin-1").split(" ")
        pairs = [line.partition(b":") for line in lines]
        headers = [(name.strip().lower(), value.strip()) for name, _, value in pairs]
        peer = writer.get_extra_info("peername")
        request = Request(method, target.partition("?")[0], headers, b"", peer)
        if request.joined("expect").lower() == b"100-continue":
            writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        if b"chunked" in request.joined("transfer-encoding").lower():
            request.raw = await _chunks(reader)
        else:
            request.raw = await reader.readexactly(int(request.joined("content-length") or 0))
        return request


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    raw = b""
    while size := int((await reader.readline()).partition(b";")[0], 16):
        raw += await reader.readexactly(size)
        await reader.readline()
    await reader.readline()
    return raw


def head(response: Response, *headers: tuple[bytes, bytes], version: bytes = b"HTTP/1.1") -> bytes:
    """The status line and the headers; `headers` are in the place of the content length, if any."""
    listed = [*response.headers, *headers] if headers else response.head
    lines = b"".join(b"%b: %b\r\n" % header for header in listed)
    return b"%b %d Whatever\r\n%b\r\n" % (version, response.status, lines)


def chunk(piece: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(piece), piece)


def wire(write: Write, *, closes: bool = False) -> Wire:
    return Wire(write=write, closes=closes)


def only_where(write: Write, test: Callable[[Response, Request], bool]) -> Wire:
    """Responses of which `test` is true are written by `write`, the rest as they should be."""

    async def either(response: Response, request: Request, writer: asyncio.StreamWriter) -> None:
        await (write if test(response, request) else whole)(response, request, writer)

    return Wire(write=either)
