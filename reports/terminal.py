"""The short summary at the end of a run, in a terminal or a log."""

from __future__ import annotations

import shlex
from pathlib import Path

from rich.console import Console
from rich.text import Text

from reports.remarks import remarks
from reports.text import one_line, plural, short, unmarked
from reports.words import (
    Finding,
    Item,
    Results,
    clause,
    ending,
    findings,
    headline,
    mood,
    tally,
    tries,
    unverified,
)

SHOWN = 10
GROUPS = 4
CHOICES = 2
_ID_WIDTH = 44
_STYLE = {"fail": "bold red", "inconclusive": "bold yellow", "pass": "bold green"}


def summary(results: Results, console: Console, *, report: Path | str | None = None) -> None:
    """Print the answer, the worst findings and the next step.

    `report` is the path of the HTML report, where one was written. The words are the same with and
    without colour; nothing a target sent is read as markup or reaches the terminal as a control.
    """
    found = findings(results)
    say(console, Text(headline(results), _STYLE[mood(results)]))
    counted = " · ".join(f"{count:,} {word}" for word, count, _ in tally(results))
    say(console, Text(counted, "dim"))
    for remark in remarks(results):
        say(console, Text(one_line(remark)))
    width = min(_ID_WIDTH, max((len(each.requirement["id"]) for each in found[:SHOWN]), default=0))
    if found:
        console.print()
    for each in found[:SHOWN]:
        _finding(console, each, width)
    if len(found) > SHOWN:
        say(console, Text(f"and {len(found) - SHOWN:,} more in the report"), 8)
    _unverified(console, results)
    _choices(console, results)
    if report is not None or found:
        console.print()
    if report is not None:
        say(console, Text.assemble(("report  ", "dim"), str(report)))
    case = next((failure["case"] for each in found for failure in each.failures), None)
    if case is not None:
        again = f"adapty-conformance replay {shlex.quote(one_line(case))}"
        say(console, Text.assemble(("again   ", "dim"), again))


def _finding(console: Console, finding: Finding, width: int) -> None:
    item = finding.requirement
    first = finding.failures[0] if finding.failures else None
    message = one_line(item["statement"])
    key = one_line(item["id"])
    style = "red" if item["level"] == "must" else "yellow"
    head = Text.assemble((f"{item['level']:<8}", style), (key, "bold"))
    if max(width, len(key)) + 10 + len(message) <= console.width:
        head.append(" " * (width - len(key) + 2) + message)
        say(console, head)
    else:
        say(console, head)
        say(console, Text(message), 8)
    if first is not None:
        say(console, _evidence(first), 8)
    source = item["source"]
    where = f"(line {source['line']})"
    quote = f"“{short(unmarked(source['quote']), 100)}” {where}" if source["quote"] else None
    say(console, Text(quote or f"{one_line(source['pointer'])} {where}", "dim"), 8)
    if finding.explained:
        count = plural(len(finding.explained), "other broken promise", "other broken promises")
        say(console, Text(f"explains {count}"), 8)


def _evidence(failure: Item) -> Text:
    """What was sent and how it ended, and what is wrong with the end where that does not say it."""
    change, ends = failure["change"], ending(failure)
    actual = short(clause(failure["actual"]), 200)
    told = actual
    if change and ends:
        told = f"{short(change['words'], 200)}  →  {one_line(ends)}"
        told += "" if actual.startswith(one_line(ends)) or actual in told else f", {actual}"
    line = Text(f"{told}; expected: {short(clause(failure['expected']), 200)}")
    if failure["tries"] > 1:
        line.append(f" ({tries(failure)})", "dim")
    return line


def _unverified(console: Console, results: Results) -> None:
    groups = unverified(results)
    if not groups:
        return
    console.print()
    lines = [
        f"{plural(len(group.requirements), 'promise')}: {one_line(group.reason)}"
        for group in groups[:GROUPS]
    ]
    more = len(groups) - GROUPS
    if more > 0:
        lines.append(f"and for {plural(more, 'more reason')}, in the report")
    _labelled(console, "Not verified: ", lines)


def _choices(console: Console, results: Results) -> None:
    seen = [each for each in results["choices"] if each["observed"] is not None]
    lines = [
        f"{one_line(each['statement'])}: {short(clause(each['observed']), 100)}"
        for each in seen[:CHOICES]
    ]
    if len(seen) > CHOICES:
        lines.append(f"and {len(seen) - CHOICES} more in the report")
    _labelled(console, "Choices seen: ", lines)


def _labelled(console: Console, label: str, lines: list[str]) -> None:
    for line in lines:
        say(console, Text(label + line), hanging=len(label))
        label = " " * len(label)


def say(console: Console, text: Text, indent: int = 0, hanging: int = 0) -> None:
    """Print a line.

    In a terminal it is folded under its indent, what follows the first line `hanging` columns
    further in; in a pipe it stays one line.
    """
    if not console.is_terminal:
        console.print(Text(" " * indent) + text, highlight=False, soft_wrap=True)
        return
    width = max(20, console.width - indent)
    first, *more = text.wrap(console, width) or [text]
    if more:
        rest = text[len(first.plain.rstrip()) :]
        more = list(_unindented(rest).wrap(console, width - hanging))
    for number, line in enumerate([first, *more]):
        line.rstrip()
        start = " " * (indent + (hanging if number else 0))
        console.print(Text(start) + line, highlight=False, soft_wrap=True)


def _unindented(text: Text) -> Text:
    return text[len(text.plain) - len(text.plain.lstrip()) :]
