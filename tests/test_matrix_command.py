"""`matrix`: which folders it takes, what it says, and what it writes."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from reports.results import dumps
from runner.cli import cli
from tests import reports_sample as sample

Capture = pytest.CaptureFixture[str]
PAGE = Path("conformance-matrix.html")


@pytest.fixture(autouse=True)
def _reports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Folders of reports in the current one."""
    monkeypatch.chdir(tmp_path)
    for name, results in (
        ("sandbox", sample.conformant()),
        ("mock", sample.three_findings()),
        ("deep/mock", sample.folded()),
        ("a=b", sample.stopped()),
    ):
        Path(name).mkdir(parents=True)
        Path(name, "results.json").write_text(dumps(results), "utf-8")
    Path("mock", "index.html").write_text("the report")
    Path("empty").mkdir()
    Path("garbage").mkdir()
    Path("garbage", "results.json").write_text(json.dumps({"format": 2}))


def said(capsys: Capture, *arguments: str) -> list[str]:
    """What `matrix` says when it succeeds."""
    assert cli.main(["matrix", *arguments]) == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    return captured.out.splitlines()


def heads(path: Path = PAGE) -> list[str]:
    """The names at the head of the columns."""
    table = path.read_text("utf-8").partition('<table class="matrix">')[2].partition("</thead>")[0]
    return re.findall('class="side"><a href="#target-[0-9]+">(.*?)</a>', table)


def test_each_target_has_a_line_and_the_page_is_named(capsys: Capture) -> None:
    total = sample.TOTAL
    assert said(capsys, "sandbox", "mock", "old=deep/mock") == [
        f"3 targets side by side: 8 of {total} promises differ",
        "sandbox  Conformant",
        f"mock     Breaks 3 of {total} promises, 2 of them a must",
        f"old      Breaks 7 of {total} promises, 2 of them a must",
        "",
        "report  conformance-matrix.html",
    ]
    assert heads() == ["sandbox", "mock", "old"]


def test_a_name_is_the_folder_unless_one_is_given(capsys: Capture, tmp_path: Path) -> None:
    said(capsys, "mock/", str(tmp_path / "sandbox"), "deep=deep/mock/results.json", "a=b")
    assert heads() == ["mock", "sandbox", "deep", "a=b"]


def test_a_name_that_holds_an_equals_sign_ends_at_the_first(capsys: Capture) -> None:
    Path("x=y").mkdir()
    Path("x=y", "results.json").write_text(dumps(sample.conformant()), "utf-8")
    said(capsys, "one=x=y", "mock")
    assert heads() == ["one", "mock"]


def test_the_current_folder_has_its_own_name(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir("mock")
    said(capsys, ".", "../sandbox", "--output", "../page.html")
    assert heads(Path("../page.html")) == ["mock", "sandbox"]


def test_the_report_is_linked_where_it_lies_below_the_page(capsys: Capture) -> None:
    said(capsys, "sandbox", "mock")
    assert 'href="mock/index.html"' in PAGE.read_text("utf-8")
    assert 'href="sandbox' not in PAGE.read_text("utf-8")
    said(capsys, "sandbox", "mock", "--output", "empty/page.html")
    assert "index.html" not in Path("empty/page.html").read_text("utf-8")


def test_the_reference_can_be_another(capsys: Capture) -> None:
    said(capsys, "sandbox", "mock")
    assert "how far it is from sandbox" in PAGE.read_text("utf-8")
    said(capsys, "sandbox", "mock", "--reference", "mock", "--output", "page.html")
    text = Path("page.html").read_text("utf-8")
    assert "how far it is from mock" in text
    assert 'href="#?better=sandbox"' in text


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "a matrix takes two report folders or more: adapty-conformance matrix A B"),
        (["mock"], "a matrix takes two report folders or more: adapty-conformance matrix A B"),
        (["mock", "empty"], "empty holds no results.json; name the folder of a report"),
        (["mock", "x=nowhere"], "nowhere holds no results.json; name the folder of a report"),
        (["mock", "garbage"], "cannot read the results garbage: $: 'suite' is a required property"),
        (["mock", "deep/mock"], "2 targets are named mock; name them apart: NAME=DIR"),
        (["mock", "x=sandbox", "x=mock"], "2 targets are named x; name them apart: NAME=DIR"),
        (["mock", "sandbox", "--reference", "prod"],
         "--reference prod is none of the targets: mock, sandbox"),
        (["mock", "sandbox", "--output", "nowhere/x.html"],
         "cannot write --output nowhere/x.html: No such file or directory; "
         "name a file that can be written"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_told_in_one_sentence(
    arguments: list[str], words: str, capsys: Capture
) -> None:
    assert cli.main(["matrix", *arguments]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == f"adapty-conformance: {words}\n"
    assert not PAGE.exists()


def test_results_of_another_edition_are_no_error(capsys: Capture) -> None:
    results = sample.conformant()
    results["contract"]["sha256"] = "f" * 64
    Path("empty", "results.json").write_text(dumps(results), "utf-8")
    said(capsys, "sandbox", "empty")
    assert "The editions of the contract differ" in PAGE.read_text("utf-8")


def test_markdown_is_all_that_is_printed(capsys: Capture) -> None:
    lines = said(capsys, "sandbox", "mock", "--markdown")
    assert lines[0] == f"## 2 targets side by side: 3 of {sample.TOTAL} promises differ"
    assert lines[2] == "| Target | Answer | URL |"
    assert len([line for line in lines if line.startswith("| ")]) == 4 + 5
    assert lines[-3].endswith("`request.body.gender.enum` | kept | broken |")
    assert PAGE.exists()


def test_nothing_hostile_reaches_the_terminal(capsys: Capture) -> None:
    Path("empty", "results.json").write_text(dumps(sample.hostile()), "utf-8")
    lines = said(capsys, "sandbox", "\x1b[31m\u202e\ud800=empty")
    assert lines[2].startswith("\\x1b[31m\\u202e\\ud800  Breaks ")
    assert "\\ud800" not in PAGE.read_text("utf-8").partition("</table>")[0].partition("<table")[0]
    assert "window.hacked=1</script>" not in PAGE.read_text("utf-8")
