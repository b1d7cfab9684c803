"""`matrix`: the reports of several targets side by side on one page."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from urllib.parse import quote

import click
from rich.console import Console
from rich.text import Text

from reports import words
from reports.matrix import Target, headline
from reports.matrix_markdown import matrix_markdown
from reports.matrix_page import render
from reports.results import ResultsError, load
from reports.text import one_line
from runner.settings import UsageError


def matrix(
    folders: Sequence[str], reference: str | None, output: Path, *, markdown: bool = False
) -> int:
    """Write the page of the report folders, each `DIR` or `NAME=DIR`; tell each one's answer; 0.

    With `markdown`, what differs is printed as Markdown, and nothing else.

    Raises UsageError with fewer than two, with one that holds no results, with two of the same
    name, with a `reference` that is none of the names, or when the page cannot be written.
    """
    if len(folders) < 2:
        raise UsageError("a matrix takes two report folders or more: adapty-conformance matrix A B")
    named = [_named(each) for each in folders]
    _check(named, reference)
    targets = [Target(name, _results(path), _link(path, output)) for name, path in named]
    try:
        output.write_text(render(targets, reference), encoding="utf-8", newline="")
    except OSError as error:
        raise UsageError(
            f"cannot write --output {output}: {error.strerror}; name a file that can be written"
        ) from error
    if markdown:
        click.echo(matrix_markdown(targets).encode(), nl=False)  # UTF-8 wherever it goes
    else:
        _tell(targets, output)
    return 0


def _named(argument: str) -> tuple[str, Path]:
    """The name and the path of `NAME=DIR`, or of `DIR`; a folder that is there is no NAME=DIR."""
    name, equals, rest = argument.partition("=")
    if name and equals and not Path(argument).exists():
        return name, Path(rest)
    path = Path(os.path.abspath(argument))
    return (path.parent if path.is_file() else path).name or argument, Path(argument)


def _check(named: Iterable[tuple[str, Path]], reference: str | None) -> None:
    names = Counter(name for name, _ in named)
    name, count = names.most_common(1)[0]
    if count > 1:
        raise UsageError(f"{count} targets are named {name}; name them apart: NAME=DIR")
    if reference is not None and reference not in names:
        raise UsageError(f"--reference {reference} is none of the targets: {', '.join(names)}")


def _results(path: Path) -> words.Results:
    if not (path if path.is_file() else path / "results.json").is_file():
        raise UsageError(f"{path} holds no results.json; name the folder of a report")
    try:
        return load(path)
    except (OSError, ResultsError) as error:
        raise UsageError(f"cannot read the results {path}: {error}") from error


def _link(path: Path, output: Path) -> str | None:
    """The way from the page to the target's own report, where that lies below the page's folder."""
    page = (path.parent if path.is_file() else path).resolve() / "index.html"
    folder = output.resolve().parent
    if not page.is_file() or not page.is_relative_to(folder):
        return None
    return quote(os.fsencode(page.relative_to(folder).as_posix()))


def _tell(targets: Sequence[Target], output: Path) -> None:
    console = Console(highlight=False, soft_wrap=True)
    console.print(Text(headline(targets), "bold"))
    width = max(len(one_line(each.name)) for each in targets)
    for each in targets:
        name = one_line(each.name).ljust(width)
        console.print(Text.assemble(name, "  ", words.headline(each.results)))
    console.print()
    console.print(Text.assemble(("report  ", "dim"), one_line(str(output), 4096)))
