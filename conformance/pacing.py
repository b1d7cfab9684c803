"""How fast requests go out: at the operator's rate, and no faster than a target takes them.

All processes of a run hold back together: what one learns of the target's limit stands in a file
that the others read.
"""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import asdict, dataclass, replace
from pathlib import Path

_MARGIN = 0.9  # of the rate at which a target seems to take requests
_SLOWEST = 0.2  # requests a second
_LONGER, _FASTER = 10.0, 1.1  # after so many seconds without throttling, by how much
_OWN = 3  # requests that wait in vain while others pass
_LASTING = 3.0  # seconds
_SOON, _FEW, _SLOWER = 6, 30, 4.0  # so often after so few requests, though so many times slower


@dataclass(frozen=True)
class Throttle:
    """What is known of a target's limit: throttled `at`, nothing is sent until `until`, and then
    `rate` requests a second by all processes (0: no limit); times by the clock."""

    at: float = 0.0
    until: float = 0.0
    rate: float = 0.0


class Pace:
    """When the next request may go out, of one of `processes` that share `file`."""

    def __init__(self, rate: float, file: Path | None = None, processes: int = 1) -> None:
        """`rate` is this process's share of the operator's, 0 for no limit."""
        self.rate = rate
        self._file = file
        self._processes = max(1, processes)
        self._known = Throttle()
        self._stamp = 0, 0
        self._next = 0.0
        self._passed = 0  # requests since nothing was held back
        self._since: float | None = None
        self._events: list[tuple[float, float, int]] = []  # when, the rate, how many had passed
        self._waited_well = self._waited_badly = 0  # requests that were taken after waiting, or not
        self._is_useless = False

    def wait(self, now: float) -> float:
        """Seconds until a request may go out, 0 or less for at once; times by the clock."""
        self._look()
        return max(self._next, self._known.until) - now

    def took(self, now: float) -> None:
        """A request goes out now."""
        if self._since is None:
            self._since = now
        rate = self._own(now)
        self._next = now + 1 / rate if rate else 0.0

    def passed(self, attempt: int = 0) -> None:
        """A request was answered, and not throttled, at its `attempt` from 0."""
        self._passed += 1
        self._waited_well += attempt > 0

    def throttled(
        self, sent: float, now: float, seconds: float, attempt: int, *, told: bool
    ) -> float:
        """A request that was `sent` then was throttled, at its `attempt` from 0, for so many
        seconds, which the target `told` or we guess; how many to wait before it is sent again.

        The first such answer holds back all requests of all processes, and lowers the rate to what
        the target took until then. What went out before that was known lowers nothing more. Where
        waiting helps nobody, each such request waits for itself.
        """
        self._look()
        known = self._known
        self._waited_badly += attempt > 0 and self._passed > 0  # others pass: it is this request
        if seconds == 0 or self._useless():
            if known.rate or known.until > now:
                self._tell(Throttle(now))
            return seconds
        until = max(known.until, now + seconds)
        if sent < max(known.at, known.until):
            self._tell(replace(known, until=until))
            return until - now
        rate = self._total(now)
        self._events.append((now, rate, self._passed))
        took = rate / 2  # where another process took all that the target gives
        if self._passed:
            span = now + seconds - max(known.until, self._since or now)
            took = self._passed * self._processes / max(span, 0.01)
        if took:
            least = _SLOWEST if told else max(_SLOWEST, rate / 2)  # a guess may be far too long
            rate = max(least, _MARGIN * min(took, rate or took))
        self._tell(Throttle(now, until, rate))
        return until - now

    def _useless(self) -> bool:
        """Whether to hold back everything was seen to be no use."""
        own = self._waited_badly >= _OWN and self._waited_badly > 2 * self._waited_well
        self._is_useless = self._is_useless or own or self._is_in_vain()
        return self._is_useless

    def _is_in_vain(self) -> bool:
        """Whether the target throttles as soon again, however slowly requests come."""
        last = self._events[-_SOON:]
        rates = [rate for _, rate, _ in last if rate]
        return (
            len(last) == _SOON
            and last[-1][0] - last[0][0] > _LASTING
            and max(count for _, _, count in last) <= _FEW
            and max(rates, default=0.0) >= _SLOWER * self._known.rate
        )

    def _total(self, at: float) -> float:
        """The rate of all processes that was learnt, a little faster as time goes by; 0: none."""
        known = self._known
        steps = int(max(0.0, at - known.until) / _LONGER)
        return known.rate * _FASTER ** min(steps, 100)

    def _own(self, at: float) -> float:
        learnt = self._total(at) / self._processes
        return min(filter(None, (self.rate, learnt)), default=0.0)

    def _look(self) -> None:
        """Take notice of what another process learnt."""
        if self._file is None:
            return
        try:
            found = os.stat(self._file)
            stamp = found.st_ino, found.st_mtime_ns
            if stamp != self._stamp:
                self._stamp = stamp
                told = Throttle(**json.loads(self._file.read_text("ascii")))
                if told.at > self._known.at:
                    self._passed, self._since = 0, told.until
                self._known = told
        except (OSError, ValueError, TypeError):
            return  # not there yet

    def _tell(self, known: Throttle) -> None:
        if known.at > self._known.at:
            self._passed, self._since = 0, known.until
        self._known = known
        if self._file is None:
            return
        handle, name = tempfile.mkstemp(dir=self._file.parent, prefix=".throttle-")
        with os.fdopen(handle, "w", encoding="ascii") as file:
            json.dump(asdict(known), file)
        os.replace(name, self._file)
