"""results.json: what is written is what the schema describes, and nothing else is read."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from reports.results import ResultsError, load, validate
from reports.writing import write
from tests import reports_sample as sample


def test_every_sample_follows_the_schema(results: sample.Results) -> None:
    validate(results)


@pytest.mark.parametrize(
    ("break_it", "place"),
    [
        (lambda r: r.update(format=2), "$.format"),
        (lambda r: r.update(extra=1), "$"),
        (lambda r: r["run"].pop("seed"), "$.run"),
        (lambda r: r["requirements"][0].update(verdict="good"), "$.requirements[0].verdict"),
        (lambda r: r["requirements"][0].update(verdict="fail"), "$.requirements[0].failures"),
        (lambda r: r["requirements"][0].update(verdict="known"), "$.requirements[0].known"),
        (lambda r: r["requirements"][0].update(verdict="untested"), "$.requirements[0].reason"),
        (lambda r: r["summary"]["verdicts"].update({"pass": 1}), "$.summary.verdicts"),
        (lambda r: r["requirements"][1].update(id="request.body.required"), "$.requirements"),
    ],
)
def test_what_is_no_results_json_is_named(
    break_it: Callable[[sample.Results], Any], place: str
) -> None:
    results = sample.conformant()
    break_it(results)
    with pytest.raises(ResultsError) as error:
        validate(results)
    assert str(error.value).startswith(f"{place}: ")


def test_written_results_come_back_the_same(results: sample.Results, tmp_path: Path) -> None:
    write(results, tmp_path / "report")
    names = sorted(path.name for path in (tmp_path / "report").iterdir())
    assert names == ["index.html", "junit.xml", "results.json", "results.sarif", "summary.md"]
    assert load(tmp_path / "report") == results
    assert load(tmp_path / "report" / "results.json")["format"] == 1
    for name in names:
        (tmp_path / "report" / name).read_bytes().decode("utf-8")


def test_a_report_that_cannot_be_written_leaves_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(sample.conformant(), tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    def full(*_: object) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="No space"):
        write(sample.three_findings(), tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_number_that_json_has_no_word_for_is_written_as_text(tmp_path: Path) -> None:
    results = sample.three_findings()
    change = sample.requirement(results, "request.body.gender.enum")["failures"][0]["change"]
    change["after"] = [float("nan"), float("inf")]
    write(results, tmp_path)
    item = sample.requirement(load(tmp_path), "request.body.gender.enum")
    assert item["failures"][0]["change"]["after"] == ["NaN", "Infinity"]


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b"[]", b"[" * 100_000])
def test_another_file_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    path.write_bytes(content)
    with pytest.raises(ResultsError):
        load(path)
