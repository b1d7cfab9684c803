"""One run against one target, as one process sees it: preflight, batches of cases, the end."""

from __future__ import annotations

import asyncio
import datetime
import hashlib
import secrets
import time
from collections.abc import Coroutine, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from conformance.bench import Bench, send_control
from conformance.client import BudgetSpent, Client, Target, operation_url
from conformance.conduct import conduct, conduct_one_by_one
from conformance.journal import Journal, Record
from conformance.judge import judge
from conformance.together import CLOCK_SPAN
from conformance.verdicts import Verdict
from conformance.watching import watch
from reports import results
from reports.assemble import Facts, assemble
from runner import known
from runner.alike import import_everything
from runner.ending import exit_code, gated, hopeless, is_unshown, version, why_over
from runner.folder import JOURNAL, joined, prepare
from runner.settings import PREFIX, SKIPPED, Settings, selected
from spec.contract import Contract
from strategies import generated, plan
from strategies.cases import Case, alone, digest

GENERATED = {"schemathesis": 4, "hypothesis": 4}  # cases of each generating phase

HALT = ".halt"  # in the report folder while a run goes on that --fail-fast ends

_T = TypeVar("_T")


@dataclass(frozen=True)
class Shared:
    """What the controlling process tells its workers: enough to be part of the same run."""

    run: str
    url: str
    directory: str
    started: float
    seeded_customer: str | None


class Session:
    """A process's part of a run. The controlling process also begins and ends it."""

    def __init__(
        self, settings: Settings, contract: Contract, shared: Shared, key: str, worker: str = ""
    ) -> None:
        self.settings = settings
        self.contract = contract
        self.shared = shared
        self.directory = Path(shared.directory)
        self.left_out = selected(contract.requirements, settings)
        self._observing = any(
            "observe" in each.sides and key not in self.left_out
            for key, each in contract.requirements.items()
        )
        prefixed = settings.customer_prefix != PREFIX  # whoever chose one wants it everywhere
        self.plan = plan.deterministic(contract, settings.seeded_customer, prefixed=prefixed)
        self.stopped: str | None = None
        self.interrupted = False
        self.finished = False
        self._generated: dict[str, list[Case]] = {}
        name = f"journal-{worker}.ndjson" if worker else JOURNAL
        self.journal = Journal(self.directory / name)
        target = Target(
            url=operation_url(shared.url, contract),
            key=key,
            timeout=settings.timeout,
            concurrency=settings.concurrency,
            rate=settings.per_second / max(1, settings.workers),
            requests=_share(settings, worker) if settings.requests else None,
            seconds=settings.seconds,
        )
        self.client = Client(target, contract, self.journal, f"{worker}-" if worker else "")
        self.bench = Bench(
            contract, self.plan, self.client, self.journal, shared.run, settings.customer_prefix,
            worker,
        )  # fmt: skip
        if settings.fail_fast:
            self.bench.gated = gated(contract.requirements, settings, self.left_out)
            self.bench.halt = self.directory / HALT
        self._loop = asyncio.Runner()
        self._stack = AsyncExitStack()
        self._opened = False

    def run(self, work: Coroutine[Any, Any, _T]) -> _T:
        """Do asynchronous work with the client's connections open."""

        async def opened() -> _T:
            if not self._opened:
                await self._stack.enter_async_context(self.client.opened())
                self._opened = True
            return await work

        return self._loop.run(opened())

    def close(self) -> None:
        """Close connections, loop and journal."""
        if self._opened:
            self._opened = False
            self._loop.run(self._stack.aclose())
        self._loop.close()
        self.journal.close()

    # The cases

    def wants(self, case: Case) -> bool:
        """Whether a case tests a selected promise: one that it probes, or any that answers show."""
        if not case.requirements:
            return self._observing or not self.settings.only
        if any(map(self._skips, case.after)):
            return False
        selected = None in [self.left_out.get(key) for key in case.requirements]
        return selected or (self._observing and not self._skips(case))

    def _skips(self, case: Case) -> bool:
        """Whether a case tests nothing but what is not even to be sent."""
        return {self.left_out.get(key) for key in case.requirements} == {SKIPPED}

    def chapter(self, name: str) -> list[Case]:
        """The selected deterministic cases of a chapter."""
        if "deterministic" not in self.settings.phase_names:
            return []
        return [
            alone(case, self.plan.control) if any(map(self._skips, case.beside)) else case
            for case in self.plan.of(name)
            if self.wants(case)
        ]

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
        self.stopped = hopeless(exchange, self.shared.url, self.settings.api_key_env)
        if exchange.accepted:
            self.bench.control = self.plan.control
            self.bench.control_exchange = exchange
            watch(self.bench)

    def last(self) -> None:
        """What may kill the target, one by one; then an answer late enough for a frozen clock."""
        if self.stopped or self.interrupted:
            return
        self.run(conduct_one_by_one(self.bench, self.chapter("last"), "last"))
        at_the_end = self.chapter("end")
        if "timestamp.response_time" not in self.left_out and not self.bench.over:
            missing = CLOCK_SPAN + 0.2 - (time.time() - self.shared.started)
            time.sleep(max(0.0, missing))
            at_the_end = [_CLOCK_CASE, *at_the_end]
        self.run(conduct_one_by_one(self.bench, at_the_end, "last"))

    def finish(self) -> dict[str, Any]:
        """Join the journals, judge everything, write the reports; the content of results.json."""
        self.finished = True
        self.close()
        record = joined(self.directory)
        (self.directory / HALT).unlink(missing_ok=True)
        left_out = self.left_out
        if self.stopped:  # at the preflight: whatever was answered is no verdict
            left_out = dict.fromkeys(self.contract.requirements, "nothing was tested")
        judgement = judge(self.contract, record, left_out)
        if not self.interrupted and why_over(record) is None:
            judgement = replace(judgement, verdicts=self._selected(judgement.verdicts, record))
        covering: Mapping[str, known.Deviation] = {}
        if self.settings.known:
            deviations = known.read(Path(self.settings.known), list(self.contract.requirements))
            verdicts, covering = known.excuse(judgement.verdicts, deviations, datetime.date.today())
            judgement = replace(judgement, verdicts=verdicts)
        content = assemble(self.contract, record, judgement, self._facts(record, covering))
        content["run"]["exit_code"] = exit_code(content, self.interrupted)
        results.validate(content)
        results.write(content, self.directory)
        return content

    def _selected(self, verdicts: Mapping[str, Verdict], record: Record) -> dict[str, Verdict]:
        """The verdicts, where a promise is not inconclusive only because some of its cases were not
        to be sent: those of a phase or a test that was not selected."""
        unsent = {
            key
            for case in self.plan.cases
            for key in case.requirements
            if case.id not in record.cases
        }
        return {
            key: replace(each, name="untested", reason="deselected: not all its cases")
            if key in unsent and each.name == "inconclusive" and is_unshown(each)
            else each
            for key, each in verdicts.items()
        }

    def _facts(self, record: Record, covering: Mapping[str, known.Deviation]) -> Facts:
        started = datetime.datetime.fromtimestamp(self.shared.started, datetime.UTC)
        return Facts(
            version=version(),
            url=self.shared.url,
            run={
                "id": self.shared.run,
                "seed": self.settings.seed,
                "started": started.isoformat(timespec="seconds"),
                "seconds": round(time.time() - self.shared.started, 2),
                "cases_sha256": self._cases_digest(record),
                "gate": self.settings.gate,
                "exit_code": 0,
                "stopped": self.stopped or why_over(record),
            },
            complete=self._complete(record),
            known={
                key: {"reason": each.reason, "until": each.until and each.until.isoformat()}
                for key, each in covering.items()
            },
        )

    def _cases_digest(self, record: Record) -> str:
        cases = [c for c in self.plan.cases if self.wants(c)]
        parts = [digest(self.contract, cases, self.plan.control)]
        planned = {note["phase"]: note["sha256"] for note in record.notes.get("planned", [])}
        parts += [planned[phase] for phase in sorted(planned)]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    def _complete(self, record: Record) -> bool:
        """Whether every case that the contract calls for was sent, and every phase ran."""
        sent = {case for exchange in record.exchanges for case in exchange.cases}
        unfit = {note["case"] for note in record.notes.get("unfit", [])}
        planned = {case.id for case in self.plan.cases} - unfit
        phases = {exchange.phase for exchange in record.exchanges}
        return (
            not (self.stopped or self.interrupted or self.left_out)
            and not record.notes.get("spent")
            and planned <= sent
            and set(GENERATED) <= phases
        )


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
