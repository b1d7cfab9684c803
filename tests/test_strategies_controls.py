"""The payloads that cases are one change away from, and what one change is."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from spec.contract import Contract
from spec.formats import Validity
from spec.schema import ITEM, Schema
from strategies.controls import breaks_exactly, full, good, minimal, place
from strategies.edits import APPEND, Edit, apply
from tests.support import CONTRACT

FULL = full(CONTRACT)


def normal(**keywords: Any) -> Schema:
    return {"x-sources": {}, **keywords}


TEXT, NUMBER = normal(type="string"), normal(type="integer")


def contract(example: Any, **keywords: Any) -> Contract:
    """A contract with another request schema and example."""
    return dataclasses.replace(CONTRACT, request=normal(**keywords), example=example)


def test_the_full_payload_is_the_example_where_that_is_valid_and_a_sample_elsewhere() -> None:
    made = full(
        contract(
            {"name": "Jane", "age": "old", "more": 1},
            type="object",
            properties={"name": TEXT, "age": NUMBER, "city": TEXT},
        )
    )
    assert made["name"] == "Jane"
    assert isinstance(made["age"], int)
    assert isinstance(made["city"], str)
    assert made.keys() == {"name", "age", "city"}


def test_lists_are_never_the_example_s() -> None:
    """A mock that answers with the example would pass for a server that remembers."""
    listed = normal(type="array", items=TEXT)
    made = full(contract({"tags": ["x"]}, type="object", properties={"tags": listed}))
    assert made["tags"]
    assert made["tags"] != ["x"]


ODD = normal(type="string", format="phone")


def test_a_member_that_nobody_knows_a_value_of_is_left_out_if_it_may_be() -> None:
    members = {"phone": ODD, "name": TEXT}
    assert full(contract({"name": "x"}, type="object", properties=members)) == {"name": "x"}
    needed = contract({"name": "x"}, type="object", properties=members, required=["phone"])
    with pytest.raises(ValueError, match="no valid value"):
        full(needed)


def test_where_the_whole_is_invalid_a_sample_takes_its_place() -> None:
    members = {"a": TEXT, "b": TEXT}
    few = contract({"a": "x", "b": "y"}, type="object", properties=members, maxProperties=1)
    made = full(few)
    assert few.request_reading.validity(made) is Validity.VALID
    assert full(contract("x", type="string")) == "x"


def test_the_minimal_payload_has_what_is_required_also_inside() -> None:
    inner = normal(type="object", properties={"a": TEXT, "b": TEXT}, required=["b"])
    members = {"in": inner, "out": TEXT, "free": inner}
    example = {"in": {"a": "x", "b": "y"}, "out": "z", "free": {"a": "x", "b": "y"}}
    made = contract(example, type="object", properties=members, required=["in"])
    assert minimal(made) == {"in": {"b": "y"}}
    needs = contract(example, type="object", properties=members, required=["in"], minProperties=2)
    assert minimal(needs) == full(needs)
    assert minimal(contract("x", type="string")) == "x"


def test_a_good_value_is_the_control_s_or_a_sample() -> None:
    assert good(CONTRACT, FULL, ("gender",)) == FULL["gender"]
    first = FULL["custom_attributes"][0]
    assert good(CONTRACT, FULL, ("custom_attributes", ITEM, "key")) == first["key"]
    other = {"custom_attributes": [{"key": "mine", "value": 1}, {"key": "second", "value": 2}]}
    assert good(CONTRACT, other, ("custom_attributes", ITEM, "key")) == "mine"
    assert good(CONTRACT, {}, ("gender",)) in CONTRACT.request["properties"]["gender"]["enum"]
    odd = contract({}, type="object", properties={"phone": ODD})
    assert good(odd, {}, ("phone",)) == "sample"


def test_a_value_in_an_array_comes_in_an_item_of_its_own_at_the_end() -> None:
    assert place(CONTRACT, ("gender",), "m") == Edit(("gender",), "m")
    key = ("custom_attributes", ITEM, "key")
    one, other = place(CONTRACT, key, "k", 1), place(CONTRACT, key, "k", 2)
    assert one.path == ("custom_attributes", APPEND)
    assert one.value["key"] == other.value["key"] == "k"
    assert one.value["value"] != other.value["value"], "so that two of them are two attributes"
    body = apply(FULL, [one])
    assert body["custom_attributes"][:-1] == FULL["custom_attributes"]
    assert CONTRACT.request_reading.validity(body) is Validity.VALID
    whole = place(CONTRACT, ("custom_attributes", ITEM), 7)
    assert whole == Edit(("custom_attributes", APPEND), 7)


def test_a_value_in_a_list_of_lists_comes_in_a_list_of_its_own() -> None:
    inner = normal(type="array", items=normal(type="object", properties={"a": NUMBER}))
    nested = contract({}, type="object", properties={"rows": normal(type="array", items=inner)})
    edit = place(nested, ("rows", ITEM, ITEM, "a"), 5)
    assert edit.path == ("rows", APPEND)
    assert edit.value[-1] == {"a": 5}
    assert len(edit.value) > 1


@pytest.mark.parametrize(
    ("change", "requirement", "breaks"),
    [
        ({"gender": "F"}, "gender.enum", True),
        ({"gender": "F"}, "gender.type", False),
        ({"gender": 7}, "gender.type", True),
        ({"gender": 7}, "gender.enum", False),
        ({"gender": "m"}, "gender.enum", False),
        ({"gender": "F", "email": 7}, "gender.enum", False),
        ({"gender": "F"}, "email.format", False),
        ({"email": "x"}, "email.format", True),
        ({"email": '"jane doe"@example.com'}, "email.format", False),
    ],
)
def test_one_change_breaks_one_promise(change: Any, requirement: str, breaks: bool) -> None:
    assert breaks_exactly(CONTRACT, {**FULL, **change}, f"request.body.{requirement}") is breaks
