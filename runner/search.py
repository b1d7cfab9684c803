"""The search of one process of a fuzz: batch after batch, until a limit of the operator's."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any

from conformance.fuzzing import fuzz
from conformance.sieve import Sieve, Traffic
from runner.alike import import_everything
from runner.planned import GENERATED
from runner.session import Session
from strategies.cases import Case, digest
from strategies.fuzzing import Material, batch, first, material

CASES = 60.0  # seconds between two notes of how many cases there were of each promise
PEERS = 32  # every so many batches Schemathesis generates a few cases too: it takes its time


class Stock:
    """What the batches of a process are made of."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.told_cases = 0.0  # when it was noted last how many cases there were

    @cached_property
    def _made_of(self) -> Material:
        import_everything()
        return material(self._session.contract, self._session.plan)

    def parts(self, number: int) -> Iterator[list[Case]]:
        """The selected cases of a batch, for one seed and one edition always the same; each part is
        made once that before it is sent."""
        session, seed = self._session, self._session.settings.seed
        phases = session.settings.phase_names
        if number == 0 and "deterministic" in phases:
            yield self._selected(first(session.plan, seed))
        yield self._selected(batch(self._made_of, seed, number, phases))
        if "schemathesis" in phases and number % PEERS == PEERS - 1:
            yield self._selected(session.peer().cases(seed + number, GENERATED["schemathesis"]))

    def _selected(self, cases: Iterable[Case]) -> list[Case]:
        return [case for case in cases if self._session.planned.wants(case)]


def search(session: Session) -> list[str]:
    """Send batches until nothing more may be sent; the requirements that were seen broken."""
    assert session.sieve is not None
    if session.settings.dask:
        from runner.cluster import search_there

        return search_there(session)
    stock = Stock(session)
    for number in session.numbers():
        if session.bench.over:
            break
        send_batch(session, stock, number)
    return list(session.sieve.found)


def send_batch(session: Session, stock: Stock, number: int) -> None:
    """Send one batch, and note how far it came, whatever ends it."""
    assert session.sieve is not None
    began, made = time.time(), list[list[Case]]()
    try:
        for cases in stock.parts(number):
            made.append(cases)
            session.run(fuzz(session.bench, session.sieve, cases))
            if session.bench.over:
                break
    finally:
        told = _told(session.sieve, number, began)
        sha256 = hashlib.sha256()  # taken now, for while a target is idle time passes
        for cases in made:
            sha256.update(digest(session.contract, cases, session.plan.control).encode())
        session.journal.tell("batch", sha256=sha256.hexdigest(), **told)
        if session.bench.over or time.time() - stock.told_cases > CASES:
            stock.told_cases = time.time()
            session.journal.tell("cases", worker=session.bench.worker, cases=session.sieve.cases)


def _told(sieve: Sieve, number: int, began: float) -> dict[str, Any]:
    """The note of a batch that ends now; what was sifted since the last is told with it."""
    sifted, sieve.sifted = sieve.sifted, Traffic()
    return {
        "number": number,
        "began": began,
        "at": time.time(),
        **sieve.progress(),
        **sifted.told(),
    }
