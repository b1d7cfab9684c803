"""The 200 as a whole: envelope, status, content type and bytes."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from benchmarks.power.battery.changes import (
    Change,
    returned,
    succeeded,
    written,
)
from benchmarks.power.battery.core import CUSTOMER, Core, Request, Response
from benchmarks.power.battery.rules import Json
from benchmarks.power.battery.server import Server, faulty
from benchmarks.power.battery.wire import Drop, head, wire

_fault = faulty("responses")
_DATA = "response.200.data"


def _camel(name: str) -> str:
    return re.sub(r"_(\w)", lambda found: found[1].upper(), name)


def _envelopes() -> Iterator[Server]:
    table: list[tuple[str, str, tuple[str, ...], Callable[[Json], Json]]] = [
        ("unwrapped", "the profile without `data`", (f"{_DATA}.required",), lambda b: b["data"]),
        ("renamed", "the profile under `profile`", (f"{_DATA}.required",),
         lambda b: {"profile": b["data"]}),
        ("in-a-list", "a list", ("response.200.type",), lambda b: [b]),
        ("in-a-string", "JSON in a JSON string", ("response.200.type",), json.dumps),
        ("data-as-a-list", "`data` that holds a list", (f"{_DATA}.type",),
         lambda b: {"data": [b["data"]]}),
        ("data-null", "`data` that holds null", (f"{_DATA}.type",), lambda _: {"data": None}),
        ("data-as-text", "`data` that holds JSON in a string", (f"{_DATA}.type",),
         lambda b: {"data": json.dumps(b["data"])}),
        ("data-empty", "`data` that holds nothing", (f"{_DATA}.*.required",),
         lambda _: {"data": {}}),
        ("camel-case", "JSON with members in camel case", (f"{_DATA}.*.required",),
         lambda b: {"data": {_camel(key): value for key, value in b["data"].items()}}),
        ("json-api", "what JSON:API makes of a profile",
         (f"{_DATA}.*.required",),
         lambda b: {"data": {"id": "1", "type": "profile", "attributes": b["data"]}}),
    ]  # fmt: skip
    every = "several required members are missing"
    for words, about, breaks, convert in table:
        several = every if "*" in breaks[0] else ""
        yield _fault(
            f"body-{words}",
            f"The body of a 200 is {about}.",
            breaks,
            _enveloped(convert),
            several=several,
        )
    yield _fault(
        "body-null", "The body of a 200 is null.", "response.200.type", written(lambda _: b"null")
    )


def _enveloped(convert: Callable[[Json], Json]) -> Change:
    return returned(lambda body, _: convert(body))


def _status(status: int, body: bytes | None = None, *headers: tuple[bytes, bytes]) -> Change:
    def answer(given: Response, _: Request) -> Response:
        kept_body = given.body if body is None else body
        return Response(status, kept_body, (*given.headers, *headers))

    return succeeded(answer)


def _statuses() -> Iterator[Server]:
    for status in (201, 202, 206):
        yield _fault(
            f"status-{status}",
            f"A valid request is answered with {status}.",
            "response.status",
            _status(status),
        )
    yield _fault(
        "status-204",
        "A valid request is answered with 204 and nothing.",
        "response.status",
        succeeded(lambda *_: Response(204, b"", ())),
    )
    for status in (302, 307):
        place = (b"location", b"/profiles/1")
        yield _fault(
            f"status-{status}",
            f"A valid request is answered with {status}.",
            ("response.status", "rejection.status"),
            _status(status, b"", place),
        )
    yield _fault(
        "status-201-when-created",
        "201 for a customer that is new, 200 for one that is known.",
        "response.status",
        _first_of_customer(lambda given: replace(given, status=201)),
    )
    yield _fault(
        "error-under-200",
        "A 200 carries an error instead of a profile, though all is well with the request.",
        (f"{_DATA}.required", "response.status"),
        written(lambda _: b'{"errors":[],"error_code":"internal","status_code":500}'),
    )


def _first_of_customer(convert: Callable[[Response], Response]) -> Change:
    def change(core: Core) -> Core:
        seen: set[str] = set()

        def answer(given: Response, request: Request) -> Response:
            who = request.text(CUSTOMER) or ""
            fresh = bool(who) and who not in seen
            seen.add(who)
            return convert(given) if fresh else given

        return succeeded(answer)(core)

    return change


def _content_types() -> Iterator[Server]:
    for words, value in {
        "text": b"text/plain",
        "html": b"text/html; charset=utf-8",
        "text-json": b"text/json",
        "bytes": b"application/octet-stream",
        "json-api": b"application/vnd.api+json",
        "missing": None,
    }.items():
        yield _fault(
            f"content-type-{words}",
            f"The content type of a 200 is {value.decode() if value else 'missing'}.",
            "response.200.media_type",
            _typed(value),
        )


def _typed(value: bytes | None) -> Change:
    headers = ((b"content-type", value),) if value else ()
    return succeeded(lambda given, _: replace(given, headers=headers))


def _revenue(literal: bytes) -> Callable[[bytes], bytes]:
    return lambda body: re.sub(rb'("total_revenue_usd":)[^,]+', rb"\g<1>" + literal, body)


def _bytes() -> Iterator[Server]:
    table: list[tuple[str, str, Callable[[bytes], bytes]]] = [
        ("empty", "empty", lambda _: b""),
        ("cut", "cut by a byte, with a content length that fits", lambda b: b[:-1]),
        ("with-more-behind", "JSON with a comment behind it", lambda b: b + b"\n<!-- 0.004 s -->"),
        ("prefixed", "JSON behind a prefix against hijacking", lambda b: b")]}',\n" + b),
        ("twice", "the same JSON twice", lambda b: b + b),
        ("with-a-comma", "JSON with a comma before its end", lambda b: b[:-1] + b",}"),
        ("in-single-quotes", "Python's repr", lambda b: repr(json.loads(b)).encode()),
        ("utf-16", "in UTF-16", lambda b: b.decode().encode("utf-16")),
        ("invalid-utf-8", "not UTF-8", lambda b: b.replace(b'"data"', b'"note":"\xe9","data"', 1)),
        ("nan", "JSON but for a NaN", _revenue(b"NaN")),
        ("infinity", "JSON but for an Infinity", _revenue(b"Infinity")),
        ("raw-line-end", "JSON with a raw line end in a string",
         lambda b: b.replace(b'"data"', b'"note":"a\nb","data"', 1)),
        ("form", "a form", lambda _: b"profile_id=1&customer_user_id=2"),
    ]  # fmt: skip
    for words, about, convert in table:
        yield _fault(
            f"bytes-{words}",
            f"The body of a 200 is {about}.",
            "response.200.json",
            written(convert),
        )


async def _cut(response: Response, request: Request, writer: Any) -> None:
    long = request.problem is None and len(response.body) > 1500
    writer.write(head(response) + response.body[: -10 if long else None])
    await writer.drain()
    if long:
        raise Drop


WHOLE: tuple[Server, ...] = (
    *_envelopes(),
    *_statuses(),
    *_content_types(),
    *_bytes(),
    _fault(
        "bytes-fewer-than-announced",
        "The connection ends 10 bytes before the announced end of a 200 beyond 1,500 bytes.",
        ("robustness.connection", "response.200.json", "response.status", "request.body.*"),
        wire=wire(_cut),
    ),
)
