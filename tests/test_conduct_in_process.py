"""What is sent for which cases, how often, and beside what: against targets in this process."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from conformance.bench import Bench
from conformance.conduct import conduct
from strategies.cases import Case
from tests.inprocess import (
    CASES,
    FULL,
    GONE,
    PLAN,
    UPPER,
    VALID,
    about,
    at_work,
    conducted,
    fine,
    roles,
    strict,
)
from tests.support import KEY

BODY = "request.body"
SLOW = httpx.ReadTimeout("no answer")


def test_valid_cases_share_a_request_beside_one_control(tmp_path: Path) -> None:
    bench = conducted(fine, tmp_path, VALID)
    assert roles(bench)["control"] == 1
    pooled = [each for each in bench.journal.exchanges if each.role == "pool"]
    assert sorted(name for each in pooled for name in each.cases) == sorted(c.id for c in VALID)
    assert len(pooled) < 6
    control = bench.control_exchange
    assert control is not None
    assert {each.control for each in pooled} == {control.id}
    assert bench.journal.cases.keys() == {case.id for case in VALID}


def test_nothing_is_sent_for_no_case(tmp_path: Path) -> None:
    assert conducted(fine, tmp_path, []).journal.exchanges == []
    last = tmp_path / "last"
    last.mkdir()
    assert conducted(fine, last, [], last=True).journal.exchanges == []


def test_what_is_right_is_sent_once_and_what_is_wrong_thrice(tmp_path: Path) -> None:
    right = conducted(strict, tmp_path, [UPPER])
    assert [each.status for each in about(right, UPPER)] == [400]
    lax = tmp_path / "lax"
    lax.mkdir()
    wrong = conducted(fine, lax, [UPPER])
    assert [each.role for each in about(wrong, UPPER)] == ["probe", "again", "again"]
    assert wrong.control_exchange is not None
    assert {each.control for each in about(wrong, UPPER)} == {wrong.control_exchange.id}


def test_what_stands_for_another_is_sent_once(tmp_path: Path) -> None:
    pair = [case for case in PLAN.cases if case.either][:1]
    bench = conducted(lambda _, body: None if body == FULL else 400, tmp_path, pair)
    assert len(about(bench, pair[0])) == 1


def test_a_near_miss_of_a_refused_member_stands_beside_its_refusal(tmp_path: Path) -> None:
    """So that its own refusal proves nothing."""

    def refuses(_: Any, body: Any) -> int | None:
        return 400 if "gender" in body else None

    bench = conducted(refuses, tmp_path, [UPPER])
    assert [each.control for each in about(bench, UPPER)] == [bench.refused["gender",]]


def test_without_a_control_every_case_is_sent_alone_on_the_planned_payload(tmp_path: Path) -> None:
    bench = conducted(lambda *_: 422, tmp_path, [UPPER, *VALID[:3]])
    assert bench.control is None
    assert "pool" not in roles(bench)
    (probe,) = about(bench, UPPER)
    assert json.loads(probe.request.body) == FULL | {"gender": "F"}


@pytest.mark.parametrize("end", [500, GONE, SLOW], ids=["crash", "drop", "hang"])
def test_what_fails_once_is_sent_again_when_nothing_else_is_under_way(
    end: Any, tmp_path: Path
) -> None:
    asked = 0

    def fails(_: Any, body: Any) -> Any:
        nonlocal asked
        if isinstance(body, dict) and body.get("gender") == "F":
            asked += 1
            return end if asked == 1 else 400
        return None

    empty = next(case for case in PLAN.cases if case.id == "request.json/last-byte-cut")
    bench = conducted(fails, tmp_path, [UPPER, empty], concurrency=1)
    first, second = about(bench, UPPER)
    assert (first.role, second.role, second.status) == ("probe", "again", 400)
    order = [each.id for each in bench.journal.exchanges]
    between = bench.journal.exchanges[order.index(first.id) + 1 : order.index(second.id)]
    assert any(each.cases == (empty.id,) for each in between)
    signs = [each for each in between if each.role == "control"]
    assert len(signs) == (0 if end == 500 else 1), "a sign of life where there was no answer"


@pytest.mark.parametrize(
    ("drops", "after"),
    [
        (2, ["control", "again", "again"]),
        # The first is dropped each time, which shows nothing for the second.
        (4, ["control", "again", "control", "again", "control", "again"]),
    ],
    ids=["once each", "the first always"],
)
def test_what_is_answered_when_asked_again_is_the_sign_of_life_for_the_next(
    drops: int, after: list[str], tmp_path: Path
) -> None:
    asked = 0

    def end(_: Any, body: Any) -> Any:
        nonlocal asked
        if body["gender"] not in ("", "fm"):
            return None
        asked += 1
        return GONE if asked <= drops else 400

    cases = [CASES[f"request.body.gender.enum/{label}"] for label in ("empty", "two-members")]
    bench = conducted(end, tmp_path, cases, concurrency=1)
    sent = [each.role for each in bench.journal.exchanges]
    last = max(n for n, role in enumerate(sent) if role == "probe")
    assert sent[last + 1 :] == after


def test_a_pool_that_fails_in_a_crowd_is_sent_again_in_smaller_ones(tmp_path: Path) -> None:
    asked = 0

    def fails(*_: Any) -> int | None:
        nonlocal asked
        asked += 1
        return 500 if asked == 2 else None

    bench = conducted(fails, tmp_path, VALID, concurrency=1)
    assert all(bench.journal.taken(case.id) for case in VALID)
    assert "probe" not in roles(bench)


def test_a_crash_gets_three_tries_and_six_once_the_target_is_known_to_be_flaky(
    tmp_path: Path,
) -> None:
    def always(_: Any, body: Any) -> int | None:
        return 500 if isinstance(body, dict) and body.get("gender") == "F" else None

    bench = conducted(always, tmp_path, [UPPER])
    assert [each.role for each in about(bench, UPPER)] == ["probe", "again", "again"]
    assert not bench.flaky
    asked = 0

    def flaky(headers: Any, body: Any) -> int | None:
        nonlocal asked
        asked += 1
        return 500 if asked == 1 else always(headers, body)

    other = tmp_path / "other"
    other.mkdir()
    bench = conducted(flaky, other, [UPPER])
    assert bench.flaky
    assert len(about(bench, UPPER)) == 6


def test_a_hang_is_told_from_a_slow_target_by_three_tries(tmp_path: Path) -> None:
    def hangs(_: Any, body: Any) -> Any:
        return SLOW if isinstance(body, dict) and body.get("gender") == "F" else None

    bench = conducted(hangs, tmp_path, [UPPER])
    assert [each.role for each in about(bench, UPPER)] == ["probe", "again", "again"]
    assert bench.hangs == 1
    assert bench.dead is None


def test_a_target_that_is_gone_is_asked_nothing_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("asyncio.sleep", _at_once)
    gone = False

    def dies(_: Any, body: Any) -> Any:
        nonlocal gone
        gone |= isinstance(body, dict) and body.get("gender") == "F"
        return GONE if gone else None

    others = [case for case in PLAN.of("json") if case.expect == "refuse"][:30]
    bench = conducted(dies, tmp_path, [UPPER, *others], concurrency=1)
    assert bench.dead == UPPER.id, "the first that had no answer"
    assert bench.over
    assert bench.journal.notes["dead"] == [{"case": bench.dead}]
    signs = [each for each in bench.journal.exchanges if each.role == "control"][-3:]
    assert all(each.trouble == "connection" for each in signs)
    assert len(bench.journal.exchanges) < 1 + 30 + 3


async def _at_once(_: float) -> None:
    pass


def test_what_may_kill_is_sent_one_by_one_with_a_sign_of_life_where_one_is_due(
    tmp_path: Path,
) -> None:
    late = replace(CASES["request.json/last-byte-cut"], pause=0.01)
    bench = conducted(lambda _, body: None if body else 400, tmp_path, [UPPER, late], last=True)
    order = [each.cases[0] if each.cases else "control" for each in bench.journal.exchanges]
    assert order == ["control", UPPER.id, UPPER.id, UPPER.id, late.id, "control"]


def test_a_target_that_dies_after_its_answer_is_found_dead(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("asyncio.sleep", _at_once)
    seen = 0

    def dies(_: Any, body: Any) -> Any:
        nonlocal seen
        seen += body is None
        return GONE if seen and body is not None else 400 if body is None else None

    late = replace(CASES["request.json/last-byte-cut"], pause=0.01)
    bench = conducted(dies, tmp_path, [late, UPPER], last=True)
    assert bench.dead == late.id
    assert about(bench, UPPER) == []


def test_a_case_of_a_crowd_is_sent_so_many_times_each_for_another_customer(
    tmp_path: Path,
) -> None:
    crowd = next(case for case in PLAN.cases if case.together > 1)
    bench = conducted(fine, tmp_path, [crowd])
    sent = about(bench, crowd)
    assert len(sent) == crowd.together
    assert len({each.customer for each in sent}) == crowd.together


def test_no_two_requests_of_a_run_are_for_one_customer_whichever_process_sends_them(
    tmp_path: Path,
) -> None:
    bench = conducted(fine, tmp_path, [])
    told = [replace(bench, worker=name, customers=Counter()).customer("x") for name in ("a", "b")]
    assert len({*told, bench.customer("x"), bench.customer("x")}) == 4


def test_a_near_miss_of_the_key_that_is_the_key_is_not_sent(tmp_path: Path) -> None:
    same = CASES["auth.wrong_key/small-letters"]
    other = CASES["auth.wrong_key/capitals"]
    bench = conducted(lambda *_: 401, tmp_path, [same, other])
    assert about(bench, same) == []
    assert bench.journal.notes["unfit"] == [{"case": same.id}]
    assert len(about(bench, other)) == 1


def test_a_limit_of_requests_ends_it_and_is_noted_once(tmp_path: Path) -> None:
    cases = [case for case in PLAN.of("json") if case.expect == "refuse"][:10]
    bench = conducted(lambda _, body: None if body else 400, tmp_path, cases, requests=5)
    assert len(bench.journal.exchanges) == 5
    assert bench.spent == "the limit of requests (--requests) is spent"
    assert bench.journal.notes["spent"] == [{"why": bench.spent}]


def test_a_sign_of_life_is_what_the_target_accepts(tmp_path: Path) -> None:
    asked = 0

    def hangs(_: Any, body: Any) -> Any:
        nonlocal asked
        upper = body.get("gender") == "F"
        asked += upper
        return 400 if "birthday" in body else SLOW if upper and asked == 1 else None

    bench = conducted(hangs, tmp_path, [UPPER])
    first = bench.journal.exchanges.index(about(bench, UPPER)[0])
    sign = bench.journal.exchanges[first + 1]
    assert sign.role == "control"
    assert sign.accepted
    assert json.loads(sign.request.body) == bench.control


def test_two_at_the_same_moment_are_a_crowd(tmp_path: Path) -> None:
    pair = replace(next(case for case in PLAN.cases if case.together > 1), together=2)
    assert len(about(conducted(fine, tmp_path, [pair]), pair)) == 2


def test_the_first_broken_promise_that_is_gated_ends_every_process(tmp_path: Path) -> None:
    """By what a case shows, or any answer, where the operator wants it to end there."""
    gated = ("request.body.gender.enum", "robustness.server_error")
    empty = CASES["request.json/last-byte-cut"]
    for number, (decides, broken) in enumerate(
        [(fine, gated[0]), (lambda _, body: None if body == FULL else 500, gated[1])]
    ):
        folder = tmp_path / str(number)
        folder.mkdir()
        halt = folder / "halt"

        async def work(bench: Bench, halt: Path = halt) -> None:
            bench.gated, bench.halt = gated.__contains__, halt
            await conduct(bench, [UPPER, empty])

        bench = at_work(decides, folder, work, concurrency=1)
        assert bench.spent == f"{broken} is broken, and --fail-fast ends the run there"
        assert bench.journal.notes["spent"] == [{"why": bench.spent}]
        assert halt.read_text("ascii") == bench.spent
        other = at_work(decides, folder, work)
        assert other.spent == bench.spent
        assert other.journal.exchanges == []


def test_what_is_broken_but_not_gated_ends_nothing(tmp_path: Path) -> None:
    async def work(bench: Bench) -> None:
        bench.gated = {"auth.missing"}.__contains__
        await conduct(bench, [UPPER])

    bench = at_work(fine, tmp_path, work)
    assert bench.spent is None
    assert len(about(bench, UPPER)) == 3


def test_what_is_to_follow_a_control_follows_one_of_the_same_customer(tmp_path: Path) -> None:
    case = next(case for case in PLAN.cases if case.after_control)
    bench = conducted(lambda headers, _: None if KEY in str(headers) else 401, tmp_path, [case])
    first, before, probe = bench.journal.exchanges
    assert [each.role for each in (first, before, probe)] == ["control", "control", "probe"]
    assert json.loads(before.request.body) == FULL
    assert before.customer == probe.customer != first.customer
    assert (before.status, probe.status, probe.cases) == (200, 401, (case.id,))


@pytest.mark.parametrize(
    "case", [each for each in PLAN.cases if each.after], ids=lambda each: each.id
)
def test_a_valid_request_follows_a_refused_one_of_another_customer(
    case: Case, tmp_path: Path
) -> None:
    asked: list[Any] = []

    def refuses_the_second(*each: Any) -> int | None:
        asked.append(each)
        return 401 if len(asked) == 2 else None

    bench = conducted(refuses_the_second, tmp_path, [case])
    _, before, probe = bench.journal.exchanges
    assert (before.cases, before.status) == ((case.after[0].id,), 401)
    assert (probe.cases, probe.status) == ((case.id,), 200)
    assert before.customer != probe.customer
    assert json.loads(probe.request.body) == FULL
    assert before.request != probe.request
    assert bench.journal.cases.keys() >= {case.id, case.after[0].id}


def test_the_first_customer_comes_again_at_the_end(tmp_path: Path) -> None:
    (case,) = PLAN.of("end")
    bench = conducted(fine, tmp_path, [case])
    first, *_, again = bench.journal.exchanges
    name = "adapty-customer-user-id"
    assert again.cases == (case.id,)
    assert again.request.header(name) == first.request.header(name) == first.customer


def test_a_returned_profile_id_is_the_one_that_the_control_got(tmp_path: Path) -> None:
    case = CASES["request.header.identity/returned-profile-id-alone"]
    mine = "5286abd3-48b0-4e9c-a5f6-ac0a006804a6"
    probe, *_ = about(conducted(lambda *_: {"profile_id": mine}, tmp_path, [case]), case)
    assert probe.request.header("adapty-profile-id") == mine
    lonely = tmp_path / "lonely"
    lonely.mkdir()
    (probe,) = about(conducted(lambda *_: 422, lonely, [case]), case)
    assert probe.request.header("adapty-profile-id") == "none"


def test_a_header_that_this_target_needs_goes_with_every_request(tmp_path: Path) -> None:
    follows = next(case for case in PLAN.cases if case.after_control)

    def needs(headers: Any, body: Any) -> int | None:
        return strict(headers, body) if headers.get("adapty-platform") else 400

    bench = conducted(needs, tmp_path, [UPPER, follows])
    for each in bench.journal.exchanges:
        if each.role == "probe" and each.cases[0] in (UPPER.id, follows.id):
            assert each.request.header("adapty-platform")
    assert [each.status for each in about(bench, UPPER)] == [400]
    assert all(each.customer.startswith("test-run-") for each in bench.journal.exchanges)
