"""Schemathesis on a server, with the document and the settings of `benchmarks.power.peer`."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.power import peer
from benchmarks.power.run import CUSTOMER
from benchmarks.speed.programs import done

DOCUMENT = "corrected"
_RIGHT = (0, 1)  # its exit codes for a run, without and with a finding


@dataclass(frozen=True)
class Complaint:
    """Something it reported: what it calls that, the request that showed it, and when."""

    title: str
    at: float
    requests: int


@dataclass(frozen=True)
class Said:
    """A run: when its process began, by the clock, all that it reported, earliest first, and when
    it sent its first request."""

    began: float
    complaints: tuple[Complaint, ...]
    first: float = 0.0


def run(url: str, folder: Path, seed: int, seconds: float, timeout: float, *more: str) -> Said:
    """Let it run for `seconds`, with more options; its logs stay in the folder.

    Its phases repeat until the time is spent. Raises CommandFailed when it did not run.
    """
    source = peer.prepared(DOCUMENT, folder, CUSTOMER, timeout)
    events = folder / "events.ndjson"
    command = [
        sys.executable, "-m", "schemathesis.cli", "run", str(source), "--url", url, "--no-color",
        "--seed", str(seed), "--max-time", f"{seconds:g}", "--report-ndjson-path", str(events),
        *more,
    ]  # fmt: skip
    began, _ = done(command, folder, "schemathesis", _RIGHT)
    with events.open(encoding="utf-8") as lines:
        told = [json.loads(line) for line in lines]
    found = tuple(sorted(complaints(told), key=lambda each: each.at))
    return Said(began, found, min(sent(told), default=began))


def complaints(events: list[dict[str, dict[str, Any]]]) -> Iterator[Complaint]:
    """What a report of events tells: each check that failed, at the time of its request, and each
    error; `requests` counts the requests until then."""
    times = sent(events)
    for recorder in _recorders(events):
        for case, checks in recorder["checks"].items():
            exchange = recorder["interactions"].get(case)
            for check in checks:
                if check["status"] == "failure" and exchange is not None:
                    at, title = exchange["timestamp"], check["failure_info"]["failure"]["title"]
                    yield Complaint(title, at, sum(each <= at for each in times))
    for event in events:
        for kind, told in event.items():
            if kind.endswith("Error"):
                at = told["timestamp"]
                yield Complaint(told["value"]["type"], at, sum(each <= at for each in times))


def sent(events: list[dict[str, dict[str, Any]]]) -> list[float]:
    """When each request of a report of events was sent."""
    return [
        exchange["timestamp"]
        for recorder in _recorders(events)
        for exchange in recorder["interactions"].values()
        if exchange is not None
    ]


def _recorders(events: list[dict[str, dict[str, Any]]]) -> list[dict[str, Any]]:
    return [e["ScenarioFinished"]["recorder"] for e in events if "ScenarioFinished" in e]
