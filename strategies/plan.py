"""The deterministic plan: every case that a contract calls for, in the order of its chapters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from spec.contract import Contract
from spec.requirements import identifier
from spec.schema import ITEM, walk
from strategies import bodies, controls, edits, wire
from strategies.cases import Case


@dataclass(frozen=True)
class Plan:
    """The control payload and the cases built on it; `control_case` is the control's own."""

    control: Any
    control_case: Case
    cases: tuple[Case, ...]

    def of(self, chapter: str) -> list[Case]:
        """The cases of one chapter, in order."""
        return [case for case in self.cases if case.chapter == chapter]


def deterministic(contract: Contract) -> Plan:
    """All deterministic cases of `contract`. No randomness: the same contract, the same plan.

    Raises ValueError when no valid payload can be found.
    """
    control = controls.full(contract)
    found = [
        *bodies.accepted(contract, control),
        *bodies.refused(contract, control),
        *bodies.opened(contract, control),
        *wire.headers(contract),
        *wire.credentials(contract),
        *wire.json_texts(contract),
        *wire.meaning(contract),
        *wire.robustness(contract),
        *wire.last(),
    ]
    known = contract.requirements
    cases = tuple(case for case in found if all(key in known for key in case.requirements))
    return Plan(control, _control_case(contract, control), cases)


def _control_case(contract: Contract, control: Any) -> Case:
    """The control as a case: it shows that a full, valid request is accepted at all."""
    shown = ["response.status"]
    for location, _ in walk(contract.request):
        path = tuple(0 if step == ITEM else step for step in location)
        if edits.get(control, path) is not edits.ABSENT:
            shown.append(identifier("request.body", location, "type"))
    sent = contract.header("customer")
    shown += [
        f"request.header.{header.name.lower()}.optional"
        for header in contract.headers
        if header != sent
    ]
    keys = tuple(key for key in shown if key in contract.requirements)
    return Case("control/full", keys, "accept", "profile_request", "the control itself")
