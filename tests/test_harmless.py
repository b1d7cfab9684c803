"""What is sent is nobody's: no address that reaches somebody, no number that rings."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress

import pytest

from conformance.parsing import NotJson, parse
from conformance.peer import Peer
from strategies import edits
from strategies.cases import Case, build
from strategies.fuzzing import batch, first
from strategies.plan import deterministic
from tests.fuzzing import MATERIAL
from tests.support import CONTRACT

PLAN = deterministic(CONTRACT, "jane")
SENT = {
    "the plan": PLAN.cases,
    "the search": [*first(PLAN, 3), *(case for n in range(4) for case in batch(MATERIAL, 3, n))],
    "the peer": list(Peer(CONTRACT).cases(3, 60)),
}
ADDRESS = re.compile(r"[^\s\"<>@]+@([\w.-]+\.[^\W\d_]{2,})\b")
RESERVED = re.compile(r"(^|\.)example\.(com|net|org|museum)$", re.IGNORECASE)
NUMBER = re.compile(r"[+\d][\d\s()./-]{5,}\d")


def texts(cases: Sequence[Case]) -> Iterator[str]:
    """What is sent as JSON: a body that was cut is nothing that a server could keep."""
    for case in cases:
        body = build(CONTRACT, [case], PLAN.control, "customer", "profile", "first").body
        with suppress(NotJson):
            parse(body)
            yield body.decode()


@pytest.mark.parametrize("what", SENT)
def test_addresses_are_of_reserved_domains(what: str) -> None:
    domains = {found for text in texts(SENT[what]) for found in ADDRESS.findall(text)}
    assert domains
    assert {each for each in domains if not RESERVED.search(each)} == set()


@pytest.mark.parametrize("what", SENT)
def test_numbers_are_the_documents_own(what: str) -> None:
    """Whatever else is called a phone number is none: words, or too short."""
    found = set()
    for case in SENT[what]:
        payload = edits.apply(PLAN.control, case.edits)
        number = payload.get("phone_number") if isinstance(payload, dict) else None
        if isinstance(number, str) and NUMBER.fullmatch(number):
            found.add(number)
    assert found <= {CONTRACT.example["phone_number"]}
