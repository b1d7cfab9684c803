"""Hostile and broken ways to give the right answer of another server."""

from __future__ import annotations

import http.client
import json
import socket
import struct
import time
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache

from tests.support import Answer

BLANKS = b" " * 2**16  # a JSON text may end in as many as one likes
GIGABYTE = 10**9
JSON = "Content-Type: application/json"
# 16 MB of blanks, as Brotli has them.
BROTLI = bytes.fromhex("cfffff7ff82540e2b14020f7fe7f")


@dataclass(frozen=True)
class Reply:
    """An answer as it ought to be: its status line without the version, its headers without those
    that say how long it is, and its body."""

    status: str
    headers: tuple[str, ...]
    body: bytes

    def head(self, *more: str, version: str = "HTTP/1.1") -> bytes:
        """The bytes before the body, with more headers."""
        lines = [f"{version} {self.status}", *self.headers, *more, "", ""]
        return "\r\n".join(lines).encode("latin-1")

    def whole(self, *more: str, version: str = "HTTP/1.1") -> bytes:
        """All bytes, with more headers."""
        return self.head(*more, f"Content-Length: {len(self.body)}", version=version) + self.body


Way = Callable[[socket.socket, Reply], object]
"""Gives an answer on a socket; true keeps the connection."""


def asked(address: tuple[str, int], request: bytes) -> Reply:
    """What the server at `address` answers to these bytes."""
    with socket.create_connection(address) as connection:
        connection.sendall(request)
        response = http.client.HTTPResponse(connection, method="POST")
        response.begin()
        headers = tuple(
            f"{name}: {value}"
            for name, value in response.getheaders()
            if name.lower() not in ("content-length", "connection")
        )
        return Reply(f"{response.status} {response.reason}", headers, response.read())


def rightly(connection: socket.socket, reply: Reply) -> bool:
    """As it ought to be."""
    connection.sendall(reply.whole())
    return True


def silent(connection: socket.socket, _: Reply) -> None:
    """Nothing, until the client gives up."""
    connection.recv(1)


def drips(connection: socket.socket, reply: Reply) -> None:
    """A byte a second."""
    for byte in reply.whole():
        connection.sendall(bytes([byte]))
        time.sleep(1)


def endless(connection: socket.socket, reply: Reply) -> None:
    """The whole body, then blanks without end, in chunks."""
    connection.sendall(reply.head("Transfer-Encoding: chunked") + _chunk(reply.body))
    while True:
        connection.sendall(_chunk(BLANKS))


def gigabyte(connection: socket.socket, reply: Reply) -> None:
    """The whole body, then blanks until it has a gigabyte."""
    connection.sendall(reply.head(f"Content-Length: {len(reply.body) + GIGABYTE}") + reply.body)
    for _ in range(GIGABYTE // len(BLANKS) + 1):
        connection.sendall(BLANKS)


def gzip_bomb(connection: socket.socket, reply: Reply) -> bool:
    """The whole body, then a gigabyte of blanks, packed."""
    return _packed(connection, reply, "gzip", b"\x1f\x8b\x08\0\0\0\0\0\0\xff")


def deflate_bomb(connection: socket.socket, reply: Reply) -> bool:
    """As `gzip_bomb`, in the other coding that was asked for."""
    return _packed(connection, reply, "deflate", b"\x78\xda")


def _packed(connection: socket.socket, reply: Reply, coding: str, head: bytes) -> bool:
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    first = head + packer.compress(reply.body) + packer.flush(zlib.Z_FULL_FLUSH)
    body = first + _packed_blanks() * (GIGABYTE // 2**24 + 1)
    return rightly(connection, _with(reply, body, f"Content-Encoding: {coding}"))


@cache
def _packed_blanks() -> bytes:
    """16 MB of blanks as a part that can stand anywhere in a packed text, any number of times."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    return packer.compress(b" " * 2**24) + packer.flush(zlib.Z_FULL_FLUSH)


def brotli_bomb(connection: socket.socket, reply: Reply) -> bool:
    """Megabytes of blanks in a coding that was not asked for."""
    return rightly(connection, _with(reply, BROTLI, "Content-Encoding: br"))


def many_headers(connection: socket.socket, reply: Reply) -> bool:
    """100,000 headers."""
    connection.sendall(reply.whole(*(f"X-{number}: y" for number in range(100_000))))
    return True


def long_header(connection: socket.socket, reply: Reply) -> bool:
    """A header of 10 MB."""
    connection.sendall(reply.whole("X-Long: " + "y" * 10**7))
    return True


def no_status(connection: socket.socket, reply: Reply) -> bool:
    """A status line whose words stand in the wrong order."""
    code, _, reason = reply.status.partition(" ")
    connection.sendall(Reply(f"{reason} {code}", reply.headers, reply.body).whole())
    return True


def cut_chunk(connection: socket.socket, reply: Reply) -> None:
    """Half of the chunk that was announced, then the end of the connection."""
    chunk = _chunk(reply.body)
    connection.sendall(reply.head("Transfer-Encoding: chunked") + chunk[: len(chunk) // 2])


def http_1_0(connection: socket.socket, reply: Reply) -> None:
    """Rightly, in HTTP/1.0: the end of the body is that of the connection."""
    connection.sendall(reply.head(version="HTTP/1.0") + reply.body)


def too_short(connection: socket.socket, reply: Reply) -> bool:
    """A Content-Length of half the body, then all of it, on a connection that goes on."""
    connection.sendall(reply.head(f"Content-Length: {len(reply.body) // 2}") + reply.body)
    return True


def too_long(connection: socket.socket, reply: Reply) -> None:
    """A Content-Length of more than the body, then the end of the connection."""
    connection.sendall(reply.head(f"Content-Length: {len(reply.body) + 100}") + reply.body)


def twice(connection: socket.socket, reply: Reply) -> bool:
    """Rightly, and at once another answer, to nothing: a refusal of the key."""
    told = b'{"errors":[],"error_code":"stray","status_code":401}'
    connection.sendall(reply.whole() + Reply("401 Unauthorized", (JSON,), told).whole())
    return True


def reset_before(connection: socket.socket, _: Reply) -> None:
    """A reset instead of an answer."""
    _reset(connection)


def reset_within(connection: socket.socket, reply: Reply) -> None:
    """Half of the answer, then a reset."""
    whole = reply.whole()
    connection.sendall(whole[: -len(reply.body) // 2])
    time.sleep(0.05)  # so that it is read before the reset throws it away
    _reset(connection)


def reset_after(connection: socket.socket, reply: Reply) -> None:
    """Rightly, and then a reset, which nothing announced."""
    connection.sendall(reply.whole())
    time.sleep(0.05)
    _reset(connection)


def _reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def redirects(location: str) -> Way:
    """To `location`, every time."""

    def way(connection: socket.socket, _: Reply) -> bool:
        connection.sendall(Reply("307 Temporary Redirect", (f"Location: {location}",), b"").whole())
        return True

    return way


HINTS = (
    b"HTTP/1.1 100 Continue\r\n\r\n",
    b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n",
)


def hints_first(connection: socket.socket, reply: Reply) -> bool:
    """Rightly, after 100 Continue and 103 Early Hints."""
    connection.sendall(b"".join(HINTS) + reply.whole())
    return True


def hints_only(connection: socket.socket, _: Reply) -> None:
    """100 Continue and 103 Early Hints without end."""
    while True:
        connection.sendall(b"".join(HINTS) * 100)


def with_member(name: bytes, value: bytes) -> Way:
    """Rightly, with a member more, as the contract allows."""

    def way(connection: socket.socket, reply: Reply) -> bool:
        body = b'{"' + name + b'": ' + value + b", " + reply.body.lstrip()[1:]
        return rightly(connection, _with(reply, body))

    return way


def with_revenue(value: bytes) -> Way:
    """Rightly, with this as the revenue of each profile."""

    def way(connection: socket.socket, reply: Reply) -> bool:
        told = json.loads(reply.body)
        if "data" in told:
            told["data"]["total_revenue_usd"] = "REVENUE"
        body = json.dumps(told).encode().replace(b'"REVENUE"', value)
        return rightly(connection, _with(reply, body))

    return way


def throttled(connection: socket.socket, _: Reply) -> bool:
    """Come back in years."""
    connection.sendall(Reply("429 Too Many Requests", ("Retry-After: 99999999",), b"").whole())
    return True


def _with(reply: Reply, body: bytes, *more: str) -> Reply:
    return Reply(reply.status, (*reply.headers, *more), body)


def _chunk(body: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(body), body)


def relayed(address: tuple[str, int], way: Way, turns: Iterable[bool]) -> Answer:
    """Answers each request as the server at `address` does: in this way where its turn is true."""
    coming = iter(turns)

    def answer(connection: socket.socket, request: bytes) -> object:
        hostile = next(coming)  # a request that is answered late keeps its place
        reply = asked(address, request)
        return way(connection, reply) if hostile else rightly(connection, reply)

    return answer
