"""The deterministic phase, judging included, beside bare loops that send the same bytes."""

from __future__ import annotations

import gc
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any

from benchmarks.power.processes import KEY
from benchmarks.speed import bare
from benchmarks.speed.programs import Way, lean, mock
from benchmarks.speed.seen import Headers, of_journal
from conformance.journal import Record
from conformance.judge import judge
from conformance.target import operation_url
from runner.session import Session, new
from runner.settings import Settings
from spec.contract import Contract
from spec.loader import load

CONCURRENCY = Settings().concurrency
_ONE_BY_ONE = ("last", "end")  # chapters whose cases wait for each other, on purpose


def measure(way: Way, say: Callable[[str], None]) -> dict[str, Any]:
    """Rounds against the mock and against the lean server; requests a second of each sender."""
    contract = load()
    servers: dict[str, AbstractContextManager[str]] = {
        "mock": mock(way.folder),
        "lean": lean(way.folder),
    }
    found: dict[str, Any] = {"concurrency": CONCURRENCY}
    for name, server in servers.items():
        with server as url:
            found[name] = _rounds(url, contract, way.rounds * 3)
        say(f"{name}: {found[name]['requests']} requests in {len(found[name]['rounds'])} rounds")
    return found


def _rounds(base: str, contract: Contract, count: int) -> dict[str, Any]:
    """Each sender once a round, another one first each time; a first round is not counted."""
    url = operation_url(base, contract)
    suite = Suite(base, contract)
    suite.seconds()
    senders: dict[str, Callable[[], float]] = {
        "suite": suite.seconds,
        "tasks": lambda: bare.with_tasks(url, suite.requests, CONCURRENCY),
        "threads": lambda: bare.with_threads(url, suite.requests, CONCURRENCY),
    }
    names = list(senders)
    for each in names[1:]:
        senders[each]()

    def rested(name: str) -> float:
        _settle()
        return senders[name]()

    rounds = []
    for number in range(count):
        first = number % len(names)
        taken = {n: len(suite.requests) / rested(n) for n in names[first:] + names[:first]}
        rounds.append({name: taken[name] for name in names})
    return {"requests": len(suite.requests), "rounds": rounds}


def _settle() -> None:
    """Keep the garbage collector from what was there before, as the start of a run does."""
    gc.collect()
    gc.freeze()


class Suite:
    """The suite in this process; `requests` are those of its last run."""

    def __init__(self, base: str, contract: Contract) -> None:
        self._base, self._contract = base, contract
        self.requests: Sequence[tuple[Headers, bytes]] = ()

    def seconds(self) -> float:
        """From before the first request to the verdicts."""
        with tempfile.TemporaryDirectory() as folder:
            settings = Settings(target=self._base, report_dir=folder, phases="deterministic")
            session = Session(settings, self._contract, new(settings, self._base), KEY)
            chapters = dict.fromkeys(case.chapter for case in session.plan.cases)
            planned = [session.chapter(name) for name in chapters if name not in _ONE_BY_ONE]
            _settle()
            start = time.perf_counter()
            session.preflight()
            for cases in planned:
                session.conduct(cases, "deterministic")
            journal = session.journal
            exchanges = tuple(journal.exchanges)
            verdicts = judge(self._contract, Record(journal.cases, exchanges, journal.notes))
            took = time.perf_counter() - start
            session.close()
        broken = [key for key, each in verdicts.verdicts.items() if each.name == "fail"]
        if broken:
            raise AssertionError(f"the server at {self._base} breaks {', '.join(broken)}")
        self.requests = of_journal(exchanges, KEY)
        return took
