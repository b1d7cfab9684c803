"""Many targets side by side as Markdown: for a comment, or the summary of a CI job."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reports import words
from reports.markup import cell, code, fitting, prose, table
from reports.matrix import ABSENT, DIFFERENT, Target, headline, rows
from reports.text import number

ROWS = 100
_BYTES = 60_000  # GitHub takes 65,536 characters for a comment


def matrix_markdown(targets: Sequence[Target], *, limit: int = _BYTES) -> str:
    """The answer of each target, and a table of the promises that differ; at most `limit` bytes."""
    return fitting(_blocks(targets), limit)


def _blocks(targets: Sequence[Target]) -> Iterator[str]:
    names = [cell(each.name, 40) for each in targets]
    yield f"## {headline(targets)}"
    yield table(
        ("Target", "Answer", "URL"),
        [
            (name, cell(words.headline(each.results)), code(each.results["target"]["url"], 120))
            for name, each in zip(names, targets, strict=True)
        ],
    )
    differing = [row for row in rows(targets) if DIFFERENT in row.answers]
    if differing:
        yield table(
            ("Promise", *names),
            [
                (
                    f"{prose(row.requirement['statement'], 120)} "
                    f"{code(row.requirement['id'], 120)}",
                    *(words.WORDS[each["verdict"]] if each else ABSENT for each in row.found),
                )
                for row in differing[:ROWS]
            ],
        )
    if len(differing) > ROWS:
        yield f"{number(len(differing) - ROWS)} more differ, on the page."
