"""Sending again what was recorded: the same bytes, for a customer of whom nothing was said yet."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace

from conformance.bench import Bench
from conformance.client import BudgetSpent, Client, WrongApp
from conformance.exchanges import CaseRecord, Exchange
from conformance.observe import symptoms
from conformance.outcome import outcome
from strategies.cases import Request


@dataclass(frozen=True)
class Recorded:
    """A case as it was sent once, and the control that was accepted beside it, if there was one."""

    case: CaseRecord
    control: Exchange | None
    exchange: Exchange


async def again(
    client: Client, exchange: Exchange, phase: str, control: str | None = None
) -> Exchange:
    """The same bytes, for a fresh customer in place of the recorded one."""
    fresh = f"{exchange.customer}-{secrets.token_hex(2)}"
    headers = tuple(
        (name, value.replace(exchange.customer, fresh) if exchange.customer else value)
        for name, value in exchange.request.headers
    )
    return await client.send(
        Request(headers, exchange.request.body), phase=phase, role=exchange.role,
        cases=exchange.cases, control=control, customer=fresh,
    )  # fmt: skip


async def send_recorded(bench: Bench, recorded: Sequence[Recorded]) -> None:
    """Send recorded cases one by one, each after its control, until a limit is reached."""
    for each in recorded:
        if bench.over:
            return
        bench.journal.case(each.case)
        try:
            shown = await again(bench.client, each.control, "recorded") if each.control else None
            for role in ("probe", "again"):
                sent = replace(each.exchange, role=role)
                answer = await again(bench.client, sent, "recorded", shown.id if shown else None)
                if not _fails(bench, each.case, answer):
                    break
        except BudgetSpent as limit:
            bench.stop(str(limit), everywhere=isinstance(limit, WrongApp))


def _fails(bench: Bench, case: CaseRecord, answer: Exchange) -> bool:
    """Whether an answer calls for another try: it accuses the target, or there is none."""
    judged = outcome(bench.contract, case.expect, answer, control=True)
    shown = symptoms(bench.contract, case.expect, answer)
    return judged.result == "broken" or bool(shown) or answer.status is None
