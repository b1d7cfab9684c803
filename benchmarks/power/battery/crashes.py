"""Input that ends in a 500."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator

from benchmarks.power.battery.changes import (
    attempt,
    crashing,
    crashing_on_body,
    crashing_on_text,
    inside,
    parsed,
    text,
)
from benchmarks.power.battery.core import CUSTOMER, PLATFORM, PROFILE, Crash, Request
from benchmarks.power.battery.rules import DATE, UUID, Json, is_date, is_integer, is_number
from benchmarks.power.battery.server import Server, faulty

_fault = faulty("crashes")
CRASH = "robustness.server_error"
_BODY = "request.body"
_VALUE, _KEY = f"{_BODY}.custom_attributes.item.value", f"{_BODY}.custom_attributes.item.key"
_SURROGATE = re.compile("[\ud800-\udfff]")

# Text that crashes a server when it is stored, wherever it stands in a valid body.
TEXTS: tuple[tuple[str, str, Callable[[str], object]], ...] = (
    ("astral", "characters beyond the basic plane, as in MySQL's utf8",
     lambda v: max(v) > "\uffff"),
    ("quote", "a single quote, as in SQL made by hand", lambda v: "'" in v),
    ("double-quote", "a double quote, as in JSON made by hand", lambda v: '"' in v),
    ("percent", "a percent sign, as in a format", lambda v: "%" in v),
    ("brace", "a brace, as in a template", lambda v: "{" in v),
    ("angle-bracket", "an angle bracket, as in XML made by hand", lambda v: "<" in v),
    ("backslash", "a backslash", lambda v: "\\" in v),
    ("line-end", "a line end, as in a log or a header", lambda v: "\n" in v),
    ("long", "more than 255 characters, as in a database", lambda v: len(v) > 255),
    ("very-long", "more than 5,000 characters", lambda v: len(v) > 5000),
    ("nul", "NUL, as in Postgres", lambda v: "\0" in v),
    ("control", "a control character, as in XML",
     lambda v: re.search(r"[\x01-\x08\x0b\x0c\x0e-\x1f]", v)),
    ("latin-1", "characters beyond latin-1", lambda v: max(v) > "\xff"),
    ("not-ascii", "characters beyond ASCII", lambda v: not v.isascii()),
    ("combining", "combining marks or joiners", lambda v: re.search("[\u0300-\u036f\u200d]", v)),
)  # fmt: skip


def _object(value: Json) -> dict[str, Json]:
    return value if isinstance(value, dict) else {}


def _member(body: Json, name: str) -> Json:
    return _object(body).get(name, ...)


def _meta(body: Json) -> dict[str, Json]:
    return _object(_member(body, "installation_meta"))


def _items(body: Json) -> list[Json]:
    found = _member(body, "custom_attributes")
    return found if isinstance(found, list) else []


def _pairs(body: Json) -> list[dict[str, Json]]:
    return [each for each in _items(body) if isinstance(each, dict)]


def _big(bits: int) -> Callable[[Json], bool]:
    return lambda body: any(is_integer(v) and abs(v) >= 2 ** (bits - 1) for v in inside(body))


def _twice(body: Json) -> bool:
    keys = [each["key"] for each in _pairs(body) if isinstance(each.get("key"), str)]
    return len(set(keys)) < len(keys)


def _not_text(value: Json) -> bool:
    return value not in (None, ...) and not isinstance(value, str)


def _nested(value: Json) -> bool:
    return isinstance(value, list | dict)


# Bodies that crash a server before it checks them: words, about, other right names, test.
BODIES: tuple[tuple[str, str, tuple[str, ...], Callable[[Json], object]], ...] = (
    ("null-root", "a body that is null", (f"{_BODY}.type",), lambda b: b is None),
    ("list-root", "a list", (f"{_BODY}.type",), lambda b: isinstance(b, list)),
    ("text-root", "a string", (f"{_BODY}.type",), lambda b: isinstance(b, str)),
    ("number-root", "a number", (f"{_BODY}.type",), is_number),
    ("empty-object", "an empty object", (f"{_BODY}.installation_meta.required",),
     lambda b: b == {}),
    ("without-meta", "no installation_meta", (f"{_BODY}.installation_meta.required",),
     lambda b: isinstance(b, dict) and "installation_meta" not in b),
    ("null-meta", "an installation_meta that is null", (f"{_BODY}.installation_meta.type",),
     lambda b: _member(b, "installation_meta") is None),
    ("without-device", "no device_id", (f"{_BODY}.installation_meta.device_id.required",),
     lambda b: isinstance(_member(b, "installation_meta"), dict) and "device_id" not in _meta(b)),
    ("number-device", "a number for device_id", (f"{_BODY}.installation_meta.device_id.type",),
     lambda b: is_number(_meta(b).get("device_id"))),
    ("null-device", "a null device_id", (f"{_BODY}.installation_meta.device_id.type",),
     lambda b: _meta(b).get("device_id", ...) is None),
    ("unhashable-gender", "a gender that cannot be hashed", (f"{_BODY}.gender.*",),
     lambda b: _nested(_member(b, "gender"))),
    ("unhashable-platform", "a platform that cannot be hashed",
     (f"{_BODY}.installation_meta.platform.*",), lambda b: _nested(_meta(b).get("platform"))),
    ("number-email", "an email that is no text", (f"{_BODY}.email.*",),
     lambda b: _not_text(_member(b, "email"))),
    ("number-birthday", "a birthday that is no text", (f"{_BODY}.birthday.*",),
     lambda b: _not_text(_member(b, "birthday"))),
    ("impossible-birthday", "a day that is none", (f"{_BODY}.birthday.format",),
     lambda b: DATE.fullmatch(_member(b, "birthday")) and not is_date(_member(b, "birthday"))),
    ("null-birthday", "a null birthday", (f"{_BODY}.birthday.nullable",),
     lambda b: _member(b, "birthday") is None),
    ("null-name", "a null first_name", (f"{_BODY}.first_name.nullable",),
     lambda b: _member(b, "first_name") is None),
    ("null-enum", "a null gender", (), lambda b: _member(b, "gender") is None),
    ("null-attributes", "null for custom_attributes", (f"{_BODY}.custom_attributes.type",),
     lambda b: _member(b, "custom_attributes") is None),
    ("number-attributes", "a number for custom_attributes", (f"{_BODY}.custom_attributes.type",),
     lambda b: is_number(_member(b, "custom_attributes"))),
    ("empty-attributes", "no attributes in the list", (f"{_BODY}.custom_attributes.*",),
     lambda b: _member(b, "custom_attributes") == []),
    ("many-attributes", "more than 30 attributes", (f"{_BODY}.custom_attributes.maxItems",),
     lambda b: len(_items(b)) > 30),
    ("null-attribute", "an attribute that is null", (f"{_BODY}.custom_attributes.item.type",),
     lambda b: None in _items(b)),
    ("without-value", "an attribute without a value", (f"{_VALUE}.required",),
     lambda b: any("value" not in each for each in _pairs(b))),
    ("object-value", "an object for a value", (f"{_VALUE}.oneOf",),
     lambda b: any(isinstance(each.get("value"), dict) for each in _pairs(b))),
    ("point-in-key", "a point in a key, as in MongoDB", (f"{_KEY}.pattern",),
     lambda b: any("." in each["key"] for each in _pairs(b) if isinstance(each.get("key"), str))),
    ("same-key", "two attributes with one key", (), _twice),
    ("int32", "an integer beyond 32 bits", (f"{_VALUE}.oneOf", f"{_BODY}.att_status.*"), _big(32)),
    ("int64", "an integer beyond 64 bits", (f"{_VALUE}.oneOf", f"{_BODY}.att_status.*"), _big(64)),
    ("unknown-nested", "an object in a member it does not know",
     (f"{_BODY}.*additionalProperties",),
     lambda b: any(_nested(v) for k, v in _object(b).items()
                   if k not in ("custom_attributes", "installation_meta"))),
)  # fmt: skip

_CHARSETS = (b"utf-8", b"utf8", b"utf-16", b"latin-1", b"iso-8859-1", b"us-ascii", b"ascii")


def _charset(request: Request) -> bool:
    found = re.search(rb'charset="?([^";]*)', request.joined("content-type").lower())
    return found is not None and found[1].strip() not in _CHARSETS


def _malformed(request: Request) -> bool:
    return bool(request.raw) and not attempt(lambda raw: [json.loads(raw)], request.raw)


def _header(name: str, test: Callable[[str], object]) -> Callable[[Request], bool]:
    return lambda request: attempt(test, request.text(name)) if request.text(name) else False


_TYPE = "content-type"
_ANYTHING = f"request.header.{CUSTOMER}.type"

# Requests that crash a server once their credential was right.
REQUESTS: tuple[tuple[str, str, tuple[str, ...], Callable[[Request], bool]], ...] = (
    ("content-encoding", "a Content-Encoding that does not fit", (),
     lambda r: bool(r.values("content-encoding"))),
    ("no-content-type", "no Content-Type", (), lambda r: not r.values(_TYPE)),
    ("odd-content-type", "a Content-Type that is none", ("request.media_type",),
     lambda r: bool(r.values(_TYPE)) and b"/" not in r.joined(_TYPE)),
    ("unknown-charset", "a charset that nobody knows", ("request.media_type",), _charset),
    ("form", "a form", ("request.media_type",), lambda r: b"form" in r.media),
    ("empty-body", "an empty body", (f"{_BODY}.required", "request.json"), lambda r: not r.raw),
    ("malformed-json", "malformed JSON", ("request.json",), _malformed),
    ("invalid-utf-8", "invalid UTF-8", ("request.json",),
     lambda r: not attempt(lambda raw: [raw.decode("utf-8")], r.raw)),
    ("byte-order-mark", "a byte order mark", ("request.json",),
     lambda r: r.raw.startswith(b"\xef\xbb\xbf")),
    ("profile-id", "a profile id that is no UUID", (f"request.header.{PROFILE}.type",),
     _header(PROFILE, lambda v: not UUID.fullmatch(v))),
    ("both-headers", "both identity headers", (),
     lambda r: bool(r.text(CUSTOMER) and r.text(PROFILE))),
    ("no-header", "no identity header", ("request.header.identity",),
     lambda r: not (r.text(CUSTOMER) or r.text(PROFILE))),
    ("platform-header", "a platform header", (f"request.header.{PLATFORM}.type",),
     _header(PLATFORM, bool)),
    ("customer-quote", "a quote in the customer id", (_ANYTHING,),
     _header(CUSTOMER, lambda v: "'" in v)),
    ("customer-slash", "a slash in the customer id", (_ANYTHING,),
     _header(CUSTOMER, lambda v: "/" in v)),
    ("customer-percent", "a percent sign in the customer id", (_ANYTHING,),
     _header(CUSTOMER, lambda v: "%" in v)),
    ("customer-long", "a customer id beyond 100 characters", (_ANYTHING,),
     _header(CUSTOMER, lambda v: len(v) > 100)),
)  # fmt: skip


def _tolerant(raw: bytes) -> Json:
    return json.loads(raw.decode("utf-8", "replace"))


def _in_surrogates(raw: bytes) -> bool:
    return any(isinstance(v, str) and _SURROGATE.search(v) for v in inside(_tolerant(raw)))


def _in_infinity(raw: bytes) -> bool:
    numbers = [v for v in inside(_tolerant(raw)) if isinstance(v, float)]
    return any(abs(number) == float("inf") for number in numbers) and b"Infinity" not in raw


def _same_member(raw: bytes) -> bool:
    found: list[bool] = []

    def pairs(members: list[tuple[str, Json]]) -> Json:
        found.append(len(dict(members)) < len(members))
        return dict(members)

    json.loads(raw, object_pairs_hook=pairs)
    return any(found)


def _too_deep(raw: bytes) -> bool:
    try:
        json.loads(raw)
    except RecursionError:
        return True
    return False


# Bytes that crash the reading of JSON.
RAW: tuple[tuple[str, str, Callable[[bytes], bool]], ...] = (
    ("surrogate", "a lone surrogate", _in_surrogates),
    ("infinity", "a number beyond doubles", _in_infinity),
    ("digits", "a number of 5,000 digits", lambda raw: bool(re.search(rb"[0-9]{4301,}", raw))),
    ("same-member", "the same member twice", _same_member),
    ("nesting", "deep nesting", _too_deep),
    ("hundred-levels", "a hundred levels of nesting",

     lambda raw: b"[" * 100 in raw or b'{"a":' * 100 in raw),
)  # fmt: skip


def _raw(test: Callable[[bytes], bool]) -> Callable[[Callable[[bytes], Json], bytes], Json]:
    def read(parse: Callable[[bytes], Json], raw: bytes) -> Json:
        if attempt(test, raw):
            raise Crash
        return parse(raw)

    return read


def _all() -> Iterator[Server]:
    for words, about, text_test in TEXTS:
        refused = (
            (f"{_BODY}.*", "echo.*") if words not in ("nul", "control", "long", "very-long") else ()
        )
        yield _fault(
            f"text-{words}",
            f"It crashes on text with {about}.",
            (CRASH, *refused),
            crashing_on_text(text(text_test)),
        )
    for words, about, also, body_test in BODIES:
        yield _fault(
            f"body-{words}",
            f"It crashes on {about}.",
            (CRASH, *also),
            crashing_on_body(body_test),
        )
    for words, about, also, request_test in REQUESTS:
        yield _fault(
            f"request-{words}", f"It crashes on {about}.", (CRASH, *also), crashing(request_test)
        )
    for words, about, raw_test in RAW:
        yield _fault(f"json-{words}", f"It crashes on {about}.", CRASH, parsed(_raw(raw_test)))


CRASHES: tuple[Server, ...] = tuple(_all())
