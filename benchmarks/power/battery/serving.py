"""A server of the battery over HTTP, on a loopback port."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Callable
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from benchmarks.power.battery.core import Application
from benchmarks.power.battery.server import Server
from benchmarks.power.battery.wire import LONGEST, Wire


def serve(server: Server, key: str, ready: Callable[[str], None], port: int = 0) -> None:
    """Serve until the process ends; `ready` gets the base URL once requests are answered."""
    # Named as TCP, or asyncio leaves Nagle's algorithm on: 40 ms for each answer on keep-alive.
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen(2048)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        application = server.application(key)
        if server.wire:
            asyncio.run(_serve_wire(server.wire, application, listener, lambda: ready(url)))
        else:
            _Server(application, lambda: ready(url)).run([listener])


async def listening(
    wire: Wire, application: Application, listener: socket.socket
) -> asyncio.Server:
    """A server on `listener` that speaks HTTP as `wire` does."""

    async def connection(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await wire.converse(application, reader, writer)

    return await asyncio.start_server(connection, sock=listener, limit=LONGEST)


async def _serve_wire(
    wire: Wire, application: Application, listener: socket.socket, ready: Callable[[], None]
) -> None:
    server = await listening(wire, application, listener)
    ready()
    await server.serve_forever()


class _Protocol(H11Protocol):
    """HTTP/1.1 whose own refusals are ErrorResponses too."""

    def send_400_response(self, msg: str) -> None:
        errors = [{"source": None, "errors": [msg]}]
        error = {"errors": errors, "error_code": "bad_request", "status_code": 400}
        body = json.dumps(error).encode()
        self.transport.write(
            b"HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\n"
            b"connection: close\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body)
        )
        self.transport.close()


class _Server(uvicorn.Server):
    """Uvicorn that says when it is ready."""

    def __init__(self, application: Application, ready: Callable[[], None]) -> None:
        config = uvicorn.Config(
            application,
            http=_Protocol,
            ws="none",
            lifespan="off",
            loop="asyncio",
            log_level="error",
            access_log=False,
            timeout_keep_alive=75,
            timeout_graceful_shutdown=1,
            h11_max_incomplete_event_size=256 * 1024,
        )
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets)
        self._ready()
