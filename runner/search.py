"""The search of one process of a fuzz: batch after batch, until a limit of the operator's."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from conformance.fuzzing import fuzz
from conformance.journal import Record
from conformance.judge import judge
from conformance.sieve import Sieve, Traffic
from runner.alike import import_everything
from runner.planned import GENERATED
from strategies.cases import Case
from strategies.fuzzing import Material, batch, material

if TYPE_CHECKING:
    from runner.session import Session

PEERS = 32  # every so many batches Schemathesis generates a few cases too: it takes its time


def search(session: Session) -> list[str]:
    """Send batches until nothing more may be sent; the requirements seen broken by this process."""
    assert session.sieve is not None
    import_everything()
    made_of = material(session.contract, session.plan)
    for number in _numbers(session):
        if session.bench.over:
            break
        began = time.time()
        try:
            session.run(fuzz(session.bench, session.sieve, _cases(session, made_of, number)))
        finally:
            session.journal.note("batch", **told(session.sieve, number, began))
    return _broken(session)


def told(sieve: Sieve, number: int, began: float) -> dict[str, Any]:
    """The note of a batch that ends now; what was sifted since the last is told with it."""
    sifted, sieve.sifted = sieve.sifted, Traffic()
    return {
        "number": number,
        "began": began,
        "at": time.time(),
        **sieve.progress(),
        **sifted.told(),
    }


def _numbers(session: Session) -> Iterator[int]:
    """The batches of this process: those that are asked for by number, else one after another."""
    assert session.claims is not None
    asked = [int(each) for each in session.settings.batch]
    while True:
        claimed = session.claims.batch()
        if not asked:
            yield claimed
        elif claimed < len(asked):
            yield asked[claimed]
        else:
            return


def _cases(session: Session, made_of: Material, number: int) -> list[Case]:
    phases = session.settings.phase_names
    found = batch(made_of, session.settings.seed, number, phases)
    if "schemathesis" in phases and number % PEERS == PEERS - 1:
        found += session.peer().cases(session.settings.seed + number, GENERATED["schemathesis"])
    return [case for case in found if session.planned.wants(case)]


def _broken(session: Session) -> list[str]:
    journal = session.journal
    record = Record(journal.cases, tuple(journal.exchanges), journal.notes)
    verdicts = judge(session.contract, record, session.planned.left_out).verdicts
    return [key for key, each in verdicts.items() if each.name == "fail"]
