"""Telling what many answers show by one of them: the plainest that shows it every time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from conformance.exchanges import Exchange
from conformance.observe import Observation
from conformance.verdicts import Failure
from spec.requirements import Requirement

CONTROL = "control/full"
GENERATING = ("schemathesis", "hypothesis")


def failure_of(
    requirement: Requirement,
    found: Sequence[tuple[Exchange, Observation]],
    touched: int,
    sent: Mapping[str, Sequence[Exchange]],
) -> Failure:
    """The failure that `found` shows, out of `touched` answers that could have.

    `sent` has the exchanges of each case, with those of the control under its own name. Where
    every request that showed it did not show it another time, no request is to blame for it.
    """
    shown = {exchange.id for exchange, _ in found}
    always = [pair for pair in found if _always(pair[0], shown, sent)]
    exchange, each = min(always or found, key=lambda pair: _size(pair[0]))
    counted = f"{len(found)} of {touched} answers"
    return Failure(
        requirement=requirement.id,
        case=exchange.cases[0] if exchange.cases and always else CONTROL,
        message=f"not so in {counted}" if always else f"not so now and then, in {counted}",
        expected=each.expected or requirement.statement,
        actual=each.actual,
        exchanges=(exchange,),
        tries=touched,
        failed=len(found),
        control=exchange.control,
        place=each.place,
        flaky=not always,
    )


def _always(exchange: Exchange, shown: set[str], sent: Mapping[str, Sequence[Exchange]]) -> bool:
    """Whether each answer to the cases of a request shows what this one shows."""
    names = exchange.cases or (CONTROL,)
    alike = [
        each
        for name in names
        for each in sent.get(name, ())
        if each.cases == exchange.cases and each.status is not None
    ]
    return all(each.id in shown for each in alike)


def _size(exchange: Exchange) -> int:
    """How much a request holds that others do not."""
    if exchange.role == "control":
        return 0
    generated = exchange.phase in GENERATING
    shrunk = any("/shrunk-from-" in case for case in exchange.cases)
    return 1_000 if generated and not shrunk else len(exchange.cases)
