"""The files of a report folder, made from the results and the record of a run."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from conformance.journal import Record, unkept
from reports.results import ResultsError, dumps, load
from reports.words import Results

JOURNAL = "journal.ndjson"
PREVIOUS = "previous"
NAMES = (
    "results.json", "index.html", "junit.xml", "results.sarif", "summary.md", "exchanges.har",
    "profiles.csv",
)  # fmt: skip


def write(results: Results, directory: Path, record: Record | None = None) -> None:
    """Write every report into `directory`, each file whole or not at all.

    results.json comes first and is plain ASCII, so that lone surrogates survive a round trip. What
    changed is told beside the run in `previous/`, where there is one. Without a record there are no
    exchanges to show beside those of failures, no HAR, and no list of profiles.
    """
    # At the end of a run there is time for these imports, at its start there is none.
    from reports.changes import changes
    from reports.har import write_har
    from reports.html import render
    from reports.junit import junit
    from reports.markdown import markdown
    from reports.profiles import write_profiles
    from reports.sarif import sarif

    directory.mkdir(parents=True, exist_ok=True)
    before = _previous(directory)
    since = changes(before, results) if before is not None else None
    _write(directory / "results.json", dumps(results))
    _write(directory / "index.html", render(results, record, since))
    _write(directory / "junit.xml", junit(results))
    _write(directory / "results.sarif", sarif(results))
    _write(directory / "summary.md", markdown(results, since))
    if record is not None:
        with _whole(directory / "exchanges.har") as file:
            write_har(record, results, file)
        with _whole(directory / "profiles.csv") as file:
            write_profiles(record, unkept(sorted(directory.glob("journal*.ndjson"))), file)


def _previous(directory: Path) -> Results | None:
    """The results of the run before, None where there are none that can be read."""
    try:
        return load(directory / PREVIOUS)
    except (OSError, ResultsError):
        return None


def _write(path: Path, text: str) -> None:
    with _whole(path) as file:
        file.write(text)


@contextmanager
def _whole(path: Path) -> Iterator[IO[str]]:
    """A file that takes the place of `path` once it is written."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(
            handle, "w", encoding="utf-8", errors="backslashreplace", newline=""
        ) as file:
            yield file
        os.chmod(name, 0o666 & ~_umask())
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
