"""Programs in process groups of their own: a server while a block runs, a command until it ends."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
KEY = "secret_live_0123456789abcdef"  # of the servers here alone, all of them on loopback
_START_SECONDS = 240.0  # the first one of the field installs its programs
_STOP_SECONDS = 5.0
_running: set[subprocess.Popen[bytes]] = set()
_ended = threading.Event()


class ServerError(Exception):
    """A server did not start; the message is what it said last."""


def environment() -> dict[str, str]:
    """This process's environment without what would change a run, or make it compile every module
    anew, and with the key."""
    gone = ("PYTEST", "ADAPTY", "PYTHONDONTWRITEBYTECODE")
    kept = {k: v for k, v in os.environ.items() if not k.startswith(gone)}
    return {**kept, "ADAPTY_API_KEY": KEY, "PYTHONUNBUFFERED": "1"}


@contextmanager
def server(module: str, name: str, log: Path) -> Iterator[str]:
    """The server `name` of a module that prints its URL first; yields the URL.

    Whatever it started is gone when the block ends. Raises ServerError when it does not start.
    """
    with serving([sys.executable, "-m", module, name], log) as url:
        yield url


@contextmanager
def serving(command: Sequence[str], log: Path, before: str = "") -> Iterator[str]:
    """As `server`, for any command; `before` is what stands before the URL in its line."""
    log.parent.mkdir(parents=True, exist_ok=True)
    process = _start(command, ROOT, log)
    try:
        yield _url(process, log, before)
    finally:
        _stop(process)


def completed(command: Sequence[str], cwd: Path, log: Path, limit: float) -> int | None:
    """Run a command; its exit code, or None when it took longer than `limit` seconds."""
    cwd.mkdir(parents=True, exist_ok=True)
    process = _start(command, cwd, log)
    try:
        return process.wait(limit)
    except subprocess.TimeoutExpired:
        return None
    finally:
        _stop(process)


def end_all() -> None:
    """End what runs, from another thread, and start nothing any more."""
    _ended.set()
    for process in list(_running):
        with contextlib.suppress(ProcessLookupError):
            process.terminate()


def _start(command: Sequence[str], cwd: Path, log: Path) -> subprocess.Popen[bytes]:
    if _ended.is_set():
        raise ServerError("interrupted")
    with log.open("wb") as file:
        process = subprocess.Popen(
            command, cwd=cwd, env=environment(), stdin=subprocess.DEVNULL, stdout=file,
            stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
    _running.add(process)
    return process


def _url(process: subprocess.Popen[bytes], log: Path, before: str) -> str:
    end = time.monotonic() + _START_SECONDS
    while time.monotonic() < end:
        *lines, _ = log.read_text("utf-8", "replace").split("\n")  # the last one is not whole yet
        if url := next((line for line in lines if line.startswith(f"{before}http://")), None):
            return url.removeprefix(before)
        if process.poll() is not None:
            break
        time.sleep(0.05)
    said = log.read_text("utf-8", "replace").strip().splitlines()
    raise ServerError(said[-1] if said else "it said nothing")


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End the process, gently first, so that it can end what it started; then its whole group."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_STOP_SECONDS)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    _running.discard(process)
