"""Servers, clients and runs that several tests share."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

from conformance.client import Client
from conformance.exchanges import Exchange
from conformance.journal import Journal
from conformance.target import Target
from mock_server.app import create_app
from mock_server.serve import serving
from reports.results import load as load_results
from spec.loader import load
from strategies import controls
from strategies.cases import Request, build

CONTRACT = load()
KEY = "secret_live_0123456789"
CONTROL = build(CONTRACT, [], controls.full(CONTRACT), "Jane")
ROOT = Path(__file__).parent.parent

Answer = Callable[[socket.socket, bytes], object]
"""Answers one request on a socket; true keeps the connection."""


@contextmanager
def raw_server(answer: Answer, host: str = "127.0.0.1", port: int = 0) -> Iterator[str]:
    """A server of which `answer` writes every byte; yields its base URL."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, port), family=family) as listener:
        threading.Thread(target=_accept, args=(listener, answer), daemon=True).start()
        yield f"http://{f'[{host}]' if ':' in host else host}:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)


def _accept(listener: socket.socket, answer: Answer) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        threading.Thread(target=_converse, args=(connection, answer), daemon=True).start()


def _converse(connection: socket.socket, answer: Answer) -> None:
    with connection:
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while (request := read_message(connection)) and answer(connection, request):
                pass
        except OSError:
            return


def read_message(connection: socket.socket) -> bytes:
    """One HTTP message, its body as long as its head tells; nothing where the connection ends."""
    got = b""
    while b"\r\n\r\n" not in got:
        if not (more := connection.recv(65536)):
            return b""
        got += more
    head, _, body = got.partition(b"\r\n\r\n")
    lines = head.lower().split(b"\r\n")
    lengths = (int(line.split(b":")[1]) for line in lines if line.startswith(b"content-length:"))
    length = next(lengths, 0)
    while len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


def says(*parts: bytes) -> Answer:
    """Always these bytes, then the end of the connection."""
    return lambda connection, _: connection.sendall(b"".join(parts))


class Around:
    """ASGI middleware: `twist` answers a request in the application's place, or returns None."""

    def __init__(self, app: ASGIApp, twist: Callable[[Scope, bytes], ASGIApp | None]) -> None:
        self.app, self.twist = app, twist

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        sent = False

        async def again() -> Any:
            nonlocal sent
            if sent:
                return await receive()
            sent = True
            return {"type": "http.request", "body": body, "more_body": False}

        await (self.twist(scope, body) or self.app)(scope, again, send)


@contextmanager
def mock(
    broken: str | None = None,
    twist: Callable[[Scope, bytes], ASGIApp | None] | None = None,
    key: str = KEY,
) -> Iterator[str]:
    """The embedded mock over HTTP, with `twist` around it; yields its base URL."""
    app = create_app(CONTRACT, key=key, broken=broken)
    if twist is not None:
        app.add_middleware(Around, twist=twist)
    with serving(app) as url:
        yield url


@contextmanager
def opened(url: str, folder: Path, *, key: str = KEY, **target: Any) -> Iterator[Client]:
    """A client for the operation under `url`; `target` as the fields of Target."""
    journal = Journal(folder / "journal.ndjson")
    try:
        yield Client(Target(url + CONTRACT.path, key, **target), CONTRACT, journal)
    finally:
        journal.close()


def ask(client: Client, *requests: Request, **more: Any) -> list[Exchange]:
    """Send requests at the same moment; their exchanges."""

    async def send() -> list[Exchange]:
        async with client.opened():
            return await asyncio.gather(
                *(client.send(each, phase="test", role="control", **more) for each in requests)
            )

    return asyncio.run(send())


def sent(
    url: str, folder: Path, request: Request = CONTROL, *, key: str = KEY, **target: Any
) -> Exchange:
    """The exchange of one request."""
    with opened(url, folder, key=key, **target) as client:
        return ask(client, request)[0]


# Of pip and of what it installs: to compile all of it takes longer than to compile what is run.
UNCOMPILED = {"PIP_COMPILE": "0", "PYTHONDONTWRITEBYTECODE": ""}

PROGRAM = Path(sys.executable).with_name("adapty-conformance")


def command(
    *arguments: str | Path,
    cwd: Path,
    key: str | None = KEY,
    env: Mapping[str, str] | None = None,
    seconds: float = 100,
) -> subprocess.CompletedProcess[str]:
    """Run the command line as a user does, from `cwd`, for so many seconds at most."""
    return subprocess.run(
        [PROGRAM, *arguments], cwd=cwd, env=environment(key, env), capture_output=True, text=True,
        timeout=seconds, check=False,
    )  # fmt: skip


def environment(key: str | None = KEY, more: Mapping[str, str] | None = None) -> dict[str, str]:
    """This process's environment without what would change a run, and with a key."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST", "ADAPTY", "NO_COL"))}
    return {**kept, **({"ADAPTY_API_KEY": key} if key else {}), **(more or {})}


def results(folder: Path) -> dict[str, Any]:
    """The results of a run from `folder`, valid by their published schema."""
    return load_results(folder / "conformance-report")


def verdicts(content: Mapping[str, Any]) -> dict[str, str]:
    """The verdict of each requirement."""
    return {each["id"]: each["verdict"] for each in content["requirements"]}


def failing(content: Mapping[str, Any]) -> set[str]:
    """The requirements that failed."""
    return {key for key, verdict in verdicts(content).items() if verdict == "fail"}


NEAR = (KEY, KEY[:-1], KEY[1:])


def assert_secret(folder: Path, *texts: str) -> None:
    """No file under `folder`, and none of `texts`, holds the key or the key cut by one letter."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    everything = [*texts, *(path.read_bytes().decode("latin-1") for path in files)]
    assert [near for near in NEAR for text in everything if near in text] == []
