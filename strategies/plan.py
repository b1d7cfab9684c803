"""The deterministic plan: every case that a contract calls for, in the order of its chapters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from spec.contract import Contract
from strategies import bodies, controls, wire
from strategies.cases import Case


@dataclass(frozen=True)
class Plan:
    """The control payload and the cases built on it."""

    control: Any
    cases: tuple[Case, ...]

    def of(self, chapter: str) -> list[Case]:
        """The cases of one chapter, in order."""
        return [case for case in self.cases if case.chapter == chapter]


def deterministic(contract: Contract, seeded_customer: str | None = None) -> Plan:
    """All deterministic cases of `contract`. No randomness: the same contract, the same plan.

    `seeded_customer` is one whose profile shows what a fresh one cannot, such as purchases. Raises
    ValueError when no valid payload can be found.
    """
    control = controls.full(contract)
    found = [
        *bodies.accepted(contract, control),
        *bodies.refused(contract, control),
        *bodies.opened(contract, control),
        *wire.headers(contract),
        *wire.credentials(contract),
        *wire.json_texts(contract),
        *wire.meaning(contract, seeded_customer),
        *wire.robustness(contract),
        *wire.last(contract),
    ]
    known = contract.requirements
    cases = tuple(case for case in found if all(key in known for key in case.requirements))
    return Plan(control, cases)
