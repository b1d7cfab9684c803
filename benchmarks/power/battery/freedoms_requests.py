"""Conformant servers: freedoms in what is taken and refused where the contract is open."""

from __future__ import annotations

import gzip
import ipaddress
import json
import re
import uuid
import zlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from benchmarks.power.battery.changes import (
    Change,
    attempt,
    identified,
    inside,
    loosened,
    media_taken,
    parsed,
    refused_as,
    returned,
    stored,
    text,
    tightened,
)
from benchmarks.power.battery.core import (
    CUSTOMER,
    PLATFORM,
    PROFILE,
    Core,
    Identity,
    Layer,
    Problem,
    Request,
    refuse_constant,
    write,
)
from benchmarks.power.battery.profiles import SEEDED_CUSTOMER, Attributes, Profile
from benchmarks.power.battery.rules import CONTRACT, KINDS, UUID, Json, places
from benchmarks.power.battery.server import Server, freedom

_ATTRIBUTES = "custom_attributes"
_KEY, _VALUE = f"{_ATTRIBUTES}.item.key", f"{_ATTRIBUTES}.item.value"
_DEVICE = "installation_meta.device_id"
_ENUMS = [place for place, schema in places(CONTRACT.request).items() if "enum" in schema]


def _any_text(test: Callable[[str], object]) -> Change:
    """Text of a kind is refused wherever it stands."""
    return tightened(
        "", lambda body: any(isinstance(v, str) and bool(test(v)) for v in inside(body))
    )


def _read(read: Callable[[bytes], bytes]) -> Change:
    """The bytes are changed before they are parsed."""
    return parsed(lambda parse, raw: parse(read(raw)))


def _utf_16(raw: bytes) -> bytes:
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return raw.decode("utf-16", "replace").encode()
    if raw[1:2] == b"\0":
        return raw.decode("utf-16-le", "replace").encode()
    return raw.decode("utf-16-be", "replace").encode() if raw[:1] == b"\0" else raw


def _fallback(read: Callable[[bytes], Json]) -> Change:
    """`read` gets its chance where the usual parser refuses."""

    def outer(parse: Callable[[bytes], Json], raw: bytes) -> Json:
        try:
            return parse(raw)
        except Problem:
            try:
                value = read(raw)
                write(value)
                return value
            except (ValueError, RecursionError):
                pass
            raise

    return parsed(outer)


def _largest(raw: bytes) -> Json:
    """Numbers beyond doubles are the largest double."""
    return json.loads(
        raw.decode(),
        parse_constant=refuse_constant,
        parse_int=lambda digits: int(digits) if len(digits) < 300 else 10**300,
        parse_float=lambda digits: max(min(float(digits), 1.7e308), -1.7e308),
    )


def _replaced(raw: bytes) -> Json:
    """Lone surrogates become question marks."""
    escaped = re.sub(rb"\\u[dD][89a-fA-F][0-9a-fA-F]{2}", b"?", raw)
    return json.loads(escaped.decode(), parse_constant=refuse_constant)


def _once(members: list[tuple[str, Json]]) -> Json:
    if len(dict(members)) < len(members):
        raise Problem(400, "parse_error", "json", "A member stands twice.")
    return dict(members)


def _members_once(parse: Callable[[bytes], Json], raw: bytes) -> Json:
    value = parse(raw)
    json.loads(raw, object_pairs_hook=_once)
    return value


def _members_first(parse: Callable[[bytes], Json], raw: bytes) -> Json:
    """Of a member that stands twice the first counts."""
    parse(raw)
    return json.loads(raw, object_pairs_hook=lambda members: dict(members[::-1]))


def _shallow(parse: Callable[[bytes], Json], raw: bytes) -> Json:
    """Deep nesting is taken: what lies deep in it is not looked at."""
    return parse(re.sub(rb"\[{300,}\]{300,}", b"[]", raw))


def _keys(items: Json) -> list[str]:
    listed = items if isinstance(items, list) else []
    found = [each.get("key") for each in listed if isinstance(each, dict)]
    return [key for key in found if isinstance(key, str)]


def _twice(items: Json) -> bool:
    return len(set(_keys(items))) < len(_keys(items))


def _kept_as(keep: Callable[[Attributes], Attributes]) -> Change:
    """What is kept of the attributes as they were sent, equal keys included."""

    def change(core: Core) -> Core:
        async def store(identity: Identity, given: Attributes, request: Request) -> Profile:
            return replace(await core.store(identity, given, request), attributes=keep(given))

        return replace(core, store=store)

    return change


def _first_of_equal(items: Attributes) -> Attributes:
    return list({each["key"]: each for each in items[::-1]}.values())[::-1]


def _accumulating(core: Core) -> Core:
    """A customer's attributes stay; more than 30 in all are refused."""
    known: dict[str, dict[str, Any]] = {}

    async def store(identity: Identity, given: Attributes, request: Request) -> Profile:
        profile = await core.store(identity, given, request)
        merged = known.get(profile.id, {}) | {e["key"]: e["value"] for e in profile.attributes}
        if len(merged) > 30:
            raise Problem(400, "invalid", "field", (_ATTRIBUTES, "More than 30 in all."))
        known[profile.id] = merged
        listed = [{"key": key, "value": value} for key, value in merged.items()]
        return replace(profile, attributes=listed)

    return replace(core, store=store)


def _first_stays(core: Core) -> Core:
    """The first attributes of a customer stay, whatever comes later."""
    first: dict[str, Attributes] = {}

    async def store(identity: Identity, given: Attributes, request: Request) -> Profile:
        profile = await core.store(identity, given, request)
        return replace(profile, attributes=first.setdefault(profile.id, profile.attributes))

    return replace(core, store=store)


def _known(status: int, layer: Layer, test: Callable[[Core, Identity], bool]) -> Change:
    """Some identities are refused, by what the server knows."""

    async def store(core: Core, identity: Identity, _: Request) -> None:
        if test(core, identity):
            raise Problem(status, "conflict", layer, "Not again, or not yet.")

    return stored(store)


def _profile_counts(inner: Callable[[Request], Identity], request: Request) -> Identity:
    identity, given = inner(request), request.text(PROFILE) or ""
    return Identity(None, given.lower()) if UUID.fullmatch(given) else identity


def _not_found_422(inner: Callable[[Request], Identity], request: Request) -> Identity:
    try:
        return inner(request)
    except Problem as problem:
        problem.status = 422 if problem.layer == "profile" else problem.status
        raise


def _empty_customer(inner: Callable[[Request], Identity], request: Request) -> Identity:
    """An empty id is the id of somebody."""
    return Identity("", None) if request.text(CUSTOMER) == "" else inner(request)


def _latin_1(inner: Callable[[Request], Identity], request: Request) -> Identity:
    customer = inner(request).customer
    raw = request.values(CUSTOMER)
    return Identity(raw[0].decode("latin-1"), None) if customer else inner(request)


def _own_profile(core: Core) -> Core:
    """A profile id alone makes a profile with an id of the server's own."""

    async def store(identity: Identity, given: Attributes, request: Request) -> Profile:
        profile = await core.store(identity, given, request)
        made = str(uuid.uuid5(uuid.NAMESPACE_OID, profile.id))
        return profile if identity.customer else replace(profile, id=made)

    return replace(core, store=store)


def _profile_as_customer(body: Json, _: Request) -> None:
    data = body["data"]
    data["customer_user_id"] = data["customer_user_id"] or data["profile_id"]


def _credential(accepts: Callable[[list[bytes], bytes], bool]) -> Change:
    """`accepts` says of all values of the header, and of the key, whether one is right."""

    def change(core: Core) -> Core:
        def authenticate(request: Request) -> None:
            if not accepts(request.values("authorization"), core.key):
                raise Problem(401, "not_authenticated", "authentication", "Not authenticated.")

        return replace(core, authenticate=authenticate)

    return change


def _split(values: list[bytes], key: bytes) -> bool:
    words = [value.split() for value in values]
    return any(len(w) == 2 and w[0].lower() == b"api-key" and w[1] == key for w in words)


def _before_credential(look: Callable[[Core, Request], object]) -> Change:
    """Something is looked at before the credential."""

    def change(core: Core) -> Core:
        def authenticate(request: Request) -> None:
            look(core, request)
            core.authenticate(request)

        return replace(core, authenticate=authenticate)

    return change


def _json_first(core: Core, request: Request) -> None:
    if request.raw:
        core.parse(request.raw)


def _decoded(core: Core) -> Core:
    """gzip and deflate are read; what does not fit is 400."""

    def decode(request: Request) -> bytes:
        coding = request.joined("content-encoding").strip().lower()
        readers: dict[bytes, Callable[[bytes], bytes]] = {
            b"gzip": gzip.decompress,
            b"deflate": zlib.decompress,
        }
        if coding not in readers:
            return core.decode(request)
        try:
            return readers[coding](request.raw)
        except (OSError, EOFError, zlib.error):
            raise Problem(400, "invalid", "encoding", "Does not fit its encoding.") from None

    return replace(core, decode=decode)


def _sizes(_: Core, request: Request) -> None:
    if len(request.raw) > 1_000_000:
        raise Problem(413, "too_large", "other", "Too large.")
    if sum(len(key) + len(value) for key, value in request.headers) > 8000:
        raise Problem(431, "headers_too_large", "other", "Too large.")


def _other_methods(core: Core) -> Core:
    """GET and PATCH answer; after a DELETE the account is gone."""
    gone: list[bool] = []

    def route(request: Request) -> None:
        if request.path == CONTRACT.path and request.method in ("GET", "PATCH", "DELETE"):
            gone.extend([True] if request.method == "DELETE" else [])
            raise Problem(403, "elsewhere", "route", f"{request.method} is another operation.")
        core.route(request)
        if gone:
            raise Problem(403, "gone", "route", "The account was deleted.")

    return replace(core, route=route)


def _urn(value: str) -> bool:
    return value.lower().startswith("urn:uuid:") and bool(UUID.fullmatch(value[9:]))


_COUNTRY = r"[A-Z]{2}(-[A-Z0-9]{1,3})?"
_PLATFORMS = places(CONTRACT.request)["installation_meta.platform"]["enum"]

REQUESTS: tuple[Server, ...] = (
    freedom("enum-null-refused", "Null is refused where an enum does not list it.",
            *(tightened(place, KINDS["null"]) for place in _ENUMS)),
    freedom("same-key-refused", "Two attributes with one key are refused.",
            tightened(_ATTRIBUTES, _twice)),
    freedom("same-key-kept", "Of two attributes with one key both are kept.", _kept_as(list)),
    freedom("same-key-first", "Of two attributes with one key the first counts.",
            _kept_as(_first_of_equal)),
    freedom("same-member-refused", "A member that stands twice is refused.", parsed(_members_once)),
    freedom("same-member-first", "Of a member that stands twice the first counts.",
            parsed(_members_first)),
    freedom("same-customer-conflict", "A customer that is known is a conflict.",
            _known(409, "other", lambda core, who: who.customer in core.profiles.by_customer
                   and who.customer != SEEDED_CUSTOMER)),
    freedom("attributes-accumulate", "A customer's attributes accumulate.", _accumulating),
    freedom("attributes-first-stay", "A customer's first attributes stay.", _first_stays),
    freedom("both-headers-refused", "Both identity headers are refused.",
            refused_as("identity", lambda r: bool(r.text(CUSTOMER) and r.text(PROFILE)))),
    freedom("both-headers-profile", "Of both identity headers the profile id counts.",
            identified(_profile_counts)),
    freedom("empty-customer", "An empty customer id is a customer.", identified(_empty_customer)),
    freedom("empty-profile-refused", "An empty profile id is refused beside a customer.",
            refused_as("identity", lambda r: r.text(PROFILE) == "")),
    freedom("profile-id-404", "A profile id that it never returned is 404.",
            _known(404, "profile", lambda core,
                   who: core.profiles.find(who.customer, who.profile_id) is None
                   and who.customer is None)),
    freedom("profile-id-409", "A profile id that it knows is a conflict.",
            _known(409, "profile", lambda core, who: who.profile_id in core.profiles.by_id)),
    freedom("profile-id-422", "A profile id that is no UUID is 422.", identified(_not_found_422)),
    freedom("profile-id-replaced", "A profile id alone makes a profile with another id.",
            _own_profile),
    freedom("profile-id-as-customer", "A profile without a customer has its own id for one.",
            returned(_profile_as_customer)),
    freedom("customer-latin-1", "A customer id beyond ASCII is read as latin-1.",
            identified(_latin_1)),
    freedom("customer-255", "A customer id beyond 255 characters is refused.",
            refused_as("identity", lambda r: len(r.text(CUSTOMER) or "") > 255)),
    freedom("platform-header", "Only platforms of the body's list are taken in the header.",
            refused_as("identity", lambda r: r.text(PLATFORM) not in (None, *_PLATFORMS))),
    freedom("key-unicode", "An empty attribute key and letters beyond ASCII are taken.",
            loosened(_KEY, text(lambda v: len(v) <= 30 and re.fullmatch(r"[\w.-]*", v)))),
    freedom("integral-float", "1.0 is an integer.",
            loosened("att_status", lambda v: isinstance(v, float) and v in (0, 1, 2, 3))),
    freedom("nul-refused", "NUL is refused.", _any_text(lambda v: "\0" in v)),
    freedom("control-refused", "Control characters are refused.",
            _any_text(lambda v: re.search("[\0-\x08\x0b\x0c\x0e-\x1f\x7f]", v))),
    freedom("surrogates-replaced", "Lone surrogates are taken, and replaced.",
            _fallback(_replaced)),
    freedom("text-255", "Text beyond 255 characters is refused.",
            _any_text(lambda v: len(v) > 255)),
    freedom("utf-16-units", "Limits count UTF-16 units.",
            tightened(_VALUE, text(lambda v: len(v.encode("utf-16-le")) > 100))),
    freedom("byte-order-mark", "A byte order mark is skipped.",
            _read(lambda raw: raw.removeprefix(b"\xef\xbb\xbf"))),
    freedom("utf-16", "UTF-16 is read.", _read(_utf_16)),
    freedom("utf-8-replaced", "Invalid UTF-8 is replaced.",
            _read(lambda raw: raw.decode("utf-8", "replace").encode())),
    freedom("media-types", "No Content-Type is JSON, and so is +json.",
            media_taken(lambda r: not r.media or bool(re.fullmatch(rb"application/[a-z.-]+\+json",
                                                                   r.media)))),
    freedom("numbers-clamped", "Numbers beyond doubles are the largest one.", _fallback(_largest)),
    freedom("email-corners",
            "a@localhost, quoted names and addresses in brackets are e-mail addresses.",
            loosened("email", text(lambda v: re.fullmatch(
                r'("[^"\\]*"|[A-Za-z0-9._+-]+)@([A-Za-z0-9-]+|\[[0-9.]+\])', v)))),
    freedom("uuid-urn", "urn:uuid: is a UUID.",
            loosened(_DEVICE, text(_urn)), loosened("store_account_token", text(_urn))),
    freedom("plausible-only", "An address must be IPv4, a country must look like one.",
            tightened("ip_v4_address", text(lambda v: not attempt(ipaddress.IPv4Address, v))),
            tightened("store_country", text(lambda v: not re.fullmatch("[A-Z]{2,3}", v))),
            tightened("ip_country", text(lambda v: not re.fullmatch(_COUNTRY, v)))),
    freedom("scheme-case", "The scheme may have any letter case.",
            _credential(lambda given, key: len(given) == 1 and given[0][:8].lower() == b"api-key "
                        and given[0][8:] == key)),
    freedom("credential-blanks",
            "Blanks in the credential do not count; of two, one must be right.",
            _credential(_split)),
    freedom("json-before-credential",
            "Malformed JSON is refused before the credential is looked at.",
            _before_credential(_json_first)),
    freedom("encoding-ignored", "A Content-Encoding is not looked at.",
            lambda core: replace(core, decode=lambda request: request.raw)),
    freedom("encoding-read", "gzip and deflate are read.", _decoded),
    freedom("sizes", "A body beyond a million bytes is 413, headers beyond 8,000 are 431.",
            _before_credential(_sizes)),
    freedom("deep-taken", "Deep nesting is taken.", parsed(_shallow)),
    freedom("other-methods", "Other methods are implemented, and a DELETE ends the account.",
            _other_methods),
)  # fmt: skip
