"""No artefact of any kind of run holds the key, or the key cut by one letter."""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.support import (
    KEY,
    NEAR,
    PROGRAM,
    assert_secret,
    command,
    environment,
    failing,
    mock,
    results,
    verdicts,
)  # fmt: skip

AUTH = ("--phases", "deterministic", "--only", "auth.*")


def _command_lines() -> Iterable[str]:
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            yield path.read_bytes().decode("latin-1")
        except OSError:
            continue


def test_a_run_with_workers_keeps_the_key_out_of_everything(tmp_path: Path) -> None:
    seen: set[str] = set()
    with subprocess.Popen(
        [PROGRAM, "run", "--workers", "2", *AUTH], cwd=tmp_path, env=environment(), text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as run:  # fmt: skip
        watch = threading.Thread(target=_watch, args=(run, seen))
        watch.start()
        stdout, stderr = run.communicate(timeout=100)
        watch.join()
    assert run.returncode == 0, stderr
    assert any("sys.stdin.readline" in line for line in seen), "no worker was seen"
    assert all(near not in line for line in seen for near in NEAR)
    assert_secret(tmp_path, stdout, stderr)
    written = (tmp_path / "conformance-report" / "journal.ndjson").read_text()
    assert "Api-Key ${ADAPTY_API_KEY%?}" in written
    assert "Api-Key ${ADAPTY_API_KEY#?}" in written


def _watch(run: subprocess.Popen[str], seen: set[str]) -> None:
    while run.poll() is None:
        seen |= set(_command_lines())
        time.sleep(0.1)


def test_a_target_that_quotes_the_credential(tmp_path: Path) -> None:
    with mock("secrecy.credential") as url:
        run = command("run", url, *AUTH, "--only", "secrecy.*", "--skip", "request.*", cwd=tmp_path)
    assert run.returncode == 1
    assert failing(results(tmp_path)) == {"secrecy.credential"}
    assert_secret(tmp_path, run.stdout, run.stderr)


def test_a_target_that_cannot_be_reached(tmp_path: Path) -> None:
    run = command("run", "http://127.0.0.1:9", cwd=tmp_path)
    assert run.returncode == 3
    assert_secret(tmp_path, run.stdout, run.stderr)


CRASH = """
from conformance import client, target
def crash(*arguments):
    raise RuntimeError("a bug of the suite", arguments, target.Target("", "KEY"), "KEY")
client.WHAT = crash
"""


@pytest.mark.parametrize(
    ("what", "workers"), [("throttled_for", "0"), ("Client.applies", "0"), ("Client.applies", "1")]
)
def test_a_crash_of_the_suite(what: str, workers: str, tmp_path: Path) -> None:
    """Whether it strikes at the preflight or at a case, here or in a worker."""
    bug, folder = tmp_path / "bug", tmp_path / "run"
    bug.mkdir()
    folder.mkdir()
    (bug / "sitecustomize.py").write_text(CRASH.replace("KEY", KEY).replace("WHAT", what))
    run = command("run", "--workers", workers, *AUTH, cwd=folder,
                  env={"PYTHONPATH": str(bug)})  # fmt: skip
    assert run.returncode == 4
    assert run.stderr.startswith("adapty-conformance: the suite itself failed: ")
    assert "a bug of the suite" in run.stderr
    assert_secret(folder, run.stdout, run.stderr)


def test_a_short_key_spoils_no_verdict(tmp_path: Path) -> None:
    """`1` stands in every answer, and cut by a letter it is nothing: no verdict may suffer."""
    with mock(key="1") as url:
        run = command(
            "run", url, "--phases", "deterministic", "--skip", "request.*", cwd=tmp_path, key="1"
        )
    content = results(tmp_path)
    assert failing(content) == set()
    assert verdicts(content)["secrecy.credential"] == "pass"
    assert run.returncode == 0, run.stderr
