"""The client: the only sender, of one method, to one target, within limits."""

from __future__ import annotations

import ast
import socket
import threading
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from conformance.client import Refused
from conformance.target import operation_url
from strategies.cases import Request
from tests.support import (
    CONTRACT,
    CONTROL,
    ROOT,
    ask,
    command,
    failing,
    mock,
    opened,
    raw_server,
    read_message,
    results,
    says,
    sent,
)  # fmt: skip

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[bytes], Any, int]:
    """The requests of a whole run of the mock, behind a server that closes after each answer."""
    requests: list[bytes] = []
    folder = tmp_path_factory.mktemp("run")
    with mock() as url:
        address = urlsplit(url)

        def relay(connection: socket.socket, request: bytes) -> None:
            requests.append(request)
            with socket.create_connection((address.hostname, address.port)) as upstream:
                upstream.sendall(request)
                connection.sendall(read_message(upstream))

        with raw_server(relay) as front:
            run = command("run", front, "--seeded-customer", "customer-with-purchases", cwd=folder)
    return requests, results(folder), run.returncode


def test_only_the_contracts_method_is_sent(recorded: tuple[list[bytes], Any, int]) -> None:
    requests, content, _ = recorded
    line = f"{CONTRACT.method} {CONTRACT.path} HTTP/1.1".encode()
    assert {request.partition(b"\r\n")[0] for request in requests} == {line}
    assert len(requests) >= content["summary"]["requests"] > 200


def test_a_server_that_ends_every_connection_is_no_worse(
    recorded: tuple[list[bytes], Any, int],
) -> None:
    _, content, code = recorded
    assert failing(content) == set()
    assert content["summary"]["conformant"], content["summary"]
    assert code == 0


@pytest.mark.parametrize("method", ["GET", "DELETE", "PATCH", "post"])
def test_another_method_is_refused(method: str, tmp_path: Path) -> None:
    with opened("http://127.0.0.1:9", tmp_path) as client:
        with pytest.raises(Refused, match="only POST may be sent"):
            ask(client, CONTROL, method=method)
        assert client.sent == 0


SENDERS = {"aiohttp", "http.client", "httpcore", "httpx", "requests", "socket", "urllib.request"}


def test_nothing_but_the_client_can_send() -> None:
    """conformance/peer.py makes HTTPX objects for Schemathesis' checks, runner/urls.py looks at
    what is configured as HTTPX will, and that is all."""
    found = {}
    for package in ("spec", "strategies", "conformance", "reports", "runner"):
        for path in (ROOT / package).glob("*.py"):
            if used := _senders(path):
                found[f"{package}/{path.name}"] = used
    assert found.pop("conformance/sending.py") > {"httpx.AsyncHTTPTransport"}
    assert found.pop("conformance/client.py") == {"httpx.AsyncBaseTransport", "httpx.URL"}
    assert found == {
        "conformance/receiving.py": {"httpx.Response"},
        "conformance/peer.py": {"httpx.Request", "httpx.Response"},
        "runner/urls.py": {"httpx.InvalidURL", "httpx.URL"},
    }


def _senders(path: Path) -> set[str]:
    """What a module takes from libraries that can send."""
    used = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            if node.value.id in SENDERS:
                used.add(f"{node.value.id}.{node.attr}")
        elif isinstance(node, ast.ImportFrom) and node.module in SENDERS:
            used |= {f"{node.module}.{each.name}" for each in node.names}
        elif isinstance(node, ast.Import):
            used |= {each.name for each in node.names if each.name in SENDERS - {"httpx"}}
    return used


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(status: int, tmp_path: Path) -> None:
    got: list[bytes] = []
    with raw_server(lambda _, request: got.append(request)) as elsewhere:
        head = f"HTTP/1.1 {status} See\r\nLocation: {elsewhere}/\r\nContent-Length: 0\r\n\r\n"
        with raw_server(says(head.encode())) as url:
            assert sent(url, tmp_path).status == status
    assert got == []


def test_a_redirect_to_itself_is_no_loop(tmp_path: Path) -> None:
    asked = []

    def answer(connection: socket.socket, request: bytes) -> bool:
        asked.append(request)
        connection.sendall(
            f"HTTP/1.1 307 Again\r\nLocation: {CONTRACT.path}\r\nContent-Length: 0\r\n\r\n".encode()
        )
        return True

    with raw_server(answer) as url:
        assert sent(url, tmp_path).status == 307
    assert len(asked) == 1


def test_proxies_of_the_environment_are_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with raw_server(says(OK)) as url:
        assert sent(url, tmp_path).status == 200


def test_headers_and_body_go_out_byte_for_byte(tmp_path: Path) -> None:
    got: list[bytes] = []

    def answer(connection: socket.socket, request: bytes) -> None:
        got.append(request)
        connection.sendall(OK)

    request = Request((("Authorization", "Api-Key ÿþ"), ("X-Latin", "é")), b"\x00\xff{")
    with raw_server(answer) as url:
        assert sent(url, tmp_path, request).status == 200
    head, _, body = got[0].partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    assert b"Authorization: Api-Key \xff\xfe" in lines
    assert b"X-Latin: \xe9" in lines
    assert body == b"\x00\xff{"


def test_a_connection_that_the_server_closed_is_opened_anew(tmp_path: Path) -> None:
    """A server may end an idle connection at any moment, also while we write to it."""
    lock, answered = threading.Lock(), 0

    def answer(connection: socket.socket, _: bytes) -> bool:
        nonlocal answered
        with lock:
            answered += 1
            if answered % 2 == 0:  # the second request of a connection finds it gone
                return False
        connection.sendall(OK)
        return True

    with raw_server(answer) as url, opened(url, tmp_path, concurrency=1) as client:
        assert [each.status for each in ask(client, *[CONTROL] * 4)] == [200] * 4


@pytest.mark.parametrize(
    ("base", "url"),
    [
        ("http://a", "http://a" + CONTRACT.path),
        ("http://a/", "http://a" + CONTRACT.path),
        ("http://a/prefix", "http://a/prefix" + CONTRACT.path),
        ("http://a" + CONTRACT.path, "http://a" + CONTRACT.path),
        ("http://a/p" + CONTRACT.path.rstrip("/"), "http://a/p" + CONTRACT.path),
    ],
)
def test_the_operations_url(base: str, url: str) -> None:
    assert operation_url(base, CONTRACT) == url
