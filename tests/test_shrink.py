"""Shrinking: the differences of two payloads, and the one of them that does it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from conformance.shrink import differences, shrink
from strategies import edits
from strategies.cases import Case
from strategies.controls import full
from strategies.edits import Edit
from strategies.generated import case_of
from tests.support import CONTRACT

CONTROL = full(CONTRACT)


def shrunk(payload: Any, does: Callable[[Any], bool]) -> tuple[Case | None, list[Any]]:
    """The smallest case for a target that does something, and what was sent on the way."""
    sent: list[Any] = []

    async def shows(case: Case) -> bool:
        sent.append(edits.apply(CONTROL, case.edits))
        return does(sent[-1])

    case = case_of(CONTRACT, "peer/some-01", payload)
    return asyncio.run(shrink(CONTRACT, case, CONTROL, shows)), sent


def test_a_new_member_that_is_null_is_a_difference() -> None:
    assert differences(CONTROL, {**CONTROL, "new": None}) == [Edit(("new",), None)]
    assert differences({"a": None}, {"a": None}) == []


def test_a_list_where_none_was_is_one_change() -> None:
    found, _ = shrunk({**CONTROL, "gender": ["x"]}, lambda sent: sent["gender"] == ["x"])
    assert found is not None
    assert found.edits == (Edit(("gender",), ["x"]),)


def test_items_that_the_control_has_are_not_looked_at() -> None:
    usual = CONTROL["custom_attributes"]
    new = {"key": "b", "value": 1.5}
    payload = {**CONTROL, "custom_attributes": [*usual, new]}
    found, sent = shrunk(payload, lambda body: new in body["custom_attributes"])
    assert found is not None
    assert len(sent) <= 4
    assert all(len(body["custom_attributes"]) == len(usual) + 1 for body in sent)


def test_several_changes_are_told_as_several() -> None:
    """While they are looked at together."""
    words: list[str] = []

    async def shows(case: Case) -> bool:
        words.append(case.words)
        return "gender" in case.words

    payload = {**CONTROL, "gender": "m", "first_name": "x"}
    case = case_of(CONTRACT, "peer/some-01", payload)
    found = asyncio.run(shrink(CONTRACT, case, CONTROL, shows))
    assert found is not None
    assert words[0].count("; ") == 1
    assert found.words == 'gender "f" → "m"'
