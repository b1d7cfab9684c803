"""Fuzzes of the embedded mock, in this process and by the command line."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from starlette.types import ASGIApp

from conformance.bench import Bench
from conformance.client import Client
from conformance.conduct import at_once
from conformance.control import find_control
from conformance.fuzzing import fuzz
from conformance.journal import Journal, read
from conformance.judge import judge
from conformance.sieve import Sieve
from conformance.target import Target, operation_url
from mock_server.app import create_app
from strategies.fuzzing import batch, material
from tests.inprocess import PLAN
from tests.support import CONTRACT, KEY

MATERIAL = material(CONTRACT, PLAN)


@dataclass(frozen=True)
class Fuzz:
    """What a fuzz came to: what the judge finds in what it kept. What another promise explains is
    failing, but no finding."""

    bench: Bench
    sieve: Sieve
    failing: set[str]
    findings: set[str]
    passing: set[str]


def fuzzed(
    folder: Path, app: ASGIApp | None = None, *, broken: str | None = None, batches: int = 1,
    seed: int = 0, **target: Any,
) -> Fuzz:  # fmt: skip
    """Send batches to `app`, or to the mock with one promise broken, and judge what was kept."""
    journal = Journal(folder / "journal.ndjson")
    sieve = Sieve(CONTRACT, journal, time.time())
    asked: Any = app or create_app(CONTRACT, key=KEY, broken=broken)
    told = Target(operation_url("http://target", CONTRACT), KEY, **target)
    client = Client(told, CONTRACT, sieve, transport=httpx.ASGITransport(asked))
    bench = Bench(CONTRACT, PLAN, client, journal, "run", "test-")

    async def work() -> None:
        async with client.opened():
            await at_once(bench, [find_control(bench, "fuzz")])
            for number in range(batches):
                await fuzz(bench, sieve, batch(MATERIAL, seed, number))

    asyncio.run(work())
    journal.close()
    verdicts = judge(CONTRACT, read([journal.path])).verdicts
    return Fuzz(
        bench, sieve,
        {key for key, each in verdicts.items() if each.name == "fail"},
        {key for key, each in verdicts.items() if any(f.cause is None for f in each.failures)},
        {key for key, each in verdicts.items() if each.name == "pass"},
    )  # fmt: skip
