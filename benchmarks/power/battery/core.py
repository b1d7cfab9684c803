"""A conformant server for the operation, written from the vendor's page, in stages.

Each stage is a field of `Core`; a server of the battery is this one with a stage replaced.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Literal, NoReturn

from benchmarks.power.battery.profiles import Attributes, Profile, Profiles, body
from benchmarks.power.battery.rules import CONTRACT, UUID, Json, Rules, rules

Header = tuple[bytes, bytes]
Layer = Literal[
    "route", "authentication", "media", "encoding", "json", "root", "field", "nested",
    "identity", "profile", "other",
]  # fmt: skip

CUSTOMER, PROFILE, PLATFORM = (
    "adapty-customer-user-id",
    "adapty-profile-id",
    "adapty-platform",
)
JSON_TYPE = b"application/json"


class Crash(Exception):
    """A bug that a faulty server is meant to have: it becomes a bare 500."""


class Problem(Exception):
    """Why a request is refused, and in which layer."""

    def __init__(
        self, status: int, code: str, layer: Layer, *errors: tuple[str, str] | str
    ) -> None:
        super().__init__(code)
        self.status, self.code, self.layer = status, code, layer
        self.errors = [("non_field_errors", e) if isinstance(e, str) else e for e in errors]


@dataclass
class Request:
    """A request, and what the stages found out about it."""

    method: str
    path: str
    headers: list[Header]
    raw: bytes
    connection: object
    number: int = 0
    body: Json = None
    problem: Problem | None = None

    def values(self, name: str) -> list[bytes]:
        """Every value of a header."""
        return [value for key, value in self.headers if key.lower() == name.encode()]

    def joined(self, name: str) -> bytes:
        return b",".join(self.values(name))

    def text(self, name: str) -> str | None:
        """A header's first value, as UTF-8 if it is that; None where it is absent."""
        found = self.values(name)
        if not found:
            return None
        try:
            return found[0].decode("utf-8")
        except UnicodeDecodeError:
            return found[0].decode("latin-1")

    @property
    def media(self) -> bytes:
        """The media type, without parameters and in small letters."""
        return self.joined("content-type").partition(b";")[0].strip().lower()


@dataclass(frozen=True)
class Response:
    """What goes out; a content length is added."""

    status: int
    body: bytes
    headers: tuple[Header, ...] = ((b"content-type", JSON_TYPE),)

    @property
    def head(self) -> list[Header]:
        length = (b"content-length", b"%d" % len(self.body))
        return [*self.headers, *([] if self.status in (204, 304) else [length])]


@dataclass(frozen=True)
class Identity:
    """Whom a request speaks of: a customer, else a profile."""

    customer: str | None
    profile_id: str | None


@dataclass(frozen=True)
class Core:
    """The stages of a request in the order in which it passes them, and what they share."""

    key: bytes
    profiles: Profiles
    arrive: Callable[[Request], Awaitable[None]]
    route: Callable[[Request], None]
    authenticate: Callable[[Request], None]
    media_type: Callable[[Request], None]
    decode: Callable[[Request], bytes]
    parse: Callable[[bytes], Json]
    rules: Rules
    identify: Callable[[Request], Identity]
    store: Callable[[Identity, Attributes, Request], Awaitable[Profile]]
    show: Callable[[Profile, Request], Json]
    explain: Callable[[Problem, Request], Json]
    write: Callable[[Json], bytes]
    finish: Callable[[Response, Request], Awaitable[Response]]


def conformant(key: bytes) -> Core:
    """A server that keeps every promise and takes `key`, fresh of any profile."""
    profiles = Profiles()

    async def store(identity: Identity, attributes: Attributes, _: Request) -> Profile:
        return await profiles.store(identity.customer, identity.profile_id, attributes)

    return Core(
        key=key,
        profiles=profiles,
        arrive=_at_once,
        route=_route,
        authenticate=authentication(lambda given: hmac.compare_digest(given, b"Api-Key " + key)),
        media_type=_media_type,
        decode=_decode,
        parse=parse,
        rules=rules(),
        identify=identify,
        store=store,
        show=lambda profile, _: body(profile),
        explain=explain,
        write=write,
        finish=_unchanged,
    )


async def respond(core: Core, request: Request) -> Response:
    """Answer a request."""
    try:
        await core.arrive(request)
        try:
            status, value = 200, await _create(core, request)
        except Problem as problem:
            request.problem = problem
            status, value = problem.status, core.explain(problem, request)
        return await core.finish(Response(status, core.write(value)), request)
    except Crash:
        return Response(500, b"Internal Server Error", ((b"content-type", b"text/plain"),))


async def _create(core: Core, request: Request) -> Json:
    core.route(request)
    core.authenticate(request)
    core.media_type(request)
    request.body = core.parse(core.decode(request))
    errors = list(core.rules.problems(request.body))
    if errors:
        wheres = [where for where, _ in errors]
        layer: Layer = "nested" if any("." in where for where in wheres) else "field"
        raise Problem(400, "invalid", "root" if "" in wheres else layer, *errors)
    identity = core.identify(request)
    given = request.body.get("custom_attributes") if isinstance(request.body, dict) else None
    return core.show(await core.store(identity, attributes(given), request), request)


def attributes(given: Json) -> Attributes:
    """What of `custom_attributes` can be kept; all of it, unless a rule was loosened."""
    items = given if isinstance(given, list) else []
    return [
        {"key": each["key"], "value": each["value"]}
        for each in items
        if isinstance(each, dict) and "value" in each and isinstance(each.get("key"), str | int)
    ]


async def _at_once(_: Request) -> None:
    pass


def _route(request: Request) -> None:
    if request.path != CONTRACT.path:
        raise Problem(404, "not_found", "route", "Not found.")
    if request.method != CONTRACT.method:
        raise Problem(405, "method_not_allowed", "route", f"{request.method} is not allowed.")


def authentication(accepts: Callable[[bytes], bool]) -> Callable[[Request], None]:
    """The check of the credential, where `accepts` says whether a header's value is right."""

    def authenticate(request: Request) -> None:
        given = request.values("authorization")
        if not given:
            words = "Authentication credentials were not provided."
            raise Problem(401, "not_authenticated", "authentication", words)
        if len(given) != 1 or not accepts(given[0]):
            raise Problem(401, "authentication_failed", "authentication", "Invalid API key.")

    return authenticate


def _media_type(request: Request) -> None:
    if request.media != JSON_TYPE:
        raise Problem(415, "unsupported_media_type", "media", "Send application/json.")


def _decode(request: Request) -> bytes:
    if request.joined("content-encoding").strip().lower() not in (b"", b"identity"):
        raise Problem(415, "unsupported_encoding", "encoding", "No encoding is supported.")
    return request.raw


def parse(raw: bytes) -> Json:
    """The JSON value of a body that can also be written again."""
    if not raw:
        raise Problem(400, "parse_error", "json", "The body is empty.")
    try:
        value = json.loads(raw.decode("utf-8"), parse_constant=refuse_constant)
        write(value)
    except (ValueError, RecursionError):
        raise Problem(400, "parse_error", "json", "JSON parse error.") from None
    return value


def refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)


def identify(request: Request) -> Identity:
    """A customer id with text in it, else a profile id that is a UUID."""
    customer, profile_id = request.text(CUSTOMER), request.text(PROFILE)
    if customer:
        return Identity(customer, None)
    if not profile_id:
        raise Problem(400, "invalid", "identity", f"Either {CUSTOMER} or {PROFILE} is required.")
    if not UUID.fullmatch(profile_id):
        raise Problem(404, "not_found", "profile", "There is no such profile.")
    return Identity(None, profile_id.lower())


def explain(problem: Problem, _: Request) -> Json:
    """An ErrorResponse."""
    by_source: dict[str, list[str]] = {}
    for source, message in problem.errors:
        by_source.setdefault(source or "body", []).append(message)
    return {
        "errors": [{"source": s, "errors": messages} for s, messages in by_source.items()],
        "error_code": problem.code,
        "status_code": problem.status,
    }


def write(value: Json) -> bytes:
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode("utf-8")


async def _unchanged(response: Response, _: Request) -> Response:
    return response


class Application:
    """A core as an ASGI application, which also counts the requests."""

    def __init__(self, core: Core) -> None:
        self.core = core
        self._count = 0

    async def respond(self, request: Request) -> Response:
        self._count += 1
        request.number = self._count
        return await respond(self.core, request)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        raw, more = b"", True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            raw += message.get("body", b"")
            more = message.get("more_body", False)
        headers = [(bytes(key), bytes(value)) for key, value in scope["headers"]]
        request = Request(scope["method"], scope["path"], headers, raw, scope.get("client"))
        answer = await self.respond(request)
        start = {"type": "http.response.start", "status": answer.status, "headers": answer.head}
        await send(start)
        await send({"type": "http.response.body", "body": answer.body})
