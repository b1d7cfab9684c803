"""Targets in this process that decide by a function, for how a run goes on beside them."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, get_args

import httpx
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from conformance.bench import Bench
from conformance.client import Client
from conformance.conduct import conduct, conduct_one_by_one
from conformance.exchanges import Exchange, Role
from conformance.journal import Journal
from conformance.target import Target, operation_url
from strategies import plan
from strategies.cases import Case
from tests.handmade import profile, refusal
from tests.support import CONTRACT, KEY

PLAN = plan.deterministic(CONTRACT)
CASES = {case.id: case for case in PLAN.cases}
SAME_CUSTOMER = {
    each.id for case in PLAN.cases if case.after_control for each in (case, *case.after)
}
FULL: Any = PLAN.control
UPPER = CASES["request.body.gender.enum/other-letter-case"]
VALID = [case for case in PLAN.cases if case.poolable and not case.either][:16]

Decides = Callable[[Any, Any], Any]
"""From the headers and the parsed body of a request to how it ends: None for a success, a status
for an error, an exception for no answer, anything else as the members of a success."""

GONE = httpx.ReadError("the connection was dropped")


def _target(decides: Decides) -> ASGIApp:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        asked = Request(scope, receive)
        raw = await asked.body()
        try:
            body: Any = json.loads(raw)
        except ValueError:
            body = None
        end = decides(asked.headers, body)
        if isinstance(end, Exception):
            raise end
        if isinstance(end, int):
            await JSONResponse(refusal(end), end)(scope, receive, send)
            return
        echo = body.get("custom_attributes") if isinstance(body, dict) else None
        data = {
            "customer_user_id": asked.headers.get("adapty-customer-user-id", ""),
            "custom_attributes": echo if isinstance(echo, list) else [],
            **(end or {}),
        }
        await JSONResponse(profile(**data))(scope, receive, send)

    return app


def at_work(
    decides: Decides, folder: Path, work: Callable[[Bench], Awaitable[Any]], **target: Any
) -> Bench:
    """What a process knows after it did some work against a target; `target` as Target's fields."""
    journal = Journal(folder / "journal.ndjson")
    told = Target(operation_url("http://target", CONTRACT), KEY, **target)
    client = Client(told, CONTRACT, journal, transport=httpx.ASGITransport(_target(decides)))
    bench = Bench(CONTRACT, PLAN, client, journal, "run", "test-")

    async def do() -> None:
        async with client.opened():
            await work(bench)

    try:
        asyncio.run(do())
    finally:
        journal.close()
    _check(bench)
    return bench


def _check(bench: Bench) -> None:
    """Check what holds of every journal: that each exchange says what it was, for known cases,
    beside an exchange that was there before it, and each for a customer of its own, unless its case
    is about a customer who was there before."""
    seen: set[str | None] = {None}
    customers: set[str] = set()
    for each in bench.journal.exchanges:
        assert each.phase in ("deterministic", "last")
        assert each.role in get_args(Role)
        assert bool(each.cases) is (each.role != "control")
        assert bench.journal.cases.keys() >= set(each.cases) or each.role == "search"
        assert each.control in seen
        assert each.customer not in customers or any(key in SAME_CUSTOMER for key in each.cases)
        customers.add(each.customer)
        seen.add(each.id)
    for case in bench.journal.cases.values():
        assert CONTRACT.requirements.keys() >= set(case.requirements)
        assert case.words


def conducted(
    decides: Decides, folder: Path, cases: Sequence[Case], *, last: bool = False, **target: Any
) -> Bench:
    """What a process knows after it conducted some cases."""

    async def work(bench: Bench) -> None:
        if last:
            await conduct_one_by_one(bench, cases, "last")
        else:
            await conduct(bench, cases)

    return at_work(decides, folder, work, **target)


def roles(bench: Bench) -> dict[str, int]:
    return dict(Counter(each.role for each in bench.journal.exchanges))


def about(bench: Bench, case: Case) -> list[Exchange]:
    """The exchanges of one case alone."""
    return [each for each in bench.journal.exchanges if each.cases == (case.id,)]


def fine(*_: Any) -> None:
    """Accepts everything."""


def strict(_: Any, body: Any) -> int | None:
    """Refuses a gender of another letter case."""
    return 400 if isinstance(body, dict) and body.get("gender") == "F" else None
