"""What the processes of a fuzz share out among them, so that none repeats or exceeds another.

A claim is a file that only one process can make. There is no other state: a process that is killed
loses what it had claimed and no more.
"""

from __future__ import annotations

import os
from pathlib import Path

CLAIMS = ".fuzz"  # in the report folder while a fuzz goes on
_BLOCKS = 50  # parts, for each process, in which requests are given out
_LARGEST = 1000


class Claims:
    """The batches and the requests of one fuzz."""

    def __init__(self, directory: Path, requests: int, processes: int) -> None:
        """`requests` is the most that all processes may send together, 0 for no limit."""
        self._folder = directory / CLAIMS
        self._folder.mkdir(exist_ok=True)
        self._requests = requests
        self._block = max(1, min(_LARGEST, requests // (_BLOCKS * processes)))
        self._next = {"batch": 0, "requests": 0}

    def batch(self) -> int:
        """The number of the next batch that nobody has."""
        return self._claim("batch")

    def requests(self) -> int:
        """How many more requests this process may send: 0 when all are given out."""
        if self._next["requests"] * self._block >= self._requests:
            return 0
        number = self._claim("requests")
        return max(0, min(self._block, self._requests - number * self._block))

    def _claim(self, kind: str) -> int:
        while True:
            number = self._next[kind]
            self._next[kind] += 1
            try:
                os.close(os.open(self._folder / f"{kind}-{number}", os.O_CREAT | os.O_EXCL))
            except FileExistsError:
                continue
            return number
