"""`run` as a user runs it: exit codes, options, what is written and what is shown."""

from __future__ import annotations

import datetime
import json
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from conformance.verdicts import Verdict
from runner import known
from tests.support import CONTRACT, command, failing, mock, results, verdicts

ENUM = "request.body.gender.enum"
GENDER = ("--phases", "deterministic", "--only", "request.body.gender.*")
FILES = {
    "index.html", "junit.xml", "results.json", "results.sarif", "summary.md", "exchanges.har",
    "profiles.csv",
    "journal.ndjson",
}  # fmt: skip


@dataclass(frozen=True)
class Pair:
    """Two runs in one folder: of a server that keeps every promise, then of one that is lax."""

    folder: Path
    kept: subprocess.CompletedProcess[str]
    lax: subprocess.CompletedProcess[str]


@pytest.fixture(scope="module")
def pair(kept: str, lax: str, tmp_path_factory: pytest.TempPathFactory) -> Pair:
    folder = tmp_path_factory.mktemp("pair")
    colours = {"NO_COLOR": "1", "TERM": "xterm-256color"}
    return Pair(
        folder,
        command("run", kept, *GENDER, cwd=folder, env=colours),
        command("run", lax, *GENDER, cwd=folder),
    )


def requests(folder: Path) -> list[dict[str, Any]]:
    lines = (folder / "conformance-report" / "journal.ndjson").read_text().splitlines()
    return [each for each in map(json.loads, lines) if each["kind"] == "exchange"]


def test_a_target_that_keeps_what_was_asked(pair: Pair, kept: str) -> None:
    assert (pair.kept.returncode, pair.kept.stderr) == (0, "")
    assert "Passed what was run" in pair.kept.stdout
    content = json.loads((pair.folder / "conformance-report/previous/results.json").read_text())
    told = verdicts(content)
    assert {key for key, verdict in told.items() if verdict == "pass"} == {
        key for key in told if key.startswith("request.body.gender.")
    }
    assert not content["summary"]["complete"]
    assert not content["summary"]["conformant"]
    assert content["target"]["url"] == kept


def test_a_target_that_breaks_a_promise(pair: Pair) -> None:
    assert (pair.lax.returncode, pair.lax.stderr) == (1, "")
    assert ENUM in pair.lax.stdout
    lines = pair.lax.stdout.splitlines()
    assert "report  conformance-report/index.html" in lines
    content = results(pair.folder)
    assert failing(content) == {ENUM}
    assert content["run"]["exit_code"] == 1
    report = ElementTree.parse(pair.folder / "conformance-report" / "junit.xml")
    assert any(each.find("failure") is not None for each in report.iter("testcase"))


def test_an_earlier_run_moves_to_previous(pair: Pair) -> None:
    report = pair.folder / "conformance-report"
    assert {each.name for each in report.iterdir()} == FILES | {"previous"}
    assert {each.name for each in (report / "previous").iterdir()} == FILES
    ours = results(pair.folder)["run"]["id"]
    wrong = command("run", "--only", "no.such.promise", cwd=pair.folder)
    assert wrong.returncode == 2
    assert results(pair.folder)["run"]["id"] == ours, "a wrong command moves nothing"


def test_a_pipe_gets_no_colours(pair: Pair) -> None:
    for run in (pair.kept, pair.lax):
        assert "\x1b" not in run.stdout
        assert not re.search("[━╸╺]", run.stdout)
        assert re.search(r"^deterministic  (\d+)/\1 ", run.stdout, re.MULTILINE)


def test_a_case_is_replayed(pair: Pair, kept: str) -> None:
    """As the summary says it; the same case elsewhere; and one that nobody knows."""
    (again,) = re.findall(r"^again +adapty-conformance replay (\S+)$", pair.lax.stdout, re.M)
    broken = command("replay", again, cwd=pair.folder)
    assert (broken.returncode, broken.stderr) == (1, "")
    assert f"breaks {ENUM}: accepted with 200, the contract refuses it" in broken.stdout
    mended = command("replay", again, "--target", kept, cwd=pair.folder)
    assert (mended.returncode, mended.stderr) == (0, "")
    assert "keeps the promise" in mended.stdout
    nobody = command("replay", again, "--target", "http://127.0.0.1:9", cwd=pair.folder)
    assert (nobody.returncode, nobody.stderr) == (3, "")
    assert "nothing can be said: the connection ended without an answer" in nobody.stdout
    unknown = command("replay", again[:-1], cwd=pair.folder)
    assert (unknown.returncode, unknown.stdout) == (2, "")
    assert f"no case {again[:-1]} was recorded; nearest: {again}" in unknown.stderr
    previous = command("replay", again, "--from", "conformance-report/previous", cwd=pair.folder)
    assert previous.returncode == 0


def test_only_and_skip(kept: str, tmp_path: Path) -> None:
    run = command(
        "run", kept, "--phases", "deterministic", "--only", "request.body.g*", "--only",
        "auth.missing", "--skip", "*.nullable", "--skip", ENUM, cwd=tmp_path,
    )  # fmt: skip
    assert run.returncode == 0
    content = results(tmp_path)
    reasons = {each["id"]: each["reason"] for each in content["requirements"]}
    judged = {key for key, verdict in verdicts(content).items() if verdict == "pass"}
    wanted = {key for key in CONTRACT.requirements if key.startswith("request.body.g")}
    assert judged == {key for key in wanted if not key.endswith(".nullable")} - {ENUM} | {
        "auth.missing"
    }
    assert reasons[ENUM] == "deselected by --skip"
    assert reasons["auth.scheme"] == "deselected: --only does not name it"


def test_a_promise_that_only_answers_show(tmp_path: Path) -> None:
    """What is sent for others shows it; what is skipped is not sent even then."""
    key = "rejection.body.status_code.http_status"
    with mock(key) as url:
        run = command("run", url, "--phases", "deterministic", "--only", key,
                      "--skip", "request.body.*", cwd=tmp_path)  # fmt: skip
    assert run.returncode == 1
    assert failing(results(tmp_path)) == {key}
    cases = {case for each in requests(tmp_path) for case in each["cases"]}
    assert not [each for each in cases if each.startswith("request.body.")]


def test_near_misses_stand_beside_nothing_that_is_skipped(tmp_path: Path) -> None:
    """Those of other members stay: they are left out of the payload, and so is what is skipped."""
    run = command("run", "--phases", "deterministic", "--only", "request.body.gender.*",
                  "--skip", "request.body.store.*", cwd=tmp_path)  # fmt: skip
    assert run.returncode == 0
    cases = {case for each in requests(tmp_path) for case in each["cases"]}
    assert not [each for each in cases if each.startswith("request.body.store.")]
    assert "request.body.gender.enum/trailing-newline" in cases
    assert [each for each in cases if each.startswith("request.header.identity/")]


def test_a_gate_for_musts_alone(tmp_path: Path) -> None:
    assert CONTRACT.requirements["request.media_type"].level == "should"
    chosen = ("--phases", "deterministic", "--only", "request.media_type", "--gate", "must")
    with mock("request.media_type") as url:
        run = command("run", url, *chosen, cwd=tmp_path)
    assert run.returncode == 0
    assert failing(results(tmp_path)) == {"request.media_type"}
    assert not results(tmp_path)["summary"]["conformant"]


KNOWN = {
    "yaml": "- {requirement: 'request.body.gender.*', reason: 'ticket 1', until: DATE}\n",
    "toml": "[[known]]\nrequirement = 'request.body.gender.*'\nreason = 'ticket 1'\nuntil = DATE\n",
}


@pytest.mark.parametrize(("kind", "until", "code"), [("yaml", 0, 0), ("toml", -1, 1)])
def test_known_deviations(kind: str, until: int, code: int, lax: str, tmp_path: Path) -> None:
    """One that holds to the end of today, and one that ended yesterday."""
    day = (datetime.date.today() + datetime.timedelta(days=until)).isoformat()
    (tmp_path / f"known.{kind}").write_text(KNOWN[kind].replace("DATE", day))
    run = command("run", lax, *GENDER, "--known", f"known.{kind}", cwd=tmp_path)
    assert run.returncode == code
    content = results(tmp_path)
    (found,) = [each for each in content["requirements"] if each["id"] == ENUM]
    assert found["verdict"] == ("known" if code == 0 else "fail")
    assert found["known"] == ({"reason": "ticket 1", "until": day} if code == 0 else None)


@pytest.mark.parametrize(
    "until", ["2026-01-02", "'2026-01-02'", "2026-01-02T00:00:00Z", "2026-01-02 12:00:00"]
)
@pytest.mark.parametrize(("today", "name"), [(2, "known"), (3, "fail")])
def test_a_day_may_be_written_as_one_likes(
    until: str, today: int, name: str, tmp_path: Path
) -> None:
    path = tmp_path / "known.yaml"
    entry = f"{{requirement: {ENUM}, reason: ticket 1, level: should, until: {until}}}"
    path.write_text(f"known: [{entry}]")
    deviations = known.read(path, list(CONTRACT.requirements))
    told = {ENUM: Verdict(CONTRACT.requirements[ENUM], "fail", None, 1, ())}
    changed, _ = known.excuse(told, deviations, datetime.date(2026, 1, today))
    assert changed[ENUM].name == name
    assert changed[ENUM].requirement.level == ("should" if name == "known" else "must")


def test_customers_are_named_as_told(kept: str, tmp_path: Path) -> None:
    seeded = "customer-with-purchases"
    run = command("run", kept, "--phases", "deterministic", "--only", "response.200.data.*",
                  "--skip", "request.*", "--customer-prefix", "team-7.",
                  "--seeded-customer", seeded, cwd=tmp_path)  # fmt: skip
    assert run.returncode == 0
    content = results(tmp_path)
    assert verdicts(content)["response.200.data.access_levels.item.store.type"] == "pass"
    named = {
        value for each in requests(tmp_path) for name, value in each["request"]["headers"]
        if name == "adapty-customer-user-id"
    }  # fmt: skip
    ours = {each for each in named if each.startswith(f"team-7.{content['run']['id']}-")}
    assert len(ours) > 1
    assert named - ours <= {seeded, ""}
    assert seeded in named


def test_the_time_is_a_limit(kept: str, tmp_path: Path) -> None:
    run = command("run", kept, *GENDER, "--time", "2s", "--rate", "3/s", cwd=tmp_path)
    content = results(tmp_path)
    assert run.returncode == 3
    assert content["run"]["stopped"] == "the limit of time (--time) is spent"
    assert 1 < content["summary"]["requests"] < 8
    assert not content["summary"]["complete"]
    assert "he limit of time (--time) is spent" in run.stdout


def test_workers_share_a_limit(kept: str, tmp_path: Path) -> None:
    run = command("run", kept, "--phases", "deterministic", "--workers", "2",
                  "--requests", "20", cwd=tmp_path)  # fmt: skip
    assert run.returncode == 3
    assert 10 < results(tmp_path)["summary"]["requests"] <= 20
    assert results(tmp_path)["run"]["stopped"] == "the limit of requests (--requests) is spent"


def test_the_first_gated_failure_can_end_a_run(tmp_path: Path) -> None:
    with mock("request.body.gender.enum") as url:
        run = command("run", url, "--fail-fast", cwd=tmp_path)
        content = results(tmp_path)
        assert run.returncode == 1
        assert "request.body.gender.enum is broken, and --fail-fast ends the run" in run.stdout
        assert failing(content) == {"request.body.gender.enum"}
        assert not content["summary"]["complete"]
        assert set(content["summary"]["requests_by_phase"]) == {"preflight", "deterministic"}
        assert not list(tmp_path.glob("**/.halt"))
        several = command("run", url, "--fail-fast", "--workers", "2", cwd=tmp_path)
        assert several.returncode == 1
        assert failing(results(tmp_path)) == {"request.body.gender.enum"}
        assert "last" not in results(tmp_path)["summary"]["requests_by_phase"]


def test_what_the_gate_does_not_take_ends_no_run(tmp_path: Path) -> None:
    (tmp_path / "known.yaml").write_text("- {requirement: 'request.body.gender.*', reason: soon}\n")
    with mock("request.body.gender.enum") as url:
        run = command("run", url, *GENDER, "--fail-fast", "--known", "known.yaml", cwd=tmp_path)
        assert (run.returncode, results(tmp_path)["run"]["stopped"]) == (0, None)
    with mock("request.body.email.format") as url:
        options = ("--only", "request.body.email.*", "--gate", "must", "--fail-fast")
        run = command("run", url, *options, cwd=tmp_path)
        assert (run.returncode, results(tmp_path)["run"]["stopped"]) == (0, None)
        assert failing(results(tmp_path)) == {"request.body.email.format"}


def test_a_wrong_answer_can_end_a_run_too(tmp_path: Path) -> None:
    with mock("response.200.data.app_id.required") as url:
        run = command("run", url, "--fail-fast", cwd=tmp_path)
    assert run.returncode == 1
    assert results(tmp_path)["summary"]["requests"] == 1
