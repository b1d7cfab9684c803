"""Which keywords of the request's schema the bodies that a tool sent have broken."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from benchmarks.speed.fuzzing import by_peer, by_suite
from benchmarks.speed.programs import Way
from benchmarks.speed.seen import Seen
from conformance.parsing import NotJson, parse
from spec.contract import Contract
from spec.loader import load
from spec.schema import Location

Place = tuple[Location, str]
"""A keyword and where it stands."""


def measure(way: Way, say: Callable[[str], None]) -> dict[str, Any]:
    """Both tools against the lean server for as long, each with all that it sends by default."""
    contract = load()
    found: dict[str, Any] = {"seconds": way.budget, "all": sorted(breakable(contract))}
    sent: dict[str, Callable[[], list[Seen]]] = {
        "suite": lambda: by_suite(way, "--time", f"{way.budget:g}s"),
        "peer": lambda: by_peer(way, way.budget),
    }
    for name, seen in sent.items():
        told = exercised(contract, (each.body for each in seen()))
        found[name] = {
            "requests": told.requests,
            "keywords": sorted(told.broken),
            "alone": sorted(told.alone),
        }
        say(f"{name}: {len(told.broken)} keywords broken, {len(told.alone)} of them alone")
    return found


def breakable(contract: Contract) -> dict[str, Place]:
    """The promises to refuse what breaks a keyword, each with the keyword and its location."""
    return {
        key: (each.location, each.keyword)
        for key, each in contract.requirements.items()
        if each.subject == "request.body" and each.keyword and "refuse" in each.sides
    }


@dataclass(frozen=True)
class Exercised:
    """What some bodies broke: promises of which one broke the keyword, or that alone."""

    requests: int
    broken: frozenset[str]
    alone: frozenset[str]


def exercised(contract: Contract, bodies: Iterable[bytes]) -> Exercised:
    """The keywords that bodies broke; what is no JSON breaks none."""
    counts = Counter(bodies)
    broken: set[Place] = set()
    alone: set[Place] = set()
    for body in counts:
        try:
            value = parse(body)
        except NotJson:
            continue
        places = {(e.location, e.keyword) for e in contract.request_reading.violations(value)}
        broken |= places
        alone |= _alone(places)
    known = breakable(contract)
    return Exercised(
        counts.total(),
        frozenset(key for key, place in known.items() if place in broken),
        frozenset(key for key, place in known.items() if place in alone),
    )


def _alone(places: set[Place]) -> set[Place]:
    """The keyword that is broken where no other is; a wrong type breaks its siblings with it."""
    if len({location for location, _ in places}) != 1:
        return set()
    wrong_type = {each for each in places if each[1] == "type"}
    return wrong_type or (places if len(places) == 1 else set())
