"""Splitting the planned cases among runs that know nothing of each other, such as jobs of a CI."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from heapq import heapify, heapreplace

from strategies.cases import FIRST_CUSTOMER, IN_A_POOL, ONE, TWIN, TWIN_AS_DIGITS, Case

SHARED = (TWIN, TWIN_AS_DIGITS, ONE, FIRST_CUSTOMER)  # customers of more than one case
LAST = ("last", "end")  # chapters that come after all others, in an order of their own


def split(cases: Sequence[Case], others: Iterable[str], parts: int) -> list[frozenset[str]]:
    """The ids of `cases`, and the names of `others` that stand for a request each, in `parts` sets
    that cause about as many requests: each id in one set, always the same for the same plan.

    Cases that need each other are in one set, and those of the last chapters in the last.
    """
    groups = [(sum(map(_requests, group)), [each.id for each in group]) for group in tied(cases)]
    groups += [(1.0, [name]) for name in others]
    ending = {case.id for case in cases if case.chapter in LAST}
    found: list[set[str]] = [set() for _ in range(parts)]
    loads = [(0.0, number) for number in range(parts)]
    for size, ids in groups:
        if not ending.isdisjoint(ids):
            found[-1].update(ids)
            loads[-1] = (loads[-1][0] + size, parts - 1)
    heapify(loads)
    for size, ids in sorted(groups, key=lambda each: -each[0]):
        if ending.isdisjoint(ids):
            load, number = loads[0]
            found[number].update(ids)
            heapreplace(loads, (load + size, number))
    return [frozenset(each) for each in found]


def tied(cases: Sequence[Case]) -> list[list[Case]]:
    """The cases in groups of those that need each other, each in its order.

    Those are cases that stand for each other, what a case stands beside or comes after, and those
    of the same customers, whose answers are held against each other.
    """
    leaders: dict[str, str] = {}

    def leader(name: str) -> str:
        while (above := leaders.setdefault(name, name)) != name:
            name = above
        return name

    for case in cases:
        for tie in _ties(case):
            leaders[leader(tie)] = leader(case.id)
    groups: dict[str, list[Case]] = {}
    for case in cases:
        groups.setdefault(leader(case.id), []).append(case)
    return list(groups.values())


def _ties(case: Case) -> Iterator[str]:
    """Names that a case shares with the cases it needs."""
    yield from (each.id for each in (*case.beside, *case.after))
    if case.either is not None:
        yield f"either {case.either}"
    values = [value for _, given in case.headers for value in given]
    yield from (mark for mark in SHARED for value in values if mark in value)


def _requests(case: Case) -> float:
    """About how many requests a case takes, where nothing is wrong."""
    if case.poolable and case.either is None:
        return 1 / IN_A_POOL
    return case.together + len(case.after) + case.after_control
