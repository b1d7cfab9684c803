"""What becomes of a whole run against each hostile or broken server of the suite's own tests.

`python -m benchmarks.hostile` runs them all and writes docs/hostile.md; with names or globs, it
runs those and prints the page. It exits with 1 when a run takes too long or too much, leaves no
whole report, or says what no fair judge may say. Nothing leaves this machine.
"""

from __future__ import annotations

import datetime
import importlib.metadata
import os
import platform
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from tests.hostile import AFTER, MEGABYTES, MORE, SERVERS, complaints
from tests.measuring import Ended, measured
from tests.support import failing, verdicts

PAGE = Path(__file__).resolve().parent.parent / "docs" / "hostile.md"
TIMEOUT = 1
TIMES = 3  # the limit of time of a run, as a multiple of what the tests give to a part of it


@dataclass(frozen=True)
class Row:
    """How a run ended against a server that was right at first, or not."""

    name: str
    right_first: int
    words: str
    ended: Ended
    wrong: tuple[str, ...]


def run(name: str, right_first: int) -> Row:
    """A whole run."""
    server, limit = SERVERS[name], TIMES * SERVERS[name].seconds
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        with server.opened(right_first, path) as (url, options):
            limits = ("--time", f"{limit}s", "--timeout", str(TIMEOUT))
            ended = measured(url, path, *limits, *options)
        wrong = tuple(complaints(server, right_first, ended, limit))
    print(f"{name}, {right_first} right: {'; '.join(wrong) or 'as it ought to'}", file=sys.stderr)
    return Row(name, right_first, words(ended, url), ended, wrong)


def words(ended: Ended, url: str) -> str:
    """The verdict of a run in words."""
    found = list(verdicts(ended.content).values())
    broken, unsure = sorted(failing(ended.content)), found.count("inconclusive")
    stopped = (ended.content["run"]["stopped"] or "").replace(url, "the target")
    names = ", ".join(f"`{each}`" for each in broken[:4])
    more = f" and {len(broken) - 4} more" if len(broken) > 4 else ""
    told = [
        stopped,
        f"breaks {names}{more}" if broken else "",
        f"{unsure} promises inconclusive" if unsure else "",
        "" if broken or stopped else f"{found.count('pass')} promises kept, none broken",
    ]
    return "; ".join(filter(None, told))


def markdown(rows: Sequence[Row]) -> str:
    """The whole page."""
    return "\n".join([*_head(rows), *map(_line, rows), ""])


def _head(rows: Sequence[Row]) -> Iterator[str]:
    wrong = [f"{row.name}: {each}" for row in rows for each in row.wrong]
    suite = importlib.metadata.version("adapty-conformance")
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    yield f"""\
# What hostile and broken servers bring about

This page was written by a program; do not edit it. Run again:

    python -m benchmarks.hostile

adapty-conformance {suite}, Python {platform.python_version()}, {today}, {os.cpu_count()} cores, \
one run at a time, `--timeout {TIMEOUT}`, `--time {TIMES * 20}s` for most.

Each server gives the answers of the embedded mock in a hostile or broken way: from the first one
on, or after {AFTER} right ones. A run has to end within its limit of time and {MORE:.0f} seconds,
with at most {MEGABYTES:.0f} MB of memory and every report, and may say of a server only what is
true of it. A server that is merely unusual has to pass. Nothing may follow a redirect or send
anything where the certificate is not trusted. Seconds and megabytes are those of the whole command.

**{"; ".join(wrong) if wrong else f"All {len(rows)} runs ended as they ought to."}**

| server | hostile | how the run ended | exit code | seconds | peak MB | requests |
| --- | --- | --- | --- | --- | --- | --- |"""


def _line(row: Row) -> str:
    ended, server = row.ended, SERVERS[row.name]
    when = f"after {row.right_first}" if row.right_first else "at once"
    cells = [
        row.name, "no, unusual" if server.conformant else when, row.words.replace("|", "\\|"),
        str(ended.code), f"{ended.seconds:.1f}", f"{ended.megabytes:.0f}", str(ended.requests),
    ]  # fmt: skip
    return f"| {' | '.join(cells)} |"


def main(globs: Sequence[str]) -> int:
    """Run, then write the page, or print it where only some were asked for; the exit code."""
    names = [n for n in SERVERS if not globs or any(fnmatchcase(n, glob) for glob in globs)]
    if not names:
        print(f"no server matches; there are {', '.join(SERVERS)}", file=sys.stderr)
        return 2
    turns = [
        (name, right)
        for name in names
        for right in ((0, AFTER) if SERVERS[name].late else (0,))
    ]  # fmt: skip
    rows = [run(name, right) for name, right in turns]  # one by one: the servers share this process
    if globs:
        print(markdown(rows))
    else:
        PAGE.write_text(markdown(rows), "utf-8")
    return 1 if any(row.wrong for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
