"""How many requests there were and how they ended: those of the journal, and those only counted.

A fuzz keeps few of its exchanges and counts the others in the notes of its batches.
"""

from __future__ import annotations

import statistics
from collections import Counter
from typing import Any

from conformance.exchanges import Exchange
from conformance.journal import Record
from conformance.sieve import STEP


def traffic(record: Record) -> dict[str, Any]:
    """The part of the summary in results.json that is about requests."""
    sifted = record.notes.get("batch", [])
    ended = Counter(_ended(each) for each in record.exchanges)
    phases = Counter(each.phase for each in record.exchanges)
    for note in sifted:
        ended.update(note["statuses"])
        phases["fuzz"] += sum(note["statuses"].values())
    return {
        "requests": sum(ended.values()),
        "statuses": dict(sorted(ended.items())),
        "requests_by_phase": dict(phases),
        "latency_ms": _latency(record, sifted),
    }


def _ended(exchange: Exchange) -> str:
    """The status of an answer, or what came in its place."""
    return str(exchange.status) if exchange.status is not None else str(exchange.trouble)


def _latency(record: Record, sifted: list[dict[str, Any]]) -> dict[str, Any]:
    """Percentiles and a histogram; what was only counted goes in as its step of latency."""
    times = Counter(
        (each.received - each.sent) * 1000 for each in record.exchanges if each.status is not None
    )
    for note in sifted:
        for step, count in note["latency"].items():
            times[STEP ** int(step)] += count
    total = sum(times.values())
    if not total:
        return {"p50": None, "p95": None, "max": None, "histogram": []}
    ordered = sorted(times.items())
    median = _at(ordered, total // 2) if sifted else statistics.median(times.elements())
    return {
        "p50": milliseconds(median),
        "p95": milliseconds(_at(ordered, min(total - 1, round(0.95 * total)))),
        "max": milliseconds(ordered[-1][0]),
        "histogram": _histogram(times),
    }


def _at(ordered: list[tuple[float, int]], rank: int) -> float:
    """The time of that rank, from 0, among times with their counts."""
    passed = 0
    for time, count in ordered:
        passed += count
        if passed > rank:
            return time
    return ordered[-1][0]


def _histogram(times: Counter[float]) -> list[dict[str, float]]:
    """How many answers took how long: steps of 1, 2, 5, 10, …; each up to `below` milliseconds."""
    counts: Counter[int] = Counter()
    for time, count in times.items():
        counts[_step(time)] += count
    low, high = min(counts), max(counts)
    return [{"below": _bound(step), "count": counts[step]} for step in range(low, high + 1)]


def _step(time: float) -> int:
    step = 0
    while _bound(step) <= time:
        step += 1
    return step


def _bound(step: int) -> float:
    """0.1, 0.2, 0.5, 1, 2, 5, … milliseconds."""
    return float((1, 2, 5)[step % 3] * 10 ** (step // 3)) / 10


def milliseconds(value: float) -> float:
    """As results.json has it."""
    return max(0.0, round(value, 2))
