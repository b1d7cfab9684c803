"""What a run sends, case by case, as it was last reviewed.

`tests/plan.tsv` is made from the contract, never written by hand: `python -m tests.test_plan` makes
it again. A change of it in a diff shows what a change of the strategies, or of the vendor's
document, does to what targets are sent.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from reports.text import one_line
from strategies.cases import Case, build
from strategies.plan import Plan, deterministic
from tests.support import CONTRACT

REVIEWED = Path(__file__).with_name("plan.tsv")
TITLES = ("case", "chapter", "expected", "promises", "sent", "how", "in words")


def planned() -> str:
    """The plan as a table: a line for each case, its request as the start of a digest."""
    plan = deterministic(CONTRACT, "jane")
    lines = [TITLES, *(row for case in plan.cases for row in _rows(case, plan))]
    return "".join("\t".join(line) + "\n" for line in lines)


def _rows(case: Case, plan: Plan) -> Iterator[tuple[str, ...]]:
    request = build(CONTRACT, [case], plan.control, "customer", "profile", "first")
    sent = hashlib.sha256(repr((request.headers, request.body)).encode("utf-8", "surrogatepass"))
    yield (
        case.id, case.chapter, case.expect, " ".join(case.requirements) or "-",
        sent.hexdigest()[:12], ", ".join(_how(case)) or "-", one_line(case.words, 200),
    )  # fmt: skip


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


def test_what_is_sent_is_what_was_reviewed() -> None:
    before, now = REVIEWED.read_text("utf-8").splitlines(), planned().splitlines()
    gone = [f"- {line}" for line in before if line not in set(now)]
    new = [f"+ {line}" for line in now if line not in set(before)]
    assert not gone + new, "\n".join(
        ["read this and run `python -m tests.test_plan`:", *gone[:40], *new[:40]]
    )
    assert before == now


if __name__ == "__main__":
    REVIEWED.write_text(planned(), "utf-8")
