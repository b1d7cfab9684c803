"""`replay`: send the recorded requests of a case again, and judge the answers."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from rich.console import Console
from rich.text import Text

from conformance.client import Client, WrongApp
from conformance.exchanges import Exchange
from conformance.journal import Journal, Record, read
from conformance.judge import judge, judge_case
from conformance.resending import again
from conformance.target import Target, operation_url
from conformance.verdicts import Failure
from reports.text import one_line
from reports.writing import JOURNAL
from runner.concluding import noted, told
from runner.settings import Settings, UsageError, api_key, checked, nearest
from runner.target import check, route
from spec.contract import Contract
from spec.document import SpecError
from spec.loader import load

PHASE = "replay"


def replay(
    case: str, source: Path, spec: str | None, settle: Callable[[Settings], Settings]
) -> int:
    """Send `case` as it was recorded under `source`, its control first.

    `settle` makes settings of those that the run had; their target is the place to send to, and
    the document is the one that the run was given, or `spec`. Returns 0 when the target keeps the
    promise now, 1 when it breaks it, 3 when nobody can say.
    """
    if not (source / JOURNAL).is_file():
        raise UsageError(f"--from {source} holds no {JOURNAL}; name the folder of a report")
    record = read([source / JOURNAL])
    sent = [e for e in record.exchanges if case in e.cases and e.role in ("probe", "pool")]
    if case not in record.cases or not sent:
        raise UsageError(f"no case {case} was recorded{nearest(case, record.cases)}")
    run = told(record, source)
    settings = checked(settle(noted(run)))
    if settings.target is None:
        raise UsageError(
            f"{case} was recorded of the embedded mock, which has ended; say where to send it with "
            "--target"
        )
    given = spec or run["settings"]["spec"]
    try:
        contract = load(Path(given) if given else None)
    except SpecError as error:
        raise UsageError(f"{error}; name it with --spec") from error
    first = sent[-1]
    control = next((e for e in record.exchanges if e.id == first.control), None)
    url = operation_url(settings.target, contract)
    check(settings, contract, url, limited=True)
    with tempfile.TemporaryDirectory() as folder:
        journal = Journal(Path(folder) / JOURNAL)
        target = Target(
            url, api_key(settings), settings.timeout, app=settings.app, route=route(settings)
        )
        client = Client(target, contract, journal, "again-")
        journal.case(record.cases[case])
        try:
            asyncio.run(_send(client, control, first))
        except WrongApp as error:
            print(f"adapty-conformance: {error}", file=sys.stderr)
            return 3
        finally:
            journal.close()
        again = journal.about(case)
    return _tell(contract, case, again)


async def _send(client: Client, control: Exchange | None, probe: Exchange) -> None:
    async with client.opened():
        shown = await again(client, control, PHASE) if control else None
        await again(client, probe, PHASE, shown.id if shown else None)


def _tell(contract: Contract, case: str, record: Record) -> int:
    console = Console(highlight=False, soft_wrap=True)
    exchange = record.exchanges[-1]
    answer = exchange.trouble if exchange.response is None else str(exchange.response.status)
    words = record.cases[case].words
    console.print(Text(f"{case}\n{one_line(words)}  →  {answer}"))
    failures, reason = judge_case(contract, record, case)
    alone = Record(record.cases, (replace(exchange, role="probe", cases=(case,)),), {})
    found: list[Failure] = list(failures)
    for verdict in judge(contract, alone).verdicts.values():
        found += [
            f for f in verdict.failures if f.requirement not in {g.requirement for g in found}
        ]
    for failure in found:
        told = f"breaks {failure.requirement}: {failure.message}"
        console.print(Text(one_line(told), style="bold"))
    if found:
        return 1
    console.print(Text(f"nothing can be said: {reason}" if reason else "keeps the promise"))
    return 3 if reason else 0
