"""Which keywords of the request's schema the bodies that a tool sent have broken."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from benchmarks.speed.fuzzing import by_peer, by_suite
from benchmarks.speed.programs import Way
from benchmarks.speed.seen import Seen
from conformance.parsing import NotJson, parse
from spec.contract import Contract
from spec.loader import load


def measure(way: Way, say: Callable[[str], None]) -> dict[str, Any]:
    """Both tools against the lean server for as long, each with all that it sends by default."""
    contract = load()
    found: dict[str, Any] = {"seconds": way.budget, "all": sorted(breakable(contract))}
    sent: dict[str, Callable[[], list[Seen]]] = {
        "suite": lambda: by_suite(way, "--time", f"{way.budget:g}s"),
        "peer": lambda: by_peer(way, way.budget),
    }
    for name, seen in sent.items():
        bodies = [each.body for each in seen()]
        broken = exercised(contract, bodies)
        found[name] = {"requests": len(bodies), "keywords": sorted(broken)}
        say(f"{name}: {len(broken)} keywords broken by {len(bodies)} requests")
    return found


def breakable(contract: Contract) -> dict[str, tuple[tuple[str, ...], str]]:
    """The promises to refuse what breaks a keyword, each with the keyword and its location."""
    return {
        key: (each.location, each.keyword)
        for key, each in contract.requirements.items()
        if each.subject == "request.body" and each.keyword and "refuse" in each.sides
    }


def exercised(contract: Contract, bodies: Iterable[bytes]) -> set[str]:
    """The promises of which at least one body broke the keyword; what is no JSON breaks none."""
    found: set[tuple[tuple[str, ...], str]] = set()
    for body in set(bodies):
        try:
            value = parse(body)
        except NotJson:
            continue
        broken = contract.request_reading.violations(value)
        found |= {(each.location, each.keyword) for each in broken}
    return {key for key, place in breakable(contract).items() if place in found}
