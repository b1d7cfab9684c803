"""What results.json says of a fuzz beside its verdicts: how far it came, and what it found when."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from conformance.journal import Record
from conformance.verdicts import Verdict

POINTS = 200  # of the curve, at most


def fuzzed(
    record: Record, run: Mapping[str, Any], verdicts: Mapping[str, Verdict]
) -> dict[str, Any]:
    """Batches, workers, the curve, and the discoveries in the order they were made.

    Times are seconds since the fuzz began, requests those of all its processes together.
    """
    batches = record.notes.get("batch", [])
    beats = sorted([*batches, *record.notes.get("beat", [])], key=lambda note: float(note["at"]))
    curve = _curve(record, run["started"], beats)
    discoveries = sorted(_discoveries(verdicts, run["started"]), key=lambda each: each["seconds"])
    for each in discoveries:
        each["requests"] = _requests(curve, each["seconds"])
    for point in curve:
        point["findings"] = sum(each["seconds"] <= point["seconds"] for each in discoveries)
    every = max(1, -(-len(curve) // POINTS))
    return {
        "batches": len(batches),
        "workers": len({note["worker"] for note in beats}),
        "exercised": curve[-1]["exercised"],
        "curve": [*curve[:-1:every], curve[-1]],
        "discoveries": discoveries,
    }


def cases(record: Record) -> Counter[str]:
    """How many exchanges of the search touched each requirement."""
    found: Counter[str] = Counter()
    for note in record.notes.get("batch", []):
        found.update(note["cases"])
    return found


def _curve(
    record: Record, started: float, beats: list[dict[str, Any]]
) -> list[dict[str, Any]]:  # fmt: skip
    before = sum(each.phase in ("preflight", "recorded") for each in record.exchanges)
    curve: list[dict[str, Any]] = [{"seconds": 0.0, "requests": 0, "exercised": 0}]
    sent: dict[str, int] = {}
    for note in beats:
        sent[note["worker"]] = note["sent"]
        curve.append(
            {
                "seconds": max(0.0, round(note["at"] - started, 2)),
                "requests": sum(sent.values()) + (before if "" not in sent else 0),
                "exercised": max(curve[-1]["exercised"], note["exercised"]),
            }
        )
    return curve


def _discoveries(verdicts: Mapping[str, Verdict], started: float) -> list[dict[str, Any]]:
    found = []
    for key, verdict in verdicts.items():
        if verdict.name in ("fail", "known") and verdict.failures:
            shown = [(e.received, f.case) for f in verdict.failures for e in f.exchanges]
            at, case = min(shown, default=(started, verdict.failures[0].case))
            seconds = max(0.0, round(at - started, 2))
            found.append({"requirement": key, "case": case, "seconds": seconds})
    return found


def _requests(curve: list[dict[str, Any]], seconds: float) -> int:
    """About how many requests had been sent by then: between two points as if evenly."""
    for before, after in pairwise(curve):
        if seconds <= after["seconds"]:
            span = after["seconds"] - before["seconds"]
            share = (seconds - before["seconds"]) / span if span else 1.0
            return int(before["requests"] + share * (after["requests"] - before["requests"]))
    return int(curve[-1]["requests"])
