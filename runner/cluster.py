"""A fuzz on the workers of a Dask cluster: a task is a batch, and its result what to journal.

The cluster has this program installed and the API key in the environment of its workers: the key is
in no task. Dask sends the batch of a worker that it lost to another.
"""

from __future__ import annotations

import importlib
import os
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from conformance.client import LIMIT
from conformance.pacing import Pace
from runner.ending import version
from runner.folder import THROTTLE
from runner.search import Stock, send_batch
from runner.session import Session, Shared
from runner.settings import Settings, UsageError, api_key
from spec.contract import Contract

BLOCK = 2000  # requests that a batch may take, shrinking included
CONNECT = 10.0  # seconds
EXTRA = "pip install 'adapty-conformance[dask]'"


@dataclass(frozen=True)
class Task:
    """One batch as a worker is told of it. `rate`, `requests` and `seconds` are its share."""

    version: str
    contract: Contract
    settings: Settings
    shared: Shared
    number: int
    rate: float
    requests: int
    seconds: float | None


@dataclass(frozen=True)
class Done:
    """What a batch came to: the lines of its journal, who sent how many requests for it, what is
    broken by then, and why nothing more is to be sent, if not for a limit."""

    worker: str
    lines: str
    sent: int
    found: tuple[str, ...]
    ended: str | None


def check(address: str, settings: Settings) -> None:
    """Raise UsageError unless the cluster at `address` can fuzz: it answers, and every worker has
    this version of the program and the key."""
    with _connected(address) as client:
        told = client.run(_able, settings.api_key_env)
        if not told:
            raise UsageError(f"the Dask cluster at {address} has no workers; start some")
        for worker, (theirs, has_key) in told.items():
            if theirs != version():
                raise UsageError(
                    f"the Dask worker {worker} has version {theirs}, this is {version()}; "
                    "install the same on both"
                )
            if not has_key:
                raise UsageError(
                    f"the Dask worker {worker} has no API key: set {settings.api_key_env} in its "
                    "environment"
                )


def search_there(session: Session) -> list[str]:
    """Keep every worker of the cluster busy with a batch, until a limit of the operator's, or until
    one of them cannot go on; the requirements that were seen broken."""
    found: dict[str, None] = {}
    assert session.settings.dask is not None
    with _connected(session.settings.dask) as client:
        running = _distributed().as_completed(loop=client.loop)
        shares: dict[str, int] = {}
        sent = session.client.sent
        tasks = _tasks(session, lambda: sent + sum(shares.values()), client)

        def fill() -> None:
            while len(shares) < _threads(client) and (task := next(tasks, None)):
                name = f"fuzz-{task.shared.run}-batch-{task.number}"
                shares[name] = task.requests
                running.add(client.submit(batch_there, task, key=name, pure=False))

        fill()
        try:
            for future in running:
                try:
                    done = future.result()
                except (UsageError, _distributed().KilledWorker) as error:
                    session.bench.spent = f"the Dask cluster cannot go on: {error}"
                    session.journal.note("spent", why=session.bench.spent)
                    break
                sent += done.sent
                found |= dict.fromkeys(done.found)
                del shares[future.key]
                _keep(session.directory, done)
                session.bench.spent = session.bench.spent or done.ended
                fill()
        finally:
            client.cancel(list(running.futures), force=True)
    return list(found)


def _tasks(session: Session, promised: Callable[[], int], client: Any) -> Iterator[Task]:
    """Tasks for as long as the operator's limits leave any; `promised` requests are spoken for."""
    settings, shared = session.settings, session.shared
    for number in session.numbers():
        left = settings.requests - promised()
        seconds = settings.seconds and shared.started + settings.seconds - time.time()
        over = session.bench.over or (seconds is not None and seconds <= 0)
        if over or (settings.requests and left <= 0):
            return
        workers = max(1, _threads(client))
        share = min(BLOCK, max(1, left // workers)) if settings.requests else 0
        yield Task(
            version(), session.contract, settings, shared, number, settings.per_second / workers,
            share, seconds,
        )  # fmt: skip


def batch_there(task: Task) -> Done:
    """Runs on a worker: send one batch; what it found out stays with the worker for the next."""
    if task.version != version():
        raise UsageError(f"a Dask worker has version {version()}, not {task.version}")
    ours = _mine(task)
    ours.renew(task)
    before = ours.session.client.sent
    send_batch(ours.session, ours.stock, task.number)
    bench = ours.session.bench
    limit = bench.spent is not None and bench.spent.startswith(LIMIT)
    ended = "the target is gone" if bench.dead else None if limit else bench.spent
    found = tuple(ours.session.sieve.found if ours.session.sieve else ())
    return Done(bench.worker, ours.fresh(), ours.session.client.sent - before, found, ended)


class _Ours:
    """What a thread of a worker keeps of a fuzz from batch to batch."""

    def __init__(self, task: Task) -> None:
        self.run = task.shared.run
        self._folder = tempfile.TemporaryDirectory()
        self._allowance = 0
        self._read = 0
        shared = replace(task.shared, directory=self._folder.name)
        name = f"{threading.get_ident() % 10**6}x{time.time_ns() % 10**9}"
        key = api_key(task.settings)
        self.session = Session(
            task.settings, task.contract, shared, key, name, more=self._more,
            pace=pace(task.shared.run),
        )  # fmt: skip
        self.stock = Stock(self.session)

    def renew(self, task: Task) -> None:
        """Give it the share of the next batch."""
        self._allowance = task.requests
        self.session.bench.spent = None
        self.session.client.renew(task.rate, task.seconds)

    def fresh(self) -> str:
        """What was journalled since the last time."""
        with self.session.journal.path.open(encoding="ascii") as file:
            file.seek(self._read)
            text = file.read()
        self._read += len(text)
        return text

    def _more(self) -> int:
        given, self._allowance = self._allowance, 0
        return given


def pace(run: str) -> Pace:
    """How fast one of this worker's threads sends for a fuzz: they hold back together."""
    worker = _distributed().get_worker()
    file = Path(worker.local_directory) / f"{THROTTLE}-{run}"
    return Pace(0.0, file, worker.state.nthreads)


_LOCAL = threading.local()


def _mine(task: Task) -> _Ours:
    ours: _Ours | None = getattr(_LOCAL, "ours", None)
    if ours is None or ours.run != task.shared.run:
        if ours is not None:
            ours.session.close()
        ours = _LOCAL.ours = _Ours(task)
    return ours


def _able(variable: str) -> tuple[str, bool]:
    return version(), bool(os.environ.get(variable))


def _keep(directory: Path, done: Done) -> None:
    with (directory / f"journal-{done.worker}.ndjson").open("a", encoding="ascii") as file:
        file.write(done.lines)


def _threads(client: Any) -> int:
    return sum(client.nthreads().values())


def _distributed() -> Any:
    """The package, which is an extra."""
    try:
        return importlib.import_module("distributed")
    except ImportError as error:
        raise UsageError(f"--dask needs the package distributed: {EXTRA}") from error


@contextmanager
def _connected(address: str) -> Iterator[Any]:
    try:
        client = _distributed().Client(address, timeout=CONNECT, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        raise UsageError(f"no Dask scheduler answers at {address}; is it running there?") from error
    try:
        yield client
    finally:
        client.close(timeout=CONNECT)
