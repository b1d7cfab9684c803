"""The deterministic plan: every case that a contract calls for, in the order of its chapters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from spec.contract import Contract
from strategies import bodies, controls, credentials, texts, violations, wire
from strategies.cases import Case
from strategies.edits import ABSENT
from strategies.sequences import sequences
from strategies.surroundings import surrounded


@dataclass(frozen=True)
class Plan:
    """The control payload and the cases built on it."""

    control: Any
    cases: tuple[Case, ...]

    def of(self, chapter: str) -> list[Case]:
        """The cases of one chapter, in order."""
        return [case for case in self.cases if case.chapter == chapter]


def deterministic(
    contract: Contract,
    seeded_customer: str | None = None,
    *,
    prefixed: bool = False,
    company: bool = True,
) -> Plan:
    """All deterministic cases of `contract`. No randomness: the same contract, the same plan.

    `seeded_customer` is one whose profile shows what a fresh one cannot, such as purchases; with
    `prefixed`, all other customers have ids that begin with the run's prefix. Without `company`
    every near miss stands in the one full payload. Raises ValueError when no valid payload can be
    found.
    """
    control = controls.full(contract)
    of_the_key = list(credentials.credentials(contract))
    json_texts = list(texts.json_texts(contract, control))
    accepted = list(bodies.accepted(contract, control))
    headers = list(wire.headers(contract, prefixed=prefixed))
    wrong = list(violations.refused(contract, control))
    refused = [
        *[case for case in of_the_key if case.expect == "unauthorized"][:1],
        *[case for case in json_texts if case.id == "request.json/half"],
        *[case for case in wrong if case.edits[0].value is ABSENT][-1:],
    ]
    known = contract.requirements
    valid = [
        case
        for case in (*accepted, *headers)
        if case.expect == "accept" and all(key in known for key in case.requirements)
    ]
    found = [
        *accepted,
        *(surrounded(contract, control, wrong, valid) if company else wrong),
        *bodies.opened(contract, control),
        *headers,
        *of_the_key,
        *json_texts,
        *sequences(contract, seeded_customer, refused),
        *wire.robustness(contract),
        *wire.last(contract),
    ]
    cases = [case for case in found if all(key in known for key in case.requirements)]
    return Plan(control, tuple(_told_apart(cases)))


def _told_apart(cases: list[Case]) -> Iterator[Case]:
    """The cases with ids of their own: a number goes to those whose words are not enough."""
    seen: Counter[str] = Counter()
    for case in cases:
        seen[case.id] += 1
        again = seen[case.id]
        yield case if again == 1 else replace(case, id=f"{case.id}-{again}")
