"""Batches: the same for the same seed and number, and right in what they expect."""

from __future__ import annotations

import pytest

from conformance.parsing import NotJson, parse
from spec.formats import Validity
from strategies import edits
from strategies.cases import Case, build, digest, named
from strategies.controls import breaks_exactly
from strategies.fuzzing import batch, first
from strategies.plan import deterministic
from tests.fuzzing import MATERIAL
from tests.support import CONTRACT

BATCHES = [batch(MATERIAL, 7, number) for number in range(3)]
CASES = [case for each in BATCHES for case in each]
CONTROL = MATERIAL.control
BODIES = [case for case in CASES if case.edits and case.raw is None and not case.headers]


def told(cases: list[Case]) -> str:
    return digest(CONTRACT, cases, CONTROL)


def test_a_batch_is_told_by_its_seed_and_its_number() -> None:
    first, second = (batch(MATERIAL, 7, number) for number in (0, 1))
    again = [batch(MATERIAL, 7, number) for number in (1, 0)]
    assert [told(each) for each in again] == [told(second), told(first)]
    assert [case.id for case in again[1]] == [case.id for case in first]


def test_a_search_begins_with_what_is_planned() -> None:
    seeded = deterministic(CONTRACT, "jane")
    found = first(seeded, 7)
    assert found[0].id.startswith("response.200/seeded-customer")
    assert {case.id for case in found} != {case.id for case in first(seeded, 8)}
    planned = {case.id for case in seeded.cases if case.expect == "refuse" and case.edits}
    sent = {named(case.id) for case in found}
    assert planned - sent == set()
    assert not any(case.poolable for case in found[1:200])


def test_no_two_batches_are_alike() -> None:
    others = [*BATCHES, batch(MATERIAL, 8, 0)]
    bodies = [
        {build(CONTRACT, [case], CONTROL, "jane").body for case in each if case.edits}
        for each in others
    ]
    for number, one in enumerate(bodies):
        for other in bodies[number + 1 :]:
            assert len(one & other) < len(one) / 2


def test_ids_are_unique() -> None:
    ids = [case.id for case in CASES]
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("expect", ["accept", "refuse"])
def test_bodies_are_what_their_cases_say(expect: str) -> None:
    wanted = Validity.VALID if expect == "accept" else Validity.VIOLATION
    found = [case for case in BODIES if case.expect == expect]
    assert len(found) > 150
    wrong = [
        case.id
        for case in found
        if case.chapter != "json"
        and CONTRACT.request_reading.validity(edits.apply(CONTROL, case.edits)) is not wanted
    ]
    assert wrong == []


def test_a_violation_breaks_what_it_says_and_no_more() -> None:
    found = [
        case
        for case in BODIES
        if case.expect == "refuse" and case.chapter in ("generated", "profile_request")
    ]
    wrong = [
        case.id
        for case in found
        if not breaks_exactly(CONTRACT, edits.apply(CONTROL, case.edits), case.requirements[0])
    ]
    assert wrong == []
    assert sum(case.chapter == "generated" for case in found) > 200


def test_every_promise_on_the_body_is_violated_in_every_batch() -> None:
    keys = {key for key, _, _ in MATERIAL.breaking}
    for each in BATCHES:
        assert {case.requirements[0] for case in each if case.expect == "refuse"} >= keys


def test_what_is_called_no_json_is_none() -> None:
    found = [case for case in CASES if case.id.startswith("request.json/random")]
    assert len(found) == 48
    for case in found:
        with pytest.raises(NotJson):
            parse(build(CONTRACT, [case], CONTROL, "jane").body)


def test_a_credential_at_random_is_never_the_key_itself() -> None:
    header = CONTRACT.credential.header
    sent = [dict(case.headers)[header] for case in CASES if case.id.startswith("auth.wrong_key/r")]
    assert len(sent) == 24
    assert not any("${ADAPTY_API_KEY}" in value for values in sent for value in values)


@pytest.mark.parametrize(
    ("phases", "chapters"),
    [
        (["hypothesis"], {"generated", "profile_request"}),
        (["deterministic"], {"profile_request", "authentication", "headers", "json", "meaning"}),
    ],
)
def test_phases_say_what_a_batch_is_made_of(phases: list[str], chapters: set[str]) -> None:
    found = batch(MATERIAL, 7, 0, phases)
    assert {case.chapter for case in found} - {"robustness"} == chapters
    assert 50 < len(found) < len(BATCHES[0])
