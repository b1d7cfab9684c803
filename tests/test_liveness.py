"""Hangs and drops that no one case shows: now and then, whatever was asked."""

from __future__ import annotations

from conformance.exchanges import CaseRecord, Exchange, Received, Sent, Trouble
from conformance.journal import Record
from conformance.together import liveness

REQUEST = Sent("POST", "http://target/", (), b"{}")


def exchange(number: int, trouble: Trouble | None, seconds: float = 0.01) -> Exchange:
    """The `number`-th exchange of a run, a case of its own."""
    response = None if trouble else Received(200, "OK", (), b"{}")
    return Exchange(
        str(number), "deterministic", "probe", (f"case/{number}",), REQUEST, response, trouble,
        float(number), number + seconds,
    )  # fmt: skip


def told(troubles: dict[int, Trouble], seconds: float = 5.0) -> list[tuple[str, int, int]]:
    """What 40 exchanges show, some of which had no answer: requirement, failed, tries."""
    exchanges = [
        exchange(n, troubles.get(n), seconds if n in troubles else 0.01) for n in range(40)
    ]
    cases = {each.cases[0]: CaseRecord(each.cases[0], (), "accept", "x") for each in exchanges}
    found = liveness(Record(cases, tuple(exchanges), {}))
    return [(each.requirement, each.failed, each.tries) for each in found if not each.ok]


def test_hangs_of_different_cases_are_a_failure_together() -> None:
    assert told({10: "timeout", 20: "timeout", 30: "timeout"}) == [("robustness.hang", 3, 40)]


def test_connections_dropped_here_and_there_are_none() -> None:
    """A server may close a connection that it finds idle, also under a client's busy hands."""
    assert told({1: "connection", 2: "incomplete", 3: "connection"}) == []


def test_two_of_them_prove_nothing() -> None:
    assert told({10: "timeout", 20: "timeout"}) == []


def test_nor_does_a_slow_target() -> None:
    assert told({10: "timeout", 20: "timeout", 30: "timeout"}, seconds=0.05) == []


def test_nor_what_was_asked_of_a_target_that_was_gone() -> None:
    assert told({37: "timeout", 38: "timeout", 39: "timeout"}) == []


def test_a_target_that_is_gone_died_of_one_of_those_that_were_under_way() -> None:
    exchanges = [
        exchange(n, "timeout" if n > 35 else None, 3.0 if n > 35 else 0.01) for n in range(50)
    ]
    cases = {each.cases[0]: CaseRecord(each.cases[0], (), "accept", "x") for each in exchanges}
    dead = {"dead": [{"case": "case/37"}]}
    (found,) = liveness(Record(cases, tuple(exchanges), dead))
    # 36 began before it, 38 and 39 before it was over.
    assert found.message == "x, or one of 3 others under way: the target is gone since then"
    assert found.case == "case/37"
