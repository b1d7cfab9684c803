"""ci/gitlab.yml, its lines run as GitLab's runner runs them, against servers of the test."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support import KEY, ROOT, UNCOMPILED, assert_secret, environment, mock, results

pytestmark = pytest.mark.long

JOB: dict[str, Any] = yaml.safe_load((ROOT / "ci/gitlab.yml").read_text("utf-8"))[
    ".adapty-conformance"
]
PACKED = (
    "pyproject.toml", "README.md", "LICENSE", "requirements.lock",
    "spec", "strategies", "conformance", "reports", "runner", "mock_server",
)  # fmt: skip


def job(
    folder: Path, script: list[str], key: str | None = KEY, **variables: str
) -> subprocess.CompletedProcess[str]:
    """Lines of a job, in one shell that ends with the first that fails; GitLab prints each."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        ["bash", "-eo", "pipefail", "-c", "\n".join(script)], cwd=folder, capture_output=True,
        env=environment(key, {"PATH": path, **UNCOMPILED, **variables}), text=True, timeout=200,
        check=False,
    )  # fmt: skip


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a job after its `before_script`, which cloned and installed this revision."""
    folder = tmp_path_factory.mktemp("gitlab")
    source = folder / "source"
    source.mkdir()
    git = "git -c user.name=n -c user.email=e@example.com"
    copied = job(source, [
        f"cp -r {' '.join(f'{ROOT}/{each}' for each in PACKED)} .",
        f"git init -q && git add . && {git} commit -qm one && git tag one",
        f"rm -r runner && {git} commit -qam two",
    ])  # fmt: skip
    assert copied.returncode == 0, copied.stderr
    place = folder / "job"
    place.mkdir()
    made = job(place, JOB["before_script"], CONFORMANCE_URL=str(source), CONFORMANCE_REF="one")
    assert made.returncode == 0, made.stderr
    assert_secret(place, made.stdout, made.stderr)
    return place


def judged(
    place: Path, key: str | None = KEY, **variables: str
) -> subprocess.CompletedProcess[str]:
    """The job's script, beside what its last line of the preparation left in the same shell."""
    return job(place, [JOB["before_script"][-1], *JOB["script"]], key, **variables)


def test_the_image_is_an_exact_version() -> None:
    assert JOB["image"].startswith("python:3.13.")
    assert "-" in JOB["image"]


def test_a_conformant_target_passes(prepared: Path) -> None:
    with mock() as url:
        run = judged(prepared, ADAPTY_CONFORMANCE_TARGET=url)
    assert (run.returncode, run.stderr) == (0, "")
    assert results(prepared)["summary"]["conformant"]
    for path in (*JOB["artifacts"]["paths"], JOB["artifacts"]["reports"]["junit"]):
        assert (prepared / path).exists()
    assert JOB["artifacts"]["when"] == "always"
    assert_secret(prepared / "conformance-report", run.stdout)


def test_what_is_set_as_a_variable_counts(prepared: Path) -> None:
    settings = {"ADAPTY_CONFORMANCE_PHASES": "deterministic",
                "ADAPTY_CONFORMANCE_ONLY": "request.body.gender.* auth.missing",
                "ADAPTY_CONFORMANCE_REPORT_DIR": "elsewhere"}  # fmt: skip
    with mock("request.body.gender.enum") as url:
        run = judged(prepared, ADAPTY_CONFORMANCE_TARGET=url, **settings)
        (prepared / "adapty-conformance.toml").write_text(f'[targets.sandbox]\nurl = "{url}"\n')
        named = judged(prepared, ADAPTY_CONFORMANCE_TARGET="sandbox", **settings)
        (prepared / "adapty-conformance.toml").unlink()
    assert (run.returncode, named.returncode) == (1, 1)
    kept = [each for each in results(prepared)["requirements"] if each["verdict"] == "pass"]
    assert "auth.missing" in {each["id"] for each in kept}
    assert not (prepared / "elsewhere").exists(), "the artifacts are of one folder"


def test_the_shards_of_the_documentation_make_one_report(prepared: Path) -> None:
    page = (ROOT / "docs/ci.md").read_text("utf-8")
    blocks = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    shown = yaml.safe_load(next(each for each in blocks if "parallel:" in each))
    first = JOB["before_script"][-1]
    of = {"CI_NODE_TOTAL": "2", "ADAPTY_CONFORMANCE_PHASES": "deterministic"}
    with mock("request.body.gender.enum") as url:
        shards = [
            job(prepared, [first, *shown["shard"]["script"]],
                **of, CI_NODE_INDEX=number, ADAPTY_CONFORMANCE_TARGET=url)
            for number in "12"
        ]  # fmt: skip
    assert max(each.returncode for each in shards) == 1
    run = job(prepared, [first, *shown["contract"]["script"]])
    assert (run.returncode, run.stderr) == (1, "")
    assert "Breaks 1 of" in run.stdout
    assert "shard" not in results(prepared)["run"]


def test_the_wrong_key_ends_with_3(prepared: Path) -> None:
    with mock(key="secret_live_another") as url:
        run = judged(prepared, ADAPTY_CONFORMANCE_TARGET=url)
    assert run.returncode == 3
    assert_secret(prepared / "conformance-report", run.stdout, run.stderr)


@pytest.mark.parametrize("variables", [{}, {"ADAPTY_CONFORMANCE_TARGET": ""}])
def test_without_a_target_the_embedded_mock_does_not_pass(
    variables: dict[str, str], prepared: Path
) -> None:
    assert judged(prepared, **variables).returncode == 2


@pytest.mark.parametrize("hostile", ["a'b\"; touch pwned #", "a $(touch pwned); touch pwned #"])
def test_what_a_variable_holds_is_never_run(hostile: str, prepared: Path) -> None:
    run = judged(prepared, ADAPTY_CONFORMANCE_TARGET=hostile)
    assert run.returncode == 2
    first = job(prepared, JOB["before_script"][:1], CONFORMANCE_URL=hostile)
    assert first.returncode != 0
    assert not (prepared / "pwned").exists()
