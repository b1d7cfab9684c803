"""The resident memory of one long run of `fuzz`, all its processes together."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from benchmarks.speed.fuzzing import FUZZED
from benchmarks.speed.programs import CommandFailed, Way, done, fuzz, lean

EARLY = 0.1  # of the requests, after which memory is to grow no more
_STEP = 0.2  # seconds between two looks
_POINTS = 200  # samples that are kept, the highest of as many spans

Sample = tuple[float, float]
"""A time, and the megabytes then; or a number of requests, and the megabytes until then."""


def measure(way: Way, say: Callable[[str], None]) -> dict[str, Any]:
    """Sample memory while `fuzz` sends so many requests to the lean server."""
    counts = way.folder / "counts.txt"
    samples: list[Sample] = []
    over, report = threading.Event(), way.folder / "fuzz"
    shutil.rmtree(report, ignore_errors=True)
    with lean(way.folder, count=counts) as url:
        command = fuzz(url, report, way, "--requests", str(way.requests))
        watcher = threading.Thread(target=_watch, args=(command, samples, over), daemon=True)
        watcher.start()
        try:
            _, took = done(command, way.folder, "fuzz", FUZZED)
        finally:
            over.set()
            watcher.join()
    counted = [line.split() for line in counts.read_text("ascii").splitlines()]
    passed = [(float(at), int(number)) for at, number in counted]
    early = int(way.requests * EARLY)
    if not passed or passed[-1][1] < 0.9 * way.requests:
        raise CommandFailed(
            f"fuzz sent {passed[-1][1] if passed else 0} of {way.requests} requests"
        )
    told = {
        "requests": way.requests,
        "early": early,
        "early_mb": peak_until(samples, moment(passed, early)),
        "late_mb": peak_until(samples, moment(passed, way.requests)),
        "peak_mb": max(megabytes for _, megabytes in samples),
        "seconds": round(took, 1),
        "curve": curve(samples, passed),
    }
    say(f"{told['early_mb']:.0f} MB, then {told['late_mb']:.0f} MB, in {took:.0f} s")
    return told


def moment(passed: Sequence[tuple[float, int]], requests: int) -> float:
    """When so many requests had been sent, or the last that is known."""
    return next((at for at, number in passed if number >= requests), passed[-1][0])


def peak_until(samples: Sequence[Sample], at: float) -> float:
    """The most megabytes until a moment."""
    return max((megabytes for when, megabytes in samples if when <= at), default=0.0)


def curve(samples: Sequence[Sample], passed: Sequence[tuple[float, int]]) -> list[Sample]:
    """Requests and megabytes, while it sent: the most in each of a number of spans."""
    known = []
    for (before, _), (at, number) in pairwise(passed):
        found = [megabytes for when, megabytes in samples if before < when <= at]
        if found:
            known.append((number, max(found)))
    step = max(1, len(known) // _POINTS)
    return [
        (known[start][0], max(m for _, m in known[start : start + step]))
        for start in range(0, len(known), step)
    ]


def _watch(command: Sequence[str], samples: list[Sample], over: threading.Event) -> None:
    root: int | None = None
    while not over.wait(_STEP):
        root = root or _running(command)
        if root is not None:
            used = sum(_resident(each) for each in _family(root))
            if used:
                samples.append((time.time(), used))


def _running(command: Sequence[str]) -> int | None:
    """The process of a command, which began a session of its own."""
    wanted = "\0".join(command).encode() + b"\0"
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if path.read_bytes() == wanted:
                return int(path.parent.name)
        except OSError:
            continue
    return None


def _family(root: int) -> Iterator[int]:
    """A process and all that it began."""
    parents: dict[int, list[int]] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            told = path.read_text("ascii", "replace")
        except OSError:
            continue
        parents.setdefault(int(told.rpartition(")")[2].split()[1]), []).append(
            int(path.parent.name)
        )
    waiting = [root]
    while waiting:
        yield (one := waiting.pop())
        waiting += parents.get(one, [])


def _resident(process: int) -> float:
    try:
        lines = Path(f"/proc/{process}/status").read_text("ascii", "replace").splitlines()
    except OSError:
        return 0.0
    kilobytes = next((line.split()[1] for line in lines if line.startswith("VmRSS:")), "0")
    return int(kilobytes) / 1024
