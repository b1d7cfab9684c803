"""What a second worker adds, against a server that takes its time."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Any

from benchmarks.speed.fuzzing import by_suite
from benchmarks.speed.programs import Way
from benchmarks.speed.seen import later_half, rate

DELAY = 5.0  # milliseconds
CONCURRENCY = (1, 4, 12)
WORKERS = (1, 2)
ROUNDS = 3
_BUSY = """
import time
end, count = time.monotonic() + 3, 0
while time.monotonic() < end:
    count += len(str(count))
print(count)
"""
_LONGER = 1.5  # than a round of the other sections, for workers take their time to begin


def measure(way: Way, say: Callable[[str], None]) -> dict[str, Any]:
    """Requests a second with one worker and with two, for each concurrency of a worker; and how
    much one and two processes compute that do nothing else, for no two workers can do better.

    Counted is the later half of the time: workers do not all begin at once.
    """
    rows, machine = [], []
    for concurrency in CONCURRENCY:
        rounds = [_round(way, concurrency) for _ in range(ROUNDS)]
        rows.append({"concurrency": concurrency, "rounds": rounds})
        for each in rounds:
            told = ", ".join(f"{workers} workers {value:.0f}/s" for workers, value in each.items())
            say(f"{concurrency} at a time: {told}")
        machine.append({str(count): _busy(count) for count in WORKERS})
        say(f"two processes that only compute, over one: {machine[-1]['2'] / machine[-1]['1']:.2f}")
    return {"delay": DELAY, "rows": rows, "machine": machine}


def _busy(count: int) -> float:
    """How much so many processes compute at the same time, in all."""
    command = [sys.executable, "-c", _BUSY]
    started = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(count)]
    return float(sum(int(each.communicate()[0]) for each in started))


def _round(way: Way, concurrency: int) -> dict[str, float]:
    rates = {}
    for workers in WORKERS:
        options = ("--workers", str(workers), "--concurrency", str(concurrency))
        seconds = f"{way.seconds * _LONGER:g}s"
        seen = by_suite(way, "--time", seconds, *options, delay=DELAY)
        rates[str(workers)] = rate(later_half(seen))
    return rates
