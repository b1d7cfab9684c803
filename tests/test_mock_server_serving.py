"""The mock over a socket: many at a time, what is no HTTP, and how it stops."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import statistics
import time
from typing import Any

import httpx
import pytest

from mock_server.serve import serve, serving
from spec.formats import Validity
from tests.mocking import (
    CONTRACT,
    CUSTOMER,
    EXAMPLE,
    HEADERS,
    app,
    profile,
)


def test_parallel_creates() -> None:
    async def create(client: httpx.AsyncClient, n: int) -> dict[str, Any]:
        headers = {**HEADERS, CUSTOMER: f"customer {n % 12}"}
        return profile(await client.post(CONTRACT.path, json=EXAMPLE, headers=headers))

    async def create_all(url: str) -> list[dict[str, Any]]:
        async with httpx.AsyncClient(base_url=url) as client:
            return await asyncio.gather(*(create(client, n) for n in range(48)))

    with serving(app()) as url:
        found = asyncio.run(create_all(url))
    assert [each["customer_user_id"] for each in found] == [f"customer {n % 12}" for n in range(48)]
    assert len({(each["customer_user_id"], each["profile_id"]) for each in found}) == 12


def test_keep_alive_is_not_slow() -> None:
    with serving(app()) as url, httpx.Client(base_url=url) as client:
        taken = []
        for _ in range(20):
            start = time.perf_counter()
            client.post(CONTRACT.path, json=EXAMPLE, headers=HEADERS)
            taken.append(time.perf_counter() - start)
    assert statistics.median(taken) < 0.03  # Nagle's algorithm makes each take 0.04 s


def test_what_is_no_http_gets_an_error() -> None:
    with serving(app()) as url, _connected(url) as raw:
        raw.sendall(b"GET / HTTP/1.1\r\nbad header\r\n\r\n")
        head, _, body = _all_bytes(raw).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ")
    assert CONTRACT.refusal_reading.validity(json.loads(body)) is Validity.VALID


def test_serve_raises_where_the_address_is_taken() -> None:
    with serving(app()) as url, pytest.raises(OSError, match="in use"):
        serve(app(), "127.0.0.1", httpx.URL(url).port or 0)


def _connected(url: str) -> socket.socket:
    return socket.create_connection(("127.0.0.1", httpx.URL(url).port or 0), timeout=5)


def _all_bytes(raw: socket.socket) -> bytes:
    with raw.makefile("rb") as stream:
        return stream.read()


def _malformed_request() -> bytes:
    headers = {**HEADERS, "host": "mock", "content-length": "1"}
    lines = [f"{CONTRACT.method} {CONTRACT.path} HTTP/1.1", *map(": ".join, headers.items())]
    return "\r\n".join([*lines, "", "{"]).encode()


def test_switch_drops_the_connection() -> None:
    with serving(app("robustness.connection")) as url:
        with _connected(url) as raw:
            raw.sendall(_malformed_request())
            assert _all_bytes(raw) == b""
        assert httpx.post(url + CONTRACT.path, json=EXAMPLE, headers=HEADERS).status_code == 200


def test_switch_hangs_and_the_server_still_stops() -> None:
    with serving(app("robustness.hang")) as url:
        raw = _connected(url)
        raw.sendall(_malformed_request())
        raw.settimeout(0.3)
        with pytest.raises(TimeoutError):
            raw.recv(1)
        assert httpx.post(url + CONTRACT.path, json=EXAMPLE, headers=HEADERS).status_code == 200
        start = time.perf_counter()
    assert time.perf_counter() - start < 2
    with raw:
        raw.settimeout(5)
        with contextlib.suppress(ConnectionResetError):
            assert raw.recv(1) == b""
