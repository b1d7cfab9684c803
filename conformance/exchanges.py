"""Exchanges: what went out and what came back, as they stand in the journal.

Nothing here holds the key: a request carries it symbolically, and what came back was redacted by
the client before an Exchange was made.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from strategies.cases import Case, Expect
from strategies.edits import ABSENT, APPEND, apply, get, readable

Role = Literal["control", "probe", "again", "pool", "search"]
Trouble = Literal["timeout", "connection", "incomplete", "unreadable", "throttled", "ours"]
Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Sent:
    """The bytes that went out; `headers` with the key as `${ADAPTY_API_KEY}`."""

    method: str
    url: str
    headers: Headers
    body: bytes

    def header(self, name: str) -> str | None:
        """The first value of a header, letter case aside."""
        return _header(self.headers, name)


@dataclass(frozen=True)
class Received:
    """A response, its body decoded and cut at the size limit (`truncated`)."""

    status: int
    reason: str
    headers: Headers
    body: bytes
    truncated: bool = False

    def header(self, name: str) -> str | None:
        """The first value of a header, letter case aside."""
        return _header(self.headers, name)


def _header(headers: Headers, name: str) -> str | None:
    return next((value for key, value in headers if key.lower() == name.lower()), None)


@dataclass(frozen=True)
class Exchange:
    """One request and its end.

    `cases` are those it was sent for: one, several for a pool, none for a control. `control` is the
    id of the exchange that shows its control accepted. `sent` and `received` are seconds since the
    epoch. `trouble` says how it ended where there is no whole response. `follows` is the exchange
    before it where both were to be on one connection.
    """

    id: str
    phase: str
    role: Role
    cases: tuple[str, ...]
    request: Sent
    response: Received | None
    trouble: Trouble | None
    sent: float
    received: float
    control: str | None = None
    customer: str = ""
    quotes_credential: bool = False
    detail: str = ""
    follows: str | None = None

    @property
    def status(self) -> int | None:
        """The status of a whole response, be its body decodable or not, else None."""
        whole = self.trouble in (None, "unreadable")
        return self.response.status if self.response and whole else None

    @property
    def accepted(self) -> bool:
        """Whether the target took the request: any 2xx."""
        return self.status is not None and 200 <= self.status < 300


@dataclass(frozen=True)
class CaseRecord:
    """What the judge has to know of a case; `change` tells its one change as reports show it."""

    id: str
    requirements: tuple[str, ...]
    expect: Expect
    words: str
    pointer: str | None = None
    change: dict[str, Any] = field(default_factory=dict)
    choice: str | None = None
    either: str | None = None
    together: int = 1
    beside: tuple[str, ...] = ()


def expectation(exchange: Exchange, cases: Mapping[str, CaseRecord]) -> Expect:
    """What the contract says of the request of an exchange: it is valid, wrong, or open."""
    if exchange.role in ("control", "pool") or not exchange.cases:
        return "accept"
    case = cases.get(exchange.cases[0])
    return "open" if case is None else case.expect


def record_of(case: Case, control: Any) -> CaseRecord:
    """The record of a planned case."""
    control = apply(control, [edit for each in case.beside for edit in each.edits])
    change: dict[str, Any] = {"pointer": _pointer(case, control), "words": case.words}
    if case.pointer is not None:
        before, after = get(control, case.edits[0].path), case.edits[0].value
        for name, value in (("before", before), ("after", after)):
            if value is not ABSENT:
                change[name] = readable(value)
    return CaseRecord(
        case.id, case.requirements, case.expect, case.words, case.pointer, change, case.choice,
        case.either, case.together, tuple(each.id for each in case.beside),
    )  # fmt: skip


def _pointer(case: Case, control: Any) -> str | None:
    """Where the one change stands in the body that was sent: an appended item by its index."""
    if case.pointer is None or case.edits[0].path[-1:] != (APPEND,):
        return case.pointer
    items = get(control, case.edits[0].path[:-1])
    return f"{case.pointer[:-1]}{len(items) if isinstance(items, list) else 0}"


def to_json(exchange: Exchange) -> dict[str, Any]:
    """An exchange as a JSON object; bodies as text, or in base64 where they are no UTF-8."""
    data = vars(exchange).copy()
    for side in ("request", "response"):
        if data[side] is not None:
            told = vars(data[side]).copy()
            data[side] = told | _body(told.pop("body"))
    return data


def _body(raw: bytes) -> dict[str, str]:
    try:
        return {"body": raw.decode("utf-8")}
    except UnicodeDecodeError:
        return {"body_base64": base64.b64encode(raw).decode("ascii")}


def _raw(data: dict[str, Any]) -> bytes:
    if "body_base64" in data:
        return base64.b64decode(data["body_base64"])
    return str(data["body"]).encode("utf-8")


def from_json(data: dict[str, Any]) -> Exchange:
    """The exchange that `to_json` made `data` of."""
    request, response = data["request"], data["response"]
    return Exchange(
        **{k: v for k, v in data.items() if k not in ("request", "response", "cases")},
        cases=tuple(data["cases"]),
        request=Sent(
            request["method"], request["url"], _pairs(request["headers"]), _raw(request)
        ),
        response=None
        if response is None
        else Received(
            response["status"], response["reason"], _pairs(response["headers"]), _raw(response),
            response["truncated"],
        ),
    )  # fmt: skip


def _pairs(items: list[list[str]]) -> Headers:
    return tuple((name, value) for name, value in items)


def case_to_json(case: CaseRecord) -> dict[str, Any]:
    """A case record as a JSON object."""
    return vars(case).copy()


def case_from_json(data: dict[str, Any]) -> CaseRecord:
    """The record that `case_to_json` made `data` of."""
    lists = {name: tuple(data.get(name, ())) for name in ("requirements", "beside")}
    return CaseRecord(**{**data, **lists})


def dumps(line: dict[str, Any]) -> str:
    """One line of a journal: ASCII, so that no text of a target can break a line."""
    return _ENCODER.encode(line)


_ENCODER = json.JSONEncoder(ensure_ascii=True, separators=(",", ":"))
