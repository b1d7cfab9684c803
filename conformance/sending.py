"""One request over one connection: the bytes that go out, and what came back or how it ended."""

from __future__ import annotations

import asyncio
import errno
import ssl
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import httpx

from conformance.exchanges import Received, Trouble
from conformance.receiving import Unreadable, headers_of, read
from conformance.secrets import Login

_IDLE = 0.03  # seconds after which an unused connection counts as idle
_TICKS = 20  # times that is looked whether a request has waited long enough
_KEPT = 2.0  # seconds that an unused connection is kept
PROXY = "the proxy answers"  # how the words begin of what a proxy refused by itself
_USUAL = (
    (b"Accept", b"*/*"),
    (b"Accept-Encoding", b"gzip, deflate"),
    (b"Connection", b"keep-alive"),
    (b"User-Agent", b"adapty-conformance"),
)

Header = tuple[bytes, bytes]
Ended = tuple[Received | None, Trouble | None, str]
"""A response as far as it came, how it ended if it is not whole, and that in words."""


@dataclass(frozen=True)
class Route:
    """How to come to a target: an authority's certificates to trust instead of the usual ones, a
    certificate of our own with its key, and a proxy; paths of PEM files, and a URL."""

    ca: str | None = None
    certificate: str | None = None
    certificate_key: str | None = None
    proxy: str | None = None
    login: Login | None = None


DIRECT = Route()


@lru_cache(maxsize=4)
def tls(route: Route) -> ssl.SSLContext:
    """What to trust and what to show. Raises OSError (so is ssl.SSLError) for unusable files."""
    if route.ca is None:
        context = httpx.create_ssl_context(trust_env=False)
    else:
        context = ssl.create_default_context(cafile=route.ca)
    if route.certificate is not None:
        context.load_cert_chain(route.certificate, route.certificate_key, password=_no_passphrase)
    return context


def _no_passphrase() -> str:
    """What an encrypted key is asked for; without it OpenSSL would ask at the terminal."""
    raise OSError(errno.EACCES, "the key is encrypted; give one without a passphrase")


def connection(url: httpx.URL, route: Route) -> httpx.AsyncBaseTransport:
    """A connection to `url` that opens with its first request, and again after it was closed.

    Proxies and certificates come from no environment variable; no redirect is followed and no
    cookie is kept.
    """
    way = httpx.URL(route.proxy or "")
    # Over plain HTTP nobody is trusted, and no time is spent on reading whom.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if "https" in (url.scheme, way.scheme):
        context = tls(route)
    proxy = None
    if route.proxy is not None:
        secure = context if way.scheme == "https" else None
        auth = (route.login.user, route.login.password) if route.login else None
        proxy = httpx.Proxy(way, auth=auth, ssl_context=secure)
    return httpx.AsyncHTTPTransport(
        verify=context,
        trust_env=False,
        proxy=proxy,
        limits=httpx.Limits(max_connections=1, keepalive_expiry=_KEPT),
    )


async def exchange(
    over: httpx.AsyncBaseTransport,
    method: str,
    url: httpx.URL,
    headers: Sequence[Header],
    body: bytes,
    events: dict[str, float],
    patience: float,
) -> Ended:
    """Send a request and read its whole answer, within `patience` seconds in all.

    `events` is given the time of each step on the connection, as `was_idle` reads them.
    """
    received: Received | None = None

    async def trace(event: str, _: object) -> None:
        events[event] = time.monotonic()

    try:
        own = {name.lower() for name, _ in headers}
        usual = [each for each in _USUAL if each[0].lower() not in own]
        outgoing = httpx.Request(
            method, url, headers=[*usual, *headers], content=body, extensions={"trace": trace}
        )
        async with _patient(patience):
            response = await over.handle_async_request(outgoing)
            try:
                status, reason = response.status_code, response.reason_phrase
                received = Received(status, reason, headers_of(response), b"")
                whole, cut = await read(response)
                received = Received(status, reason, received.headers, whole, cut)
            finally:
                await response.aclose()
                if _has_more(over):
                    await over.aclose()  # or it would be read as the answer to the next request
    except TimeoutError:
        return received, "timeout", f"no whole answer within {patience:.2g} s"
    except Unreadable as error:
        return received, "unreadable", str(error)
    except (httpx.LocalProtocolError, httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
        return None, "ours", str(error)
    except httpx.ProxyError as error:
        return None, "connection", f"{PROXY} {error}"
    except (httpx.TransportError, OSError) as error:
        words = str(error) or type(error).__name__
        return received, "connection" if received is None else "incomplete", words
    return received, None, ""


@asynccontextmanager
async def _patient(seconds: float) -> AsyncIterator[None]:
    """As asyncio.timeout, but only time in which this process could have read an answer counts:
    while it reads another one, or waits for a processor, no target is to be blamed."""
    loop, tick = asyncio.get_running_loop(), seconds / _TICKS
    waited, last = 0.0, loop.time()
    handle: asyncio.TimerHandle

    def look() -> None:
        nonlocal waited, last, handle
        now = loop.time()
        waited, last = waited + min(now - last, 2 * tick), now
        if waited >= seconds:
            limit.reschedule(now)
        else:
            handle = loop.call_later(tick, look)

    handle = loop.call_later(tick, look)
    try:
        async with asyncio.timeout(None) as limit:
            yield
    finally:
        handle.cancel()


def _has_more(over: httpx.AsyncBaseTransport) -> bool:
    """Whether more came on a connection than the answer that was asked for. HTTPX has no public
    way to ask; it keeps such a connection, with what came."""
    waiting: list[Any] = [*getattr(getattr(over, "_pool", None), "connections", ())]
    for each in waiting:
        waiting += filter(None, [getattr(each, "_connection", None)])
    states = (getattr(each, "_h11_state", None) for each in waiting)
    return any(each is not None and each.trailing_data[0] for each in states)


def was_idle(events: Mapping[str, float]) -> bool:
    """Whether a request went out on a connection that had been used before, or that had been open
    for a while: this process may be slow, and targets close connections on which nothing comes."""
    used = {event.partition(".")[0] for event in events}
    if "connection" not in used:
        return "http11" in used
    gone_out = [at for event, at in events.items() if event.startswith("http11.send_request_")]
    opened = max(at for event, at in events.items() if event.startswith("connection."))
    return max(gone_out, default=0.0) - opened > _IDLE
