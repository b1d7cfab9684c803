"""Cases from generated payloads, their shrinking, and Schemathesis as a peer."""

from __future__ import annotations

import asyncio
import copy
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from operator import eq
from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st

from conformance.shrink import BUDGET, differences, shrink
from spec.contract import Contract
from spec.formats import Validity
from spec.loader import load
from strategies import edits, generated, payloads
from strategies.cases import Case
from strategies.controls import full
from strategies.edits import ABSENT, Edit
from tests.editions import written

CONTRACT: Contract = load()
CONTROL = full(CONTRACT)


def body(**members: Any) -> dict[str, Any]:
    return {**CONTROL, **members}


ATTRIBUTE = {"key": "a", "value": "b"}
META = CONTROL["installation_meta"]


@pytest.mark.parametrize(
    ("payload", "expect", "broken"),
    [
        (CONTROL, "accept", []),
        ({"installation_meta": {"device_id": META["device_id"]}, "more": [1]}, "accept", []),
        (body(gender=None), "open", []),
        (body(first_name="a\x00b"), "open", []),
        (body(custom_attributes=[ATTRIBUTE, ATTRIBUTE]), "open", []),
        (body(gender="F"), "refuse", ["gender.enum"]),
        (body(gender=5), "refuse", ["gender.type"]),
        ({}, "refuse", ["installation_meta.required"]),
        ([], "refuse", ["type"]),
        (None, "refuse", ["type"]),
        (body(installation_meta={}), "refuse", ["installation_meta.device_id.required"]),
        (
            body(installation_meta={**META, "device_id": "x"}),
            "refuse",
            ["installation_meta.device_id.format"],
        ),
        (
            body(email="x", birthday=1, att_status=4),
            "refuse",
            ["email.format", "birthday.type", "att_status.enum"],
        ),
        (
            body(custom_attributes=[{"key": "a b", "value": True}]),
            "refuse",
            ["custom_attributes.item.key.pattern", "custom_attributes.item.value.oneOf"],
        ),
        (body(custom_attributes=[ATTRIBUTE] * 31), "refuse", ["custom_attributes.maxItems"]),
        (body(gender=5, custom_attributes=[None]), "refuse", ["gender.type",
         "custom_attributes.item.type"]),
    ],
)  # fmt: skip
def test_the_contract_decides_what_a_payload_calls_for(
    payload: Any, expect: str, broken: list[str]
) -> None:
    ids = [f"request.body.{name}" for name in broken]
    found = generated.broken_by(CONTRACT, payload)
    assert sorted(found) == sorted(ids)
    case = generated.case_of(CONTRACT, "peer/some-01", payload)
    assert (case.id, case.expect, case.chapter) == ("peer/some-01", expect, "generated")
    shown = found[:1] if expect == "refuse" else ["response.status"] * (expect == "accept")
    assert list(case.requirements) == shown
    assert edits.apply(CONTROL, case.edits) == payload


def test_a_payload_refused_by_no_requirement_is_open(tmp_path: Path) -> None:
    contract = edition(tmp_path, lambda schemas: schemas["ProfileRequest"].update(
        patternProperties={"^x_": {"type": "integer"}}))  # fmt: skip
    assert contract.request_reading.validity(body(x_a="text")) is Validity.VIOLATION
    assert generated.case_of(contract, "a/b", body(x_a="text")).expect == "open"


def edition(folder: Path, edit: Callable[[dict[str, Any]], object]) -> Contract:
    path = folder / "edition.yaml"
    path.write_text(written(lambda _, schemas: edit(schemas)), "utf-8")
    return load(path)


def seeded(number: int, count: int = 18) -> list[Case]:
    return list(generated.seeded(CONTRACT, number, count))


def test_a_seed_makes_the_same_cases_and_another_one_others() -> None:
    first = seeded(1)
    assert first == seeded(1)
    assert len(first) == 18
    assert [case.edits for case in first] != [case.edits for case in seeded(2)]
    assert len({case.id for case in first}) == 18
    valid, violations = first[:6], first[6:]
    assert {case.expect for case in valid} == {"accept"}
    assert {case.expect for case in violations} == {"refuse"}
    for case in violations:
        assert case.id.startswith(f"hypothesis/{case.requirements[0]}-")


def test_enough_cases_go_round_every_requirement(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def violating(_: Contract, key: str) -> Any:
        asked.append(key)
        return st.just([])

    monkeypatch.setattr(payloads, "violating", violating)
    monkeypatch.setattr(payloads, "valid", lambda _: st.just(CONTROL))
    wanted = {
        key
        for key, each in CONTRACT.requirements.items()
        if each.subject == "request.body" and "refuse" in each.sides
    }
    assert len(seeded(3, 3 * len(wanted))) > 2 * len(wanted)
    assert set(asked) == wanted
    assert len(set(asked[: len(wanted)])) == len(wanted)


def test_differences_lead_from_the_control_to_a_payload() -> None:
    payload = body(gender="m", custom_attributes=[], more={"a": 1}, analytics_disabled=1)
    del payload["email"]
    payload["installation_meta"] = {**META, "os": None}
    found = differences(CONTROL, payload)
    assert {edit.pointer: edit.value for edit in found} == {
        "/gender": "m",
        "/email": ABSENT,
        "/custom_attributes": [],
        "/more": {"a": 1},
        "/analytics_disabled": 1,
        "/installation_meta/os": None,
    }
    assert edits.apply(CONTROL, found) == payload
    assert differences(CONTROL, copy.deepcopy(CONTROL)) == []
    assert differences(CONTROL, body(att_status=3.0)) == []
    assert differences(CONTROL, []) == [Edit((), [])]


def test_an_integer_beyond_64_bits_is_open_where_any_number_may_stand() -> None:
    for number, expect in ((2**63 - 1, "accept"), (2**63, "open"), (-(2**63) - 1, "open")):
        some = body(custom_attributes=[{"key": "a", "value": number}])
        assert generated.case_of(CONTRACT, "peer/some-01", some).expect == expect
    assert generated.case_of(CONTRACT, "peer/some-01", body(att_status=2**63)).expect == "refuse"


def shrunk(payload: Any, fails: Callable[[Any], bool]) -> tuple[Case | None, int]:
    """The smallest case for a target that fails where `fails` says so, and what it took."""
    sent: list[Any] = []

    async def still_fails(case: Case) -> bool:
        sent.append(edits.apply(CONTROL, case.edits))
        return fails(sent[-1])

    case = generated.case_of(CONTRACT, "peer/some-01", payload)
    found = asyncio.run(shrink(CONTRACT, case, CONTROL, still_fails))
    return found, len(sent)


def test_the_one_violation_that_is_let_through_is_found() -> None:
    payload = body(gender="F", email="x", birthday="20230228", att_status=True)
    found, sent = shrunk(payload, lambda sent: sent["birthday"] == "20230228")
    assert found is not None
    assert found.requirements == ("request.body.birthday.format",)
    assert found.edits == (Edit(("birthday",), "20230228"),)
    assert (found.expect, found.chapter) == ("refuse", "generated")
    assert found.words == 'birthday "2000-12-31" → "20230228"'
    assert found.id == "request.body.birthday.format/shrunk-from-peer-some-01"
    assert sent <= 4


def test_the_one_valid_change_that_is_refused_is_found() -> None:
    payload = body(gender="m", first_name="", phone_number=None, more=1)
    payload["installation_meta"] = {**META, "os": None}
    del payload["email"], payload["store"]
    for edit, requirement, refuses in [
        (Edit(("first_name",), ""), "first_name.type", lambda s: s["first_name"] == ""),
        (Edit(("phone_number",), None), "phone_number.nullable", lambda s: not s["phone_number"]),
        (Edit(("more",), 1), "additionalProperties", lambda s: "more" in s),
        (Edit(("store",), ABSENT), "store.optional", lambda s: "store" not in s),
        (Edit(("gender",), "m"), "gender.enum", lambda s: s["gender"] == "m"),
        (
            Edit(("installation_meta", "os"), None),
            "installation_meta.os.nullable",
            lambda s: s["installation_meta"]["os"] is None,
        ),
    ]:
        found, sent = shrunk(payload, refuses)
        assert found is not None
        assert found.edits == (edit,)
        assert found.requirements == (f"request.body.{requirement}",)
        assert found.expect == "accept"
        assert sent <= 8


def items(*added: Any) -> list[Any]:
    return [{"key": "another", "value": "sample"}, *added]


def test_what_is_wrong_with_an_item_is_found_in_it() -> None:
    def some(test: Callable[[Any], bool]) -> Callable[[Any], bool]:
        return lambda sent: any(test(item) for item in sent["custom_attributes"])

    attributes = "request.body.custom_attributes"
    extra = {"key": "a", "value": 1, "more": True}
    wrong: list[tuple[Any, Callable[[Any], bool], str]] = [
        ({"key": "b", "value": 1.5}, lambda i: i["value"] == 1.5, "item.value.oneOf"),
        ({"key": "k" * 30, "value": 1}, lambda i: len(i["key"]) > 29, "item.key.maxLength"),
        ({"key": "A-B", "value": 1}, lambda i: i["key"] == "A-B", "item.key.pattern"),
        ({"key": "c", "value": "v" * 50}, lambda i: i["value"] == "v" * 50, "item.value.maxLength"),
        (extra, lambda i: "more" in i, "item.additionalProperties"),
    ]
    for item, refuses, requirement in wrong:
        found, sent = shrunk(body(custom_attributes=items(item), gender="m"), some(refuses))
        assert found is not None
        assert found.requirements == (f"{attributes}.{requirement}",)
        assert len(found.edits[0].value) == (3 if "more" in item else 2)
        assert sent <= 8
    whole: list[tuple[Any, str]] = [({"key": "a"}, "item.value.required"), (5, "item.type")]
    for item, requirement in whole:
        payload = body(custom_attributes=items(item))
        found, _ = shrunk(payload, some(partial(eq, item)))
        assert found is not None
        assert found.requirements == (f"{attributes}.{requirement}",)
        assert found.edits[0].value == item


def test_a_list_that_is_refused_for_its_length_is_told_by_the_limit() -> None:
    many = [{"key": f"k{number}", "value": number} for number in range(30)]
    found, _ = shrunk(body(custom_attributes=many), lambda s: len(s["custom_attributes"]) > 20)
    assert found is not None
    assert found.requirements == ("request.body.custom_attributes.maxItems",)


def test_what_no_one_change_shows_is_not_shrunk() -> None:
    both = body(gender="m", first_name="x")
    found, sent = shrunk(both, lambda s: s["gender"] == "m" and s["first_name"] == "x")
    assert found is None
    assert sent == 3
    assert shrunk(body(gender="F", email="x"), lambda _: False) == (None, 2)
    assert shrunk(CONTROL, lambda _: True) == (None, 0)


def test_shrinking_keeps_its_budget() -> None:
    many = {f"x_{number}": number for number in range(100)}
    _, sent = shrunk(body(**many), lambda s: len(s.keys() & many.keys()) > 1)
    assert sent <= BUDGET
    wrong = dict.fromkeys(CONTROL, 5.5) | {
        "installation_meta": dict.fromkeys(META, 5.5)
    }  # fmt: skip
    assert len(differences(CONTROL, wrong)) > BUDGET
    _, sent = shrunk(wrong, lambda _: False)
    assert sent == BUDGET


def test_strategies_come_without_schemathesis() -> None:
    code = (
        "import importlib, pkgutil, sys, strategies\n"
        "for each in pkgutil.iter_modules(strategies.__path__):\n"
        "    importlib.import_module(f'strategies.{each.name}')\n"
        "assert 'strategies.payloads' in sys.modules\n"
        "print('schemathesis' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "False"
