"""Run every server, write the table; exit 1 when the suite does not do as well as it should."""

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
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from benchmarks.power import run
from benchmarks.power.battery import SERVERS
from benchmarks.power.field import FIELD
from benchmarks.power.processes import ROOT, ServerError, end_all
from benchmarks.power.score import (
    FieldRow,
    Row,
    Table,
    added,
    complaints,
    differences,
    dumped,
    joined,
    loaded,
    spread,
)
from benchmarks.power.table import markdown

PAGE = ROOT / "docs" / "power.md"
ROWS = "rows.json"
GROUPS = {
    **{name: server.group for name, server in SERVERS.items()},
    **dict.fromkeys(FIELD, "field"),
}


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = argparse.ArgumentParser(prog="python -m benchmarks.power", description=__doc__)
    made.add_argument("glob", nargs="*", help="names or groups of servers; all without one")
    made.add_argument("--list", action="store_true", help="list the servers that would be run")
    made.add_argument("--sample", type=int, metavar="N", help="N servers, spread over the groups")
    made.add_argument("--seed", type=int, default=1, help="of the suite and its peers")
    made.add_argument("--phases", default="", help="which phases of the suite; all without it")
    made.add_argument(
        "--suite-workers", type=int, default=0, metavar="N", help="as run --workers; 0 without it"
    )
    made.add_argument(
        "--workers", type=int, default=os.cpu_count() or 1, metavar="N",
        help="servers at a time; the number of cores without it",
    )  # fmt: skip
    made.add_argument(
        "--timeout", type=float, default=run.TIMEOUT, metavar="SECONDS",
        help="that a server of the battery has for an answer; give more on a busy machine",
    )  # fmt: skip
    made.add_argument("--no-peer", action="store_true", help="the suite only, no Schemathesis")
    made.add_argument(
        "--peer-sample", type=int, metavar="N",
        help="Schemathesis on N of the servers, spread over the groups; on all without it",
    )  # fmt: skip
    made.add_argument("--keep", type=Path, metavar="DIR", help="keep reports, logs and rows there")
    made.add_argument(
        "--output", type=Path, metavar="FILE",
        help="where the table goes; docs/power.md when everything is run, else it is printed",
    )  # fmt: skip
    made.add_argument(
        "--compare", type=Path, nargs="+", metavar="DIR",
        help="run nothing: say where kept runs of the same servers disagree",
    )  # fmt: skip
    made.add_argument(
        "--join", type=Path, nargs="+", metavar="DIR",
        help="run nothing: one table of kept runs; the last to have a server counts",
    )  # fmt: skip
    return made


def main(arguments: Sequence[str]) -> int:
    """Run, print progress on stderr, write the table; returns the exit code."""
    options = parser().parse_args(arguments)
    if options.compare:
        return compare(options.compare)
    if options.join:
        return told(joined([_read(path) for path in options.join], list(GROUPS)), options.output)
    names = chosen(GROUPS, options.glob, options.sample)
    if not names:
        print(f"no server matches {' '.join(options.glob)}; --list shows them", file=sys.stderr)
        return 2
    if options.list:
        for name in names:
            about = SERVERS[name].about if name in SERVERS else FIELD[name].about
            print(f"{GROUPS[name]:<16}{name:<56}  {about}")
        return 0
    with tempfile.TemporaryDirectory(prefix="power-") as temporary:
        way = run.Way(
            folder=(options.keep or Path(temporary)).resolve(),
            seed=options.seed,
            phases=options.phases,
            suite_workers=options.suite_workers,
            timeout=options.timeout,
            heard=frozenset(
                () if options.no_peer else chosen(GROUPS, options.glob, options.peer_sample)
            ),
        )
        table = measure(names, way, options.workers, command(options))
    return told(table, options.output)


def chosen(groups: Mapping[str, str], globs: Sequence[str], count: int | None) -> list[str]:
    """The names that a glob matches, or whose group it matches, at most `count` of them."""
    found = {
        name: group
        for name, group in groups.items()
        if not globs or any(fnmatchcase(name, g) or fnmatchcase(group, g) for g in globs)
    }
    return list(found) if count is None else spread(found, count)


def command(options: argparse.Namespace) -> str:
    """The command that gives the same table; without where things are kept."""
    words = ["python", "-m", "benchmarks.power", *options.glob]
    for name in ("sample", "seed", "phases", "suite_workers", "workers", "timeout", "peer_sample"):
        value = getattr(options, name)
        if value != parser().get_default(name):
            words += ["--" + name.replace("_", "-"), str(value)]
    if options.no_peer:
        words.append("--no-peer")
    return shlex.join(words)


def measure(names: Sequence[str], way: run.Way, jobs: int, line: str) -> Table:
    """Run everything, some at a time; the rows are in the order of the names.

    What is done is kept in the folder as it comes, so that a broken run is not lost.
    """
    way.folder.mkdir(parents=True, exist_ok=True)
    table = Table(_meta(way, jobs, line))
    with ThreadPoolExecutor(jobs) as pool:
        waiting = {pool.submit(_one, name, way): name for name in names}
        try:
            for count, done in enumerate(as_completed(waiting), 1):
                name, row = waiting[done], None
                try:
                    row = done.result()
                    table = added(table, row, names)
                except ServerError as error:
                    table.meta["skipped"][name] = str(error)
                print(f"{count:>5}/{len(names)}  {name}: {_in_short(row)}", file=sys.stderr)
                (way.folder / ROWS).write_text(json.dumps(dumped(table), indent=1), "utf-8")
        except BaseException:  # Ctrl-C ends what runs, rather than waiting for it
            pool.shutdown(wait=False, cancel_futures=True)
            end_all()
            raise
    return table


def _meta(way: run.Way, jobs: int, line: str) -> dict[str, Any]:
    return {
        "commands": [line],
        "suite": importlib.metadata.version("adapty-conformance"),
        "schemathesis": importlib.metadata.version("schemathesis"),
        "python": platform.python_version(),
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "cores": os.cpu_count() or 1,
        "jobs": jobs,
        "seed": way.seed,
        "phases": way.phases,
        "suite_workers": way.suite_workers,
        "skipped": {},
    }


def _one(name: str, way: run.Way) -> Row | FieldRow:
    if name in SERVERS:
        return run.known(SERVERS[name], way)
    return run.from_the_field(FIELD[name], way)


def _in_short(row: Row | FieldRow | None) -> str:
    if row is None:
        return "not run"
    said = ", ".join(row.measured.findings[:3]) or row.measured.note or "nothing"
    if isinstance(row, FieldRow):
        return f"{len(row.missed)} missed, {len(row.unlisted)} not listed"
    if row.conformant:
        return f"ACCUSED of {said}" if row.accused else "clean"
    return said if row.named_right else f"{'WRONG NAME' if row.found else 'MISSED'}: {said}"


def compare(paths: Sequence[Path]) -> int:
    """Say where kept rows of the same servers disagree; exit 1 when they do anywhere."""
    found = differences([_read(path) for path in paths])
    for each in found:
        print(each)
    print("the runs disagree" if found else "the same promises failed in every run")
    return 1 if found else 0


def _read(path: Path) -> Table:
    content: Any = json.loads((path / ROWS if path.is_dir() else path).read_bytes())
    return loaded(content)


def told(table: Table, path: Path | None) -> int:
    """Write the table, or print it where no file is named and not everything is in it; returns the
    exit code."""
    rows: list[Row | FieldRow] = [*table.rows, *table.field]
    if path is None and GROUPS.keys() == {row.name for row in rows} | table.meta["skipped"].keys():
        path = PAGE
    if path is None:
        print(markdown(table))
    else:
        path.write_text(markdown(table), "utf-8")
        print(f"table: {path}", file=sys.stderr)
    found = complaints(table)
    for each in found:
        print(each, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
