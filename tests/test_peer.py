"""Schemathesis as a peer: what it is given, what it makes, and what it objects to."""

from __future__ import annotations

import copy
import json
import time
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from jsonschema import Draft202012Validator

from conformance.exchanges import Exchange, Received, Sent, Trouble
from conformance.peer import Peer, document
from spec.contract import Contract
from spec.loader import load
from strategies import generated
from strategies.controls import full
from tests.editions import EDITIONS, VENDOR, written

CONTRACT: Contract = load()
CONTROL = full(CONTRACT)


def body(**members: Any) -> dict[str, Any]:
    return {**CONTROL, **members}


@cache
def peer() -> Peer:
    return Peer(CONTRACT)


def test_the_peer_makes_the_same_cases_for_a_seed() -> None:
    first = list(peer().cases(1, 12))
    assert first == list(Peer(CONTRACT).cases(1, 12))
    assert [case.edits for case in first] != [case.edits for case in peer().cases(2, 12)]
    assert 8 <= len(first) <= 12
    kinds = [case.id.partition("/")[2].partition("-")[0] for case in first]
    assert set(kinds) == {"positive", "negative", "ours"}
    for case in first:
        again = generated.case_of(CONTRACT, case.id, case.edits[0].value)
        assert again == case
        if "/ours-" in case.id:
            assert case.expect == "accept"


def test_the_peer_s_document_has_the_one_method_and_no_security() -> None:
    made = document(CONTRACT)
    assert list(made["paths"]) == [CONTRACT.path]
    assert list(made["paths"][CONTRACT.path]) == ["post"]
    text = json.dumps(made)
    assert "security" not in text
    assert '"x-' not in text
    assert "nullable" not in text
    assert "4XX" in made["paths"][CONTRACT.path]["post"]["responses"]
    schema = schemathesis.openapi.from_dict(made)
    found: list[Any] = list(schema.get_all_operations())
    assert [(each.ok().method, each.ok().path) for each in found] == [("post", CONTRACT.path)]
    request = made["paths"][CONTRACT.path]["post"]["requestBody"]["content"]["application/json"]
    validator = Draft202012Validator(request["schema"])
    assert validator.is_valid(body(gender=None))
    assert not validator.is_valid(body(gender="F"))


def test_the_peer_keeps_members_that_look_like_keywords(tmp_path: Path) -> None:
    def edit(schemas: dict[str, Any]) -> None:
        schemas["ProfileRequest"]["properties"].update(
            {
                "x-ray": {"type": "string"},
                "nullable": {"type": "integer"},
                "only": {"type": "string", "nullable": True, "const": "a"},
            }
        )

    path = tmp_path / "edition.yaml"
    path.write_text(written(lambda _, schemas: edit(schemas)), "utf-8")
    contract = load(path)
    operation = document(contract)["paths"][contract.path]["post"]
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    validator = Draft202012Validator(schema)
    for member, good, bad in (("x-ray", "a", 1), ("nullable", 1, "a"), ("only", None, "b")):
        assert validator.is_valid(body(**{member: good}))
        assert not validator.is_valid(body(**{member: bad}))
    assert list(Peer(contract).cases(1, 3))


@pytest.mark.parametrize("name", ["new-members", "no-attributes"])
def test_the_peer_follows_an_edition(tmp_path: Path, name: str) -> None:
    path = tmp_path / "edition.yaml"
    path.write_text(written(EDITIONS[name]), "utf-8")
    contract = load(path)
    assert len(list(Peer(contract).cases(1, 6))) >= 4


def answered(
    content: bytes, status: int = 200, media: str = "application/json",
    trouble: Trouble | None = None,
) -> Exchange:  # fmt: skip
    now = time.time()
    return Exchange(
        id="1", phase="schemathesis", role="probe", cases=("a/b",),
        request=Sent("POST", f"http://mock{CONTRACT.path}", (), b"{}"),
        response=Received(status, "", (("content-type", media), ("content-encoding", "gzip")),
                          content),
        trouble=trouble, sent=now, received=now + 0.1,
    )  # fmt: skip


def example_answer() -> Any:
    operation = VENDOR["paths"][CONTRACT.path]["post"]
    return operation["responses"]["200"]["content"]["application/json"]["example"]


def test_the_peer_objects_to_a_broken_answer_and_to_no_right_one() -> None:
    case = generated.case_of(CONTRACT, "a/b", CONTROL)
    right = example_answer()
    refusal = {"errors": [], "error_code": "invalid", "status_code": 422}

    def objections(answer: Any, **how: Any) -> list[str]:
        content = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        return peer().objections(case, answered(content, **how))

    assert objections(right) == []
    assert objections(refusal, status=422) == []
    broken = copy.deepcopy(right)
    del broken["data"]["profile_id"]
    assert any("schema" in words for words in objections(broken))
    assert objections({**refusal, "status_code": "422"}, status=422)
    assert any("Server error" in words for words in objections(b"", status=500))
    assert objections(right, media="text/html")
    assert objections(right, status=302)
    assert objections(b"{", status=200)
    assert objections(b"{", status=200, trouble="incomplete") == []
    silent = Exchange(**{**vars(answered(b"")), "response": None})
    assert peer().objections(case, silent) == []
