"""What is said where the first answer shows that a run would prove nothing."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest

from conformance.exchanges import Exchange
from conformance.sending import Route
from runner.ending import hopeless
from runner.settings import Settings
from tests.handmade import answer, exchange, refused
from tests.support import Answer, raw_server, says, sent

URL = "https://sandbox.example.com"
PLAIN = "http://sandbox.invalid"
NONE = b"HTTP/1.1 %s\r\nContent-Length: 0\r\n\r\n"


def told(ended: Exchange, url: str = URL, **settings: Any) -> str | None:
    return hopeless(ended, url, Settings(target=url, **settings))


@pytest.mark.parametrize(
    ("headers", "shown"),
    [((), ""), ((("Retry-After", "3600\x1b[1m"),), r" (Retry-After: 3600\x1b[1m)")],
)  # fmt: skip
def test_a_target_that_throttles_is_said_to(
    headers: tuple[tuple[str, str], ...], shown: str
) -> None:
    ended = exchange(response=answer(429, {}, headers), trouble="throttled")
    assert told(ended) == (
        f"{URL} throttles: it answered 429 to a valid request each time that it was sent{shown}; "
        "run this later, or let the target take more of this key"
    )


def through(proxy: Answer, url: str, folder: Path) -> tuple[Exchange, str]:
    """How a request through this proxy ended, and the proxy's URL."""
    with raw_server(proxy) as way:
        return sent(url, folder, route=Route(proxy=way)), way


@pytest.mark.parametrize("url", [URL, PLAIN])
def test_a_proxy_that_wants_a_login(url: str, tmp_path: Path) -> None:
    refusing = says(NONE % b"407 Proxy Authentication Required")
    ended, way = through(refusing, url, tmp_path)
    assert told(ended, url, proxy=way) == (
        "the proxy answers 407: name the variable with its user:password (--proxy-auth-env)"
    )
    assert told(ended, url, proxy=way, proxy_auth_env="LOGIN") == (
        f"the proxy {way} answers 407: LOGIN holds no user:password that it takes"
    )


def test_407_without_a_proxy() -> None:
    ended = refused("1", 407)
    assert told(ended) == (
        f"{URL} answers 407, as only a proxy does; name it with --proxy and --proxy-auth-env"
    )


@pytest.mark.parametrize("status", [b"502 Bad Gateway", b"403 Forbidden"])
def test_a_proxy_that_opens_no_tunnel(status: bytes, tmp_path: Path) -> None:
    ended, way = through(says(NONE % status), URL, tmp_path)
    assert told(ended, proxy=way) == (
        f"{URL} gives no HTTP answer through the proxy {way} (the proxy answers "
        f"{status.decode()}); is the proxy running, and does it reach the target?"
    )


@pytest.mark.parametrize("status", [502, 503, 504])
def test_a_proxy_that_answers_for_a_target(status: int) -> None:
    """As it would with one that is down: no verdict may come of it."""
    ended = refused("1", status)
    assert told(ended, PLAIN, proxy="http://proxy:1") == (
        f"the proxy http://proxy:1 or {PLAIN} behind it answers {status}; "
        "does the proxy reach the target?"
    )
    assert told(ended, PLAIN) is None


@pytest.mark.parametrize("url", [URL, PLAIN])
@pytest.mark.parametrize("host", ["127.0.0.1", "nowhere.invalid"])
def test_a_proxy_that_is_not_there(host: str, url: str, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        way = f"http://{host}:{free.getsockname()[1]}"
    said = told(sent(url, tmp_path, route=Route(proxy=way)), url, proxy=way) or ""
    assert said.startswith(f"{url} gives no HTTP answer through the proxy {way} (")
    assert said.endswith("; is the proxy running, and does it reach the target?")


def test_a_proxy_that_is_silent_is_named_too() -> None:
    ended = exchange(trouble="timeout", detail="no whole answer within 5 s")
    assert told(ended, proxy="http://proxy:1") == (
        f"{URL} through the proxy http://proxy:1 gives no answer to a valid request "
        "(no whole answer within 5 s)"
    )


def test_a_certificate_of_the_proxy_or_the_target() -> None:
    detail = "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed (_ssl.c:1)"
    said = told(exchange(trouble="connection", detail=detail), proxy="https://proxy:1") or ""
    assert said.startswith(f"{URL} through the proxy https://proxy:1 shows a certificate that is")
    assert said.endswith("(certificate verify failed: self-signed (_ssl.c:1)); "
                         "--ca names an authority")  # fmt: skip
