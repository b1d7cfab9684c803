"""Runs that are killed at any moment: what was answered is in the report made afterwards, once."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mock_server.app import create_app
from mock_server.serve import serving
from runner.cli import cli
from tests.support import CONTRACT, KEY, PROGRAM, environment, results

pytestmark = pytest.mark.long

NUMBER = "x-number"
READ = 0.2  # seconds in which an answer that was sent is read and written to the journal
KILLS = 20


class Numbering:
    """ASGI middleware that numbers its answers; `answered` has when each was sent whole."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.asked: list[float] = []
        self.answered: dict[str, float] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.asked.append(time.time())
        number = str(len(self.asked))

        async def numbered(message: Message) -> None:
            if message["type"] == "http.response.start":
                header = (NUMBER.encode(), number.encode())
                message["headers"] = [*message["headers"], header]
            await send(message)
            if message["type"] == "http.response.body" and not message.get("more_body"):
                self.answered[number] = time.time()

        await self.app(scope, receive, numbered)


@contextmanager
def counted() -> Iterator[tuple[str, Numbering]]:
    seen: list[Numbering] = []

    def around(app: ASGIApp) -> ASGIApp:
        seen.append(Numbering(app))
        return seen[-1]

    app = create_app(CONTRACT, key=KEY)
    app.add_middleware(around)
    with serving(app) as url:
        app.middleware_stack = app.middleware_stack or app.build_middleware_stack()
        yield url, seen[0]


def killed(url: str, folder: Path, seen: Numbering, after: float, *more: str) -> float:
    """Kill a run, its workers too, so many seconds after its first request; when, by the clock."""
    process = subprocess.Popen(
        [PROGRAM, "run", url, "--phases", "deterministic", *more], cwd=folder, env=environment(),
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    while not seen.asked:
        time.sleep(0.01)
        assert process.poll() is None, "it ended before its first request"
    time.sleep(after)
    at = time.time()
    os.killpg(process.pid, signal.SIGKILL)
    process.wait(10)
    return at


def report(capsys: pytest.CaptureFixture[str]) -> str:
    """Make the report of the current folder again; what that says."""
    code = cli.main(["report"])
    said = capsys.readouterr()
    assert code == 0, said.err
    return said.out


@pytest.mark.parametrize("kill", range(KILLS))
def test_what_was_answered_is_in_the_report_once(
    kill: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    after = random.Random(kill).uniform(0.0, 1.2)
    more = ("--workers", "2") if kill % 2 else ()
    with counted() as (url, seen):
        at = killed(url, tmp_path, seen, after, *more)
        time.sleep(0.1)
        asked, answered = len(seen.asked), dict(seen.answered)
    again = report(capsys)
    har = json.loads((tmp_path / "conformance-report/exchanges.har").read_text("utf-8"))
    entries = har["log"]["entries"]
    numbers = [
        header["value"]
        for entry in entries
        for header in entry["response"]["headers"]
        if header["name"].lower() == NUMBER
    ]
    assert len(numbers) == len(set(numbers)), "none is there twice"
    read = {number for number, sent in answered.items() if sent < at - READ}
    assert read <= set(numbers)
    content = results(tmp_path)
    assert content["summary"]["requests"] == len(entries)
    # What went out was noted before, so that nothing the server saw is unknown.
    under_way = content["run"].get("under_way", [])
    assert len(entries) + len(under_way) >= asked
    if content["run"]["stopped"] is not None:
        assert "killed" in content["run"]["stopped"]
    if under_way:
        were = "was" if len(under_way) == 1 else "were"
        assert f"{were} under way then, of whose end nothing is known" in again


def test_a_torn_last_line_is_told_of_and_not_fatal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    with counted() as (url, seen):
        killed(url, tmp_path, seen, 0.5)
    path = tmp_path / "conformance-report/journal.ndjson"
    path.write_bytes(path.read_bytes() + b'{"kind":"exchange","id":"99","ca')
    assert "1 line of the journal is torn" in report(capsys)
