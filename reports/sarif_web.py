"""The exchange of a failure as SARIF's webRequest and webResponse."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from reports.text import TEXT_LIMIT, plain
from reports.words import Item


def web_exchange(failure: Item) -> dict[str, Any]:
    """Request and response of a failure's last exchange, nothing where it has none.

    Whatever a target sent is spelled as `plain` does, bodies up to its limit.
    """
    if not failure["exchanges"]:
        return {}
    last = failure["exchanges"][-1]
    request, response = last["request"], last["response"]
    return {
        "webRequest": {
            "protocol": "HTTP",
            "method": plain(request["method"]),
            "target": plain(re.sub(r"^[^:/?#]+://[^/?#]*", "", request["url"]) or "/"),
            "headers": _headers(request["headers"]),
            "body": _body(request["body"], request["body_base64"]),
        },
        "webResponse": {
            "protocol": "HTTP",
            "statusCode": response["status"],
            "reasonPhrase": plain(response["reason"]),
            "headers": _headers(response["headers"]),
            "body": _body(response["body"]),
        }
        if response
        else {
            "noResponseReceived": True,
            "reasonPhrase": plain(last["error"] or "nothing was recorded"),
        },
    }


def _headers(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Headers by name, those of one name joined as HTTP joins them."""
    found: dict[str, str] = {}
    for name, value in headers:
        name, value = plain(name), plain(value)
        found[name] = f"{found[name]}, {value}" if name in found else value
    return found


def _body(text: str | None, encoded: str | None = None) -> dict[str, Any]:
    if text is None and encoded:
        cut = TEXT_LIMIT - TEXT_LIMIT % 4  # four characters of Base64 are three whole bytes
        return {"binary": encoded[:cut], "properties": {"truncated": len(encoded) > cut}}
    return {"text": plain(text or "")}
