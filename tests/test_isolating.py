"""The smallest request that shows what a pool or a generated payload showed: in this process."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from conformance.isolating import MOST, TOGETHER
from strategies.edits import Edit
from strategies.generated import case_of
from tests.inprocess import (
    CASES,
    FULL,
    VALID,
    about,
    conducted,
    roles,
)
from tests.support import CONTRACT

BODY = "request.body"


def test_the_one_case_that_a_pool_is_refused_for_is_found(tmp_path: Path) -> None:
    """The others are accepted in smaller pools, and it is sent three times for itself."""
    male = CASES[f"{BODY}.gender.enum/member-m"]
    cases = [male, *(case for case in VALID if case.edits[0].path != ("gender",))]

    def refuses(_: Any, body: Any) -> int | None:
        return 400 if body["gender"] == "m" else None

    bench = conducted(refuses, tmp_path, cases)
    tries = about(bench, male)
    assert [each.role for each in tries] == ["probe", "again", "again"]
    assert len({each.customer for each in tries}) == 3
    for case in cases:
        assert bench.journal.taken(case.id) is (case is not male), case.id
    assert not any(about(bench, case) for case in cases[1:] if len(cases) > 2)


def test_a_generated_payload_is_told_by_the_one_change_that_does_it(tmp_path: Path) -> None:
    body = {**FULL, "gender": "F", "email": "x"}
    case = case_of(CONTRACT, "hypothesis/some-1", body)
    small = f"{BODY}.gender.enum/shrunk-from-hypothesis-some-1"

    def lax(_: Any, sent: Any) -> int | None:
        return 400 if sent["email"] == "x" and sent["gender"] == "f" else None

    bench = conducted(lax, tmp_path, [case])
    assert bench.journal.notes["shrunk"] == [{"case": case.id, "to": small}]
    assert len(about(bench, case)) == 1
    told = [each for each in bench.journal.exchanges if each.cases == (small,)]
    assert [each.role for each in told] == ["search", "probe", "again"]
    assert json.loads(told[-1].request.body) == {**FULL, "gender": "F"}


@pytest.mark.parametrize("place", [0, 3, -1])
def test_the_one_case_of_a_pool_whose_answer_shows_a_fault_is_found(
    place: int, tmp_path: Path
) -> None:
    """An accepted pool tells that something is wrong, a case alone what it is."""
    male = CASES[f"{BODY}.gender.enum/member-m"]
    others = [case for case in VALID if case.edits[0].path != ("gender",)]
    cases = [*others[:place], male, *others[place:]] if place >= 0 else [*others, male]

    def wrong(_: Any, body: Any) -> Any:
        return {"app_id": "x"} if body.get("gender") == "m" else None

    bench = conducted(wrong, tmp_path, cases)
    (probe,) = [each for each in bench.journal.exchanges if each.role == "probe"]
    assert probe.cases == (male.id,)
    assert json.loads(probe.request.body) == {**FULL, "gender": "m"}
    assert bench.isolated == {"response.200.data.app_id.format"}
    searched = [each for each in bench.journal.exchanges if each.role == "search"]
    assert 0 < len(searched) <= 8
    assert bench.control_exchange is not None
    assert {each.control for each in (*searched, probe)} == {bench.control_exchange.id}


def test_what_is_wrong_only_with_an_answer_to_a_valid_request_is_found_too(tmp_path: Path) -> None:
    """As an echo is, of a pool and of a generated payload."""
    male = CASES[f"{BODY}.gender.enum/member-m"]
    others = [case for case in VALID if case.edits[0].path != ("gender",)]
    generated = case_of(CONTRACT, "hypothesis/some-1", {**FULL, "gender": "o", "last_name": "x"})
    small = f"{BODY}.gender.enum/shrunk-from-hypothesis-some-1"

    def wrong(_: Any, body: Any) -> Any:
        return {"customer_user_id": "another"} if body.get("gender") in ("m", "o") else None

    for number, (cases, told) in enumerate([([male, *others], male.id), ([generated], small)]):
        folder = tmp_path / str(number)
        folder.mkdir()
        bench = conducted(wrong, folder, cases)
        assert bench.isolated == {"echo.customer_user_id"}
        assert (told,) in {e.cases for e in bench.journal.exchanges if e.role == "probe"}
        assert bench.journal.cases[told].change["before"] == FULL["gender"]


def test_a_fault_that_comes_and_goes_is_looked_for_once(tmp_path: Path) -> None:
    asked = 0

    def once(*_: Any) -> Any:
        nonlocal asked
        asked += 1
        return {"app_id": "x"} if asked == 2 else None

    bench = conducted(once, tmp_path, VALID, concurrency=1)
    assert roles(bench).get("search") == 2
    assert "probe" not in roles(bench)


def test_a_target_that_breaks_much_at_once_is_asked_about_some_of_it(tmp_path: Path) -> None:
    wrong = dict.fromkeys(
        ("app_id", "profile_id", "segment_hash", "total_revenue_usd", "access_levels"), True
    )
    more = dict.fromkeys(("subscriptions", "non_subscriptions", "timestamp"), True)

    def breaks(_: Any, body: Any) -> Any:
        return None if body == FULL else {**wrong, **more}

    bench = conducted(breaks, tmp_path, VALID)
    assert len(bench.isolated) == MOST == 6


@pytest.mark.parametrize("wrong", [{"app_id": "x"}, {"customer_user_id": "another"}])
def test_what_the_control_shows_too_is_looked_for_nowhere(
    wrong: dict[str, str], tmp_path: Path
) -> None:
    bench = conducted(lambda *_: wrong, tmp_path, VALID)
    assert bench.isolated == set()
    assert "search" not in roles(bench)


def test_changes_that_are_refused_only_together_are_one_case(tmp_path: Path) -> None:
    def long(_: Any, body: Any) -> int | None:
        return 413 if len(json.dumps(body)) > len(json.dumps(FULL)) + 150 else None

    texts = [replace(VALID[0], id=f"x/{n}", edits=(Edit((f"m{n}",), "a" * 60),)) for n in range(4)]
    bench = conducted(long, tmp_path, texts)
    assert all(bench.journal.taken(case.id) for case in texts)
    whole = [e for e in bench.journal.exchanges if e.cases == (TOGETHER,)]
    assert [each.status for each in whole] == [413, 413, 413]
    told = bench.journal.cases[TOGETHER]
    assert (told.requirements, told.expect) == (("response.status",), "accept")
    assert told.words == "4 valid changes together, each of which is accepted alone"


def test_a_valid_value_that_always_crashes_is_found_in_its_pool(tmp_path: Path) -> None:
    male = CASES[f"{BODY}.gender.enum/member-m"]
    others = [case for case in VALID if case.edits[0].path != ("gender",)]

    def crashes(_: Any, body: Any) -> int | None:
        return 500 if body.get("gender") == "m" else None

    bench = conducted(crashes, tmp_path, [*others[:3], male, *others[3:]])
    assert [each.status for each in about(bench, male)] == [500, 500]
    assert all(bench.journal.taken(case.id) for case in others)
    assert bench.waiting == []


def test_a_generated_payload_that_no_one_change_explains_is_tried_again(tmp_path: Path) -> None:
    body = {**FULL, "gender": "m", "first_name": "x"}
    case = case_of(CONTRACT, "hypothesis/some-1", body)

    def both(_: Any, sent: Any) -> int | None:
        return 400 if sent["gender"] == "m" and sent["first_name"] == "x" else None

    bench = conducted(both, tmp_path, [case])
    assert [each.role for each in about(bench, case)] == ["probe", "again", "again"]
    assert "shrunk" not in bench.journal.notes


@pytest.mark.parametrize(
    ("change", "requirement"),
    [
        ({"gender": "m"}, f"{BODY}.gender.enum"),
        ({"email": '"jane doe"@example.com'}, None),
    ],
)
def test_what_an_answer_to_a_generated_payload_shows_is_told_by_one_change(
    change: dict[str, str], requirement: str | None, tmp_path: Path
) -> None:
    """Also by one that the contract leaves open; and the payload itself stays what it is."""
    case = case_of(CONTRACT, "hypothesis/some-1", {**FULL, **change, "last_name": "x"})

    def wrong(_: Any, sent: Any) -> Any:
        return {"app_id": "x"} if change.items() <= sent.items() else None

    bench = conducted(wrong, tmp_path, [case])
    small = f"{requirement or 'request.generated'}/shrunk-from-hypothesis-some-1"
    told = [each for each in bench.journal.exchanges if each.cases == (small,)]
    assert [each.role for each in told][-2:] == ["probe", "again"]
    assert json.loads(told[-1].request.body) == {**FULL, **change}
    assert bench.journal.cases[small].requirements == ((requirement,) if requirement else ())
    assert bench.journal.cases[small].pointer == f"/{next(iter(change))}"
    assert bench.control_exchange is not None
    assert {each.control for each in told} == {bench.control_exchange.id}
    assert "shrunk" not in bench.journal.notes
