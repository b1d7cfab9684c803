"""`known`: the list of known deviations that a team starts from, out of a report."""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from reports.results import ResultsError, load
from reports.text import one_line, plural, short
from reports.words import Item, Results, findings
from runner.settings import UsageError

DAYS = 90  # until an entry ends, so that somebody looks again
_HEAD = """\
# What {url}
# is known to break, by the run {id} of {day}: {count}. A reason is for whoever reads it next year;
# after its last day (until) an entry excuses nothing. Use it with --known.
"""


def start(source: Path, output: Path | None) -> int:
    """Print the list that excuses what the report in `source` says is broken, or write it.

    Raises UsageError where there is no report, or `output` exists.
    """
    try:
        results = load(source)
    except OSError as error:
        raise UsageError(f"cannot read --from {source}: {error.strerror}") from error
    except ResultsError as error:
        raise UsageError(f"--from {source} is no results.json of this version: {error}") from error
    text = listing(results)
    if output is None:
        click.echo(text.encode(), nl=False)  # UTF-8 wherever it goes
        return 0
    try:
        with output.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as error:
        raise UsageError(f"--output {output} exists; name a new file") from error
    except OSError as error:
        raise UsageError(f"cannot write --output {output}: {error.strerror}") from error
    return 0


def listing(results: Results) -> str:
    """The list as YAML: the entries that the run had and that still hold, then what it saw broken,
    each finding with the promises that it explains."""
    started = datetime.date.fromisoformat(results["run"]["started"][:10])
    until = started + datetime.timedelta(days=DAYS)
    entries = [_kept(each) for each in results.get("deviations", ()) if each["state"] == "holds"]
    searched = "fuzz" in results
    for finding in findings(results):
        entries.append(_entry(finding.requirement, until, searched))
        entries += [
            _entry(each, until, searched, "with the one above") for each in finding.explained
        ]
    head = _HEAD.format(
        url=one_line(results["target"]["url"]), id=results["run"]["id"], day=started,
        count=plural(len(entries), "entry", "entries"),
    )  # fmt: skip
    return head + ("\n" + "\n".join(entries) if entries else "[]\n")


def _kept(told: Mapping[str, Any]) -> str:
    until = told["until"] and datetime.date.fromisoformat(told["until"])
    return _yaml(told["requirement"], told["reason"], until, told["flaky"], told["level"])


def _entry(item: Item, until: datetime.date, searched: bool, about: str = "") -> str:
    """The entry of a broken promise. What a search found, the next one need not come by."""
    failures = item["failures"]
    flaky = searched or all(each["flaky"] for each in failures)
    comments = [f"# {one_line(item['statement'])}"]
    comments += [f"# {about or short(failures[0]['message'], 200)}"] if failures else []
    told = _yaml(item["id"], f"Not explained yet ({item['level']}).", until, flaky)
    return "\n".join([*comments, told])


def _yaml(
    requirement: str,
    reason: str,
    until: datetime.date | None,
    flaky: bool,
    level: str | None = None,
) -> str:
    lines = [
        f"- requirement: {json.dumps(requirement)}",
        f"  reason: {json.dumps(reason, ensure_ascii=False)}",
        f"  until: {until}" if until else "",
        f"  level: {level}" if level else "",
        "  flaky: true" if flaky else "",
    ]
    return "\n".join(filter(None, lines)) + "\n"
