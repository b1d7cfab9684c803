"""How a server of the field is started: its packages, its process, its first answer.

Each runs in a process group and a scratch folder of its own, and gets the key in the environment.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import IO

HOST = "127.0.0.1"
HERE = Path(__file__).parent
ROOT = HERE.parents[2]
START_SECONDS = 60.0
INSTALL_SECONDS = 600.0

# Nothing of this may call home, ask a question or colour its output.
QUIET = {
    "CI": "true",
    "DO_NOT_TRACK": "1",
    "NO_COLOR": "1",
    "NO_UPDATE_NOTIFIER": "1",
    "NODE_ENV": "production",
}
# Settings of ours that would change what a server answers.
TOOLS = ("PRISM_", "MOCKOON_", "FLASK_", "DJANGO_", "UVICORN_", "GUNICORN_", "WEB_CONCURRENCY")


class FieldError(Exception):
    """A server that could not be installed or did not start; the message says what to do."""


def install() -> Path:
    """Install the pinned npm packages once and return the folder that holds `node_modules`.

    Safe to call from several processes. Raises FieldError, with the end of npm's output, where npm
    is missing or fails.
    """
    locked = HERE / "package-lock.json"
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        raise FieldError("this server needs Node.js 20 or later, and npm: install both")
    with locked.open("rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        wanted = hashlib.sha256(lock.read()).hexdigest()
        stamp = HERE / "node_modules" / ".installed"
        if stamp.is_file() and stamp.read_text() == wanted:
            return HERE
        done = subprocess.run(
            [npm, "ci", "--loglevel=error"],
            cwd=HERE,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "NO_UPDATE_NOTIFIER": "1"},
            timeout=INSTALL_SECONDS,
            check=False,
        )
        if done.returncode != 0:
            raise FieldError(f"npm ci failed in {HERE}:\n{done.stdout[-4000:]}")
        stamp.write_text(wanted)
    return HERE


@contextmanager
def started(name: str, command: Sequence[str], port: int, key: str) -> Iterator[str]:
    """The base URL of what `command` serves on that port, until the context ends.

    The whole process group is killed at the end. Raises FieldError, with the server's output, if
    it ends or does not answer within a minute.
    """
    with tempfile.TemporaryDirectory() as scratch, tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            command,
            cwd=scratch,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=_environment(os.environ, key),
            start_new_session=True,
        )
        try:
            _await_answer(name, process, port, output)
            yield f"http://{HOST}:{port}"
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def free_port() -> int:
    """A loopback port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def _environment(ours: Mapping[str, str], key: str) -> dict[str, str]:
    """The environment of a server: ours without settings that would change what it answers."""
    kept = {name: value for name, value in ours.items() if not name.startswith(TOOLS)}
    return {**kept, **QUIET, "PYTHONPATH": str(ROOT), "ADAPTY_API_KEY": key}


def _await_answer(
    name: str, process: subprocess.Popen[bytes], port: int, output: IO[bytes]
) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise FieldError(f"{name} ended with {process.returncode}:\n{_read(output)}")
        if _answers(port):
            return
        time.sleep(0.1)
    raise FieldError(f"{name} did not answer within {START_SECONDS:.0f} s:\n{_read(output)}")


def _answers(port: int) -> bool:
    """Whether anything answers HTTP there, asked on a path that the contract does not have."""
    connection = HTTPConnection(HOST, port, timeout=5)
    try:
        connection.request("GET", "/is-anyone-there")
        connection.getresponse().read()
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()
    return True


def _read(output: IO[bytes]) -> str:
    output.seek(0)
    return output.read().decode(errors="replace")[-4000:]
