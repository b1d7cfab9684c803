"""How fast requests go out: at the operator's rate, and no faster than a target takes them.

All processes of a run hold back together: what one learns of the target's limit stands in a file
that the others read.
"""

from __future__ import annotations

import json
import os
import random
import tempfile
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from conformance.futility import Futility

_MARGIN = 0.9  # of the rate at which a target seems to take requests
_SLOWEST, _FASTEST = 0.2, 1e4  # requests a second
_SURE = 20  # requests taken, from which a rate that was learnt is no guess
_PATIENT, _BOLD = (10.0, 1.1), (3.0, 1.4)  # after so many seconds in peace, by how much faster
_EACH = 10  # requests that go out at least before it is faster
_SLOWLY, _RARELY = 12, 3  # answers, of which each third lets one more be under way; then each does
_LONGEST = 30.0  # seconds that are waited where nothing says how long
_TRIES, _CLOSED = 5, 65.0  # of one request while others pass; seconds in which none does
_TOO_LONG = 300.0  # seconds that nobody waits, whoever asks for them
_FREE = 300.0  # seconds without holding back, where it is no use


@dataclass(frozen=True)
class Throttle:
    """What is known of a target's limit: throttled `at`, nothing is sent until `until`, and then
    `rate` requests a second by all processes (0: no limit), perhaps `guessed` from few requests;
    throttled so many times in `vain`, without a request taken since. Until it is `free` again,
    holding back is no use. Times by one clock."""

    at: float = 0.0
    until: float = 0.0
    rate: float = 0.0
    guessed: bool = False
    vain: int = 0
    free: float = 0.0


class Pace:
    """When the next request may go out, of one of `processes` that share `file`.

    Times are seconds by a clock that all of them share and that never steps.
    """

    def __init__(self, rate: float, file: Path | None = None, processes: int = 1) -> None:
        """`rate` is this process's share of the operator's, 0 for no limit."""
        self.rate = rate
        self.taken = 0  # requests in all that were not throttled
        self._file = file
        self._processes = max(1, processes)
        self._known = Throttle()
        self._stamp = 0, 0
        self._next = 0.0
        self._passed = 0  # requests since the rate was learnt
        self._since: float | None = None
        self._futility = Futility()

    def wait(self, now: float) -> float:
        """Seconds until a request may go out, 0 or less for at once."""
        self._look()
        return max(self._next, self._known.until) - now

    def took(self, now: float) -> None:
        """A request goes out now."""
        if self._since is None:
            self._since = now
        learnt = _climbed(self._known, now)[0] / self._processes
        rate = min(filter(None, (self.rate, learnt)), default=0.0)
        self._next = now + 1 / rate if rate else 0.0

    def passed(self, sent: float, attempt: int = 0) -> None:
        """A request was answered, and not throttled, at its `attempt` from 0."""
        self._passed += 1
        self.taken += 1
        self._futility.tried(attempt, throttled=False)
        if self._known.vain and sent >= self._known.at:
            self._tell(replace(self._known, vain=0))

    def widens(self) -> bool:
        """Whether the request that just passed lets one more than before be under way: a limit that
        is not known yet is met by few."""
        return self.taken > _SLOWLY or self.taken % _RARELY == 0

    def throttled(self, sent: float, now: float, told: float, attempt: int) -> float:
        """A request that was `sent` then was throttled, at its `attempt` from 0, for so many
        seconds as it was `told`, 0 if it was not; how many to wait before it is sent again.

        The first such answer holds back all requests of all processes, and lowers the rate to what
        the target took until then. What went out before that was known lowers nothing more. Where
        waiting helps nobody, each such request waits for itself.
        """
        self._look()
        known = self._known
        alone = told or _backoff(attempt)
        if told > _TOO_LONG:
            return told
        self._futility.tried(attempt, throttled=True, others_pass=self._passed > 0)
        if attempt and self._passed:  # others pass: it is this request
            return max(alone, known.until - now)
        if self._futility.is_seen():
            self._futility.settle()
            self._tell(Throttle(now, free=now + _FREE))
        if now < self._known.free:
            if not self._futility.is_refuted():
                return alone
            self._futility.forget()
        if sent < max(known.at, known.until):
            until = max(known.until, now + told)
            self._tell(replace(known, until=until))
            return until - now
        until = max(known.until, now + (told or _backoff(known.vain)))
        rate, held = _climbed(known, now)
        count = self._passed * self._processes
        is_sure = self._processes == 1 or count >= _SURE
        took = max(held, rate if known.vain else rate / 2)  # another process took what there is
        if self._passed:
            span = until - (now if self._since is None else self._since)
            mean = count / max(span, 0.01)
            took = max(held, mean, 0.0 if is_sure else rate / 8)
            if not known.vain and known.rate:
                self._futility.slowed(now, mean, self._passed)
        if took:
            least = _SLOWEST if told else max(_SLOWEST, rate / 2)  # it may be shorter
            rate = max(least, _MARGIN * min(took, rate or took))
        guessed = known.guessed if known.vain else count < _SURE and not (is_sure and known.rate)
        self._tell(Throttle(now, until, rate, guessed, known.vain + 1))
        return until - now

    def gives_up(self, tries: int, taken: int, seconds: float, wait: float) -> bool:
        """Whether a request that was throttled so many times, for so many seconds, is not sent
        again after so many more; `taken` is what was taken in all when it was throttled first."""
        others_pass = self.taken > taken or not self.taken
        return wait > _TOO_LONG or (tries >= _TRIES if others_pass else seconds > _CLOSED)

    def _look(self) -> None:
        """Take notice of what another process learnt."""
        if self._file is None:
            return
        try:
            found = os.stat(self._file)
            stamp = found.st_ino, found.st_mtime_ns
            if stamp != self._stamp:
                self._stamp = stamp
                self._learn(Throttle(**json.loads(self._file.read_text("ascii"))))
        except (OSError, ValueError, TypeError):
            return  # not there yet

    def _learn(self, known: Throttle) -> None:
        if known.at > self._known.at and known.vain <= 1:
            self._passed, self._since = 0, known.until
        self._known = known

    def _tell(self, known: Throttle) -> None:
        self._learn(known)
        if self._file is None:
            return
        try:
            handle, name = tempfile.mkstemp(dir=self._file.parent, prefix=".throttle-")
            with os.fdopen(handle, "w", encoding="ascii") as file:
                json.dump(asdict(known), file)
            os.replace(name, self._file)
        except OSError:
            return  # the folder went away, and the run with it


def _backoff(attempt: int) -> float:
    """Seconds to wait where the target does not say how many, after `attempt` times in vain."""
    return float(min(_LONGEST, 2.0**attempt * random.uniform(0.5, 1.0)))


def _climbed(known: Throttle, at: float) -> tuple[float, float]:
    """The rate of all processes that was learnt, faster the longer the target took it, and the last
    that it took for a while; 0: none."""
    rate, held, left = known.rate, 0.0, at - known.until
    least, faster = _BOLD if known.guessed else _PATIENT
    while 0 < rate < _FASTEST and left >= (span := max(least, _EACH / rate)):
        rate, held, left = rate * faster, rate, left - span
    return rate, held
