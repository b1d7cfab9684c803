"""The folder of a report: made ready for a run, and the journals in it made one."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from conformance.exchanges import Exchange
from conformance.journal import Record, read
from reports.writing import JOURNAL, NAMES, PREVIOUS
from runner.claims import CLAIMS
from runner.settings import UsageError

HALT = ".halt"  # in the report folder while a run goes on that one process may end for all
THROTTLE = ".throttle"  # what the processes of a run learn of the target's limit
OURS = {JOURNAL, PREVIOUS, *NAMES}


def prepare(directory: Path) -> Path:
    """Make `directory` ready for a run: an earlier run moves to `previous`. Twice is as once.

    Raises UsageError when something else lies in it.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
        left = {name for name in os.listdir(directory) if _is_left(name)}
        names = set(os.listdir(directory)) - left
        foreign = sorted(n for n in names - OURS if not n.startswith("journal-"))
        if foreign:
            raise UsageError(
                f"--report-dir {directory} holds {foreign[0]}, which is no report; "
                "name an empty or a new folder"
            )
        for name in left - {CLAIMS}:
            (directory / name).unlink()
        shutil.rmtree(directory / CLAIMS, ignore_errors=True)
        if names - {PREVIOUS}:
            previous = directory / PREVIOUS
            shutil.rmtree(previous, ignore_errors=True)
            previous.mkdir()
            for name in names - {PREVIOUS}:
                (directory / name).rename(previous / name)
        with tempfile.TemporaryFile(dir=directory):
            pass
    except OSError as error:
        raise UsageError(
            f"cannot write to --report-dir {directory}: {error.strerror}; "
            "name a folder that can be written to"
        ) from error
    return directory.resolve()


def _is_left(name: str) -> bool:
    """Whether a killed run left this: its sign to stop, or a report that it was writing."""
    written = re.fullmatch(r"\.(.+)\.[a-z0-9_]{8}", name)  # as tempfile names them
    return (
        name.startswith(THROTTLE)
        or name in (HALT, CLAIMS)
        or (written is not None and written[1] in NAMES)
    )


def join(directory: Path) -> None:
    """Append the journals of a run's workers to the controlling process's, once they have ended."""
    main = directory / JOURNAL
    for path in _of_workers(directory):
        with main.open("ab") as file, path.open("rb") as part:
            shutil.copyfileobj(part, file)
            if part.tell() and (part.seek(-1, os.SEEK_END), part.read())[1] != b"\n":
                file.write(b"\n")
        path.unlink()


def recorded(directory: Path, known: Mapping[str, Exchange] | None = None) -> Record:
    """What the journals of a run tell, those of workers too, which a killed run leaves apart; as
    `read`."""
    return read([directory / JOURNAL, *_of_workers(directory)], known)


def _of_workers(directory: Path) -> list[Path]:
    return sorted(directory.glob("journal-*.ndjson"))
