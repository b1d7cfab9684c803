"""Servers that are no part of the suite: what is true of them is found, and nothing else.

The lists are the reviewed ones of `benchmarks/power/field/reviewed.yaml`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks.power.field import FIELD, FieldError, serving
from benchmarks.power.field.servers import COMMANDS
from reports.results import validate
from tests.needs import require_executable, require_module

pytestmark = pytest.mark.long

KEY = "secret_live_0123456789abcdef"
MODULES = {
    "fastapi": ("fastapi", "email_validator"),
    "django": ("rest_framework", "gunicorn"),
    "flask": ("flask", "marshmallow", "waitress"),
    "fastapi-strict": ("fastapi", "email_validator"),
    "stdlib": (),
    "connexion": ("connexion",),
}


@pytest.mark.parametrize("name", FIELD)
def test_what_is_found_is_what_is_true_of_the_server(name: str, tmp_path: Path) -> None:
    if name in MODULES:
        require_module(*MODULES[name])
    else:
        require_executable("npm")
    found = broken(judged(name, tmp_path))
    known = FIELD[name]
    assert known.certain.keys() - found == set(), "missed"
    assert found - known.certain.keys() - known.possible.keys() == set(), "accused wrongly"


def test_each_server_says_what_it_is_and_why_it_is_said_to_break_what_it_breaks() -> None:
    assert {each.kind for each in FIELD.values()} == {"implementation", "mock"}
    for name, each in FIELD.items():
        assert each.name == name
        assert each.about
        assert all(each.certain.values())
        assert all(each.possible.values())
        assert not each.certain.keys() & each.possible.keys()


def test_a_server_that_does_not_start_says_what_it_wrote(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    command = [sys.executable, "-c", "raise SystemExit('no such framework')"]
    monkeypatch.setitem(COMMANDS, "fastapi", lambda _: command)
    said = "fastapi ended with 1:\nno such framework"
    with pytest.raises(FieldError, match=said), serving("fastapi", KEY):
        pass


def test_a_name_that_is_not_in_the_field_is_told_the_names_that_are() -> None:
    said = "no 'rails' in the field; there are fastapi, django"
    with pytest.raises(FieldError, match=said), serving("rails", KEY):
        pass


def judged(name: str, folder: Path) -> dict[str, Any]:
    """The results of a run against that server."""
    with serving(name, KEY) as url:
        ended = subprocess.run(
            [Path(sys.executable).with_name("adapty-conformance"), "run", url],
            cwd=folder,
            env={**os.environ, "ADAPTY_API_KEY": KEY},
            capture_output=True,
            text=True,
            timeout=300,
        )
    assert ended.returncode in (0, 1), ended.stdout + ended.stderr
    results: dict[str, Any] = json.loads(
        (folder / "conformance-report" / "results.json").read_text()
    )
    validate(results)
    return results


def broken(results: dict[str, Any]) -> set[str]:
    """The promises that a run found broken."""
    return {each["id"] for each in results["requirements"] if each["verdict"] == "fail"}
