"""What stands around an implementation: gateways, firewalls, caches, and helpers that mean well."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from benchmarks.power.battery.changes import (
    Change,
    attempt,
    kept,
    succeeded,
    values_kept,
)
from benchmarks.power.battery.core import Core, Identity, Problem, Request, Response
from benchmarks.power.battery.rules import Json
from benchmarks.power.battery.server import Server, faulty

_ECHO = "echo.custom_attributes"
_JSON = ("response.200.json", "robustness.connection")


def _labelled(encoding: bytes, convert: Callable[[bytes], bytes]) -> Change:
    return succeeded(
        lambda given, _: replace(
            given,
            body=convert(given.body),
            headers=(*given.headers, (b"content-encoding", encoding)),
        )
    )


def _gateways() -> Iterator[Server]:
    responses = faulty("responses")
    yield responses("gzip-cut", "A 200 is gzip that ends too early.", _JSON,
                    _labelled(b"gzip", lambda raw: gzip.compress(raw)[:-12]))  # fmt: skip
    yield responses("gzip-twice", "A 200 is gzip of gzip, and says it once.", _JSON,
                    _labelled(b"gzip", lambda raw: gzip.compress(gzip.compress(raw))))  # fmt: skip


def _blocked(words: str) -> Change:
    """A firewall blocks what matches, with a page of its own."""
    pattern = re.compile(words.encode(), re.IGNORECASE)

    def change(core: Core) -> Core:
        async def finish(response: Response, request: Request) -> Response:
            if not pattern.search(request.raw):
                return await core.finish(response, request)
            page = b"<html><body><h1>403 Forbidden</h1></body></html>"
            return Response(403, page, ((b"content-type", b"text/html"),))

        return replace(core, finish=finish)

    return change


def _firewalls() -> Iterator[Server]:
    fault = faulty("strictness")
    for words, about, pattern in (
        ("sql", "SQL", r"drop\s+table|union\s+select|;--"),
        ("script", "a script", r"<script"),
        ("templates", "templates", r"\{\{.*?\}\}|\$\{"),
    ):
        yield fault(
            f"firewall-{words}", f"A firewall blocks text that looks like {about}.",
            ("request.body.*", "rejection.*"), _blocked(pattern),
            several="it refuses in many places, with pages of its own",
        )  # fmt: skip


def _few_ids(core: Core) -> Core:
    """Profile ids made of a byte of the customer's digest."""

    def new_id(customer: str) -> str:
        byte = hashlib.md5(customer.encode()).hexdigest()[:2]
        return f"3286abd3-48b0-4e9c-a5f6-ac0a006804{byte}"

    core.profiles.new_id = new_id
    return core


def _spoilt(layer: str) -> Change:
    """The request after one that this layer refused, on its connection, is refused too."""

    def change(core: Core) -> Core:
        spoilt: set[object] = set()

        def route(request: Request) -> None:
            core.route(request)
            if request.connection in spoilt:
                spoilt.remove(request.connection)
                raise Problem(400, "bad_request", "route", "Bad request.")

        async def finish(response: Response, request: Request) -> Response:
            if request.problem and request.problem.layer == layer:
                spoilt.add(request.connection)
            return await core.finish(response, request)

        return replace(core, route=route, finish=finish)

    return change


def _caches() -> Iterator[Server]:
    meaning, state = faulty("meaning"), faulty("state")
    yield meaning("profile-ids-few", "Profile ids are one of 256.", "identity.profile_id", _few_ids)
    for words, about, layer in (
        ("unauthorized", "a credential", "authentication"), ("malformed", "JSON", "json")
    ):  # fmt: skip
        yield state(
            f"spoilt-by-{words}", f"After a request without right {about} the next is refused.",
            ("response.status", "request.*"), _spoilt(layer),
            several="any valid request may be the next",
        )  # fmt: skip


def _decoded(value: Json) -> Json:
    if isinstance(value, str) and attempt(lambda text: [json.loads(text)], value):
        inside = json.loads(value)
        return value if isinstance(inside, bool | int | float | None) else inside
    return value


def _helpers() -> Iterator[Server]:
    fault = faulty("meaning")
    for words, about, change, also in (
        ("text-json", "JSON in text is resolved", values_kept(_decoded),
         ("response.200.data.custom_attributes.item.value.*",)),
        ("attributes-id-dropped", "an attribute that is called id is dropped",
         kept(lambda items: [each for each in items if each["key"] != "id"]), ()),
        ("attributes-same-value", "of attributes with the same value one comes back",
         kept(lambda items: list({str(each["value"]): each for each in items}.values())), ()),
        ("attributes-above-100", "numbers above 100 are dropped",
         kept(lambda items: [e for e in items if isinstance(e["value"], str) or e["value"] < 100]),
         ()),
    ):  # fmt: skip
        yield fault(words, f"{about[0].upper()}{about[1:]}.", (_ECHO, *also), change)


def _meta(request: Request) -> Json:
    body = request.body if isinstance(request.body, dict) else {}
    return body.get("installation_meta") or {}


def _crossed(test: Callable[[Json, Json], bool], place: str) -> Change:
    """Members that are refused together, with the member at `place` named."""

    def change(core: Core) -> Core:
        def identify(request: Request) -> Identity:
            body = request.body if isinstance(request.body, dict) else {}
            if test(body, _meta(request)):
                raise Problem(400, "invalid", "field", (place, "It does not fit the others."))
            return core.identify(request)

        return replace(core, identify=identify)

    return change


def _together() -> Iterator[Server]:
    fault = faulty("strictness")
    yield fault(
        "together-idfa-needs-ios", "idfa is refused where the platform is another than iOS.",
        ("request.body.installation_meta.platform.*", "request.body.installation_meta.idfa.*",
         "response.status"),
        _crossed(lambda _, meta: bool(meta.get("idfa")) and meta.get("platform") != "iOS",
                 "installation_meta.idfa"),
        several="each other platform is refused",
    )  # fmt: skip
    yield fault(
        "together-mail-or-phone", "Without an email address a phone number is required.",
        ("request.body.email.*", "request.body.phone_number.*", "response.status"),
        _crossed(lambda body, _: not body.get("email") and not body.get("phone_number"), "email"),
    )  # fmt: skip
    yield fault(
        "together-token-or-store", "A store needs its account's token.",
        ("request.body.store_account_token.*", "request.body.store.*", "response.status"),
        _crossed(lambda body, _: bool(body.get("store")) and not body.get("store_account_token"),
                 "store_account_token"),
    )  # fmt: skip


AROUND: tuple[Server, ...] = (
    *_gateways(), *_firewalls(), *_caches(), *_helpers(), *_together(),
)  # fmt: skip
