"""Ctrl-C at any moment: exit 130, and what was seen until then is written."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mock_server.answers import silent
from tests.support import PROGRAM, environment, mock, results, verdicts

DETERMINISTIC = ("--phases", "deterministic")


def interrupted(
    folder: Path, url: str, *arguments: str, when: Callable[[str], bool], times: int = 1
) -> tuple[int, str, str]:
    """Run until a line of output is there, then press Ctrl-C."""
    with subprocess.Popen(
        [PROGRAM, "run", url, *arguments], cwd=folder, env=environment(), text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
    ) as run:  # fmt: skip
        assert run.stdout is not None
        assert run.stderr is not None
        lines = []
        for line in run.stdout:
            lines.append(line)
            if when(line):
                break
        for _ in range(times):
            os.killpg(run.pid, signal.SIGINT)
            time.sleep(0.1)
        said = "".join(lines) + run.stdout.read()
        code = run.wait(30)
        return code, said, run.stderr.read()


def preflight(line: str) -> bool:
    return line.startswith("preflight ")


def incomplete(folder: Path) -> dict[str, Any]:
    """The results of an interrupted run, which are valid, and say so."""
    content = results(folder)
    assert not content["summary"]["complete"]
    assert not content["summary"]["conformant"]
    assert content["run"]["exit_code"] == 130
    assert {each.name for each in (folder / "conformance-report").iterdir()} == {
        "index.html", "junit.xml", "results.json", "results.sarif", "summary.md", "exchanges.har",
        "profiles.csv",
        "journal.ndjson",
    }  # fmt: skip
    return content


@pytest.mark.parametrize("workers", ["0", "2"])
def test_in_the_middle(workers: str, tmp_path: Path) -> None:
    name = "journal.ndjson" if workers == "0" else "journal-gw0.ndjson"
    journal = tmp_path / "conformance-report" / name

    def sent() -> int:
        return journal.read_bytes().count(b'"kind":"exchange"') if journal.exists() else 0

    def under_way(line: str) -> bool:
        while preflight(line) and sent() < 10:
            time.sleep(0.05)
        return preflight(line)

    with mock() as url:
        slowly = ("--rate", "20/s", "--workers", workers)
        code, said, wrong = interrupted(tmp_path, url, *DETERMINISTIC, *slowly, when=under_way)
    assert (code, wrong) == (130, "")
    content = incomplete(tmp_path)
    assert 5 < content["summary"]["requests"] < 200
    told = set(verdicts(content).values())
    assert "pass" in told
    assert "fail" not in told
    assert "report  conformance-report/index.html" in said


def test_while_the_clock_is_waited_for(tmp_path: Path) -> None:
    with mock() as url:
        code, _, wrong = interrupted(
            tmp_path, url, *DETERMINISTIC, "--only", "auth.missing", "--only", "timestamp.*",
            "--skip", "request.*", when=lambda line: line.startswith("deterministic "),
        )  # fmt: skip
    assert (code, wrong) == (130, "")
    assert verdicts(incomplete(tmp_path))["auth.missing"] == "pass"


def test_at_the_preflight(tmp_path: Path) -> None:
    with mock(twist=lambda *_: silent) as url:
        code, _, wrong = interrupted(tmp_path, url, when=lambda line: line.startswith("target "))
    assert (code, wrong) == (130, "")


def test_twice(tmp_path: Path) -> None:
    """Whoever presses again is impatient, and gets no traceback either."""
    with mock() as url:
        slowly = ("--rate", "20/s")
        code, _, wrong = interrupted(
            tmp_path, url, *DETERMINISTIC, *slowly, when=preflight, times=2
        )
    assert code == 130
    assert "Traceback" not in wrong
