"""The application over HTTP: in a thread for as long as a block runs, or until it is stopped."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from starlette.applications import Starlette
from uvicorn.protocols.http.h11_impl import H11Protocol

from mock_server.answers import DROP
from mock_server.errors import error_body, refuse

STARTUP_SECONDS = 10.0
GRACE_SECONDS = 0.2  # what an answer under way may still take once the server stops
LONGEST_HEADERS = 256 * 1024


@contextmanager
def serving(app: Starlette) -> Iterator[str]:
    """Serve `app` on a free loopback port while the block runs; yields the base URL.

    The server is a daemon thread of this process, silent, and gone when the block ends.
    """
    with _listen("127.0.0.1", 0) as listener:
        ready = threading.Event()
        server = _Server(app, ready.set)
        thread = threading.Thread(
            target=server.run, args=([listener],), name="mock-server", daemon=True
        )
        thread.start()
        if not ready.wait(STARTUP_SECONDS):
            raise RuntimeError("the mock server did not start")
        try:
            yield _url(listener)
        finally:
            server.should_exit = True
            thread.join(STARTUP_SECONDS)


def serve(
    app: Starlette, host: str, port: int, *, ready: Callable[[str], None] | None = None
) -> None:
    """Serve `app` on an address until a signal stops it; port 0 takes a free one.

    `ready` is called with the base URL once requests are answered. Raises OSError when the
    address cannot be had, and KeyboardInterrupt after Ctrl-C.
    """
    with _listen(host, port) as listener:
        url = _url(listener)
        _Server(app, lambda: ready(url) if ready else None).run([listener])


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named as TCP, or asyncio leaves Nagle's algorithm on: 40 ms for each answer on keep-alive.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if os.name == "posix":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(2048)
    except OSError:
        listener.close()
        raise
    return listener


def _url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class _Protocol(H11Protocol):
    """HTTP/1.1 whose application can drop the connection, and whose own refusals are JSON."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.app_state = {**self.app_state, DROP: self.drop}

    def drop(self) -> None:
        """End the connection without another byte."""
        self.transport.abort()

    def send_400_response(self, msg: str) -> None:
        body = json.dumps(error_body(refuse(400, "bad_request", msg), {})).encode()
        self.transport.write(
            b"HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\n"
            b"connection: close\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body)
        )
        self.transport.close()


class _Server(uvicorn.Server):
    """Uvicorn, quiet, that says when it is ready and does not wait for answers that never come."""

    def __init__(self, app: Starlette, ready: Callable[[], None]) -> None:
        config = uvicorn.Config(
            app,
            http=_Protocol,
            ws="none",
            lifespan="off",
            loop="asyncio",
            log_config=None,
            log_level="critical",
            access_log=False,
            server_header=False,
            timeout_keep_alive=75,
            h11_max_incomplete_event_size=LONGEST_HEADERS,
        )
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        asyncio.get_running_loop().call_later(GRACE_SECONDS, self._drop_all)
        await super().shutdown(sockets)

    def _drop_all(self) -> None:
        for connection in list(self.server_state.connections):
            if isinstance(connection, _Protocol):
                connection.drop()
