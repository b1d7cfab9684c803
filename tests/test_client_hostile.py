"""Broken and hostile servers: the client ends in time and memory, and tells what happened."""

from __future__ import annotations

import gzip
import itertools
import socket
import struct
import time
import tracemalloc
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from conformance.receiving import BODY_LIMIT
from strategies.cases import Request
from tests.support import CONTROL, Answer, ask, opened, raw_server, says, sent

TIMEOUT = 0.4
JSON = b"Content-Type: application/json\r\n"


def reply(body: bytes, *headers: bytes, status: bytes = b"200 OK") -> bytes:
    lines = [b"HTTP/1.1 " + status, *headers, b"Content-Length: %d" % len(body)]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def never(connection: socket.socket, _: bytes) -> None:
    connection.recv(1)  # until the client gives up


def drips(connection: socket.socket, _: bytes) -> None:
    for byte in itertools.cycle(b"HTTP/1.1 200 OK\r\nX: y\r\n"):
        connection.sendall(bytes([byte]))
        time.sleep(0.05)


def drips_the_body(connection: socket.socket, _: bytes) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    while True:
        connection.sendall(b"x")
        time.sleep(0.05)


@pytest.mark.parametrize("answer", [never, drips, drips_the_body])
def test_no_answer_takes_longer_than_the_timeout(answer: Answer, tmp_path: Path) -> None:
    with raw_server(answer) as url:
        began = time.monotonic()
        exchange = sent(url, tmp_path, timeout=TIMEOUT)
        spent = time.monotonic() - began
    assert exchange.trouble == "timeout"
    assert exchange.status is None
    assert exchange.detail == "no whole answer within 0.4 s"
    assert TIMEOUT <= spent < TIMEOUT + 0.5


def test_an_address_that_never_connects_is_given_up(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        port = full.getsockname()[1]
        fillers = [socket.socket() for _ in range(4)]
        for each in fillers:
            each.setblocking(False)
            each.connect_ex(("127.0.0.1", port))
        exchange = sent(f"http://127.0.0.1:{port}", tmp_path, timeout=TIMEOUT)
        for each in fillers:
            each.close()
    assert exchange.trouble == "timeout"


def endless(connection: socket.socket, _: bytes) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    while True:
        connection.sendall(chunk)


def huge(connection: socket.socket, _: bytes) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
    while True:
        connection.sendall(b"x" * 0x10000)


def _bomb(wbits: int, coding: bytes) -> Answer:
    packer = zlib.compressobj(9, zlib.DEFLATED, wbits)
    packed = b"".join(packer.compress(b"\0" * 2**20) for _ in range(128)) + packer.flush()
    return says(reply(packed, b"Content-Encoding: " + coding))


BOMBS: dict[str, Callable[[], Answer]] = {
    "endless chunks": lambda: endless,
    "a gigabyte": lambda: huge,
    "gzip": lambda: _bomb(zlib.MAX_WBITS | 16, b"gzip"),
    "deflate": lambda: _bomb(zlib.MAX_WBITS, b"deflate"),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_body_is_cut_at_the_limit(name: str, tmp_path: Path) -> None:
    with raw_server(BOMBS[name]()) as url:
        tracemalloc.start()
        exchange = sent(url, tmp_path)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert exchange.status == 200
    assert exchange.response is not None
    assert exchange.response.truncated
    assert len(exchange.response.body) == BODY_LIMIT
    assert peak < 20 * BODY_LIMIT  # the journal escapes each byte of such a body


def reset(connection: socket.socket, _: bytes) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def resets_within(connection: socket.socket, _: bytes) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")
    time.sleep(0.05)
    reset(connection, b"")


BROKEN: dict[str, tuple[Answer, str, int | None]] = {
    "reset before the response": (reset, "connection", None),
    "reset within the response": (resets_within, "incomplete", 200),
    "closed before the response": (says(b""), "connection", None),
    "closed within the head": (says(b"HTTP/1.1 200 OK\r\nContent-"), "connection", None),
    "no HTTP": (says(b"220 mail.example.com ESMTP\r\n"), "connection", None),
    "malformed status line": (says(b"HTTP/1.1 OK 200\r\n\r\n"), "connection", None),
    "status of four digits": (says(b"HTTP/1.1 2000 OK\r\n\r\n"), "connection", None),
    "truncated chunk": (
        says(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10\r\nabc"), "incomplete", 200,
    ),
    "chunk without a size": (
        says(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc"), "incomplete", 200,
    ),
    "shorter than Content-Length": (
        says(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{}"), "incomplete", 200,
    ),
    "two Content-Lengths": (
        says(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}"),
        "connection", None,
    ),
    "100,000 headers": (says(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n" * 100_000), "connection", None),
    "a header of 10 MB": (says(b"HTTP/1.1 200 OK\r\nX: ", b"y" * 10**7), "connection", None),
    "unknown content coding": (
        says(reply(gzip.compress(b"{}"), b"Content-Encoding: klingon")), "unreadable", 200,
    ),
    "coding not asked for": (says(reply(b"{}", b"Content-Encoding: br")), "unreadable", 200),
    "no gzip": (says(reply(b"{}", b"Content-Encoding: gzip")), "unreadable", 200),
    "cut second member": (
        says(reply(gzip.compress(b"{") + gzip.compress(b"}")[:-1], b"Content-Encoding: gzip")),
        "unreadable", 200,
    ),
    "cut gzip": (
        says(reply(gzip.compress(b"{}")[:-1], b"Content-Encoding: gzip")), "unreadable", 200,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_answer_is_told_as_what_it_is(name: str, tmp_path: Path) -> None:
    answer, trouble, status = BROKEN[name]
    with raw_server(answer) as url:
        exchange = sent(url, tmp_path)
    assert exchange.trouble == trouble, exchange.detail
    assert (exchange.response and exchange.response.status) == status
    assert exchange.status == (status if trouble == "unreadable" else None)
    assert exchange.detail


WHOLE: dict[str, tuple[Answer, bytes]] = {
    "HTTP/1.0": (says(b"HTTP/1.0 200 OK\r\n\r\n{}"), b"{}"),
    "until the connection ends": (says(b"HTTP/1.1 200 OK\r\n\r\n{}"), b"{}"),
    "longer than Content-Length": (says(reply(b"{}") + b"trailing"), b"{}"),
    "no reason": (says(reply(b"{}", status=b"200")), b"{}"),
    "100 Continue": (says(b"HTTP/1.1 100 Continue\r\n\r\n", reply(b"{}")), b"{}"),
    "103 Early Hints": (says(b"HTTP/1.1 103 Hints\r\nLink: </x>\r\n\r\n", reply(b"{}")), b"{}"),
    "gzip": (says(reply(gzip.compress(b"{}"), b"Content-Encoding: GZIP")), b"{}"),
    "deflate": (says(reply(zlib.compress(b"{}"), b"Content-Encoding: deflate")), b"{}"),
    "identity": (says(reply(b"{}", b"Content-Encoding: identity")), b"{}"),
    "gzip of two members": (
        says(reply(gzip.compress(b"{") + gzip.compress(b"}"), b"Content-Encoding: gzip")),
        b"{}",
    ),
    "gzip and a rest": (
        says(reply(gzip.compress(b"{}") + b"\0\0", b"Content-Encoding: gzip")),
        b"{}",
    ),
    "gzip of nothing": (says(reply(b"", b"Content-Encoding: gzip")), b""),
    "bytes beyond ASCII in a header": (says(reply(b"{}", b"X: \xff\xfe")), b"{}"),
    "invalid UTF-8": (says(reply(b'{"a":"\xff\xed\xa0\x80"}')), b'{"a":"\xff\xed\xa0\x80"}'),
}


@pytest.mark.parametrize("name", WHOLE)
def test_an_unusual_answer_is_read(name: str, tmp_path: Path) -> None:
    answer, body = WHOLE[name]
    with raw_server(answer) as url:
        exchange = sent(url, tmp_path)
    assert exchange.status == 200, (exchange.trouble, exchange.detail)
    assert exchange.response is not None
    assert exchange.response.body == body
    assert not exchange.response.truncated


def test_what_no_header_can_carry_is_our_own_error(tmp_path: Path) -> None:
    with raw_server(says(reply(b"{}"))) as url:
        exchange = sent(url, tmp_path, Request((("X-Line", "a\nb"),), b""))
    assert exchange.trouble == "ours"


def test_what_comes_after_an_answer_answers_nothing(tmp_path: Path) -> None:
    def twice(connection: socket.socket, _: bytes) -> bool:
        connection.sendall(reply(b"{}") + reply(b"{}", status=b"401 Unauthorized"))
        return True

    with raw_server(twice) as url, opened(url, tmp_path) as client:
        exchanges = ask(client, *[CONTROL] * 12)
    assert [each.status for each in exchanges] == [200] * 12
