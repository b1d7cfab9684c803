"""Conducting cases: controls, pools, second tries. What an answer means is the judge's business."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from conformance.client import BudgetSpent, Client
from conformance.exchanges import Exchange, Role, record_of
from conformance.journal import Journal
from conformance.outcome import outcome
from conformance.parsing import NotJson, parse
from conformance.shrink import shrink
from spec.contract import Contract
from strategies import controls, edits
from strategies.cases import Case, build, customer_id, pools
from strategies.edits import Edit
from strategies.plan import Plan
from strategies.promises import promise_of
from strategies.wire import optional_headers

TRIES = 3
UNANSWERED = ("timeout", "connection", "incomplete")


@dataclass
class Bench:
    """One process's share of a run: what it sends with, and the control it found accepted."""

    contract: Contract
    plan: Plan
    client: Client
    journal: Journal
    run: str
    prefix: str
    control: Any = None
    control_exchange: Exchange | None = None
    refused: dict[edits.Path, str] = field(default_factory=dict)
    extra: dict[str, str] = field(default_factory=dict)
    waiting: list[Sequence[Case]] = field(default_factory=list)
    dead: str | None = None
    spent: str | None = None

    @property
    def over(self) -> bool:
        """Whether nothing more can be sent: the target is gone, or a limit is reached."""
        return self.dead is not None or self.spent is not None

    def customer(self, case: str, attempt: int) -> str:
        """The customer of one attempt at one case."""
        return customer_id(self.prefix, self.run, case, attempt)


async def send_control(bench: Bench, phase: str, name: str, payload: Any) -> Exchange:
    """Send a valid payload for a customer of its own."""
    customer = bench.customer(f"control-{phase}-{name}", len(bench.journal.exchanges))
    request = build(bench.contract, [], payload, customer, extra=bench.extra)
    return await bench.client.send(request, phase=phase, role="control", customer=customer)


async def find_control(bench: Bench, phase: str) -> None:
    """Find a payload that the target accepts: the full one, or the most of it that passes.

    Afterwards `bench.control` is that payload, or None, and `bench.refused` maps the members that
    had to be left out to the exchange in which they were refused.
    """
    full = bench.plan.control
    payload = full if bench.control is None else bench.control
    exchange = await send_control(bench, phase, "again", payload)
    if not exchange.accepted and bench.control is None:
        payload, exchange = await _search(bench, phase, full, exchange)
    if exchange.status is not None:
        bench.client.pace(exchange.received - exchange.sent)
    bench.control = payload if exchange.accepted else None
    bench.control_exchange = exchange


async def _search(bench: Bench, phase: str, full: Any, refused: Exchange) -> tuple[Any, Exchange]:
    minimal = controls.minimal(bench.contract)
    base = await send_control(bench, phase, "minimal", minimal)
    if not base.accepted:
        return full, await _search_headers(bench, phase, full, refused)
    best: tuple[Any, Exchange] = (minimal, base)
    waiting = [_missing(full, minimal)]
    while waiting:
        group = waiting.pop(0)
        payload = edits.apply(best[0], group)
        exchange = await send_control(bench, phase, edits.words(group[0], best[0]), payload)
        if exchange.accepted:
            best = (payload, exchange)
        elif len(group) > 1:
            half = len(group) // 2
            waiting += [group[:half], group[half:]]
        else:
            await _tell_refused(bench, phase, group[0], best)
    return best


async def _search_headers(bench: Bench, phase: str, full: Any, refused: Exchange) -> Exchange:
    """Whether the target takes the full payload once a header is there that may be left out."""
    for key, name, value in optional_headers(bench.contract):
        bench.extra = {name: value}
        exchange = await send_control(bench, phase, f"with-{name}", full)
        if exchange.accepted:
            case = Case(
                f"{key}/left-out", (key,), "accept", "headers", f"no {name}", headers=((name, ()),)
            )
            bench.journal.case(record_of(case, full))
            for attempt in (1, 2):
                await _send(bench, phase, "probe", [case], full, attempt, exchange.id)
            return exchange
    bench.extra = {}
    return refused


def _missing(full: Any, minimal: Any, path: edits.Path = ()) -> list[Edit]:
    """The edits that lead from `minimal` to `full`, a member each."""
    found: list[Edit] = []
    for name, value in full.items():
        if name not in minimal:
            found.append(Edit((*path, name), value))
        elif isinstance(value, dict) and isinstance(minimal[name], dict):
            found += _missing(value, minimal[name], (*path, name))
    return found


async def _tell_refused(bench: Bench, phase: str, edit: Edit, best: tuple[Any, Exchange]) -> None:
    """Make a case of a valid member that the target refuses."""
    key = promise_of(bench.contract, edit)
    case = Case(
        f"{key}/control-value", (key,), "accept", "profile_request",
        edits.words(edit, best[0]), (edit,),
    )  # fmt: skip
    bench.journal.case(record_of(case, best[0]))
    for attempt in (1, 2):
        exchange = await _send(bench, phase, "probe", [case], best[0], attempt, best[1].id)
    bench.refused[edit.path] = exchange.id


async def conduct(bench: Bench, cases: Sequence[Case], phase: str = "deterministic") -> None:
    """Send cases, valid ones pooled, at most `concurrency` at a time, each beside a fresh control.

    Stops sending when the target is gone; the journal says after which case.
    """
    if not cases or bench.over:
        return
    await _all(bench, [find_control(bench, phase)])
    for case in cases:
        bench.journal.case(record_of(case, bench.control))
    pooled = [case for case in cases if case.poolable and not case.either]
    alone = [case for case in cases if case not in pooled]
    if bench.control is not None:
        await _all(bench, (_settle_pool(bench, pool, phase) for pool in pools(pooled)))
    await _all(bench, (_settle(bench, case, phase) for case in alone))
    await _all(bench, [_settle_waiting(bench, phase)])


async def _settle_waiting(bench: Bench, phase: str) -> None:
    """Send what had no answer again, one at a time: a slow target is no target that hangs."""
    waiting, bench.waiting = bench.waiting, []
    for group in waiting:
        if bench.over or not await _alive(bench, group[0], phase):
            return
        if len(group) > 1:
            await _settle_pool(bench, group, phase, alone=True)
        else:
            await _settle(bench, group[0], phase, attempt=2)


async def conduct_one_by_one(bench: Bench, cases: Sequence[Case], phase: str) -> None:
    """As `conduct`, for what may kill the target: one at a time, a sign of life after each."""
    if not cases or bench.over:
        return
    await _all(bench, [find_control(bench, phase)])
    for case in cases:
        bench.journal.case(record_of(case, bench.control))
        await _all(bench, [_settle(bench, case, phase)])
        await _all(bench, [_settle_waiting(bench, phase)])
        await asyncio.sleep(0 if bench.over else case.pause)
        if not bench.over:
            await _all(bench, [_alive(bench, case, phase)])


async def _all(bench: Bench, tasks: Iterable[Coroutine[Any, Any, Any]]) -> None:
    async def within_limits(task: Coroutine[Any, Any, Any]) -> None:
        try:
            await task
        except BudgetSpent as limit:
            if bench.spent is None:
                bench.spent = str(limit)
                bench.journal.note("spent", why=bench.spent)

    async with asyncio.TaskGroup() as group:
        for task in tasks:
            group.create_task(within_limits(task))


async def _settle_pool(
    bench: Bench, pool: Sequence[Case], phase: str, *, alone: bool = False
) -> None:
    if bench.over:
        return
    if len(pool) == 1:
        await _settle(bench, pool[0], phase)
        return
    exchange = await _send(bench, phase, "pool", pool, bench.control, 1, _control_id(bench))
    if exchange.accepted:
        return
    if exchange.trouble in UNANSWERED and not alone:
        bench.waiting.append(pool)
        return
    half = len(pool) // 2
    await _settle_pool(bench, pool[:half], phase, alone=alone)
    await _settle_pool(bench, pool[half:], phase, alone=alone)


async def _settle(bench: Bench, case: Case, phase: str, attempt: int = 1) -> None:
    """Send a case as often as it takes; one without an answer waits until it can be sent alone."""
    if bench.over:
        return
    control = bench.control if bench.control is not None else bench.plan.control
    if not bench.client.applies(build(bench.contract, [case], control, "")):
        bench.journal.note("unfit", case=case.id)
        return
    guard = next(
        (
            ident
            for path, ident in bench.refused.items()
            for e in case.edits
            if e.path[: len(path)] == path
        ),
        _control_id(bench),
    )
    if case.together > 1:
        await _all(
            bench,
            [
                _send(bench, phase, "probe", [case], control, number, guard)
                for number in range(case.together)
            ],
        )
        return
    exchange = await _probe(bench, case, control, guard, phase, attempt)
    if exchange.trouble in UNANSWERED and attempt == 1:
        bench.waiting.append([case])
        return
    if case.chapter == "generated" and _accuses(bench, case, exchange):
        if await _shrunk(bench, case, control, guard, phase):
            return
    while attempt < TRIES and _again(bench, case, exchange) and not bench.over:
        if exchange.trouble in UNANSWERED and not await _alive(bench, case, phase):
            return
        attempt += 1
        exchange = await _probe(bench, case, control, guard, phase, attempt)


def _again(bench: Bench, case: Case, exchange: Exchange) -> bool:
    """Whether an answer calls for another try: it accuses the target, or there is none."""
    if exchange.trouble is not None:
        return exchange.trouble != "ours"
    if exchange.status is not None and exchange.status >= 500:
        return True
    return _accuses(bench, case, exchange) and case.either is None


def _accuses(bench: Bench, case: Case, exchange: Exchange) -> bool:
    judged = outcome(bench.contract, case.expect, exchange, control=bench.control is not None)
    return judged.result == "broken"


async def _shrunk(bench: Bench, case: Case, control: Any, guard: str | None, phase: str) -> bool:
    """Put the one change that accuses the target in a generated case's place, if there is one."""

    async def still_fails(smaller: Case) -> bool:
        exchange = await _send(bench, phase, "search", [smaller], control, 1, guard)
        return _accuses(bench, smaller, exchange)

    smallest = await shrink(bench.contract, case, control, still_fails)
    if smallest is None:
        return False
    bench.journal.note("shrunk", case=case.id, to=smallest.id)
    bench.journal.case(record_of(smallest, control))
    for attempt in (1, 2):
        await _probe(bench, smallest, control, guard, phase, attempt)
    return True


async def _alive(bench: Bench, case: Case, phase: str) -> bool:
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


async def _probe(
    bench: Bench, case: Case, control: Any, guard: str | None, phase: str, attempt: int
) -> Exchange:
    role: Role = "probe" if attempt == 1 else "again"
    if case.after_control:
        async with bench.client.one_connection() as http:
            customer = bench.customer(f"before-{case.id}", attempt)
            request = build(bench.contract, [], control, customer, extra=bench.extra)
            await bench.client.send(
                request, phase=phase, role="control", customer=customer, over=http
            )
            return await _send(bench, phase, role, [case], control, attempt, guard, over=http)
    if case.twice:
        await _send(bench, phase, role, [case], control, attempt, guard)
    return await _send(bench, phase, role, [case], control, attempt, guard)


async def _send(
    bench: Bench,
    phase: str,
    role: Role,
    cases: Sequence[Case],
    control: Any,
    attempt: int,
    guard: str | None,
    over: Any = None,
) -> Exchange:
    customer = bench.customer("+".join(case.id for case in cases), attempt)
    request = build(bench.contract, cases, control, customer, _profile_id(bench), bench.extra)
    return await bench.client.send(
        request, phase=phase, role=role, cases=tuple(case.id for case in cases), control=guard,
        customer=customer, over=over,
    )  # fmt: skip


def _control_id(bench: Bench) -> str | None:
    return bench.control_exchange.id if bench.control_exchange else None


def _profile_id(bench: Bench) -> str:
    """A profile id that the target returned, or text that is none."""
    exchange = bench.control_exchange
    if exchange is None or exchange.response is None:
        return "none"
    try:
        return str(parse(exchange.response.body)["data"]["profile_id"])
    except (NotJson, KeyError, TypeError):
        return "none"
