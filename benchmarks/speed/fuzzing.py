"""How many requests a second fuzzing sends: beside a bare loop of its own bytes, beside a peer."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from typing import Any

from benchmarks.speed import bare, peers
from benchmarks.speed.programs import Way, done, fuzz, lean
from benchmarks.speed.seen import Seen, rate, recorded, sendable
from conformance.target import operation_url
from runner.settings import Settings
from spec.loader import load

CONCURRENCY = Settings().concurrency
PEER_ROUNDS = 2
FUZZED = (0, 1, 3)  # its exit codes where nothing went wrong: a short one may leave things open


def measure(way: Way, say: Callable[[str], None]) -> dict[str, Any]:
    """Rounds of all three against the lean server, started anew for each; rates as it saw them."""
    peer_rates = []
    for number in range(PEER_ROUNDS):
        seen = by_peer(way, way.seconds * 2, "--phases", "fuzzing")
        peer_rates.append(rate(seen))
        say(f"peer, round {number + 1}: {peer_rates[-1]:.0f} requests/s")
    rounds = []
    for number in range(way.rounds):
        seen = by_suite(way, "--time", f"{way.seconds:g}s", "--workers", "1")
        again = _repeated(way, seen)
        rounds.append({"suite": rate(seen), "tasks": rate(again)})
        told = ", ".join(f"{name} {value:.0f}" for name, value in rounds[-1].items())
        say(f"round {number + 1}: {told} requests/s")
    return {"concurrency": CONCURRENCY, "rounds": rounds, "peer": peer_rates}


def by_suite(way: Way, *options: str, delay: float = 0.0) -> list[Seen]:
    """What a lean server, which takes `delay` milliseconds, saw of `fuzz` with these options."""
    record, report = way.folder / "seen.ndjson", way.folder / "fuzz"
    shutil.rmtree(report, ignore_errors=True)  # what failed in a folder is sent again first
    with lean(way.folder, delay, record) as url:
        done(fuzz(url, report, way, *options), way.folder, "fuzz", FUZZED)
    return recorded(record)


def by_peer(way: Way, seconds: float, *options: str) -> list[Seen]:
    """What a lean server saw of Schemathesis."""
    record = way.folder / "seen.ndjson"
    with lean(way.folder, 0.0, record) as url:
        peers.run(url, way.folder / "peer", way.seed, seconds, Settings().timeout, *options)
    return recorded(record)


def _repeated(way: Way, seen: list[Seen]) -> list[Seen]:
    """What a lean server saw of a bare loop that sends the same."""
    record = way.folder / "again.ndjson"
    with lean(way.folder, 0.0, record) as url:
        bare.with_tasks(operation_url(url, load()), sendable(seen), CONCURRENCY)
    return recorded(record)
