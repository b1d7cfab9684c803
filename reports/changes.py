"""What changed from one results.json to another: which verdicts, which choices, and how alike the
two runs are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from reports.text import plural
from reports.words import WORDS, Finding, Item, Results, clause, findings

UNVERIFIED = ("inconclusive", "untested")
ALIKE = 60


@dataclass(frozen=True)
class Change:
    """A promise with its verdict in both runs; None where it was not there.

    What it says comes from the later run, where it is there. `reason` is the later run's, for what
    it did not verify. `failure` shows a promise that the later run found broken, and `cause` is the
    broken promise that alone explains it, if one does.
    """

    id: str
    statement: str
    level: str
    part: str
    before: str | None
    after: str | None
    reason: str | None = None
    failure: Item | None = None
    cause: str | None = None


@dataclass(frozen=True)
class ChoiceChange:
    """What a target was seen to do where the contract is open, in both runs; None for nothing."""

    id: str
    statement: str
    before: str | None
    after: str | None


@dataclass(frozen=True)
class Changes:
    """Every promise whose verdict changed, in one of these, and what else there is to know.

    `broken` fail now and did not before, whatever they were; those of a finding of their own come
    first, worst first. `fixed` went from broken to kept, `excused` from broken to a known
    deviation, `lost` from any verdict to none, `gained` from none to kept. `added` and `removed`
    are in one of the two runs only. An added promise that is broken is in `broken` as well, the one
    case of a promise that is in two. `still` are broken in both.
    """

    broken: tuple[Change, ...]
    fixed: tuple[Change, ...]
    excused: tuple[Change, ...]
    lost: tuple[Change, ...]
    gained: tuple[Change, ...]
    added: tuple[Change, ...]
    removed: tuple[Change, ...]
    other: tuple[Change, ...]
    still: tuple[Change, ...]
    choices: tuple[ChoiceChange, ...]
    caveats: tuple[str, ...]


def changes(old: Results, new: Results) -> Changes:
    """What changed from `old` to `new`, in the order of the later contract but for `broken`."""
    findings_now = findings(new)
    found = list(_compared(old, new, findings_now))

    def among(before: tuple[str, ...], *after: str) -> tuple[Change, ...]:
        return tuple(each for each in found if each.before in before and each.after in after)

    broken = tuple(each for each in found if each.after == "fail" != each.before)
    sorted_ones = {
        "fixed": among(("fail",), "pass"),
        "excused": among(("fail",), "known"),
        "lost": among(("pass", "fail", "known"), *UNVERIFIED),
        "gained": among(UNVERIFIED, "pass"),
        "added": tuple(each for each in found if each.before is None),
        "removed": tuple(each for each in found if each.after is None),
    }
    placed = {each.id for group in (broken, *sorted_ones.values()) for each in group}
    rank = _ranked(findings_now)
    return Changes(
        broken=tuple(sorted(broken, key=lambda each: rank[each.id])),
        **sorted_ones,
        other=tuple(e for e in found if e.before != e.after and e.id not in placed),
        still=among(("fail",), "fail"),
        choices=tuple(_choices(old, new)),
        caveats=tuple(_caveats(old, new)),
    )


def groups(changed: Changes) -> list[tuple[str, tuple[Change, ...]]]:
    """The changes by what they are called, in the order to tell them; each promise once."""
    added = tuple(each for each in changed.added if each.after != "fail")
    named = [
        ("newly broken", changed.broken),
        ("fixed", changed.fixed),
        ("now a known deviation", changed.excused),
        ("no longer verified", changed.lost),
        ("newly verified", changed.gained),
        ("otherwise changed", changed.other),
        ("not there before", added),
        ("not there any more", changed.removed),
    ]
    return [(name, group) for name, group in named if group]


def headline(changed: Changes) -> str:
    """The changes in one line: `1 newly broken, 2 fixed`, `Nothing changed`."""
    told = [f"{len(group):,} {name}" for name, group in groups(changed)]
    if changed.choices:
        told.append(f"{plural(len(changed.choices), 'choice')} changed")
    if not told:
        return "Nothing changed"
    return ", ".join(told if changed.broken else ["Nothing newly broken", *told])


def rooted(changed: Changes) -> list[tuple[Change, tuple[Change, ...]]]:
    """What is newly broken, each with the newly broken that only follow from it."""
    keys = {each.id for each in changed.broken}
    roots = [each for each in changed.broken if each.cause not in keys]
    return [(root, tuple(e for e in changed.broken if e.cause == root.id)) for root in roots]


def reasons(group: Iterable[Change]) -> list[tuple[str, int]]:
    """Why nothing is known of some promises, and of how many: the most frequent first."""
    return Counter(each.reason or "no reason was recorded" for each in group).most_common()


def turn(change: Change) -> str:
    """The verdicts in words: `kept → broken`."""
    before, after = (WORDS.get(each or "", "not there") for each in (change.before, change.after))
    return f"{before} → {after}"


def seen(change: ChoiceChange) -> tuple[str, str]:
    """What was seen in both runs, from where they part if they are long and alike till then."""
    before, after = (clause(each) if each else "not seen" for each in (change.before, change.after))
    pairs = enumerate(zip(before, after, strict=False))
    parted = next(
        (at for at, (one, other) in pairs if one != other), len(min(before, after, key=len))
    )
    start = before.rfind(" ", 0, parted) + 1
    if start < ALIKE:
        return before, after
    return f"… {before[start:]}", f"… {after[start:]}"


def _compared(old: Results, new: Results, found: Sequence[Finding]) -> Iterator[Change]:
    before = {item["id"]: item for item in old["requirements"]}
    after = {item["id"]: item for item in new["requirements"]}
    causes = {item["id"]: each.requirement["id"] for each in found for item in each.explained}
    for key, item in {**after, **{k: before[k] for k in before if k not in after}}.items():
        verdict = item["verdict"] if key in after else None
        yield Change(
            id=key,
            statement=item["statement"],
            level=item["level"],
            part=item["part"],
            before=before[key]["verdict"] if key in before else None,
            after=verdict,
            reason=item["reason"] if verdict in UNVERIFIED else None,
            failure=_shown(item) if verdict == "fail" else None,
            cause=causes.get(key),
        )


def _shown(item: Item) -> Item:
    """The failure that shows best what is broken: its own before one that another explains."""
    own = (each for each in item["failures"] if each["cause"] is None)
    first: Item = next(own, item["failures"][0])
    return first


def _ranked(found: Sequence[Finding]) -> dict[str, int]:
    """The place of every broken promise: those with a finding, worst first, then the explained."""
    order = [each.requirement for each in found] + [i for each in found for i in each.explained]
    return {item["id"]: place for place, item in enumerate(order)}


def _choices(old: Results, new: Results) -> Iterator[ChoiceChange]:
    before = {each["id"]: each for each in old["choices"]}
    after = {each["id"]: each for each in new["choices"]}
    for key, each in {**before, **after}.items():
        was = before[key]["observed"] if key in before else None
        now = after[key]["observed"] if key in after else None
        if was != now:
            yield ChoiceChange(key, each["statement"], was, now)


def _caveats(old: Results, new: Results) -> Iterator[str]:
    """What else than the target may have changed a verdict, in sentences."""
    if old["target"]["url"] != new["target"]["url"]:
        yield _another("target", old["target"]["url"], new["target"]["url"])
    editions = [f"{each['contract']['title']} {each['contract']['version']}" for each in (old, new)]
    same_contract = old["contract"]["sha256"] == new["contract"]["sha256"]
    if not same_contract and editions[0] == editions[1]:
        yield f"Another document of the contract, though both say {editions[0]}."
    elif not same_contract:
        yield _another("edition of the contract", *editions)
    suites = old["suite"]["version"], new["suite"]["version"]
    if suites[0] != suites[1]:
        yield _another("version of the suite", *suites)
    alike = same_contract and suites[0] == suites[1]
    if old["run"]["gate"] != new["run"]["gate"]:
        yield _another("gate", old["run"]["gate"], new["run"]["gate"])
    if old["run"]["cases_sha256"] != new["run"]["cases_sha256"]:
        seeds = old["run"]["seed"], new["run"]["seed"]
        if seeds[0] != seeds[1]:
            yield f"Other cases: the seed was {seeds[0]}, and is {seeds[1]} now."
        elif alike and old["summary"]["complete"] and new["summary"]["complete"]:
            yield "Other cases, though the seed is the same."
    ends = [_incomplete(each) for each in (old, new)]
    if ends[0] == ends[1] is not None:
        yield f"Neither run was complete{ends[0]}."
        return
    for name, end in zip(("The run before", "This run"), ends, strict=True):
        if end is not None:
            yield f"{name} was not complete{end}."


def _incomplete(results: Results) -> str | None:
    """Why not everything was sent, to go on with; None where it was."""
    stopped = results["run"]["stopped"]
    if results["summary"]["complete"]:
        return None
    return f": {clause(stopped)}" if stopped else ""


def _another(what: str, before: str, after: str) -> str:
    return f"Another {what}: {before} before, {after} now."
