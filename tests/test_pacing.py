"""How a run holds back where a target throttles: simulated, so that minutes take no time."""

from __future__ import annotations

import heapq
import math
import random
from collections import deque
from collections.abc import Callable
from functools import partial
from itertools import count, islice
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
        apart: float = 0.001, rounded: bool = False, at_once: bool = False,
    ) -> None:  # fmt: skip
        """`told` says whether a refusal says how long, in seconds, `rounded` down; `own`
        which requests are never taken; processes begin so many seconds `apart`. With `at_once` an
        answer is known as soon as a request is sent, as if no others were under way."""
        self.limiter, self.told, self.own, self.rounded = limiter, told, own, rounded
        self.sent = self.throttled = self.given_up = 0
        self._at_once = at_once
        self.unknowing = 0  # of the throttled: sent before any refusal had come back
        self._known: float | None = None
        self.end = 0.0
        self._left = iter(range(requests))
        self._paces = [Pace(0.0, folder / "throttle", processes) for _ in range(processes)]
        self._queues: list[deque[tuple[int, int]]] = [deque() for _ in self._paces]
        self._room = [slots - 2] * processes  # answers make room for one more
        self._events: list[tuple[float, int, Callable[[float], None]]] = []  # when, and what
        self._order = count()
        self._first: dict[int, tuple[float, int]] = {}  # when throttled first, what was taken then
        for who in range(processes):
            self._next(apart * who, who, 2)
        while self._events:
            now, _, happens = heapq.heappop(self._events)
            happens(now)

    def _at(self, when: float, happens: Callable[[float], None]) -> None:
        heapq.heappush(self._events, (when, next(self._order), happens))

    def _next(self, now: float, who: int, most: int) -> None:
        for request in islice(self._left, most):
            self._at(now, partial(self._queue, who, request, 0))

    def _queue(self, who: int, request: int, attempt: int, now: float) -> None:
        self._queues[who].append((request, attempt))
        self._send(who, now)

    def _send(self, who: int, now: float) -> None:
        """As a client does: one after another, the first in the queue as soon as it may."""
        queue, pace = self._queues[who], self._paces[who]
        while queue:
            if (wait := pace.wait(now)) > 0:
                self._at(now + wait, partial(self._send, who))
                return
            pace.took(now)
            self.sent += 1
            request, attempt = queue.popleft()
            after = 60.0 if self.own(request) else self.limiter(now)
            answered = partial(self._answered, who, request, attempt, now, after)
            if self._at_once:
                answered(now + LATENCY)
            else:
                self._at(now + LATENCY, answered)

    def _answered(
        self, who: int, request: int, attempt: int, sent: float, after: float | None, now: float
    ) -> None:
        self.end = now
        pace = self._paces[who]
        if after is None:
            pace.passed(sent, attempt)
            more = self._room[who] > 0 and pace.widens()
            self._room[who] -= more
            self._next(now, who, 1 + more)
            return
        self.throttled += 1
        self._known = now if self._known is None else self._known
        self.unknowing += sent < self._known
        told = float(int(after) if self.rounded else math.ceil(after))
        told = told if self.told and not self.own(request) else 0.0
        first, taken = self._first.setdefault(request, (now, pace.taken))
        wait = pace.throttled(sent, now, told, attempt)
        if pace.gives_up(attempt + 1, taken, now - first, wait):
            self.given_up += 1
            self._next(now, who, 1)
        else:
            self._at(now + wait, partial(self._queue, who, request, attempt + 1))


@pytest.fixture(autouse=True)
def _seeded() -> None:
    random.seed(1)


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


@pytest.mark.parametrize("apart", [0.3, 1.2, 2.0])
@pytest.mark.parametrize("kind", [sliding, windows, bucket])
@pytest.mark.parametrize("limit", [10, 50])
def test_processes_that_begin_one_after_another_are_no_slower(
    kind: Callable[[int, float], Limiter], limit: int, apart: float, tmp_path: Path
) -> None:
    """One that has just begun saw little of what the target takes."""
    run = Run(tmp_path, kind(limit, 1.0), processes=2, apart=apart)
    assert run.given_up == 0
    assert run.throttled <= 0.05 * run.sent
    assert run.end < 2.5 * 400 / limit + 10


@pytest.mark.parametrize("processes", [1, 2])
@pytest.mark.parametrize("kind", [sliding, windows])
def test_seconds_that_are_rounded_down_are_longer(
    kind: Callable[[int, float], Limiter], processes: int, tmp_path: Path
) -> None:
    run = Run(tmp_path, kind(10, 1.0), processes=processes, rounded=True)
    assert run.given_up == 0
    assert run.throttled <= 0.05 * run.sent
    assert run.end < 2.5 * 40 + 10


@pytest.mark.parametrize("processes", [1, 2])
@pytest.mark.parametrize("kind", [sliding, windows, bucket])
@pytest.mark.parametrize("told", [True, False], ids=["Retry-After", "silent"])
def test_a_limit_of_a_minute_is_kept_too(
    told: bool, kind: Callable[[int, float], Limiter], processes: int, tmp_path: Path
) -> None:
    run = Run(tmp_path, kind(120, 60.0), processes=processes, told=told, at_once=True)
    assert run.given_up == 0
    assert run.throttled <= 0.05 * run.sent
    assert run.end < 2.5 * 200


@pytest.mark.parametrize("processes", [1, 2])
@pytest.mark.parametrize("kind", [sliding, windows, bucket])
@pytest.mark.parametrize("told", [True, False], ids=["Retry-After", "silent"])
def test_nor_is_it_forgotten_with_many_requests_under_way(
    told: bool, kind: Callable[[int, float], Limiter], processes: int, tmp_path: Path
) -> None:
    """Those that were under way before any refusal had come back are nobody's fault."""
    run = Run(tmp_path, kind(120, 60.0), processes=processes, told=told)
    assert run.given_up == 0
    assert run.throttled - run.unknowing <= (0.05 if told else 0.1) * run.sent
    assert run.end < 2.5 * 200


def test_a_limit_of_five_minutes_loses_nothing_where_it_is_told(tmp_path: Path) -> None:
    run = Run(tmp_path, windows(100, 300.0), processes=2, at_once=True)
    assert run.given_up == 0
    assert run.throttled <= 0.05 * run.sent


def test_nor_does_it_with_many_requests_under_way(tmp_path: Path) -> None:
    run = Run(tmp_path, windows(100, 300.0), processes=2)
    assert run.given_up == 0
    assert run.throttled - run.unknowing <= 0.05 * run.sent


def test_what_is_refused_with_429_whenever_it_comes_slows_nothing_else(tmp_path: Path) -> None:
    run = Run(tmp_path, lambda _: None, processes=1, own=lambda n: n % 10 == 3)
    assert run.given_up == 40
    assert run.end < 90  # of which the last of them waits 25 s by itself


@pytest.mark.parametrize("told", [True, False], ids=["Retry-After", "silent"])
@pytest.mark.parametrize("each", [2, 5, 20])
def test_a_target_that_throttles_every_so_many_requests_is_not_sent_fewer_and_fewer(
    each: int, told: bool, tmp_path: Path
) -> None:
    requests = count(1)

    def every(_: float) -> float | None:
        return 1.0 if next(requests) % each == 0 else None

    run = Run(tmp_path, every, processes=1, told=told)
    assert run.end < (150 if each == 2 else 100)


@pytest.mark.parametrize("share", [0.05, 0.2])
def test_nor_one_that_throttles_at_random(share: float, tmp_path: Path) -> None:
    rng = random.Random(3)
    run = Run(tmp_path, lambda _: 1.0 if rng.random() < share else None, processes=1, told=False)
    assert run.end < 100


def test_a_target_that_says_at_once_is_not_flooded(tmp_path: Path) -> None:
    rng = random.Random(3)
    run = Run(tmp_path, lambda _: 0.0 if rng.random() < 0.2 else None, processes=1)
    assert run.given_up == 0
    assert run.end < 100


def test_what_one_process_was_told_no_other_forgets(tmp_path: Path) -> None:
    one, other = (Pace(0.0, tmp_path / "throttle", 2) for _ in range(2))
    one.throttled(100.0, 100.0, 30.0, 0)
    other.throttled(100.0, 100.1, 0.0, 0)
    assert one.wait(101.0) == pytest.approx(29.0)


def test_a_folder_that_went_away_ends_nothing(tmp_path: Path) -> None:
    pace = Pace(0.0, tmp_path / "absent" / "throttle")
    assert pace.throttled(1.0, 1.0, 2.0, 0) == pytest.approx(2.0)


def test_without_throttling_nothing_waits(tmp_path: Path) -> None:
    assert Run(tmp_path, lambda _: None, processes=1).end < 400 / 12 * LATENCY + 0.1


def test_the_operator_s_rate_is_kept_whatever_the_target_takes(tmp_path: Path) -> None:
    pace = Pace(4.0, tmp_path / "throttle")
    assert pace.wait(100.0) <= 0
    pace.took(100.0)
    assert pace.wait(100.0) == pytest.approx(0.25)
    pace.passed(100.0)
    assert pace.throttled(100.0, 100.1, 2.0, 0) == pytest.approx(2.0)
    other = Pace(0.0, tmp_path / "throttle")
    assert other.wait(101.0) == pytest.approx(1.1)


def test_a_file_that_nobody_can_read_holds_nobody_back(tmp_path: Path) -> None:
    (tmp_path / "throttle").write_text("{")
    assert Pace(0.0, tmp_path / "throttle").wait(5.0) <= 0
