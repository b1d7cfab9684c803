"""Whether holding requests back helps: a target may refuse some of them with 429 whenever they
come, or every so many, or at random. A limit of requests in a time is none of these."""

from __future__ import annotations

from collections import deque

_HOPELESS, _AT_TRY = 2, 2  # requests that are throttled even at such a try, while others pass
_SOON, _FEW, _LASTING = 6, 60, 3.0  # so often, after so few requests each, for seconds,
_SLOWER = 4.0  # though they come so many times slower
_LATEST = 20  # tries of which, when nothing is held back,
_MOST, _MANY = 0.75, 0.4  # so many are throttled at first, and then again, where a limit is


class Futility:
    """What one process saw of it."""

    def __init__(self) -> None:
        self._throttled: deque[tuple[float, float, int]] = deque(maxlen=2 * _SOON)
        self._hopeless: deque[bool] = deque(maxlen=4 * _HOPELESS)  # not one that was taken later
        self._at_first: deque[bool] = deque(maxlen=_LATEST)  # whether it was throttled
        self._again: deque[bool] = deque(maxlen=_LATEST)

    def tried(self, attempt: int, *, throttled: bool, others_pass: bool = True) -> None:
        """A request was taken or not at its `attempt` from 0."""
        (self._again if attempt else self._at_first).append(throttled)
        if attempt and not throttled:
            self._hopeless.append(False)
        elif attempt == _AT_TRY and others_pass:
            self._hopeless.append(True)

    def slowed(self, now: float, rate: float, passed: int) -> None:
        """Throttled again, after so many requests at that rate, which had been lowered before."""
        self._throttled.append((now, rate, passed))

    def is_seen(self) -> bool:
        """Whether to hold back is no use."""
        last = list(self._throttled)[-_SOON:]
        hopeless = sum(self._hopeless)
        return (hopeless >= _HOPELESS and hopeless > 2 * (len(self._hopeless) - hopeless)) or (
            len(last) == _SOON
            and last[-1][0] - last[0][0] > _LASTING
            and max(passed for _, _, passed in last) <= _FEW
            and max(rate for _, rate, _ in self._throttled) >= _SLOWER * last[-1][1]
        )

    def is_refuted(self) -> bool:
        """Whether it was of use: without it, nearly everything is throttled."""
        return (
            len(self._at_first) == _LATEST
            and sum(self._at_first) >= _MOST * _LATEST
            and sum(self._again) >= _MANY * len(self._again)
        )

    def settle(self) -> None:
        """Nothing is held back from here: look whether that is refuted."""
        for each in (self._throttled, self._at_first, self._again):
            each.clear()

    def forget(self) -> None:
        """Look again from here."""
        self.settle()
        self._hopeless.clear()
