"""`diff`: what changed between two runs, in a terminal or as Markdown."""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console
from rich.text import Text

from reports.changes import (
    Change,
    Changes,
    changes,
    groups,
    headline,
    reasons,
    rooted,
    seen,
    turn,
)
from reports.markdown import changes_markdown
from reports.results import ResultsError, load
from reports.terminal import say
from reports.text import capital, number, one_line, plural, short
from reports.words import Results
from reports.writing import JOURNAL, PREVIOUS
from runner.settings import UsageError

SHOWN, LISTED = 10, 5
_INDENT = 8


def difference(old: Path, new: Path | None = None, *, markdown: bool = False) -> int:
    """Print what changed; 1 when a promise is newly broken, else 0.

    With one folder, from the run before that it keeps to the run in it. Raises UsageError when
    there is nothing to compare.
    """
    if new is None:
        old, new = _kept(old), old
    changed = changes(_read(old), _read(new))
    if markdown:
        click.echo(changes_markdown(changed).encode(), nl=False)  # UTF-8 wherever it goes
    else:
        tell(changed, Console(highlight=False))
    return 1 if changed.broken else 0


def _kept(folder: Path) -> Path:
    """The run before that a folder keeps."""
    previous = folder / PREVIOUS
    if previous.is_dir():
        return previous
    _read(folder)
    if folder.is_file():
        raise UsageError(f"{folder} is one file; name the earlier results as well: diff OLD NEW")
    raise UsageError(f"{folder} keeps no run before its last one; name both: diff OLD NEW")


def _read(path: Path) -> Results:
    try:
        return load(path)
    except OSError as error:
        why = error.strerror or type(error).__name__
        if (path / JOURNAL).is_file():
            why += f"; adapty-conformance report {path} makes them of its journal"
        raise UsageError(f"cannot read the results {error.filename or path}: {why}") from error
    except ResultsError as error:
        why = one_line(str(error), 600)
        raise UsageError(f"cannot read the results {path}: {why}") from error


def tell(changed: Changes, console: Console) -> None:
    """Print the answer, what is newly broken with what shows it, then the rest.

    The words are the same with and without colour; nothing that a target sent is read as markup or
    reaches the terminal as a control.
    """
    better = bool(changed.fixed) and "bold green"
    style = "bold red" if changed.broken else better or "bold"
    say(console, Text(headline(changed), style))
    for caveat in changed.caveats:
        say(console, Text(one_line(caveat), "yellow"))
    if changed.still:
        words = plural(len(changed.still), "promise is", "promises are")
        say(console, Text(f"{words} still broken.", "dim"))
    for name, group in groups(changed):
        console.print()
        say(console, Text(capital(name), "bold"))
        if group is changed.broken:
            _broken(console, changed)
        elif group is changed.lost:
            lines = [f"{plural(n, 'promise')}: {one_line(why)}" for why, n in reasons(group)]
            _lines(console, [Text(each) for each in lines], LISTED)
        else:
            told = group in (changed.fixed, changed.excused, changed.gained)
            shown = SHOWN if group is changed.fixed else LISTED
            _lines(console, [_entry(each, told) for each in group], shown)
    if changed.choices:
        console.print()
        say(console, Text("Choices", "bold"))
        lines = [
            f"{one_line(each.statement)}: {' → '.join(short(one, 80) for one in seen(each))}"
            for each in changed.choices
        ]
        _lines(console, [Text(each) for each in lines], LISTED)


def _broken(console: Console, changed: Changes) -> None:
    found = rooted(changed)
    for each, following in found[:SHOWN]:
        style = "red" if each.level == "must" else "yellow"
        head = Text.assemble((f"{each.level:<{_INDENT}}", style), (one_line(each.id), "bold"))
        say(console, head.append(f"  {turn(each)}"))
        say(console, Text(one_line(each.statement)), _INDENT)
        if each.failure is not None:
            change, actual = each.failure["change"], short(each.failure["actual"], 200)
            sent = f"{short(change['words'], 200)}  →  " if change else ""
            say(console, Text(f"{sent}{actual.removesuffix('.')}"), _INDENT)
        if following:
            say(console, Text(f"explains {plural(len(following), 'other')}", "dim"), _INDENT)
    if len(found) > SHOWN:
        say(console, Text(f"and {number(len(found) - SHOWN)} more"), _INDENT)


def _entry(change: Change, told: bool) -> Text:
    """A line on one promise, with its verdicts where the heading does not tell them."""
    line = Text.assemble((one_line(change.id), "bold"), f"  {one_line(change.statement)}")
    return line if told else line.append(f"  {turn(change)}", "dim")


def _lines(console: Console, lines: list[Text], shown: int) -> None:
    for each in lines[:shown]:
        say(console, each, _INDENT)
    if len(lines) > shown:
        say(console, Text(f"and {number(len(lines) - shown)} more"), _INDENT)
