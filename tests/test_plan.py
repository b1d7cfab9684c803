"""What a run sends, case by case, as it was last reviewed.

`tests/plans/` is made from the contract, never written by hand: `python -m tests.test_plan` makes
it again. A change of it in a diff shows what a change of the strategies, or of the vendor's
document, does to what targets are sent. Of editions that are still to come only those cases are
there that differ from today's.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from reports.text import one_line
from spec.contract import Contract
from spec.loader import load
from strategies.cases import Case, build
from strategies.plan import Plan, deterministic
from tests.editions import EDITIONS, written
from tests.support import CONTRACT

PLANS = Path(__file__).with_name("plans")
TODAY = "today"
TITLES = ("case", "chapter", "expected", "promises", "how", "in words", "sent")


@cache
def planned(edition: str) -> tuple[str, ...]:
    """The plan of an edition as a table: a line for each case, today its request as a digest."""
    if edition == TODAY:
        return "\t".join(TITLES), *(f"{line}\t{sent}" for line, sent in _lines(CONTRACT))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "edition.yaml"
        path.write_text(written(EDITIONS[edition]), "utf-8")
        lines = _lines(load(path))
    known = {line for line, _ in _lines(CONTRACT)}
    return "\t".join(TITLES[:-1]), *(line for line, _ in lines if line not in known)


def _lines(contract: Contract) -> list[tuple[str, str]]:
    plan = deterministic(contract, "jane")
    return [(_line(case), _sent(case, contract, plan)) for case in plan.cases]


def _line(case: Case) -> str:
    probes, how = " ".join(case.requirements), ", ".join(_how(case))
    told = (case.id, case.chapter, case.expect, probes, how, one_line(case.words, 200))
    return "\t".join(text or "-" for text in told)


def _sent(case: Case, contract: Contract, plan: Plan) -> str:
    request = build(contract, [case], plan.control, "customer", "profile", "first")
    told = repr((request.headers, request.body))
    return hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()[:12]


def _how(case: Case) -> Iterator[str]:
    if case.choice is not None:
        yield f"choice {case.choice}"
    if case.either is not None:
        yield f"either {case.either}"
    if case.together > 1:
        yield f"{case.together} together"
    if case.after_control:
        yield "after the control"
    for each in case.after:
        yield f"after {each.id}"
    if len(case.beside) > 3:
        yield f"beside {len(case.beside)} others"
    else:
        yield from (f"beside {each.id}" for each in case.beside)
    if case.pause:
        yield f"pause {case.pause}"
    if case.among is not None:
        path, room = case.among
        yield f"{room} in {'/'.join(map(str, path)) or 'the body'}"


@pytest.mark.parametrize("edition", [TODAY, *EDITIONS])
def test_what_is_sent_is_what_was_reviewed(edition: str) -> None:
    before, now = _reviewed(edition).read_text("utf-8").splitlines(), planned(edition)
    gone = [f"- {line}" for line in before if line not in set(now)]
    new = [f"+ {line}" for line in now if line not in set(before)]
    assert not gone + new, "\n".join(
        ["read this and run `python -m tests.test_plan`:", *gone[:40], *new[:40]]
    )
    assert before == list(now)


def _reviewed(edition: str) -> Path:
    return PLANS / f"{edition}.tsv"


if __name__ == "__main__":
    PLANS.mkdir(exist_ok=True)
    for name in (TODAY, *EDITIONS):
        _reviewed(name).write_text("\n".join(planned(name)) + "\n", "utf-8")
