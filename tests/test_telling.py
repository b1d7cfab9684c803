"""What many answers show is told by the plainest few that show it every time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from conformance.exchanges import Exchange
from conformance.observe import Observation
from conformance.telling import CONTROL, CRASH, MOST, failures_of
from conformance.verdicts import Failure
from tests.handmade import refused, taken
from tests.support import CONTRACT

NAME = "response.200.data.app_id.format"


def told(
    shown: Iterable[Exchange], others: Iterable[Exchange] = (), requirement: str = NAME
) -> list[Failure]:
    """The failures told where `shown` break a requirement, out of all the exchanges."""
    found = [
        (each, Observation(requirement, False, "a UUID", f"what {each.id} has", "/data/app_id"))
        for each in shown
    ]
    sent: dict[str, list[Exchange]] = defaultdict(list)
    everything = [*(each for each, _ in found), *others]
    for each in everything:
        for case in each.cases or (CONTROL,):
            sent[case].append(each)
    return failures_of(CONTRACT.requirements[requirement], found, len(everything), sent)


def test_the_control_shows_it_best() -> None:
    pool = taken("1", "a", "b", role="pool")
    alone, control = taken("2", "a"), taken("3", role="control", control=None)
    (failure,) = told([pool, alone, control], [taken("4", "c")])
    assert failure.requirement == NAME
    assert failure.exchanges == (control,)
    assert (failure.case, failure.failed, failure.tries) == (CONTROL, 3, 4)
    assert (failure.expected, failure.actual) == ("a UUID", "what 3 has")
    assert (failure.message, failure.place) == ("not so in 3 of 4 answers", "/data/app_id")
    assert not failure.flaky


def test_then_a_case_alone_before_a_pool_before_a_generated_payload() -> None:
    generated = taken("1", "schemathesis/1", phase="schemathesis")
    more = taken("2", "hypothesis/1", phase="hypothesis")
    shrunk = taken("3", "x/shrunk-from-1", phase="hypothesis", control="9")
    pool = taken("4", "a", "b", role="pool")
    assert told([generated, more, pool, shrunk])[0].exchanges == (shrunk,)
    assert told([generated, more, pool, shrunk])[0].case == "x/shrunk-from-1"
    assert told([generated, more, pool, shrunk])[0].control == "9"
    assert told([generated, pool, more])[0].exchanges == (pool,)
    assert told([more, generated])[0].exchanges == (more,)
    many = taken("5", *(f"case/{n}" for n in range(50)), role="pool")
    assert told([generated, many])[0].exchanges == (many,)


def test_the_control_of_a_generated_payload_is_no_generated_payload() -> None:
    generated = taken("1", "hypothesis/1", phase="hypothesis")
    control = taken("2", role="control", phase="hypothesis")
    assert told([taken("3", "a"), generated, control])[0].exchanges == (control,)


def test_what_shows_it_every_time_before_what_is_plainer() -> None:
    """A control that was right another time is no proof, and neither is a case."""
    control, again = taken("1", role="control"), taken("2", role="control")
    once, twice = taken("3", "a"), taken("4", "a")
    always = taken("5", "b", "c", role="pool")
    (failure,) = told([control, once, always], [again, twice])
    assert failure.exchanges == (always,)
    assert failure.case == "b"
    assert not failure.flaky


def test_no_answer_is_no_answer_without_it() -> None:
    once, never = taken("1", "a"), taken("2", "a", trouble="timeout")
    (failure,) = told([once], [never])
    assert (failure.case, failure.flaky) == ("a", False)


def test_what_a_case_shows_alone_is_not_asked_of_a_pool_that_it_is_in() -> None:
    alone, pool = taken("1", "a"), taken("2", "a", "b", role="pool")
    (failure,) = told([alone], [pool])
    assert (failure.case, failure.flaky) == ("a", False)
    (failure,) = told([pool], [alone])
    assert (failure.case, failure.flaky) == ("a", False)


def test_what_comes_and_goes_blames_no_request() -> None:
    first, second = taken("1", "a", "b", role="pool"), taken("2", "c")
    (failure,) = told([first, second], [taken("3", "a", "b", role="pool"), taken("4", "c")])
    assert failure.flaky
    assert failure.case == CONTROL
    assert failure.exchanges == (second,), "the plainest request is shown"
    assert failure.message == "not so now and then, in 2 of 4 answers"
    assert (failure.failed, failure.tries) == (2, 4)


def test_each_request_that_crashes_the_server_is_told() -> None:
    """Each may be another bug; a pool is not told where its cases are, nor a case twice."""
    crashes = [refused("1", 500, "a"), refused("2", 500, "b"), refused("3", 500, "a", role="again")]
    pool = refused("4", 500, "a", "b", role="pool")
    found = told([pool, *crashes], [taken("5", "c"), taken("6", "d")], CRASH)
    assert [(each.case, each.failed, each.tries) for each in found] == [("a", 2, 2), ("b", 1, 1)]
    assert found[0].message == "answered with what 1 has"
    assert found[0].exchanges == (crashes[0],)


def test_a_crash_that_only_a_crowd_met_is_told_as_one_now_and_then() -> None:
    pool = refused("1", 500, "a", "b", role="pool")
    (failure,) = told([pool], [taken("2", "a"), taken("3", "b")], CRASH)
    assert (failure.case, failure.failed, failure.tries) == (CONTROL, 1, 3)
    assert failure.flaky


def test_a_server_that_crashes_at_everything_is_told_of_few() -> None:
    crashes = [refused(str(n), 500, f"case/{n}") for n in range(MOST + 3)]
    assert len(told(crashes, requirement=CRASH)) == MOST == 8
    (failure,) = told([refused("c", 500, role="control"), *crashes], requirement=CRASH)
    assert failure.case == CONTROL


def test_a_requirement_s_own_words_stand_where_nothing_else_is_expected() -> None:
    requirement = CONTRACT.requirements[NAME]
    one = taken("1", "a")
    (failure,) = failures_of(requirement, [(one, Observation(NAME, False))], 1, {"a": [one]})
    assert failure.expected == requirement.statement
