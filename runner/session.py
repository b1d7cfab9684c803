"""One run against one target, as one process sees it: preflight, batches of cases, the end."""

from __future__ import annotations

import asyncio
import secrets
import shutil
import time
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from conformance.bench import Bench, send_control
from conformance.client import BudgetSpent, Client
from conformance.conduct import conduct, conduct_one_by_one
from conformance.journal import Journal
from conformance.pacing import Pace
from conformance.resending import send_recorded
from conformance.sieve import Sieve
from conformance.target import Target, operation_url
from conformance.together import CLOCK_SPAN
from conformance.watching import watch
from reports.writing import JOURNAL
from runner.alike import import_everything
from runner.claims import CLAIMS, Claims
from runner.concluding import begin, conclude, end
from runner.ending import gated, hopeless
from runner.folder import HALT, THROTTLE, join, prepare, recorded
from runner.planned import GENERATED, planned
from runner.recorded import failures
from runner.settings import Settings
from runner.target import route
from spec.contract import Contract
from strategies import generated
from strategies.cases import Case, digest

_T = TypeVar("_T")


@dataclass(frozen=True)
class Shared:
    """What the controlling process tells its workers: enough to be part of the same run."""

    run: str
    url: str
    directory: str
    started: float
    seeded_customer: str | None
    app_seen: bool = False


class Session:
    """A process's part of a run. The controlling process also begins and ends it."""

    def __init__(
        self,
        settings: Settings,
        contract: Contract,
        shared: Shared,
        key: str,
        worker: str = "",
        more: Callable[[], int] | None = None,
        pace: Pace | None = None,
    ) -> None:
        """`more` gives out requests of a limited fuzz; without it, this process claims its own.

        `pace` is that of all who hold back together, else that of the processes of this folder.
        """
        self.settings = settings
        self.contract = contract
        self.shared = shared
        self.directory = Path(shared.directory)
        self.planned = planned(contract, settings)
        self.plan = self.planned.plan
        self.stopped: str | None = None
        self.interrupted = False
        self.finished = False
        self._generated: dict[str, list[Case]] = {}
        name = f"journal-{worker}.ndjson" if worker else JOURNAL
        self.journal = Journal(self.directory / name)
        self.claims: Claims | None = None
        self.sieve: Sieve | None = None
        if settings.fuzz:
            self.claims = Claims(self.directory, settings.requests, 1 + settings.workers)
            left_out = self.planned.left_out
            self.sieve = Sieve(contract, self.journal, shared.started, worker, left_out)
        own = 0 if settings.fuzz else _share(settings, worker)
        passed = time.time() - shared.started if worker else 0.0
        target = Target(
            url=operation_url(shared.url, contract),
            key=key,
            timeout=settings.timeout,
            concurrency=settings.concurrency,
            rate=settings.per_second / max(1, settings.workers),
            requests=own if settings.requests else None,
            seconds=settings.seconds and max(0.0, settings.seconds - passed),
            app=settings.app,
            app_seen=shared.app_seen,
            route=route(settings),
        )
        self.client = Client(
            target, contract, self.sieve or self.journal, f"{worker}-" if worker else "",
            more=more or (self.claims.requests if self.claims else None),
            pace=pace
            or Pace(target.rate, self.directory / THROTTLE, settings.workers if worker else 1),
        )  # fmt: skip
        self.bench = Bench(
            contract, self.plan, self.client, self.journal,
            shared.run + worker if settings.fuzz else shared.run, settings.customer_prefix, worker,
        )  # fmt: skip
        if not worker:
            begin(self.journal, self.planned, shared.run, shared.url, shared.started)
        if settings.fail_fast:
            self.bench.gated = gated(contract.requirements, settings, self.planned.left_out)
        if settings.fail_fast or settings.fuzz or settings.app:
            self.bench.halt = self.directory / HALT
        self._loop = asyncio.Runner()
        self._loop.get_loop()  # made now: Ctrl-C is to find none that is half made
        self._stack = AsyncExitStack()
        self._opened = False

    def run(self, work: Coroutine[Any, Any, _T]) -> _T:
        """Do asynchronous work with the client's connections open."""

        async def opened() -> _T:
            if not self._opened:
                await self._stack.enter_async_context(self.client.opened())
                self._opened = True
            return await work

        task = opened()
        try:
            return self._loop.run(task)
        finally:
            task.close()  # where Ctrl-C came before either had begun
            work.close()

    def close(self) -> None:
        """Close connections, loop and journal."""
        if self._opened:
            self._opened = False
            self._loop.run(self._stack.aclose())
        self._loop.close()
        self.journal.close()

    # The cases

    def chapter(self, name: str) -> list[Case]:
        """The selected deterministic cases of a chapter."""
        return self.planned.chapter(name)

    def generated(self, phase: str) -> list[Case]:
        """The cases of a generating phase, made once; fewer than planned when few can be drawn."""
        if phase not in self._generated:
            import_everything()
            count = GENERATED[phase]
            if phase == "schemathesis":
                made = list(self.peer().cases(self.settings.seed, count))
            else:
                made = list(generated.seeded(self.contract, self.settings.seed, count))
            self._generated[phase] = made
            self.journal.note(
                "planned", phase=phase, sha256=digest(self.contract, made, self.plan.control)
            )
        return self._generated[phase]

    def peer(self) -> Any:
        """Schemathesis' view of the contract; imported late, for it takes a second."""
        from conformance.peer import Peer

        if not hasattr(self, "_peer"):
            self._peer = Peer(self.contract)
        return self._peer

    def numbers(self) -> Iterator[int]:
        """The batches of this process: those that were asked for by number, else any."""
        assert self.claims is not None
        asked = [int(each) for each in self.settings.batch]
        shard, of = self.settings.part or (1, 1)
        while True:
            claimed = self.claims.batch()
            if not asked:
                yield claimed * of + shard - 1
            elif claimed < len(asked):
                yield asked[claimed]
            else:
                return

    def conduct(self, cases: Sequence[Case], phase: str) -> None:
        """Send cases of this process's share."""
        self.run(conduct(self.bench, cases, phase))

    # The controlling process's own part

    def preflight(self) -> None:
        """One valid request. Sets `stopped` when nothing can be proved with this target and key."""
        try:
            exchange = self.run(send_control(self.bench, "preflight", "first", self.plan.control))
        except BudgetSpent as limit:
            self.stopped = str(limit)
            return
        self.shared = replace(self.shared, app_seen=self.client.app_seen)
        self.stopped = hopeless(exchange, self.shared.url, self.settings)
        if exchange.accepted:
            self.bench.control = self.plan.control
            self.bench.control_exchange = exchange
            watch(self.bench)
        if self.settings.fuzz and not self.stopped:
            self.run(send_recorded(self.bench, failures(self.directory, self.shared.url)))

    def last(self) -> None:
        """What may kill the target, one by one; then an answer late enough for a frozen clock."""
        if self.stopped or self.interrupted or self.settings.fuzz:
            return
        for phase in self.settings.phase_names:
            if phase in GENERATED and not self.planned.numbers(phase):
                self.generated(phase)  # for its digest, which is the same in every shard
        self.run(conduct_one_by_one(self.bench, self.chapter("last"), "last"))
        at_the_end = self.chapter("end")
        told = self.planned.ends and "timestamp.response_time" not in self.planned.left_out
        if told and not self.bench.over:
            taken = (each.sent for each in self.journal.exchanges if each.accepted)
            missing = CLOCK_SPAN + 0.2 - (time.time() - next(taken, self.shared.started))
            time.sleep(max(0.0, missing))
            at_the_end = [_CLOCK_CASE, *at_the_end]
        self.run(conduct_one_by_one(self.bench, at_the_end, "last"))

    def halt(self, why: str) -> None:
        """Let every process of a fuzz send nothing more."""
        if self.bench.halt is not None:
            self.bench.halt.write_text(why, "ascii")

    def finish(self) -> dict[str, Any]:
        """Join the journals, judge everything, write the reports; the content of results.json."""
        self.finished = True
        end(self.journal, time.time() - self.shared.started, self.stopped, self.interrupted)
        self.close()
        for name in (HALT, THROTTLE):
            (self.directory / name).unlink(missing_ok=True)
        shutil.rmtree(self.directory / CLAIMS, ignore_errors=True)
        join(self.directory)
        record = recorded(self.directory, self.journal.by_id)
        return conclude(self.directory, self.contract, self.planned, record)


_CLOCK_CASE = Case(
    "timestamp.response_time/at-the-end", (), "accept", "last", "the control, at the end"
)


def _share(settings: Settings, worker: str) -> int:
    """How many of the requests that may be sent are this process's: no sum exceeds the limit."""
    own = max(1, settings.requests // (settings.workers + 1))
    return (settings.requests - own) // settings.workers if worker else own


def new(settings: Settings, url: str) -> Shared:
    """A new run with its report directory made ready."""
    directory = prepare(Path(settings.report_dir))
    return Shared(secrets.token_hex(2), url, str(directory), time.time(), settings.seeded_customer)
