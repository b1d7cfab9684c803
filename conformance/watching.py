"""Watching a run for the first promise that is broken, where the operator wants it to end there."""

from __future__ import annotations

from conformance.bench import Bench
from conformance.exchanges import expectation
from conformance.judge import judge_case
from conformance.observe import symptoms
from strategies.cases import Case


def watch(bench: Bench, case: Case | None = None) -> None:
    """Tell `bench` what has failed by now: by any answer, and by those to `case`, now settled."""
    if bench.gated is None:
        return
    journal = bench.journal
    fresh, bench.watched = journal.exchanges[bench.watched :], len(journal.exchanges)
    for exchange in fresh:
        for key in symptoms(bench.contract, expectation(exchange, journal.cases), exchange):
            bench.fails(key)
    if case is not None and case.either is None:  # of those that stand for each other, one may do
        failures, _ = judge_case(bench.contract, journal.about(case.id), case.id)
        for failure in failures:
            bench.fails(failure.requirement)
