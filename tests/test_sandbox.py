"""A stand-in sandbox, and the action's steps against it from nothing to a report.

It is slow, speaks TLS, throttles, has two apps with a key each, and keeps its profiles on the disk.
"""

from __future__ import annotations

import asyncio
import csv
import re
import sqlite3
import time
from collections import deque
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import trustme
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mock_server.app import create_app
from mock_server.profiles import app_id
from mock_server.store import SEEDED_CUSTOMER
from tests.composite import Job, installed, perform
from tests.support import CONTRACT, KEY, assert_secret, results
from tests.tls import pem, serving_tls

pytestmark = pytest.mark.long

LATENCY, LIMIT = 0.02, 20  # seconds; requests a second
LIVE_KEY = "secret_live_9876543210"
SANDBOX_APP, LIVE_APP = app_id(CONTRACT), "14c3d623-2f3a-455a-aa86-ef83dff6913b"


@dataclass
class Sandbox:
    """Two apps behind one address; a request with no key of theirs is the sandbox app's to refuse.

    It counts what came, and what of that it throttled.
    """

    folder: Path
    came: int = 0
    throttled: int = 0
    _taken: deque[float] = field(default_factory=deque)

    def __post_init__(self) -> None:
        self._sandbox = create_app(CONTRACT, key=KEY, database=str(self.database("sandbox")))
        live = create_app(CONTRACT, key=LIVE_KEY, database=str(self.database("live")))
        self._live = _of_app(live, LIVE_APP)

    def database(self, app: str) -> Path:
        """The file of an app's profiles."""
        return self.folder / f"{app}.sqlite"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.came += 1
        await asyncio.sleep(LATENCY)
        app = self._refusal() or self._chosen(scope)
        await app(scope, receive, send)

    def _refusal(self) -> ASGIApp | None:
        now = time.monotonic()
        while self._taken and self._taken[0] <= now - 1:
            self._taken.popleft()
        if len(self._taken) < LIMIT:
            self._taken.append(now)
            return None
        self.throttled += 1
        return JSONResponse({"errors": []}, 429, {"retry-after": "1"})

    def _chosen(self, scope: Scope) -> ASGIApp:
        live = f"{CONTRACT.credential.scheme} {LIVE_KEY}".encode()
        return self._live if live in dict(scope["headers"]).values() else self._sandbox


def _of_app(app: ASGIApp, own: str) -> ASGIApp:
    """The application with another app's id in its answers, which is as long."""

    async def answered(scope: Scope, receive: Receive, send: Send) -> None:
        async def changed(message: Message) -> None:
            body = message.get("body", b"").replace(SANDBOX_APP.encode(), own.encode())
            await send({**message, "body": body} if "body" in message else message)

        await app(scope, receive, changed)

    return answered


def profiles(database: Path) -> set[str]:
    """The id of each profile that requests made."""
    return set(owners(database))


def owners(database: Path) -> dict[str, str]:
    """The customer of each profile that requests made, by its id."""
    with closing(sqlite3.connect(database)) as connection:
        rows = connection.execute("SELECT id, customer FROM profile").fetchall()
    return {key: customer or "" for key, customer in rows if customer != SEEDED_CUSTOMER}


def listed(workspace: Path) -> list[str]:
    """The profile id of each line of profiles.csv."""
    return [line["profile_id"] for line in lines_of(workspace)]


def lines_of(workspace: Path) -> list[dict[str, str]]:
    """The lines of profiles.csv."""
    with (workspace / "conformance-report/profiles.csv").open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def temporary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A `RUNNER_TEMP` in which the action's own step has installed this revision."""
    return installed(tmp_path_factory)


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[tuple[Sandbox, Path]]:
    """The sandbox, and a workspace whose configuration names it."""
    server, workspace = Sandbox(tmp_path), tmp_path / "workspace"
    workspace.mkdir()
    authority = trustme.CA()
    pem(authority, workspace)
    with serving_tls(server, tmp_path, authority) as url:
        (workspace / "adapty-conformance.toml").write_text(
            f'[targets.sandbox]\nurl = "{url}"\nca = "ca.pem"\nexpect-app-id = "{SANDBOX_APP}"\n'
        )
        yield server, workspace


def judged(workspace: Path, temporary: Path, key: str) -> Job:
    return perform({"target": "sandbox"}, workspace, temporary, key=key, done=("install",))


def test_the_sandbox_is_judged_and_every_profile_that_is_there_is_listed(
    sandbox: tuple[Sandbox, Path], temporary: Path
) -> None:
    server, workspace = sandbox
    job = judged(workspace, temporary, KEY)
    assert job.code == 0, job.text
    assert job.outputs["conformant"] == "true"
    content = results(workspace)
    assert content["target"]["url"].startswith("https://")
    assert content["summary"]["latency_ms"]["p50"] >= LATENCY * 1000
    assert server.throttled > 0
    there = profiles(server.database("sandbox"))
    assert len(there) > 90
    assert sorted(listed(workspace)) == sorted(there), "each is there, and once"
    owned = owners(server.database("sandbox"))
    named = {line["profile_id"]: line["customer_user_id"] for line in lines_of(workspace)}
    plain = {key for key in there if owned[key].isascii()}
    assert len(there - plain) <= 3
    assert {key: named[key] for key in plain} == {key: owned[key] for key in plain}
    assert profiles(server.database("live")) == set()
    assert_secret(workspace, job.text, job.summary)


def test_the_other_app_s_key_ends_the_run_after_one_request(
    sandbox: tuple[Sandbox, Path], temporary: Path
) -> None:
    server, workspace = sandbox
    job = judged(workspace, temporary, LIVE_KEY)
    assert (job.code, job.outputs["exit-code"], job.outputs["conformant"]) == (3, "3", "false")
    assert server.came == 1
    assert f"is of app {LIVE_APP}, not of {SANDBOX_APP}" in job.text
    assert {LIVE_APP, SANDBOX_APP} <= set(re.findall("[0-9a-f-]{36}", job.summary))
    assert profiles(server.database("sandbox")) == set()
    assert len(profiles(server.database("live"))) == 1
    assert listed(workspace) == list(profiles(server.database("live")))
    files = [path for path in workspace.rglob("*") if path.is_file()]
    assert not [path for path in files if LIVE_KEY.encode() in path.read_bytes()]
    assert LIVE_KEY not in job.text + job.summary
