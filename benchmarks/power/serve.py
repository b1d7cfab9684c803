"""Serve an implementation from the field in a process of its own: prints its URL, until SIGTERM."""

from __future__ import annotations

import os
import signal
import sys
from types import FrameType

from benchmarks.power.field import serving


def _end(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def main(name: str) -> int:
    """Serve until a signal; what the implementation started is ended then."""
    signal.signal(signal.SIGTERM, _end)
    try:
        with serving(name, os.environ["ADAPTY_API_KEY"]) as url:
            print(url, flush=True)
            signal.pause()
    except KeyboardInterrupt:
        return 0
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
