"""When a target is left alone: it fails on everything by now, or throttles it, valid or not."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Scope

from conformance import pacing
from spec.formats import Validity
from tests.running import Twist, error, run
from tests.support import CONTRACT


def _from_the(number: int, answer: Callable[[int], ASGIApp | None]) -> tuple[Twist, list[bytes]]:
    """A target that answers so from a request on."""
    asked: list[bytes] = []

    def twist(_: Scope, body: bytes) -> ASGIApp | None:
        asked.append(body)
        return answer(len(asked)) if len(asked) >= number else None

    return twist, asked


def test_a_target_that_fails_on_everything_is_left_alone(tmp_path: Path) -> None:
    twist, asked = _from_the(60, lambda _: error(500))
    found = run(twist, tmp_path)
    assert "fails on every request by now" in found.content["run"]["stopped"]
    assert len(asked) < 150
    assert "robustness.server_error" in found.failing


def test_a_target_that_fails_on_all_that_is_invalid_is_judged_to_the_end(tmp_path: Path) -> None:
    def fails(_: Scope, body: bytes) -> ASGIApp | None:
        try:
            value = json.loads(body)
        except ValueError:
            return error(500)
        return None if CONTRACT.request_reading.validity(value) is Validity.VALID else error(500)

    found = run(fails, tmp_path)
    assert found.content["run"]["stopped"] is None
    assert "robustness.server_error" in found.failing


def test_a_target_that_throttles_everything_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pacing, "_CLOSED", 0.1)
    limited = JSONResponse({}, 429, {"Retry-After": "0.01"})
    twist, asked = _from_the(60, lambda _: limited)
    found = run(twist, tmp_path)
    assert "throttles every request by now" in found.content["run"]["stopped"]
    assert len(asked) < 250
    assert found.failing == set()
