"""What only several exchanges show: shared profile ids, the clock, hangs, a target that is gone."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.exchanges import CaseRecord, Exchange, Sent, Trouble
from conformance.journal import Record
from conformance.together import Shown, clock, data_of, liveness, sharing
from tests.handmade import (
    NOON,
    answer,
    case,
    exchange,
    profile,
    record,
    refused,
    request,
    taken,
)
from tests.support import CONTRACT

ANN, BOB, EVE = (f"{digit}0000000-0000-4000-8000-00000000000a" for digit in "abc")


def given(
    ident: str, customer: str | None, profile_id: Any, *, by_profile: bool = False
) -> Exchange:
    """A request for a customer that was answered with a profile id."""
    sent = request(customer=customer)
    if by_profile:
        sent = Sent(sent.method, sent.url, (*sent.headers, ("adapty-profile-id", BOB)), sent.body)
    return exchange(ident, answer(200, profile(profile_id=profile_id)), f"case/{ident}", sent=sent)


def test_two_customers_with_one_profile_id() -> None:
    exchanges = [
        given("1", "ann", ANN), given("2", "bob", BOB), given("3", "ann", ANN),
        given("4", "joe", ANN.upper()), given("5", "eve", EVE),
    ]  # fmt: skip
    (found,) = sharing(CONTRACT, exchanges)
    assert (found.requirement, found.ok) == ("identity.profile_id", False)
    assert [each.id for each in found.exchanges] == ["1", "4"]
    assert (found.case, found.place) == ("case/4", "/data/profile_id")
    assert (found.failed, found.tries) == (2, 4)
    assert found.message.startswith("2 customers ")
    assert found.expected == "a profile id of its own for each customer"
    assert found.actual == "one profile id for several"


def test_the_profile_id_that_most_share_is_told() -> None:
    exchanges = [
        given("1", "ann", ANN), given("2", "bob", ANN), given("3", "joe", BOB),
        given("4", "eve", BOB), given("5", "max", BOB),
    ]  # fmt: skip
    (found,) = sharing(CONTRACT, exchanges)
    assert found.message.startswith("3 customers ")
    assert (found.failed, found.tries) == (5, 5)


def test_customers_of_their_own_profiles() -> None:
    both = [given("1", "ann", ANN), given("2", "bob", BOB)]
    (found,) = sharing(CONTRACT, both)
    assert found == Shown("identity.profile_id", True, "case/2", exchanges=tuple(both))


@pytest.mark.parametrize(
    "second",
    [
        given("2", "ann", ANN),
        given("2", None, ANN),
        given("2", "bob", None),
        given("2", "bob", ANN, by_profile=True),
        refused("2", 404, sent=request(customer="bob")),
        exchange(trouble="timeout", sent=request(customer="bob")),
    ],
)
def test_one_customer_alone_shows_nothing(second: Exchange) -> None:
    """Whoever asks for a profile by its id, or got none, says nothing of whose it is."""
    assert list(sharing(CONTRACT, [given("1", "ann", ANN), second])) == []


@pytest.mark.parametrize("body", [b"no json", [], {"data": []}, {}])
def test_an_answer_without_a_profile_has_no_data(body: Any) -> None:
    assert data_of(CONTRACT, exchange("1", answer(200, body))) == {}


def test_only_a_success_has_a_profile() -> None:
    assert data_of(CONTRACT, exchange("1", answer(200, profile())))["customer_user_id"] == "jane"
    assert data_of(CONTRACT, exchange("1", answer(201, profile()))) == {}
    assert data_of(CONTRACT, exchange("1", answer(200, profile()), trouble="incomplete")) == {}


def stamped(*offsets: Any, apart: float = 10.0, seconds: float = 0.0) -> list[Exchange]:
    """Answers, some time apart, whose timestamps are off by so many seconds."""
    return [
        exchange(
            str(n), answer(200, profile(timestamp=(NOON + n * apart + offset) * 1000)), f"case/{n}",
            at=NOON + n * apart, seconds=seconds,
        )
        for n, offset in enumerate(offsets)
    ]  # fmt: skip


def told(exchanges: list[Exchange]) -> bool | None:
    """Whether the clock is right, None where that cannot be said."""
    found = list(clock(CONTRACT, exchanges))
    assert [each.requirement for each in found] in ([], ["timestamp.response_time"])
    assert all(each.ok or (each.message and each.expected and each.actual) for each in found)
    return found[0].ok if found else None


@pytest.mark.parametrize(
    ("offsets", "right"),
    [
        ((0, 0, 0), True),
        ((-0.9, 0, -0.9), True),
        ((0, 1.0, 0), True),
        ((0, 1.2, 0), False),
        ((1.2, 0, 0), False),
        ((59, 59, 59), True),
        ((-59, -59), True),
        ((61, 61), False),
        ((-61, -61), False),
        ((0, 61, 0), False),
        ((3600, 3600), False),
    ],
)
def test_a_clock_may_be_off_by_one_amount_that_is_no_hour(
    offsets: tuple[float, ...], right: bool
) -> None:
    assert told(stamped(*offsets)) is right


def test_a_slow_answer_is_stamped_at_any_moment_of_it() -> None:
    assert told(stamped(0, 5, 0, seconds=5)) is True
    assert told(stamped(0, 6.2, 0, seconds=5)) is False
    assert told(stamped(64, 64, seconds=5)) is True
    assert told(stamped(66, 66, seconds=5)) is False
    assert told(stamped(-61, -61, seconds=5)) is False


def test_a_frozen_clock_is_told_when_time_has_passed() -> None:
    assert told(stamped(0, -1, apart=1)) is None
    assert told(stamped(0, -2, apart=2)) is False
    assert told(stamped(0, 0, apart=1.99)) is None
    assert told(stamped(0, 0, apart=2)) is True


def test_what_is_no_time_says_nothing() -> None:
    def timed(value: Any) -> list[Exchange]:
        return [exchange("1", answer(200, profile(timestamp=value)))]

    assert [told(timed(value)) for value in (True, "now", None, 2**63, -(2**63))] == [None] * 5
    assert told(timed(2**63 - 1)) is False
    assert told([refused("1", 404)]) is None
    assert told([]) is None


def test_seconds_for_milliseconds_are_told_with_the_first_answer() -> None:
    wrong = exchange("7", answer(200, profile(timestamp=NOON)), "case/7")
    (found,) = clock(CONTRACT, [*stamped(0, 0), wrong, *stamped(0)])
    assert (found.requirement, found.place) == ("timestamp.response_time", "/data/timestamp")
    assert (found.case, found.failed, found.tries) == ("case/7", 1, 4)
    assert found.exchanges == (wrong,)
    assert found.message == "the timestamp is 53.8 years before the response time"
    assert found.expected == f"about {NOON * 1000 + 10:.0f}"
    assert found.actual == f"timestamp {NOON:.0f}"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (90, "1.5 minutes after"), (-90, "1.5 minutes before"), (3600, "1.0 hours after"),
        (3599, "60.0 minutes after"), (86_400, "1.0 days after"), (31_557_600, "1.0 years after"),
    ],
)  # fmt: skip
def test_how_far_a_clock_is_off_is_told_in_words(seconds: float, words: str) -> None:
    assert words in next(clock(CONTRACT, stamped(seconds))).message


def test_a_clock_that_drifts_is_told_by_two_answers() -> None:
    (found,) = clock(CONTRACT, stamped(0, 3, -2))
    assert [each.id for each in found.exchanges] == ["1", "2"]
    assert (found.case, found.failed, found.tries) == ("case/2", 2, 3)
    assert "by 5.0 s" in found.message
    assert found.place == "/data/timestamp"


def run(
    *ends: tuple[str, Trouble | None], dead: str | None = None, last: str = "control", **cases: Any
) -> Record:
    """A record of what each case ended in, and of a control that is answered in the end."""
    exchanges = [
        exchange(str(n), None, name, trouble=trouble, at=NOON + n, seconds=5)
        if trouble
        else taken(str(n), name, at=NOON + n)
        for n, (name, trouble) in enumerate(ends)
    ]
    if last == "control":
        exchanges.append(taken("last", role="control", at=NOON + 100))
    known: dict[str, CaseRecord] = {name: case(name, words=f"what {name} is") for name, _ in ends}
    known |= {key: value for key, value in cases.items() if isinstance(value, CaseRecord)}
    notes = {"dead": [{"case": dead}]} if dead else {}
    return record(exchanges, *known.values(), **notes)


def accused(given: Record) -> list[tuple[str, str, int, int]]:
    """Requirement, case, failed, tries of what liveness tells."""
    found = list(liveness(given))
    assert all(e.ok is False and e.message and e.expected and e.actual for e in found)
    return [(e.requirement, e.case, e.failed, e.tries) for e in found]


HANG, DROP = "robustness.hang", "robustness.connection"
NOW_AND_THEN: list[tuple[str, Trouble | None]] = [
    (f"case-{n}", "timeout" if n % 10 == 5 else None) for n in range(40)
]


@pytest.mark.parametrize(
    ("trouble", "requirement"),
    [("timeout", HANG), ("connection", DROP), ("incomplete", DROP)],
)
def test_no_answer_twice_to_one_case_is_a_failure(trouble: Trouble, requirement: str) -> None:
    given = run(("a", trouble), ("b", None), ("a", trouble))
    assert accused(given) == [(requirement, "a", 2, 2)]
    (found,) = liveness(given)
    assert found.message.startswith("what a is: ")
    assert found.expected == "an answer"
    assert not found.flaky


def test_no_answer_twice_of_three_times_comes_and_goes() -> None:
    (found,) = liveness(run(("a", "connection"), ("a", None), ("a", "incomplete")))
    assert (found.failed, found.tries, found.flaky) == (2, 3, True)
    assert [each.id for each in found.exchanges] == ["0", "2"]


@pytest.mark.parametrize(
    "ends",
    [
        [("a", "connection"), ("a", None)],
        [("a", "connection"), ("b", "connection")],
        [("a", "timeout"), ("a", "connection")],
        [("a", "unreadable"), ("a", "unreadable")],
        [("a", "throttled"), ("a", "throttled")],
        [("a", "ours"), ("a", "ours")],
    ],
)
def test_what_is_no_failure_of_the_target(ends: list[tuple[str, Trouble | None]]) -> None:
    assert accused(run(*ends)) == []


def test_what_was_never_answered_again_accuses_no_case() -> None:
    assert accused(run(("b", None), ("a", "timeout"), ("a", "timeout"), last="none")) == []


def test_a_pool_or_a_control_without_answer_accuses_no_case() -> None:
    ends = [
        exchange(str(n), None, "a", trouble="connection", role="pool", at=NOON) for n in range(3)
    ]
    assert accused(record([*ends, taken("9", role="control", at=NOON + 99)], case("a"))) == []


def test_each_case_that_hangs_is_told() -> None:
    given = run(("a", "timeout"), ("b", "timeout"), ("a", "timeout"), ("b", "timeout"))
    assert accused(given) == [(HANG, "a", 2, 2), (HANG, "b", 2, 2)]


@pytest.mark.parametrize(
    ("trouble", "requirement"),
    [("timeout", HANG), ("connection", DROP), ("incomplete", DROP), (None, DROP)],
)
def test_a_target_that_died_of_a_case(trouble: Trouble | None, requirement: str) -> None:
    """Be it that it answered first: then the next one found nobody there."""
    given = run(("b", None), ("a", trouble), dead="a", last="none")
    assert accused(given) == [(requirement, "a", 1, 1)]
    (found,) = liveness(given)
    assert found.message == "what a is: the target is gone since then"
    assert [each.id for each in found.exchanges] == ["1"]
    assert (found.expected, found.actual) == (
        "a target that lives on", "no answer to any later request",
    )  # fmt: skip


def crowd(together: int, control: float | None, trouble: Trouble = "timeout") -> Record:
    """Two rounds of a case that is sent many times at once, of which one gets no answer in 5 s."""
    ends = [exchange(str(n), None, "a", trouble=trouble, at=NOON + n, seconds=5) for n in range(2)]
    controls = [
        taken(f"c{n}", role="control", at=NOON + 50 + n, seconds=control or 0) for n in range(3)
    ]
    probe = taken("p", "b", at=NOON + 99)
    return record(
        [*ends, *(controls if control is not None else []), probe],
        case("a", together=together), case("b"),
    )  # fmt: skip


def test_a_hang_that_was_followed_by_an_answer_counts_with_the_last_one() -> None:
    given = run(("a", "timeout"), *[("b", None)] * 7, ("a", "timeout"), last="none")
    assert accused(given) == [(HANG, "a", 2, 2)]


def test_a_second_try_is_a_try() -> None:
    given = run(("b", None))
    first = exchange("x", None, "a", trouble="timeout", at=NOON + 20)
    again = exchange("y", None, "a", trouble="timeout", role="again", at=NOON + 30)
    assert accused(record([first, again, *given.exchanges], case("a"), case("b"))) == [
        (HANG, "a", 2, 2)
    ]


def test_a_target_that_died_is_not_told_to_hang_now_and_then() -> None:
    given = run(*NOW_AND_THEN, ("a", "timeout"), dead="a", last="none")
    assert accused(given) == [(HANG, "a", 1, 1)]


def test_where_answers_are_slow_at_times_a_timeout_here_and_there_accuses_nobody() -> None:
    """The machine, not the target, may have made them so."""
    given = run(*NOW_AND_THEN)
    assert accused(given) == [(HANG, "control/full", 4, 41)]
    slow = [taken(f"s{n}", role="control", at=NOON + 50, seconds=1.5) for n in range(2)]
    assert accused(record([*given.exchanges, *slow], *given.cases.values())) == []


def test_a_queue_is_no_hang() -> None:
    """Twelve at once, each of which takes half a second alone, may wait longer than the timeout."""
    assert accused(crowd(12, 0.5)) == []
    assert accused(crowd(12, 0.01)) == [(HANG, "a", 2, 2)]
    assert accused(crowd(1, 0.5)) == [(HANG, "a", 2, 2)]
    assert accused(crowd(12, None)) == []
    assert accused(crowd(12, 0.5, "connection")) == [(DROP, "a", 2, 2)]
    assert accused(crowd(10, 0.25)) == [(HANG, "a", 2, 2)], (
        "half the wait is what the queue explains"
    )


def test_hangs_here_and_there_say_that_they_come_and_go() -> None:
    (found,) = liveness(run(*NOW_AND_THEN))
    assert (found.requirement, found.flaky) == (HANG, True)
    assert [each.id for each in found.exchanges] == ["5", "15", "25", "35"]
    assert found.message == "no answer came in time now and then, whatever was asked"
    assert found.case == "control/full"


def test_one_case_that_always_hangs_explains_the_others() -> None:
    given = run(*NOW_AND_THEN, ("a", "timeout"), ("a", "timeout"))
    assert accused(given) == [(HANG, "a", 2, 2)]


def test_a_target_that_answered_once_cannot_be_called_quick() -> None:
    assert accused(run(("a", "timeout"), ("b", "timeout"), ("c", "timeout"))) == []
