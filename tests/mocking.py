"""What the tests of the mock share: requests in process, and what makes one valid or not."""

from __future__ import annotations

import asyncio
import copy
import json
from typing import Any

import httpx
from starlette.applications import Starlette

from mock_server.app import create_app
from spec.formats import Validity
from spec.loader import load
from spec.places import slots, values

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
