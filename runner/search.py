"""The search of one process of a fuzz: batch after batch, until a limit of the operator's."""

from __future__ import annotations

import time
from typing import Any

from conformance.fuzzing import fuzz
from conformance.judge import judge
from conformance.sieve import Sieve, Traffic
from runner.alike import import_everything
from runner.folder import recorded
from runner.planned import GENERATED
from runner.session import Session
from strategies.cases import Case, digest
from strategies.fuzzing import batch, material

PEERS = 32  # every so many batches Schemathesis generates a few cases too: it takes its time


class Stock:
    """What the batches of a process are made of."""

    def __init__(self, session: Session) -> None:
        import_everything()
        self._session = session
        self._made_of = material(session.contract, session.plan)

    def cases(self, number: int) -> list[Case]:
        """The selected cases of a batch: for one seed and one edition always the same."""
        session, seed = self._session, self._session.settings.seed
        phases = session.settings.phase_names
        found = batch(self._made_of, seed, number, phases)
        if "schemathesis" in phases and number % PEERS == PEERS - 1:
            found += session.peer().cases(seed + number, GENERATED["schemathesis"])
        return [case for case in found if session.planned.wants(case)]


def search(session: Session) -> list[str]:
    """Send batches until nothing more may be sent; the requirements that are broken by then."""
    if session.settings.dask:
        from runner.cluster import search_there

        search_there(session)
    else:
        stock = Stock(session)
        for number in session.numbers():
            if session.bench.over:
                break
            send_batch(session, stock, number)
    verdicts = judge(session.contract, recorded(session.directory), session.planned.left_out)
    return [key for key, each in verdicts.verdicts.items() if each.name == "fail"]


def send_batch(session: Session, stock: Stock, number: int) -> None:
    """Send one batch, and note how far it came, whatever ends it."""
    assert session.sieve is not None
    began, cases = time.time(), stock.cases(number)
    sha256 = digest(session.contract, cases, session.plan.control)
    try:
        session.run(fuzz(session.bench, session.sieve, cases))
    finally:
        told = _told(session.sieve, number, began)
        session.journal.note("batch", sha256=sha256, **told)


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
