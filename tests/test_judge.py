"""The judge: from exchanges made by hand to verdicts, with their reasons."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from conformance.exchanges import CaseRecord, Exchange, Received
from conformance.judge import judge, judge_case
from conformance.verdicts import Failure, Judgement, Sample
from strategies.cases import Expect
from tests.handmade import (
    NOON,
    answer,
    case,
    exchange,
    profile,
    record,
    refusal,
    refused,
    request,
    taken,
)
from tests.support import CONTRACT

BODY, DATA = "request.body", "response.200.data"
GENDER, KIND, STORE = f"{BODY}.gender.enum", f"{BODY}.gender.type", f"{BODY}.store.enum"
CRASH, STATUS = "robustness.server_error", "response.status"
CONTROL = taken("c", role="control")
UPPER = case(f"{GENDER}/upper", "refuse", GENDER)
MALE = case(f"{GENDER}/m", "accept", GENDER)


def judged(
    exchanges: Iterable[Exchange], *cases: CaseRecord, **notes: list[dict[str, Any]]
) -> Judgement:
    """The judgement of these, beside a control that was accepted."""
    return judge(CONTRACT, record([CONTROL, *exchanges], *cases, **notes))


def verdict(judgement: Judgement, key: str = GENDER) -> tuple[str, str | None]:
    found = judgement.verdicts[key]
    return found.name, found.reason


def failures(judgement: Judgement, key: str = GENDER) -> tuple[Failure, ...]:
    return judgement.verdicts[key].failures


def no(ident: str, *cases: str, status: int = 400, **more: Any) -> Exchange:
    """A refusal beside the control."""
    return refused(ident, status, *cases, control="c", **more)


def yes(ident: str, *cases: str, **more: Any) -> Exchange:
    """An accepted request beside the control."""
    return taken(ident, *cases, control="c", **more)


def test_a_pass_needs_both_sides() -> None:
    both = judged([yes("1", MALE.id), no("2", UPPER.id)], MALE, UPPER)
    assert verdict(both) == ("pass", None)
    assert both.verdicts[GENDER].cases == 2
    assert verdict(judged([yes("1", MALE.id)], MALE)) == (
        "inconclusive", "nothing showed the side “refuse”",
    )  # fmt: skip
    assert verdict(judged([no("1", UPPER.id)], UPPER)) == (
        "inconclusive", "nothing showed the side “accept”",
    )  # fmt: skip


def test_a_pass_tells_which_exchanges_show_it() -> None:
    lower = case(f"{GENDER}/lower", "refuse", GENDER)
    sent = [yes("1", MALE.id), no("2", UPPER.id), no("3", lower.id), yes("4"), yes("5"), yes("6")]
    judgement = judged(sent, MALE, UPPER, lower)
    assert judgement.verdicts[GENDER].samples == (
        Sample("accept", "1", MALE.id),
        Sample("refuse", "3", lower.id),
        Sample("refuse", "2", UPPER.id),
    )
    shown = judgement.verdicts[f"{DATA}.profile_id.format"].samples
    assert [(each.side, each.exchange) for each in shown] == [
        ("observe", "c"), ("observe", "1"), ("observe", "4"),
    ]  # fmt: skip
    assert judged([no("2", UPPER.id)], UPPER).verdicts[STORE].samples == ()


def test_a_failure_outweighs_what_cannot_be_said_and_that_a_pass() -> None:
    other = case(f"{GENDER}/number", "refuse", GENDER)
    silent = exchange("3", None, other.id, trouble="timeout")
    good = [yes("1", MALE.id), no("2", UPPER.id)]
    known = (MALE, UPPER, other)
    assert verdict(judged([*good, silent], *known)) == ("inconclusive", "no answer came in time")
    assert verdict(judged([yes("1", MALE.id), yes("2", UPPER.id), silent], *known))[0] == "fail"


def test_the_commonest_reason_is_told() -> None:
    cases = [case(f"{GENDER}/{n}", "refuse", GENDER) for n in range(3)]
    ends = [
        exchange("0", None, cases[0].id, trouble="timeout"),
        *(exchange(str(n), None, cases[n].id, trouble="connection") for n in (1, 2)),
    ]
    assert verdict(judged(ends, *cases))[1] == "the connection ended without an answer"


def test_what_was_left_out_says_so_even_where_it_failed() -> None:
    given = record([CONTROL, yes("1", UPPER.id)], UPPER)
    found = judge(CONTRACT, given, {GENDER: "not asked for"}).verdicts[GENDER]
    assert found.requirement == CONTRACT.requirements[GENDER]
    assert (found.name, found.reason, found.cases, found.failures) == (
        "untested", "not asked for", 0, (),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("cut", "how"),
    [
        (answer(200, b'{"data": {', truncated=True), "longer"),
        (answer(200, b"[" * 100_000), "nested more deeply"),
    ],
)
def test_an_answer_that_nobody_reads_whole_keeps_nothing_and_breaks_nothing(
    cut: Received, how: str
) -> None:
    words = f"an answer is {how} than what is read of one"
    alone = judge(CONTRACT, record([exchange("c", cut, role="control")]))
    assert verdict(alone, "response.200.json") == ("inconclusive", words)
    assert verdict(alone, f"{DATA}.app_id.type") == ("untested", words)
    assert verdict(alone, "response.200.media_type")[0] == "pass"
    beside = judged([exchange("1", cut)])
    assert verdict(beside, "response.200.json") == ("inconclusive", words)
    assert verdict(beside, f"{DATA}.app_id.type")[0] == "pass"


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        (GENDER, "no case of it was sent"),
        ("response.401.media_type", "the target never answered with 401"),
        (f"{DATA}.access_levels.item.store.type", "the target returned no data.access_levels[]"),
        (
            "rejection.body.error_code.type",
            "the target refused nothing, so there is no error to look at",
        ),
        (
            "rejection.body.errors.item.source.type",
            "the target refused nothing, so there is no error to look at",
        ),
    ],
)
def test_why_nothing_was_tested(key: str, reason: str) -> None:
    name, told = verdict(judged([]), key)
    assert name == "untested"
    hint = "; a customer that has some (--seeded-customer ID) makes it testable"
    assert told == reason + (hint if key.startswith(DATA) else "")


def test_an_error_without_its_members_is_told_by_them() -> None:
    empty = judged([exchange("1", answer(400, {}), UPPER.id, control="c")], UPPER)
    assert verdict(empty, "rejection.body.error_code.type") == (
        "untested", "the target never returned error_code of a refusal",
    )  # fmt: skip
    assert verdict(empty, "rejection.body.errors.item.source.type") == (
        "untested", "the target returned no errors[] of a refusal",
    )  # fmt: skip


def test_an_item_without_the_member_is_told_by_the_member() -> None:
    level = exchange("1", answer(200, profile(access_levels=[{"id": "premium"}])), role="control")
    key = f"{DATA}.access_levels.item.store.type"
    assert (
        verdict(judged([level]), key)[1] == "the target never returned data.access_levels[].store"
    )


def test_a_refusal_proves_nothing_without_an_accepted_control() -> None:
    for control in (None, "unknown", "d"):
        lonely = refused("1", 400, UPPER.id, control=control)
        found = judged([refused("d", 400, role="control"), lonely], UPPER)
        assert verdict(found) == (
            "inconclusive", "its control was not accepted, so a refusal proves nothing",
        )  # fmt: skip


def test_what_was_taken_in_a_pool_is_accepted() -> None:
    pool = yes("1", MALE.id, f"{STORE}/stripe", role="pool")
    found = judged([pool, no("2", UPPER.id)], MALE, case(f"{STORE}/stripe", "accept", STORE), UPPER)
    assert verdict(found) == ("pass", None)
    alone = judged([no("1", MALE.id, role="pool"), no("2", UPPER.id)], MALE, UPPER)
    assert verdict(alone) == ("inconclusive", "it was sent only together with others")
    assert verdict(judged([yes("1", MALE.id, role="search")], MALE))[0] == "inconclusive"


def test_a_case_of_its_own_tells_more_than_the_pool_it_was_in() -> None:
    given = [yes("1", MALE.id, "x", role="pool"), no("2", MALE.id)]
    (failure,) = failures(judged(given, MALE))
    assert [each.id for each in failure.exchanges] == ["2"]


def test_a_failure_tells_how_often_and_beside_which_control() -> None:
    given = [
        yes("1", UPPER.id), no("2", UPPER.id, role="again"), yes("3", UPPER.id, role="again"),
        exchange("4", None, UPPER.id, role="again", trouble="timeout"),
    ]  # fmt: skip
    (failure,) = failures(judged(given, UPPER))
    assert (failure.failed, failure.tries, failure.flaky) == (2, 3, True)
    assert (failure.side, failure.control, failure.case) == ("refuse", "c", UPPER.id)
    assert [each.id for each in failure.exchanges] == ["1"]
    assert failure.message == "accepted with 200, the contract refuses it"
    (failure,) = failures(judged([no("1", MALE.id)], MALE))
    assert (failure.failed, failure.tries, failure.flaky) == (1, 1, False)
    assert (failure.side, failure.expected, failure.actual) == ("accept", "accepted, 200", "400")


def test_a_crash_at_a_valid_value_is_told_of_the_crash() -> None:
    given = [no("1", MALE.id, status=500), no("2", MALE.id, status=500, role="again")]
    found = judged(given, MALE)
    assert [each.cause for each in failures(found)] == [CRASH]
    assert verdict(found, CRASH)[0] == "fail"


def test_a_crash_that_does_not_repeat_breaks_no_other_promise() -> None:
    given = [
        no("1", MALE.id, status=500), yes("2", MALE.id, role="again"), no("3", UPPER.id),
    ]  # fmt: skip
    found = judged(given, MALE, UPPER)
    assert verdict(found) == ("pass", None)
    assert verdict(found, CRASH)[0] == "fail"


def test_nor_does_a_crash_in_a_crowd() -> None:
    crowd = case(f"{GENDER}/crowd", "accept", GENDER, together=12)
    given = [*(no(str(n), crowd.id, status=500) for n in range(12)), no("x", UPPER.id)]
    found = judged(given, crowd, UPPER)
    assert verdict(found) == ("pass", None)
    assert verdict(found, CRASH)[0] == "fail"


def test_what_was_answered_rightly_in_the_end_was_answered() -> None:
    silent = exchange("1", None, UPPER.id, trouble="timeout")
    given = [silent, no("2", UPPER.id, role="again"), yes("3", MALE.id)]
    assert verdict(judged(given, UPPER, MALE)) == ("pass", None)


def test_of_cases_that_stand_for_each_other_one_is_enough() -> None:
    pair = [case(f"{GENDER}/{n}", "accept", GENDER, either="pair") for n in ("m", "f")]
    refusing = no("9", UPPER.id)
    one = judged([no("1", pair[0].id), yes("2", pair[1].id), refusing], *pair, UPPER)
    assert verdict(one) == ("pass", None)
    none = judged([no("1", pair[0].id), no("2", pair[1].id), refusing], *pair, UPPER)
    assert [each.case for each in failures(none)] == [pair[0].id]
    silent = [exchange(each.id, None, each.id, trouble="timeout") for each in pair]
    assert judged(silent, *pair).verdicts[GENDER].cases == 2


def test_whatever_else_a_case_probes_is_told_of_the_first() -> None:
    mail = f"{BODY}.email.format"
    both = case("odd/one", "refuse", GENDER, mail)
    found = judged([yes("1", both.id)], both)
    assert [each.cause for each in failures(found, GENDER)] == [None]
    assert [each.cause for each in failures(found, mail)] == [GENDER]


def test_what_else_a_case_probes_is_explained_by_the_first() -> None:
    both = case(f"{GENDER}/number", "refuse", KIND, GENDER)
    found = judged([yes("1", both.id)], both)
    assert [each.cause for each in failures(found, KIND)] == [None]
    assert [each.cause for each in failures(found, GENDER)] == [KIND]
    assert failures(found, GENDER)[0].requirement == GENDER


def test_a_payload_that_was_shrunk_is_told_by_what_it_was_shrunk_to() -> None:
    whole = case("hypothesis/1", "accept", GENDER)
    small = case(f"{GENDER}/shrunk-from-1", "accept", GENDER)
    given = [no("1", whole.id, phase="hypothesis"), no("2", small.id, phase="hypothesis")]
    found = judged(given, whole, small, shrunk=[{"case": whole.id}])
    assert [each.case for each in failures(found)] == [small.id]
    planned = judged([*given, no("3", MALE.id)], small, whole, MALE)
    first, *_ = failures(planned)
    assert first.case != small.id, "the planned words come first"


def test_every_valid_request_that_is_taken_shows_its_types() -> None:
    """And every wrong one that is, none."""
    kind = f"{BODY}.installation_meta.type"
    refusing = case(f"{kind}/text", "refuse", kind)
    assert verdict(judged([no("1", refusing.id)], refusing), kind) == ("pass", None)
    lax = case(f"{STORE}/upper", "refuse", STORE)
    given = [refused("c", 400, role="control"), yes("1", lax.id)]
    assert verdict(judge(CONTRACT, record(given, lax)), kind)[0] == "untested"


def test_every_answer_counts_for_what_it_shows() -> None:
    good = judged([yes("1", MALE.id), no("2", UPPER.id)], MALE, UPPER)
    for key in ("response.200.json", STATUS, "rejection.json", CRASH):
        assert verdict(good, key) == ("pass", None), key
    assert good.verdicts["response.200.json"].cases == 2
    assert good.verdicts[CRASH].cases == 3
    wrong = exchange("2", answer(200, profile(app_id=7)), MALE.id, control="c")
    (failure,) = failures(judged([yes("1"), wrong], MALE), f"{DATA}.app_id.type")
    assert failure.message == "not so in 1 of 3 answers"


def test_customers_are_told_apart_by_valid_requests() -> None:
    def given(ident: str, name: str, *cases: str) -> Exchange:
        return taken(ident, *cases, sent=request(customer=name), at=NOON + 9, role="probe")

    key = "identity.profile_id"
    assert (
        verdict(judge(CONTRACT, record([given("1", "ann"), given("2", "bob")])), key)[0] == "fail"
    )
    wrong = record([given("1", "ann"), given("2", "bob", UPPER.id)], UPPER)
    assert verdict(judge(CONTRACT, wrong), key)[0] == "untested"
    other = profile(profile_id="4286abd3-48b0-4e9c-a5f6-ac0a006804a6")
    apart = exchange("2", answer(200, other), sent=request(customer="bob"))
    told = judge(CONTRACT, record([given("1", "ann"), apart])).verdicts[key]
    assert (told.name, told.cases) == ("pass", 1)


def test_what_the_contract_does_not_promise_hides_nothing_else() -> None:
    weaker = CONTRACT.without("identity.profile_id")
    shared = [taken(n, sent=request(customer=n), role="probe") for n in ("ann", "bob")]
    hangs = [exchange(str(n), None, UPPER.id, trouble="timeout") for n in range(2)]
    found = judge(weaker, record([*shared, *hangs, taken("z", at=NOON + 99)], UPPER))
    assert "identity.profile_id" not in found.verdicts
    assert found.verdicts["robustness.hang"].name == "fail"


def test_a_target_that_refuses_every_valid_request() -> None:
    controls = [refused(str(n), 422, role="control") for n in range(3)]
    silent = exchange("9", None, role="control", trouble="timeout")
    found = judge(CONTRACT, record([silent, *controls]))
    (failure,) = found.verdicts[STATUS].failures
    assert failure.requirement == STATUS
    assert (failure.failed, failure.tries, failure.case) == (3, 4, "control/full")
    assert failure.exchanges == (controls[0],)
    assert failure.message == "every valid request is refused, the first with 422"
    assert (failure.expected, failure.actual) == ("accepted, 200", "422")
    assert not judge(CONTRACT, record([*controls, CONTROL])).verdicts[STATUS].failures
    assert not judge(CONTRACT, record([silent])).verdicts[STATUS].failures
    assert not judge(CONTRACT, record([no("1", UPPER.id)], UPPER)).verdicts[STATUS].failures


def test_a_target_that_refuses_every_valid_request_from_one_on() -> None:
    before = taken("1", role="control", at=NOON)
    later = [refused(str(n), 403, role="control", at=NOON + n) for n in (4, 2, 3)]
    silent = exchange("9", None, role="control", trouble="timeout", at=NOON + 5)
    (failure,) = judge(CONTRACT, record([before, *later, silent])).verdicts[STATUS].failures
    assert failure.message == "every valid request is refused from then on, the first with 403"
    assert failure.exchanges == (later[1],)
    assert (failure.failed, failure.tries, failure.case) == (3, 4, "control/full")
    again = taken("8", role="control", at=NOON + 6)
    assert not judge(CONTRACT, record([before, *later, again])).verdicts[STATUS].failures
    assert not judge(CONTRACT, record([before, *later[:2]])).verdicts[STATUS].failures
    crashed = [refused(str(n), 500, role="control", at=NOON + n) for n in (2, 3, 4)]
    assert not judge(CONTRACT, record([before, *crashed])).verdicts[STATUS].failures


def test_a_valid_request_that_probes_nothing_blames_nothing_by_being_refused() -> None:
    """A customer that is known already may be refused."""
    known = CaseRecord("response.200/seeded-customer", (), "accept", "the customer with purchases")
    shrunk = case(f"{GENDER}/shrunk-from-1", "accept", GENDER, pointer="/gender")
    exchanges = [CONTROL, no("1", known.id, status=409), no("2", shrunk.id)]
    found = judge(CONTRACT, record(exchanges, known, shrunk))
    assert [each.case for each in found.verdicts[GENDER].failures] == [shrunk.id]
    assert judge_case(CONTRACT, record(exchanges[:2], known), known.id) == ([], None)


def test_what_comes_and_goes_makes_no_must_of_a_should() -> None:
    key = "request.body.first_name.nullable"
    given = case(f"{key}/null", "accept", key)
    exchanges = [CONTROL, no("1", given.id), taken("2", given.id, role="again")]
    found = judge(CONTRACT, record(exchanges, given))
    assert not found.verdicts[STATUS].failures
    (failure,) = found.verdicts[key].failures
    assert failure.flaky


def test_what_is_refused_once_and_taken_then_is_not_refused_for_what_it_has() -> None:
    key = "request.body.gender.enum"
    given = case(f"{key}/member-m", "accept", key)
    exchanges = [CONTROL, no("1", given.id), taken("2", given.id, role="again")]
    found = judge(CONTRACT, record(exchanges, given))
    (failure,) = found.verdicts[STATUS].failures
    assert (failure.case, failure.tries, failure.failed, failure.flaky) == (given.id, 2, 1, True)
    assert not found.verdicts[key].failures
    assert found.verdicts[key].name == "inconclusive"
    assert found.verdicts[key].reason == "refused in 1 of 2 tries"
    always = judge(CONTRACT, record([CONTROL, no("1", given.id), no("2", given.id)], given))
    assert not always.verdicts[STATUS].failures
    assert [each.case for each in always.verdicts[key].failures] == [given.id]


def test_a_target_that_answers_every_valid_request_with_400() -> None:
    given = record([refused("1", 400, role="control")])
    assert judge(CONTRACT, given).verdicts[STATUS].name == "fail"
    redirected = judge(CONTRACT, record([exchange("1", answer(302, {}), role="control")]))
    (failure,) = redirected.verdicts[STATUS].failures
    assert failure.message == "not so in 1 of 1 answers", "told once, by what it is"
    mixed = [refused("1", 400, role="control"), exchange("2", answer(302, {}), role="control")]
    (failure,) = judge(CONTRACT, record(mixed)).verdicts[STATUS].failures
    assert failure.requirement == STATUS
    assert failure.actual == "302"


@pytest.mark.parametrize(
    ("expect", "body", "told"),
    [
        ("refuse", refusal(422), True),
        ("refuse", b"sorry", True),
        ("refuse", profile(app_id=7), False),
        ("unauthorized", refusal(401), False),
        ("open", refusal(422), False),
        ("accept", refusal(422), False),
    ],
)
def test_a_refusal_under_a_success_status_is_no_refusal_by_its_status(
    expect: Expect, body: Any, told: bool
) -> None:
    probe = case(f"{GENDER}/upper", expect, GENDER)
    error = exchange("1", answer(200, body), probe.id, control="c")
    found = judged([error], probe).verdicts["rejection.status"].failures
    assert bool(found) is told
    if told:
        assert found[0].exchanges == (error,)
        assert (found[0].expected, found[0].actual) == (
            "a 4xx status", "200, and no profile in the body",
        )  # fmt: skip


def test_where_valid_requests_get_that_answer_too_it_says_nothing_of_refusals() -> None:
    error = exchange("1", answer(200, refusal(422)), UPPER.id, control="c")
    valid = exchange("2", answer(200, refusal(422)), MALE.id, control="c")
    assert not judged([error, valid], UPPER, MALE).verdicts["rejection.status"].failures


def test_each_refusal_under_a_success_status_counts_however_it_looks() -> None:
    other = case(f"{STORE}/upper", "refuse", STORE)
    errors = [
        exchange("1", answer(200, b"sorry"), UPPER.id, control="c"),
        exchange("2", answer(200, refusal(422)), other.id, control="c"),
    ]
    (failure,) = failures(judged(errors, UPPER, other), "rejection.status")
    assert failure.failed == 2


def test_an_error_of_another_shape_under_its_own_status_is_a_refusal() -> None:
    odd = exchange("1", answer(400, []), UPPER.id, control="c")
    assert failures(judged([odd], UPPER), "rejection.status") == ()


def test_what_several_exchanges_show_is_told_with_the_last_of_them() -> None:
    hangs = [
        exchange(str(n), None, UPPER.id, trouble="timeout", at=1e9 + n, seconds=5) for n in range(3)
    ]
    late = taken("z", role="control", at=1e9 + 50)
    (failure,) = judged([*hangs, late], UPPER).verdicts["robustness.hang"].failures
    assert [each.id for each in failure.exchanges] == ["1", "2"]
    assert (failure.failed, failure.tries, failure.case) == (3, 3, UPPER.id)
    assert (failure.requirement, failure.flaky) == ("robustness.hang", False)
    assert failure.message == "some words: no answer came in time"
    assert (failure.expected, failure.actual) == ("an answer", "no answer came in time")


def test_what_hangs_now_and_then_is_called_flaky() -> None:
    ends = [
        exchange(str(n), None, UPPER.id, trouble="timeout", at=NOON + n, seconds=5)
        for n in range(2)
    ]
    again = no("9", UPPER.id, role="again", at=NOON + 50)
    (failure,) = failures(judged([*ends, again], UPPER), "robustness.hang")
    assert failure.flaky


def test_where_something_wrong_stands_is_told() -> None:
    late = exchange("1", answer(200, profile(timestamp=1)), role="control")
    (failure,) = failures(judged([late]), "timestamp.response_time")
    assert failure.place == "/data/timestamp"


def test_what_fails_each_time_is_told_before_what_comes_and_goes() -> None:
    lower = case(f"{GENDER}/lower", "refuse", GENDER)
    sent = [yes("1", UPPER.id), no("2", UPPER.id), yes("3", lower.id), yes("4", lower.id)]
    told = failures(judged(sent, UPPER, lower))
    assert [(each.case, each.failed, each.tries, each.flaky) for each in told] == [
        (lower.id, 2, 2, False), (UPPER.id, 1, 2, True),
    ]  # fmt: skip


def test_an_answer_to_a_case_that_a_torn_journal_lost_blames_nothing() -> None:
    lost = [yes("1", UPPER.id), no("2", "another/lost"), exchange("3", None, "third/lost")]
    found = judged(lost, dead=[{"case": UPPER.id}])
    gone = failures(found, "robustness.connection")
    assert [(each.case, UPPER.id in each.message) for each in gone] == [(UPPER.id, True)]
    assert {key for key, each in found.verdicts.items() if each.name == "fail"} == {
        "robustness.connection"
    }
    assert set(found.choices.values()) == {None}


def test_one_case_is_judged_alone() -> None:
    given = record([CONTROL, yes("1", UPPER.id)], UPPER)
    found, reason = judge_case(CONTRACT, given, UPPER.id)
    assert [each.case for each in found] == [UPPER.id]
    assert reason is None
    assert judge_case(CONTRACT, record([CONTROL, no("1", UPPER.id)], UPPER), UPPER.id) == ([], None)
    lonely = record([refused("1", 400, UPPER.id)], UPPER)
    assert judge_case(CONTRACT, lonely, UPPER.id) == (
        [], "its control was not accepted, so a refusal proves nothing",
    )  # fmt: skip
    (failure,), _ = judge_case(CONTRACT, record([CONTROL, no("1", MALE.id)], MALE), MALE.id)
    assert failure.expected == "accepted, 200"
    crash = record([CONTROL, no("1", UPPER.id, status=500)], UPPER)
    assert judge_case(CONTRACT, crash, UPPER.id) == (
        [], "the target failed (500) instead of deciding",
    )  # fmt: skip
    unsent = judge_case(CONTRACT, record([CONTROL], UPPER), UPPER.id)
    assert unsent == ([], "it was not sent")


def test_an_open_case_fails_by_a_crash_alone() -> None:
    odd = case("request.json/bom", "open", "request.json", words="a byte order mark")
    (failure,), reason = judge_case(
        CONTRACT, record([no("1", odd.id, status=500), no("2", odd.id, role="again")], odd), odd.id
    )
    assert reason is None
    assert (failure.requirement, failure.case) == (CRASH, odd.id)
    assert failure.message == "a byte order mark: answered with 500"
    assert (failure.failed, failure.tries) == (1, 2)
    assert [each.id for each in failure.exchanges] == ["1"]
    assert (failure.expected, failure.actual) == ("no 5xx status", "500")
    for fine in (no("1", odd.id, status=499), yes("1", odd.id)):
        assert judge_case(CONTRACT, record([fine], odd), odd.id) == ([], None)
