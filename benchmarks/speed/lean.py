"""A server that keeps the contract and spends little time on it, until the process ends.

    python -m benchmarks.speed.lean [--delay MILLISECONDS] [--record FILE] [--count FILE]

prints its base URL once it listens on a free loopback port; `ADAPTY_API_KEY` is the key it takes.

Each request is checked by the mock's own checks, for a server that took what the contract refuses
would have the suite prove failures all the time. Whether a body is accepted is remembered for the
bodies that came last. No profile is stored: the id of a customer's profile follows from the
customer. `--record` keeps what came for the operation and when, `--count` says how much so far.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import signal
import sys
import time
import uuid
from collections.abc import Callable, Sequence
from functools import lru_cache
from http import HTTPStatus
from pathlib import Path
from typing import IO, Any

from mock_server import checks
from mock_server.errors import Refusal, error_body, refuse
from mock_server.profiles import attributes_set, success_body, templates
from mock_server.samples import sample
from mock_server.store import Profile
from spec.contract import Contract
from spec.loader import load

COUNTED = 1_000  # requests between two lines of `--count`
_REMEMBERED = 4_096
_NAMESPACE = uuid.UUID("6ba7b811-9dad-11d1-80b4-00c04fd430c8")

Header = tuple[bytes, bytes]
Heard = Callable[[Sequence[Header], bytes], None]


class Lean:
    """What is answered, without the network. `heard` is told of each request for the operation."""

    def __init__(self, contract: Contract, key: str, heard: Heard | None = None) -> None:
        self._contract, self._key, self._heard = contract, key.encode(), heard
        self._templates = templates(contract)
        self._error = sample(contract.refusal)
        self._read = lru_cache(_REMEMBERED)(self._reading)
        self._told = lru_cache(_REMEMBERED)(self._telling)

    def answer(self, method: str, path: str, headers: Sequence[Header], raw: bytes) -> bytes:
        """The whole response to a request."""
        try:
            created = self._created(method, path, headers, raw)
        except Refusal as refusal:
            return self._told(refusal.status, refusal.code, refusal.problems)
        return response(self._contract.success, created)

    def refused(self, why: str) -> bytes:
        """The response to what is no request."""
        refusal = refuse(400, "bad_request", why)
        return self._told(refusal.status, refusal.code, refusal.problems)

    def _telling(self, status: int, code: str, problems: tuple[tuple[str, str], ...]) -> bytes:
        """The response that refuses for these reasons."""
        return response(status, error_body(Refusal(status, code, problems), self._error))

    def _created(
        self, method: str, path: str, headers: Sequence[Header], raw: bytes
    ) -> dict[str, Any]:
        contract = self._contract
        if path != contract.path:
            raise refuse(404, "not_found", "Not found.")
        if method != contract.method:
            raise refuse(405, "method_not_allowed", f"{method} is not allowed.")
        if self._heard is not None:
            self._heard(headers, raw)
        checks.check_credential(headers, contract.credential, self._key, None)
        checks.check_media_type(headers, None)
        read = self._read(raw)
        if isinstance(read, Refusal):
            raise Refusal(read.status, str(read), read.problems)
        who = checks.check_identity(headers, contract, None)
        profile_id = who.profile_id or str(uuid.uuid5(_NAMESPACE, who.customer or ""))
        return success_body(Profile(profile_id, who.customer, read), self._templates, (), None)

    def _reading(self, raw: bytes) -> list[dict[str, Any]] | Refusal:
        """The attributes that a body sets, or why it is refused."""
        try:
            body = checks.read_body(raw, None, None)
        except Refusal as refusal:
            return refusal
        if self._contract.request_reading.refuses(body):
            return refuse(422, "validation_error", "The body breaks the contract.", "body")
        return attributes_set(body, self._templates)


def response(status: int, value: Any) -> bytes:
    """A JSON value as an HTTP response."""
    body = json.dumps(value, separators=(",", ":"), allow_nan=False).encode("ascii")
    return b"HTTP/1.1 %d %b\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b" % (
        status,
        HTTPStatus(status).phrase.encode(),
        len(body),
        body,
    )


class Connection(asyncio.Protocol):
    """One connection: requests whose length is told, one after the other."""

    def __init__(self, lean: Lean, delay: float) -> None:
        self._lean, self._delay, self._got = lean, delay, b""
        self._whole = 0  # bytes of the request that comes, once its head is there
        self._transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer every request that is there as a whole."""
        self._got += data
        if len(self._got) < self._whole:
            return
        while (end := self._got.find(b"\r\n\r\n")) >= 0:
            try:
                method, path, headers = head(self._got[:end])
                length = length_of(headers)
            except ValueError as error:
                self._transport.write(self._lean.refused(str(error)))
                self._transport.close()
                return
            self._whole = end + 4 + length
            if len(self._got) < self._whole:
                return
            raw, self._got = self._got[end + 4 : self._whole], self._got[self._whole :]
            self._whole = 0
            answer = self._lean.answer(method, path, headers, raw)
            if self._delay:
                asyncio.get_running_loop().call_later(self._delay, self._transport.write, answer)
            else:
                self._transport.write(answer)


def head(raw: bytes) -> tuple[str, str, list[Header]]:
    """Method, path and headers of a request. Raises ValueError for what is none."""
    first, *lines = raw.split(b"\r\n")
    method, target, _ = first.decode("ascii").split(" ")
    headers = []
    for line in lines:
        name, colon, value = line.partition(b":")
        if not colon:
            raise ValueError("a header has no colon")
        headers.append((name, value.strip(b" \t")))
    return method, target.partition("?")[0], headers


def length_of(headers: Sequence[Header]) -> int:
    """How long a body is. Raises ValueError where that is not told in bytes."""
    length = 0
    for name, value in headers:
        if name.lower() == b"transfer-encoding":
            raise ValueError("no transfer encoding is read")
        if name.lower() == b"content-length":
            length = int(value)
    return length


class Recorder:
    """Keeps what comes and when, and counts it. What was kept is written in the end, a JSON object
    a line, for writing takes time that is not the server's."""

    def __init__(self, record: IO[str] | None, count: IO[str] | None) -> None:
        self._record, self._count, self._seen = record, count, 0
        self._kept: list[tuple[float, tuple[Header, ...], bytes]] = []

    def __call__(self, headers: Sequence[Header], raw: bytes) -> None:
        self._seen += 1
        if self._record is not None:
            self._kept.append((time.time(), tuple(headers), raw))  # which no collector looks at
        if self._count is not None and self._seen % COUNTED == 0:
            self._count.write(f"{time.time()} {self._seen}\n")
            self._count.flush()

    def write(self) -> None:
        """Write what was kept."""
        for at, headers, raw in self._kept if self._record else ():
            told = [[name.decode("latin-1"), value.decode("latin-1")] for name, value in headers]
            line = {"at": at, "headers": told, "body": raw.decode("latin-1")}
            print(json.dumps(line), file=self._record)


async def serve(lean: Lean, delay: float) -> None:
    """Serve until a signal ends it."""
    loop, over = asyncio.get_running_loop(), asyncio.Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(each, over.set)
    server = await loop.create_server(lambda: Connection(lean, delay), "127.0.0.1", 0, backlog=2048)
    host, port = server.sockets[0].getsockname()
    print(f"http://{host}:{port}", flush=True)
    await over.wait()
    server.close()


def main(arguments: Sequence[str]) -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.speed.lean")
    parser.add_argument("--delay", type=float, default=0.0, metavar="MILLISECONDS")
    parser.add_argument("--record", type=Path, metavar="FILE")
    parser.add_argument("--count", type=Path, metavar="FILE")
    asked = parser.parse_args(arguments)
    key = os.environ.get("ADAPTY_API_KEY", "")
    if not key:
        print("no ADAPTY_API_KEY in the environment", file=sys.stderr)
        return 2
    with contextlib.ExitStack() as stack:
        record, count = (
            stack.enter_context(path.open("w", encoding="ascii")) if path else None
            for path in (asked.record, asked.count)
        )
        recorder = Recorder(record, count) if record or count else None
        if recorder is not None:
            stack.callback(recorder.write)
        asyncio.run(serve(Lean(load(), key, recorder), asked.delay / 1_000))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
