"""Which profile a request makes: for which customer, its id, and the app that it is of."""

from __future__ import annotations

from typing import Literal

from conformance.exchanges import Exchange, Headers, Received
from conformance.parsing import NotJson, parse

DATA, PROFILE, APP = "data", "profile_id", "app_id"  # #/components/schemas/Profile


def member_of(response: Received | None, name: str) -> str | None:
    """A text in the `data` of an answer, None where there is none."""
    try:
        value = parse(response.body) if response is not None else None
    except NotJson:
        return None
    for step in (DATA, name):
        value = value.get(step) if isinstance(value, dict) else None
    return value if isinstance(value, str) else None


def made(exchange: Exchange) -> Literal["yes", "unknown"] | None:
    """Whether a request made a profile: `unknown` where no whole answer came, or a 5xx, which may
    have come from a gateway or after the profile was stored; None where it did not."""
    if exchange.accepted:
        return "yes"
    if exchange.trouble in ("ours", "throttled"):
        return None
    return "unknown" if exchange.status is None or exchange.status >= 500 else None


def customer_of(headers: Headers) -> str:
    """The customer that a request is for, as its header says; empty where it names none."""
    return next((value for name, value in headers if "customer" in name.lower()), "")
