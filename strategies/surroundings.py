"""Surroundings: other valid requests that near misses are put into.

Many servers check a member only beside another, for one platform, or for customers only: a near
miss that is always sent in the one full payload would not show that.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import zip_longest
from typing import Any

from spec.contract import Contract
from strategies import edits
from strategies.cases import WITH, Case, build, clash
from strategies.controls import breaks_exactly
from strategies.edits import ABSENT, Path

Company = tuple[Case, ...]
"""Valid cases that a near miss stands beside."""

_WORDS = 3  # members of an enum that something stands beside


def surrounded(
    contract: Contract, control: Any, misses: Sequence[Case], valid: Sequence[Case]
) -> Iterator[Case]:
    """`misses`, of each requirement the first as it is and the others beside cases of `valid`.

    One that no company suits stays alone. What is to be there is also left out in one more place.
    """
    by_requirement: dict[str, list[Case]] = defaultdict(list)
    for case in misses:
        by_requirement[case.requirements[0]].append(case)
    for key, found in by_requirement.items():
        companies = [(), *_companies(contract, valid, found[0].edits[0].path)]
        elsewhere = replace(found[0], id=f"{found[0].id}-elsewhere")
        if contract.requirements[key].keyword == "required":
            found.append(elsewhere)
        waiting: list[Company] = []
        for case in found:
            waiting = waiting or list(companies)
            made = ((each, _beside(contract, control, case, each)) for each in waiting)
            company, stands = next((pair for pair in made if pair[1]), ((), None))
            waiting = [each for each in waiting if each is not company]
            if case is not elsewhere or (stands and stands.beside):
                yield stands or case


def _beside(contract: Contract, control: Any, case: Case, company: Company) -> Case | None:
    """The case beside its company, None if it would be another near miss there."""
    if not company:
        return case
    there = [edit for each in company for edit in each.edits]
    payload, own = edits.apply(control, there), case.edits[0].path
    covered = there and all(edit.path[: len(own)] == own for edit in there)
    broken = edits.apply(payload, case.edits)
    if covered or not breaks_exactly(contract, broken, case.requirements[0]):
        return None
    before = [edits.get(each, own) for each in (control, payload)]
    words = case.words if before[0] == before[1] else edits.words(case.edits[0], payload)
    told = "required members only" if company[1:] else company[0].words
    return replace(case, beside=company, words=f"{words}{WITH}{told})")


def _companies(contract: Contract, valid: Sequence[Case], path: Path) -> list[Company]:
    """What a near miss at `path` may stand beside: the required members alone, and by turns another
    member of an enum, another identity, one more header."""
    pairs = zip_longest(_enum_members(valid, path), _with_headers(contract, valid))
    mixed = [case for pair in pairs for case in pair if case is not None]
    sparse = _sparse(valid)
    return [*([sparse] if sparse else []), *((case,) for case in mixed)]


def _sparse(valid: Sequence[Case]) -> Company:
    """All that may be left out, left out."""
    found: list[Case] = []
    for case in valid:
        leaves_out = len(case.edits) == 1 and case.edits[0].value is ABSENT
        if leaves_out and not any(clash(case, other) for other in found):
            found.append(case)
    return tuple(found)


def _enum_members(valid: Sequence[Case], path: Path) -> list[Case]:
    """Some members, the last first, of the largest enum beside `path`, else in another object."""
    enums: dict[Path, list[Case]] = defaultdict(list)
    for case in valid:
        if case.edits and case.requirements[0].endswith(".enum"):
            enums[case.edits[0].path].append(case)
    largest = {where[:-1]: where for where in sorted(enums, key=lambda where: len(enums[where]))}
    near = sorted(largest.values(), key=lambda where: where[:-1] != path[:-1])
    return next((enums[where][::-2][:_WORDS] for where in near if where != path), [])


def _with_headers(contract: Contract, valid: Sequence[Case]) -> list[Case]:
    """The first case for each header that the control does not have."""
    usual = {name for name, _ in build(contract, [], {}, "").headers}
    found: dict[str, Case] = {}
    for case in valid:
        for name, given in case.headers:
            if given and name not in usual:
                found.setdefault(name, case)
    return list(found.values())
