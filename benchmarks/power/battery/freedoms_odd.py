"""Conformant servers: odd but legal spellings, and what a known customer or no credential gets."""

from __future__ import annotations

import copy
import gzip
import json
import re
from dataclasses import replace
from typing import Any

from benchmarks.power.battery.changes import finished, returned
from benchmarks.power.battery.core import CUSTOMER, Core, Identity, Request, Response
from benchmarks.power.battery.profiles import Profile
from benchmarks.power.battery.rules import Json
from benchmarks.power.battery.server import Server, freedom


def _two_members(given: Response, request: Request) -> Response:
    """RFC 1952: a gzip file is a series of members."""
    if b"gzip" not in request.joined("accept-encoding"):
        return given
    half = len(given.body) // 2
    raw = gzip.compress(given.body[:half]) + gzip.compress(given.body[half:])
    return Response(given.status, raw, (*given.headers, (b"content-encoding", b"gzip")))


def _respelled(value: Json) -> bytes:
    """Integers have negative exponents, fractions positive ones, zero a sign."""

    def spell(found: re.Match[str]) -> str:
        number = found[2]
        if number == "0":
            return f"{found[1]}-0.0E+00"
        return found[1] + (f"{float(number):.17E}" if "." in number else f"{number}000e-3")

    raw = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return re.sub(r'("(?:value|timestamp|total_revenue_usd)":)(-?\d+(?:\.\d+)?)(?=[,}])', spell,
                  raw).encode()  # fmt: skip


def _first_of_each(core: Core) -> Core:
    """A known customer's answer is its first one, as it was: an idempotent create."""
    first: dict[str, Any] = {}

    def show(profile: Profile, request: Request) -> Json:
        found: Any = core.show(profile, request)
        if profile.customer is None:
            return found
        return copy.deepcopy(first.setdefault(profile.customer, found))

    return replace(core, show=show)


def _hidden(given: Json, request: Request) -> None:
    if not request.text(CUSTOMER):
        given["data"]["customer_user_id"] = None


def _credential_last(core: Core) -> Core:
    """All that is wrong with a request is told first, and only then who may not send it."""

    def identify(request: Request) -> Identity:
        found = core.identify(request)
        core.authenticate(request)
        return found

    return replace(core, authenticate=lambda _: None, identify=identify)


ODDITIES: tuple[Server, ...] = (
    freedom("gzip-members", "Answers are gzip in two members.", finished(_two_members)),
    freedom("numbers-respelled", "Integers are written 1000e-3, fractions 1.5E+00.",
            lambda core: replace(core, write=_respelled)),
    freedom("first-answer-stays", "A known customer gets the first answer again, time and all.",
            _first_of_each),
    freedom("customer-hidden", "A profile id alone never tells a customer.", returned(_hidden)),
    freedom("credential-last", "The credential is looked at last.", _credential_last),
)  # fmt: skip
