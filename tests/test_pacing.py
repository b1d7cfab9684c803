"""How a run holds back where a target throttles: simulated, so that minutes take no time."""

from __future__ import annotations

import heapq
import random
from collections import deque
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import pytest

from conformance.pacing import Pace

LATENCY = 0.003
Limiter = Callable[[float], float | None]
"""Whether a request that comes then is taken (None), or after how many seconds one would be."""


def sliding(limit: int, window: float) -> Limiter:
    """At most `limit` requests in any `window` seconds."""
    taken: deque[float] = deque()

    def decide(now: float) -> float | None:
        while taken and taken[0] <= now - window:
            taken.popleft()
        if len(taken) < limit:
            taken.append(now)
            return None
        return taken[0] + window - now

    return decide


def windows(limit: int, window: float) -> Limiter:
    """At most `limit` requests in each `window` of the clock."""
    counts: dict[int, int] = {}

    def decide(now: float) -> float | None:
        here = int(now / window)
        if counts.get(here, 0) < limit:
            counts[here] = counts.get(here, 0) + 1
            return None
        return (here + 1) * window - now

    return decide


def bucket(limit: int, window: float) -> Limiter:
    """A bucket of `limit` tokens that is filled evenly, once in `window`."""
    level, last = float(limit), 0.0

    def decide(now: float) -> float | None:
        nonlocal level, last
        level, last = min(limit, level + (now - last) * limit / window), now
        if level >= 1:
            level -= 1
            return None
        return (1 - level) * window / limit

    return decide


class Run:
    """A run of `requests` by `processes`, each with so many under way at the same moment."""

    def __init__(
        self, folder: Path, limiter: Limiter, *, processes: int, requests: int = 400,
        told: bool = True, slots: int = 12, own: Callable[[int], bool] = lambda _: False,
    ) -> None:  # fmt: skip
        """`told` says whether a refusal says how long; `own` which requests are never taken."""
        self.limiter, self.told, self.own = limiter, told, own
        self.sent = self.throttled = self.given_up = 0
        self.end = 0.0
        self._left, self._rng = iter(range(requests)), random.Random(1)
        self._paces = [Pace(0.0, folder / "throttle", processes) for _ in range(processes)]
        self._queues: list[deque[tuple[int, int]]] = [deque() for _ in self._paces]
        self._room = [slots - 2] * processes  # an answer makes room for one more
        self._events: list[tuple[float, int, int, int]] = []  # when, who, which request, attempt
        for who in range(processes):
            self._next(0.001 * who, who, 2)
        while self._events:
            now, who, request, attempt = heapq.heappop(self._events)
            if request >= 0:
                self._queues[who].append((request, attempt))
            self._send(now, who)

    def _next(self, now: float, who: int, count: int) -> None:
        for request in islice(self._left, count):
            heapq.heappush(self._events, (now, who, request, 0))

    def _send(self, now: float, who: int) -> None:
        """As a client does: one after another, the first in the queue as soon as it may."""
        queue, pace = self._queues[who], self._paces[who]
        while queue:
            if (wait := pace.wait(now)) > 0:
                heapq.heappush(self._events, (now + wait, who, -1, 0))
                return
            pace.took(now)
            self._answer(now, who, *queue.popleft())

    def _answer(self, now: float, who: int, request: int, attempt: int) -> None:
        self.sent += 1
        mine = self.own(request)
        after = 60.0 if mine else self.limiter(now)
        answered = self.end = now + LATENCY
        if after is None:
            self._paces[who].passed(attempt)
            more = self._room[who] > 0
            self._room[who] -= more
            self._next(answered, who, 1 + more)
            return
        self.throttled += 1
        seconds = 2.0**attempt * self._rng.uniform(0.5, 1.0) if mine or not self.told else after
        told = self.told and not mine
        wait = self._paces[who].throttled(now, answered, min(30.0, seconds), attempt, told=told)
        if attempt < 4:
            heapq.heappush(self._events, (answered + wait, who, request, attempt + 1))
        else:
            self.given_up += 1
            self._next(answered, who, 1)


@pytest.mark.parametrize("processes", [1, 2])
@pytest.mark.parametrize("told", [True, False], ids=["Retry-After", "silent"])
@pytest.mark.parametrize("kind", [sliding, windows, bucket])
@pytest.mark.parametrize("limit", [5, 10, 50])
def test_hardly_a_request_is_over_the_limit(
    kind: Callable[[int, float], Limiter], limit: int, told: bool, processes: int, tmp_path: Path
) -> None:
    run = Run(tmp_path, kind(limit, 1.0), processes=processes, told=told)
    assert run.given_up == 0
    assert run.throttled <= 0.05 * run.sent
    assert run.end < 2.5 * 400 / limit + 10


def test_a_limit_of_a_minute_is_kept_too(tmp_path: Path) -> None:
    run = Run(tmp_path, windows(120, 60.0), processes=2)
    assert run.given_up == 0
    assert run.throttled <= 0.05 * run.sent
    assert run.end < 2.5 * 200


def test_what_is_refused_with_429_whenever_it_comes_slows_nothing_else(tmp_path: Path) -> None:
    run = Run(tmp_path, lambda _: None, processes=1, own=lambda n: n % 10 == 3)
    assert run.given_up == 40
    assert run.end < 90  # of which the last of them waits 25 s by itself


@pytest.mark.parametrize("told", [True, False], ids=["Retry-After", "silent"])
@pytest.mark.parametrize("each", [2, 5, 20])
def test_a_target_that_throttles_every_so_many_requests_is_not_sent_fewer_and_fewer(
    each: int, told: bool, tmp_path: Path
) -> None:
    count = 0

    def every(_: float) -> float | None:
        nonlocal count
        count += 1
        return 1.0 if count % each == 0 else None

    run = Run(tmp_path, every, processes=1, told=told)
    assert run.end < 100


@pytest.mark.parametrize("share", [0.05, 0.2])
def test_nor_one_that_throttles_at_random(share: float, tmp_path: Path) -> None:
    rng = random.Random(3)
    run = Run(tmp_path, lambda _: 1.0 if rng.random() < share else None, processes=1, told=False)
    assert run.end < 100


def test_a_target_that_says_at_once_is_asked_again_at_once(tmp_path: Path) -> None:
    rng = random.Random(3)
    run = Run(tmp_path, lambda _: 0.0 if rng.random() < 0.2 else None, processes=1)
    assert run.end < 1


def test_without_throttling_nothing_waits(tmp_path: Path) -> None:
    assert Run(tmp_path, lambda _: None, processes=1).end < 400 / 12 * LATENCY + 0.1


def test_the_operator_s_rate_is_kept_whatever_the_target_takes(tmp_path: Path) -> None:
    pace = Pace(4.0, tmp_path / "throttle")
    assert pace.wait(100.0) <= 0
    pace.took(100.0)
    assert pace.wait(100.0) == pytest.approx(0.25)
    pace.passed()
    assert pace.throttled(100.0, 100.1, 2.0, 0, told=True) == pytest.approx(2.0)
    other = Pace(0.0, tmp_path / "throttle")
    assert other.wait(101.0) == pytest.approx(1.1)


def test_a_file_that_nobody_can_read_holds_nobody_back(tmp_path: Path) -> None:
    (tmp_path / "throttle").write_text("{")
    assert Pace(0.0, tmp_path / "throttle").wait(5.0) <= 0
