"""What stands before or around the server: proxies, API gateways, firewalls and middlewares."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from benchmarks.power.battery.changes import (
    Change,
    attempt,
    explained,
    finished,
    inside,
    refused,
    succeeded,
)
from benchmarks.power.battery.core import (
    CUSTOMER,
    Core,
    Layer,
    Problem,
    Request,
    Response,
)
from benchmarks.power.battery.rules import Json
from benchmarks.power.battery.server import Server, faulty

_fault, _response = faulty("errors"), faulty("responses")
_strict, _state, _crash = faulty("strictness"), faulty("state"), faulty("crashes")
CRASH, REFUSED = "robustness.server_error", "response.status"
_BODY = "request.body"
_TWO = ("rejection.media_type", "rejection.json")
_HTML = (b"content-type", b"text/html")
_BOTH = "neither the content type nor the body is JSON"


def _page(status: int, words: str) -> Response:
    page = f"<html><head><title>{status} {words}</title></head><body>nginx</body></html>"
    return Response(status, page.encode(), (_HTML,))


def _paged(status: int, words: str, test: Callable[[Request], bool]) -> Change:
    """A request of which `test` is true gets a page, whatever the server said of it."""
    return finished(
        lambda given, request: _page(status, words) if attempt(test, request) else given
    )


def _not_json_asked(request: Request) -> bool:
    return b"json" not in request.joined("accept").lower()


def _when(test: Callable[[Request], bool], change: Change) -> Change:
    """The change to what is finished, for the requests of which `test` is true."""

    def outer(core: Core) -> Core:
        changed = change(core)

        async def finish(response: Response, request: Request) -> Response:
            return await (changed if test(request) else core).finish(response, request)

        return replace(core, finish=finish)

    return outer


def _told(words: str) -> Callable[[Problem], bool]:
    return lambda problem: any(message.startswith(words) for _, message in problem.errors)


def _where(test: Callable[[Problem], bool], answer: Callable[[Problem], Response]) -> Change:
    """Refusals of which `test` is true have another answer."""

    def edit(given: Response, request: Request) -> Response:
        problem = request.problem
        return answer(problem) if problem and test(problem) else given

    return finished(edit)


def _by_number(error: Json, _: Problem, __: Request) -> Json:
    """The source of an attribute's error is the attribute's index, as for a list's item."""

    def source(text: Json) -> Json:
        index = re.match(r"custom_attributes\.([0-9]+)", text or "")
        return int(index[1]) if index else text

    errors = [{**each, "source": source(each["source"])} for each in error["errors"]]
    return {**error, "errors": errors}


def _by_field(error: Json, *_: object) -> Json:
    several = len(error["errors"]) > 1
    by_field = {each["source"]: each["errors"] for each in error["errors"]}
    return {**error, "errors": by_field} if several else None


def _quoted_in_latin_1(problem: Problem, request: Request) -> Response:
    found = [each for each in inside(request.body) if isinstance(each, str) and not each.isascii()]
    quoted = "".join(char for each in found for char in each if char.isalpha() and char < "\u0100")
    error = {
        "errors": [{"source": "body", "errors": [f"Got: {quoted}"]}],
        "error_code": "invalid",
        "status_code": problem.status,
    }
    text = json.dumps(error, ensure_ascii=False)
    return Response(problem.status, text.encode("latin-1"))


_BODIES: tuple[Layer, ...] = ("root", "field", "nested")


def _errors() -> Iterator[Server]:
    html = refused(lambda problem, _: _page(problem.status, "Refused"), "authentication")
    yield _fault(
        "401-html-unless-json-asked",
        "A 401 is HTML for who does not name JSON in Accept, though */* takes it.",
        ("response.401.media_type", "response.401.json"),
        _when(_not_json_asked, html),
        several=_BOTH,
    )
    yield _fault(
        "field-302-unless-json-asked",
        "A refused body is a redirect for who does not name JSON in Accept, as in Laravel.",
        ("rejection.status", f"{_BODY}.*"),
        _when(_not_json_asked, _where(
            lambda problem: problem.layer in _BODIES,
            lambda _: Response(302, b"", ((b"location", b"/"),)))),
        several="each refusal that is missing is one",
    )  # fmt: skip
    yield _fault(
        "two-by-field", "Where a body is wrong in two places, the errors are an object by field.",
        "rejection.body.errors.type", explained(_by_field, *_BODIES),
    )  # fmt: skip
    yield _fault(
        "attribute-source-as-number", "The source of an attribute's error is its index.",
        "rejection.body.errors.item.source.type", explained(_by_number, *_BODIES),
    )  # fmt: skip
    yield _fault(
        "missing-member-detail", "Only the refusal of a missing member has another shape.",
        "rejection.body.*.required",
        _where(_told("This field is required"),
               lambda p: Response(p.status, b'{"detail":"A member is missing."}')),
    )  # fmt: skip
    yield _fault(
        "wrong-type-text", "A value of the wrong type is refused in plain text, as by a reader "
        "that stands before the checks.", _TWO,
        _where(_told("Must be of type"),
               lambda p: Response(p.status, b"Failed to deserialize the JSON body.",
                                  ((b"content-type", b"text/plain; charset=utf-8"),))),
        several=_BOTH,
    )  # fmt: skip
    yield _fault(
        "field-latin-1", "Refused text beyond ASCII is quoted in latin-1.", "rejection.json",
        refused(_quoted_in_latin_1, "root", "field", "nested"),
    )  # fmt: skip
    pages: list[tuple[str, str, int, str, tuple[str, ...], Callable[[Request], bool]]] = [
        ("header-long-html", "A customer id beyond 200 bytes gets a gateway's page", 400,
         "Request Header Or Cookie Too Large", (f"request.header.{CUSTOMER}.type",),
         lambda r: len(r.joined(CUSTOMER)) > 200),
    ]  # fmt: skip
    for words, about, status, title, also, test in pages:
        yield _fault(words, f"{about}.", (*also, *_TWO), _paged(status, title, test), several=_BOTH)


def _bytes() -> Iterator[Server]:
    encoding = (b"content-encoding", b"gzip")

    def unlabelled(given: Response, _: Request) -> Response:
        return replace(given, body=gzip.compress(given.body)) if len(given.body) > 1000 else given

    def in_latin_1(given: Response, _: Request) -> Response:
        text = given.body.decode("utf-8")
        latin_1 = attempt(lambda each: each.encode("latin-1"), text)
        return replace(given, body=text.encode("latin-1")) if latin_1 else given

    table: list[tuple[str, str, tuple[str, ...], Change]] = [
        ("gzip-unlabelled", "beyond 1,000 bytes is compressed, and does not say so",
         ("response.200.json",), succeeded(unlabelled)),
        ("gzip-only-labelled", "says that it is compressed, and is not",
         ("response.200.json", "robustness.connection", REFUSED),
         succeeded(lambda given, _: replace(given, headers=(*given.headers, encoding)))),
        ("latin-1", "is in latin-1 where that has all of its characters",
         ("response.200.json", "echo.*"), succeeded(in_latin_1)),
    ]  # fmt: skip
    for words, about, breaks, change in table:
        yield _response(f"bytes-{words}", f"The body of a 200 {about}.", breaks, change)


_SQL = re.compile(r"\b(select|union|drop table|insert into)\b|--|;\s*$", re.IGNORECASE)


def _firewall(request: Request) -> bool:
    return any(isinstance(each, str) and bool(_SQL.search(each)) for each in inside(request.body))


def _after_refusal(layers: tuple[Layer, ...], answer: Callable[[], Response]) -> Change:
    """After such a refusal the next request on the connection has another answer."""

    def change(core: Core) -> Core:
        spoilt: set[object] = set()

        def edit(given: Response, request: Request) -> Response:
            before = request.connection in spoilt
            spoilt.discard(request.connection)
            if not before and request.problem and request.problem.layer in layers:
                spoilt.add(request.connection)
            return answer() if before else given

        return finished(edit)(core)

    return change


def _around() -> Iterator[Server]:
    yield _strict(
        "text-sql", "Text that looks like SQL (SELECT, --) gets a firewall's 403.",
        (f"{_BODY}.*.type", f"{_BODY}.*.oneOf", f"{_BODY}.*", *_TWO),
        _paged(403, "Forbidden", _firewall), several="any text may look like SQL",
    )  # fmt: skip
    yield _state(
        "every-30th-503", "Every 30th request is a 503 that does not say when to come again.",
        CRASH,
        finished(lambda given, r: _page(503, "Unavailable") if r.number % 30 == 29 else given),
    )  # fmt: skip
    yield _crash(
        "gateway-504", "A body beyond 2,500 bytes is a gateway's 504.",
        (CRASH, f"{_BODY}.custom_attributes.maxItems", f"{_BODY}.*", REFUSED),
        _paged(504, "Gateway Time-out", lambda r: len(r.raw) > 2500),
    )  # fmt: skip
    after = "whatever comes next on the connection is one"
    yield _state(
        "unread-after-media-type",
        "The body of another media type stays unread: the next request on the connection is a 400.",
        (REFUSED, *_TWO, f"{_BODY}.*"),
        _after_refusal(("media",), lambda: _page(400, "Bad Request")), several=after,
    )  # fmt: skip
    yield _state(
        "500-after-401", "After a 401 the next request on the connection is a 500.",
        (CRASH, REFUSED), _after_refusal(("authentication",), lambda: Response(500, b"", ())),
        several=after,
    )  # fmt: skip
    yield _state(
        "stale-refusal",
        "After a refused body the next request on the connection is refused for the same.",
        (REFUSED, f"{_BODY}.*"),
        _after_refusal(("field", "nested"), lambda: Response(400, _STALE)), several=after,
    )  # fmt: skip


_STALE = (
    b'{"errors":[{"source":"body","errors":["Invalid."]}],"error_code":"invalid","status_code":400}'
)

GATEWAYS: tuple[Server, ...] = (*_errors(), *_bytes(), *_around())
