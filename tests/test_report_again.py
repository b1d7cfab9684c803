"""`report`: the same reports from the journal alone, also of a run that was killed."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from reports.results import load
from reports.writing import JOURNAL
from runner.again import again
from runner.folder import prepare
from runner.settings import UsageError
from tests.running import run


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of a run with a deviation, a filter and a gate."""
    place = tmp_path_factory.mktemp("run")
    known = place / "known.yaml"
    known.write_text(
        "[{requirement: auth.missing, reason: later, until: 2100-01-01, level: should}]"
    )
    run(None, place, "auth.*", "request.header.*", known=str(known), gate="must", seed=3)
    known.unlink()
    return place / "report"


def _copy(folder: Path, place: Path) -> Path:
    place.mkdir()
    shutil.copy(folder / JOURNAL, place)
    return place


def _cut(folder: Path, keep: int, *, torn: str = "") -> None:
    lines = (folder / JOURNAL).read_text().splitlines(keepends=True)
    (folder / JOURNAL).write_text("".join(lines[:keep]) + torn)


def test_the_journal_alone_makes_the_same_reports(folder: Path, tmp_path: Path) -> None:
    copy = _copy(folder, tmp_path / "copy")
    assert again(copy, None) == 0
    made = {path.name: path.read_bytes() for path in copy.iterdir()}
    assert made == {path.name: path.read_bytes() for path in folder.iterdir()}
    assert {"results.json", "index.html", "junit.xml", JOURNAL} <= made.keys()


def test_a_run_that_was_killed_says_so(folder: Path, tmp_path: Path) -> None:
    copy = _copy(folder, tmp_path / "copy")
    _cut(copy, 30, torn='{"kind":"exchange","id":"9')
    assert again(copy, None) == 0
    content = load(copy)
    assert content["run"]["stopped"] == "the run was killed before its end"
    assert content["run"]["seconds"] > 0
    assert not content["summary"]["complete"]
    assert content["run"]["exit_code"] == 3
    assert content["run"]["gate"] == "must"
    assert content["run"]["seed"] == 3
    assert 0 < content["summary"]["requests"] < 30


def test_a_case_whose_line_is_lost_is_passed_over(folder: Path, tmp_path: Path) -> None:
    copy = _copy(folder, tmp_path / "copy")
    lines = (copy / JOURNAL).read_text().splitlines(keepends=True)
    for kept in (False, True):  # all of them, and every other one
        cases = [n for n, line in enumerate(lines) if line.startswith('{"kind":"case"')]
        gone = set(cases[::2] if kept else cases)
        (copy / JOURNAL).write_text("".join(t for n, t in enumerate(lines) if n not in gone))
        assert again(copy, None) == 0
        assert load(copy)["summary"]["verdicts"]["fail"] == 0
    assert load(copy)["summary"]["requests"] == load(folder)["summary"]["requests"]


def test_what_workers_had_written_when_they_were_killed_is_told(
    folder: Path, tmp_path: Path
) -> None:
    copy = _copy(folder, tmp_path / "copy")
    lines = (copy / JOURNAL).read_text().splitlines(keepends=True)
    (copy / JOURNAL).write_text("".join(lines[:10]))
    (copy / "journal-gw0.ndjson").write_text("".join(lines[10:-1]) + '{"kind":"exch')
    again(copy, None)
    whole, cut = load(folder), load(copy)
    assert cut["summary"]["requests"] == whole["summary"]["requests"]
    assert _verdicts(cut) == _verdicts(whole)


def test_reports_can_be_made_while_workers_still_write(folder: Path, tmp_path: Path) -> None:
    copy = _copy(folder, tmp_path / "copy")
    lines = (copy / JOURNAL).read_text().splitlines(keepends=True)
    (copy / JOURNAL).write_text("".join(lines[:10])[:-20])  # torn, as a kill leaves it
    (copy / "journal-gw0.ndjson").write_text("".join(lines[10:20]))
    with (copy / "journal-gw0.ndjson").open("a") as worker:
        again(copy, None)
        first = load(copy)["summary"]["requests"]
        worker.write("".join(lines[20:30]))
    again(copy, None)
    told = [json.loads(line)["kind"] for line in lines]
    assert first == told[:9].count("exchange") + told[10:20].count("exchange")
    assert load(copy)["summary"]["requests"] == first + told[20:30].count("exchange") > first
    assert (copy / JOURNAL).read_text() == "".join(lines[:10])[:-20]


def test_what_a_killed_run_left_is_no_stranger_to_the_next(folder: Path, tmp_path: Path) -> None:
    copy = _copy(folder, tmp_path / "copy")
    for name in (".halt", ".index.html.a1b2c3d_"):
        (copy / name).touch()
    prepare(copy)
    assert sorted(path.name for path in copy.iterdir()) == ["previous"]
    assert [path.name for path in (copy / "previous").iterdir()] == [JOURNAL]


def test_nothing_of_a_folder_that_is_refused_is_removed(tmp_path: Path) -> None:
    names = ["notes.txt", ".halt", ".index.html.a1b2c3d_", ".index.html.swp"]
    for refused in (names, [".index.html.swp"]):
        folder = tmp_path / str(len(refused))
        folder.mkdir()
        for name in refused:
            (folder / name).touch()
        with pytest.raises(UsageError, match="which is no report"):
            prepare(folder)
        assert {path.name for path in folder.iterdir()} == set(refused)


def test_bytes_that_are_no_text_spoil_their_line_only(folder: Path, tmp_path: Path) -> None:
    copy = _copy(folder, tmp_path / "copy")
    with (copy / JOURNAL).open("ab") as file:
        file.write(b"\xff\xfe\n")
    again(copy, None)
    assert _verdicts(load(copy)) == _verdicts(load(folder))


def test_a_folder_that_cannot_be_written_to_is_refused(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = _copy(folder, tmp_path / "copy")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full)
    with pytest.raises(UsageError, match=r"cannot make the reports of .*No space left on device"):
        again(copy, None)


def _verdicts(content: dict[str, Any]) -> dict[str, str]:
    return {each["id"]: each["verdict"] for each in content["requirements"]}


def test_another_edition_is_refused(folder: Path, tmp_path: Path) -> None:
    copy = _copy(folder, tmp_path / "copy")
    text = (copy / JOURNAL).read_text()
    first = next(line for line in text.splitlines() if '"kind":"run"' in line)
    told = json.loads(first) | {"sha256": "0" * 64}
    (copy / JOURNAL).write_text(text.replace(first, json.dumps(told, separators=(",", ":"))))
    with pytest.raises(UsageError, match=r"judged by another edition .* name it with --spec"):
        again(copy, None)


def test_a_folder_without_a_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"holds no journal\.ndjson; name the folder of a report"):
        again(tmp_path, None)
    (tmp_path / JOURNAL).write_text("")
    with pytest.raises(UsageError, match="does not tell which run"):
        again(tmp_path, None)
