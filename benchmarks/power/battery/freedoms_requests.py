"""Conformant servers: freedoms in what is taken and refused where the contract is open."""

from __future__ import annotations

import gzip
import ipaddress
import json
import re
import zlib
from collections.abc import Callable
from dataclasses import replace

from benchmarks.power.battery.changes import (
    Change,
    attempt,
    inside,
    loosened,
    media_taken,
    parsed,
    text,
    tightened,
)
from benchmarks.power.battery.core import (
    Core,
    Identity,
    Problem,
    Request,
    refuse_constant,
    write,
)
from benchmarks.power.battery.profiles import Attributes, Profile
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


def _urn(value: str) -> bool:
    return value.lower().startswith("urn:uuid:") and bool(UUID.fullmatch(value[9:]))


_COUNTRY = r"[A-Z]{2}(-[A-Z0-9]{1,3})?"
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
    freedom("encoding-ignored", "A Content-Encoding is not looked at.",
            lambda core: replace(core, decode=lambda request: request.raw)),
    freedom("encoding-read", "gzip and deflate are read.", _decoded),
    freedom("deep-taken", "Deep nesting is taken.", parsed(_shallow)),
)  # fmt: skip
