"""`--dry-run`: what would be sent is what is sent, and nothing is."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from runner.dryrun import dry_run
from runner.progress import Reporter
from runner.settings import Settings
from tests.support import command, mock, raw_server, results

SOME = ("--phases", "deterministic", "--only", "request.body.*")


def numbered(text: str) -> list[str]:
    return [line for line in text.splitlines() if re.match(r" *\d+  ", line)]


def test_nothing_is_sent_and_nothing_written(tmp_path: Path) -> None:
    asked: list[bytes] = []
    with raw_server(lambda _, request: asked.append(request)) as url:
        dry = command("run", url, "--dry-run", *SOME, key=None, cwd=tmp_path)
    assert dry.returncode == 0, dry.stderr
    assert asked == []
    assert list(tmp_path.iterdir()) == []
    assert "Nothing was sent." in dry.stdout
    assert url in dry.stdout


def test_it_tells_what_a_run_then_sends(tmp_path: Path) -> None:
    dry = command("run", "http://localhost:1", "--dry-run", *SOME, "--rate", "10/s", cwd=tmp_path)
    lines = numbered(dry.stdout)
    with mock() as url:
        assert command("run", url, *SOME, cwd=tmp_path).returncode == 0
    content = results(tmp_path)
    sent = content["summary"]["requests"]
    assert len(lines) == sent
    assert f"{sent} requests to http://localhost:1" in dry.stdout
    phases = Counter(line.split()[1] for line in lines)
    assert phases == content["summary"]["requests_by_phase"]
    rows = (tmp_path / "conformance-report/profiles.csv").read_text("utf-8").splitlines()[1:]
    made = len({row.split(",")[1] for row in rows})
    assert f"They would create {made} profiles" in dry.stdout
    assert f"that takes {sent / 10:.1f} s" in dry.stdout


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (("--requests", "20"), "The limit of 20 requests (--requests) cuts the run short."),
        (
            ("--customer-prefix", "team-7."),
            "for customers that begin with team-7. and the run's id.",
        ),
    ],
)
def test_limits_and_prefixes_are_told(more: tuple[str, str], words: str, tmp_path: Path) -> None:
    dry = command("run", "--dry-run", *SOME, *more, cwd=tmp_path)
    assert words in dry.stdout, dry.stdout[-500:]


def test_what_is_meant_for_the_target_changes_no_count(tmp_path: Path) -> None:
    """A limit of time too short for anything, and a key that no header carries."""
    line = ("run", "--dry-run", "--phases", "deterministic", "--only", "request.body.gender.enum")
    plain = command(*line, cwd=tmp_path, key=None)
    odd = command(*line, "--timeout", "0.001", cwd=tmp_path, key="schl\u00fcssel\n")
    assert (odd.returncode, odd.stderr) == (0, "")
    told = re.compile(r"They would create \d+ profiles")
    assert told.findall(odd.stdout) == told.findall(plain.stdout) != []
    assert "create 0 profiles" not in odd.stdout


@pytest.mark.parametrize(
    ("code", "stopped", "expected"),
    [(3, "http://127.0.0.1:1 gives no answer", 4), (130, None, 130)],
)
def test_a_dry_run_that_was_stopped_tells_no_count(
    code: int, stopped: str | None, expected: int, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    def send_all(here: Settings, reporter: Reporter) -> tuple[int, str]:
        (Path(here.report_dir)).mkdir()
        (Path(here.report_dir) / "journal.ndjson").touch()
        reporter.content = {"run": {"stopped": stopped, "exit_code": code}}
        return code, ""

    monkeypatch.setattr("runner.dryrun.send_all", send_all)
    assert dry_run(Settings()) == expected
    said = capsys.readouterr()
    assert "They would create" not in said.out
    assert (stopped or "") in said.err


@pytest.mark.parametrize("key", ["secret_live_x\n", "two words"])
def test_the_embedded_mock_needs_no_key_of_the_operator_s(key: str, tmp_path: Path) -> None:
    run = command("run", "--phases", "deterministic", "--only", "request.body.gender.enum",
                  cwd=tmp_path, key=key)  # fmt: skip
    assert (run.returncode, run.stderr) == (0, "")


def test_at_the_vendor_s_host_it_asks_for_the_app_too(tmp_path: Path) -> None:
    dry = command("run", "https://api.adapty.io", "--dry-run", cwd=tmp_path)
    assert dry.returncode == 2
    app = "3fa85f64-5717-4562-b3fc-2c963f66afa6"
    told = command("run", "https://api.adapty.io", "--dry-run", "--expect-app-id", app,
                   "--requests", "900", "--phases", "deterministic", cwd=tmp_path)  # fmt: skip
    assert told.returncode == 0, told.stderr
    assert "requests to https://api.adapty.io" in told.stdout
    assert "begin with conformance- and the run's id.\n" in told.stdout
