"""Many targets side by side: how each stands to every promise, and where they differ."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from reports import words
from reports.text import number, plural
from reports.words import Item, Results

KEPT, BROKEN, OPEN, ABSENT = "kept", "broken", "not verified", "absent"
_STANDS = {
    "pass": KEPT,
    "fail": BROKEN,
    "known": BROKEN,
    "inconclusive": OPEN,
    "untested": OPEN,
}
DIFFERENT = "different between targets"
QUESTIONS = (
    DIFFERENT, "broken somewhere", "broken everywhere", "kept by all",
    "not verified somewhere", "absent somewhere",
)  # fmt: skip


@dataclass(frozen=True)
class Target:
    """A judged target and its name here; `link` leads from the page to the target's own report."""

    name: str
    results: Results
    link: str | None = None


@dataclass(frozen=True)
class Row:
    """A promise as the first target has it, and as each one does: None where one has it not."""

    requirement: Item
    found: tuple[Item | None, ...]

    @cached_property
    def stands(self) -> tuple[str, ...]:
        """How each target stands to it; a known deviation is broken, whoever agreed to it."""
        return tuple(ABSENT if item is None else _STANDS[item["verdict"]] for item in self.found)

    @cached_property
    def answers(self) -> tuple[str, ...]:
        """Which of QUESTIONS it is an answer to; `all` and `everywhere` leave absent ones out.

        What one target was not seen to keep or break makes no difference.
        """
        there = set(self.stands) - {ABSENT}
        told = (
            there >= {KEPT, BROKEN}, BROKEN in there, there == {BROKEN}, there == {KEPT},
            OPEN in there, ABSENT in self.stands,
        )  # fmt: skip
        return tuple(each for each, so in zip(QUESTIONS, told, strict=True) if so)

    @cached_property
    def alone(self) -> int | None:
        """The place of the only target that was seen to break it."""
        return self.stands.index(BROKEN) if self.stands.count(BROKEN) == 1 else None


@dataclass(frozen=True)
class Drift:
    """How a target stands to the reference, by the ids of promises.

    `worse` are kept by the reference and broken here, `better` the other way round, `same` both
    kept or both broken; of the `unclear` at least one of the two says nothing.
    """

    name: str
    worse: tuple[str, ...]
    better: tuple[str, ...]
    same: tuple[str, ...]
    unclear: tuple[str, ...]


@dataclass(frozen=True)
class Choice:
    """A question that the contract leaves open, and what each target was seen to do, if anything.

    It differs where two targets were seen to do something else.
    """

    id: str
    statement: str
    observed: tuple[str | None, ...]

    @property
    def differs(self) -> bool:
        """Whether two targets were seen to do something else."""
        return len({each for each in self.observed if each is not None}) > 1


def rows(targets: Sequence[Target]) -> list[Row]:
    """Every promise of any target, by part, in the contract's order."""
    tables = [{each["id"]: each for each in one.results["requirements"]} for one in targets]
    made: dict[str, Row] = {}
    for key in _merged(tables):
        found = tuple(table.get(key) for table in tables)
        made[key] = Row(next(item for item in found if item is not None), found)
    parts = words.parts({"requirements": [row.requirement for row in made.values()]})
    return [made[item["id"]] for part in parts for item in part.requirements]


def choices(targets: Sequence[Target]) -> list[Choice]:
    """What was seen of each open question, those that differ first, those never seen left out."""
    tables = [{each["id"]: each for each in one.results["choices"]} for one in targets]
    made = []
    for key in _merged(tables):
        found = [table.get(key) for table in tables]
        statement = next(item["statement"] for item in found if item is not None)
        made.append(Choice(key, statement, tuple(item and item["observed"] for item in found)))
    seen = [each for each in made if any(one is not None for one in each.observed)]
    return sorted(seen, key=lambda each: not each.differs)


def _merged(orders: Iterable[Iterable[str]]) -> list[str]:
    """The keys of all; one that the earlier orders lack comes after the one it follows."""
    merged: list[str] = []
    for order in orders:
        place, known = 0, set(merged)
        for key in order:
            if key in known:
                place = merged.index(key) + 1
            else:
                merged.insert(place, key)
                place += 1
    return merged


def drift(targets: Sequence[Target], reference: str) -> list[Drift]:
    """Each target but the one of the name `reference`, held against it."""
    table = rows(targets)
    base = next(place for place, each in enumerate(targets) if each.name == reference)
    made = []
    for place, target in enumerate(targets):
        groups: dict[str, list[str]] = {"worse": [], "better": [], "same": [], "unclear": []}
        for row in table:
            if there := _compared(row.stands[base], row.stands[place]):
                groups[there].append(row.requirement["id"])
        if place != base:
            made.append(Drift(target.name, **{key: tuple(ids) for key, ids in groups.items()}))
    return made


def _compared(there: str, here: str) -> str | None:
    """Which group of a Drift a promise belongs to; None when neither contract makes it."""
    if there == here == ABSENT:
        return None
    if there in (OPEN, ABSENT) or here in (OPEN, ABSENT):
        return "unclear"
    return "same" if there == here else "worse" if here == BROKEN else "better"


def headline(targets: Sequence[Target]) -> str:
    """The answer in one line: how many promises one target keeps and another breaks."""
    table = rows(targets)
    count = sum(DIFFERENT in row.answers for row in table)
    verb = "differs" if count == 1 else "differ"
    share = f"{number(count)} of {plural(len(table), 'promise')} {verb}"
    if not count:
        share = f"none of {plural(len(table), 'promise')} differs"
    return f"{plural(len(targets), 'target')} side by side: {share}"


def editions(targets: Sequence[Target]) -> list[tuple[str, list[str]]]:
    """The contracts that were judged by, each with the names of the targets."""
    found: dict[str, tuple[str, list[str]]] = {}
    for target in targets:
        contract = target.results["contract"]
        told = f"{contract['title']} {contract['version']}, SHA-256 {contract['sha256'][:12]}…"
        found.setdefault(contract["sha256"], (told, []))[1].append(target.name)
    return list(found.values())
