"""Refusals that are no ErrorResponse: for each layer that answers, each way to fail it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from benchmarks.power.battery.changes import (
    explained,
    refused,
)
from benchmarks.power.battery.core import (
    JSON_TYPE,
    Layer,
    Problem,
    Request,
    Response,
)
from benchmarks.power.battery.rules import Json
from benchmarks.power.battery.server import Server, faulty

_fault = faulty("errors")


@dataclass(frozen=True)
class _Where:
    """A part of a server that refuses, and which requirements its refusals are held against."""

    words: str
    about: str
    layers: tuple[Layer, ...]
    subject: str  # of the requirements about the body
    message: str  # of those about the message


AUTHENTICATION = _Where("401", "a 401", ("authentication",), "response.401", "response.401")


def _rejection(words: str, about: str, *layers: Layer) -> _Where:
    return _Where(words, about, layers, "rejection.body", "rejection")


MEDIA = _rejection("media-type", "the refusal of a media type", "media")
MALFORMED = _rejection("json", "the refusal of malformed JSON", "json")
FIELD = _rejection("field", "the refusal of a member at the top", "field", "root")
NESTED = _rejection("nested", "the refusal of a nested member", "nested")
HEADER = _rejection("header", "the refusal without an identity header", "identity")
WHERES = (AUTHENTICATION, MEDIA, MALFORMED, FIELD, NESTED, HEADER)
BODIES = (MALFORMED, FIELD, NESTED)

Edit = Callable[[dict[str, Json], Problem], Json]


def _each_error(edit: Callable[[dict[str, Json]], dict[str, Json]]) -> Edit:
    return lambda error, _: {**error, "errors": [edit(each) for each in error["errors"]]}


def _drop(member: str) -> Edit:
    return lambda error, _: {key: value for key, value in error.items() if key != member}


def _put(member: str, value: Json) -> Edit:
    return lambda error, _: {**error, member: value}


# How a body fails ErrorResponse: words, what it is, the requirement, the change.
SHAPES: tuple[tuple[str, str, str, Edit], ...] = (
    ("without-errors", "has no errors", "errors.required", _drop("errors")),
    ("without-code", "has no error_code", "error_code.required", _drop("error_code")),
    ("without-status", "has no status_code", "status_code.required", _drop("status_code")),
    ("errors-null", "has errors that are null", "errors.type", _put("errors", None)),
    ("errors-as-object", "has its errors by field", "errors.type",
     lambda error, _: {**error, "errors": {e["source"]: e["errors"] for e in error["errors"]}}),
    ("errors-as-text", "has one text for errors", "errors.type", _put("errors", "Invalid.")),
    ("errors-as-texts", "has texts for errors", "errors.item.type", _put("errors", ["Invalid."])),
    ("source-as-path", "has the path of a field as a list", "errors.item.source.type",
     _each_error(lambda e: {**e, "source": ["body", *e["source"].split(".")]})),
    ("source-as-number", "has a number for the source", "errors.item.source.type",
     _each_error(lambda e: {**e, "source": 0})),
    ("messages-as-text", "has one text for messages", "errors.item.errors.type",
     _each_error(lambda e: {**e, "errors": " ".join(e["errors"])})),
    ("messages-null", "has null for messages", "errors.item.errors.type",
     _each_error(lambda e: {**e, "errors": None})),
    ("messages-nested", "has an object of messages, as DRF nests them", "errors.item.errors.type",
     _each_error(lambda e: {**e, "errors": {"0": e["errors"]}})),
    ("messages-as-objects", "has objects for messages", "errors.item.errors.item.type",
     _each_error(lambda e: {**e, "errors": [{"message": each} for each in e["errors"]]})),
    ("code-null", "has a null error_code", "error_code.type", _put("error_code", None)),
    ("code-as-number", "has a number for error_code", "error_code.type", _put("error_code", 1001)),
    ("status-as-text", "has its status_code as text", "status_code.type",
     lambda error, problem: {**error, "status_code": str(problem.status)}),
    ("status-null", "has a null status_code", "status_code.type", _put("status_code", None)),
    ("status-zero", "says that its status_code is 0", "status_code.http_status",
     _put("status_code", 0)),
    ("status-other", "says another status_code than its own", "status_code.http_status",
     _put("status_code", 409)),
)  # fmt: skip

_DETAIL = {"detail": [{"type": "value_error", "loc": ["body"], "msg": "Invalid."}]}


@dataclass(frozen=True)
class _Whole:
    """A refusal that has nothing of an ErrorResponse."""

    words: str
    about: str
    keywords: tuple[str, ...]
    body: bytes
    content_type: bytes | None = JSON_TYPE
    several: str = ""

    def answer(self, problem: Problem, _: Request) -> Response:
        headers = ((b"content-type", self.content_type),) if self.content_type else ()
        return Response(problem.status, self.body, headers)


_BOTH = ("media_type", "json")
_TWO = "neither the content type nor the body is JSON"
_PROBLEM = b'{"errors":[],"error_code":"invalid","status_code":%d}'

WHOLES: tuple[_Whole, ...] = (
    _Whole("text", "is plain text", _BOTH, b"Refused.", b"text/plain", _TWO),
    _Whole("html", "is HTML", _BOTH, b"<h1>Refused</h1>", b"text/html; charset=utf-8", _TWO),
    _Whole("empty", "is empty", _BOTH, b"", None, _TWO),
    _Whole("empty-json", "says that it is JSON, and is empty", ("json",), b""),
    _Whole("cut", "is JSON that ends too early", ("json",), b'{"errors":[],"error_code":"x"'),
    _Whole("detail", "is what FastAPI answers by itself", ("*.required",),
           json.dumps(_DETAIL).encode()),
    _Whole("drf", "is what Django REST answers by itself", ("*.required",), b'{"detail":"No."}'),
    _Whole("list", "is a list", ("type",), b'["Refused."]'),
    _Whole("string", "is a string", ("type",), b'"Refused."'),
    _Whole("null", "is null", ("type",), b"null"),
)  # fmt: skip

# Which of the whole refusals each layer gets, so that each stands at least twice.
_IN: tuple[tuple[_Where, tuple[str, ...]], ...] = (
    (AUTHENTICATION, ("text", "html", "empty", "empty-json", "cut", "detail", "drf", "list")),
    (MEDIA, ("html", "drf", "string", "empty-json")),
    (MALFORMED, ("html", "detail", "empty", "cut", "null")),
    (FIELD, ("detail", "text", "list", "cut")),
    (NESTED, ("text", "drf", "html", "empty")),
    (HEADER, ("empty", "detail", "text", "null")),
)


def _shapes() -> Iterator[Server]:
    """Every shape in a 401, and in one of the other layers that refuse, in turn."""
    others = WHERES[1:]
    for turn, (words, about, keyword, edit) in enumerate(SHAPES):
        for where in (AUTHENTICATION, others[turn % len(others)]):
            yield _fault(
                f"{where.words}-{words}",
                f"{where.about[0].upper()}{where.about[1:]} {about}.",
                f"{where.subject}.{keyword}",
                explained(_edited(edit), *where.layers),
            )


def _edited(edit: Edit) -> Callable[[Json, Problem, Request], Json]:
    return lambda error, problem, _: edit(error, problem)


def _wholes() -> Iterator[Server]:
    by_words = {each.words: each for each in WHOLES}
    for where, chosen in _IN:
        for words in chosen:
            whole = by_words[words]
            schema = whole.keywords[0] in ("type", "*.required")
            subject = where.subject if schema else where.message
            yield _fault(
                f"{where.words}-{words}",
                f"{where.about[0].upper()}{where.about[1:]} {whole.about}.",
                tuple(f"{subject}.{keyword}" for keyword in whole.keywords),
                refused(whole.answer, *where.layers),
                several=whole.several,
            )
        for words, value in {
            "problem-json": b"application/problem+json",
            "as-html": b"text/html; charset=UTF-8",
        }.items():
            yield _fault(
                f"{where.words}-{words}",
                f"{where.about[0].upper()}{where.about[1:]} is called {value.decode()}.",
                f"{where.message}.media_type",
                refused(_called(value), *where.layers),
            )


def _called(value: bytes) -> Callable[[Problem, Request], Response]:
    def answer(problem: Problem, _: Request) -> Response:
        return Response(problem.status, _PROBLEM % problem.status, ((b"content-type", value),))

    return answer


def _statuses() -> Iterator[Server]:
    """Bad input that ends in a 5xx, a redirect or an error under 200."""
    prevented = {
        MEDIA.words: "request.media_type",
        MALFORMED.words: "request.json",
        FIELD.words: "request.body.*",
        NESTED.words: "request.body.*",
        HEADER.words: "request.header.identity",
    }
    for where in WHERES[1:]:
        refusal, broken = prevented[where.words], "robustness.server_error"
        yield _fault(
            f"{where.words}-500",
            f"In place of {where.about} there is a 500.",
            (broken, refusal, "rejection.status"),
            refused(lambda *_: Response(500, b"Oops.", ()), *where.layers),
        )
    page = (b"location", b"/error")
    for where in (FIELD, HEADER):
        yield _fault(
            f"{where.words}-302",
            f"In place of {where.about} there is a redirect.",
            ("rejection.status", prevented[where.words]),
            refused(lambda *_: Response(302, b"", (page,)), *where.layers),
        )
    for where in BODIES:
        yield _fault(
            f"{where.words}-under-200",
            f"In place of {where.about} there is a 200 that carries the error.",
            (prevented[where.words], "response.200.data.required", "rejection.status"),
            refused(lambda p, _: Response(200, _PROBLEM % p.status), *where.layers),
            several="each refusal that is missing is one",
        )
    yield _fault(
        "wrong-key-detail",
        "Only the 401 for a wrong key, not the one without a credential, has another shape.",
        "response.401.*.required",
        explained(
            lambda error, _, request: (
                {"detail": "Invalid token."} if request.values("authorization") else error
            ),
            "authentication",
        ),
    )


ERRORS: tuple[Server, ...] = (
    *_shapes(),
    *_wholes(),
    *_statuses(),
)
