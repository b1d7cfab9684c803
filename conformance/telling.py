"""Telling what many answers show by few of them: the plainest that show it every time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from conformance.exchanges import Exchange
from conformance.observe import Observation
from conformance.verdicts import Failure
from spec.requirements import Requirement

CONTROL = "control/full"
CRASH = "robustness.server_error"
REFUSED = "response.status"  # what a valid request breaks by being refused, whatever it has
MOST = 8  # requests told of that each crash the server
GENERATING = ("schemathesis", "hypothesis")


def failures_of(
    requirement: Requirement,
    found: Sequence[tuple[Exchange, Observation]],
    touched: int,
    sent: Mapping[str, Sequence[Exchange]],
) -> list[Failure]:
    """The failures that `found` shows, out of `touched` answers that could have.

    `sent` has the exchanges of each case, with those of the control under its own name. A crash has
    its own cause for each request that always ends in one; whatever else is wrong with answers is
    told once, by the plainest. Where every request that showed it did not show it another time, no
    request is to blame for it.
    """
    shown = {exchange.id for exchange, _ in found}
    always = sorted(
        (pair for pair in found if _always(pair[0], shown, sent)), key=lambda pair: _size(pair[0])
    )
    if requirement.id == CRASH:  # for a crowd that crashed, its members are asked alone
        always = [pair for pair in always if len(pair[0].cases) <= 1]
    if not always:
        exchange, each = min(found, key=lambda pair: _size(pair[0]))
        words = f"not so now and then, in {len(found)} of {touched} answers"
        plain = _failure(requirement, exchange, each, CONTROL, words, touched, len(found))
        return [replace(plain, flaky=True)]
    if requirement.id != CRASH or always[0][0].role == "control":
        exchange, each = always[0]
        words = f"not so in {len(found)} of {touched} answers"
        case = exchange.cases[0] if exchange.cases else CONTROL
        return [_failure(requirement, exchange, each, case, words, touched, len(found))]
    told: dict[str, Failure] = {}
    for exchange, each in always:
        case, tries = exchange.cases[0], len(_alike(exchange, sent))
        if case not in told and len(told) < MOST:
            words = f"answered with {each.actual}"
            told[case] = _failure(requirement, exchange, each, case, words, tries, tries)
    return list(told.values())


def _failure(
    requirement: Requirement, exchange: Exchange, each: Observation, case: str, words: str,
    tries: int, failed: int,
) -> Failure:  # fmt: skip
    return Failure(
        requirement.id, case, words, each.expected or requirement.statement, each.actual,
        (exchange,), tries, failed, control=exchange.control, place=each.place,
    )  # fmt: skip


def _always(exchange: Exchange, shown: set[str], sent: Mapping[str, Sequence[Exchange]]) -> bool:
    """Whether each answer to the cases of a request shows what this one shows."""
    return all(each.id in shown for each in _alike(exchange, sent))


def _alike(exchange: Exchange, sent: Mapping[str, Sequence[Exchange]]) -> list[Exchange]:
    """The answered exchanges of the same cases."""
    name = exchange.cases[0] if exchange.cases else CONTROL
    return [e for e in sent[name] if e.cases == exchange.cases and e.status is not None]


def _size(exchange: Exchange) -> int:
    """How much a request holds that others do not."""
    if exchange.role == "control":
        return 0
    generated = exchange.phase in GENERATING
    shrunk = any("/shrunk-from-" in case for case in exchange.cases)
    return 1_000 if generated and not shrunk else len(exchange.cases)
