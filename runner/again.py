"""`report`: the reports of a folder, made again from its journal."""

from __future__ import annotations

import sys
from pathlib import Path

from rich.console import Console

from reports.terminal import summary
from reports.writing import JOURNAL
from runner.concluding import conclude, told
from runner.folder import recorded
from runner.settings import UsageError
from spec.document import SpecError
from spec.loader import load


def again(directory: Path, spec: str | None) -> int:
    """Judge what was recorded in `directory` once more, write every report, tell the answer; 0.

    The document is the one that the run was given, or `spec`. Raises UsageError when the folder
    holds no record of a run, or the document is another edition.
    """
    if not (directory / JOURNAL).is_file():
        raise UsageError(f"{directory} holds no {JOURNAL}; name the folder of a report")
    try:
        return _again(directory, spec)
    except OSError as error:
        place = error.filename or directory
        raise UsageError(
            f"cannot make the reports of {directory}: {place}: {error.strerror}"
        ) from error


def _again(directory: Path, spec: str | None) -> int:
    record = recorded(directory)
    given = spec or told(record, directory)["settings"]["spec"]
    try:
        contract = load(Path(given) if given else None)
    except SpecError as error:
        raise UsageError(f"{error}; name it with --spec") from error
    content = conclude(directory, contract, record=record)
    console = Console(highlight=False, soft_wrap=not sys.stdout.isatty())
    summary(content, console, report=directory / "index.html")
    return 0
