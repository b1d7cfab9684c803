"""action.yml, its steps run as a runner runs them, against servers of the test."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.composite import ACTION, STEPS, Job, installed, perform
from tests.support import KEY, ROOT, assert_secret, mock, results

pytestmark = pytest.mark.long

ENUM = "request.body.gender.enum"
FEW = {"args": "--phases deterministic\n  --only request.body.gender.*"}
# What ends a text in quotes, a command, or neither: a shell that reads one stumbles over another.
HOSTILE = {
    "quotes": "a'b\"; touch pwned; echo \"", "end": "a; touch pwned #",
    "inside": "a $(touch pwned) `touch pwned`",
}  # fmt: skip
PINNED = {"actions/setup-python": "v7.0.0", "actions/upload-artifact": "v7.0.0"}


@pytest.fixture(scope="module")
def temporary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A `RUNNER_TEMP` in which the action's own step has installed this revision."""
    return installed(tmp_path_factory)


def judged(given: dict[str, str], folder: Path, temporary: Path, key: str | None = KEY) -> Job:
    """The rest of the action, in an empty workspace."""
    place = folder / "workspace"
    place.mkdir(exist_ok=True)
    return perform(given, place, temporary, key=key, done=("install",))


def test_what_it_uses_is_pinned_to_commits() -> None:
    text = (ROOT / "action.yml").read_text("utf-8")
    found = re.findall(r"uses: (\S+)@([0-9a-f]{40}) # (v\d+\.\d+\.\d+)\n", text)
    assert {name: version for name, _, version in found} == PINNED
    assert len(found) == len([each for each in STEPS if "uses" in each])


def test_no_script_holds_an_expression() -> None:
    scripts = [each["run"] for each in STEPS if "run" in each]
    assert len(scripts) == 3
    assert [each for each in scripts if "${{" in each] == []
    assert {each["shell"] for each in STEPS if "run" in each} == {"bash"}


def test_the_key_is_no_input() -> None:
    assert [name for name in ACTION["inputs"] if re.search("key|secret|token", name)] == []


def test_a_conformant_target_passes(tmp_path: Path, temporary: Path) -> None:
    with mock() as url:
        job = judged({"target": url}, tmp_path, temporary)
    assert job.code == 0, job.text
    assert job.outputs == {
        "exit-code": "0", "conformant": "true", "report-dir": "conformance-report",
    }  # fmt: skip
    assert job.summary == (tmp_path / "workspace/conformance-report/summary.md").read_text("utf-8")
    assert "Conformant" in job.summary
    assert results(tmp_path / "workspace")["summary"]["conformant"]
    assert job.used["actions/setup-python"] == {
        "python-version": "3.13", "update-environment": "false",
    }  # fmt: skip
    assert job.used["actions/upload-artifact"] == {
        "name": "conformance-report", "path": "conformance-report", "if-no-files-found": "ignore",
    }  # fmt: skip
    assert job.left == "", "the job's own environment stays as it was"
    assert_secret(tmp_path, job.text, job.summary)


def test_a_broken_promise_fails_the_job_and_is_told(tmp_path: Path, temporary: Path) -> None:
    with mock(ENUM) as url:
        job = judged({"target": url, **FEW, "report-dir": "out/one"}, tmp_path, temporary)
    assert job.code == 1, job.text
    assert job.outputs == {"exit-code": "1", "conformant": "false", "report-dir": "out/one"}
    assert ENUM in job.summary
    assert job.used["actions/upload-artifact"]["path"] == "out/one"
    assert_secret(tmp_path, job.text, job.summary)


def test_the_wrong_key_is_told_and_stays_secret(tmp_path: Path, temporary: Path) -> None:
    with mock(key="secret_live_another") as url:
        job = judged({"target": url}, tmp_path, temporary)
    assert job.code == 3
    assert job.outputs["exit-code"] == "3"
    assert "answers 401 to the key in ADAPTY_API_KEY" in job.text
    assert "Could not be judged" in job.summary
    assert "actions/upload-artifact" in job.used
    assert_secret(tmp_path, job.text, job.summary)


def test_without_a_key_nothing_is_judged(tmp_path: Path, temporary: Path) -> None:
    with mock() as url:
        job = judged({"target": url}, tmp_path, temporary, key=None)
    assert (job.code, job.outputs["exit-code"], job.outputs["conformant"]) == (2, "2", "")
    assert "no API key: set ADAPTY_API_KEY" in job.text


def test_without_a_target_the_embedded_mock_does_not_pass(tmp_path: Path, temporary: Path) -> None:
    job = judged({"target": ""}, tmp_path, temporary)
    assert (job.code, job.outputs["exit-code"], job.summary) == (2, "2", "")


def test_the_report_of_an_earlier_run_is_not_this_one_s(tmp_path: Path, temporary: Path) -> None:
    with mock() as url:
        assert judged({"target": url, **FEW}, tmp_path, temporary).code == 0
        job = judged({"target": url, **FEW, "requests": "many"}, tmp_path, temporary)
    assert (job.code, job.summary, job.outputs["conformant"]) == (2, "", "")


def test_what_failed_before_the_run_is_not_taken_for_a_pass(tmp_path: Path) -> None:
    (tmp_path / "workspace").mkdir()
    python = str(tmp_path / "there-is-none")
    job = perform({"target": "x"}, tmp_path / "workspace", tmp_path, key=KEY, python=python)
    assert job.code == 127
    assert job.outputs["exit-code"] == ""
    last = perform({}, tmp_path / "workspace", tmp_path, key=KEY, done=("install", "run"))
    assert last.code == 4


def test_a_name_of_the_configuration_file_and_every_input(tmp_path: Path, temporary: Path) -> None:
    place = tmp_path / "workspace"
    place.mkdir()
    (place / "known list.yaml").write_text(f"- {{requirement: {ENUM}, reason: ticket 1}}\n")
    given = {"target": "sandbox", "known": "known list.yaml", "requests": "100", "artifact": "",
             "expect-app-id": "14c3d623-2f3a-455a-aa86-ef83dff6913b", **FEW}  # fmt: skip
    with mock(ENUM) as url:
        table = f'[targets.sandbox]\nurl = "{url}"\n'
        (place / "adapty-conformance.toml").write_text(table)
        other = judged(given, tmp_path, temporary)
        job = judged({**given, "expect-app-id": ""}, tmp_path, temporary)
    assert other.code == 3
    assert "not of 14c3d623-2f3a-455a-aa86-ef83dff6913b" in other.text
    assert job.code == 0, job.text
    assert "actions/upload-artifact" not in job.used
    content = results(place)
    assert content["target"]["url"].startswith(url)
    assert [each["requirement"] for each in content["deviations"]] == [ENUM]
    lines = (place / "conformance-report/journal.ndjson").read_text("utf-8").splitlines()
    settings = next(told["settings"] for told in map(json.loads, lines) if told["kind"] == "run")
    assert settings["requests"] == 100


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("name", [n for n in ACTION["inputs"] if n != "python-version"])
def test_what_an_input_holds_is_never_run(
    name: str, text: str, tmp_path: Path, temporary: Path
) -> None:
    with mock() as url:
        job = judged({"target": url, **FEW, name: text}, tmp_path, temporary)
    kept = name in ("report-dir", "artifact")  # any text is a folder, or a name
    assert job.code == (0 if kept else 2), job.text
    assert list(tmp_path.rglob("pwned")) == []
    assert list(temporary.rglob("pwned")) == []
    assert (tmp_path / "workspace" / text).is_dir() == (name == "report-dir")


@pytest.mark.parametrize("name", ["target", "expect-app-id", "requests", "known", "report-dir"])
def test_an_input_is_no_option(name: str, tmp_path: Path, temporary: Path) -> None:
    with mock() as url:
        job = judged({"target": url, **FEW, name: "--dry-run"}, tmp_path, temporary)
    assert job.code == (0 if name == "report-dir" else 2), job.text
    assert (tmp_path / "workspace/--dry-run").is_dir() == (name == "report-dir")


def test_what_a_target_answers_is_no_command_to_the_runner(tmp_path: Path, temporary: Path) -> None:
    """Between two lines of which nobody can guess the second, the runner obeys nothing."""
    with mock() as url:
        tokens = set()
        for _ in range(2):
            lines = judged({"target": url, **FEW}, tmp_path, temporary).text.splitlines()
            begin = [line for line in lines if line.startswith("::stop-commands::")]
            token = begin[0].removeprefix("::stop-commands::")
            assert (lines[0], lines[-1]) == (begin[0], f"::{token}::")
            tokens.add(token)
    assert len(tokens) == 2
    assert min(map(len, tokens)) == 64
