"""Mock servers that nobody here wrote, started from the vendor's document.

`with serving("prism", document) as url:` in a test, or `python tests/real_mocks.py prism` in a
terminal. Their packages are pinned in `mocks/`; docs/mocks.md says what each keeps and breaks.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import IO

HOST = "127.0.0.1"
PACKAGES = Path(__file__).parent / "mocks"
DOCUMENT = Path(__file__).parent.parent / "spec" / "create-profile.openapi.yaml"
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


class MockError(Exception):
    """A mock server that could not be installed or did not start; the message says what to do."""


@dataclass(frozen=True)
class Mock:
    """One mock server: the package it comes in, the command that serves a document on a port."""

    package: str
    command: Callable[[Path, int], list[str]]


def _prism(document: Path, port: int) -> list[str]:
    program = "node_modules/.bin/prism"
    return [program, "mock", "--host", HOST, "--port", str(port), "-v", "warn", str(document)]


def _mockoon(document: Path, port: int) -> list[str]:
    program = "node_modules/.bin/mockoon-cli"
    files = ["--data", str(document), "--disable-external-refs", "--disable-log-to-file"]
    return [program, "start", *files, "--disable-admin-api", "-l", HOST, "-p", str(port)]


def _scalar(document: Path, port: int) -> list[str]:
    return ["node", "scalar.mjs", str(document), str(port)]


MOCKS: dict[str, Mock] = {
    "prism": Mock("@stoplight/prism-cli", _prism),
    "mockoon": Mock("@mockoon/cli", _mockoon),
    "scalar": Mock("@scalar/mock-server", _scalar),
}


def install() -> Path:
    """Install the pinned packages once and return the folder that holds `node_modules`.

    Safe to call from several processes. Raises MockError, with the end of npm's output, where npm
    is missing or fails.
    """
    locked = PACKAGES / "package-lock.json"
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        raise MockError("the mock servers need Node.js 18.20 or later, and npm: install both")
    with locked.open("rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        wanted = hashlib.sha256(lock.read()).hexdigest()
        stamp = PACKAGES / "node_modules" / ".installed"
        if stamp.is_file() and stamp.read_text() == wanted:
            return PACKAGES
        done = subprocess.run(
            [npm, "ci", "--loglevel=error"],
            cwd=PACKAGES,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "NO_UPDATE_NOTIFIER": "1"},
            timeout=INSTALL_SECONDS,
            check=False,
        )
        if done.returncode != 0:
            raise MockError(f"npm ci failed in {PACKAGES}:\n{done.stdout[-4000:]}")
        stamp.write_text(wanted)
    return PACKAGES


@contextmanager
def serving(name: str, document: Path = DOCUMENT) -> Iterator[str]:
    """Serve `document` with the mock of that name on a free loopback port; yields its base URL.

    The mock runs in a process group of its own, all of which is killed at the end. Raises
    MockError, with the mock's output, if it does not answer within a minute.
    """
    folder, port = install(), _free_port()
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            MOCKS[name].command(document.resolve(), port),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=_environment(os.environ),
            start_new_session=True,
        )
        try:
            _await_answer(name, process, port, output)
            yield f"http://{HOST}:{port}"
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _environment(ours: Mapping[str, str]) -> dict[str, str]:
    """The environment of a mock: ours without settings that would change what it answers."""
    kept = {key: value for key, value in ours.items() if not key.startswith(("PRISM_", "MOCKOON_"))}
    return {**kept, **QUIET}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def _await_answer(
    name: str, process: subprocess.Popen[bytes], port: int, output: IO[bytes]
) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise MockError(f"{name} ended with {process.returncode}:\n{_read(output)}")
        if _answers(port):
            return
        time.sleep(0.1)
    raise MockError(f"{name} did not answer within {START_SECONDS:.0f} s:\n{_read(output)}")


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


def main(arguments: list[str]) -> int:
    """Serve one mock until Ctrl-C or SIGTERM."""
    if not arguments or arguments[0] not in MOCKS or len(arguments) > 2:
        print(f"usage: python tests/real_mocks.py {'|'.join(MOCKS)} [DOCUMENT]", file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    document = Path(arguments[1]) if len(arguments) == 2 else DOCUMENT
    try:
        with serving(arguments[0], document) as url:
            print(url, flush=True)
            signal.pause()
    except KeyboardInterrupt:
        return 0
    except MockError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
