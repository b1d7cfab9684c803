"""How long it takes until a fault is found, by fuzzing and by Schemathesis, on the battery."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.power.battery import SERVERS, Server
from benchmarks.power.processes import server
from benchmarks.power.run import CUSTOMER, TIMEOUT
from benchmarks.power.score import matches, spread
from benchmarks.speed import peers
from benchmarks.speed.fuzzing import FUZZED
from benchmarks.speed.programs import CommandFailed, Way, done, fuzz

BATTERY = "benchmarks.power.battery"


@dataclass(frozen=True)
class Found:
    """A fault found: seconds since the process began, requests until then, in whose words.

    `first` is the seconds from the beginning of the process to its first request.
    """

    seconds: float
    requests: int
    words: str
    first: float = 0.0


def measure(way: Way, say: Callable[[str], None]) -> dict[str, Any]:
    """Both tools against as many faulty servers, each started anew, and who found what when.

    What Schemathesis also says of a conformant server does not count. A tool that fails has found
    nothing.
    """
    innocent = next(name for name, each in SERVERS.items() if not each.breaks)
    usual = frozenset(each.title for each in _heard(innocent, way).complaints)
    say(f"of {innocent}, the peer says: {', '.join(sorted(usual)) or 'nothing'}")
    rows = []
    for name in chosen(SERVERS, way.faults):
        one = SERVERS[name]
        found: dict[str, Found | None] = {}
        for tool, find in (("suite", _by_suite), ("peer", partial(_by_peer, usual=usual))):
            try:
                found[tool] = find(one, way)
            except CommandFailed as error:
                found[tool] = None
                say(f"{name}: {error}")
        rows.append(
            {"server": name, "group": one.group, "breaks": list(one.breaks)}
            | {tool: asdict(each) if each else None for tool, each in found.items()}
        )
        told = [f"{tool} {f'{e.seconds:.1f} s' if e else 'nothing'}" for tool, e in found.items()]
        say(f"{len(rows)}/{way.faults} {name}: {', '.join(told)}")
    return {"budget": way.budget, "usual": sorted(usual), "rows": rows}


def chosen(servers: Mapping[str, Server], count: int) -> list[str]:
    """The faulty servers to find the faults of: spread evenly over the groups of the battery, and
    within a group by the digests of their names."""
    return spread({name: each.group for name, each in servers.items() if each.breaks}, count)


def _by_suite(one: Server, way: Way) -> Found | None:
    folder = way.folder / one.name
    report = folder / "report"
    with server(BATTERY, one.name, folder / "server.txt") as url:
        command = fuzz(
            url, report, way, "--time", f"{way.budget:g}s", "--timeout", f"{TIMEOUT:g}",
            "--seeded-customer", CUSTOMER,
        )  # fmt: skip
        began, _ = done(command, folder, "fuzz", FUZZED)
    content = json.loads((report / "results.json").read_bytes())
    discoveries = content.get("fuzz", {}).get("discoveries", [])
    started, first = _started(report)
    found = discovered(discoveries, one.breaks, started - began, way.budget)
    return found and replace(found, first=first - began)


def discovered(
    discoveries: Iterable[Mapping[str, Any]], breaks: tuple[str, ...], waited: float, budget: float
) -> Found | None:
    """The first discovery of a fault, within the budget; the fuzzing began after it `waited`."""
    right = [each for each in discoveries if matches(each["requirement"], breaks)]
    if not right:
        return None
    first = min(right, key=lambda each: float(each["seconds"]))
    seconds = waited + first["seconds"]
    return Found(seconds, first["requests"], first["requirement"]) if seconds <= budget else None


def _started(report: Path) -> tuple[float, float]:
    """When a run's clock began, and when its first request was sent, as its journal says."""
    with (report / "journal.ndjson").open("rb") as lines:
        told = [json.loads(line) for line in lines]
    run = next(each for each in told if each["kind"] == "run")
    return run["started"], min(each["sent"] for each in told if each["kind"] == "exchange")


def _by_peer(one: Server, way: Way, usual: frozenset[str]) -> Found | None:
    # Without a failure that it reports of everybody, its first one is the one that counts.
    said = _heard(one.name, way, *(() if usual else ("--max-failures", "1")))
    return unusual(said, usual, way.budget)


def unusual(said: peers.Said, usual: frozenset[str], budget: float) -> Found | None:
    """The first complaint that is not said of a conformant server too, within the budget."""
    for each in said.complaints:
        seconds = each.at - said.began
        if each.title not in usual and seconds <= budget:
            return Found(seconds, each.requests, each.title, max(0.0, said.first - said.began))
    return None


def _heard(name: str, way: Way, *more: str) -> peers.Said:
    folder = way.folder / f"{name}-peer"
    with server(BATTERY, name, folder / "server.txt") as url:
        return peers.run(url, folder, way.seed, way.budget, TIMEOUT, *more)
