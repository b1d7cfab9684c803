"""The rows as Markdown: counts by group first, then the field, then exceptions and nothing else."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Sequence
from itertools import takewhile

from benchmarks.power.score import (
    FEW,
    FieldRow,
    Heard,
    Measured,
    Row,
    Table,
    complaints,
)

PEER_WORDS = {
    "published": "Schemathesis, the document as published",
    "corrected": "Schemathesis, the document corrected",
}
_SHOWN = 8  # ids in a line of the list of exceptions
_NAMES = 24  # names in a command that is shown whole
_GOOD = "Nothing was missed, and nobody was accused."
_READING = """\
A server is *found* when a promise that it breaks is among those that failed. It is *named right*
when that promise is the first thing a reader is told. Findings are counted after those that follow
from another one are folded under it. A run that ends at its first request, for the key or the path
is refused, exits with 3 and says so: that counts as `response.status`. Requests and seconds are
medians; the seconds are those of the whole command."""
_READING_PEERS = """\
Schemathesis ran alone on the same servers, each started anew. It was given the key, a customer's
identity and the seed. Its checks and phases are the default ones; only the documented method is
sent. It *finds* a fault when it exits with 1, whatever its reason. A tool that fails every server
finds every fault, so read that column beside the share of conformant servers that it fails. The
*corrected* document is that of our own Schemathesis phase: prose limits are keywords, any 4xx is a
refusal. It also has the security scheme and the header that the checks for them need, and a hook
that sends nothing which the vendor leaves open."""


def markdown(table: Table) -> str:
    """The whole page."""
    faulty = [row for row in table.rows if not row.conformant]
    conformant = [row for row in table.rows if row.conformant]
    parts = [_head(table)]
    if faulty:
        parts.append("## Servers with a known fault\n\n" + _faulty(faulty))
    if conformant:
        parts.append("## Conformant servers\n\n" + _conformant(conformant))
    if table.field:
        parts.append("## Implementations and mock servers from the field\n\n" + _field(table.field))
    parts.append("## Exceptions\n\n" + _exceptions(table))
    return "\n\n".join(parts) + "\n"


def _head(table: Table) -> str:
    meta = table.meta
    workers = meta["suite_workers"]
    facts = [
        f"adapty-conformance {meta['suite']}",
        f"Schemathesis {meta['schemathesis']}",
        f"Python {meta['python']}",
        meta["date"],
        _count(meta["cores"], "core"),
        f"{_count(meta['jobs'], 'server')} at a time",
        f"seed {meta['seed']}",
        meta["phases"] or "all phases",
        _count(workers, "worker") if workers else "no workers",
    ]
    lines = [
        "# What the suite detects, and how well it says it",
        "This page was written by a program; do not edit it. Run again:",
        "\n".join(f"    {_brief(each)}" for each in meta["commands"]),
        ", ".join(facts) + ".",
        _READING,
    ]
    if any(row.peers for row in table.rows):
        lines.append(_READING_PEERS)
    told = complaints(table)
    lines.append(f"**Not good enough.** {'; '.join(told)}." if told else f"**{_GOOD}**")
    lines += [f"`{name}` was not run: {why}." for name, why in meta["skipped"].items()]
    return "\n\n".join(lines)


def _brief(command: str) -> str:
    """A command of many names as a page has room for it."""
    words = command.split()
    names = list(takewhile(lambda word: not word.startswith("--"), words[3:]))
    if len(names) <= _NAMES:
        return command
    rest = words[3 + len(names) :]
    return " ".join([*words[:5], f"… ({len(names)} servers by name)", *rest])


def _faulty(rows: Sequence[Row]) -> str:
    peers = _peers(rows)
    head = ["group", "servers", "found", "named right", f"≤ {FEW} findings", "nothing else said"]
    head += ["requests", "seconds"]
    lines = [[group, *_counts(members, peers)] for group, members in _groups(rows)]
    lines.append(["**all**", *_counts(rows, peers)])
    return _grid([*head, *(f"found by {PEER_WORDS[name]}" for name in peers)], lines)


def _counts(rows: Sequence[Row], peers: Sequence[str]) -> list[str]:
    return [
        str(len(rows)),
        _share(rows, lambda row: row.found),
        _share(rows, lambda row: row.named_right),
        _share(rows, lambda row: row.few),
        _share(rows, lambda row: row.nothing_else),
        *_cost([row.measured for row in rows]),
        *(_finds(rows, name) for name in peers),
    ]


def _conformant(rows: Sequence[Row]) -> str:
    peers = _peers(rows)
    head = ["group", "servers", "accused by the suite", "something inconclusive"]
    head += ["requests", "seconds", *(f"failed by {PEER_WORDS[name]}" for name in peers)]

    def counts(members: Sequence[Row]) -> list[str]:
        return [
            str(len(members)),
            str(sum(row.accused for row in members)),
            str(sum(bool(row.measured.inconclusive) for row in members)),
            *_cost([row.measured for row in members]),
            *(_finds(members, name) for name in peers),
        ]

    lines = [[group, *counts(members)] for group, members in _groups(rows)]
    if len(lines) > 1:
        lines.append(["**all**", *counts(rows)])
    return _grid(head, lines)


def _field(rows: Sequence[FieldRow]) -> str:
    peers = _peers(rows)
    head = ["server", "kind", "certain faults found", "failed in all", "findings", "not listed"]
    head += ["requests", "seconds", *(PEER_WORDS[name] for name in peers)]
    return _grid(
        head,
        [
            [
                row.name,
                row.kind,
                f"{len(row.certain) - len(row.missed)} of {len(row.certain)}",
                str(len(row.measured.failing)),
                str(len(row.measured.findings)),
                str(len(row.unlisted)),
                *_cost([row.measured]),
                *(_verdict(row.peers.get(name)) for name in peers),
            ]
            for row in rows
        ],
    )


def _verdict(heard: Heard | None) -> str:
    return "–" if heard is None else "fails it" if heard.finds else "passes it"


def _exceptions(table: Table) -> str:
    faulty = [row for row in table.rows if not row.conformant]
    everything: list[Row | FieldRow] = [*table.rows, *table.field]
    lists = {
        "Missed": [
            f"{_expected(row)}; said: {_ids(row.measured.findings)}{_note(row.measured)}"
            for row in faulty
            if not row.found
        ],
        "Found, and named wrongly": [
            f"{_expected(row)}; first said: {_ids(row.measured.findings[:1])}"
            for row in faulty
            if row.found and not row.named_right
        ],
        f"More than {FEW} findings": [
            f"`{row.name}` has {len(row.measured.findings)}; beside the fault: {_ids(row.beside)}"
            f"{f' (by nature: {row.several})' if row.several else ''}"
            for row in faulty
            if not row.few
        ],
        "Accused of what they keep": [
            f"{_expected(row)}; also said: {_ids(row.beside)}"
            for row in faulty
            if row.named_right and row.few and not row.nothing_else
        ],
        "Conformant, and accused": [
            f"`{row.name}`: {_ids(row.measured.failing)}" for row in table.rows if row.accused
        ],
        "Conformant, with something inconclusive": [
            f"`{row.name}` (exit code {row.measured.exit_code}): {_ids(row.measured.inconclusive)}"
            f"{_note(row.measured)}"
            for row in table.rows
            if row.conformant
            and (row.measured.inconclusive or row.measured.exit_code not in (0, 1))
        ],
        "The field: certain, and missed": [
            f"`{row.name}`: {_ids(row.missed)}{_note(row.measured)}"
            for row in table.field
            if row.missed
        ],
        "The field: said, and listed nowhere": [
            f"`{row.name}`: {_ids(row.unlisted)}" for row in table.field if row.unlisted
        ],
        "Conformant, and failed by Schemathesis with the corrected document": [
            f"`{row.name}`: {', '.join(heard.reasons) or 'no reason'}"
            for row in table.rows
            if row.conformant and (heard := row.peers.get("corrected")) and heard.finds
        ],
        "Schemathesis did not end": [
            f"`{row.name}`, {PEER_WORDS[name]}: {heard.note}"
            for row in everything
            for name, heard in row.peers.items()
            if heard.note
        ],
    }
    parts = [
        f"### {title}\n\n" + "\n".join(f"- {line}" for line in lines)
        for title, lines in lists.items()
        if lines
    ]
    return "\n\n".join(parts) or "None."


def _expected(row: Row) -> str:
    return f"`{row.name}` breaks {_ids(row.breaks)}"


def _note(measured: Measured) -> str:
    return f" ({measured.note})" if measured.note else ""


def _ids(ids: Sequence[str]) -> str:
    shown = ", ".join(f"`{each}`" for each in ids[:_SHOWN]) or "nothing"
    return shown + (f" and {len(ids) - _SHOWN} more" if len(ids) > _SHOWN else "")


def _groups(rows: Sequence[Row]) -> list[tuple[str, list[Row]]]:
    names = dict.fromkeys(row.group for row in rows)
    return [(name, [row for row in rows if row.group == name]) for name in names]


def _peers(rows: Sequence[Row] | Sequence[FieldRow]) -> list[str]:
    """The peers that any of these rows has; a server that did not start has none."""
    return [name for name in PEER_WORDS if any(name in row.peers for row in rows)]


def _finds(rows: Sequence[Row], peer: str) -> str:
    """How many servers a peer fails, of those on which it ran."""
    heard = [row for row in rows if peer in row.peers]
    share = _share(heard, lambda row: row.peers[peer].finds)
    return share if len(heard) in (0, len(rows)) else f"{share} of {len(heard)}"


def _share(rows: Sequence[Row], told: Callable[[Row], bool]) -> str:
    count = sum(map(told, rows))
    if not rows:
        return "–"
    return f"{count} ({count / len(rows):.0%})"


def _cost(runs: Sequence[Measured]) -> tuple[str, str]:
    return (
        f"{statistics.median(run.requests for run in runs):.0f}",
        f"{statistics.median(run.seconds for run in runs):.1f}",
    )


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def _grid(head: Iterable[str], lines: Iterable[Sequence[str]]) -> str:
    rows = [list(head)]
    rows += [["---"] * len(rows[0]), *map(list, lines)]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)
