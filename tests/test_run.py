"""A run depends on the target and the seed, not on workers or on how and where it is started."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from conformance.secrets import Key
from mock_server.store import SEEDED_CUSTOMER
from runner.session import Session, new
from runner.settings import Settings
from strategies import plan
from tests.support import (
    CONTRACT,
    KEY,
    ROOT,
    assert_secret,
    command,
    environment,
    failing,
    mock,
    results,
    verdicts,
)

pytestmark = pytest.mark.long

RAISES = "raise SystemExit('this module must not be imported')\n"
OURS = ("spec", "strategies", "conformance", "reports", "runner", "packages", "mock_server")
BROKEN = "request.body.gender.enum"
INSTALLED = Path(".venv/lib/packages")
IGNORED = shutil.ignore_patterns("__pycache__", "node_modules")
SHOWN = ("id", "verdict", "cases")


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project in which everything that could be picked up by mistake fails, and which holds the
    suite in a virtual environment of its own."""
    folder = tmp_path_factory.mktemp("hostile")
    for name in (*(f"{each}/__init__" for each in OURS), "conftest", "json", "pytest", "httpx",
                 "conformance/conftest", "conformance/test_headers"):  # fmt: skip
        path = folder / f"{name}.py"
        path.parent.mkdir(exist_ok=True)
        path.write_text(RAISES)
    (folder / "pytest.ini").write_text("[pytest]\naddopts = --nonsense\n")
    for name in set(OURS) - {"packages"}:
        shutil.copytree(ROOT / name, folder / INSTALLED / name, ignore=IGNORED)
    (folder / "tox.ini").write_text("[pytest]\naddopts = --more-nonsense\n")
    (folder / "pyproject.toml").write_text("[tool.pytest.ini_options]\naddopts = '--nonsense'\n")
    return folder


def everything(folder: Path) -> set[Path]:
    """What lies in a folder beside the report and what Python compiles."""
    usual = {"conformance-report", "__pycache__"}
    return {path for path in folder.rglob("*") if not usual & set(path.parts)}


def summary(content: dict[str, Any]) -> list[tuple[Any, ...]]:
    """What a run says of each promise."""
    return [tuple(each[name] for name in SHOWN) for each in content["requirements"]]


def digest(content: dict[str, Any]) -> str:
    return str(content["run"]["cases_sha256"])


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The results of the README's line: the embedded mock, in one process, from an empty folder."""
    folder = tmp_path_factory.mktemp("usual")
    run = command("run", cwd=folder, key=None)
    assert (run.returncode, run.stderr) == (0, "")
    assert "Conformant" in run.stdout
    assert {each.name for each in folder.iterdir()} == {"conformance-report"}
    return results(folder)


def test_the_embedded_mock_keeps_every_promise(usual: dict[str, Any]) -> None:
    assert set(verdicts(usual).values()) == {"pass"}
    assert usual["summary"]["conformant"]
    assert usual["summary"]["complete"]
    assert usual["summary"]["requests"] <= 373
    assert set(usual["summary"]["requests_by_phase"]) == {
        "preflight", "deterministic", "schemathesis", "hypothesis", "last",
    }  # fmt: skip


@pytest.mark.parametrize("workers", ["0", "1", "2"])
def test_workers_and_foreign_files_change_nothing(
    workers: str, usual: dict[str, Any], hostile: Path
) -> None:
    before = everything(hostile)
    env = {
        "PYTEST_ADDOPTS": "--nonsense",
        "PYTEST_PLUGINS": "json_that_is_not_there",
        "PYTHONPATH": str(hostile / INSTALLED),
    }
    run = command("run", "--workers", workers, cwd=hostile, env=env)
    assert (run.returncode, run.stderr) == (0, "")
    content = results(hostile)
    assert summary(content) == summary(usual)
    assert digest(content) == digest(usual)
    assert content["summary"]["conformant"]
    assert everything(hostile) == before
    assert_secret(hostile, run.stdout, run.stderr)


def planned(folder: Path, seed: int) -> list[str]:
    """The digests of what the generating phases send with a seed."""
    settings = Settings(seed=seed, report_dir=str(folder))
    session = Session(settings, CONTRACT, new(settings, "http://127.0.0.1:9"), Key(KEY))
    for phase in ("schemathesis", "hypothesis"):
        session.generated(phase)
    session.close()
    return [note["sha256"] for note in session.journal.notes["planned"]]


def test_another_seed_sends_other_cases(tmp_path: Path) -> None:
    assert not set(planned(tmp_path / "0", 0)) & set(planned(tmp_path / "1", 1))


def test_a_phase_alone(tmp_path: Path) -> None:
    with mock() as url:
        run = command("run", url, "--phases", "hypothesis", cwd=tmp_path)
    content = results(tmp_path)
    assert run.returncode == 0, run.stdout
    assert set(content["summary"]["requests_by_phase"]) == {"preflight", "hypothesis", "last"}
    assert set(verdicts(content).values()) == {"pass", "untested"}


def pytest_in_checkout(url: str, report: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--target", url,
         "--target-report-dir", report, "conformance/", *arguments],
        cwd=ROOT, env=environment(), capture_output=True, text=True, timeout=100, check=False,
    )  # fmt: skip


def test_pytest_gives_the_same_verdicts(usual: dict[str, Any], tmp_path: Path) -> None:
    with mock() as url:
        run = pytest_in_checkout(url, tmp_path / "conformance-report",
                                 "--target-seeded-customer", SEEDED_CUSTOMER)  # fmt: skip
    content = results(tmp_path)
    assert run.returncode == 0, run.stdout
    assert summary(content) == summary(usual)
    assert digest(content) == digest(usual)
    assert f"report  {tmp_path}" in run.stdout
    assert KEY not in run.stdout + run.stderr


def test_pytest_gives_the_same_exit_codes(tmp_path: Path) -> None:
    report = tmp_path / "conformance-report"
    chosen = ("--target-only", "request.body.gender.*", "--target-phases", "deterministic")
    with mock(BROKEN) as url:
        broken = pytest_in_checkout(url, report, *chosen)
        assert failing(results(tmp_path)) == {BROKEN}
        assert broken.returncode == 1
        assert "accepted with 200, the contract refuses it" in broken.stdout
    nobody = pytest_in_checkout("http://127.0.0.1:9", report, *chosen)
    assert nobody.returncode == 3
    assert "is the server running there?; nothing was tested" in nobody.stdout + nobody.stderr


def test_pytest_selects_cases_by_words(tmp_path: Path) -> None:
    with mock() as url:
        run = pytest_in_checkout(url, tmp_path / "conformance-report", "-k", "gender and enum",
                                 "--target-phases", "deterministic")  # fmt: skip
    content = results(tmp_path)
    assert run.returncode == 0, run.stdout
    assert verdicts(content)[BROKEN] == "pass"
    assert verdicts(content)["request.body.email.type"] == "untested"
    assert not content["summary"]["complete"]
    journal = (tmp_path / "conformance-report" / "journal.ndjson").read_text().splitlines()
    lines = [line for line in map(json.loads, journal) if line["kind"] == "exchange"]
    alone = {case for line in lines if line["role"] == "probe" for case in line["cases"]}
    company = {case.id for each in plan.deterministic(CONTRACT).cases for case in each.beside}
    assert {each for each in alone - company if each.startswith("request.body.")} == {
        each for each in alone if "gender.enum" in each
    }
    assert "request.body.gender.enum/other-letter-case" in alone


@pytest.mark.parametrize("arguments", [["--ignore-glob=tests/test_[!k]*.py"], ["conformance"]])
def test_without_a_target_no_case_is_collected(arguments: list[str]) -> None:
    """Neither by plain pytest, which looks into tests/, nor by whoever names the folder."""
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "--collect-only", "-p", "no:cacheprovider",
         *arguments],
        cwd=ROOT, env=environment(), capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert "conformance/test_" not in run.stdout
    assert run.returncode == (5 if arguments == ["conformance"] else 0), run.stdout
