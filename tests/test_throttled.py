"""A server that takes 10 requests a second and answers 429 beyond: whole runs by two workers."""

from __future__ import annotations

import subprocess
import time
from collections import Counter, deque
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import pytest
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Scope

from tests.support import command, mock, results

pytestmark = pytest.mark.long

LIMIT = 10  # requests in any second


class Throttling:
    """Lets through what is within the limit."""

    def __init__(self, told: bool) -> None:
        self.told = told
        self.taken: deque[float] = deque()
        self.seen: Counter[str] = Counter()

    def __call__(self, _: Scope, _body: bytes) -> ASGIApp | None:
        now = time.monotonic()
        while self.taken and self.taken[0] <= now - 1:
            self.taken.popleft()
        if len(self.taken) < LIMIT:
            self.taken.append(now)
            self.seen["taken"] += 1
            return None
        self.seen["throttled"] += 1
        return JSONResponse({}, 429, {"Retry-After": "1"} if self.told else None)


def test_no_verdict_is_lost_and_hardly_a_request_over_the_limit(tmp_path: Path) -> None:
    """Two targets at the same moment, for most of a run is waiting."""
    servers = {"told": Throttling(told=True), "silent": Throttling(told=False)}
    runs: dict[str, Future[subprocess.CompletedProcess[str]]] = {}
    with ExitStack() as stack:
        pool = stack.enter_context(ThreadPoolExecutor())
        for name, server in servers.items():
            (folder := tmp_path / name).mkdir()
            url = stack.enter_context(mock(twist=server))
            run = partial(command, "run", url, "--workers", "2", cwd=folder, seconds=400)
            runs[name] = pool.submit(run)
        ended = {name: run.result() for name, run in runs.items()}
    for name, server in servers.items():
        assert ended[name].returncode == 0, ended[name].stdout
        content = results(tmp_path / name)
        verdicts = content["summary"]["verdicts"]
        assert verdicts["fail"] == verdicts["inconclusive"] == 0
        assert content["summary"]["complete"]
        assert 0 < server.seen["throttled"] <= 0.05 * server.seen.total(), server.seen
