"""How long commands take from a shell's prompt to the next."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.speed.programs import SUITE, Way, done

ROUNDS = 5
COMMANDS = {"help": ("--help",), "run": ("run",)}


def measure(way: Way, say: Callable[[str], None]) -> dict[str, Any]:
    """Seconds of each command, some times; each in an empty folder."""
    found: dict[str, Any] = {}
    for name, words in COMMANDS.items():
        taken = []
        for _ in range(ROUNDS):
            with tempfile.TemporaryDirectory(dir=way.folder) as folder:
                taken.append(done([*SUITE, *words], Path(folder), name)[1])
        found[name] = taken
        say(f"{name}: {', '.join(f'{each:.2f}' for each in taken)} s")
    return found
