"""The battery: its table is sound, its conformant core is one, and all of its servers serve."""

from __future__ import annotations

import asyncio
import fnmatch
import json
import os
import re
import socket
import subprocess
import sys
from collections import Counter
from typing import Any, get_args

import httpx
import pytest

from benchmarks.power.battery import SERVERS, Server
from benchmarks.power.battery.server import Group
from benchmarks.power.battery.serving import listening
from spec.formats import Validity
from spec.loader import load

CONTRACT = load()
KEY = "secret_live_0123456789"
BODY: dict[str, Any] = {
    "first_name": "Jane",
    "gender": "f",
    "email": "jane.doe@example.com",
    "birthday": "2000-12-31",
    "att_status": 3,
    "custom_attributes": [
        {"key": "favourite_sport", "value": "yoga"},
        {"key": "height", "value": 1.75},
    ],
    "installation_meta": {"device_id": "3fa85f64-5717-4562-b3fc-2c963f66afa6", "platform": "iOS"},
}
HEADERS = {
    "authorization": f"Api-Key {KEY}",
    "adapty-customer-user-id": "jane",
    "content-type": "application/json",
    "accept-encoding": "identity",  # HTTPX reads no gzip of several members
}
SECONDS = 1.0


def by_group(group: Group) -> list[Server]:
    return [server for server in SERVERS.values() if server.group == group]


async def post(server: Server, *requests: dict[str, Any]) -> list[httpx.Response | Exception]:
    """The answers of a fresh server, each request on one change from a valid one."""
    application = server.application(KEY)
    if server.wire is None:
        transport = httpx.ASGITransport(app=application)
        async with httpx.AsyncClient(transport=transport, base_url="http://battery") as client:
            return [await _post(client, request) for request in requests]
    with socket.create_server(("127.0.0.1", 0)) as listener:
        base = f"http://127.0.0.1:{listener.getsockname()[1]}"
        async with (
            await listening(server.wire, application, listener),
            httpx.AsyncClient(base_url=base, timeout=SECONDS) as client,
        ):
            return [await _post(client, request) for request in requests]


async def _post(client: httpx.AsyncClient, request: dict[str, Any]) -> httpx.Response | Exception:
    sent = {"headers": HEADERS, "json": BODY} | request
    try:
        return await asyncio.wait_for(client.post(CONTRACT.path, **sent), SECONDS)
    except (httpx.HTTPError, TimeoutError) as error:
        return error


def without(name: str) -> dict[str, str]:
    return {key: value for key, value in HEADERS.items() if key != name}


def test_names_and_groups() -> None:
    assert Counter(server.group for server in SERVERS.values()).keys() == set(get_args(Group))
    for name, server in SERVERS.items():
        assert re.fullmatch(rf"{server.group}-[a-z0-9]+(-[a-z0-9]+)*", name)
        assert server.name == name
        assert server.about.endswith(".")
        assert (server.group == "freedoms") == (not server.breaks)
    assert sum(bool(server.breaks) for server in SERVERS.values()) > 250
    assert len(by_group("freedoms")) >= 40


def test_each_fault_names_a_requirement() -> None:
    for server in SERVERS.values():
        # A server may break more than there is to name: the first glob has to match.
        matched = [bool(fnmatch.filter(CONTRACT.requirements, glob)) for glob in server.breaks]
        assert all(matched), (server.name, server.breaks)


@pytest.mark.parametrize("name", ["freedoms-nothing", "freedoms-nothing-on-sockets"])
def test_the_core_is_conformant(name: str) -> None:
    wrong = BODY | {"gender": "x", "installation_meta": {"device_id": "none"}}
    accepted, seeded, *refusals = asyncio.run(
        post(
            SERVERS[name],
            {},
            {"headers": HEADERS | {"adapty-customer-user-id": "customer-with-purchases"}},
            {"json": wrong},
            {"json": BODY | {"custom_attributes": [{"key": "a b", "value": True}]}},
            {"json": {}},
            {"json": None, "content": b"{"},
            {"headers": HEADERS | {"content-type": "text/plain"}},
            {"headers": without("adapty-customer-user-id")},
            {"headers": without("authorization")},
            {"headers": HEADERS | {"authorization": f"Api-Key {KEY}x"}},
        )
    )
    for response in (accepted, seeded):
        assert isinstance(response, httpx.Response)
        assert response.status_code == 200
        assert response.headers["content-type"] == "application/json"
        assert CONTRACT.response_readings[200].validity(response.json()) is Validity.VALID
    assert isinstance(accepted, httpx.Response)
    data = accepted.json()["data"]
    assert data["customer_user_id"] == "jane"
    assert data["custom_attributes"] == BODY["custom_attributes"]
    statuses = []
    for response in refusals:
        assert isinstance(response, httpx.Response)
        assert CONTRACT.refusal_reading.validity(response.json()) is Validity.VALID
        assert response.json()["status_code"] == response.status_code
        statuses.append(response.status_code)
    assert statuses == [400, 400, 400, 400, 415, 400, 401, 401]


async def _answers(server: Server) -> list[httpx.Response | Exception]:
    return await post(server, {}, {"headers": without("authorization")}, {"json": {}})


@pytest.mark.parametrize("group", get_args(Group))
def test_every_server_serves(group: Group) -> None:
    """An ordinary request, one without a credential and an empty object: bugs of the servers
    themselves would come out of the transport."""
    for server in by_group(group):
        answers = asyncio.run(_answers(server))
        assert any(isinstance(each, httpx.Response) for each in answers), server.name
        if not server.breaks:
            _check_freedom(server, answers)


def _check_freedom(server: Server, answers: list[httpx.Response | Exception]) -> None:
    accepted, unauthorised, refused = answers
    assert isinstance(accepted, httpx.Response), server.name
    assert isinstance(unauthorised, httpx.Response), server.name
    assert isinstance(refused, httpx.Response), server.name
    assert (accepted.status_code, unauthorised.status_code) == (200, 401), server.name
    assert 400 <= refused.status_code < 500, server.name
    success, error = CONTRACT.response_readings[200], CONTRACT.refusal_reading
    assert success.validity(accepted.json()) is not Validity.VIOLATION, server.name
    assert error.validity(unauthorised.json()) is not Validity.VIOLATION, server.name
    assert error.validity(refused.json()) is not Validity.VIOLATION, server.name


def test_a_server_is_served_by_name() -> None:
    command = [sys.executable, "-m", "benchmarks.power.battery"]
    environment = os.environ | {"ADAPTY_API_KEY": KEY}
    for name in ("freedoms-nothing", "freedoms-chunked"):
        process = subprocess.Popen([*command, name], stdout=subprocess.PIPE, env=environment)
        try:
            assert process.stdout is not None
            url = process.stdout.readline().decode().strip()
            response = httpx.post(url + CONTRACT.path, headers=HEADERS, content=json.dumps(BODY))
            assert response.status_code == 200
        finally:
            process.kill()
            process.communicate()
