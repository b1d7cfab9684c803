"""Measure one server: the suite against it, then its peers, each against a server started anew."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.power import peer
from benchmarks.power.battery import Server
from benchmarks.power.field import Implementation
from benchmarks.power.processes import ServerError, completed, server
from benchmarks.power.score import FieldRow, Heard, Measured, Row, measured

CUSTOMER = "customer-with-purchases"  # the one of the battery that has levels to show
TIMEOUT = 1.0  # seconds that the battery's servers get for an answer: enough where cores are free
REPORT = "report"  # within the folder of a server
LIMIT = 900.0  # seconds, then a run of the suite has said nothing


@dataclass(frozen=True)
class Way:
    """How everything is measured."""

    folder: Path
    seed: int = 0
    phases: str = ""  # all of them
    suite_workers: int = 0
    timeout: float = TIMEOUT
    heard: frozenset[str] = frozenset()  # the servers on which peers run too


@dataclass(frozen=True)
class Subject:
    """A server to be measured: a module that serves it by its name, and what may be asked of it."""

    module: str
    name: str
    seeded_customer: str | None
    timeout: float


def of_the_battery(name: str, timeout: float = TIMEOUT) -> Subject:
    """A server of the battery, as it is asked."""
    return Subject("benchmarks.power.battery", name, CUSTOMER, timeout)


def known(one: Server, way: Way) -> Row:
    """The row of a server of the battery; one that does not start is a row with the reason."""
    subject = of_the_battery(one.name, way.timeout)
    try:
        return row(one, suite(subject, way), _peers(subject, way))
    except ServerError as error:
        return row(one, Measured(None, note=f"did not start: {error}"), {})


def row(one: Server, said: Measured, peers: dict[str, Heard]) -> Row:
    """What was said of a server, beside what is known of it."""
    return Row(one.name, one.group, one.breaks, one.several, said, peers)


def from_the_field(implementation: Implementation, way: Way) -> FieldRow:
    """The row of an implementation. Raises ServerError where this machine cannot run it."""
    subject = Subject("benchmarks.power.field", implementation.name, None, 5.0)
    return FieldRow(
        implementation.name,
        implementation.kind,
        tuple(implementation.certain),
        tuple(implementation.possible),
        implementation.random,
        suite(subject, way),
        _peers(subject, way),
    )


def suite(subject: Subject, way: Way) -> Measured:
    """What the suite says of a server. Raises ServerError when that does not start."""
    with server(subject.module, subject.name, way.folder / subject.name / "server.txt") as url:
        return judged(url, subject, way)


def judged(url: str, subject: Subject, way: Way) -> Measured:
    """What the suite says of a server that runs; its report stays in the folder."""
    folder = way.folder / subject.name
    report = folder / REPORT
    command = [
        sys.executable, "-m", "runner.cli", "run", url, "--report-dir", str(report),
        "--seed", str(way.seed), "--workers", str(way.suite_workers),
        "--timeout", f"{subject.timeout:g}",
    ]  # fmt: skip
    if subject.seeded_customer:
        command += ["--seeded-customer", subject.seeded_customer]
    if way.phases:
        command += ["--phases", way.phases]
    began = time.monotonic()
    code = completed(command, folder, folder / "suite.txt", LIMIT)
    seconds = time.monotonic() - began
    try:
        content = json.loads((report / "results.json").read_bytes())
    except (OSError, ValueError):
        note = "no results" if code is not None else f"stopped after {LIMIT:.0f} s"
        return Measured(code, seconds=round(seconds, 1), note=note)
    return measured(content, code, seconds)


def _peers(subject: Subject, way: Way) -> dict[str, Heard]:
    found = {}
    customer = subject.seeded_customer or "customer-of-a-peer"
    for name in peer.PEERS if subject.name in way.heard else ():
        folder = way.folder / subject.name / name
        with server(subject.module, subject.name, folder / "server.txt") as url:
            found[name] = peer.listen(name, url, folder, customer, way.seed, subject.timeout)
    return found
