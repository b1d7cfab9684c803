"""Conducting a batch of a fuzz: each case once, and what looks like a failure as a run would."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

from conformance.bench import Bench, control_id, send, send_control
from conformance.conduct import at_once, follow, settle_waiting
from conformance.control import find_control
from conformance.exchanges import Exchange
from conformance.judge import judge_case
from conformance.observe import symptoms as broken_by
from conformance.sieve import Sieve
from conformance.watching import watch
from spec.formats import Validity
from strategies import edits
from strategies.cases import Case, build
from strategies.edits import ABSENT, Edit

PHASE = "fuzz"
LOST = 5  # controls in a row that are not accepted, after which a search is over
FRESH = 1.0  # seconds that a control is taken for granted when something seems to fail


async def fuzz(bench: Bench, sieve: Sieve, cases: Sequence[Case]) -> None:
    """Send the cases of one batch, at most `concurrency` at a time, and follow up what may fail.

    Finds a control first where there is none yet.
    """
    if bench.over:
        return
    if bench.control is None:
        await at_once(bench, [find_control(bench, PHASE)])
        if bench.control is None:
            _end(bench, "the target accepts no valid request, so that a search would show nothing")
    await at_once(bench, (_one(bench, sieve, case) for case in cases))
    await at_once(bench, [settle_waiting(bench, PHASE)])


async def _one(bench: Bench, sieve: Sieve, planned: Case) -> None:
    case = _fitted(bench, planned)
    control = bench.control if bench.control is not None else bench.plan.control
    if case is None or not _applies(bench, case, control):
        return
    customer = bench.customer(PHASE)
    guard = control_id(bench)
    exchange = await send(bench, PHASE, "probe", [case], control, guard, customer=customer)
    symptoms = sieve.look(case, control, exchange)
    if not symptoms:
        return
    if not await _control_is_fresh(bench, exchange.sent):
        sieve.forget(symptoms, case, exchange)
        sieve.lost += 1
        if sieve.lost == LOST:
            _end(bench, "the target does not accept any more what it accepted at first")
        return
    sieve.lost = 0
    sieve.keep(case, replace(exchange, control=control_id(bench)), control)
    await follow(bench, case, exchange, control, control_id(bench), PHASE)
    watch(bench, case)
    _tell(bench, sieve, case, exchange)


def _end(bench: Bench, why: str) -> None:
    if bench.spent is None:
        bench.spent = why
        bench.journal.note("spent", why=why)


def _tell(bench: Bench, sieve: Sieve, case: Case, exchange: Exchange) -> None:
    """Note which requirements an exchange and what followed it show to be broken, each once."""
    found = dict.fromkeys(broken_by(bench.contract, case.expect, exchange), case.id)
    smaller = {note["case"]: note["to"] for note in bench.journal.notes.get("shrunk", ())}
    name = smaller.get(case.id, case.id)
    for failure in judge_case(bench.contract, bench.journal.about(name), name)[0]:
        found[failure.requirement] = name
    for key, shown in found.items():
        if key not in sieve.found and key in bench.contract.requirements:
            sieve.found[key] = shown
            bench.journal.note("found", requirement=key, case=shown, at=time.time())


def _applies(bench: Bench, case: Case, control: object) -> bool:
    """False for a wrong credential that comes out right."""
    if case.expect != "unauthorized":
        return True
    return bench.client.applies(build(bench.contract, [case], control, ""))


async def _control_is_fresh(bench: Bench, since: float) -> bool:
    """Whether the control was accepted just now; it is sent again when that was some time ago."""
    async with bench.pulse:
        known = bench.control_exchange
        if known is None or known.sent < since - FRESH or not known.accepted:
            payload = bench.control if bench.control is not None else bench.plan.control
            bench.control_exchange = await send_control(bench, PHASE, "fresh", payload)
    return bench.control_exchange is not None and bench.control_exchange.accepted


def _fitted(bench: Bench, case: Case) -> Case | None:
    """A generated case without the members that this target refuses even where they are right."""
    if case.chapter != "generated" or not bench.refused:
        return case
    body = case.edits[0].value
    left_out = [Edit(path, ABSENT) for path in bench.refused if edits.get(body, path) is not ABSENT]
    smaller = edits.apply(body, left_out)
    wanted = Validity.VALID if case.expect == "accept" else Validity.VIOLATION
    if bench.contract.request_reading.validity(smaller) is not wanted:
        return None
    return Case(
        case.id, case.requirements, case.expect, case.chapter, case.words, (Edit((), smaller),)
    )
