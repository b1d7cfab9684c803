"""Exchanges made by hand, for what judges them without sending anything."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from conformance.exchanges import CaseRecord, Exchange, Headers, Received, Role, Sent, Trouble
from conformance.journal import Record
from strategies import controls
from strategies.cases import Expect
from tests.support import CONTRACT

JSON: Headers = (("Content-Type", "application/json"),)
CUSTOMER = "adapty-customer-user-id"
NOON = 1_700_000_000.0  # when an exchange began unless it says otherwise, in seconds


def profile(**data: Any) -> Any:
    """A success that keeps to its schema, with `data` in it."""
    return {
        "data": {
            "app_id": "14c3d623-2f3a-455a-aa86-ef83dff6913b",
            "profile_id": "3286abd3-48b0-4e9c-a5f6-ac0a006804a6",
            "customer_user_id": "jane",
            "total_revenue_usd": 0,
            "segment_hash": "h",
            "timestamp": NOON * 1000,
            "custom_attributes": [],
            "access_levels": [],
            "subscriptions": [],
            "non_subscriptions": [],
            **data,
        }
    }


def refusal(status: int, **members: Any) -> Any:
    """An error that keeps to its schema."""
    told = [{"source": "body", "errors": ["refused"]}]
    return {"errors": told, "error_code": "no", "status_code": status, **members}


def request(body: Any = None, customer: str | None = "jane") -> Sent:
    """A request that the contract accepts; `body` in the place of the smallest one."""
    sent = controls.minimal(CONTRACT) if body is None else body
    headers = () if customer is None else ((CUSTOMER, customer),)
    return Sent("POST", "http://target/", headers, json.dumps(sent).encode())


def answer(
    status: int, body: Any, headers: Headers = JSON, reason: str = "", truncated: bool = False
) -> Received:
    """A response; `body` as JSON unless it is bytes."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Received(status, reason, headers, raw, truncated)


def exchange(
    ident: str = "1",
    response: Received | None = None,
    *cases: str,
    trouble: Trouble | None = None,
    role: Role = "probe",
    sent: Sent | None = None,
    at: float = NOON,
    seconds: float = 0.01,
    phase: str = "deterministic",
    **more: Any,
) -> Exchange:
    """An exchange that began `at` and took so many seconds."""
    return Exchange(
        ident, phase, role, cases, sent or request(), response, trouble, at, at + seconds, **more
    )


def taken(ident: str, *cases: str, **more: Any) -> Exchange:
    """A request that was accepted."""
    return exchange(ident, answer(200, profile()), *cases, **more)


def refused(ident: str, status: int, *cases: str, **more: Any) -> Exchange:
    """A request that was answered with an error."""
    return exchange(ident, answer(status, refusal(status)), *cases, **more)


def case(ident: str, expect: Expect = "accept", *requirements: str, **more: Any) -> CaseRecord:
    """What the judge knows of a case; it probes what its id begins with unless told otherwise."""
    named = requirements or (ident.partition("/")[0],)
    return CaseRecord(ident, named, expect, more.pop("words", "some words"), **more)


def record(
    exchanges: Iterable[Exchange], *cases: CaseRecord, **notes: list[dict[str, Any]]
) -> Record:
    """What a journal of these would tell."""
    return Record({each.id: each for each in cases}, tuple(exchanges), notes)
