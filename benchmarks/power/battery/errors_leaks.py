"""Refusals that cannot be written, and answers that carry the credential."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from benchmarks.power.battery.changes import (
    Change,
    explained,
    finished,
    inside,
    parsed,
    succeeded,
)
from benchmarks.power.battery.core import (
    Core,
    Crash,
    Problem,
    Request,
    Response,
)
from benchmarks.power.battery.rules import Json
from benchmarks.power.battery.server import Server, faulty

_fault = faulty("errors")


def _unwritable() -> Iterator[Server]:
    """A 500 because the value that is refused cannot be written into the error."""

    def not_a_number(parse: Callable[[bytes], Json], raw: bytes) -> Json:
        try:
            return parse(raw)
        except Problem:
            constants = {"NaN", "Infinity", "-Infinity"}
            found: list[str] = []
            _tolerant(raw, found.append)
            if constants & set(found):
                raise Crash from None
            raise

    def surrogate(parse: Callable[[bytes], Json], raw: bytes) -> Json:
        try:
            return parse(raw)
        except Problem:
            texts = [each for each in inside(_tolerant(raw)) if isinstance(each, str)]
            if any("\ud800" <= char <= "\udfff" for each in texts for char in each):
                raise Crash from None
            raise

    for words, about, breaks, read in (
        ("nan", "A NaN", ("robustness.server_error", "request.json"), not_a_number),
        ("surrogate", "A lone surrogate", ("robustness.server_error",), surrogate),
    ):
        yield _fault(
            f"unwritable-{words}",
            f"{about} is refused, and cannot be written into the error: a 500.",
            breaks,
            parsed(read),
        )


def _tolerant(raw: bytes, constant: Callable[[str], Any] = float) -> Json:
    try:
        return json.loads(raw.decode("utf-8", "replace"), parse_constant=constant)
    except (ValueError, RecursionError):
        return None


def _secrets() -> Iterator[Server]:
    secrecy = "secrecy.credential"

    def quoted(error: Json, _: Problem, request: Request) -> Json:
        words = f"Invalid credentials: {request.text('authorization')}"
        return {**error, "errors": [{"source": "authorization", "errors": [words]}]}

    def debugged(error: Json, _: Problem, request: Request) -> Json:
        seen = {k.decode("latin-1"): v.decode("latin-1") for k, v in request.headers}
        return {**error, "debug": seen}

    def repeated(response: Response, request: Request) -> Response:
        given = tuple((b"x-authorization", each) for each in request.values("authorization"))
        return Response(response.status, response.body, (*response.headers, *given))

    def in_hash(core: Core) -> Core:
        key = b'"api_key":"%b","data"' % core.key
        return succeeded(
            lambda given, _: Response(given.status, given.body.replace(b'"data"', key, 1))
        )(core)

    yield _fault(
        "credential-in-message", "A 401 quotes the credential.", secrecy,
        explained(quoted, "authentication"),
    )  # fmt: skip
    yield _fault(
        "credential-in-debug", "The refusal of a body carries the request's headers.", secrecy,
        explained(debugged, "json", "root", "field", "nested"),
    )  # fmt: skip
    yield _fault(
        "credential-in-header", "A response header repeats the credential.", secrecy,
        finished(repeated),
    )  # fmt: skip
    change: Change = in_hash
    yield _fault("credential-in-body", "A 200 carries the app's key.", secrecy, change)


LEAKS: tuple[Server, ...] = (*_unwritable(), *_secrets())
