"""Measure how fast the suite is, write the page; exit 1 when a target is missed, or a section."""

from __future__ import annotations

import argparse
import datetime
import importlib.metadata
import json
import os
import platform
import shlex
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.power.processes import ROOT, ServerError
from benchmarks.speed import (
    deterministic,
    faults,
    fuzzing,
    keywords,
    memory,
    page,
    scaling,
    start,
)
from benchmarks.speed.figures import Results, targets
from benchmarks.speed.programs import CommandFailed, Way

DOCS = ROOT / "docs"
PAGE = "speed.md"
SECTIONS: Mapping[str, Callable[[Way, Callable[[str], None]], dict[str, Any]]] = {
    "deterministic": deterministic.measure,
    "fuzz": fuzzing.measure,
    "faults": faults.measure,
    "keywords": keywords.measure,
    "scaling": scaling.measure,
    "memory": memory.measure,
    "start": start.measure,
}
_USUAL = Way(Path())
_OPTIONS = {
    "rounds": "of what is repeated",
    "seconds": "that a tool gets in each round",
    "budget": "seconds in which a fault is to be found",
    "faults": "how many are to be found",
    "requests": "of the run whose memory is looked at",
    "seed": "of both tools",
}


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = argparse.ArgumentParser(prog="python -m benchmarks.speed", description=__doc__)
    made.add_argument("section", nargs="*", help=f"all without one: {', '.join(SECTIONS)}")
    for name, words in _OPTIONS.items():
        usual = getattr(_USUAL, name)
        made.add_argument(
            f"--{name}", type=type(usual), default=usual, metavar="N", help=f"{words}; {usual:g}"
        )
    made.add_argument("--json", type=Path, metavar="FILE", help="keep what was measured there")
    made.add_argument(
        "--read", type=Path, nargs="+", metavar="FILE",
        help="measure nothing: the page of what was kept; of a section, the last file has it",
    )  # fmt: skip
    made.add_argument(
        "--output", type=Path, metavar="DIR",
        help="where page and charts go; docs/ when everything is measured, else it is printed",
    )  # fmt: skip
    return made


def main(arguments: Sequence[str]) -> int:
    """Measure, print progress on stderr, write the page; returns the exit code."""
    options = parser().parse_args(arguments)
    unknown = [name for name in options.section if name not in SECTIONS]
    if unknown:
        print(f"no section {unknown[0]}; there are {', '.join(SECTIONS)}", file=sys.stderr)
        return 2
    if options.read:
        kept = [json.loads(each.read_text("utf-8")) for each in options.read]
        return told(joined(kept), options.output)
    names = [name for name in SECTIONS if name in options.section or not options.section]
    with tempfile.TemporaryDirectory(prefix="speed-") as folder:
        way = Way(Path(folder), **{name: getattr(options, name) for name in _OPTIONS})
        results = measured(names, way, options)
    return told(results, options.output)


def joined(kept: Sequence[Results]) -> Results:
    """The sections of several measurements, of each the last; `meta` says how they were made."""
    first, *later = kept
    meta = dict(first["meta"])
    if later:
        every = [each["meta"] for each in kept]
        meta["command"] = "\n    ".join(dict.fromkeys(each["command"] for each in every))
        meta["minutes"] = sum(each["minutes"] for each in every)
    found = {name: each[name] for each in kept for name in SECTIONS if name in each}
    return {"meta": meta, **{name: found[name] for name in SECTIONS if name in found}}


def measured(names: Sequence[str], way: Way, options: argparse.Namespace) -> Results:
    """The sections, one after the other; what is done is kept as it comes.

    Where a command or a server failed, the section is left out, and `meta` says why.
    """
    began = time.monotonic()
    results: dict[str, Any] = {"meta": _meta(options)}
    for name in names:
        try:
            results[name] = SECTIONS[name](way, partial(_say, name))
        except (CommandFailed, ServerError) as error:
            results["meta"]["skipped"][name] = str(error)
            _say(name, f"not measured: {error}")
        results["meta"]["minutes"] = (time.monotonic() - began) / 60
        if options.json:
            options.json.write_text(json.dumps(results, indent=1), "utf-8")
    return results


def _say(section: str, words: str) -> None:
    print(f"{time.strftime('%H:%M:%S')}  {section}: {words}", file=sys.stderr, flush=True)


def _meta(options: argparse.Namespace) -> dict[str, Any]:
    words = ["python", "-m", "benchmarks.speed", *options.section]
    for name in _OPTIONS:
        if getattr(options, name) != getattr(_USUAL, name):
            words += [f"--{name}", f"{getattr(options, name):g}"]
    return {
        "command": shlex.join(words),
        "suite": importlib.metadata.version("adapty-conformance"),
        "schemathesis": importlib.metadata.version("schemathesis"),
        "httpx": importlib.metadata.version("httpx"),
        "python": platform.python_version(),
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "cores": os.cpu_count() or 1,
        "seed": options.seed,
        "skipped": {},
    }


def told(results: Results, folder: Path | None) -> int:
    """Write the page and its charts, or print it where not everything is in it and no folder is
    named; returns the exit code."""
    if folder is None and set(SECTIONS) <= set(results):
        folder = DOCS
    if folder is None:
        print(page.markdown(results))
    else:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in {PAGE: page.markdown(results), **page.pictures(results)}.items():
            (folder / name).write_text(text, "utf-8")
        print(f"page: {folder / PAGE}", file=sys.stderr)
    missed = [each for each in targets(results) if not each.met]
    for each in missed:
        print(f"missed: {each}", file=sys.stderr)
    return 1 if missed or results["meta"]["skipped"] else 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
