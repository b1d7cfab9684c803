"""The switch breaks exactly the one requirement it is told to."""

from __future__ import annotations

import json
import time
import uuid
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from mock_server.app import create_app
from mock_server.parsing import parse
from mock_server.store import SEEDED_CUSTOMER
from spec.document import VENDOR_DOCUMENT, read_yaml
from spec.formats import Validity
from spec.loader import load
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
    SCHEMA_IDS,
    UUID,
    accepting_payload,
    app,
    assert_refused,
    profile,
    send,
    without,
)


def test_unknown_requirement_is_refused_with_the_nearest() -> None:
    with pytest.raises(ValueError, match=r"did you mean request\.body\.gender\.enum or"):
        app("request.body.gender.enumm")


def response_of(target: Starlette, requirement: str) -> httpx.Response:
    """The response in which a requirement on responses is observed."""
    if requirement.startswith("rejection"):
        return send(target, {**EXAMPLE, "gender": "x"})
    if requirement.startswith("response.401"):
        return send(target, headers=without(HEADERS, "Authorization"))
    return send(target, headers={**HEADERS, CUSTOMER: SEEDED_CUSTOMER})


def readings(requirement: str) -> tuple[Any, Any]:
    """How responses are read by the contract, and by it without a requirement."""
    rest = CONTRACT.without(requirement)
    if requirement.startswith("rejection"):
        return CONTRACT.refusal_reading, rest.refusal_reading
    status = int(requirement.split(".")[1])
    return CONTRACT.response_readings[status], rest.response_readings[status]


@pytest.mark.parametrize("requirement", SCHEMA_IDS)
def test_switch_breaks_one_keyword_of_a_response(requirement: str) -> None:
    broken, told = app(requirement), CONTRACT.requirements[requirement]
    body = response_of(broken, requirement).json()
    reading, rest = readings(requirement)
    found = reading.violations(body)
    assert (told.location, told.keyword) in [(each.location, each.keyword) for each in found]
    # Whatever is not of the type is not of the enum either.
    assert {each.location for each in found} == {told.location}
    assert {each.keyword for each in found} <= {
        told.keyword,
        *(["enum"] if told.keyword == "type" else []),
    }
    assert rest.validity(body) is Validity.VALID
    for other in {"rejection", "response.200", "response.401"}:
        if not requirement.startswith(other):
            whole = response_of(broken, other).json()
            assert readings(f"{other}.json")[0].validity(whole) is Validity.VALID


def test_switch_leaves_the_empty_lists_of_others_alone() -> None:
    profile(send(app("response.200.data.access_levels.item.store.type")))
    nobody = accepting_payload("request.body.custom_attributes.optional")
    profile(send(app("response.200.data.custom_attributes.item.key.pattern"), nobody))


@pytest.mark.parametrize("base", ["response.200", "response.401", "rejection"])
def test_switch_breaks_media_type_json_and_status_code(base: str) -> None:
    response = response_of(app(f"{base}.media_type"), base)
    assert response.headers["content-type"].startswith("text/html")
    assert readings(f"{base}.json")[0].validity(response.json()) is Validity.VALID
    response = response_of(app(f"{base}.json"), base)
    assert response.headers["content-type"] == "application/json"
    assert int(response.headers["content-length"]) == len(response.content)
    assert parse(response.content + b"}")
    with pytest.raises(ValueError, match="delimiter"):
        response.json()
    if base != "response.200":
        subject = "rejection.body" if base == "rejection" else base
        response = response_of(app(f"{subject}.status_code.http_status"), base)
        assert response.json()["status_code"] == response.status_code + 1


def test_switch_never_lets_more_come_back_than_a_response_may_carry() -> None:
    listed = [{"key": f"k{n}", "value": n} for n in range(31)]
    target = app("request.body.custom_attributes.maxItems")
    kept = profile(send(target, {**EXAMPLE, "custom_attributes": listed}))["custom_attributes"]
    assert kept == listed[:30]


def test_switch_breaks_the_rules_of_the_body() -> None:
    assert_refused(send(app("request.body.required"), b"{"), 400)
    profile(send(app("request.body.required"), b""))
    profile(send(app("request.body.required"), b"", {**AUTH, CUSTOMER: "x"}))
    assert_refused(send(app("request.json"), b""), 400)
    for body in (b"{", b'{"a": NaN}', json.dumps(EXAMPLE).encode() + b"x"):
        profile(send(app("request.json"), body))


@pytest.mark.parametrize("header", [each.name for each in CONTRACT.headers])
def test_switch_breaks_the_rules_of_headers(header: str) -> None:
    everything = {**HEADERS, PROFILE: UUID, "adapty-platform": "iOS"}
    absent = without(everything, header)
    profile(send(KEEPS, headers=absent))
    assert_refused(send(app(f"request.header.{header}.optional"), headers=absent), 400)
    profile(send(app(f"request.header.{header}.optional"), headers=everything))
    odd = {**everything, header: "jane@example.com"}
    profile(send(KEEPS, headers=odd))
    assert_refused(send(app(f"request.header.{header}.type"), headers=odd), 400)
    usual = everything if header in (CUSTOMER, PROFILE) else absent
    profile(send(app(f"request.header.{header}.type"), headers=usual))


def test_switch_breaks_the_rule_of_identity() -> None:
    nobody = without(HEADERS, CUSTOMER)
    assert profile(send(app("request.header.identity"), headers=nobody))["customer_user_id"] is None
    only_profile = {**nobody, PROFILE: UUID}
    profile(send(KEEPS, headers=only_profile))
    assert_refused(send(app(f"request.header.{PROFILE}.type"), headers=only_profile), 400)


def test_switch_breaks_secrecy() -> None:
    broken = app("secrecy.credential")
    wrong = {**HEADERS, "Authorization": f"Api-Key {KEY}x"}
    assert wrong["Authorization"] in send(broken, headers=wrong).json()["errors"][0]["errors"][0]
    assert AUTH["Authorization"] in profile(send(broken))["segment_hash"]
    assert KEY not in send(app()).text


def test_switch_breaks_statuses() -> None:
    response = send(app("response.status"))
    assert (response.status_code, 201 in CONTRACT.responses) == (201, False)
    broken = app("rejection.status")
    for body, headers in ((b"{", HEADERS), ({}, HEADERS), (EXAMPLE, {**AUTH, **JSON})):
        response = send(broken, body, headers)
        assert response.status_code == 302
        assert response.headers["location"] == CONTRACT.path
    assert_refused(send(broken, headers={}), 401)
    broken = app("robustness.server_error")
    assert_refused(send(broken, b"{"), 500)
    assert_refused(send(broken, b""), 400)


def test_switch_breaks_meaning() -> None:
    assert profile(send(app("echo.customer_user_id")))["customer_user_id"] == "jane-do"
    two = {**EXAMPLE, "custom_attributes": [{"key": "a", "value": 1}, {"key": "b", "value": "2"}]}
    kept = profile(send(app("echo.custom_attributes"), two))["custom_attributes"]
    assert kept == two["custom_attributes"][:1]
    stamp = profile(send(app("timestamp.response_time")))["timestamp"]
    assert abs(stamp - time.time()) < 5
    shared = app("identity.profile_id")
    ids = {profile(send(shared, headers={**HEADERS, CUSTOMER: n}))["profile_id"] for n in "ab"}
    assert len(ids) == 1
    assert uuid.UUID(*ids)


def test_later_edition_needs_no_change_here(tmp_path: Path) -> None:
    document = read_yaml(VENDOR_DOCUMENT.read_text("utf-8"))
    schemas = document["components"]["schemas"]
    schemas["OfferDTO"]["properties"]["category"]["enum"].insert(0, "loyalty")
    schemas["ErrorResponse"]["properties"]["hint"] = {"type": "string", "minLength": 3}
    schemas["ErrorResponse"]["required"].append("hint")
    price = {
        "amount": {"type": "number", "minimum": 1, "exclusiveMaximum": 5, "multipleOf": 0.25},
        "currency": {"type": "string", "pattern": "^[A-Z]{3}$", "example": "EUR"},
        "unguessable": {"type": "string", "pattern": "^[0-9]{7}x$"},
        "tags": {"type": "array", "minItems": 1, "uniqueItems": True, "items": {"type": "string"}},
        "kind": {"const": "net"},
        "colour": {"type": "string", "format": "colour"},
        "site": {"type": "string", "format": "uri"},
        "any": {"anyOf": [{"type": "boolean"}, {"type": "integer", "format": "int32"}]},
        "more": {"type": "object", "maxProperties": 1},
        "closed": {"type": "object", "additionalProperties": False},
    }
    schemas["Subscription"]["properties"]["price"] = {
        "type": "object",
        "required": ["amount", "unnamed"],
        "properties": price,
    }
    operation = document["paths"][CONTRACT.path]["post"]
    operation["parameters"].append(
        {"name": "adapty-app", "in": "header", "required": True, "schema": {"type": "string"}}
    )
    path = tmp_path / "later.yaml"
    path.write_text(json.dumps(document), "utf-8")
    later = load(path)
    headers = {**HEADERS, CUSTOMER: SEEDED_CUSTOMER, "adapty-app": "x"}
    whole = send(create_app(later, key=KEY), headers=headers)
    # A format that nobody knows leaves every text open.
    assert later.response_readings[200].validity(whole.json()) is Validity.OPEN
    (subscription,) = whole.json()["data"]["subscriptions"]
    assert subscription["price"].keys() == {"unnamed"} | price.keys() - {"unguessable"}
    assert subscription["offer"]["category"] == "loyalty"
    demanded = "request.header.adapty-app.required"
    for requirement in sorted(later.requirements.keys() - CONTRACT.requirements.keys()):
        if "unguessable" in requirement:
            with pytest.raises(ValueError, match="no value that breaks"):
                create_app(later, key=KEY, broken=requirement)
            continue
        broken = create_app(later, key=KEY, broken=requirement)
        told = later.requirements[requirement]
        absent = send(broken, headers=without(headers, "adapty-app"))
        assert absent.status_code == (200 if requirement == demanded else 400)
        if told.subject == "response.200":
            body = send(broken, headers=headers).json()
            found = later.response_readings[200].violations(body)
            assert (told.location, told.keyword) in [(v.location, v.keyword) for v in found]
            rest = later.without(requirement).response_readings[200]
            assert rest.validity(body) is not Validity.VIOLATION, requirement
        elif told.subject == "rejection.body":
            found = later.refusal_reading.violations(absent.json())
            assert [(v.location, v.keyword) for v in found] == [(told.location, told.keyword)]


def test_each_requirement_has_a_break_tested_here() -> None:
    bases = ("response.200", "response.401", "rejection")
    headers = [f"request.header.{each.name.lower()}" for each in CONTRACT.headers]
    tested = {
        *SCHEMA_IDS,
        *REFUSING_IDS,
        *ACCEPTING_IDS,
        *(f"{base}.{what}" for base in bases for what in ("media_type", "json")),
        *(f"{base}.{what}" for base in headers for what in ("optional", "type")),
        *("response.401.status_code.http_status", "rejection.body.status_code.http_status"),
        *("request.body.required", "request.json", "request.media_type"),
        *("request.header.identity", "auth.missing", "auth.scheme", "auth.wrong_key"),
        *("secrecy.credential", "response.status", "rejection.status"),
        *("robustness.server_error", "robustness.hang", "robustness.connection"),
        *("echo.customer_user_id", "echo.custom_attributes"),
        *("timestamp.response_time", "identity.profile_id"),
    }
    assert tested == set(CONTRACT.requirements)
