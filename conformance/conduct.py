"""Conducting cases: controls, pools, second tries. What an answer means is the judge's business."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable, Sequence
from typing import Any

from conformance.bench import Bench as Bench
from conformance.bench import (
    Waiting,
    accuses,
    applies,
    control_id,
    guard_of,
    in_company,
    probe,
    send,
    send_control,
)
from conformance.client import BudgetSpent, WrongApp
from conformance.control import find_control
from conformance.exchanges import Exchange, Role
from conformance.isolating import TOGETHER, isolated, news, shrunk, together
from conformance.watching import watch
from strategies.cases import Case, pools

TRIES = 3
TRIES_OF_THE_FLAKY = 6  # at what fails, once the target has failed where it then did not
MANY = 8  # cases without an answer, after which a sign of life is asked for
FAILING = 30  # answers of 5xx, or none, in a row, after which a valid request has to be taken
UNANSWERED = ("timeout", "connection", "incomplete")


async def conduct(bench: Bench, cases: Sequence[Case], phase: str = "deterministic") -> None:
    """Send cases, valid ones pooled, at most `concurrency` at a time, each beside a fresh control.

    Stops sending when the target is gone; the journal says after which case.
    """
    if not cases or bench.over:
        return
    await at_once(bench, [find_control(bench, phase)])
    companies = {tuple(e.id for e in case.beside): case.beside for case in cases if case.beside}
    for case in (*cases, *(each for company in companies.values() for each in company)):
        if not case.beside:
            bench.journal.planned(case, bench.control)
    pooled = [case for case in cases if case.poolable and not case.either]
    if bench.control is not None:
        await at_once(bench, (_settle_pool(bench, pool, phase) for pool in pools(pooled)))
        untried = [
            each
            for ids, each in companies.items()
            if not bench.journal.accepting(ids) and not any(map(bench.journal.refused, ids))
        ]
        await at_once(bench, (_settle_pool(bench, each, phase) for each in untried))
    await at_once(bench, [_isolate(bench, cases, phase)])
    in_pools = {case.id for case in pooled}
    others = [case for case in cases if case.id not in in_pools]
    alone = [in_company(bench, case) for case in others if not bench.journal.probed(case.id)]
    for case in alone:
        bench.journal.planned(case, bench.control)
    await at_once(bench, (_settle(bench, case, phase) for case in alone))
    await at_once(bench, [settle_waiting(bench, phase)])
    await at_once(bench, [_isolate(bench, cases, phase)])


async def _isolate(bench: Bench, cases: Sequence[Case], phase: str) -> None:
    """Look for the one case of a pool whose answer shows something new: in the order of the plan,
    for that of the answers is another each time."""
    order = {case.id: number for number, case in enumerate(cases)}
    taken, bench.taken = bench.taken, []
    for pool, exchange in sorted(taken, key=lambda each: order.get(each[0][0].id, len(order))):
        for symptom in news(bench, "accept", exchange):
            await isolated(bench, pool, symptom, phase)
        watch(bench)


async def settle_waiting(bench: Bench, phase: str) -> None:
    """Send again, one at a time, what had no answer or failed: a target that is slow, or fails in
    a crowd, is no target that hangs or fails on one request."""
    waiting, bench.waiting = bench.waiting, []
    lives = False  # as the answer before has shown
    for each in waiting:
        unsure = each.silent and not lives
        if bench.over or (unsure and not await alive(bench, each.cases[0], phase)):
            return
        if each.silent and bench.hangs >= MANY:
            continue  # it hangs on so much that one more proves nothing
        before = len(bench.journal.exchanges)
        if len(each.cases) > 1:
            await _settle_pool(bench, each.cases, phase, alone=True)
        else:
            await _settle(bench, each.cases[0], phase, attempt=2)
        later = [e for e in bench.journal.exchanges[before:] if e.role != "control"]
        lives = any(e.status for e in later)
        bench.hangs += each.silent and not lives


async def _put_off(bench: Bench, cases: Sequence[Case], exchange: Exchange, phase: str) -> None:
    bench.waiting.append(Waiting(cases, exchange.status is None))
    silent = [each for each in bench.waiting if each.silent]
    if exchange.status is None and len(silent) % MANY == 0:
        async with bench.pulse:
            await alive(bench, silent[0].cases[0], phase)


def _is_to_wait(exchange: Exchange) -> bool:
    return exchange.trouble in UNANSWERED or _crashed(exchange)


def _crashed(exchange: Exchange) -> bool:
    return exchange.status is not None and exchange.status >= 500


async def conduct_one_by_one(bench: Bench, cases: Sequence[Case], phase: str) -> None:
    """As `conduct`, for what may kill the target: one at a time, then a sign of life where a target
    may answer first and die then."""
    if not cases or bench.over:
        return
    await at_once(bench, [find_control(bench, phase)])
    for case in cases:
        await at_once(bench, [_settle(bench, case, phase)])
        await at_once(bench, [settle_waiting(bench, phase)])
        if bench.over or not case.pause:
            continue  # whatever gets no answer was asked for a sign of life already
        await asyncio.sleep(case.pause)
        await at_once(bench, [alive(bench, case, phase)])


async def at_once(bench: Bench, tasks: Iterable[Coroutine[Any, Any, Any]]) -> None:
    """Do all of it, so much at a time, until the target is gone or a limit is reached."""
    under_way = asyncio.Semaphore(bench.client.target.concurrency)

    async def within_limits(task: Coroutine[Any, Any, Any]) -> None:
        async with under_way:
            async with bench.pulse:
                pass  # while a sign of life is asked for, nothing new is begun
            if bench.over:
                return
            try:
                await task
            except BudgetSpent as limit:
                bench.stop(str(limit), everywhere=isinstance(limit, WrongApp))

    planned = list(tasks)
    try:
        async with asyncio.TaskGroup() as group:
            for task in planned:
                group.create_task(within_limits(task))
    finally:
        for task in planned:
            task.close()  # those that were never begun


async def _settle_pool(
    bench: Bench, pool: Sequence[Case], phase: str, *, alone: bool = False
) -> None:
    if bench.over:
        return
    if len(pool) == 1:
        await _settle(bench, pool[0], phase, attempt=2 if alone else 1)
        return
    exchange = await send(bench, phase, "pool", pool, bench.control, control_id(bench))
    if exchange.accepted:
        bench.taken.append((pool, exchange))
        watch(bench)
        return
    if _is_to_wait(exchange) and not alone:
        await _put_off(bench, pool, exchange, phase)
        return
    half = len(pool) // 2
    await _settle_pool(bench, pool[:half], phase, alone=alone)
    await _settle_pool(bench, pool[half:], phase, alone=alone)
    if all(bench.journal.taken(case.id) for case in pool) and TOGETHER not in bench.isolated:
        bench.isolated.add(TOGETHER)
        await _settle(bench, together([edit for case in pool for edit in case.edits]), phase)


async def _settle(bench: Bench, case: Case, phase: str, attempt: int = 1) -> None:
    """Send a case as often as it takes; what has no answer, or fails, waits to be sent alone."""
    if not bench.over:
        await _tried(bench, case, phase, attempt)
        watch(bench, case)


async def _tried(bench: Bench, case: Case, phase: str, attempt: int) -> None:
    bench.journal.planned(case, bench.control)
    control = bench.control if bench.control is not None else bench.plan.control
    if not applies(bench, case, control):
        bench.journal.note("unfit", case=case.id)
        return
    guard = guard_of(bench, case)
    if case.together > 1:
        await at_once(
            bench,
            [send(bench, phase, "probe", [case], control, guard) for _ in range(case.together)],
        )
        return
    role: Role = "probe" if attempt == 1 else "again"
    exchange = await probe(bench, case, control, guard, phase, role)
    await _break_off(bench, exchange, phase)
    await follow(bench, case, exchange, control, guard, phase, attempt)


async def follow(
    bench: Bench, case: Case, exchange: Exchange, control: Any, guard: str | None, phase: str,
    attempt: int = 1,
) -> None:  # fmt: skip
    """Go on from the answer to a try at a case: shrink what was generated, try again."""
    if _is_to_wait(exchange) and attempt == 1:
        await _put_off(bench, [case], exchange, phase)
        return
    if case.chapter == "generated":
        accused = accuses(bench, case, exchange)
        if accused and await shrunk(bench, case, control, phase, None):
            return
        for symptom in () if accused else news(bench, case.expect, exchange):
            await shrunk(bench, case, control, phase, symptom)
    while attempt < _most(bench, exchange) and _again(bench, case, exchange) and not bench.over:
        if exchange.trouble in UNANSWERED and not await alive(bench, case, phase):
            return
        attempt += 1
        before, exchange = exchange, await probe(bench, case, control, guard, phase, "again")
        bench.flaky |= _crashed(before) and not _crashed(exchange)


async def _break_off(bench: Bench, exchange: Exchange, phase: str) -> None:
    """End the run where so many requests failed in a row, and then the control too, which the
    target took before."""
    if exchange.status is not None and not _crashed(exchange):
        bench.failing = 0
        return
    # What was throttled was sent again and again, for half a minute and more.
    bench.failing += FAILING // 3 if exchange.trouble == "throttled" else 1
    if bench.failing < FAILING or bench.control is None:
        return
    bench.failing = 0
    async with bench.pulse:
        for pause in (0.0, 1.0, 3.0):
            await asyncio.sleep(pause)
            if bench.over:
                return
            again = await send_control(bench, phase, "works", bench.control)
            if again.accepted:
                return
            if again.trouble == "throttled":
                break
    does = "throttles" if again.trouble == "throttled" else "fails on"
    bench.spent = f"the target {does} every request by now, also what it took before"
    bench.journal.note("spent", why=bench.spent)


def _most(bench: Bench, exchange: Exchange) -> int:
    return TRIES_OF_THE_FLAKY if bench.flaky and _crashed(exchange) else TRIES


def _again(bench: Bench, case: Case, exchange: Exchange) -> bool:
    """Whether an answer calls for another try: it accuses the target, or there is none."""
    if exchange.status is None:
        return exchange.trouble != "ours"
    if _crashed(exchange):
        return True
    return accuses(bench, case, exchange) and case.either is None


async def alive(bench: Bench, case: Case, phase: str) -> bool:
    """Ask for a sign of life, more than once: a server may just be starting again."""
    payload = bench.control if bench.control is not None else bench.plan.control
    for pause in (0.0, 0.3, 1.0):
        await asyncio.sleep(pause)
        if (await send_control(bench, phase, f"alive-{case.id}", payload)).status is not None:
            return True
    if bench.dead is None:
        bench.dead = case.id
        bench.journal.note("dead", case=case.id)
    return False
