"""The face of a failure: what it has in common with the same slip at other places."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from conformance.parsing import NotJson, parse
from conformance.verdicts import Failure
from spec.contract import Contract
from spec.requirements import Requirement
from spec.schema import at, types
from strategies.near_misses import EMPTY

_KINDS = {"oneOf": "type", "anyOf": "type", "const": "enum"}


def face_of(contract: Contract, requirement: Requirement, failure: Failure) -> Hashable | None:
    """What is equal for failures that one slip of a server makes, None where nothing would be.

    For a request: the side, the keyword and the near miss or valid value by its label. For a
    response: the keyword and what stood there, a text for a number or nothing at all.
    """
    subject, keyword = requirement.subject, requirement.keyword
    kind = _KINDS.get(keyword, keyword)
    if subject == "request.body" and "/" in failure.case:
        label = failure.case.rpartition("/")[2]
        if label == EMPTY and failure.side == "refuse":
            return failure.side, label  # a check of what is there, whatever the check
        named = contract.request if keyword == "format" else None
        return failure.side, kind, label, _format(named, requirement)
    if failure.side != "observe" or not subject.startswith(("response.", "rejection.")):
        return None
    success = subject == f"response.{contract.success}"
    schema = contract.responses[contract.success] if success else contract.refusal
    if keyword == "required":
        return success, kind, requirement.location[:-1]
    if keyword == "format":
        return success, kind, _format(schema, requirement)
    if keyword == "type" and schema is not None:
        wanted = tuple(types(at(schema, requirement.location)))
        return success, kind, tuple(w for w in wanted if w != "null"), _type(failure)
    return None


def _format(schema: Any, requirement: Requirement) -> str | None:
    return None if schema is None else at(schema, requirement.location).get("format")


def _type(failure: Failure) -> str:
    """The JSON type of what the answer has at the failure's place."""
    response = failure.exchanges[0].response if failure.exchanges else None
    try:
        value: Any = parse(response.body) if response else None
        for step in (failure.place or "").split("/")[1:]:
            name = step.replace("~1", "/").replace("~0", "~")
            value = value[int(name) if isinstance(value, list) else name]
    except (NotJson, KeyError, IndexError, ValueError, TypeError):
        return "unknown"
    return "number" if type(value) in (int, float) else type(value).__name__
