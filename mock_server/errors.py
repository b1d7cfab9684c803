"""Refusals: what stops a request, and the vendor's ErrorResponse that says so."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

WHOLE_REQUEST = "non_field_errors"


class Refusal(Exception):
    """A request is not accepted, with `status`; `problems` are pairs of a source and a message."""

    def __init__(self, status: int, code: str, problems: Iterable[tuple[str, str]]) -> None:
        self.status = status
        self.code = code
        self.problems = tuple(problems)
        super().__init__(code)


class MalformedJson(Refusal):
    """The body is not one JSON text."""

    def __init__(self) -> None:
        super().__init__(400, "parse_error", [(WHOLE_REQUEST, "The body is not one JSON text.")])


def refuse(status: int, code: str, message: str, source: str = WHOLE_REQUEST) -> Refusal:
    """A refusal for a single reason."""
    return Refusal(status, code, [(source, message)])


def error_body(refusal: Refusal, template: Mapping[str, Any]) -> dict[str, Any]:
    """The ErrorResponse of a refusal; `template` has whatever else the document wants in one."""
    messages: dict[str, list[str]] = {}
    for source, message in refusal.problems:
        messages.setdefault(source, []).append(message)
    return {
        **template,
        "errors": [{"source": source, "errors": said} for source, said in messages.items()],
        "error_code": refusal.code,
        "status_code": refusal.status,
    }
