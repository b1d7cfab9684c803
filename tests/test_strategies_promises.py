"""Which promise a valid change puts to the test where it stands."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from strategies.edits import ABSENT, APPEND, Edit, Path
from strategies.promises import location_of, promise_of
from tests.support import CONTRACT

ITEM = ("custom_attributes", APPEND)
META = "installation_meta"


@pytest.mark.parametrize(
    ("path", "value", "promise"),
    [
        (("first_name",), ABSENT, "first_name.optional"),
        ((META, "os"), ABSENT, f"{META}.os.optional"),
        (("first_name",), None, "first_name.nullable"),
        (("gender",), None, "gender.type"),
        (("gender",), "m", "gender.enum"),
        (("att_status",), 0, "att_status.enum"),
        (("birthday",), "2000-12-31", "birthday.format"),
        (("first_name",), "Jane", "first_name.type"),
        (("analytics_disabled",), True, "analytics_disabled.type"),
        ((*ITEM, "key"), "a.b", "custom_attributes.item.key.pattern"),
        (("custom_attributes", 3, "key"), "k" * 29, "custom_attributes.item.key.pattern"),
        ((*ITEM, "key"), "k" * 30, "custom_attributes.item.key.maxLength"),
        ((*ITEM, "value"), "v" * 49, "custom_attributes.item.value.oneOf"),
        ((*ITEM, "value"), "v" * 50, "custom_attributes.item.value.maxLength"),
        ((*ITEM, "value"), 50, "custom_attributes.item.value.oneOf"),
        (ITEM, {"key": "a", "value": 1}, "custom_attributes.item.type"),
        (("custom_attributes",), [], "custom_attributes.type"),
        (("custom_attributes",), [1] * 29, "custom_attributes.type"),
        (("custom_attributes",), [1] * 30, "custom_attributes.maxItems"),
        (("custom_attributes",), "x" * 30, "custom_attributes.type"),
        ((), {}, "type"),
        (("unknown",), 1, "additionalProperties"),
        (("unknown", "deeper"), None, "additionalProperties"),
        ((META, "unknown"), "x" * 50, f"{META}.additionalProperties"),
        ((*ITEM, "unknown"), ABSENT, "custom_attributes.item.additionalProperties"),
    ],
)
def test_the_most_telling_promise_is_put_to_the_test(path: Path, value: Any, promise: str) -> None:
    assert promise_of(CONTRACT, Edit(path, value)) == f"request.body.{promise}"


def test_where_nothing_is_said_of_it_a_valid_request_is_accepted() -> None:
    silent = dataclasses.replace(CONTRACT, requirements={})
    assert promise_of(silent, Edit(("unknown",), 1)) == "response.status"


def test_any_item_stands_for_all() -> None:
    assert location_of(Edit(("a", 0, "b"), 1)) == location_of(Edit(("a", APPEND, "b"), 1))
    assert location_of(Edit(("a", "0"), 1)) == ("a", "0")
