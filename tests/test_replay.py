"""`replay`: a recorded case goes where it was recorded, with the key that was meant for there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.types import Scope

from runner.cli import cli
from tests.support import command, mock

OURS, THEIRS = "secret_live_ours", "secret_live_of_somebody_else"
CASE = "request.body.gender.enum/padded"
ONLY = ("--phases", "deterministic", "--only", "request.body.gender.enum")
Capture = pytest.CaptureFixture[str]


class Recorded:
    """The folder of a run, where it went, and each credential that was seen there."""

    def __init__(self, folder: Path, url: str, seen: list[str]) -> None:
        self.folder, self.url, self.seen = folder, url, seen


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recorded]:
    """A run whose key stood in SANDBOX_KEY."""
    folder, seen = tmp_path_factory.mktemp("replay"), list[str]()

    def twist(scope: Scope, _: bytes) -> None:
        seen.append(dict(scope["headers"])[b"authorization"].decode())

    with mock(twist=twist, key=OURS) as url:
        run = command("run", url, *ONLY, "--api-key-env", "SANDBOX_KEY", "--timeout", "7",
                      cwd=folder, key=None, env={"SANDBOX_KEY": OURS})  # fmt: skip
        assert run.returncode == 0, run.stderr
        yield Recorded(folder, url, seen)


@pytest.fixture
def recorded(made: Recorded, monkeypatch: pytest.MonkeyPatch) -> Iterator[Recorded]:
    """The same, before a replay."""
    made.seen.clear()
    monkeypatch.chdir(made.folder)
    monkeypatch.setenv("SANDBOX_KEY", OURS)
    monkeypatch.setenv("ADAPTY_API_KEY", THEIRS)
    yield made
    (made.folder / "adapty-conformance.toml").unlink(missing_ok=True)


def told_to(folder: Path, text: str) -> None:
    (folder / "adapty-conformance.toml").write_text(text, "utf-8")


def keys(recorded: Recorded) -> set[str]:
    return {each.removeprefix("Api-Key ") for each in recorded.seen}


def test_it_takes_the_key_of_the_run(recorded: Recorded) -> None:
    assert cli.main(["replay", CASE]) == 0
    assert keys(recorded) == {OURS}


@pytest.mark.parametrize("by", ["file", "variable"])
def test_the_key_of_another_target_stays_here(
    by: str, recorded: Recorded, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = "[targets.live]\nurl = 'https://live.example.com'\napi-key-env = 'LIVE_KEY'\n"
    told_to(recorded.folder, ("target = 'live'\n" if by == "file" else "") + table)
    if by == "variable":
        monkeypatch.setenv("ADAPTY_CONFORMANCE_TARGET", "live")
    monkeypatch.setenv("LIVE_KEY", THEIRS)
    assert cli.main(["replay", CASE]) == 0
    assert keys(recorded) == {OURS}


def test_a_variable_and_an_option_come_before_what_was_recorded(
    recorded: Recorded, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ADAPTY_CONFORMANCE_API_KEY_ENV", "ADAPTY_API_KEY")
    cli.main(["replay", CASE])
    assert keys(recorded) == {THEIRS}
    recorded.seen.clear()
    cli.main(["replay", CASE, "--api-key-env", "SANDBOX_KEY"])
    assert keys(recorded) == {OURS}


def test_a_target_that_is_named_brings_its_own_key(recorded: Recorded) -> None:
    table = f"[targets.here]\nurl = '{recorded.url}'\napi-key-env = 'ADAPTY_API_KEY'\n"
    told_to(recorded.folder, table)
    cli.main(["replay", CASE, "--target", "here"])
    assert keys(recorded) == {THEIRS}


def test_what_the_embedded_mock_was_sent_needs_a_target(
    recorded: Recorded, tmp_path: Path, capsys: Capture
) -> None:
    """Whatever listens on its port today is to see no key."""
    first, *rest = (recorded.folder / "conformance-report/journal.ndjson").read_text().splitlines()
    run = json.loads(first)
    run["settings"]["target"] = None
    (tmp_path / "journal.ndjson").write_text("\n".join([json.dumps(run), *rest]) + "\n")
    assert cli.main(["replay", CASE, "--from", str(tmp_path)]) == 2
    assert "say where to send it with --target" in capsys.readouterr().err
    assert recorded.seen == []
    assert cli.main(["replay", CASE, "--from", str(tmp_path), "--target", recorded.url]) in (0, 3)
    assert keys(recorded) == {THEIRS}
