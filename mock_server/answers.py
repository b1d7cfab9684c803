"""Answers on their way out: what a switch changes in a message, and answers that never come."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from mock_server.breaks import Damage, damage
from spec.contract import JSON_MEDIA_TYPE, Contract
from spec.requirements import identifier

DROP = "drop"  # the key in an ASGI scope's state of a function that drops the connection


@dataclass(frozen=True)
class Answer:
    """A response before it is written."""

    status: int
    body: Any
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Writer:
    """Writes answers of a contract, with at most one requirement on responses broken."""

    contract: Contract
    broken: str | None
    damage: Damage | None
    damaged: str | None

    def write(self, answer: Answer) -> Response:
        """The HTTP response of an answer."""
        status, body, media_type = answer.status, answer.body, JSON_MEDIA_TYPE
        cut = 0
        for base, subject in self._messages(status):
            if self.damage and self.damaged == subject:
                body = self.damage.apply(body)
            elif self.broken == identifier(subject, ("status_code",), "http_status"):
                body = {**body, "status_code": status + 1}
            elif self.broken == f"{base}.media_type":
                media_type = "text/html"
            elif self.broken == f"{base}.json":
                cut = 1
        if status == self.contract.success and self.broken == "response.status":
            status = next(s for s in range(201, 299) if s not in self.contract.responses)
        raw = json.dumps(body, separators=(",", ":"), allow_nan=False).encode("ascii")
        return Response(raw[: len(raw) - cut], status, dict(answer.headers), media_type)

    def _messages(self, status: int) -> list[tuple[str, str]]:
        """What the contract calls a response with `status`: the base of ids, and the subject."""
        found = []
        if self.contract.responses.get(status) is not None:
            found.append((f"response.{status}", f"response.{status}"))
        if 400 <= status < 500 and status != 401:
            found.append(("rejection", "rejection.body"))
        return found


def writer(contract: Contract, broken: str | None) -> Writer:
    """The writer that breaks `broken`, if that speaks of responses."""
    requirement = contract.requirements[broken] if broken else None
    if requirement is None or not requirement.keyword:
        return Writer(contract, broken, None, None)
    subject = requirement.subject
    if subject == "rejection.body":
        schema = contract.refusal
    elif subject.startswith("response."):
        schema = contract.responses[int(subject.removeprefix("response."))] or {}
    else:
        return Writer(contract, broken, None, None)
    return Writer(contract, broken, damage(requirement, schema), subject)


async def dropped(scope: Scope, receive: Receive, _: Send) -> None:
    """In place of a response: the connection is dropped without a byte, where `serve` runs it."""
    drop = scope.get("state", {}).get(DROP)
    if drop is None:
        raise ConnectionResetError("this server cannot drop a connection")
    drop()
    await _disconnected(receive)


async def silent(_: Scope, receive: Receive, __: Send) -> None:
    """In place of a response: nothing, for as long as the client waits or the server runs."""
    await _disconnected(receive)


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
