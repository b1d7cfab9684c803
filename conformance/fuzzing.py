"""Conducting a batch of a fuzz: each case once, and what looks like a failure as a run would."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from conformance.bench import Bench, applies, control_id, guard_of, send, send_control
from conformance.client import BudgetSpent
from conformance.conduct import alive, at_once, follow, settle_waiting
from conformance.control import find_control
from conformance.exchanges import Exchange
from conformance.judge import judge_case
from conformance.observe import symptoms as broken_by
from conformance.sieve import Sieve, Symptom, is_silent
from conformance.watching import watch
from spec.formats import Validity
from strategies import edits
from strategies.cases import Case, named
from strategies.edits import ABSENT, Edit

PHASE = "fuzz"
SILENT = 12  # requests in a row without an answer, after which a sign of life is asked for
LOST = 5  # controls in a row that are not accepted, after which a search is over


async def fuzz(bench: Bench, sieve: Sieve, cases: Sequence[Case]) -> None:
    """Send the cases of one batch, at most `concurrency` at a time, and follow up what may fail.

    Finds a control first where there is none yet.
    """
    if bench.over:
        return
    bench.hangs = 0
    bench.client.forgive()
    if bench.control is None:
        await at_once(bench, [find_control(bench, PHASE)])
        if bench.control is None:
            known = bench.control_exchange
            throttled = known is not None and known.trouble == "throttled"
            does = "throttles every request" if throttled else "accepts no valid request"
            _end(bench, f"the target {does}, so that a search would show nothing")
    await at_once(bench, (_one(bench, sieve, case) for case in cases))
    await at_once(bench, [settle_waiting(bench, PHASE)])


async def _one(bench: Bench, sieve: Sieve, planned: Case) -> None:
    case = _fitted(bench, planned)
    control = bench.control if bench.control is not None else bench.plan.control
    if case is None or not applies(bench, case, control):
        return
    # What tells customers apart by their names needs the same turn of each name.
    customer = bench.customer(PHASE if not planned.headers else named(planned.id))
    guard = guard_of(bench, case)
    exchange = await send(bench, PHASE, "probe", [case], control, guard, customer=customer)
    proves = bench.control is not None and guard == control_id(bench)
    symptoms = sieve.look(case, control, exchange, proves=proves)
    try:
        if sieve.silent and sieve.silent % SILENT == 0:
            async with bench.pulse:
                await alive(bench, case, PHASE)
        if symptoms:
            await _follow_up(bench, sieve, case, control, exchange, symptoms)
    except BudgetSpent:
        if symptoms:
            sieve.count(case, exchange)  # where it is not kept, for it had its end
        raise


async def _follow_up(
    bench: Bench, sieve: Sieve, case: Case, control: Any, exchange: Exchange,
    symptoms: list[Symptom],
) -> None:  # fmt: skip
    """Keep what seems to fail, beside a fresh control, and go on as a run would."""
    if not is_silent(exchange):  # what had no answer is sent again when the target is alone
        fresh = await _fresh_control(bench, sieve, case, exchange)
        if not fresh.accepted:
            sieve.forget(symptoms, case, exchange)
            sieve.lost += fresh.trouble != "throttled"
            if sieve.lost == LOST:
                _end(bench, "the target does not accept any more what it accepted at first")
            return
        sieve.lost = 0
        exchange = replace(exchange, control=guard_of(bench, case))
    sieve.keep(case, exchange, control)
    await follow(bench, case, exchange, control, guard_of(bench, case), PHASE)
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
        known = {*sieve.found, *sieve.left_out}
        if key in bench.contract.requirements and key not in known:
            sieve.found[key] = shown
            bench.journal.note("found", requirement=key, case=shown, at=time.time())


async def _fresh_control(bench: Bench, sieve: Sieve, case: Case, exchange: Exchange) -> Exchange:
    """The control as it was answered since an exchange; it is sent again where it was not.

    Raises BudgetSpent; what needs no control to show a promise broken is kept before.
    """
    async with bench.pulse:
        known = bench.control_exchange
        if known is not None and known.accepted and known.sent >= exchange.sent:
            return known
        payload = bench.control if bench.control is not None else bench.plan.control
        try:
            answer = await send_control(bench, PHASE, "fresh", payload)
        except BudgetSpent:
            if exchange.accepted and case.expect in ("refuse", "unauthorized"):
                sieve.keep(case, exchange, payload)
            raise
        if answer.accepted:
            bench.control_exchange = answer
        return answer


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
