"""A whole command in a process of its own: how it ended, how long it took, how much it used."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reports.results import load
from reports.writing import JOURNAL, NAMES
from tests.support import PROGRAM, environment

# A process between us and the command: Linux counts to a new process the memory of the one that
# began it, and this one is small.
_BETWEEN = """
import resource, subprocess, sys
try:
    code = subprocess.run(sys.argv[2:], stdout=sys.stderr, timeout=float(sys.argv[1])).returncode
except subprocess.TimeoutExpired:
    code = -1
print(code, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""
MUCH_TOO_LONG = 120.0  # seconds after which a command is killed


@dataclass(frozen=True)
class Ended:
    """How a command ended: its exit code, -1 where it was killed after MUCH_TOO_LONG, and the most
    memory that it or a process of its own had; what it said, and its results."""

    code: int
    seconds: float
    megabytes: float
    requests: int
    missing: tuple[str, ...]
    content: dict[str, Any]
    said: str


def measured(url: str, folder: Path, *options: str) -> Ended:
    """Judge `url` with the command line, from `folder`.

    Raises OSError or ResultsError where it left no results that are valid by their schema.
    """
    report = folder / "report"
    command: Sequence[str | Path] = (PROGRAM, "run", url, "--report-dir", report, *options)
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", _BETWEEN, str(MUCH_TOO_LONG), *command], cwd=folder,
        env=environment(), capture_output=True, text=True, check=True,
    )  # fmt: skip
    took = time.monotonic() - began
    code, kilobytes = map(int, done.stdout.split())
    with (report / JOURNAL).open("rb") as lines:
        sent = sum(line.startswith(b'{"kind":"exchange"') for line in lines)
    missing = tuple(name for name in (*NAMES, JOURNAL) if not (report / name).is_file())
    return Ended(code, took, kilobytes / 1024, sent, missing, load(report), done.stderr)
