"""What is pasted into a terminal sends what was recorded."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from reports.curl import curl, decoded, http_snippet, on_one_connection
from reports.text import plain
from tests import reports_sample as sample
from tests.needs import require_executable


class Receiver:
    """A server on loopback that keeps what it is sent."""

    def __init__(self) -> None:
        self.got: list[tuple[str, str, list[tuple[str, str]], bytes]] = []
        self.ports: list[int] = []
        got, ports = self.got, self.ports

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                got.append((self.command, self.path, list(self.headers.items()), body))
                ports.append(self.client_address[1])
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True)
        self.thread.start()

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.stop()


SECRET = "secret_live_aB3.x'y"
BASIC = f"Basic {base64.b64encode(f'{SECRET}:'.encode()).decode()}"


def _environment(home: Path) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "LC_ALL": "C.UTF-8",
        "NO_PROXY": "*",
        "no_proxy": "*",
        "ADAPTY_API_KEY": SECRET,
        "EVIL": "expanded",
    }


def _paste(line: str, home: Path) -> None:
    """Run a line as an interactive bash would: with its history expanded."""
    bash = str(require_executable("bash"))
    done = subprocess.run(
        [bash, "--norc", "--noprofile"],
        input=f"set -o history -o histexpand -o pipefail\n{line}\n".encode(
            "utf-8", "surrogatepass"
        ),
        env=_environment(home),
        cwd=home,
        capture_output=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 0, (line[:2000], done.stderr)


def _request(receiver: Receiver, **more: Any) -> dict[str, Any]:
    request = sample.exchange(1, "{}")["request"] | {"url": f"{receiver.url}/prefix/profile/"}
    return {**request, **more}


BODIES = [
    "",
    json.dumps(sample.CONTRACT.example),
    """it's "quoted" \\ `touch evil` $(touch evil) $EVIL ${EVIL}""",
    "${ADAPTY_API_KEY} !! !$ %s %% \\n",
    "'", "''", "\\", "-n", "%", "@/etc/passwd", "@", "{\n\t\"a\": 1\r\n}\n", "\n\n", " ", "~",
    "#", "a=b",
    "\x00", "a\x00\x01\x1b[31m\x7f1", "\u202eabc\u2066\ufeff\xa0", "é 日本 😀", "\ud800",
    "[" * 5000, "1\x002", "x" * 300_000,
]  # fmt: skip


@pytest.mark.parametrize("text", BODIES, ids=lambda text: ascii(text[:20]))
def test_a_pasted_curl_line_sends_the_same_body(
    text: str, receiver: Receiver, tmp_path: Path
) -> None:
    require_executable("curl")
    request = _request(receiver, body=text)
    line = curl(request)
    assert "\n" not in line
    assert plain(line, 10**6) == line
    _paste(line, tmp_path)
    method, path, headers, body = receiver.got.pop()
    assert (method, path) == ("POST", "/prefix/profile/")
    assert body == decoded(request) == text.encode("utf-8", "surrogatepass")
    assert ("Authorization", f"Api-Key {SECRET}") in headers
    assert [value for name, value in headers if name == "Content-Type"] == ["application/json"]
    assert not list(tmp_path.iterdir())


def test_a_pasted_curl_line_sends_the_same_bytes(receiver: Receiver, tmp_path: Path) -> None:
    require_executable("curl")
    request = _request(receiver, body=None, body_base64="AP+A/4CAZm9vCg==")
    _paste(curl(request), tmp_path)
    assert receiver.got.pop()[3] == b"\x00\xff\x80\xff\x80\x80foo\n" == decoded(request)


HEADERS: list[tuple[list[list[str]], list[tuple[str, str]]]] = [
    ([], []),
    ([["Authorization", "Api-Key ${ADAPTY_API_KEY%?}"]],
     [("Authorization", f"Api-Key {SECRET[:-1]}")]),
    ([["Authorization", "Api-Key ${ADAPTY_API_KEY}x"]], [("Authorization", f"Api-Key {SECRET}x")]),
    ([["Authorization", "${ADAPTY_API_KEY}"]], [("Authorization", SECRET)]),
    ([["Authorization", "Api-Key ${ADAPTY_API_KEY^^}"]],
     [("Authorization", f"Api-Key {SECRET.upper()}")]),
    ([["Authorization", "Api-Key ${ADAPTY_API_KEY~~}"]],
     [("Authorization", f"Api-Key {SECRET.swapcase()}")]),
    ([["Authorization", "Api-Key ${ADAPTY_API_KEY:0:8}"]],
     [("Authorization", f"Api-Key {SECRET[:8]}")]),
    ([["Authorization", "Api-Key ${ADAPTY_API_KEY//_/-}"]],
     [("Authorization", f"Api-Key {SECRET.replace('_', '-')}")]),
    ([["Authorization", "Basic ${ADAPTY_API_KEY@base64}"]], [("Authorization", BASIC)]),
    ([["Authorization", "Basic\t${ADAPTY_API_KEY@base64}!"]],
     [("Authorization", BASIC.replace(" ", "\t") + "!")]),
    ([["Authorization", "Api-Key ${ADAPTY_API_KEY#?}!! \"`$EVIL\\ $(touch evil)"]],
     [("Authorization", f"Api-Key {SECRET[1:]}!! \"`$EVIL\\ $(touch evil)")]),
    ([["Authorization", "\"`$EVIL\\ ${EVIL} ${ADAPTY_API_KEY}'"]],
     [("Authorization", f"\"`$EVIL\\ ${{EVIL}} {SECRET}'")]),
    ([["Authorization", "${ADAPTY_API_KEY:-$(touch evil)} ${ADAPTY_API_KEYS}"]],
     [("Authorization", "${ADAPTY_API_KEY:-$(touch evil)} ${ADAPTY_API_KEYS}")]),
    ([["Authorization", "Api-Key a"], ["Authorization", "Api-Key ${ADAPTY_API_KEY}"]],
     [("Authorization", "Api-Key a"), ("Authorization", f"Api-Key {SECRET}")]),
    ([["Authorization", ""], ["adapty-profile-id", " "]],
     [("Authorization", ""), ("adapty-profile-id", "")]),
    ([["adapty-customer-user-id", "it's $EVIL `x` !! \\"], ["X-Tab", "a\tb"]],
     [("adapty-customer-user-id", "it's $EVIL `x` !! \\"), ("X-Tab", "a\tb")]),
    ([["Authorization", "Api-Key\t${ADAPTY_API_KEY}"]], [("Authorization", f"Api-Key\t{SECRET}")]),
]  # fmt: skip


@pytest.mark.parametrize(("recorded", "expected"), HEADERS)
def test_a_pasted_curl_line_sends_the_same_headers(
    recorded: list[list[str]],
    expected: list[tuple[str, str]],
    receiver: Receiver,
    tmp_path: Path,
) -> None:
    require_executable("curl")
    _paste(curl(_request(receiver, headers=recorded)), tmp_path)
    own = {"Host", "User-Agent", "Accept", "Content-Length"}
    assert [each for each in receiver.got.pop()[2] if each[0] not in own] == expected
    assert not list(tmp_path.iterdir())


def test_what_went_over_one_connection_is_pasted_so(receiver: Receiver, tmp_path: Path) -> None:
    first, second = (curl(_request(receiver, body=body)) for body in ('{"a": 1}', "it's"))
    _paste(on_one_connection([first, second]), tmp_path)
    assert [each[3] for each in receiver.got[-2:]] == [b'{"a": 1}', b"it's"]
    assert [each[1] for each in receiver.got[-2:]] == ["/prefix/profile/"] * 2
    assert receiver.ports[-1] == receiver.ports[-2]
    made = curl(_request(receiver, body="a\nb"))
    assert made.startswith("printf ")
    assert on_one_connection([first, made]) == made


def test_the_key_may_have_another_name() -> None:
    request = sample.exchange(1, "{}", key="Api-Key ${ADAPTY_API_KEY%?}")["request"]
    assert '"Authorization: Api-Key ${SANDBOX_KEY%?}"' in curl(request, "SANDBOX_KEY")
    assert "os.environ['SANDBOX_KEY'][:-1]" in http_snippet(request, "SANDBOX_KEY")


def test_no_other_variable_is_expanded() -> None:
    request = sample.exchange(1, "{}", key="Api-Key ${SANDBOX_KEY%?}")["request"]
    assert "'Authorization: Api-Key ${SANDBOX_KEY%?}'" in curl(request)
    assert "'Authorization: Api-Key ${SANDBOX_KEY%?}'" in curl(request, "SANDBOX_KEY")


@pytest.mark.parametrize(
    ("more", "key"),
    [
        ({}, f"Api-Key {SECRET}"),
        ({"body": "it's\n\x00\u202e\ud800é"}, f"Api-Key {SECRET}"),
        ({"body": None, "body_base64": "AP+A"}, f"Api-Key {SECRET}"),
        (
            {"headers": [["Authorization", "Api-Key ${ADAPTY_API_KEY:0:8}"]]},
            f"Api-Key {SECRET[:8]}",
        ),
        ({"headers": [["Authorization", "${ADAPTY_API_KEY^^}"]]}, SECRET.upper()),
        ({"headers": [["Authorization", "${ADAPTY_API_KEY%???}"]]}, SECRET[:-3]),
        ({"headers": [["Authorization", "${ADAPTY_API_KEY//_/-}"]]}, SECRET.replace("_", "-")),
        ({"headers": [["Authorization", "Basic ${ADAPTY_API_KEY@base64}"]]}, BASIC),
        ({"headers": []}, None),
    ],
)
def test_the_python_snippet_sends_the_same(
    more: dict[str, Any], key: str | None, receiver: Receiver, tmp_path: Path
) -> None:
    request = _request(receiver, **more)
    snippet = http_snippet(request)
    assert snippet.isascii()
    done = subprocess.run(
        [sys.executable, "-c", snippet],
        env=_environment(tmp_path), capture_output=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, (snippet, done.stderr)
    _, _, headers, body = receiver.got.pop()
    assert body == decoded(request)
    assert dict(headers).get("Authorization") == key
