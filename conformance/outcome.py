"""What one answer means for the case it was sent for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from conformance.exchanges import Exchange
from spec.contract import Contract
from strategies.cases import Expect

Result = Literal["kept", "broken", "unknown"]
UNAUTHORIZED = 401


@dataclass(frozen=True)
class Outcome:
    """Whether the case's promise was kept, and in what words.

    `cause` is the id of another requirement whose breach explains this one.
    """

    result: Result
    message: str = ""
    expected: str = ""
    actual: str = ""
    cause: str | None = None


KEPT = Outcome("kept")


def outcome(contract: Contract, expect: Expect, exchange: Exchange, *, control: bool) -> Outcome:
    """Judge one exchange by what its case expects; `control` says that its control was accepted.

    Only a refusal needs the control: what the contract accepts must be accepted by itself.
    """
    if expect == "open":
        return KEPT
    status = exchange.status
    if status is None or exchange.response is None:
        return Outcome("unknown", _trouble(exchange))
    actual = f"{status} {exchange.response.reason}".strip()
    crash = "robustness.server_error" if status >= 500 else None
    taken = 200 <= status < 300
    if expect == "accept":
        if taken:
            return KEPT
        if not control:
            return Outcome("unknown", f"its control was not accepted either ({actual})")
        message = f"a valid request is answered with {status}"
        return Outcome("broken", message, f"accepted, {contract.success}", actual, crash)
    if taken:
        if expect == "unauthorized":
            message = f"accepted with {status}, the contract says {UNAUTHORIZED}"
            return Outcome("broken", message, str(UNAUTHORIZED), actual)
        message = f"accepted with {status}, the contract refuses it"
        return Outcome("broken", message, "refused with a 4xx", actual)
    if not control:
        return Outcome("unknown", "its control was not accepted, so a refusal proves nothing")
    if expect == "unauthorized":
        if status == UNAUTHORIZED:
            return KEPT
        message = f"answered with {status}, the contract says {UNAUTHORIZED}"
        return Outcome("broken", message, str(UNAUTHORIZED), actual, crash)
    if crash:
        return Outcome("unknown", f"the target failed ({actual}) instead of deciding")
    return KEPT


def _trouble(exchange: Exchange) -> str:
    words = {
        "timeout": "no answer came in time",
        "connection": "the connection ended without an answer",
        "incomplete": "the connection ended within the answer",
        "throttled": "the target kept throttling",
        "ours": "the request could not be sent",
    }
    return words[exchange.trouble or "connection"]
