"""Conformant servers: more freedoms in what is answered and in what is taken."""

from __future__ import annotations

import json
import re
import time
import uuid
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import count, product
from typing import Any

from benchmarks.power.battery.changes import (
    Change,
    explained,
    finished,
    headed,
    identified,
    loosened,
    member,
    returned,
    text,
    tightened,
    written,
)
from benchmarks.power.battery.core import (
    CUSTOMER,
    PROFILE,
    Core,
    Identity,
    Request,
    Response,
    write,
)
from benchmarks.power.battery.freedoms_answers import refused_with
from benchmarks.power.battery.profiles import purchases
from benchmarks.power.battery.rules import CONTRACT, UUID, Json, is_integer, places
from benchmarks.power.battery.server import Server, freedom

_VALUE = "custom_attributes.item.value"
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
_LOCAL = re.compile("[A-Za-z0-9._+-]{1,64}")


def _errors(change: Callable[[dict[str, Json]], dict[str, Json]]) -> Change:
    """Each error is what `change` makes of it."""
    return explained(
        lambda error, *_: {**error, "errors": [change(each) for each in error["errors"]]}
    )


def _first_alone(error: Json, *_: object) -> Json:
    first = [{**each, "errors": each["errors"][:1]} for each in error["errors"][:1]]
    return {**error, "errors": first}


def _pointer(each: dict[str, Json]) -> dict[str, Json]:
    return {**each, "source": "/" + each["source"].replace(".", "/")}


def _in_sequence(core: Core) -> Core:
    numbers = count(1)
    core.profiles.new_id = lambda _: str(uuid.UUID(int=(4 << 76) | (8 << 60) | next(numbers)))
    return core


def _version_7(core: Core) -> Core:
    """The time comes first in an id, so that the first twelve digits are often alike."""

    def new_id(_: str) -> str:
        random = uuid.uuid4().int & ((1 << 76) - 1) & ~(3 << 62)
        return str(uuid.UUID(int=(int(time.time() * 1000) << 80) | (7 << 76) | (2 << 62) | random))

    core.profiles.new_id = new_id
    return core


def _exponents(value: Json) -> bytes:
    """Attribute values that are numbers are written with an exponent."""

    def number(found: re.Match[str]) -> str:
        return f'"value":{float(found[1]):.17e}'

    return re.sub(r'"value":(-?[0-9]+\.[0-9]+)(?=[,}])', number, write(value).decode()).encode()


def _escaped(value: Json) -> bytes:
    """Every character of a string is escaped, those of members' names too."""

    def escape(found: re.Match[str]) -> str:
        inside = "".join(f"\\u{ord(char):04x}" for char in found[0][1:-1])
        return found[0] if "\\" in found[0] else f'"{inside}"'

    return _STRING.sub(escape, json.dumps(value, separators=(",", ":"))).encode()


def _purchases(make: Callable[[dict[str, list[Any]]], Json]) -> Change:
    def edit(body: Json, _: Request) -> None:
        body["data"].update(make(purchases()))

    return returned(edit)


def _each(edit: Callable[[str, dict[str, Any]], None]) -> Change:
    """Everybody has purchases, each of them edited; `edit` gets the name of its list too."""

    def make(found: dict[str, list[Any]]) -> Json:
        for name, items in found.items():
            for item in items:
                edit(name, item)
        return found

    return _purchases(make)


def _far(_: str, item: dict[str, Any]) -> None:
    for name in [each for each in item if each.endswith("_at")]:
        item[name] = "9999-12-31T23:59:59.999999Z" if item[name] else "1970-01-01T00:00:00+00:00"


def _of_others(name: str, item: dict[str, Any]) -> None:
    """Members that the contract names for another kind of purchase only may be anything here."""
    if name == "non_subscriptions":
        item.update(expires_at="never", offer="none", is_in_grace_period=None)
    elif name == "access_levels":
        item.update(environment=1, purchase_id=7, is_refund="no")
    else:
        item.update(access_level_id=None, starts_at=0)


def _offers() -> Iterator[dict[str, Json]]:
    offer = places(CONTRACT.responses[CONTRACT.success] or {})
    where = "data.subscriptions.item.offer"
    ids: tuple[dict[str, Json], ...] = ({}, {"id": None}, {"id": ""}, {"id": "é" * 300})
    kinds = product(offer[f"{where}.category"]["enum"], offer[f"{where}.type"]["enum"])
    for turn, (category, kind) in enumerate(kinds):
        yield {"category": category, "type": kind, **ids[turn % len(ids)]}


def _every_offer(found: dict[str, list[Any]]) -> Json:
    return {
        name: [{**found[name][0], "offer": offer} for offer in _offers()]
        for name in ("access_levels", "subscriptions")
    }


def _deflated(given: Response, request: Request) -> Response:
    if b"deflate" not in request.joined("accept-encoding"):
        return given
    headers = (*given.headers, (b"content-encoding", b"deflate"), (b"vary", b"accept-encoding"))
    return Response(given.status, zlib.compress(given.body), headers)


def _foreign_profile(inner: Callable[[Request], Identity], request: Request) -> Identity:
    """A profile id that is no UUID is somebody's own name for a profile."""
    given = request.text(PROFILE)
    if request.text(CUSTOMER) or not given or UUID.fullmatch(given):
        return inner(request)
    return Identity(None, str(uuid.uuid5(uuid.NAMESPACE_OID, given)))


def _identity_first(core: Core) -> Core:
    """Who is meant is looked at before what is sent."""

    def media_type(request: Request) -> None:
        core.identify(request)
        core.media_type(request)

    return replace(core, media_type=media_type)


def _of_two(index: int) -> Change:
    """Of several Authorization headers one counts."""

    def change(core: Core) -> Core:
        def authenticate(request: Request) -> None:
            given = request.values("authorization")
            others = [each for each in request.headers if each[0].lower() != b"authorization"]
            own = [(b"authorization", given[index])] if given else []
            core.authenticate(replace(request, headers=[*others, *own]))

        return replace(core, authenticate=authenticate)

    return change


def _year_0(value: str) -> bool:
    """ISO 8601 has a year 0, a leap year."""
    days = r"0000-((0[13578]|1[02])-(0[1-9]|[12]\d|3[01])|(0[469]|11)-(0[1-9]|[12]\d|30)"
    return re.fullmatch(rf"{days}|02-(0[1-9]|[12]\d))", value, re.ASCII) is not None


def _explaining(error: Json, *_: object) -> Json:
    words = "Send the header Authorization: Api-Key {your_secret_api_key}."
    return {**error, "errors": [{"source": "Authorization", "errors": [words]}]}


_GATEWAY = (
    (b"via", b"1.1 google"), (b"x-cache", b"MISS"), (b"age", b"0"),
    (b"x-ratelimit-remaining", b"0"),
    (b"strict-transport-security", b"max-age=63072000"), (b"alt-svc", b'h3=":443"; ma=86400'),
    (b"server-timing", b"db;dur=53"), (b"x-city", b"Z\xfcrich"), (b"etag", b'W/"1"'),
)  # fmt: skip

MORE: tuple[Server, ...] = (
    freedom("errors-first-alone", "Only the first thing that is wrong is told.",
            explained(_first_alone)),
    freedom("errors-pointers", "The source of an error is a JSON Pointer.", _errors(_pointer)),
    freedom("errors-other-language", "Messages are in Chinese, with an emoji.",
            _errors(lambda each: {**each, "errors": ["请求无效 🙈" for _ in each["errors"]]})),
    freedom("errors-code-empty", "The error_code is empty.",
            explained(lambda error, *_: {**error, "error_code": ""})),
    freedom("errors-long", "A refusal has 300 errors.",
            explained(lambda error, *_: {**error, "errors": error["errors"][:1] * 300})),
    freedom("status-by-layer", "Another media type is 400, malformed JSON is 422.",
            refused_with({"media": 400, "json": 422})),
    freedom("status-unknown", "An invalid payload is 460, a status without a name.",
            refused_with(dict.fromkeys(("root", "field", "nested"), 460))),
    freedom("401-explains", "A 401 says how a credential is written.",
            explained(_explaining, "authentication")),
    freedom("media-type-parameters", "The content type has parameters that nobody knows.",
            finished(lambda given, _: replace(given, headers=((
                b"content-type", b'application/json ; profile="a;b" ;v=2'),)))),
    freedom("ids-in-sequence", "Profile ids count up.", _in_sequence),
    freedom("ids-version-7", "Profile ids begin with the time.", _version_7),
    freedom("hash-long", "segment_hash has 4,000 characters, beyond ASCII.",
            member("data.segment_hash", lambda _: "é😀/\\\"" * 800)),
    freedom("revenue-many-digits", "The revenue has thirty digits behind its point.",
            written(lambda body: re.sub(rb'"total_revenue_usd":[0-9.]+',
                                        b'"total_revenue_usd":0.' + b"1234567890" * 3, body))),
    freedom("revenue-big-integer", "The revenue is an integer beyond 64 bits.",
            member("data.total_revenue_usd", lambda _: 10**25)),
    freedom("values-with-exponents", "Attribute values with a fraction have an exponent.",
            lambda core: replace(core, write=_exponents)),
    freedom("escaped", "Every character of a string is escaped.",
            lambda core: replace(core, write=_escaped)),
    freedom("moments-far", "Purchases are of 1970 and of 9999.", _each(_far)),
    freedom("offers", "Everybody had every kind of offer, with an id, without, or with null.",
            _purchases(_every_offer)),
    freedom("members-of-others",
            "Purchases have members that the contract names for other kinds, of any type.",
            _each(_of_others)),
    freedom("texts-odd", "Texts of purchases are empty, long or beyond the basic plane.",
            _each(lambda _, item: item.update(store="", store_product_id="x" * 5000,
                                              store_transaction_id="🛒"))),
    freedom("deflate", "Answers are deflated for who takes that.", finished(_deflated)),
    freedom("gateway-headers", "There are the headers of gateways, one of them in latin-1.",
            headed(*_GATEWAY)),
    freedom("integers-of-64-bits", "Integers beyond 64 bits are refused.",
            tightened(_VALUE, lambda v: is_integer(v) and not -(2**63) <= v < 2**63)),
    freedom("birthday-year-1000", "Years before 1000 are refused.",
            tightened("birthday", text(lambda v: v[:1] == "0"))),
    freedom("birthday-year-0", "The year 0 is taken.", loosened("birthday", text(_year_0))),
    freedom("email-plain-only", "E-mail addresses that are long, or odd before the @, are refused.",
            tightened("email", text(lambda v: len(v) > 254
                                    or not _LOCAL.fullmatch(v.partition("@")[0])))),
    freedom("email-beyond-ascii", "The domain of an e-mail address may be beyond ASCII.",
            loosened("email", text(lambda v: re.fullmatch(
                r"[A-Za-z0-9_+-]+@[^\W_][\w-]*\.[A-Za-z]{2,}", v) and "_" not in v.partition("@")[2]
            ))),
    freedom("profile-id-of-others", "A profile id that is no UUID makes a profile.",
            identified(_foreign_profile)),
    freedom("identity-first", "Who is meant is looked at before what is sent.", _identity_first),
    freedom("first-credential", "Of two Authorization headers the first counts.", _of_two(0)),
    freedom("last-credential", "Of two Authorization headers the last counts.", _of_two(-1)),
)  # fmt: skip
