"""What one answer shows of the requirements about answers, whatever it was sent for."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.exchanges import Exchange, Headers, Received
from conformance.observe import Observation, holds_a_profile, observe, symptoms, taken
from strategies import controls
from strategies.cases import Expect
from tests.handmade import JSON, answer, exchange, profile, refusal, refused, request
from tests.support import CONTRACT

DATA = "response.200.data"
ECHO_CUSTOMER, ECHO_ATTRIBUTES = "echo.customer_user_id", "echo.custom_attributes"


def shown(exchange: Exchange, expect: Expect = "accept") -> dict[str, bool]:
    """The requirements that an exchange shows; false where it breaks them."""
    seen = observe(CONTRACT, exchange, expect)
    assert len({each.requirement for each in seen}) == len(seen), "each is told once"
    return {each.requirement: each.ok for each in seen}


def broken(response: Received, expect: Expect = "accept") -> set[str]:
    """What a response breaks."""
    return set(symptoms(CONTRACT, expect, exchange("1", response)))


def only(response: Received, expect: Expect = "accept") -> Observation:
    """The one thing that a response breaks."""
    (found,) = [e for e in observe(CONTRACT, exchange("1", response), expect) if not e.ok]
    return found


def test_a_good_answer_shows_much_and_breaks_nothing() -> None:
    good = shown(exchange("1", answer(200, profile())))
    assert all(good.values())
    assert {
        "secrecy.credential", "robustness.server_error", "robustness.hang",
        "robustness.connection", "response.status", "response.200.media_type",
        "response.200.json", "response.200.type", f"{DATA}.required", f"{DATA}.profile_id.format",
        ECHO_CUSTOMER,
    } <= good.keys()  # fmt: skip
    assert not any(key.startswith(("rejection.", "response.401")) for key in good)


@pytest.mark.parametrize(
    ("response", "expect", "requirement", "expected", "actual"),
    [
        (answer(500, {}, (), "No"), "open", "robustness.server_error", "no 5xx status", "500 No"),
        (answer(302, {}), "accept", "response.status", "the documented success, 200", "302"),
        (answer(302, {}), "refuse", "rejection.status", "a 4xx status", "302"),
        (
            answer(404, b""), "refuse", "rejection.json",
            "one well-formed JSON text", "the body is empty",
        ),
    ],
)  # fmt: skip
def test_what_was_expected_and_what_came_is_told(
    response: Received, expect: Expect, requirement: str, expected: str, actual: str
) -> None:
    (told,) = [
        each
        for each in observe(CONTRACT, exchange("1", response), expect)
        if each.requirement == requirement
    ]
    assert (told.ok, told.expected, told.actual) == (False, expected, actual)


def test_a_credential_is_told_without_quoting_it() -> None:
    quoting = exchange("1", answer(200, profile()), quotes_credential=True)
    told = observe(CONTRACT, quoting, "accept")[0]
    assert told.expected == "no credential in the response"
    assert told.actual == "the credential stands in the response"


def test_a_symptom_depends_on_what_was_asked() -> None:
    assert "response.status" in broken(answer(201, profile()), "accept")
    assert "response.status" not in broken(answer(201, profile()), "refuse")
    assert broken(answer(302, {}), "refuse") == {"rejection.status"}


def test_no_answer_shows_nothing() -> None:
    assert shown(exchange(trouble="timeout")) == {}


def test_a_credential_in_the_answer_is_told_of_any_answer() -> None:
    quoting = exchange("1", answer(200, profile()), quotes_credential=True)
    assert shown(quoting, "open")["secrecy.credential"] is False
    half = exchange("1", answer(404, b"x"), trouble="incomplete", quotes_credential=True)
    assert shown(half, "open") == {"secrecy.credential": False}


def test_a_body_that_cannot_be_read_is_no_json() -> None:
    def unreadable(status: int, expect: Expect) -> dict[str, bool]:
        half = exchange("1", answer(status, b""), trouble="unreadable", detail="gzip")
        return {k: ok for k, ok in shown(half, expect).items() if not ok}

    assert unreadable(200, "accept") == {"response.200.json": False}
    assert unreadable(401, "unauthorized") == {"response.401.json": False}
    assert unreadable(404, "refuse") == {"rejection.json": False}
    assert unreadable(404, "open") == {}
    assert unreadable(302, "refuse") == {"rejection.status": False}
    told = observe(
        CONTRACT, exchange("1", answer(200, b""), trouble="unreadable", detail="gzip"), "accept"
    )[-1]  # fmt: skip
    assert (told.expected, told.actual) == ("a readable body", "gzip")
    half = exchange("1", answer(200, b""), trouble="incomplete")
    assert shown(half) == {"secrecy.credential": True}


@pytest.mark.parametrize(
    ("expect", "status", "requirement", "ok"),
    [
        ("accept", 200, "response.status", True),
        ("accept", 201, "response.status", False),
        ("accept", 302, "response.status", False),
        ("accept", 399, "response.status", False),
        ("accept", 400, "response.status", None),
        ("refuse", 201, "response.status", None),
        ("open", 302, "response.status", None),
        ("refuse", 199, "rejection.status", False),
        ("refuse", 200, "rejection.status", None),
        ("refuse", 299, "rejection.status", None),
        ("refuse", 300, "rejection.status", False),
        ("refuse", 399, "rejection.status", False),
        ("refuse", 400, "rejection.status", True),
        ("unauthorized", 302, "rejection.status", False),
        ("refuse", 499, "rejection.status", True),
        ("refuse", 500, "rejection.status", None),
        ("accept", 302, "rejection.status", None),
        ("open", 302, "rejection.status", None),
        ("open", 499, "robustness.server_error", True),
        ("open", 500, "robustness.server_error", False),
        ("refuse", 400, "rejection.json", True),
        ("refuse", 499, "rejection.json", True),
        ("refuse", 399, "rejection.json", None),
        ("refuse", 500, "rejection.json", None),
        ("open", 404, "rejection.json", None),
        ("accept", 404, "rejection.json", True),
        ("unauthorized", 401, "response.401.json", True),
        ("unauthorized", 401, "rejection.json", None),
        ("open", 401, "response.401.json", True),
        ("open", 200, "response.200.json", True),
        ("open", 200, ECHO_CUSTOMER, None),
        ("refuse", 200, ECHO_CUSTOMER, None),
    ],
)
def test_which_status_is_judged_by_what(
    expect: Expect, status: int, requirement: str, ok: bool | None
) -> None:
    """Nothing that the contract leaves open is held against a target."""
    body = profile() if status == 200 else refusal(status)
    assert shown(exchange("1", answer(status, body)), expect).get(requirement) is ok


@pytest.mark.parametrize(
    ("headers", "ok", "actual"),
    [
        (JSON, True, ""),
        ((("content-TYPE", " Application/JSON ; charset=utf-8"),), True, ""),
        ((("Content-Type", "text/html"),), False, "Content-Type: text/html"),
        ((("Content-Type", "application/json2"),), False, "Content-Type: application/json2"),
        ((), False, "no Content-Type"),
    ],
)
def test_the_media_type(headers: Headers, ok: bool, actual: str) -> None:
    response = answer(200, profile(), headers)
    assert ("response.200.media_type" not in broken(response)) is ok
    if not ok:
        assert only(response).actual == actual
        assert only(response).expected == "Content-Type: application/json"


def test_what_was_cut_at_the_size_limit_is_not_called_bad_json() -> None:
    cut = shown(exchange("1", answer(200, b'{"data": {', truncated=True)))
    assert cut["response.200.media_type"] is True
    assert "response.200.json" not in cut
    assert broken(answer(200, b'{"data": {')) == {"response.200.json"}


def test_what_is_nested_too_deeply_to_be_read_is_not_called_bad_json() -> None:
    deep = b"[" * 100_000 + b"]" * 100_000
    for body in (deep, deep[:-1]):
        assert broken(answer(200, body)) == set()
        assert broken(answer(404, body), "refuse") == set()


@pytest.mark.parametrize(
    ("stated", "ok"),
    [(404, True), (404.0, True), (400, False), (True, None), ("404", None), (None, None)],
)
def test_the_status_in_the_error_is_the_one_of_http(stated: Any, ok: bool | None) -> None:
    """What is no number breaks the type, and nothing else for that."""
    found = exchange("1", answer(404, refusal(404, status_code=stated)))
    assert shown(found, "refuse").get("rejection.body.status_code.http_status") is ok


def test_where_a_wrong_status_stands() -> None:
    told = only(answer(404, refusal(400)), "refuse")
    assert (told.place, told.expected, told.actual) == (
        "/status_code", "status_code 404", "status_code 400",
    )  # fmt: skip


def test_an_error_that_is_no_object_lacks_only_its_type() -> None:
    assert broken(answer(404, [404]), "refuse") == {"rejection.body.type"}


def test_a_wrong_type_is_told_alone_and_where_it_stands() -> None:
    told = only(answer(200, profile(profile_id=7)))
    assert (told.requirement, told.place) == (f"{DATA}.profile_id.type", "/data/profile_id")
    assert told.actual


def test_what_presumes_a_type_is_not_told_beside_it() -> None:
    """A number is no member of an enum of texts, but that is no second fault; what else is wrong
    in the same answer is."""
    offer = {"category": 7, "type": "x", "id": 7}
    item = f"{DATA}.subscriptions.item.offer"
    assert broken(answer(200, profile(subscriptions=[{"offer": offer}], segment_hash=7))) == {
        f"{item}.category.type", f"{item}.type.enum", f"{item}.id.type",
        f"{DATA}.segment_hash.type",
    }  # fmt: skip


def test_a_wrong_place_is_told_even_of_the_whole_body() -> None:
    assert only(answer(200, [])).place is None


def test_several_things_are_told_apart() -> None:
    body = profile(profile_id="x", app_id=7)
    del body["data"]["segment_hash"]
    assert broken(answer(200, body)) == {
        f"{DATA}.profile_id.format", f"{DATA}.app_id.type", f"{DATA}.segment_hash.required",
    }  # fmt: skip


def test_the_items_of_a_list_are_judged_and_told_once() -> None:
    items = [{"source": 1}, {"source": 2}, {"source": "body"}]
    assert broken(answer(404, refusal(404, errors=items)), "refuse") == {
        "rejection.body.errors.item.source.type"
    }
    assert "rejection.body.errors.item.type" in shown(refused("1", 404), "refuse")
    mixed = shown(exchange("1", answer(404, refusal(404, errors=[*items[2:], {}]))), "refuse")
    assert mixed["rejection.body.errors.item.source.type"] is True
    none = shown(exchange("1", answer(404, refusal(404, errors=[]))), "refuse")
    assert "rejection.body.errors.type" in none
    assert "rejection.body.errors.item.type" not in none


def test_null_where_it_may_stand_tests_nothing_but_the_type() -> None:
    level = {"id": "premium", "is_active": True, "expires_at": None}
    item = f"{DATA}.access_levels.item"
    seen = shown(exchange("1", answer(200, profile(access_levels=[level]))))
    assert seen[f"{item}.expires_at.type"] is True
    assert f"{item}.expires_at.format" not in seen


def test_only_what_is_there_is_put_to_the_test() -> None:
    body = profile()
    del body["data"]["app_id"]
    seen = shown(exchange("1", answer(200, body)))
    assert seen[f"{DATA}.app_id.required"] is False
    assert f"{DATA}.app_id.type" not in seen


def echoed(
    sent: Any, returned: Any, customer: str | None = "jane", fresh: bool = True
) -> dict[str, bool]:
    """What the echo of attributes shows: these were sent, those came back."""
    body = controls.minimal(CONTRACT) | ({} if sent is None else {"custom_attributes": sent})
    made = exchange(
        "1", answer(200, profile(custom_attributes=returned)), sent=request(body, customer),
        customer="jane" if fresh else "john",
    )  # fmt: skip
    return {k: ok for k, ok in shown(made).items() if k.startswith("echo.")}


def pairs(**attributes: Any) -> list[dict[str, Any]]:
    return [{"key": key, "value": value} for key, value in attributes.items()]


@pytest.mark.parametrize(
    ("sent", "returned", "ok"),
    [
        (pairs(a="x", b=2), pairs(b=2, a="x"), True),
        (pairs(a=1), pairs(a=1.0), True),
        (pairs(a="x"), pairs(a="y"), False),
        (pairs(a="1"), pairs(a=1), False),
        (pairs(a="x", b="y"), pairs(a="x"), False),
        (pairs(a="x"), pairs(a="x", b="y"), False),
        (pairs(a="x"), pairs(a="x") * 2, False),
        (pairs(a="x", b=""), pairs(a="x"), True),
        (pairs(a=""), pairs(a="else"), True),
        (pairs(a="", b="x"), pairs(a="", b="y"), False),
        (pairs(a=2**53), pairs(a=2**53 + 2), True),
        (pairs(a=2**53 - 1), pairs(a=2**53 - 3), False),
        (pairs(a=-(2**53)), pairs(a=0), True),
        (pairs(a=5 - 2**53), pairs(a=0), False),
        ([], [], True),
        ([], pairs(a="x"), False),
        (None, [], True),
        (None, pairs(a="x"), False),
        (pairs(a="x") * 2, pairs(a="y"), None),
        (pairs(a=True), pairs(a="y"), None),
    ],
)
def test_attributes_come_back_as_they_were_sent(sent: Any, returned: Any, ok: bool | None) -> None:
    """As a set, the same number in any notation; the empty text and large numbers are open."""
    assert echoed(sent, returned).get(ECHO_ATTRIBUTES) is ok


def test_a_customer_that_was_there_before_may_have_attributes() -> None:
    assert ECHO_ATTRIBUTES not in echoed([], pairs(a="x"), fresh=False)
    assert ECHO_ATTRIBUTES not in echoed([], pairs(a="x"), customer=None)
    assert echoed(pairs(b="x"), pairs(b="y"), fresh=False)[ECHO_ATTRIBUTES] is False


def test_what_an_attribute_came_back_as_is_shown() -> None:
    def told(returned: Any) -> tuple[str, str, str | None]:
        body = controls.minimal(CONTRACT) | {"custom_attributes": pairs(a="x")}
        made = exchange(
            "1", answer(200, profile(custom_attributes=returned)), sent=request(body)
        )  # fmt: skip
        (found,) = [each for each in observe(CONTRACT, made, "accept") if not each.ok]
        return found.expected, found.actual, found.place

    place = "/data/custom_attributes"
    assert told([]) == ('"a": "x"', 'no "a"', place)
    assert told(pairs(a="y")) == ('"a": "x"', '"a": "y"', place)
    assert told(pairs(a="x", c=1, b=1))[1:] == ('also "b"', place)
    assert told(pairs(a="x") * 2)[1:] == ("an attribute more than once", place)


@pytest.mark.parametrize(
    ("sent", "returned", "ok"),
    [("jane", "jane", True), ("jane", "Jane", False), ("jané", "x", None), (None, "x", None)],
)
def test_the_customer_comes_back(sent: str | None, returned: str, ok: bool | None) -> None:
    """Whatever a header of other letters than ASCII means is open."""
    made = exchange(
        "1", answer(200, profile(customer_user_id=returned)), sent=request(customer=sent)
    )  # fmt: skip
    assert shown(made).get(ECHO_CUSTOMER) is ok


def test_which_customer_came_back_is_shown() -> None:
    told = only(answer(200, profile(customer_user_id="john")))
    assert (told.expected, told.actual, told.place) == (
        'customer_user_id "jane"', 'customer_user_id "john"', "/data/customer_user_id",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("data", "name"),
    [
        ({"customer_user_id": 7}, f"{DATA}.customer_user_id.type"),
        ({"custom_attributes": [{"key": 7, "value": "x"}]}, None),
        ({"custom_attributes": {}}, f"{DATA}.custom_attributes.type"),
    ],
)
def test_what_breaks_its_schema_is_not_told_again_as_an_echo(data: Any, name: str | None) -> None:
    made = exchange("1", answer(200, profile(**data)), customer="jane")
    found = symptoms(CONTRACT, "accept", made)
    assert not any(key.startswith("echo.") for key in found)
    assert found
    assert name is None or found == {name}


def test_a_missing_customer_is_not_told_again_as_an_echo() -> None:
    body = profile()
    del body["data"]["customer_user_id"]
    assert broken(answer(200, body)) == {f"{DATA}.customer_user_id.required"}


@pytest.mark.parametrize("body", [b"no json", b"[]", b'{"data": 7}', b"{}"])
def test_an_answer_without_a_profile_echoes_nothing(body: bytes) -> None:
    assert not any(key.startswith("echo.") for key in shown(exchange("1", answer(200, body))))


def test_an_accepted_request_shows_the_types_it_holds_and_the_headers_it_lacks() -> None:
    body = {"installation_meta": {"device_id": "x"}, "gender": "f"}
    seen = taken(CONTRACT, exchange("1", answer(200, profile()), sent=request(body)))
    assert {
        "request.body.type", "request.body.gender.type", "request.body.installation_meta.type",
        "request.body.installation_meta.device_id.type",
        "request.header.adapty-profile-id.optional", "request.header.adapty-platform.optional",
    } == seen  # fmt: skip


@pytest.mark.parametrize(
    ("body", "holds"),
    [
        (b'{"data": {}}', True),
        (b'{"data": NaN}', True),
        (b'{"error": 1}', False),
        (b"[]", False),
        (b"no", False),
        (b"[" * 100_000, False),
    ],
)
def test_whether_a_body_has_what_a_success_has(body: bytes, holds: bool) -> None:
    assert holds_a_profile(CONTRACT, exchange("1", answer(200, body))) is holds
    assert not holds_a_profile(CONTRACT, exchange(trouble="timeout"))
