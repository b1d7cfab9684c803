"""`--dry-run`: what would be sent is what is sent, and nothing is."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

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


def test_at_the_vendor_s_host_it_asks_for_the_app_too(tmp_path: Path) -> None:
    dry = command("run", "https://api.adapty.io", "--dry-run", cwd=tmp_path)
    assert dry.returncode == 2
    app = "3fa85f64-5717-4562-b3fc-2c963f66afa6"
    told = command("run", "https://api.adapty.io", "--dry-run", "--expect-app-id", app,
                   "--requests", "900", "--phases", "deterministic", cwd=tmp_path)  # fmt: skip
    assert told.returncode == 0, told.stderr
    assert "requests to https://api.adapty.io" in told.stdout
    assert "begin with conformance- and the run's id.\n" in told.stdout
