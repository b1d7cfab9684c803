"""Runs the steps of action.yml as GitHub's runner would, and fails on what it does not know."""

from __future__ import annotations

import fcntl
import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support import ROOT, UNCOMPILED, environment

ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
STEPS: list[dict[str, Any]] = ACTION["runs"]["steps"]
SHELL = ("bash", "--noprofile", "--norc", "-eo", "pipefail")
_FILES = ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY", "GITHUB_ENV", "GITHUB_PATH")
_EXPRESSION = re.compile(r"\$\{\{(.*?)\}\}")

Values = Mapping[str, str]


@dataclass
class Job:
    """What a job shows after the action: the exit code of the first step that failed, what was
    printed, the summary, the action's outputs, and the `with` of each action that it used."""

    code: int = 0
    text: str = ""
    summary: str = ""
    outputs: dict[str, str] = field(default_factory=dict)
    used: dict[str, dict[str, str]] = field(default_factory=dict)
    left: str = ""  # what the job's later steps would find in their environment


def value(text: Any, inputs: Values, steps: Mapping[str, Values]) -> str:
    """A value of action.yml with its expressions worked out; fails on one that is not expected."""
    shown = text if isinstance(text, str) else str(text).lower()
    return _EXPRESSION.sub(lambda found: _looked_up(found[1].strip(), inputs, steps), shown)


def _looked_up(name: str, inputs: Values, steps: Mapping[str, Values]) -> str:
    if found := re.fullmatch(r"inputs\.([a-z-]+)", name):
        return inputs[found[1]]
    if found := re.fullmatch(r"steps\.([a-z-]+)\.outputs\.([a-z-]+)", name):
        assert any(each.get("id") == found[1] for each in STEPS), f"no step is called {found[1]}"
        return steps.get(found[1], {}).get(found[2], "")
    raise AssertionError(f"action.yml has an expression that is not expected: {name}")


def _holds(condition: str | None, failed: bool, inputs: Values) -> bool:
    """Whether a step runs; `success()` is what GitHub asks where nothing else is."""
    if condition is None:
        return not failed
    first, *more = condition.split(" && ")
    assert first == "always()", f"action.yml has a condition that is not expected: {condition}"
    holds = True
    for each in more:
        found = re.fullmatch(r"(\S+) != ''", each)
        assert found, f"action.yml has a condition that is not expected: {condition}"
        holds = holds and _looked_up(found[1], inputs, {}) != ""
    return holds


def perform(
    given: Values, place: Path, temporary: Path, *, key: str | None, python: str = "",
    done: Sequence[str] = (), env: Values | None = None,
) -> Job:  # fmt: skip
    """The action with these inputs in a job whose workspace is `place` and whose `RUNNER_TEMP` is
    `temporary`. `python` is what the set-up gives; the steps `done` were done there before."""
    assert set(given) <= set(ACTION["inputs"]), "the runner only warns of an unknown input"
    defaults = {name: each.get("default", "") for name, each in ACTION["inputs"].items()}
    inputs = {**defaults, **given}
    steps: dict[str, Values] = {"python": {"python-path": python}}
    job = Job()
    for number, step in enumerate(STEPS):
        if step.get("id") in done or not _holds(step.get("if"), job.code != 0, inputs):
            continue
        if "uses" in step:
            told = {k: value(v, inputs, steps) for k, v in step.get("with", {}).items()}
            job.used[step["uses"].partition("@")[0]] = told
            continue
        files = {name: place.parent / f"{place.name}-{number}-{name}" for name in _FILES}
        for each in files.values():
            each.write_text("")
        script = place.parent / f"{place.name}-{number}.sh"
        script.write_text(step["run"], "utf-8")  # as it stands: an expression in it is an error
        ran = subprocess.run(
            [*SHELL, script], cwd=place, capture_output=True, text=True, timeout=200, check=False,
            env=environment(key, env)
            | UNCOMPILED
            | {name: str(each) for name, each in files.items()}
            | {"GITHUB_ACTION_PATH": str(ROOT), "RUNNER_TEMP": str(temporary)}
            | {k: value(v, inputs, steps) for k, v in step.get("env", {}).items()},
        )  # fmt: skip
        told_by = files["GITHUB_OUTPUT"].read_text("utf-8").splitlines()
        steps[step.get("id", str(number))] = dict(line.split("=", 1) for line in told_by)
        job.text += ran.stdout + ran.stderr
        job.summary += files["GITHUB_STEP_SUMMARY"].read_text("utf-8")
        job.left += files["GITHUB_ENV"].read_text() + files["GITHUB_PATH"].read_text()
        job.code = job.code or ran.returncode
    job.outputs = {k: value(v["value"], inputs, steps) for k, v in ACTION["outputs"].items()}
    return job


def installed(factory: pytest.TempPathFactory) -> Path:
    """A `RUNNER_TEMP` with the action's own environment, which its own step made, once for all
    processes and modules of these tests."""
    base = factory.getbasetemp()
    common = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "action"
    common.mkdir(exist_ok=True)
    made, place = common / "adapty-conformance", common / "workspace"
    with (common / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (made / "bin/adapty-conformance").is_file():
            place.mkdir(exist_ok=True)
            job = perform({}, place, common, key=None, python=sys.executable, done=("run",))
            assert (made / "bin/adapty-conformance").is_file(), job.text
    temporary = factory.mktemp("runner")
    (temporary / made.name).mkdir()  # in which the action notes when it began
    for each in made.iterdir():
        (temporary / made.name / each.name).symlink_to(each)
    return temporary
