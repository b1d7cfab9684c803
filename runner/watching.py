"""What a fuzz shows while it goes on: one line in a terminal, a line now and then elsewhere."""

from __future__ import annotations

import json
import threading
import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.text import Text

from reports.text import duration, one_line, plural
from reports.writing import JOURNAL

EVERY = 10.0  # seconds between two lines where there is no terminal
_LOOK = 0.5  # seconds between two looks at the journals
_WANTED = ('{"kind":"batch"', '{"kind":"beat"', '{"kind":"found"')
_RECENT = 6  # looks over which requests a second are told


class Watch:
    """Reads the journals of a fuzz as they grow, in a thread, and prints how far it is."""

    def __init__(
        self, console: Console, directory: Path, *, promises: int, seconds: float | None
    ) -> None:
        """`promises` is how many there are, `seconds` the operator's limit of time."""
        self._console = console
        self._directory = directory
        self._promises = promises
        self._seconds = seconds
        self._read: dict[Path, int] = {}
        self._sent: dict[str, int] = {}
        self._found: set[str] = set()
        self._exercised = 0
        self._sent_at: deque[tuple[float, int]] = deque([(time.monotonic(), 0)], maxlen=_RECENT)
        self._began = self._told = time.monotonic()
        self._over = threading.Event()
        self._live = Live(Text(), console=console, transient=True, auto_refresh=False)
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def start(self) -> None:
        """Begin to watch."""
        if self._console.is_terminal:
            self._live.start()
        self._thread.start()

    def lost(self, worker: object) -> None:
        """Tell that a worker was lost; what it had noted stays, and another takes its place."""
        name = getattr(getattr(worker, "gateway", None), "id", "a worker")
        words = f"{'lost':<14} worker {name}; another takes its place"
        self._console.print(Text(words), highlight=False)

    def stop(self) -> None:
        """Look a last time, and leave the last line."""
        self._over.set()
        self._thread.join()
        self._look()
        if self._console.is_terminal:
            self._live.stop()
        self._console.print(self._line(time.monotonic() - self._began), highlight=False)

    def _watch(self) -> None:
        while not self._over.wait(_LOOK):
            self._look()
            now = time.monotonic()
            if self._console.is_terminal:
                self._live.update(self._line(now - self._began), refresh=True)
            elif now - self._told >= EVERY:
                self._told = now
                self._console.print(self._line(now - self._began), highlight=False)

    def _look(self) -> None:
        for note in self._notes():
            if note["kind"] != "found":
                self._sent[note["worker"]] = note["sent"]
                self._exercised = max(self._exercised, note["exercised"])
            elif note["requirement"] not in self._found:
                self._found.add(note["requirement"])
                spent = duration(time.monotonic() - self._began)
                words = f"{'found':<14} {one_line(note['requirement'])}  after {spent}"
                self._console.print(Text(words), highlight=False)

    def _notes(self) -> Iterator[dict[str, Any]]:
        """The notes that were written since the last look: whole lines only."""
        for path in [self._directory / JOURNAL, *self._directory.glob("journal-*.ndjson")]:
            try:
                with path.open("rb") as file:
                    file.seek(self._read.get(path, 0))
                    fresh = file.read()
            except OSError:
                continue
            whole = fresh[: fresh.rfind(b"\n") + 1]
            self._read[path] = self._read.get(path, 0) + len(whole)
            for line in whole.decode("ascii", "replace").splitlines():
                if line.startswith(_WANTED):
                    yield json.loads(line)

    def _line(self, passed: float) -> Text:
        sent, over = sum(self._sent.values()), self._over.is_set()
        told = [
            plural(sent, "request"),
            f"{sent / passed if over else self._rate(sent):,.0f}/s",
            f"{len(self._found):,} broken",
            f"{self._exercised:,}/{self._promises:,} exercised",
        ]
        if self._seconds is not None and not over:
            told.append(f"{duration(max(0.0, self._seconds - passed))} left")
        return Text(f"{'fuzz':<14} " if over else "fuzz  ") + Text(" · ".join(told))

    def _rate(self, sent: int) -> float:
        """Requests a second over the last looks."""
        now = time.monotonic()
        self._sent_at.append((now, sent))
        since, before = self._sent_at[0]
        return (sent - before) / max(now - since, 0.001)
