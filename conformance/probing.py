"""What the case modules are written with: which cases a test takes, and what must come out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TypeVar

import pytest

from conformance.verdicts import Failure
from strategies.cases import Case, Expect

UNAUTHORIZED = 401

_Test = TypeVar("_Test", bound=Callable[..., None])


@dataclass(frozen=True)
class Probes:
    """The cases of a test: those of its module's chapter of these subjects and expectation."""

    subjects: tuple[str, ...]
    expect: Expect

    def takes(self, case: Case) -> bool:
        """Whether `case` is one of the test's."""
        subject = case.id.partition("/")[0]
        return case.expect == self.expect and any(fnmatchcase(subject, g) for g in self.subjects)


def probes(*subjects: str, expect: Expect) -> Callable[[_Test], _Test]:
    """Give a test the cases about `subjects` (globs over requirement and choice ids)."""

    def mark(test: _Test) -> _Test:
        test.probes = Probes(subjects, expect)  # type: ignore[attr-defined]
        return test

    return mark


@dataclass(frozen=True)
class Answer:
    """What the target's answers to one case mean: failures, or why nothing can be said."""

    case: Case
    failures: Sequence[Failure]
    reason: str | None

    def must_be_accepted(self) -> None:
        """The contract accepts the request, and so did the target."""
        self._must("accept")

    def must_be_refused(self) -> None:
        """The contract refuses the request, and so did the target, which accepts its control."""
        self._must("refuse")

    def must_be(self, status: int) -> None:
        """The contract names one status for the request."""
        assert status == UNAUTHORIZED, f"no case of the contract calls for {status}"
        self._must("unauthorized")

    def must_be_survived(self) -> None:
        """The contract leaves the request open, but not a crash, a hang or a dropped connection."""
        self._must("open")

    def must_be_as_the_contract_says(self) -> None:
        """A generated request: whether it is accepted or refused, the contract decides."""
        self._must(self.case.expect)

    def _must(self, expect: Expect) -> None:
        __tracebackhide__ = True
        assert self.case.expect == expect, f"{self.case.id} is to be judged as {self.case.expect}"
        if self.failures:
            told = "\n".join(each.message for each in self.failures)
            pytest.fail(f"{self.case.words}: {told}", pytrace=False)
        if self.reason is not None:
            pytest.skip(f"inconclusive: {self.reason}")
