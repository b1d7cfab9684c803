"""What a second worker adds, against a server that takes its time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from benchmarks.speed.fuzzing import by_suite
from benchmarks.speed.programs import Way
from benchmarks.speed.seen import later_half, rate

DELAY = 5.0  # milliseconds
CONCURRENCY = (1, 4, 12)
WORKERS = (1, 2)
ROUNDS = 3
_LONGER = 1.5  # than a round of the other sections, for workers take their time to begin


def measure(way: Way, say: Callable[[str], None]) -> dict[str, Any]:
    """Requests a second with one worker and with two, for each concurrency of a worker.

    Counted is the later half of the time: workers do not all begin at once.
    """
    rows = []
    for concurrency in CONCURRENCY:
        rounds = [_round(way, concurrency) for _ in range(ROUNDS)]
        rows.append({"concurrency": concurrency, "rounds": rounds})
        for each in rounds:
            told = ", ".join(f"{workers} workers {value:.0f}/s" for workers, value in each.items())
            say(f"{concurrency} at a time: {told}")
    return {"delay": DELAY, "rows": rows}


def _round(way: Way, concurrency: int) -> dict[str, float]:
    rates = {}
    for workers in WORKERS:
        options = ("--workers", str(workers), "--concurrency", str(concurrency))
        seconds = f"{way.seconds * _LONGER:g}s"
        seen = by_suite(way, "--time", seconds, *options, delay=DELAY)
        rates[str(workers)] = rate(later_half(seen))
    return rates
