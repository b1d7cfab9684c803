"""Failures by hand, and what folding makes of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from conformance.evidence import Evidence
from conformance.exchanges import CaseRecord, Exchange
from conformance.folding import fold
from conformance.observe import Observation
from conformance.verdicts import Failure
from spec.requirements import Side
from strategies.cases import Expect
from tests.handmade import record
from tests.support import CONTRACT

BODY, DATA = "request.body", "response.200.data"
REFUSAL = "rejection.status"


def failure(
    requirement: str, case: str = "control/full", side: Side = "observe", *exchanges: Exchange,
    actual: str = "", tries: int = 1, failed: int = 1, cause: str | None = None,
) -> Failure:  # fmt: skip
    return Failure(
        requirement, case, "", "", actual, exchanges, tries, failed, side=side, cause=cause
    )


class Told:
    """What folding makes of some failures."""

    def __init__(
        self,
        *failures: Failure,
        exchanges: Iterable[Exchange] = (),
        cases: Iterable[CaseRecord] = (),
        broken: Mapping[str, Iterable[Exchange]] | None = None,
        expects: Mapping[str, Expect] | None = None,
    ) -> None:
        self.failures: dict[str, list[Failure]] = {}
        for each in failures:
            self.failures.setdefault(each.requirement, []).append(each)
        where = {
            key: [(each, Observation(key, False)) for each in found]
            for key, found in (broken or {}).items()
        }
        for found in where.values():
            exchanges = [*exchanges, *(each for each, _ in found)]
        unique = {each.id: each for each in exchanges}
        told: dict[str, Expect] = dict.fromkeys(unique, "accept")
        known = record(unique.values(), *cases)
        fold(Evidence(CONTRACT, known, self.failures, where, told | dict(expects or {})))

    def __getitem__(self, key: str) -> str | None:
        """What explains the failures of a requirement, all of them."""
        (cause,) = {each.cause for each in self.failures[key]}
        return cause


def lax(requirement: str, label: str, *exchanges: Exchange, **more: Any) -> Failure:
    """A near miss that was taken."""
    return failure(requirement, f"{requirement}/{label}", "refuse", *exchanges, **more)


def strict(requirement: str, label: str, *exchanges: Exchange, **more: Any) -> Failure:
    """A valid value that was refused."""
    return failure(requirement, f"{requirement}/{label}", "accept", *exchanges, **more)


GENDER, EMAIL = f"{BODY}.gender.enum", f"{BODY}.email.format"
