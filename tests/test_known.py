"""Known deviations: what is stale, what has expired, and the list to start from."""

from __future__ import annotations

import datetime
import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from conformance.verdicts import Verdict, VerdictName
from runner import known
from runner.known import Deviation, state
from runner.settings import Settings, UsageError, checked
from runner.starting import listing
from tests.support import CONTRACT, ROOT, command, failing, results

ENUM, TYPE = "request.body.gender.enum", "request.body.gender.type"
ONLY = ("--phases", "deterministic", "--only", "request.body.gender.*")
TODAY = datetime.date(2026, 11, 26)
IDS = list(CONTRACT.requirements)


def judged(**verdicts: VerdictName) -> dict[str, Verdict]:
    names = {"enum": ENUM, "type": TYPE}
    return {
        names[key]: Verdict(CONTRACT.requirements[names[key]], verdict, None, 1, ())
        for key, verdict in verdicts.items()
    }


@pytest.mark.parametrize(
    ("entry", "verdicts", "searched", "expected"),
    [
        (Deviation(ENUM, "why"), judged(enum="known"), False, "holds"),
        (Deviation(ENUM, "why"), judged(enum="pass"), False, "stale"),
        (Deviation(ENUM, "why"), judged(enum="pass"), True, "unseen"),
        (Deviation(ENUM, "why", flaky=True), judged(enum="pass"), False, "unseen"),
        (Deviation(ENUM, "why"), judged(enum="untested"), False, "unseen"),
        (Deviation(ENUM, "why"), judged(enum="inconclusive"), False, "unseen"),
        (Deviation("request.body.gender.*", "why"), judged(enum="pass", type="known"), False,
         "holds"),
        (Deviation("request.body.gender.*", "why"), judged(enum="pass", type="untested"), False,
         "unseen"),
        (Deviation("request.body.gender.*", "why"), judged(enum="pass", type="pass"), False,
         "stale"),
        (Deviation(ENUM, "why", TODAY), judged(enum="known"), False, "holds"),
        (Deviation(ENUM, "why", TODAY - datetime.timedelta(1)), judged(enum="fail"), False,
         "expired"),
        (Deviation(ENUM, "why", TODAY - datetime.timedelta(1)), judged(enum="pass"), False,
         "expired"),
    ],
)  # fmt: skip
def test_what_an_entry_does(
    entry: Deviation, verdicts: dict[str, Verdict], searched: bool, expected: str
) -> None:
    assert state(entry, verdicts, TODAY, searched=searched) == expected


def written(folder: Path, text: str, name: str = "known.yaml") -> Path:
    path = folder / name
    path.write_text(text, "utf-8")
    return path


@pytest.mark.parametrize(
    ("name", "text", "lines"),
    [
        ("a.yaml", f"# ours\n- requirement: {ENUM}\n  reason: a\n\n- {{requirement: {TYPE}, "
         "reason: b}\n", [2, 5]),
        ("b.yaml", f"known:\n  - reason: a\n    requirement: {ENUM}\n", [2]),
        ("c.toml", f"x = 1\n[[known]]\nrequirement = '{ENUM}'\nreason = 'a'\n\n[[ known ]]\n"
         f"requirement = '{TYPE}'\nreason = 'b'\n", [2, 6]),
        ("d.toml", f"known = [{{requirement = '{ENUM}', reason = 'a'}}]\n", [None]),
    ],
)  # fmt: skip
def test_where_an_entry_stands(
    name: str, text: str, lines: list[int | None], tmp_path: Path
) -> None:
    assert [each.line for each in known.read(written(tmp_path, text, name), IDS)] == lines


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ("untill: 2027-01-01", "has 'untill'; an entry takes requirement, reason, until"),
        ("flaky: sometimes", "flaky of request.body.gender.enum is 'sometimes'; it takes true"),
    ],
)
def test_a_slip_is_an_error(more: str, words: str, tmp_path: Path) -> None:
    path = written(tmp_path, f"- {{requirement: {ENUM}, reason: a, {more}}}\n")
    with pytest.raises(UsageError) as error:
        known.read(path, IDS)
    assert words in str(error.value)


YESTERDAY = TODAY - datetime.timedelta(1)


@pytest.mark.parametrize(
    ("until", "level", "name"), [(YESTERDAY, "must", "fail"), (TODAY, "should", "known")]
)
def test_what_has_expired_changes_no_level(
    until: datetime.date, level: str, name: VerdictName
) -> None:
    """Or the gate would still be eased."""
    assert CONTRACT.requirements[ENUM].level == "must"
    verdicts, covering = known.excuse(
        judged(enum="fail"), [Deviation(ENUM, "why", until, "should")], TODAY
    )
    assert (verdicts[ENUM].name, verdicts[ENUM].requirement.level) == (name, level)
    assert (ENUM in covering) is (name == "known")


@pytest.mark.parametrize("name", ["known.yaml", "known.toml"])
@pytest.mark.parametrize("text", ["", "# ours\n# request.body.gender.enum was here\n", "\ufeff"])
def test_a_list_whose_last_entry_was_taken_out(name: str, text: str, tmp_path: Path) -> None:
    assert known.read(written(tmp_path, text, name), IDS) == []


@pytest.mark.parametrize("text", ["known:\n", "known: []\n", "{}", "[]", "---\n"])
def test_an_empty_list_in_yaml(text: str, tmp_path: Path) -> None:
    assert known.read(written(tmp_path, text), IDS) == []


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("a.yaml", f"- requirement: {ENUM}\n  reason: a\n  until: 2027-02-30\n",
         f"until of {ENUM} is no date: 2027-02-30"),
        ("a.yaml", f"- requirement: {ENUM}\n  reason: a: b\n",
         "is not readable YAML or TOML: mapping values are not allowed here (at line 2)"),
        ("a.yaml", "- [1\n", "(at line 2)"),
        ("a.yaml", "- \x07\n", "special characters are not allowed"),
        ("a.toml", "[[known]]\nreason = \n", "YAML or TOML: Invalid value (at line 2"),
        ("a.yaml", f"- {{requirement: {ENUM}, reason: 4711}}",
         f"the reason of {ENUM} is 4711; it takes text, in quotes"),
        ("a.yaml", f"- {{requirement: {ENUM}, reason: ' '}}", "has no reason"),
        ("a.yaml", "[" * 9000, "is nested too deeply"),
        ("a.toml", "a = " + "[" * 9000, "is nested too deeply"),
        ("a.yaml", f"- {{requirement: {ENUM}, reason: a, until: 0x{'f' * 5000}}}",
         "is no date: a number of thousands of digits"),
        ("a.toml", f"[[known]]\nrequirement = '{ENUM}'\nreason = 'a'\nuntil = 0x{'f' * 5000}",
         "is no date: a number of thousands of digits"),
        ("a.yaml", f"- requirement: {ENUM}\n  reason: a\n  ? 0x{'f' * 5000}\n  : 1\n",
         "has a number of thousands of digits; an entry takes"),
        ("a.yaml", f"- {{requirement: {ENUM}, reason: {'9' * 5000}}}", "4300"),
        ("a.yaml", '- {requirement: "a\\nb", reason: a}', "matches no promise"),
        ("a.yaml", f'- {{requirement: {ENUM}, reason: a, until: "a\\nb"}}', "is no date: a"),
    ],
    ids=lambda each: each[:40],
)  # fmt: skip
def test_why_a_list_cannot_be_read(name: str, text: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as error:
        known.read(written(tmp_path, text, name), IDS)
    assert words in str(error.value)
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 500


def test_a_time_of_day_is_no_more_than_its_day(tmp_path: Path) -> None:
    text = f"- {{requirement: {ENUM}, reason: a, until: 2027-03-31T12:00:00Z}}\n"
    assert known.read(written(tmp_path, text), IDS)[0].until == datetime.date(2027, 3, 31)


def test_a_list_that_comes_through_a_pipe(tmp_path: Path) -> None:
    """A shell's `<(…)` can be read but once, and a run reads its files more often."""
    os.mkfifo(tmp_path / "pipe")
    pipe = str(tmp_path / "pipe")
    for settings in (Settings(known=pipe), Settings(spec=pipe)):
        with pytest.raises(UsageError, match="is a pipe, which can be read but once; name a file"):
            checked(settings)


def told(content: dict[str, Any]) -> list[tuple[str, str, int | None]]:
    return [(e["requirement"], e["state"], e["line"]) for e in content["deviations"]]


@pytest.mark.parametrize("strict", [False, True])
def test_what_is_kept_again_is_told_with_its_line(kept: str, strict: bool, tmp_path: Path) -> None:
    written(tmp_path, f"# ours\n- {{requirement: {ENUM}, reason: ticket 1}}\n")
    more = ["--strict-known"] if strict else []
    run = command("run", kept, *ONLY, "--known", "known.yaml", *more, cwd=tmp_path)
    content = results(tmp_path)
    assert told(content) == [(ENUM, "stale", 2)]
    assert f"known.yaml:2, {ENUM}, is stale" in run.stdout
    assert "known.yaml:2" in (tmp_path / "conformance-report/summary.md").read_text("utf-8")
    assert "is stale" in (tmp_path / "conformance-report/index.html").read_text("utf-8")
    assert run.returncode == (1 if strict else 0)
    assert ("--strict-known" in run.stdout) == strict


def test_what_has_expired_fails_again_and_is_told(lax: str, tmp_path: Path) -> None:
    written(tmp_path, f"- {{requirement: {ENUM}, reason: ticket 1, until: 2020-01-31}}\n")
    run = command("run", lax, *ONLY, "--known", "known.yaml", cwd=tmp_path)
    assert run.returncode == 1
    assert failing(results(tmp_path)) == {ENUM}
    assert told(results(tmp_path)) == [(ENUM, "expired", 1)]
    told_so = f"known.yaml:1, {ENUM}, has expired: it held until 2020-01-31."
    assert f"{told_so} Mend it, or renew the day." in run.stdout


def test_what_has_expired_and_is_kept_can_go(kept: str, tmp_path: Path) -> None:
    written(tmp_path, f"- {{requirement: {ENUM}, reason: ticket 1, until: 2020-01-31}}\n")
    run = command("run", kept, *ONLY, "--known", "known.yaml", cwd=tmp_path)
    assert run.returncode == 0
    assert "has expired: it held until 2020-01-31. Take it out." in run.stdout


def test_the_list_to_start_from_makes_the_gate_pass(lax: str, tmp_path: Path) -> None:
    assert command("run", lax, *ONLY, cwd=tmp_path).returncode == 1
    made = command("known", "--from", "conformance-report", "--output", "k.yaml", cwd=tmp_path)
    assert (made.returncode, made.stdout) == (0, "")
    entry = yaml.safe_load((tmp_path / "k.yaml").read_text("utf-8"))[0]
    assert entry["requirement"] == ENUM
    assert entry["until"] > datetime.date.today() + datetime.timedelta(days=80)
    assert "flaky" not in entry
    again = command("run", lax, *ONLY, "--known", "k.yaml", cwd=tmp_path)
    assert again.returncode == 0
    assert told(results(tmp_path))[0][:2] == (ENUM, "holds")
    # What holds stays as it was written; the list goes to stdout where no file is named.
    other = command("known", cwd=tmp_path)
    assert yaml.safe_load(other.stdout) == [entry]
    once_more = command("known", "--output", "k.yaml", cwd=tmp_path)
    assert once_more.returncode == 2
    assert "k.yaml exists" in once_more.stderr


def test_what_a_search_found_is_never_called_stale(lax: str, tmp_path: Path) -> None:
    run = command("fuzz", lax, "--requests", "700", "--seed", "1", cwd=tmp_path)
    assert run.returncode == 1
    made = yaml.safe_load(listing(results(tmp_path)))
    assert {each["requirement"]: each.get("flaky") for each in made} == {ENUM: True}


def test_a_report_without_faults_gives_an_empty_list(kept: str, tmp_path: Path) -> None:
    command("run", kept, *ONLY, cwd=tmp_path)
    assert yaml.safe_load(listing(results(tmp_path))) == []


@pytest.mark.parametrize("source", ["nowhere", "known.yaml"])
def test_no_report_to_start_from(source: str, tmp_path: Path) -> None:
    written(tmp_path, "{}")
    made = command("known", "--from", source, cwd=tmp_path)
    assert made.returncode == 2
    assert len(made.stderr.splitlines()) == 1
    assert source in made.stderr


def test_the_entry_that_readme_shows_can_be_read(tmp_path: Path) -> None:
    blocks = (ROOT / "README.md").read_text("utf-8").split("```yaml\n")[1:]
    shown = next(each.split("```")[0] for each in blocks if each.startswith("- requirement"))
    (entry,) = known.read(written(tmp_path, shown), IDS)
    assert (entry.requirement, entry.until) == (ENUM, datetime.date(2027, 3, 31))
