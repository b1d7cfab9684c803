"""ci/Containerfile: what it says, and its lines run in folders in place of an image."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import pytest

from tests.support import KEY, ROOT, UNCOMPILED, environment, mock, results

pytestmark = pytest.mark.long

Line = tuple[str, str]
KNOWN = {"ARG", "FROM", "WORKDIR", "COPY", "RUN", "ENV", "USER", "ENTRYPOINT"}


def _lines() -> Iterator[Line]:
    text = (ROOT / "ci/Containerfile").read_text("utf-8")
    without = "".join(line for line in text.splitlines(True) if not line.startswith("#"))
    for line in without.replace("\\\n", " ").splitlines():
        if line.strip():
            name, _, rest = line.partition(" ")
            assert name in KNOWN, f"ci/Containerfile has a line that is not expected: {line}"
            yield name, rest.strip()


LINES = list(_lines())


def _stages() -> list[list[Line]]:
    starts = [n for n, (name, _) in enumerate(LINES) if name == "FROM"]
    return [LINES[a + 1 : b] for a, b in zip(starts, [*starts[1:], len(LINES)], strict=True)]


def _ignored(path: str, patterns: list[str]) -> bool:
    """Whether .dockerignore leaves out a path of the context; the last line that fits decides."""
    ignored = False
    for each in patterns:
        pattern = each.removeprefix("!")
        parents = [path.rsplit("/", n)[0] for n in range(path.count("/") + 1)]
        loose = pattern.removeprefix("**/")
        names = [p.rpartition("/")[2] for p in parents] if loose != pattern else parents
        if any(fnmatch(name, loose) for name in names):
            ignored = not each.startswith("!")
    return ignored


def _context(place: Path) -> set[str]:
    """Copy what .dockerignore leaves of the files that git has; the names at the top."""
    patterns = (ROOT / ".dockerignore").read_text("utf-8").split()
    found = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, check=True,
        capture_output=True, text=True,
    )  # fmt: skip
    kept = [each for each in found.stdout.splitlines() if not _ignored(each, patterns)]
    for each in kept:
        (place / each).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / each, place / each)
    return {each.partition("/")[0] for each in kept}


class Built:
    """The stages, done in a folder that stands for the root of an image."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "root"
        self.aside = folder / "stage-before"
        self.path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"  # the base's own
        self.context: set[str] = set()
        for stage in _stages():
            if self.root.exists():
                self.root.rename(self.aside)
            self.root.mkdir()
            self.workdir = self.root
            env = environment(None, {"PATH": self.path} | UNCOMPILED)
            for name, rest in stage:
                env = self._done(name, rest, env)
        self.env = env

    def _here(self, text: str) -> str:
        return re.sub(r"(?<![\w./=])/(?=\w)|(?<==)/", f"{self.root}/", text)

    def _done(self, name: str, rest: str, env: dict[str, str]) -> dict[str, str]:
        if name == "WORKDIR":
            self.workdir = Path(self._here(rest))
            self.workdir.mkdir(exist_ok=True)
        elif name == "COPY" and rest == ". .":
            self.context = _context(self.workdir)
        elif name == "COPY":
            found = re.fullmatch(r"--from=build /(\S+) /\1", rest)
            assert found, f"a copy that is not expected: {rest}"
            shutil.copytree(self.aside / found[1], self.root / found[1], symlinks=True)
        elif name == "RUN":
            ran = subprocess.run(
                ["sh", "-c", self._here(rest)], cwd=self.workdir, env=env, check=False,
                capture_output=True, text=True, timeout=200,
            )  # fmt: skip
            assert ran.returncode == 0, ran.stderr
        elif name == "ENV":
            key, _, value = rest.partition("=")
            env = env | {key: self._here(value).replace("$PATH", env["PATH"])}
        return env


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    return Built(tmp_path_factory.mktemp("image"))


def test_each_stage_is_of_a_base_with_an_exact_version() -> None:
    assert LINES[0][0] == "ARG"
    base = r"BASE=docker\.io/library/python:3\.\d+\.\d+-slim-[a-z]+(@sha256:[0-9a-f]{64})?"
    assert re.fullmatch(base, LINES[0][1])
    stages = [rest for name, rest in LINES if name == "FROM"]
    assert stages == ["${BASE} AS build", "${BASE}"]


def test_nobody_in_particular_runs_it() -> None:
    last = _stages()[-1]
    users = [rest for name, rest in last if name == "USER"]
    assert len(users) == 1
    assert re.fullmatch(r"[1-9]\d+:[1-9]\d+", users[0]), "a number, which Kubernetes can check"
    assert not [name for name, _ in last[last.index(("USER", users[0])) :] if name == "RUN"]
    assert last[-1] == ("ENTRYPOINT", '["adapty-conformance"]')


def test_the_context_is_what_is_installed(built: Built) -> None:
    assert built.context == {
        "requirements.lock", "pyproject.toml", "README.md", "LICENSE",
        "spec", "strategies", "conformance", "reports", "runner", "mock_server",
    }  # fmt: skip


def test_the_last_stage_has_the_command_and_nothing_of_the_sources(built: Built) -> None:
    assert {each.name for each in built.root.iterdir()} == {"opt", "work"}
    assert (built.root / "work").stat().st_mode & 0o7777 == 0o1777
    assert built.workdir == built.root / "work"
    found = shutil.which("adapty-conformance", path=built.env["PATH"])
    assert found == str(built.root / "opt/adapty-conformance/bin/adapty-conformance")


def test_what_is_installed_is_locked(built: Built) -> None:
    locked = dict(
        line.partition(";")[0].strip().split("==")
        for line in (ROOT / "requirements.lock").read_text("utf-8").splitlines()
        if "==" in line and not line.startswith((" ", "#"))
    )
    told = [
        each.name.removesuffix(".dist-info").split("-")
        for each in (built.root / "opt/adapty-conformance/lib").rglob("*.dist-info")
    ]
    found = {name.replace("_", "-").lower(): version for name, version in told}
    assert found.pop("adapty-conformance")
    assert len(found) > 20
    assert found == {name: locked[name] for name in found}


def test_it_judges_a_server_without_a_home(built: Built) -> None:
    env = {"PATH": built.env["PATH"], "HOME": "/nowhere", "ADAPTY_API_KEY": KEY}
    with mock() as url:
        run = subprocess.run(
            ["adapty-conformance", "run", url, "--phases", "deterministic", "--only", "auth.*"],
            cwd=built.workdir, env=env, check=False, capture_output=True, text=True, timeout=60,
        )  # fmt: skip
    assert (run.returncode, run.stderr) == (0, "")
    content = results(built.workdir)
    assert {e["verdict"] for e in content["requirements"] if e["id"].startswith("auth.")} == {
        "pass"
    }
