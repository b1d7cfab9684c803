"""The page and its charts, from what was measured."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Sequence

from benchmarks.speed import charts
from benchmarks.speed.figures import (
    Results,
    found_by,
    median_of,
    number,
    ratios,
    seconds_to,
    targets,
)

SENDERS = {
    "suite": "adapty-conformance",
    "tasks": "httpx.AsyncClient",
    "threads": "httpx.Client, threads",
}
PEER = "Schemathesis"
_HEAD = """\
This page was written by a program; do not edit it. Run again:

    {command}

{facts} Everything ran on this one machine, servers too, each in a process of its own, one
measurement after the other. Rates are medians of rounds."""


def markdown(results: Results) -> str:
    """The whole page."""
    parts = ["# How fast the suite is", _how(results), _targets(results)]
    parts += [write(results[name]) for name, write in _SECTIONS.items() if name in results]
    return "\n\n".join(filter(None, parts)) + "\n"


def pictures(results: Results) -> dict[str, str]:
    """The charts that the page shows, by the names of their files."""
    found = {}
    if "fuzz" in results:
        told = results["fuzz"]
        rows: list[charts.Bar] = [
            (f"{SENDERS['suite']} fuzz", median_of(told["rounds"], "suite"), True),
            (f"bare {SENDERS['tasks']}", median_of(told["rounds"], "tasks"), False),
            (f"{PEER}, fuzzing", statistics.median(told["peer"]), False),
        ]
        found["speed-fuzz.svg"] = charts.bars("Fuzzing", "requests a second", rows)
    if "faults" in results:
        told = results["faults"]
        drawn: list[charts.Line] = []
        for tool, words in (("suite", SENDERS["suite"]), ("peer", PEER)):
            seconds = [each[tool]["seconds"] for each in told["rows"] if each[tool]]
            drawn.append((words, charts.steps(seconds, told["budget"]), tool == "suite"))
        most = (told["budget"], float(len(told["rows"])))
        title = f"Faults found, of {len(told['rows'])}"
        found["speed-faults.svg"] = charts.lines(title, "seconds since the start", most, drawn)
    if "memory" in results:
        told = results["memory"]
        line: charts.Line = ("all processes", [tuple(each) for each in told["curve"]], True)
        most = (float(told["requests"]), 50.0 * math.ceil(told["peak_mb"] / 50))
        found["speed-memory.svg"] = charts.lines("Resident memory, MB", "requests", most, [line])
    return found


def _how(results: Results) -> str:
    meta = results["meta"]
    facts = (
        f"adapty-conformance {meta['suite']}, Schemathesis {meta['schemathesis']}, HTTPX "
        f"{meta['httpx']}, Python {meta['python']}, {meta['date']}, {meta['cores']} cores, seed "
        f"{meta['seed']}, measured in {meta['minutes']:.0f} minutes."
    )
    skipped = [f"`{name}` was not measured: {why}." for name, why in meta["skipped"].items()]
    return "\n\n".join([_HEAD.format(command=meta["command"], facts=facts), *skipped])


def _targets(results: Results) -> str:
    told = targets(results)
    rows = [
        [
            each.words, f"{number(each.figure)}{each.unit}",
            f"{each.sense} {number(each.bound)}{each.unit}", "met" if each.met else "**missed**",
        ]
        for each in told
    ]  # fmt: skip
    return _grid(["what", "measured", "target", ""], rows) if rows else ""


def _deterministic(told: Results) -> str:
    rows = []
    for server, words in (("mock", "embedded mock"), ("lean", "lean server")):
        rounds = told[server]["rounds"]
        for name, sender in SENDERS.items():
            over = sorted(ratios(rounds, "suite", name))
            spread = f"{over[0]:.2f} to {over[-1]:.2f}"
            own = "" if name == "suite" else f"{statistics.median(over):.2f} ({spread})"
            rows.append([words, sender, number(median_of(rounds, name)), own])
    return _section(
        "The deterministic phase",
        f"From the first of {told['lean']['requests']} requests to the verdicts, "
        f"{told['concurrency']} requests at a time, in {len(told['lean']['rounds'])} rounds. The "
        "bare loops send the same bytes and look at no answer. The last column is the suite's rate "
        "over that of the loop, round by round: the median, and the least to the most.",
        _grid(["server", "sender", "requests/s", "suite over it"], rows),
    )


def _fuzz(told: Results) -> str:
    rounds, peer = told["rounds"], statistics.median(told["peer"])
    own = median_of(rounds, "suite")
    bare = statistics.median(ratios(rounds, "suite", "tasks"))
    rows = [
        [f"`{SENDERS['suite']} fuzz`, one worker", number(own), ""],
        [f"{SENDERS['tasks']}, the same bytes", number(median_of(rounds, "tasks")), f"{bare:.2f}"],
        [f"{PEER}, its fuzzing phase", number(peer), number(own / peer) if peer else ""],
    ]
    return _section(
        "Fuzzing",
        "Requests a second as the lean server saw them, without the start of a tool: from the "
        "second request, for the first is our preflight, to the last. "
        f"{told['concurrency']} requests at a time, but {PEER} has one worker and sends one at a "
        "time. It has the document that `docs/power.md` calls corrected.",
        "![Requests a second while fuzzing](speed-fuzz.svg)",
        _grid(["sender", "requests/s", "suite over it"], rows),
    )


def _faults(told: Results) -> str:
    rows, budget = told["rows"], told["budget"]
    both = (("suite", f"`{SENDERS['suite']} fuzz`"), ("peer", PEER))
    lines = []
    for tool, words in both:
        requests = [each[tool]["requests"] for each in rows if each[tool]]
        lines.append(
            [
                words, f"{found_by(rows, tool)} of {len(rows)}",
                f"{statistics.median(seconds_to(rows, tool, budget)):.1f}",
                number(statistics.median(requests)) if requests else "–",
            ]
        )  # fmt: skip
    warm = [
        f"{statistics.median(seconds_to(rows, tool, budget, warm=True)):.2f}" for tool, _ in both
    ]
    usual = ", ".join(told["usual"]) or "nothing"
    each_fault = [
        [f"`{each['server']}`", *(_moment(each[tool]) for tool, _ in both)] for each in rows
    ]
    return _section(
        "Time to a fault",
        f"{len(rows)} faulty servers of the battery behind `docs/power.md`, chosen by the digests "
        f"of their names, as many of each group; {number(budget)} s for each, from the start of "
        f"the process. `fuzz` has found a fault when it says that a promise is broken which the "
        f"server breaks; {PEER} when it reports any failure that it does not report of a "
        f"conformant server ({usual}). A fault that was not found counts as the whole time.",
        "![Faults found over time](speed-faults.svg)",
        _grid(["tool", "found", "median seconds", "median requests, where found"], lines),
        f"Counted from the first request of each tool, the median is {warm[0]} s for `fuzz` and "
        f"{warm[1]} s for {PEER}.",
        _grid(["server", *(words for _, words in both)], each_fault),
    )


def _moment(found: Results | None) -> str:
    return f"{found['seconds']:.1f} s, {found['requests']:,} requests" if found else "–"


def _keywords(told: Results) -> str:
    rows = [
        [
            words, number(told[tool]["requests"]), *(
                f"{len(told[tool][name])} of {len(told['all'])}" for name in ("keywords", "alone")
            ),
            ", ".join(f"`{key}`" for key in told["all"] if key not in told[tool]["alone"])
            or "none",
        ]
        for tool, words in (("suite", f"`{SENDERS['suite']} fuzz`"), ("peer", PEER))
    ]  # fmt: skip
    return _section(
        "Keywords broken",
        "Keywords of the request's schema, each where it stands, that at least one body broke "
        f"within {number(told['seconds'])} s, computed from the bytes that the server received. "
        "Only a body that breaks one keyword alone shows that this keyword is looked at.",
        _grid(["tool", "requests", "broken", "broken alone", "never alone"], rows),
    )


def _scaling(told: Results) -> str:
    rows = [
        [str(row["concurrency"]), *(number(median_of(row["rounds"], n)) for n in ("1", "2")),
         f"{statistics.median(ratios(row['rounds'], '2', '1')):.2f}"]
        for row in told["rows"]
    ]  # fmt: skip
    return _section(
        "Workers",
        f"`fuzz` against the lean server, which waits {number(told['delay'])} ms before each "
        "answer; requests a second as it saw them in the later half of the time.",
        _grid(["requests at a time, each worker", "one worker", "two workers", "ratio"], rows),
        "The more requests a worker has under way, the less it waits; two workers and the server "
        "share the cores of this machine.",
    )


def _memory(told: Results) -> str:
    return _section(
        "Memory",
        f"One `fuzz` of {told['requests']:,} requests took {number(told['seconds'])} s. At most "
        f"{number(told['early_mb'])} MB until request {told['early']:,}, "
        f"{number(told['late_mb'])} MB until the last one, {number(told['peak_mb'])} MB when the "
        "reports were written; resident memory of all its processes, added up.",
        "![Resident memory by requests](speed-memory.svg)",
    )


def _start(told: Results) -> str:
    words = {"help": "`adapty-conformance --help`", "run": "`adapty-conformance run`, the mock"}
    rows = [
        [line, f"{statistics.median(told[name]):.2f}", f"{min(told[name]):.2f}",
         f"{max(told[name]):.2f}"]
        for name, line in words.items()
    ]  # fmt: skip
    return _section("Start", "", _grid(["command", "median seconds", "least", "most"], rows))


_SECTIONS: dict[str, Callable[[Results], str]] = {
    "deterministic": _deterministic,
    "fuzz": _fuzz,
    "faults": _faults,
    "keywords": _keywords,
    "scaling": _scaling,
    "memory": _memory,
    "start": _start,
}


def _section(title: str, *parts: str) -> str:
    return "\n\n".join([f"## {title}", *filter(None, parts)])


def _grid(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
