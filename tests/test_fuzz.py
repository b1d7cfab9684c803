"""`fuzz` as a user runs it: budgets, workers that are killed, Ctrl-C, and the next fuzz."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support import (
    PROGRAM,
    assert_secret,
    command,
    environment,
    failing,
    mock,
    results,
    verdicts,
)

pytestmark = pytest.mark.long

GENDER = "request.body.gender.enum"
REPORT = "conformance-report"


def notes(folder: Path, kind: str) -> list[dict[str, Any]]:
    """The notes of one kind in the journals of a fuzz that may still go on."""
    found = []
    for path in sorted((folder / REPORT).glob("journal*.ndjson")):
        for line in path.read_text("ascii").splitlines():
            if line.startswith(f'{{"kind":"{kind}"'):
                found.append(json.loads(line))
    return found


def started(folder: Path, url: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [PROGRAM, "fuzz", url, *arguments], cwd=folder, env=environment(), text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip


def wait(until: Callable[[], object], seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not until():
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.1)


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any], str]:
    """A fuzz of a server that takes any gender, and one more of it, in one folder."""
    folder = tmp_path_factory.mktemp("broken")
    with mock(broken=GENDER) as url:
        first = command("fuzz", url, "--requests", "700", "--seed", "1", cwd=folder)
        assert first.returncode == 1, first.stderr
        content = results(folder)
        again = command("fuzz", url, "--requests", "60", "--seed", "5", cwd=folder)
        assert again.returncode == 1, again.stderr
    assert_secret(folder, first.stdout, first.stderr)
    return folder, content, first.stdout


def test_what_it_finds_is_told_as_after_a_run(broken: tuple[Path, dict[str, Any], str]) -> None:
    _, content, said = broken
    assert failing(content) == {GENDER}
    assert content["summary"]["requests"] <= 700
    assert not content["summary"]["complete"]
    assert content["run"]["stopped"] is None
    assert f"\nfound          {GENDER}  after " in said
    assert "Breaks 1 of 261 promises, a must" in said
    failure = next(each for each in content["requirements"] if each["id"] == GENDER)["failures"][0]
    assert failure["change"]["pointer"] == "/gender"
    assert failure["tries"] == failure["failed"] >= 2


def test_when_it_was_found_is_told(broken: tuple[Path, dict[str, Any], str]) -> None:
    told = broken[1]["fuzz"]
    assert [each["requirement"] for each in told["discoveries"]] == [GENDER]
    assert 0 < told["discoveries"][0]["requests"] <= 700
    assert told["curve"][0] == {"seconds": 0, "requests": 0, "findings": 0, "exercised": 0}
    # Until the first request, which goes out once all is planned, there is nothing to count.
    assert told["curve"][1]["requests"] == 0 < told["curve"][1]["seconds"]
    assert told["curve"][1]["seconds"] <= told["discoveries"][0]["seconds"]
    assert told["curve"][-1]["findings"] == 1
    assert told["curve"][-1]["requests"] == broken[1]["summary"]["requests"]
    assert told["batches"] == 1
    assert told["workers"] == 1


def test_the_next_fuzz_begins_with_what_was_recorded(
    broken: tuple[Path, dict[str, Any], str],
) -> None:
    folder, before, _ = broken
    content = results(folder)
    assert failing(content) == {GENDER}
    assert content["summary"]["requests_by_phase"]["recorded"] >= 3  # a control and two tries
    recorded = [
        exchange["cases"][0]
        for exchange in notes(folder, "exchange")
        if exchange["phase"] == "recorded" and exchange["cases"]
    ]
    failure = next(each for each in before["requirements"] if each["id"] == GENDER)["failures"][0]
    assert failure["case"] in recorded
    assert content["fuzz"]["discoveries"][0]["case"] == failure["case"]


def test_a_conformant_target_passes(tmp_path: Path) -> None:
    with mock() as url:
        run = command("fuzz", url, "--requests", "300", cwd=tmp_path)
    assert run.returncode == 0, run.stdout + run.stderr
    content = results(tmp_path)
    assert content["summary"]["requests"] <= 300
    assert verdicts(content)["robustness.server_error"] == "pass"
    assert set(verdicts(content).values()) == {"pass", "untested"}
    assert "No promise broken in 300 requests" in run.stdout
    assert "it shows what is broken, never that all is kept" in run.stdout


def test_without_a_url_the_embedded_mock_is_fuzzed_with_its_customer(tmp_path: Path) -> None:
    """The one that has purchases, so that what only a populated profile shows is judged."""
    run = command("fuzz", "--requests", "500", key=None, cwd=tmp_path)
    assert run.returncode == 0, run.stdout + run.stderr
    told = verdicts(results(tmp_path))
    shown = [key for key in told if key.startswith("response.200.data.access_levels.item.")]
    assert {told[key] for key in shown} == {"pass"}
    assert len(shown) > 20
    seen = {each["id"]: each["observed"] for each in results(tmp_path)["choices"]}
    assert seen["request.encoding"] == "refused with 400 (byte order mark, invalid utf 8, utf 16)"


def test_no_more_requests_than_allowed_by_several_workers(tmp_path: Path) -> None:
    received = []

    def count(*told: Any) -> None:
        received.append(told)

    with mock(twist=count) as url:
        run = command("fuzz", url, "--requests", "500", "--workers", "2", cwd=tmp_path)
    assert run.returncode == 0, run.stdout + run.stderr
    assert 450 <= len(received) <= 500
    assert results(tmp_path)["summary"]["requests"] == len(received)
    assert {each["worker"] for each in notes(tmp_path, "batch")} == {"gw0", "gw1"}


def test_a_batch_is_the_same_again_whoever_sends_it(tmp_path: Path) -> None:
    found = []
    with mock() as url:
        for workers in ("0", "2"):
            run = command("fuzz", url, "--batch", "3", "--batch", "1", "--workers", workers,
                          "--seed", "4", cwd=tmp_path)  # fmt: skip
            assert run.returncode == 0, run.stdout + run.stderr
            found.append({each["number"]: each["sha256"] for each in notes(tmp_path, "batch")})
    assert sorted(found[0]) == [1, 3]
    assert found[0] == found[1]


def test_a_worker_that_is_killed_loses_nothing_and_is_replaced(tmp_path: Path) -> None:
    with mock(broken=GENDER) as url, started(tmp_path, url, "--workers", "2") as run:
        wait(lambda: len({each["worker"] for each in notes(tmp_path, "beat")}) == 2)
        wait(lambda: notes(tmp_path, "found"))
        before = [each["id"] for each in notes(tmp_path, "exchange")]
        child = next(each for each in _children(run.pid))
        os.kill(child, signal.SIGKILL)
        wait(lambda: "gw2" in {each["worker"] for each in notes(tmp_path, "beat")})
        os.killpg(run.pid, signal.SIGINT)
        said, errors = run.communicate(timeout=60)
    assert run.returncode == 130, errors
    assert "\nlost           worker gw" in said
    content = results(tmp_path)
    assert failing(content) == {GENDER}
    assert content["fuzz"]["workers"] == 3
    kept = {each["id"] for each in notes(tmp_path, "exchange")}
    assert kept >= set(before)


@pytest.mark.parametrize("workers", ["0", "2"])
def test_ctrl_c_gives_a_whole_report(workers: str, tmp_path: Path) -> None:
    with mock(broken=GENDER) as url, started(tmp_path, url, "--workers", workers) as run:
        wait(lambda: notes(tmp_path, "found"))
        os.killpg(run.pid, signal.SIGINT)
        said, errors = run.communicate(timeout=60)
    assert run.returncode == 130, errors
    assert errors == ""
    assert "Breaks 1 of 261 promises" in said
    content = results(tmp_path)
    assert failing(content) == {GENDER}
    assert content["run"]["exit_code"] == 130
    assert {each.name for each in (tmp_path / REPORT).iterdir()} == {
        "index.html", "junit.xml", "results.json", "results.sarif", "summary.md", "exchanges.har",
        "journal.ndjson", "profiles.csv",
    }  # fmt: skip


def test_one_rate_for_all_workers(tmp_path: Path) -> None:
    received = []

    def count(*_: Any) -> None:
        received.append(time.monotonic())

    arguments = ("--workers", "2", "--rate", "20/s", "--requests", "60")
    with mock(twist=count) as url:
        command("fuzz", url, *arguments, cwd=tmp_path)
    searching = received[1:]  # after the preflight, while the workers start
    assert len(searching) >= 50
    assert len(searching) <= 20 * (searching[-1] - searching[0]) + 4


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--batch", "x"), "--batch is 'x'; it takes the number of a batch, from 0"),
        (("--workers", "2", "--dask", "tcp://127.0.0.1:1"), "--dask has workers of its own"),
        (("--workers", "many"), "'many'"),
    ],
)
def test_wrong_usage(arguments: tuple[str, ...], words: str, tmp_path: Path) -> None:
    run = command("fuzz", "http://127.0.0.1:9", *arguments, cwd=tmp_path)
    assert run.returncode == 2
    assert words in run.stderr
    assert run.stderr.count("\n") == 1


def _children(pid: int) -> list[int]:
    told = Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii")
    return [int(each) for each in told.split()]
