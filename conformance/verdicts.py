"""The judge's words: failure, verdict, judgement."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from conformance.exchanges import Exchange
from spec.requirements import Requirement, Side

VerdictName = Literal["pass", "fail", "known", "inconclusive", "untested"]


@dataclass(frozen=True)
class Failure:
    """One way in which a requirement failed: `failed` of `tries` exchanges show it.

    `side` is what was broken: a valid request was not accepted, an invalid one was not refused, or
    an answer is not as it should be. `flaky` says that it comes and goes, whatever was asked or
    with the very same request.
    """

    requirement: str
    case: str
    message: str
    expected: str
    actual: str
    exchanges: tuple[Exchange, ...]
    tries: int
    failed: int
    control: str | None = None
    cause: str | None = None
    place: str | None = None
    side: Side = "observe"
    flaky: bool = False


@dataclass(frozen=True)
class Sample:
    """An exchange that shows one side of a requirement kept, and the case it was sent for."""

    side: Side
    exchange: str
    case: str | None


@dataclass(frozen=True)
class Verdict:
    """The verdict of one requirement, with the reason where there is no plain pass or fail.

    `samples` are a few of the exchanges that show it kept, of each side that was shown.
    """

    requirement: Requirement
    name: VerdictName
    reason: str | None
    cases: int
    failures: tuple[Failure, ...]
    samples: tuple[Sample, ...] = ()


@dataclass(frozen=True)
class Judgement:
    """All verdicts by id, and what the target was seen to do where the contract is open."""

    verdicts: Mapping[str, Verdict]
    choices: Mapping[str, str | None]
