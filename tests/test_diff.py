"""`diff`: what changed between two runs, in a terminal, in a pipe and as Markdown."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from reports.changes import changes
from reports.markdown import changes_markdown
from reports.results import dumps
from reports.text import plain
from runner.cli import cli
from runner.difference import tell
from tests import reports_sample as sample

Capture = pytest.CaptureFixture[str]


def saved(folder: Path, content: sample.Results) -> str:
    """The folder of a report of `content`."""
    folder.mkdir(parents=True)
    (folder / "results.json").write_text(dumps(content))
    return str(folder)


def told(old: sample.Results, new: sample.Results, **options: Any) -> str:
    stream = io.StringIO()
    tell(changes(old, new), Console(file=stream, **{"width": 80, **options}))
    return stream.getvalue()


BROKEN = f"""\
3 newly broken, 69 no longer verified

Newly broken
must    request.body.gender.enum  kept → broken
        gender is one of f, m, o.
        gender "f" → "F"  →  200 OK, as if it were valid
must    auth.wrong_key  kept → broken
        Any other key than the secret one, however near, is answered with 401.
        Authorization: Api-Key <the key> → one letter less  →  200 OK
should  echo.custom_attributes  kept → broken
        The custom attributes that were set come back, with the same values and JSON types.
        custom_attributes is empty

No longer verified
        69 promises: {sample.UNSEEN}
"""


def test_what_broke_is_told_first(tmp_path: Path, capsys: Capture) -> None:
    good = saved(tmp_path / "good", sample.conformant())
    bad = saved(tmp_path / "bad", sample.three_findings())
    assert cli.main(["diff", good, bad]) == 1
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == (BROKEN, "")
    assert cli.main(["diff", f"{good}/results.json", bad]) == 1
    assert capsys.readouterr().out == BROKEN


def test_what_was_fixed_is_no_failure(tmp_path: Path, capsys: Capture) -> None:
    good = saved(tmp_path / "good", sample.conformant())
    bad = saved(tmp_path / "bad", sample.three_findings())
    assert cli.main(["diff", bad, good]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:9] == [
        "Nothing newly broken, 3 fixed, 69 newly verified",
        "",
        "Fixed",
        "        request.body.gender.enum  gender is one of f, m, o.",
        "        auth.wrong_key  Any other key than the secret one, however near, is answered "
        "with 401.",
        "        echo.custom_attributes  The custom attributes that were set come back, with the "
        "same values and JSON types.",
        "",
        "Newly verified",
        "        response.200.data.access_levels.item.type  data.access_levels[] is an object.",
    ]
    assert lines[-1] == "        and 64 more"


def test_nothing_changed(tmp_path: Path, capsys: Capture) -> None:
    bad = saved(tmp_path / "bad", sample.three_findings())
    assert cli.main(["diff", bad, bad]) == 0
    assert capsys.readouterr().out == "Nothing changed\n3 promises are still broken.\n"


def test_a_folder_alone_is_compared_with_the_run_before(
    tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = saved(tmp_path / "conformance-report", sample.three_findings())
    saved(tmp_path / "conformance-report" / "previous", sample.conformant())
    assert cli.main(["diff", folder]) == 1
    assert capsys.readouterr().out == BROKEN
    monkeypatch.chdir(tmp_path)
    assert cli.main(["diff"]) == 1, "the folder that a run writes to"
    assert capsys.readouterr().out == BROKEN


def complaint(capsys: Capture, *arguments: str) -> str:
    """What `diff` complains of, when that is all it does."""
    assert cli.main(["diff", *arguments]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("adapty-conformance: ")
    assert captured.err.count("\n") == 1
    return captured.err.removeprefix("adapty-conformance: ").rstrip("\n")


def test_what_cannot_be_compared(
    tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    saved(Path("alone"), sample.conformant())
    saved(Path("killed"), sample.conformant())
    Path("killed/previous").mkdir()
    Path("killed/previous/journal.ndjson").touch()
    twice = sample.conformant()
    for item in twice["requirements"][:2]:
        item["id"] = "\x1b[31mred"
    saved(Path("twice"), twice)
    assert complaint(capsys) == (
        "cannot read the results conformance-report: No such file or directory"
    )
    assert complaint(capsys, "alone") == (
        "alone keeps no run before its last one; name both: diff OLD NEW"
    )
    assert complaint(capsys, "alone/results.json") == (
        "alone/results.json is one file; name the earlier results as well: diff OLD NEW"
    )
    assert complaint(capsys, "alone", "nowhere") == (
        "cannot read the results nowhere: No such file or directory"
    )
    assert complaint(capsys, "killed") == (
        "cannot read the results killed/previous/results.json: No such file or directory; "
        "adapty-conformance report killed/previous makes them of its journal"
    )
    assert complaint(capsys, "twice", "alone") == (
        r"cannot read the results twice: $.requirements: \x1b[31mred is there twice"
    )
    assert "extra argument" in complaint(capsys, "alone", "alone", "alone")


def test_markdown(tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    old, new = sample.conformant(), sample.hostile()
    folders = saved(tmp_path / "old", old), saved(tmp_path / "new", new)
    assert cli.main(["diff", "--markdown", *folders]) == 1
    captured = capsysbinary.readouterr()
    assert captured.out.decode("utf-8") == changes_markdown(changes(old, new))
    assert captured.err == b""


def test_long_groups_are_cut_and_what_follows_is_counted() -> None:
    lines = told(sample.conformant(), sample.all_failing()).splitlines()
    assert lines[0] == f"{sample.TOTAL} newly broken"
    assert len([line for line in lines if line.endswith("kept → broken")]) == 10
    assert lines[-1] == f"        and {sample.TOTAL - 10} more"
    lines = told(sample.conformant(seeded=False), sample.folded()).splitlines()
    at = lines.index("should  robustness.server_error  kept → broken")
    assert lines[at : at + 4] == [
        "should  robustness.server_error  kept → broken",
        "        No input makes the server fail with a 5xx status.",
        '        birthday "2000-12-31" → "2023-02-30"  →  500 Internal Server Error',
        "        explains 2 others",
    ]


def test_the_rest_tells_the_verdicts_where_the_heading_does_not() -> None:
    lines = told(sample.conformant(seeded=False), sample.folded()).splitlines()
    at = lines.index("Otherwise changed")
    assert lines[at + 1 : at + 2] == [
        "        request.body.store_account_token.format  store_account_token is a UUID."
        "  kept → known deviation"
    ]


def test_caveats_and_choices_are_told() -> None:
    old, new = sample.conformant(), sample.conformant()
    old["target"]["url"] = "http://a"
    new["choices"][0]["observed"] = "Refuses with 400."
    assert told(old, new) == (
        "Nothing newly broken, 1 choice changed\n"
        "Another target: http://a before, http://127.0.0.1:4010 now.\n"
        "\n"
        "Choices\n"
        f"        {new['choices'][0]['statement']}: refuses with 422 → refuses with 400\n"
    )


def test_the_words_are_the_same_with_colour(
    results: sample.Results, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    pipe = told(sample.conformant(), results)
    terminal = told(sample.conformant(), results, force_terminal=True, color_system="truecolor")
    stripped = re.sub(r"\x1b\[[0-9;]*m", "", terminal)
    assert "\x1b" in terminal
    assert "".join(stripped.split()) == "".join(pipe.split())
    assert max(map(len, stripped.splitlines())) <= 80
    monkeypatch.setenv("NO_COLOR", "1")
    bare = told(sample.conformant(), results, force_terminal=True)
    assert not re.search(r"\x1b\[[0-9;]*3[0-7]", bare)


def test_nothing_of_a_target_controls_the_terminal() -> None:
    odd = sample.hostile()
    sample.requirement(odd, "auth.wrong_key")["id"] = "\x1b[31m:smile:[bold]markup[/bold]"
    for old, new in (
        (sample.conformant(), odd),
        (odd, sample.conformant()),
        (sample.stopped(), sample.hostile()),
    ):
        shown = told(old, new)
        assert set(plain(shown, 10**6)) == set(shown)
        assert "[bold]markup[/bold] :smile:" in shown
