"""Servers over TLS, with certificates made for the test."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import trustme
import uvicorn
from starlette.types import ASGIApp


@contextmanager
def serving_tls(
    app: ASGIApp, folder: Path, authority: trustme.CA, host: str = "127.0.0.1", **more: Any
) -> Iterator[str]:
    """Serve `app` on a free loopback port over TLS, with a certificate of `authority` for `host`;
    yields the base URL. `more` are settings of Uvicorn's."""
    certificate = folder / f"{host}.pem"
    authority.issue_cert(host).private_key_and_cert_chain_pem.write_to_path(str(certificate))
    with serving_with(app, certificate, **more) as url:
        yield url


@contextmanager
def serving_with(app: ASGIApp, certificate: Path, **more: Any) -> Iterator[str]:
    """As `serving_tls`, with a certificate and its key from a PEM file."""
    config = uvicorn.Config(
        app, host="127.0.0.1", port=0, log_level="critical", lifespan="off",
        ssl_certfile=str(certificate), **more,
    )  # fmt: skip
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        thread.join(0.02)
        assert thread.is_alive(), "the server did not start"
    try:
        yield f"https://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = server.force_exit = True
        thread.join(10)


def pem(authority: trustme.CA, folder: Path, name: str = "ca.pem") -> str:
    """A file with the authority's own certificate."""
    authority.cert_pem.write_to_path(str(folder / name))
    return str(folder / name)
