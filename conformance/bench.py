"""A process's share of a run: what it sends with, and what it found out about the target."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from conformance.client import Client
from conformance.exchanges import Exchange, Received, Role
from conformance.journal import Journal
from conformance.outcome import outcome
from conformance.parsing import NotJson, parse
from spec.contract import Contract
from strategies import edits
from strategies.cases import Case, alone, build, customer_id
from strategies.plan import Plan


@dataclass(frozen=True)
class Waiting:
    """Cases to be sent again, alone; `silent` where there was no answer rather than a failure."""

    cases: Sequence[Case]
    silent: bool


@dataclass
class Bench:
    """What a process sends with, and what it found out.

    `control` is the payload that the target accepts, `refused` maps the members that had to be left
    out of it to the exchange in which they were refused, `extra` are headers that it needs. `flaky`
    says that it failed where it then did not, `hangs` on how many cases it had no answer twice,
    `failing` on how many requests in a row it failed;
    `isolated` are the requirements for whose breach smaller requests were looked for. `gated` says
    which requirements end a run by failing, in all its processes, which see the file `halt`;
    `watched` counts the exchanges looked at for that, `customers` those made up for each purpose.
    `worker` names the process within its run. `pulse` is held while a sign of life is asked for.
    `taken` are pools that were accepted and whose answers are still to be looked at.
    """

    contract: Contract
    plan: Plan
    client: Client
    journal: Journal
    run: str
    prefix: str
    worker: str = ""
    control: Any = None
    control_exchange: Exchange | None = None
    refused: dict[edits.Path, str] = field(default_factory=dict)
    extra: dict[str, str] = field(default_factory=dict)
    waiting: list[Waiting] = field(default_factory=list)
    taken: list[tuple[Sequence[Case], Exchange]] = field(default_factory=list)
    flaky: bool = False
    hangs: int = 0
    failing: int = 0
    isolated: set[str] = field(default_factory=set)
    gated: Callable[[str], bool] | None = None
    halt: Path | None = None
    customers: Counter[str] = field(default_factory=Counter)
    watched: int = 0
    pulse: asyncio.Lock = field(default_factory=asyncio.Lock)
    dead: str | None = None
    spent: str | None = None

    @property
    def over(self) -> bool:
        """Whether nothing more can be sent: the target is gone, or a limit is reached."""
        if self.spent is None and self.halt is not None and self.halt.exists():
            self.spent = self.halt.read_text("ascii")
        return self.dead is not None or self.spent is not None

    def stop(self, why: str, *, everywhere: bool = False) -> None:
        """Send nothing more, for this reason unless there is an earlier one; `everywhere`: in all
        processes of the run."""
        if self.spent is None:
            self.spent = why
            self.journal.note("spent", why=why)
        if everywhere and self.halt is not None:
            self.halt.write_text(why, "ascii", "backslashreplace")

    def fails(self, requirement: str) -> None:
        """Take notice of a requirement that failed; one that is gated ends the run."""
        if self.spent is None and self.gated is not None and self.gated(requirement):
            why = f"{requirement} is broken, and --fail-fast ends the run there"
            self.stop(why, everywhere=True)

    def customer(self, name: str) -> str:
        """A customer of whom no request of the run has spoken; `name` is what it is for."""
        self.customers[name] += 1
        return customer_id(self.prefix, self.run, f"{self.worker}{name}", self.customers[name])


def _touches(edit: edits.Edit, path: edits.Path) -> bool:
    """Whether an edit is about what stands at `path`, or brings it back with what is around it."""
    if edit.path[: len(path)] == path:
        return True
    inside = path[: len(edit.path)] == edit.path
    return inside and edits.get(edit.value, path[len(edit.path) :]) is not edits.ABSENT


async def send_control(bench: Bench, phase: str, name: str, payload: Any) -> Exchange:
    """Send a valid payload for a customer of its own."""
    customer = bench.customer(f"control-{phase}-{name}")
    request = build(bench.contract, [], payload, customer, extra=bench.extra)
    return await bench.client.send(request, phase=phase, role="control", customer=customer)


async def send(
    bench: Bench,
    phase: str,
    role: Role,
    cases: Sequence[Case],
    control: Any,
    guard: str | None,
    *,
    customer: str = "",
    over: Any = None,
) -> Exchange:
    """Send a case, or a pool of them, built on `control`; `guard` is what shows that accepted.

    It is for a customer of its own, or for `customer`.
    """
    customer = customer or bench.customer("+".join(case.id for case in cases))
    request = build(
        bench.contract, cases, control, customer, _profile_id(bench), _first_customer(bench),
        bench.extra,
    )  # fmt: skip
    return await bench.client.send(
        request, phase=phase, role=role, cases=tuple(case.id for case in cases), control=guard,
        customer=customer, over=over,
    )  # fmt: skip


def control_id(bench: Bench) -> str | None:
    """The exchange that shows the control accepted."""
    return bench.control_exchange.id if bench.control_exchange else None


def in_company(bench: Bench, case: Case) -> Case:
    """A case beside what it is to stand beside, if the target took that, else beside nothing."""
    if not case.beside:
        return case
    if bench.control is None:
        return alone(case, bench.plan.control)
    taken = bench.journal.accepting([each.id for each in case.beside])
    return case if taken else alone(case, bench.control)


def guard_of(bench: Bench, case: Case) -> str | None:
    """The exchange that shows what a case is one change away from: the control or its company,
    unless the case changes members only that had to be left out, for then it proves nothing."""
    for path, refused in bench.refused.items():
        if case.edits and all(_touches(edit, path) for edit in case.edits):
            return refused
    company = bench.journal.accepting([each.id for each in case.beside])
    return company.id if company else control_id(bench)


def _profile_id(bench: Bench) -> str:
    """A profile id that the target returned, or text that is none."""
    exchange = bench.control_exchange
    return "none" if exchange is None or exchange.response is None else _id_in(exchange.response)


@lru_cache(maxsize=4)
def _id_in(response: Received) -> str:
    try:
        return str(parse(response.body)["data"]["profile_id"])
    except (NotJson, KeyError, TypeError):
        return "none"


def _first_customer(bench: Bench) -> str:
    """The customer of the first request that the target took, or one of whom nothing was said."""
    taken = (each.customer for each in bench.journal.exchanges if each.accepted and each.customer)
    return next(taken, None) or bench.customer("first")


async def probe(
    bench: Bench, case: Case, control: Any, guard: str | None, phase: str, role: Role = "probe"
) -> Exchange:
    """Send one attempt at a case, with what the case has before it; the last exchange."""
    customer = bench.customer(case.id)
    if case.after_control or case.after:
        async with bench.client.one_connection() as http:
            if case.after_control:
                request = build(bench.contract, [], control, customer, extra=bench.extra)
                await bench.client.send(
                    request, phase=phase, role="control", customer=customer, over=http
                )
            for first in case.after:
                bench.journal.planned(first, control)
                await send(bench, phase, "again", [first], control, guard, over=http)
            return await send(
                bench, phase, role, [case], control, guard, customer=customer, over=http
            )
    return await send(bench, phase, role, [case], control, guard, customer=customer)


def applies(bench: Bench, case: Case, control: Any) -> bool:
    """False for a wrong credential that comes out right with this key."""
    if all(name != bench.contract.credential.header for name, _ in case.headers):
        return True
    return bench.client.applies(build(bench.contract, [case], control, ""))


def accuses(bench: Bench, case: Case, exchange: Exchange) -> bool:
    """Whether an answer to a case breaks what the case is about."""
    judged = outcome(bench.contract, case.expect, exchange, control=bench.control is not None)
    return judged.result == "broken"
