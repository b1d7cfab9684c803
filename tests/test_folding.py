"""One fault is one finding: what is alike or follows from another is folded under it."""

from __future__ import annotations

import copy
import html
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from starlette.responses import HTMLResponse
from starlette.types import ASGIApp, Scope

from tests.running import Twist, answering, error, run

Walk = Callable[[Any], bool]


def some(value: Any, test: Walk) -> bool:
    """Whether a value, or any in it, passes a test."""
    if test(value):
        return True
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return any(some(each, test) for each in inside)


def has_null(value: Any) -> bool:
    """Whether an object has a member that is null."""
    return isinstance(value, dict) and None in value.values()


def refusing(test: Walk) -> Twist:
    """Refuses every body with a value in it that passes `test`."""

    def twist(_: Scope, raw: bytes) -> ASGIApp | None:
        try:
            return error(422) if some(json.loads(raw), test) else None
        except (ValueError, RecursionError):
            return None

    return twist


def numbers_as_text(headers: dict[str, str], body: Any, status: int, answer: Any) -> Any:
    """A framework that takes a number where a text is asked for."""
    named = json.dumps(answer)
    taken = status == 422 and "custom_attributes" not in named and some(body, _has_the_number)
    return (200, profile(headers)) if taken else (status, answer)


def _has_the_number(value: Any) -> bool:
    members = value.items() if isinstance(value, dict) else ()
    return any(type(v) is int and v in (0, 12345) for k, v in members if k != "analytics_disabled")


def profile(headers: dict[str, str]) -> Any:
    """A success that keeps to its schema."""
    return {
        "data": {
            "app_id": "14c3d623-2f3a-455a-aa86-ef83dff6913b",
            "profile_id": "3286abd3-48b0-4e9c-a5f6-ac0a006804a6",
            "customer_user_id": headers.get("adapty-customer-user-id"),
            "total_revenue_usd": 0,
            "segment_hash": "h",
            "timestamp": 1_700_000_000_000,
            "custom_attributes": [],
            "access_levels": [],
            "subscriptions": [],
            "non_subscriptions": [],
        }
    }


def under_success(_: dict[str, str], _body: Any, status: int, answer: Any) -> Any:
    """Every refusal of a payload under 200."""
    return (200, answer) if status == 422 else (status, answer)


def another_envelope(_: dict[str, str], _body: Any, status: int, answer: Any) -> Any:
    return (status, {"data": {"attributes": answer["data"]}} if status == 200 else answer)


def escaped(_: dict[str, str], _body: Any, status: int, answer: Any) -> Any:
    """Attribute values come back as HTML."""
    if status == 200:
        for each in answer["data"]["custom_attributes"]:
            if isinstance(each["value"], str):
                each["value"] = html.escape(each["value"])
    return status, answer


def redirected(_: dict[str, str], _body: Any, status: int, answer: Any) -> Any:
    return (302 if status == 401 else status, answer)


def pages(_: dict[str, str], _body: Any, status: int, answer: Any) -> Any:
    """Refusals as a page, in every layer."""
    return HTMLResponse("<h1>No</h1>", status) if status >= 400 else (status, answer)


def epochs(_: dict[str, str], _body: Any, status: int, answer: Any) -> Any:
    """Times as numbers, wherever they stand."""
    if status == 200:
        data = answer["data"]
        for each in (*data["access_levels"], *data["subscriptions"], *data["non_subscriptions"]):
            each |= {n: 1_700_000_000 for n in each if n.endswith("_at") and each[n] is not None}
    return status, answer


def previous() -> Any:
    """Each answer is the one to the request before it."""
    last: list[Any] = []

    def change(_: dict[str, str], _body: Any, status: int, answer: Any) -> Any:
        if status != 200:
            return status, answer
        last.append(copy.deepcopy(answer))
        return status, last[-2] if len(last) > 1 else answer

    return change


BODY, DATA = "request.body", "response.200.data"
ITEM = f"{BODY}.custom_attributes.item"
EVERYTHING = ("*",)
FAULTS: list[tuple[str, Twist, tuple[str, ...], list[str]]] = [
    ("nulls", refusing(has_null), (f"{BODY}.*",), [f"{BODY}.first_name.nullable"]),
    (
        "digits",
        refusing(lambda v: isinstance(v, dict) and str(v.get("key", "a"))[:1].isdigit()),
        (f"{BODY}.custom_attributes.*",),
        [f"{ITEM}.key.pattern"],
    ),
    (
        "fifty",
        refusing(lambda v: isinstance(v, dict) and len(str(v.get("value", ""))) == 50),
        (f"{BODY}.custom_attributes.*",),
        [f"{ITEM}.value.maxLength"],
    ),
    (
        "letters",
        refusing(lambda v: isinstance(v, dict) and not str(v.get("value", "")).isascii()),
        (f"{BODY}.custom_attributes.*",),
        [f"{ITEM}.value.oneOf"],
    ),
    ("numbers", answering(numbers_as_text), (f"{BODY}.*",), [f"{BODY}.first_name.type"]),
    ("success", answering(under_success), EVERYTHING, ["rejection.status"]),
    ("envelope", answering(another_envelope), EVERYTHING, [f"{DATA}.app_id.required"]),
    ("escaped", answering(escaped), EVERYTHING, ["echo.custom_attributes"]),
    ("redirect", answering(redirected), EVERYTHING, ["auth.missing"]),
    ("pages", answering(pages), EVERYTHING, ["response.401.media_type"]),
    ("epochs", answering(epochs), EVERYTHING, [f"{DATA}.access_levels.item.starts_at.type"]),
    ("previous", answering(previous()), EVERYTHING, ["echo.customer_user_id"]),
]


@pytest.mark.parametrize(
    ("twist", "only", "told"), [each[1:] for each in FAULTS], ids=[each[0] for each in FAULTS]
)
def test_one_fault_is_told_once(
    twist: Twist, only: tuple[str, ...], told: list[str], tmp_path: Path
) -> None:
    found = run(twist, tmp_path, *only, seeded_customer="customer-with-purchases")
    assert found.findings == told
    assert found.failing >= set(told)


def test_several_faults_are_told_apart(tmp_path: Path) -> None:
    def two(value: Any) -> bool:
        return has_null(value) or value == "m"

    found = run(refusing(two), tmp_path, f"{BODY}.*")
    assert found.findings == [f"{BODY}.gender.enum", f"{BODY}.first_name.nullable"]
    assert len(found.failing) > 10, "what is folded is still broken"


def test_what_no_single_change_causes_is_told_of_all_of_them(tmp_path: Path) -> None:
    def long(_: Scope, raw: bytes) -> ASGIApp | None:
        return error(413) if len(raw) > 2500 else None

    found = run(long, tmp_path, f"{BODY}.[!c]*.type", "response.status")
    assert found.findings == ["response.status"]
    (failure,) = found["response.status"]["failures"]
    assert "together, each of which is accepted alone" in failure["change"]["words"]
    assert failure["failed"] == failure["tries"] == 3


def test_what_a_crowd_showed_is_told_by_the_one_that_shows_it(tmp_path: Path) -> None:
    def quotes(_: dict[str, str], _body: Any, status: int, answer: Any) -> Any:
        if status == 200:
            for each in answer["data"]["custom_attributes"]:
                if isinstance(each["value"], str):
                    each["value"] = each["value"].replace("'", "")
        return status, answer

    found = run(answering(quotes), tmp_path, f"{BODY}.*", "echo.*")
    (failure,) = found["echo.custom_attributes"]["failures"]
    assert failure["case"] == f"{ITEM}.value.oneOf/quotes"
    sent = json.loads(failure["exchanges"][-1]["request"]["body"])["custom_attributes"]
    assert len(sent) == len(found.session.plan.control["custom_attributes"]) + 1
    assert not failure["flaky"]


def test_what_comes_and_goes_is_called_flaky(tmp_path: Path) -> None:
    count = 0

    def now_and_then(*_: object) -> ASGIApp | None:
        nonlocal count
        count += 1
        return error(500) if count % 9 == 0 else None

    found = run(now_and_then, tmp_path, f"{BODY}.[a-g]*", "robustness.*")
    assert found.findings == ["robustness.server_error"]
    (failure,) = found["robustness.server_error"]["failures"]
    assert failure["flaky"]
    assert failure["message"].startswith("not so now and then, in ")
    assert failure["change"] is None
    assert 1 < failure["failed"] < failure["tries"]
