"""A server that takes 10 requests a second and answers 429 beyond: whole runs by two workers."""

from __future__ import annotations

import time
from collections import Counter, deque
from pathlib import Path

import pytest
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Scope

from tests.support import command, mock, results

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


@pytest.mark.parametrize("told", [True, False], ids=["Retry-After", "silent"])
def test_no_verdict_is_lost_and_hardly_a_request_over_the_limit(told: bool, tmp_path: Path) -> None:
    server = Throttling(told)
    with mock(twist=server) as url:
        run = command("run", url, "--workers", "2", cwd=tmp_path)
    assert run.returncode == 0, run.stdout
    content = results(tmp_path)
    verdicts = content["summary"]["verdicts"]
    assert verdicts["fail"] == verdicts["inconclusive"] == 0
    assert content["summary"]["complete"]
    assert server.seen["throttled"] <= 0.05 * server.seen.total(), server.seen
