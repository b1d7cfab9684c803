"""The mock keeps every requirement, and the switch breaks exactly the one it is told to."""

from __future__ import annotations

import asyncio
import contextlib
import copy
import json
import socket
import statistics
import time
import uuid
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from mock_server.app import create_app
from mock_server.breaks import damage
from mock_server.parsing import MAX_DEPTH, parse
from mock_server.places import slots, values
from mock_server.serve import serve, serving
from mock_server.store import SEEDED_CUSTOMER
from spec.document import VENDOR_DOCUMENT, read_yaml
from spec.formats import Validity
from spec.loader import load
from spec.schema import walk

CONTRACT = load()
KEY = "secret_live_0123456789"
AUTH = {CONTRACT.credential.header: f"{CONTRACT.credential.scheme} {KEY}"}
CUSTOMER = "adapty-customer-user-id"
PROFILE = "adapty-profile-id"
JSON = {"content-type": "application/json"}
HEADERS = {**AUTH, **JSON, CUSTOMER: "Jane-Doe"}
UUID = "0f9d7a34-5a0c-4c61-9d0e-6d5b8a1c2e3f"
EXAMPLE = CONTRACT.example

REQUIREMENTS = CONTRACT.requirements.values()
SCHEMA_IDS = [r.id for r in REQUIREMENTS if r.keyword and r.subject != "request.body"]
BODY = [r for r in REQUIREMENTS if r.subject == "request.body"]
REFUSING_IDS = [r.id for r in BODY if "refuse" in r.sides]
ACCEPTING_IDS = [r.id for r in BODY if r.sides == ("accept",)]


def app(broken: str | None = None) -> Starlette:
    return create_app(CONTRACT, key=KEY, broken=broken)


KEEPS = app()  # for whatever does not depend on who was created before


def send(
    target: Starlette,
    body: Any = EXAMPLE,
    headers: Any = HEADERS,
    *,
    path: str = CONTRACT.path,
    method: str = CONTRACT.method,
) -> httpx.Response:
    """One request in process; a crash of the application is raised here."""

    async def exchange() -> httpx.Response:
        transport = httpx.ASGITransport(target)
        async with httpx.AsyncClient(transport=transport, base_url="http://mock") as client:
            raw = body if isinstance(body, bytes) else json.dumps(body).encode()
            return await client.request(method, path, content=raw, headers=headers)

    return asyncio.run(exchange())


def without(headers: dict[str, str], *names: str) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name not in names}


def profile(response: httpx.Response) -> dict[str, Any]:
    assert response.status_code == 200, response.text
    assert CONTRACT.response_readings[200].validity(response.json()) is Validity.VALID
    data: dict[str, Any] = response.json()["data"]
    return data


def assert_refused(response: httpx.Response, *statuses: int) -> None:
    assert response.status_code in statuses, response.text
    assert response.headers["content-type"] == "application/json"
    assert CONTRACT.refusal_reading.validity(response.json()) is Validity.VALID
    assert response.json()["status_code"] == response.status_code
    assert all(each["errors"] for each in response.json()["errors"])
    assert KEY not in response.text


def changed(location: tuple[str, ...], value: Any) -> Any:
    """The example with another value at the first place of a location."""
    box = [copy.deepcopy(EXAMPLE)]
    holder, key = next(slots(box, ("[]", *location)))
    holder[key] = value
    return box[0]


def accepting_payload(requirement_id: str) -> Any:
    """A valid payload that shows the freedom which a requirement grants."""
    requirement = CONTRACT.requirements[requirement_id]
    location = requirement.location
    if requirement.keyword == "nullable":
        return changed(location, None)
    body = copy.deepcopy(EXAMPLE)
    if requirement.keyword == "additionalProperties":
        next(values(body, location))["unknown member"] = {"deep": [1, None]}
    else:
        next(values(body, location[:-1])).pop(location[-1])
    return body


# The mock that keeps the contract


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


# Over a socket


def test_parallel_creates() -> None:
    async def create(client: httpx.AsyncClient, n: int) -> dict[str, Any]:
        headers = {**HEADERS, CUSTOMER: f"customer {n % 12}"}
        return profile(await client.post(CONTRACT.path, json=EXAMPLE, headers=headers))

    async def create_all(url: str) -> list[dict[str, Any]]:
        async with httpx.AsyncClient(base_url=url) as client:
            return await asyncio.gather(*(create(client, n) for n in range(48)))

    with serving(app()) as url:
        found = asyncio.run(create_all(url))
    assert [each["customer_user_id"] for each in found] == [f"customer {n % 12}" for n in range(48)]
    assert len({(each["customer_user_id"], each["profile_id"]) for each in found}) == 12


def test_keep_alive_is_not_slow() -> None:
    with serving(app()) as url, httpx.Client(base_url=url) as client:
        taken = []
        for _ in range(20):
            start = time.perf_counter()
            client.post(CONTRACT.path, json=EXAMPLE, headers=HEADERS)
            taken.append(time.perf_counter() - start)
    assert statistics.median(taken) < 0.03  # Nagle's algorithm makes each take 0.04 s


def test_what_is_no_http_gets_an_error() -> None:
    with serving(app()) as url, _connected(url) as raw:
        raw.sendall(b"GET / HTTP/1.1\r\nbad header\r\n\r\n")
        head, _, body = _all_bytes(raw).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ")
    assert CONTRACT.refusal_reading.validity(json.loads(body)) is Validity.VALID


def test_serve_raises_where_the_address_is_taken() -> None:
    with serving(app()) as url, pytest.raises(OSError, match="in use"):
        serve(app(), "127.0.0.1", httpx.URL(url).port or 0)


def _connected(url: str) -> socket.socket:
    return socket.create_connection(("127.0.0.1", httpx.URL(url).port or 0), timeout=5)


def _all_bytes(raw: socket.socket) -> bytes:
    with raw.makefile("rb") as stream:
        return stream.read()


def _malformed_request() -> bytes:
    headers = {**HEADERS, "host": "mock", "content-length": "1"}
    lines = [f"{CONTRACT.method} {CONTRACT.path} HTTP/1.1", *map(": ".join, headers.items())]
    return "\r\n".join([*lines, "", "{"]).encode()


def test_switch_drops_the_connection() -> None:
    with serving(app("robustness.connection")) as url:
        with _connected(url) as raw:
            raw.sendall(_malformed_request())
            assert _all_bytes(raw) == b""
        assert httpx.post(url + CONTRACT.path, json=EXAMPLE, headers=HEADERS).status_code == 200


def test_switch_hangs_and_the_server_still_stops() -> None:
    with serving(app("robustness.hang")) as url:
        raw = _connected(url)
        raw.sendall(_malformed_request())
        raw.settimeout(0.3)
        with pytest.raises(TimeoutError):
            raw.recv(1)
        assert httpx.post(url + CONTRACT.path, json=EXAMPLE, headers=HEADERS).status_code == 200
        start = time.perf_counter()
    assert time.perf_counter() - start < 2
    with raw:
        raw.settimeout(5)
        with contextlib.suppress(ConnectionResetError):
            assert raw.recv(1) == b""


# The switch


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
