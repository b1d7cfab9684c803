"""What the HTML report shows of one exchange, worked out so that its template only lays it out."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from markupsafe import Markup

from reports.bodies import LIMIT, body
from reports.text import marked, milliseconds
from reports.words import Item

View = dict[str, Any]

TELLING = {"content-type", "location", "retry-after", "www-authenticate"}


def exchange_view(
    exchange: Item, change: Item | None, failure: Item | None = None, *, limit: int = LIMIT
) -> View:
    """Request and response, what was changed marked in the one and what offends in the other.

    `change` is that of the case, with a JSON Pointer into the request's body or, in its words, the
    name of a header. What offends is the place that `failure` points to, or the status or header
    that it tells as what came. About `limit` characters of each body are shown.
    """
    request, response = exchange["request"], exchange["response"]
    url = urlsplit(request["url"])
    pointer = change["pointer"] if change else None
    # What a case stands beside, "(with …)", is no change.
    words = change["words"].lower().partition(" (with ")[0] if change and pointer is None else ""
    place, actual = (failure["place"], failure["actual"].lower()) if failure else (None, "")
    return {
        "id": exchange["id"],
        "request": {
            "method": request["method"],
            "path": url.path + (f"?{url.query}" if url.query else ""),
            "headers": [
                (name, value, re.search(rf"\b{re.escape(name.lower())}\b", words) is not None)
                for name, value in request["headers"]
            ],
            "body": _request_body(request, pointer, limit),
        },
        "response": response
        and {
            "status": response["status"],
            "reason": response["reason"],
            "offends": place is None and actual.startswith(str(response["status"])),
            "headers": _headers(response["headers"], actual),
            "truncated": response["truncated"],
            "body": body(response["body"], place, nearest=True, limit=limit)
            if response["body"]
            else None,
        },
        "error": exchange["error"] or "nothing was recorded",
        "took": milliseconds(exchange["ms"]) if exchange["ms"] is not None else None,
    }


def _headers(headers: list[list[str]], actual: str) -> list[tuple[str, str, bool]]:
    """The headers of a response, each with whether it is what offends: what matters most first."""
    told = [(name, value, actual == f"{name}: {value}".lower()) for name, value in headers]
    return sorted(told, key=lambda each: (not each[2], each[0].lower() not in TELLING))


def _request_body(request: Item, pointer: str | None, limit: int) -> Markup | None:
    if request["body"]:
        return body(request["body"], pointer, nearest=pointer is not None, limit=limit)
    if request["body_base64"]:
        text = marked(request["body_base64"], limit)
        return Markup('<span class="cut">not text, in Base64:</span>\n') + text
    return None
