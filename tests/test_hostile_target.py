"""A target that answers with everything that could hurt: markup, controls, megabytes, no UTF-8."""

from __future__ import annotations

import itertools
import socket
from pathlib import Path

import pytest

from reports.text import plain
from reports.writing import NAMES
from tests.browsing import chromium
from tests.support import command, raw_server

EVIL = (
    b"</script><script>window.hacked=1</script><img src=x onerror=window.hacked=1>"
    b"\x1b]0;owned\x07\x1b[2J \xe2\x80\xae evil \xff\xfe $(id) `id` ]]> -->"
)
MEGABYTES = b'{"data": {"profile_id": "' + b"<b>A" * 2_600_000 + b'"}}'
BODIES = (
    b'{"data": {"profile_id": "' + EVIL.replace(b"\x1b", b"\\u001b").replace(b"\x07", b"") + b'"}}',
    EVIL,
    b'{"'
    + EVIL.replace(b"\x1b", b"").replace(b"\x07", b"").replace(b"\xff\xfe", b"")
    + b'": [{}]}',
    b"\x00" * 1000,
)


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The report of a run against it, and what the terminal got."""
    folder = tmp_path_factory.mktemp("hostile") / "report"
    bodies = itertools.cycle([MEGABYTES, *BODIES * 10])
    reasons = itertools.cycle([b"OK", EVIL.replace(b"\x07", b"")])
    headers = (b"Content-Type: application/json", b"X-Evil: <b>" + EVIL.replace(b"\x1b", b"")[:60])

    def answer(connection: socket.socket, _: bytes) -> None:
        body = next(bodies)
        lines = [b"HTTP/1.1 200 " + next(reasons), *headers, b"Content-Length: %d" % len(body)]
        connection.sendall(b"\r\n".join(lines) + b"\r\n\r\n" + body)

    with raw_server(answer) as url:
        options = ["--requests", "150", "--only", "response.*", "--only", "auth.*"]
        done = command("run", url, "--report-dir", folder, *options, cwd=folder.parent)
    assert done.returncode == 1, done.stderr
    return folder, done.stdout + done.stderr


def test_the_terminal_gets_no_control(report: tuple[Path, str]) -> None:
    _, said = report
    assert plain(said, len(said)) == said
    assert "Breaks " in said


def test_the_page_runs_nothing_and_stays_small(report: tuple[Path, str]) -> None:
    folder, _ = report
    assert (folder / "index.html").stat().st_size < 15_000_000
    with chromium() as browser:
        page = browser.new_page()
        heard: list[str] = []
        page.on("console", lambda message: heard.append(message.text))
        page.on("request", lambda request: heard.append(request.url))
        page.goto((folder / "index.html").as_uri())
        assert heard == [(folder / "index.html").as_uri()]
        assert page.evaluate("window.hacked") is None
        assert page.locator("img").count() == 0
        assert page.locator("script").count() == 1
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert "onerror=window.hacked=1" in page.locator("main").inner_text()


@pytest.mark.parametrize("name", NAMES)
def test_no_report_holds_a_control(report: tuple[Path, str], name: str) -> None:
    folder, _ = report
    text = (folder / name).read_text("utf-8")
    raw = {char for char in text if plain(char) != char}
    assert raw <= ({"\u202e"} if name == "exchanges.har" else set())
