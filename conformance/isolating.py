"""Looking for the smallest request that shows what a crowded or a generated one showed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from conformance.bench import Bench, accuses, control_id, guard_of, probe, send
from conformance.exchanges import Exchange
from conformance.observe import symptoms
from conformance.shrink import shrink
from strategies.cases import Case, Expect
from strategies.edits import Edit

TOGETHER = "response.status/valid-changes-together"
MOST = 6  # symptoms for which smaller requests are looked for


def together(changes: Sequence[Edit]) -> Case:
    """The case of valid changes that are refused together, while each of them is accepted."""
    words = f"{len(changes)} valid changes together, each of which is accepted alone"
    return Case(TOGETHER, ("response.status",), "accept", "profile_request", words, tuple(changes))


async def shrunk(bench: Bench, case: Case, control: Any, phase: str, symptom: str | None) -> bool:
    """Put the one change that accuses the target, or shows a symptom, in a generated case's place,
    if there is one."""

    async def shows(smaller: Case) -> bool:
        exchange = await send(bench, phase, "search", [smaller], control, guard_of(bench, smaller))
        if symptom is None:
            return accuses(bench, smaller, exchange)
        return symptom in symptoms(bench.contract, smaller.expect, exchange)

    alike = symptom is None
    smallest = await shrink(bench.contract, case, control, shows, alike=alike)
    if smallest is None:
        return False
    if alike:
        bench.journal.note("shrunk", case=case.id, to=smallest.id)
    bench.journal.planned(smallest, control)
    await probe(bench, smallest, control, guard_of(bench, smallest), phase)
    await probe(bench, smallest, control, guard_of(bench, smallest), phase, "again")
    return True


async def isolated(bench: Bench, pool: Sequence[Case], symptom: str, phase: str) -> None:
    """Send the one case of an accepted pool whose answer shows a symptom, if one alone does."""
    while len(pool) > 1:
        half = len(pool) // 2
        for part in (pool[:half], pool[half:]):
            exchange = await send(bench, phase, "search", part, bench.control, control_id(bench))
            if symptom in symptoms(bench.contract, "accept", exchange):
                break
        else:
            return  # it comes and goes, or takes several of them
        pool = part
    await probe(bench, pool[0], bench.control, control_id(bench), phase)


def news(bench: Bench, expect: Expect, exchange: Exchange) -> list[str]:
    """The symptoms that no smaller request is known to show, once each and few in all: a target
    that breaks many promises at once need not be asked about each."""
    shown = bench.control_exchange
    usual = symptoms(bench.contract, "accept", shown) if shown else frozenset()
    found = sorted(symptoms(bench.contract, expect, exchange) - usual - bench.isolated)
    fresh = found[: max(0, MOST - len(bench.isolated))]
    bench.isolated.update(fresh)
    return fresh
