"""Schemathesis on the normalised contract: its generators feed our client, its checks give a second
opinion on what came back.

Its own label of a case (positive or negative) decides nothing: the contract's reading does.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import schemathesis
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from conformance.exchanges import Exchange
from spec.contract import JSON_MEDIA_TYPE, Contract
from strategies import generated, payloads
from strategies.cases import Case

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


class Peer:
    """Schemathesis' view of one contract."""

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        for name, texts in payloads.FORMATS.items():  # what it generates itself is often open
            schemathesis.openapi.format(name, texts)
        schema = schemathesis.openapi.from_dict(document(contract))
        self._operation = schema[contract.path][contract.method]

    def cases(self, number: int, count: int) -> Iterator[Case]:
        """At most `count` cases for the seed `number`: what Schemathesis generates, valid and
        invalid, and our own valid payloads fed through its cases."""
        share = count // 3
        for name, mode in (
            ("positive", GenerationMode.POSITIVE),
            ("negative", GenerationMode.NEGATIVE),
        ):
            strategy = self._operation.as_strategy(generation_mode=mode)
            for index, case in enumerate(payloads.draw(strategy, share, number)):
                body = case.body
                if isinstance(body, dict | list | str | int | float | bool | None):
                    yield generated.case_of(
                        self._contract, f"schemathesis/{name}-{index + 1:02}", body
                    )
        ours = payloads.draw(payloads.valid(self._contract), count - 2 * share, number + 1)
        for index, body in enumerate(ours):
            case = self._operation.Case(body=body, media_type=JSON_MEDIA_TYPE)
            yield generated.case_of(self._contract, f"schemathesis/ours-{index + 1:02}", case.body)

    def objections(self, case: Case, exchange: Exchange) -> list[str]:
        """What Schemathesis' checks find wrong with a response, in its words."""
        if exchange.response is None or exchange.trouble is not None:
            return []
        asked = httpx.Request(exchange.request.method, exchange.request.url)
        headers = [(n, v) for n, v in exchange.response.headers if n.lower() not in _ENCODING]
        answer = httpx.Response(
            exchange.response.status, headers=headers, content=exchange.response.body, request=asked
        )
        answer.elapsed = timedelta(seconds=exchange.received - exchange.sent)
        theirs = self._operation.Case(body=case.edits[0].value, media_type=JSON_MEDIA_TYPE)
        try:
            theirs.validate_response(answer, checks=CHECKS)
        except FailureGroup as group:
            return [str(failure).splitlines()[0] for failure in group.exceptions]
        return []


_ENCODING = ("content-encoding", "content-length", "transfer-encoding")


def document(contract: Contract) -> dict[str, Any]:
    """The contract as an OpenAPI 3.1 document that Schemathesis understands without false alarm.

    A refusal is any 4xx with ErrorResponse, and there is no `security`: without the key most of
    its requests would be refused before anything else is tested.
    """
    responses: dict[str, Any] = {
        str(status): {"description": "", **({"content": _content(schema)} if schema else {})}
        for status, schema in contract.responses.items()
        if status < 500
    }
    responses["4XX"] = {"description": "", "content": _content(contract.refusal)}
    media: dict[str, Any] = {"schema": _plain(contract.request)}
    if contract.example is not None:
        media["example"] = contract.example
    operation = {
        "operationId": "createProfile",
        "requestBody": {"required": True, "content": {JSON_MEDIA_TYPE: media}},
        "responses": responses,
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": contract.title, "version": contract.version},
        "paths": {contract.path: {contract.method.lower(): operation}},
    }


def _content(schema: dict[str, Any]) -> dict[str, Any]:
    return {JSON_MEDIA_TYPE: {"schema": _plain(schema)}}


_DATA = frozenset({"const", "default", "enum", "example", "examples", "required", "type"})
_NAMED = frozenset({"dependentSchemas", "patternProperties", "properties"})


def _plain(node: Any) -> Any:
    """A normalised schema without our own annotations, and with null where it is open.

    Members are a map of names, of which some may look like keywords or annotations.
    """
    if isinstance(node, list):
        return [_plain(item) for item in node]
    if not isinstance(node, dict):
        return node
    plain: dict[str, Any] = {}
    for key, value in node.items():
        if key in _NAMED:
            plain[key] = {name: _plain(child) for name, child in value.items()}
        elif key != "nullable" and not key.startswith("x-"):
            plain[key] = value if key in _DATA else _plain(value)
    if node.get("x-open-null"):
        listed = plain.pop("enum", None)
        only = plain.pop("const", None)
        plain["enum"] = [*(listed if listed is not None else [only]), None]
    return plain
