"""What results.json says of a fuzz beside its verdicts: how far it came, and what it found when."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from conformance.exchanges import Exchange
from conformance.journal import Record
from conformance.verdicts import Verdict

POINTS = 200  # of the curve, at most


def fuzzed(
    record: Record, run: Mapping[str, Any], verdicts: Mapping[str, Verdict]
) -> dict[str, Any]:
    """Batches, workers, the curve, and the discoveries in the order they were made.

    Times are seconds since the fuzz, or its shard, began, requests those of all its processes.
    """
    starts = {each["prefix"]: float(each["started"]) for each in record.notes.get("shard", ())}
    starts[""] = run["started"]
    batches = record.notes.get("batch", [])
    beats = [*batches, *record.notes.get("beat", ())]
    curve = _curve(record, starts, beats)
    discoveries = sorted(_discoveries(verdicts, starts), key=lambda each: each["seconds"])
    for each in discoveries:
        each["requests"] = _requests(curve, each["seconds"])
    every = max(1, -(-len(curve) // POINTS))
    curve = [*curve[:-1:every], curve[-1]]
    for point in curve:
        point["findings"] = sum(each["seconds"] <= point["seconds"] for each in discoveries)
    return {
        "batches": len(batches),
        "workers": len({_process(note) for note in beats}),
        "exercised": curve[-1]["exercised"],
        "curve": curve,
        "discoveries": discoveries,
    }


def cases(record: Record) -> Counter[str]:
    """How many exchanges touched each requirement, by the last note of each process."""
    last = {_process(note): note["cases"] for note in record.notes.get("cases", [])}
    found: Counter[str] = Counter()
    for each in last.values():
        found.update(each)
    return found


def _process(note: Mapping[str, Any]) -> tuple[str, str]:
    return note.get("shard", ""), note["worker"]


def _curve(
    record: Record, starts: Mapping[str, float], beats: list[dict[str, Any]]
) -> list[dict[str, Any]]:  # fmt: skip
    """How far it was when, in the order of time."""
    before = sum(each.phase in ("preflight", "recorded") for each in record.exchanges)
    first = min((e.sent - _start(e, starts) for e in record.exchanges), default=0.0)
    curve: list[dict[str, Any]] = [
        {"seconds": at, "requests": 0, "exercised": 0}
        for at in dict.fromkeys([0.0, max(0.0, round(first, 2))])
    ]
    sent: dict[tuple[str, str], int] = {}
    at = [(note["at"] - starts[note.get("shard", "")], note) for note in beats]
    for seconds, note in sorted(at, key=lambda each: float(each[0])):
        sent[_process(note)] = note["sent"]
        apart = all(worker for _, worker in sent)  # from the process that sent what came before
        curve.append(
            {
                "seconds": max(0.0, round(seconds, 2)),
                "requests": sum(sent.values()) + before * apart,
                "exercised": max(curve[-1]["exercised"], note["exercised"]),
            }
        )
    return curve


def _discoveries(
    verdicts: Mapping[str, Verdict], starts: Mapping[str, float]
) -> list[dict[str, Any]]:  # fmt: skip
    found = []
    for key, verdict in verdicts.items():
        if verdict.name in ("fail", "known") and verdict.failures:
            shown = [
                (e.received - _start(e, starts), f.case) for f in verdict.failures
                for e in f.exchanges
            ]  # fmt: skip
            seconds, case = min(shown, default=(0.0, verdict.failures[0].case))
            found.append({"requirement": key, "case": case, "seconds": max(0.0, round(seconds, 2))})
    return found


def _start(exchange: Exchange, starts: Mapping[str, float]) -> float:
    prefix = max((each for each in starts if exchange.id.startswith(each)), key=len)
    return starts[prefix]


def _requests(curve: list[dict[str, Any]], seconds: float) -> int:
    """About how many requests had been sent by then: between two points as if evenly."""
    for before, after in pairwise(curve):
        if seconds <= after["seconds"]:
            span = after["seconds"] - before["seconds"]
            share = (seconds - before["seconds"]) / span if span else 1.0
            return int(before["requests"] + share * (after["requests"] - before["requests"]))
    return int(curve[-1]["requests"])
