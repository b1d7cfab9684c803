"""The reading of one run against what is known of the server: pure, from results.json to a row."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, TypeVar

from reports.words import findings

FEW = 3  # as many findings as a reader takes in at a glance
MOST_REQUESTS = 373  # of a default run against a conformant server: as many as Schemathesis sends
REFUSED = "response.status"  # what a run says that ends at its preflight
RIGHT_SHARE = 0.95  # of the faults must be named rightly, or the measurement fails


@dataclass(frozen=True)
class Measured:
    """What one run of the suite said, and what it cost. `note` says why it has no results.

    `findings` are the ids in the order in which the terminal and the report tell them.
    """

    exit_code: int | None
    findings: tuple[str, ...] = ()
    failing: tuple[str, ...] = ()
    inconclusive: tuple[str, ...] = ()
    requests: int = 0
    requests_by_phase: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    note: str = ""


@dataclass(frozen=True)
class Heard:
    """What another tool said about a server: whether it failed it, and its reasons in its words."""

    finds: bool
    reasons: tuple[str, ...] = ()
    requests: int = 0
    seconds: float = 0.0
    note: str = ""


@dataclass(frozen=True)
class Row:
    """A server of the battery: what is wrong with it (nothing: conformant), and what was said.

    `several` says why its fault is more than a few findings by nature, where it is.
    """

    name: str
    group: str
    breaks: tuple[str, ...]
    several: str
    measured: Measured
    peers: dict[str, Heard] = field(default_factory=dict)

    @property
    def conformant(self) -> bool:
        """Whether the server keeps every promise."""
        return not self.breaks

    @property
    def found(self) -> bool:
        """Whether a promise that the server breaks is among those that failed."""
        return any(matches(key, self.breaks) for key in self.measured.failing)

    @property
    def named_right(self) -> bool:
        """Whether the first thing a reader is told is the fault."""
        return any(matches(key, self.breaks) for key in self.measured.findings[:1])

    @property
    def few(self) -> bool:
        """Whether one fault makes no more findings than a reader takes in."""
        return len(self.measured.findings) <= FEW

    @property
    def beside(self) -> tuple[str, ...]:
        """Findings that do not name the fault."""
        return tuple(key for key in self.measured.findings if not matches(key, self.breaks))

    @property
    def nothing_else(self) -> bool:
        """Whether no finding names a promise that the server keeps.

        Where a fault is several findings by nature, not all of them are listed: any is right.
        """
        return bool(self.several) or not self.beside

    @property
    def accused(self) -> bool:
        """Whether a conformant server was said to break something."""
        return self.conformant and bool(self.measured.failing)


@dataclass(frozen=True)
class FieldRow:
    """An implementation from the field: what it certainly breaks, what it may, what was said."""

    name: str
    kind: str
    certain: tuple[str, ...]
    possible: tuple[str, ...]
    random: bool
    measured: Measured
    peers: dict[str, Heard] = field(default_factory=dict)

    @property
    def missed(self) -> tuple[str, ...]:
        """Promises (or globs of them) that are certainly broken, none of which failed."""
        return tuple(
            glob for glob in self.certain
            if not any(fnmatchcase(key, glob) for key in self.measured.failing)
        )  # fmt: skip

    @property
    def unlisted(self) -> tuple[str, ...]:
        """What failed and is known neither as certain nor as possible."""
        listed = self.certain + self.possible
        return tuple(key for key in self.measured.failing if not matches(key, listed))


@dataclass(frozen=True)
class Table:
    """All rows, and how they were made."""

    meta: dict[str, Any]
    rows: tuple[Row, ...] = ()
    field: tuple[FieldRow, ...] = ()


_AnyRow = TypeVar("_AnyRow", Row, FieldRow)


def matches(key: str, globs: Iterable[str]) -> bool:
    """Whether an id is one of these, or matches one."""
    return any(fnmatchcase(key, glob) for glob in globs)


def measured(results: Mapping[str, Any], exit_code: int | None, seconds: float) -> Measured:
    """The reading of a results.json.

    A run that ends at its first request, for the key or the path is refused, judges nothing: what
    it says instead, in its one line, is that a valid request is not accepted.
    """
    hopeless = exit_code == 3 and results["summary"]["requests"] <= 1

    def with_verdict(verdict: str) -> tuple[str, ...]:
        return tuple(each["id"] for each in results["requirements"] if each["verdict"] == verdict)

    told = tuple(each.requirement["id"] for each in findings(results))
    return Measured(
        exit_code=exit_code,
        findings=(REFUSED,) if hopeless else told,
        failing=(REFUSED,) if hopeless else with_verdict("fail"),
        inconclusive=with_verdict("inconclusive"),
        requests=results["summary"]["requests"],
        requests_by_phase=dict(results["summary"]["requests_by_phase"]),
        seconds=round(seconds, 1),
        note=results["run"]["stopped"] or "",
    )


def complaints(table: Table) -> list[str]:
    """Why the measurement fails, a sentence each; none when the suite is as good as it should be.

    A finding of the field that is listed nowhere fails it too: somebody has to read it.
    """
    faulty = [row for row in table.rows if not row.conformant]
    found = []
    if missed := [row.name for row in faulty if not row.found]:
        found.append(f"missed: {', '.join(missed)}")
    if accused := [row.name for row in table.rows if row.accused]:
        found.append(f"accused though conformant: {', '.join(accused)}")
    unjudged = [r.name for r in table.rows if r.conformant and r.measured.exit_code not in (0, 1)]
    if unjudged:
        found.append(f"conformant, and could not be judged: {', '.join(unjudged)}")
    right = sum(row.named_right for row in faulty)
    if faulty and right / len(faulty) < RIGHT_SHARE:
        found.append(f"named rightly: {right} of {len(faulty)}, below {RIGHT_SHARE:.0%}")
    if many := [row.name for row in faulty if not row.few]:
        found.append(f"told in more than {FEW} findings: {', '.join(many)}")
    if beside := [r.name for r in faulty if r.named_right and r.few and not r.nothing_else]:
        found.append(f"accused of what they keep, beside their fault: {', '.join(beside)}")
    dear = [r.name for r in table.rows if r.conformant and r.measured.requests > MOST_REQUESTS]
    if dear:
        found.append(f"conformant, and asked more than {MOST_REQUESTS} times: {', '.join(dear)}")
    if field_missed := [row.name for row in table.field if row.missed]:
        found.append(f"missed in the field: {', '.join(field_missed)}")
    if unlisted := [row.name for row in table.field if row.unlisted]:
        found.append(f"said of the field, and listed nowhere: {', '.join(unlisted)}")
    return found


def differences(tables: Sequence[Table]) -> list[str]:
    """Where runs of the same server disagree on what failed, a sentence each.

    Implementations that answer at random are left out. A server that only some tables have is not
    compared.
    """
    told = []
    for name in dict.fromkeys(name for table in tables for name in _failing(table)):
        sets = [_failing(table)[name] for table in tables if name in _failing(table)]
        if len(set(sets)) > 1:
            some = frozenset.union(*sets) - frozenset.intersection(*sets)
            told.append(f"{name}: only sometimes {', '.join(sorted(some))}")
    return told


def _failing(table: Table) -> dict[str, frozenset[str]]:
    rows: list[Row | FieldRow] = [*table.rows]
    rows += [row for row in table.field if not row.random]
    return {row.name: frozenset(row.measured.failing) for row in rows}


def added(table: Table, row: Row | FieldRow, order: Sequence[str]) -> Table:
    """The table with a row more, or another one in its place, in the order of these names."""
    place = {name: index for index, name in enumerate(order)}
    if isinstance(row, Row):
        return dataclasses.replace(table, rows=_ordered(table.rows, row, place))
    return dataclasses.replace(table, field=_ordered(table.field, row, place))


def _ordered(
    rows: Iterable[_AnyRow], one: _AnyRow, place: Mapping[str, int]
) -> tuple[_AnyRow, ...]:
    rest: list[_AnyRow] = [each for each in rows if each.name != one.name]
    rest.append(one)
    return tuple(sorted(rest, key=lambda each: place.get(each.name, len(place))))


def joined(tables: Sequence[Table], order: Sequence[str]) -> Table:
    """One table of several; the last one that has a server counts, the first says how.

    What a peer said of a server stays where a later table did not ask it again. `order` has the
    names of all servers: one that is no longer there is left out.
    """
    heard: dict[str, dict[str, Heard]] = {}
    phases = {str(table.meta["phases"]) for table in tables}
    whole = Table(
        {
            **tables[0].meta,
            "phases": phases.pop() if len(phases) == 1 else "the phases that each command names",
            "commands": list(dict.fromkeys(c for table in tables for c in table.meta["commands"])),
            "skipped": {k: why for table in tables for k, why in table.meta["skipped"].items()},
        }
    )
    for table in tables:
        rows: list[Row | FieldRow] = [*table.rows, *table.field]
        for row in (row for row in rows if row.name in order):
            heard[row.name] = {**heard.get(row.name, {}), **row.peers}
            whole = added(whole, dataclasses.replace(row, peers=heard[row.name]), order)
            whole.meta["skipped"].pop(row.name, None)
    return whole


def spread(groups: Mapping[str, str], count: int) -> list[str]:
    """At most `count` of the names, spread over their groups; a new name moves few others.

    `groups` has the group of each name. Within a group the order is that of the names' digests.
    """
    queues: dict[str, list[str]] = {}
    for name in sorted(groups, key=lambda name: hashlib.sha256(name.encode()).digest()):
        queues.setdefault(groups[name], []).append(name)
    ordered = [queues[group] for group in dict.fromkeys(groups.values())]
    chosen: list[str] = []
    for turn in range(max(map(len, ordered), default=0)):
        chosen += [queue[turn] for queue in ordered if turn < len(queue)]
    kept = set(chosen[:count])
    return [name for name in groups if name in kept]


def dumped(table: Table) -> dict[str, Any]:
    """The table as what JSON can say."""
    return dataclasses.asdict(table)


def loaded(content: Mapping[str, Any]) -> Table:
    """The table that `dumped` made."""
    return Table(
        meta=dict(content["meta"]),
        rows=tuple(
            Row(each["name"], each["group"], tuple(each["breaks"]), each["several"], **_told(each))
            for each in content["rows"]
        ),
        field=tuple(
            FieldRow(
                each["name"], each["kind"], tuple(each["certain"]), tuple(each["possible"]),
                each["random"], **_told(each),
            )
            for each in content["field"]
        ),
    )  # fmt: skip


def _told(each: Mapping[str, Any]) -> dict[str, Any]:
    peers = {name: Heard(**_tuples(heard)) for name, heard in each["peers"].items()}
    return {"measured": Measured(**_tuples(each["measured"])), "peers": peers}


def _tuples(content: Mapping[str, Any]) -> dict[str, Any]:
    return {k: tuple(v) if isinstance(v, list) else v for k, v in content.items()}
