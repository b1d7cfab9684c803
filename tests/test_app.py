"""Whether the app is the operator's: what answers show of it, and who has to know."""

from __future__ import annotations

import dataclasses
import json
import socket
from pathlib import Path

import pytest
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.types import ASGIApp, Scope

from conformance.client import WrongApp
from runner.session import Session, Shared, new
from runner.settings import Settings
from tests.support import CONTRACT, CONTROL, KEY, ask, mock, opened, raw_server

OURS = "3fa85f64-5717-4562-b3fc-2c963f66afa6"
LIVE = "14c3d623-2f3a-455a-aa86-ef83dff6913b"
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"


def of(app: str) -> bytes:
    body = json.dumps({"data": {"profile_id": OURS, "app_id": app}}).encode()
    return HEAD % len(body) + body


RIGHT, WRONG, NAMELESS = of(OURS), of(LIVE), HEAD % 2 + b"{}"
CUT, HANGS = RIGHT[:-20], RIGHT[:-30]
NO_APP = f"no answer named the app, which is to be {OURS} \\(--expect-app-id\\)$"
ANOTHER = f"is of app {LIVE}, not of {OURS} \\(--expect-app-id\\): the key is another app's"


def statuses(folder: Path, *answers: bytes, seen: bool = False) -> list[int | None]:
    """How a request ended for each of these answers, one after the other."""
    left = iter(answers)

    def answer(connection: socket.socket, _: bytes) -> bool:
        connection.sendall(told := next(left))
        return told == HANGS

    with (
        raw_server(answer) as url,
        opened(url, folder, app=OURS, app_seen=seen, timeout=0.2) as client,
    ):
        return [each.status for _ in answers for each in ask(client, CONTROL)]


def test_an_answer_that_is_cut_accuses_no_key(tmp_path: Path) -> None:
    assert statuses(tmp_path, CUT, RIGHT, NAMELESS) == [None, 200, 200]


def test_nor_does_one_that_does_not_come(tmp_path: Path) -> None:
    assert statuses(tmp_path, HANGS, RIGHT, HANGS) == [None, 200, None]


@pytest.mark.parametrize("before", [(), (CUT,)])
def test_a_whole_first_answer_has_to_name_the_app(
    before: tuple[bytes, ...], tmp_path: Path
) -> None:
    with pytest.raises(WrongApp, match=NO_APP):
        statuses(tmp_path, *before, NAMELESS)


def test_once_it_was_seen_an_answer_may_name_none(tmp_path: Path) -> None:
    assert statuses(tmp_path, NAMELESS, NAMELESS, seen=True) == [200, 200]


@pytest.mark.parametrize("seen", [False, True])
def test_another_app_ends_it_whatever_was_seen(seen: bool, tmp_path: Path) -> None:
    with pytest.raises(WrongApp, match=ANOTHER):
        statuses(tmp_path, RIGHT, NAMELESS, WRONG, seen=seen)


def sessions(url: str, folder: Path) -> tuple[Session, Session]:
    """The controlling process's after its preflight, and that of a worker, as it is told of it."""
    told = Settings(
        target=url, report_dir=str(folder / "report"), only=("request.body.gender.*",),
        phases="deterministic", expect_app_id=OURS, workers=2,
    )  # fmt: skip
    controller = Session(told, CONTRACT, new(told, url), KEY)
    controller.preflight()
    shared = Shared(**dataclasses.asdict(controller.shared))
    return controller, Session(told, CONTRACT, shared, KEY, "gw0")


@pytest.mark.parametrize("app", [None, LIVE])
def test_workers_know_of_the_preflight_and_all_of_another_app(
    app: str | None, tmp_path: Path
) -> None:
    """The worker's first answer is no JSON: it breaks a promise, and is no other app's."""
    seen: list[bytes] = []

    def twist(_: Scope, body: bytes) -> ASGIApp:
        seen.append(body)
        if app is None and len(seen) > 1:
            return PlainTextResponse("OK")
        return JSONResponse({"data": {"app_id": OURS if len(seen) == 1 else app}})

    with mock(twist=twist) as url:
        controller, worker = sessions(url, tmp_path)
        worker.conduct(worker.chapter("profile_request"), "deterministic")
        stopped = worker.bench.spent
        worker.close()
        if app is None:
            assert stopped is None
            assert len(seen) > 3
            assert not controller.bench.over
        else:
            assert stopped is not None
            assert f"is of app {LIVE}" in stopped
            assert controller.bench.over
            assert controller.bench.spent == stopped
        content = controller.finish()
    assert content["run"]["stopped"] == stopped
    assert [each for each in (tmp_path / "report").iterdir() if each.name.startswith(".")] == []


def test_a_first_answer_that_is_cut_is_said_to_be_none(tmp_path: Path) -> None:
    with raw_server(lambda connection, _: connection.sendall(CUT)) as url:
        controller, worker = sessions(url, tmp_path)
        worker.close()
        stopped = controller.stopped or ""
        controller.finish()
    assert stopped.startswith(f"{url} gives no answer to a valid request (peer closed")
