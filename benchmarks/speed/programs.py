"""The servers that are sent to and the commands that are measured, in processes of their own."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks.power.processes import completed, serving

SUITE = (sys.executable, "-m", "runner.cli")
LIMIT = 900.0  # seconds, then a command has failed


class CommandFailed(Exception):
    """A command that is measured did not do what it should; the message has its last words."""


@dataclass(frozen=True)
class Way:
    """How much is measured, and where what is written meanwhile goes.

    `rounds` of everything that is repeated, `seconds` that a tool gets in each, `budget` in which
    a fault is to be found, `faults` to be found, `requests` of the longest run.
    """

    folder: Path
    seed: int = 1
    rounds: int = 5
    seconds: float = 10.0
    budget: float = 15.0
    faults: int = 30
    requests: int = 200_000


@contextmanager
def mock(folder: Path) -> Iterator[str]:
    """The embedded mock, as its command serves it; yields its base URL."""
    command = [*SUITE, "mock", "--port", "0"]
    with serving(command, folder / "mock.txt", "serving POST ") as url:
        yield "{0.scheme}://{0.netloc}".format(urlsplit(url.split()[0]))


@contextmanager
def lean(
    folder: Path, delay: float = 0.0, record: Path | None = None, count: Path | None = None
) -> Iterator[str]:
    """The lean server, its answers after `delay` milliseconds; yields its base URL.

    What it recorded is whole once the block has ended.
    """
    command = [sys.executable, "-m", "benchmarks.speed.lean", "--delay", str(delay)]
    for option, path in (("--record", record), ("--count", count)):
        if path is not None:
            command += [option, str(path)]
    with serving(command, folder / "lean.txt") as url:
        yield url


def done(
    command: Sequence[str], folder: Path, name: str, right: Sequence[int] = (0,)
) -> tuple[float, float]:
    """Run a command in a folder; when it began, by the clock, and the seconds that it took.

    Raises CommandFailed for another exit code than those that are `right`.
    """
    log = folder / f"{name}.txt"
    began, start = time.time(), time.monotonic()
    code = completed(command, folder, log, LIMIT)
    took = time.monotonic() - start
    if code not in right:
        said = log.read_text("utf-8", "replace").strip().splitlines()
        raise CommandFailed(f"{name} ended with {code}: {said[-1] if said else 'it said nothing'}")
    return began, took


def fuzz(url: str, report: Path, way: Way, *more: str) -> list[str]:
    """The suite's fuzzing of a URL, as a command."""
    options = ["--seed", str(way.seed), "--report-dir", str(report)]
    return [*SUITE, "fuzz", url, *options, *more]
