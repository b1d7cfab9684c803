"""The journal: an append-only file of one JSON object a line, from which every report is made.

Each process of a run writes a file of its own, `journal.ndjson` or `journal-WORKER.ndjson`; the
controlling process joins them at the end.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from conformance.exchanges import (
    CaseRecord,
    Exchange,
    case_from_json,
    case_to_json,
    dumps,
    from_json,
    record_of,
    to_json,
)
from strategies.cases import Case

SENDING, ENDED = "sending", "ended"  # of a request that goes out, and of one that is not kept
TORN = "torn"  # not in a journal: how many of its lines nobody can read


class Journal:
    """Writes exchanges and the cases they were sent for, each line flushed as it is written."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.exchanges: list[Exchange] = []
        self.cases: dict[str, CaseRecord] = {}
        self.notes: dict[str, list[dict[str, Any]]] = {}
        self._by_id: dict[str, Exchange] = {}
        self._by_case: dict[str, list[Exchange]] = {}
        self._file: IO[str] = path.open("a", encoding="ascii")

    def case(self, case: CaseRecord) -> None:
        """Note what a case is, once, before its first exchange."""
        if case.id not in self.cases:
            self.cases[case.id] = case
            self._write({"kind": "case", **case_to_json(case)})

    def planned(self, case: Case, control: Any) -> None:
        """Note what a planned case is, as above."""
        if case.id not in self.cases:
            self.case(record_of(case, control))

    def sending(self, exchange: str, cases: Collection[str], customer: str, at: float) -> None:
        """Note that a request goes out now: after a kill it is known to have been under way."""
        self._write(
            {"kind": SENDING, "id": exchange, "cases": [*cases], "customer": customer, "at": at}
        )

    def exchange(self, exchange: Exchange) -> None:
        """Note how a request ended."""
        self.exchanges.append(exchange)
        self._by_id[exchange.id] = exchange
        for case in exchange.cases:
            self._by_case.setdefault(case, []).append(exchange)
        self._write({"kind": "exchange", **to_json(exchange)})

    def note(self, kind: str, **facts: Any) -> None:
        """Note anything else that a reading of the run needs."""
        self.notes.setdefault(kind, []).append(facts)
        self._write({"kind": kind, **facts})

    def tell(self, kind: str, **facts: Any) -> None:
        """As `note`, for what only a later reading needs: it is not kept in memory."""
        self._write({"kind": kind, **facts})

    @property
    def by_id(self) -> Mapping[str, Exchange]:
        """The exchanges that were noted, by their ids."""
        return self._by_id

    def taken(self, case: str) -> bool:
        """Whether any request that was sent for a case was accepted."""
        return any(exchange.accepted for exchange in self._by_case.get(case, ()))

    def probed(self, case: str) -> bool:
        """Whether a request was sent for a case alone."""
        return any(each.role == "probe" for each in self._by_case.get(case, ()))

    def refused(self, case: str) -> bool:
        """Whether requests were sent for a case and none of them was accepted."""
        return case in self._by_case and not self.taken(case)

    def accepting(self, cases: Collection[str]) -> Exchange | None:
        """An accepted request that was sent for exactly these cases."""
        for exchange in self._by_case.get(next(iter(cases), ""), ()):
            if exchange.accepted and set(exchange.cases) == set(cases):
                return exchange
        return None

    def about(self, case: str) -> Record:
        """What was noted of one case, of those that stand for it, and of their controls."""
        known = self.cases.get(case)
        group = known.either if known else None
        cases = {k: c for k, c in self.cases.items() if k == case or (group and c.either == group)}
        sent = {each.id: each for key in cases for each in self._by_case.get(key, ())}
        controls = {each.control for each in sent.values()}
        found = [self._by_id[key] for key in controls if key in self._by_id and key not in sent]
        return Record(cases, (*found, *sent.values()), self.notes)

    def close(self) -> None:
        """Close the file; what was noted stays readable."""
        self._file.close()

    def _write(self, line: dict[str, Any]) -> None:
        self._file.write(dumps(line) + "\n")
        self._file.flush()


@dataclass(frozen=True)
class Record:
    """What a journal tells: cases by id, exchanges in the order they ended, other notes by kind."""

    cases: dict[str, CaseRecord]
    exchanges: tuple[Exchange, ...]
    notes: dict[str, list[dict[str, Any]]]

    def shards(self) -> list[Record]:
        """What each shard of a merged run recorded, else all of it.

        Their targets and clocks may be as many as they are, so that two answers from two shards are
        not to be held against each other.
        """
        prefixes = [note["prefix"] for note in self.notes.get("shard", ())]
        return [self._of(prefix) for prefix in prefixes] or [self]

    def _of(self, prefix: str) -> Record:
        notes = {
            kind: [note for note in found if note.get("shard", prefix) == prefix]
            for kind, found in self.notes.items()
        }
        own = tuple(each for each in self.exchanges if each.id.startswith(prefix))
        return Record(self.cases, own, notes)


def read(paths: Iterable[Path], known: Mapping[str, Exchange] | None = None) -> Record:
    """Read journals, oldest first. A torn last line, as a kill leaves it, is passed over.

    `known` are exchanges by id that are in memory already, and need no second place in it. How many
    lines were torn is a note. Of the notes of requests that went out, those are left that came to
    no end.
    """
    cases: dict[str, CaseRecord] = {}
    exchanges: dict[str, Exchange] = {}
    notes: dict[str, list[dict[str, Any]]] = {}
    under_way: dict[str, dict[str, Any]] = {}
    torn = 0
    for line in _lines(paths):
        if line is None:
            torn += 1
            continue
        kind = line.pop("kind")
        if kind == "case":
            cases[line["id"]] = case_from_json(line)
        elif kind == "exchange":
            exchanges[line["id"]] = (known or {}).get(line["id"]) or from_json(line)
            under_way.pop(line["id"], None)
        elif kind == ENDED:
            under_way.pop(line["id"], None)
        elif kind == SENDING:
            under_way[line["id"]] = line
        else:
            notes.setdefault(kind, []).append(line)
    if torn:
        notes[TORN] = [{"lines": torn}]
    if under_way:
        notes[SENDING] = list(under_way.values())
    return Record(cases, tuple(exchanges.values()), notes)


def unkept(paths: Iterable[Path]) -> Iterator[dict[str, Any]]:
    """The notes of requests that were not kept; there may be millions."""
    for line in _lines(paths, b'{"kind":"%s"' % ENDED.encode()):
        if line is not None:
            del line["kind"]
            yield line


def _lines(paths: Iterable[Path], start: bytes = b"") -> Iterator[dict[str, Any] | None]:
    """Each line that begins with `start`, None for one that nobody can read."""
    for path in paths:
        with path.open("rb") as file:
            for text in file:
                if not text.startswith(start) or not text.strip():
                    continue
                try:
                    line = json.loads(text.decode("ascii", "replace"))
                except ValueError:
                    line = None
                yield line if isinstance(line, dict) and "kind" in line else None
