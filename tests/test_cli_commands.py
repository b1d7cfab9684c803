"""The commands beside `run`: requirements, mock, and the help of each."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from runner.cli import cli
from spec.document import VENDOR_DOCUMENT
from tests.support import CONTRACT, KEY, PROGRAM, command, environment

Capture = pytest.CaptureFixture[str]


def said(capsys: Capture, *arguments: str) -> list[str]:
    """The lines that a command says in this process, when it succeeds."""
    assert cli.main(list(arguments)) == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    assert "\x1b" not in captured.out
    return captured.out.splitlines()


def listed(lines: list[str]) -> list[str]:
    return [line.split()[0] for line in lines]


def test_all_promises_are_listed(capsys: Capture) -> None:
    lines = said(capsys, "requirements")
    assert listed(lines) == list(CONTRACT.requirements)
    for line, each in zip(lines, CONTRACT.requirements.values(), strict=True):
        assert line.split()[1] == each.level
        assert line.endswith(each.statement)


def test_promises_are_filtered(capsys: Capture) -> None:
    assert listed(said(capsys, "requirements", "request.body.gender.*")) == [
        key for key in CONTRACT.requirements if key.startswith("request.body.gender.")
    ]
    should = listed(said(capsys, "requirements", "--level", "should"))
    assert should == [k for k, r in CONTRACT.requirements.items() if r.level == "should"]
    both = listed(said(capsys, "requirements", "auth.*", "--level", "must"))
    assert both == [k for k in CONTRACT.requirements if k.startswith("auth.")]


@pytest.mark.parametrize("key", ["request.body.gender.enum", "auth.missing", "response.401.json"])
def test_a_promise_is_explained(key: str, capsys: Capture) -> None:
    each = CONTRACT.requirements[key]
    lines = said(capsys, "requirements", key)
    assert lines[0] == f"{key}   {each.level}"
    assert lines[1] == each.statement
    assert f"source   {each.source.pointer}, line {each.source.line}" in lines
    if key == "request.body.gender.enum":
        assert any(line.startswith("refuses") and '"F"' in line for line in lines)


def test_another_edition_is_listed(tmp_path: Path, capsys: Capture) -> None:
    text = VENDOR_DOCUMENT.read_text("utf-8").replace("gender:", "pronoun:")
    (tmp_path / "edition.yaml").write_text(text)
    spec = ("--spec", str(tmp_path / "edition.yaml"))
    keys = listed(said(capsys, "requirements", "request.body.pronoun.*", *spec))
    assert "request.body.pronoun.enum" in keys


@contextmanager
def served(folder: Path, *arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """`mock` with these arguments; the process, and the URL that it says it serves."""
    with subprocess.Popen(
        [PROGRAM, "mock", "--port", "0", *arguments], cwd=folder, env=environment(),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        line = process.stdout.readline()
        found = re.fullmatch(r"serving POST (http://\S+)  \(Ctrl-C ends it\)\n", line)
        assert found, line
        try:
            yield process, found[1]
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(10)
            assert process.stderr is not None
            assert process.stderr.read() == ""


def create(url: str, customer: str, key: str = KEY, **body: Any) -> httpx.Response:
    headers = {"Authorization": f"Api-Key {key}", "adapty-customer-user-id": customer}
    return httpx.post(url, json={**CONTRACT.example, **body}, headers=headers)


def test_the_mock_serves_until_ctrl_c(tmp_path: Path) -> None:
    with served(tmp_path) as (process, url):
        assert create(url, "Jane").status_code == 200
        assert create(url, "Jane", key="another").status_code == 401
        assert create(url, "Jane", gender="F").status_code == 422
    assert process.returncode == 130


def test_the_mock_breaks_a_promise(tmp_path: Path) -> None:
    with served(tmp_path, "--break", "request.body.gender.enum") as (_, url):
        assert create(url, "Jane", gender="F").status_code == 200
        assert create(url, "Jane", gender=1).status_code == 422


def test_the_mock_remembers_in_a_file(tmp_path: Path) -> None:
    ids = []
    for _ in range(2):
        with served(tmp_path, "--database", "profiles.db") as (_, url):
            ids.append(create(url, "Jane").json()["data"]["profile_id"])
    assert ids[0] == ids[1]
    with served(tmp_path) as (_, url):
        assert create(url, "Jane").json()["data"]["profile_id"] not in ids


COMMANDS = ["run", "mock", "requirements", "replay", "diff"]


@pytest.mark.parametrize("name", ["", *COMMANDS])
def test_every_command_explains_itself(name: str, capsys: Capture) -> None:
    lines = said(capsys, *filter(None, [name]), "--help")
    assert lines[0].startswith("Usage: ")
    assert lines[2].strip()
    if not name:
        found = [line.split()[0] for line in lines[lines.index("Commands:") + 1 :]]
        assert set(COMMANDS) <= set(found)


def test_the_version_is_told(capsys: Capture) -> None:
    (line,) = said(capsys, "--version")
    assert re.search(r" \d+\.\d+\.\d+$", line)


def test_a_reader_that_goes_away_is_no_error(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    run = subprocess.run(
        [PROGRAM, "requirements"], cwd=tmp_path, env=environment(), stdout=writer,
        stderr=subprocess.PIPE, text=True, check=False,
    )  # fmt: skip
    os.close(writer)
    assert run.stderr == ""


def test_help_needs_no_key_and_no_network(tmp_path: Path) -> None:
    run = command("--help", cwd=tmp_path, key=None)
    assert (run.returncode, run.stderr) == (0, "")
    assert list(tmp_path.iterdir()) == []
