"""What the samples come to: ratios, medians, and the targets that they meet or miss. Pure."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from reports.text import plural

Results = Mapping[str, Any]
"""What was measured, by section, and under `meta` how."""


@dataclass(frozen=True)
class Target:
    """A figure beside what it should be, `at least`, `at most` or `below` a bound."""

    section: str
    words: str
    figure: float
    sense: Literal["at least", "at most", "below", "more than"]
    bound: float
    unit: str = ""

    @property
    def met(self) -> bool:
        """Whether the figure is as it should be."""
        match self.sense:
            case "at least":
                return self.figure >= self.bound
            case "at most":
                return self.figure <= self.bound
            case "below":
                return self.figure < self.bound
            case "more than":
                return self.figure > self.bound

    def __str__(self) -> str:
        bound = f"{self.sense} {number(self.bound)}{self.unit}"
        return f"{self.words}: {number(self.figure)}{self.unit} ({bound})"


def number(value: float) -> str:
    """A figure with as many digits as it deserves."""
    return f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.3g}"


def ratios(rounds: Sequence[Mapping[str, float]], over: str, under: str) -> list[float]:
    """One sender's rate over another's, round by round; 0 where there is none."""
    return [each[over] / each[under] if each[under] else 0.0 for each in rounds]


def median_of(rounds: Sequence[Mapping[str, float]], name: str) -> float:
    """The median of one sender's rates."""
    return statistics.median(each[name] for each in rounds)


def seconds_to(
    rows: Sequence[Mapping[str, Any]], tool: str, budget: float, *, warm: bool = False
) -> list[float]:
    """The seconds until a tool found each fault; the budget where it did not.

    They count from the start of the process, or where it is `warm` from its first request.
    """
    found = [each[tool] for each in rows]
    return [
        each["seconds"] - (each["first"] if warm else 0.0) if each else budget for each in found
    ]


def found_by(rows: Sequence[Mapping[str, Any]], tool: str) -> int:
    """How many of the faults a tool found."""
    return sum(each[tool] is not None for each in rows)


def targets(results: Results) -> list[Target]:
    """Every target of the sections that were measured."""
    found = []
    for section, of in _TARGETS.items():
        if section in results:
            found += [Target(section, *each) for each in of(results[section])]
    return found


def _deterministic(told: Results) -> list[tuple[Any, ...]]:
    return [
        (
            f"the deterministic phase over a bare AsyncClient, against the {words}",
            statistics.median(ratios(told[name]["rounds"], "suite", "tasks")), "at least", 0.8,
        )
        for name, words in (("mock", "embedded mock"), ("lean", "lean server"))
    ]  # fmt: skip


def _fuzz(told: Results) -> list[tuple[Any, ...]]:
    own, peer = median_of(told["rounds"], "suite"), statistics.median(told["peer"])
    return [
        ("fuzzing over Schemathesis' fuzzing phase", own / peer if peer else 0.0, "at least", 20),
        (
            "fuzzing over a bare AsyncClient",
            statistics.median(ratios(told["rounds"], "suite", "tasks")), "at least", 0.5,
        ),
    ]  # fmt: skip


def _faults(told: Results) -> list[tuple[Any, ...]]:
    rows, budget = told["rows"], told["budget"]
    medians = {
        warm: [statistics.median(seconds_to(rows, t, budget, warm=warm)) for t in ("suite", "peer")]
        for warm in (False, True)
    }
    words = "median time to a fault over Schemathesis'"
    return [
        (words, medians[False][0] / medians[False][1], "at most", 0.2),
        (f"{words}, from the first request", medians[True][0] / medians[True][1], "at most", 0.2),
        ("faults found", found_by(rows, "suite"), "more than", found_by(rows, "peer")),
    ]


def _scaling(told: Results) -> list[tuple[Any, ...]]:
    return [
        (
            f"two workers over one, {plural(row['concurrency'], 'request')} at a time each",
            statistics.median(ratios(row["rounds"], "2", "1")), "at least", 1.6,
        )
        for row in told["rows"]
    ]  # fmt: skip


def _memory(told: Results) -> list[tuple[Any, ...]]:
    words = f"growth from {told['early']:,} requests to {told['requests']:,}"
    return [(words, told["late_mb"] - told["early_mb"], "below", 50, " MB")]


def _start(told: Results) -> list[tuple[Any, ...]]:
    return [
        ("`adapty-conformance --help`", statistics.median(told["help"]), "below", 0.3, " s"),
        ("`adapty-conformance run`", statistics.median(told["run"]), "below", 5, " s"),
    ]


_TARGETS: dict[str, Callable[[Results], list[tuple[Any, ...]]]] = {
    "deterministic": _deterministic,
    "fuzz": _fuzz,
    "faults": _faults,
    "scaling": _scaling,
    "memory": _memory,
    "start": _start,
}
