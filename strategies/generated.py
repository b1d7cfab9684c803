"""Cases from generated payloads: what the contract says of each decides what is expected."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

from spec.contract import Contract
from spec.formats import Validity
from spec.reading import Violation
from spec.requirements import identifier
from strategies.bodies import SUBJECT
from strategies.cases import Case, Expect
from strategies.edits import Edit


def case_of(contract: Contract, name: str, body: Any) -> Case:
    """The case of sending `body` as it is; `name` becomes its id."""
    expect = expectation(contract, body)
    broken = broken_by(contract, body) if expect == "refuse" else []
    keys = tuple(broken[:1]) if expect == "refuse" else ("response.status",) * (expect == "accept")
    return Case(name, keys, expect, "generated", name.replace("/", " "), (Edit((), body),))


def expectation(contract: Contract, body: Any) -> Expect:
    """What the contract says of a body: to be accepted, to be refused, or open."""
    validity = contract.request_reading.validity(body)
    if validity is Validity.VALID:
        # JSON has integers of any size, but which of them a server can hold nobody promises.
        return "open" if _has_huge(body) else "accept"
    # What is refused by a keyword without a requirement says nothing.
    violated = validity is Validity.VIOLATION and broken_by(contract, body)
    return "refuse" if violated else "open"


def _has_huge(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_has_huge, value.values()))
    if isinstance(value, list):
        return any(map(_has_huge, value))
    return isinstance(value, int) and not -(2**63) <= value < 2**63


def broken_by(contract: Contract, body: Any) -> list[str]:
    """The ids of the request-body requirements that `body` breaks, outermost first.

    A value of a wrong type breaks the requirement of its type and no other.
    """
    found = contract.request_reading.violations(body)
    mistyped = {each.location for each in found if each.keyword == "type"}

    def counts(each: Violation) -> bool:
        return each.keyword == "type" or each.location not in mistyped

    keys = [identifier(SUBJECT, each.location, each.keyword) for each in found if counts(each)]
    return [key for key in dict.fromkeys(keys) if key in contract.requirements]


def seeded(contract: Contract, number: int, count: int) -> Iterator[Case]:
    """`count` cases of the seed `number`: a third valid payloads, the rest one violation each.

    The violations go round the refusing requirements in an order of the seed's, so that different
    seeds reach different ones and one seed always the same.
    """
    from strategies import payloads  # and with it Hypothesis, which takes its time

    good = payloads.draw(payloads.valid(contract), count // 3, number)
    for index, body in enumerate(good):
        yield case_of(contract, f"hypothesis/valid-{index + 1:02}", body)
    keys = [
        key
        for key, each in contract.requirements.items()
        if each.subject == SUBJECT and "refuse" in each.sides
    ]
    random.Random(number).shuffle(keys)
    for index in range(count - len(good)):
        key = keys[index % len(keys)]
        try:
            bodies = payloads.draw(payloads.violating(contract, key), 4, number + index)
        except ValueError:  # nothing is known to break it alone
            continue
        if bodies:
            yield case_of(contract, f"hypothesis/{key}-{index + 1:02}", bodies[-1])
