"""The mock keeps every requirement."""

from __future__ import annotations

import json
import time
from typing import Any

import httpx
import pytest

from mock_server.breaks import damage
from mock_server.parsing import MAX_DEPTH, parse
from mock_server.store import SEEDED_CUSTOMER
from spec.formats import Validity
from spec.places import values
from spec.schema import walk
from tests.mocking import (
    ACCEPTING_IDS,
    AUTH,
    CONTRACT,
    CUSTOMER,
    EXAMPLE,
    HEADERS,
    JSON,
    KEEPS,
    KEY,
    PROFILE,
    REFUSING_IDS,
    UUID,
    accepting_payload,
    app,
    assert_refused,
    changed,
    profile,
    send,
    without,
)


@pytest.mark.parametrize("requirement", ACCEPTING_IDS)
def test_freedom_is_granted_and_the_switch_takes_it(requirement: str) -> None:
    body = accepting_payload(requirement)
    profile(send(KEEPS, body))
    broken = app(requirement)
    assert_refused(send(broken, body), 422)
    assert send(broken, EXAMPLE).status_code == 200


@pytest.mark.parametrize("requirement", REFUSING_IDS)
def test_violation_is_refused_and_the_switch_lets_it_through(requirement: str) -> None:
    body = damage(CONTRACT.requirements[requirement], CONTRACT.request).apply(EXAMPLE)
    assert CONTRACT.request_reading.validity(body) is Validity.VIOLATION
    assert CONTRACT.without(requirement).request_reading.validity(body) is Validity.VALID
    assert_refused(send(KEEPS, body), 422)
    broken = app(requirement)
    profile(send(broken, body))
    other = next(each for each in REFUSING_IDS if not _same_place(each, requirement))
    worse = damage(CONTRACT.requirements[other], CONTRACT.request).apply(EXAMPLE)
    if requirement != "request.body.type":
        assert_refused(send(broken, worse), 422)


def _same_place(left: str, right: str) -> bool:
    places = [CONTRACT.requirements[each].location for each in (left, right)]
    return not places[0] or places[0][:1] == places[1][:1]


@pytest.mark.parametrize(
    "body",
    [
        changed(("gender",), None),
        changed(("att_status",), 3.0),
        changed(("email",), "a@localhost"),
        changed(("first_name",), "\ud800\x00" + "\U0001f600" * 300),
        changed(("custom_attributes", "[]", "key"), ""),
        changed(("custom_attributes", "[]", "key"), "clé"),
        changed(("custom_attributes", "[]", "value"), "\ud800" * 50),
    ],
    ids=range(7),
)
def test_what_is_open_is_accepted(body: Any) -> None:
    assert CONTRACT.request_reading.validity(body) is Validity.OPEN
    response = send(KEEPS, body)
    assert response.status_code == 200
    assert response.json()["data"]["custom_attributes"] == body["custom_attributes"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"{",
        b"nul",
        json.dumps(EXAMPLE).encode()[:-1],
        json.dumps(EXAMPLE).encode() + b"}",
        json.dumps(EXAMPLE).encode("utf-16"),
        b"\xef\xbb\xbf" + json.dumps(EXAMPLE).encode(),
        b'{"a": "\xff"}',
        b'{"a": NaN}',
        b'{"a": -Infinity}',
        b'{"a": "\x01"}',
        b"[" * 100_000,
        b"[" * 100_000 + b"]" * 100_000,
        b'{"":' * 5_000,
        b'"' + b'\\"' * 50_000,
    ],
    ids=lambda body: ascii(body[:12]) + str(len(body)),
)
def test_malformed_json_is_refused(body: bytes) -> None:
    assert_refused(send(KEEPS, body), 400)


def test_parser_keeps_what_it_can() -> None:
    assert parse(b'{"a": 1, "a": 2}') == {"a": 2}
    assert parse(b"1.0") == 1.0
    assert isinstance(parse(b"1.0"), float)
    assert parse(b'["\\ud800", "[[[{"]') == ["\ud800", "[[[{"]
    for number in (b"1e400", b"9" * 5_000):
        assert 0 < parse(number) < float("inf")
        assert -float("inf") < parse(b"-" + number) < 0
    assert parse(b'[ "[" ]' + b" " * MAX_DEPTH)
    assert parse(json.dumps([["[", "\\"]] * MAX_DEPTH).encode())
    assert parse(b"[[]," + b"[" * (MAX_DEPTH - 1) + b"]" * MAX_DEPTH)
    with pytest.raises(ValueError, match="nested deeper"):
        parse(b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1))
    start = time.process_time()
    with pytest.raises(ValueError, match="Unterminated"):
        parse(b'"' + b'\\"[' * 50_000)
    assert time.process_time() - start < 0.5  # quadratic time is many seconds


def test_huge_numbers_come_back_as_numbers() -> None:
    start = json.dumps(changed(("custom_attributes", "[]", "value"), 7)).encode()
    for number in (b"9" * 5_000, b"1e400", b"9" * 4_000):
        response = send(app(), start.replace(b": 7", b": " + number))
        (attribute,) = profile_of_any(response)["custom_attributes"]
        assert attribute["value"] > 2**53


def profile_of_any(response: httpx.Response) -> dict[str, Any]:
    """The profile of a success whose values may be open."""
    assert response.status_code == 200, response.text
    data: dict[str, Any] = parse(response.content)["data"]
    return data


def test_attributes_come_back_exactly() -> None:
    target = app()
    given = {"a": 1, "b": 1.5, "c": "1", "D-d._": "ü\U0001f600", "e": 1.0, "f": "", "g": -0.25}
    listed = [{"key": key, "value": value, "more": 1} for key, value in given.items()]
    listed.insert(0, {"key": "a", "value": "overridden"})
    body = {**EXAMPLE, "custom_attributes": listed}
    returned = profile(send(target, body))["custom_attributes"]
    assert {each["key"]: (each["value"], type(each["value"])) for each in returned} == {
        key: (value, type(value)) for key, value in given.items()
    }
    thirty = [{"key": f"k{n}", "value": n} for n in range(30)]
    full = profile(send(target, {**EXAMPLE, "custom_attributes": thirty}))
    assert full["custom_attributes"] == thirty
    kept = profile(send(target, accepting_payload("request.body.custom_attributes.optional")))
    assert kept["custom_attributes"] == thirty


def test_profile_is_of_the_customer() -> None:
    target = app()
    before = time.time_ns() // 1_000_000
    jane, john = profile(send(target)), profile(send(target, headers={**HEADERS, CUSTOMER: "J"}))
    after = time.time_ns() // 1_000_000
    assert jane["customer_user_id"] == "Jane-Doe"
    assert jane["profile_id"] != john["profile_id"]
    assert jane["app_id"] == john["app_id"]
    assert before <= jane["timestamp"] <= john["timestamp"] <= after
    assert jane["access_levels"] == jane["subscriptions"] == jane["non_subscriptions"] == []
    assert profile(send(target))["profile_id"] == jane["profile_id"]
    for name in ("ü@x \U0001f600", "name with  blanks"):
        headers = {**HEADERS, CUSTOMER: name.encode()}
        assert profile(send(target, headers=headers))["customer_user_id"] == name
    latin = send(target, headers={**HEADERS, CUSTOMER: b"caf\xe9"})
    assert profile(latin)["customer_user_id"] == "café"


def test_profile_by_its_id() -> None:
    target = app()
    headers = without(HEADERS, CUSTOMER)
    fresh = profile(send(target, headers={**headers, PROFILE: UUID.upper()}))
    assert (fresh["profile_id"], fresh["customer_user_id"]) == (UUID, None)
    jane = profile(send(target))
    again = profile(send(target, headers={**headers, PROFILE: jane["profile_id"]}))
    assert (again["profile_id"], again["customer_user_id"]) == (jane["profile_id"], "Jane-Doe")
    both = profile(send(target, headers={**HEADERS, PROFILE: "anything"}))
    assert both["profile_id"] == jane["profile_id"]
    for other in ("no-uuid", UUID.replace("-", ""), "17"):
        assert_refused(send(target, headers={**headers, PROFILE: other}), 404)
    for empty in ("", "  "):
        assert_refused(send(target, headers={**headers, PROFILE: empty, CUSTOMER: empty}), 400)


def test_order_of_checks() -> None:
    target, bad = app(), {"content-type": "text/plain"}
    assert_refused(send(target, b"{", bad), 401)
    assert_refused(send(target, b"{", {**AUTH, **bad}), 415)
    assert_refused(send(target, b"{", {**AUTH, **JSON}), 400)
    assert_refused(send(target, b"", {**AUTH, **bad}), 415)
    assert_refused(send(target, {}, {**AUTH, **JSON}), 422)
    assert_refused(send(target, EXAMPLE, {**AUTH, **JSON}), 400)
    assert_refused(send(target, path=CONTRACT.path.rstrip("/")), 404)
    assert_refused(send(target, path="/"), 404)
    for method in ("GET", "PUT", "PATCH", "DELETE", "OPTIONS"):
        assert_refused(send(target, method=method), 405)


@pytest.mark.parametrize("media_type", ["Application/JSON", 'application/json ; charset="utf-8"'])
def test_json_media_type_is_taken(media_type: str) -> None:
    profile(send(KEEPS, headers={**HEADERS, "content-type": media_type}))


@pytest.mark.parametrize(
    "media_type", ["", "text/json", "application/json2", "application/json, text/plain"]
)
def test_other_media_type_is_refused(media_type: str) -> None:
    headers = {**HEADERS, "content-type": media_type}
    assert_refused(send(KEEPS, headers=headers), 415)
    profile(send(app("request.media_type"), headers=headers))


NEAR_MISSES: dict[str, list[str | None]] = {
    "auth.missing": [None],
    "auth.scheme": [KEY, f"Bearer {KEY}", f"Api-Key2 {KEY}", f" {KEY}"],
    "auth.wrong_key": [f"Api-Key {other}" for other in (KEY[:-1], KEY + "x", KEY.upper(), "ü")],
    "": ["", "Api-Key", "Api-Key ", f"api-key {KEY[1:]}", f"Api-Key{KEY}", f"Bearer {KEY[1:]}"],
}


@pytest.mark.parametrize("requirement", ["auth.missing", "auth.scheme", "auth.wrong_key"])
def test_near_misses_of_the_credential(requirement: str) -> None:
    keeps, breaks = app(), app(requirement)
    for kind, given in NEAR_MISSES.items():
        for value in given:
            headers: dict[str, str | bytes] = {**JSON, CUSTOMER: "x"}
            if value is not None:
                headers["Authorization"] = value.encode()
            assert_refused(send(keeps, headers=headers), 401)
            accepted = send(breaks, headers=headers).status_code == 200
            assert accepted is (kind == requirement), value


def test_two_credentials_are_refused() -> None:
    headers = [*HEADERS.items(), *AUTH.items()]
    assert_refused(send(KEEPS, headers=headers), 401)


def test_error_says_where_and_quotes_nothing_that_was_sent() -> None:
    body = {**EXAMPLE, "gender": KEY, KEY: KEY, "store": "\ud800", "email": f"{KEY}@@"}
    response = send(KEEPS, body)
    assert_refused(response, 422)
    assert [each["source"] for each in response.json()["errors"]] == ["email", "gender", "store"]
    missing = changed(("custom_attributes", "[]"), {"value": 1})
    (error,) = send(KEEPS, missing).json()["errors"]
    assert error["source"] == "custom_attributes.0.key"


def test_seeded_customer_has_everything() -> None:
    response = send(app(), headers={**HEADERS, CUSTOMER: SEEDED_CUSTOMER})
    profile(response)
    schema = CONTRACT.responses[200]
    assert schema is not None
    for location, _ in walk(schema):
        found = list(values(response.json(), location))
        assert found
        assert all(value is not None for value in found), location
