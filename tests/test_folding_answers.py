"""Each rule by which one finding about answers explains another, and where it must not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from conformance.exchanges import Exchange
from strategies.cases import Expect
from tests.folding import BODY, DATA, EMAIL, GENDER, REFUSAL, Told, failure, lax, strict
from tests.handmade import answer, case, exchange, profile, refused, request, taken
from tests.support import CONTRACT


def test_an_error_under_a_success_status_is_neither_accepted_nor_a_profile() -> None:
    error, other = taken("1"), taken("2")
    found = Told(
        failure(REFUSAL, "x/y", "observe", error),
        lax(GENDER, "upper", error),
        lax(EMAIL, "two-at", error, other),
        strict(f"{BODY}.store.enum", "stripe", error),
        failure(f"{DATA}.required", "control/full", "observe", error),
        failure("response.200.json", "control/full", "observe", other),
        broken={REFUSAL: [error], f"{DATA}.required": [error, other], "response.200.json": [other]},
        expects={"1": "refuse", "2": "accept"},
    )
    assert found[GENDER] == REFUSAL
    assert found[f"{DATA}.required"] == REFUSAL
    assert found[EMAIL] is None, "one of its tries was accepted indeed"
    assert found[f"{BODY}.store.enum"] is None
    assert found["response.200.json"] is None
    assert found[REFUSAL] is None


def test_a_redirect_is_no_error_under_success() -> None:
    redirect, lenient = exchange("1", answer(302, {})), taken("2")
    found = Told(
        failure(REFUSAL, "x/y", "observe", redirect),
        lax(GENDER, "upper", redirect),
        failure("response.200.json", "control/full", "observe", lenient),
        broken={REFUSAL: [redirect], "response.200.json": [lenient, redirect]},
        expects={"1": "refuse", "2": "accept"},
    )
    assert found[GENDER] is None
    assert found["response.200.json"] is None


@pytest.mark.parametrize(
    ("expect", "cause"),
    [("refuse", GENDER), ("unauthorized", GENDER), ("accept", None), ("open", None)],
)
def test_an_answer_that_is_wrong_only_where_a_wrong_request_was_taken(
    expect: Expect, cause: str | None
) -> None:
    first, second = taken("1", f"{GENDER}/upper"), taken("2", "another/case")
    found = Told(
        lax(GENDER, "upper", first),
        failure(f"{DATA}.app_id.type", f"{GENDER}/upper", "observe", first),
        cases=[case(f"{GENDER}/upper", "refuse", GENDER), case("another/case", expect, EMAIL)],
        broken={f"{DATA}.app_id.type": [second, first]},
        expects={"1": "refuse", "2": expect},
    )
    assert found[f"{DATA}.app_id.type"] == cause


def test_an_answer_to_what_was_rightly_taken_blames_no_case() -> None:
    """Nor does an error that is wrong, nor a case that did not fail."""
    first = taken("1", f"{GENDER}/upper")
    error = refused("2", 400, f"{GENDER}/upper")
    found = Told(
        failure(f"{DATA}.app_id.type", f"{GENDER}/upper", "observe", first),
        failure("rejection.body.error_code.type", f"{GENDER}/upper", "observe", error),
        lax(EMAIL, "two-at", error),
        cases=[case(f"{GENDER}/upper", "refuse", EMAIL), case("control/full", "refuse", GENDER)],
        broken={"rejection.body.error_code.type": [error], f"{DATA}.app_id.type": [taken("9")]},
        expects={"1": "refuse", "2": "refuse", "9": "refuse"},
    )
    assert found[f"{DATA}.app_id.type"] is None
    assert found["rejection.body.error_code.type"] is None


def test_everything_that_is_wrong_with_such_an_answer_is_explained() -> None:
    """Whatever else is wrong, and though some of it was seen of right requests too."""
    first, right = taken("1", f"{GENDER}/upper"), taken("2", "another/case")
    keys = ("response.200.json", f"{DATA}.app_id.type", f"{DATA}.timestamp.type")
    error, often = "rejection.body.error_code.type", f"{DATA}.profile_id.type"
    found = Told(
        lax(GENDER, "upper", first),
        *(failure(key, "x/y", "observe", first) for key in (error, often, *keys)),
        cases=[case(f"{GENDER}/upper", "refuse", GENDER), case("another/case", "accept", EMAIL)],
        broken={error: [first], often: [first, right]} | {key: [first] for key in keys},
        expects={"1": "refuse"},
    )
    assert [found[key] for key in keys] == [GENDER] * 3
    assert (found[error], found[often]) == (None, None)


SHAPES = ("media_type", "json", "errors.required", "status_code.required")


@pytest.mark.parametrize("layer", ["rejection", "response.401"])
def test_an_error_of_another_shape_is_one_slip(layer: str) -> None:
    body = "rejection.body" if layer == "rejection" else layer
    keys = [f"{layer}.media_type", f"{layer}.json", f"{body}.errors.required"]
    inner = f"{body}.status_code.type"
    found = Told(*(failure(key) for key in (*keys, inner)))
    assert [found[key] for key in keys] == [None, keys[0], keys[0]]
    assert found[inner] is None


def test_what_every_layer_does_is_told_of_the_documented_one() -> None:
    found = Told(
        failure("response.401.media_type"), failure("rejection.media_type"),
        failure("response.401.error_code.type"), failure("rejection.body.error_code.type"),
        failure("rejection.body.errors.type"),
    )  # fmt: skip
    assert found["rejection.media_type"] == "response.401.media_type"
    assert found["rejection.body.error_code.type"] == "response.401.error_code.type"
    assert found["rejection.body.errors.type"] is None
    stated = "status_code.http_status"
    found = Told(failure(f"response.401.{stated}"), failure(f"rejection.body.{stated}"))
    assert found[f"rejection.body.{stated}"] == f"response.401.{stated}"


def test_the_documented_layer_is_never_told_of_another() -> None:
    found = Told(failure("response.401.media_type"), failure("rejection.media_type"))
    assert found["response.401.media_type"] is None


def test_a_success_that_is_a_page_has_no_json_media_type_either() -> None:
    page, other = taken("1"), taken("2")
    failures = (failure("response.200.media_type"), failure("response.200.json"))
    both = {"response.200.media_type": [page], "response.200.json": [page]}
    assert Told(*failures, broken=both)["response.200.json"] == "response.200.media_type"
    both["response.200.json"] = [page, other]
    assert Told(*failures, broken=both)["response.200.json"] is None
    missing = (failure("response.200.media_type"), failure("response.200.data.required"))
    assert Told(*missing)["response.200.data.required"] is None


ECHO, ATTRIBUTES = "echo.customer_user_id", "echo.custom_attributes"


def answered(ident: str, asked: str, told: str, **more: Any) -> Exchange:
    return exchange(
        ident, answer(200, profile(customer_user_id=told)), sent=request(customer=asked), **more
    )


def test_the_answer_to_another_request() -> None:
    swapped, right = answered("1", "ann", "bob"), answered("2", "bob", "bob")
    found = Told(
        failure(ECHO, "x/y", "observe", swapped, tries=2),
        failure(ATTRIBUTES, "x/y", "observe", swapped),
        failure("identity.profile_id", "x/y", "observe", swapped, right),
        failure("timestamp.response_time", "x/y", "observe", right),
        exchanges=[swapped, right],
        broken={ECHO: [swapped], ATTRIBUTES: [swapped]},
    )
    assert found[ATTRIBUTES] == ECHO
    assert found["identity.profile_id"] == ECHO
    assert found["timestamp.response_time"] is None
    late = Told(
        failure(ECHO, "x/y", "observe", swapped, tries=2),
        failure("timestamp.response_time", "x/y", "observe", right, swapped),
        exchanges=[swapped, right],
    )
    assert late["timestamp.response_time"] == ECHO


def test_a_customer_that_is_nobody_s_is_no_answer_to_another_request() -> None:
    wrong, right = answered("1", "ann", "ANN"), answered("2", "bob", "bob")
    found = Told(
        failure(ECHO, "x/y", "observe", wrong, tries=2),
        failure(ATTRIBUTES, "x/y", "observe", wrong),
        failure("identity.profile_id", "x/y", "observe", wrong, right),
        exchanges=[wrong, right],
        broken={ECHO: [wrong], ATTRIBUTES: [wrong]},
    )
    assert found[ATTRIBUTES] is None
    assert found["identity.profile_id"] is None


def test_an_answer_that_is_always_the_same() -> None:
    """Where no customer and no attribute ever comes back, nothing is made of the request."""
    first, second = answered("1", "ann", "x"), answered("2", "bob", "x")
    failures = [
        failure(ECHO, "x/y", "observe", first, tries=2, failed=2),
        failure("identity.profile_id", "x/y", "observe", first, second),
    ]
    attributes = failure(ATTRIBUTES, "x/y", "observe", second)
    more: dict[str, Any] = {
        "exchanges": [first, second],
        "broken": {ECHO: [first, second], ATTRIBUTES: [second]},
    }
    found = Told(*failures, attributes, **more)
    assert found[ATTRIBUTES] == ECHO
    assert found["identity.profile_id"] == ECHO
    assert Told(*failures, **more)["identity.profile_id"] is None
    partly = Told(*failures, replace(attributes, tries=2), **more)
    assert partly["identity.profile_id"] is None
    assert partly[ATTRIBUTES] is None
    alone = Told(attributes, failures[1], **more)
    assert alone["identity.profile_id"] is None


def test_an_attribute_that_comes_back_changed_may_break_a_limit() -> None:
    place = f"{DATA}.custom_attributes"
    limits = [
        key
        for key, each in CONTRACT.requirements.items()
        if key.startswith(f"{place}.") and each.keyword in ("maxItems", "maxLength", "pattern")
    ]
    assert limits
    types = f"{place}.item.key.type"
    found = Told(failure(ATTRIBUTES), *(failure(key) for key in limits), failure(types))
    assert [found[key] for key in limits] == [ATTRIBUTES] * len(limits)
    assert found[types] is None
    assert all(Told(failure(key))[key] is None for key in limits)
