"""Cases that are not about the value of a member: headers, media types, and what may kill.

Each list is of near misses for one requirement of the prose; which of the requirements exist is the
contract's to say, so cases for others are dropped by `plan`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from spec.contract import JSON_MEDIA_TYPE, Contract
from strategies.cases import (
    CUSTOMER,
    CUSTOMER_AS_CAPITAL_UUID,
    CUSTOMER_AS_UUID,
    FRESH_PROFILE_ID,
    PLATFORM,
    RETURNED_PROFILE_ID,
    TWIN,
    TWIN_AS_DIGITS,
    WITH,
    Case,
    identity_header,
    required_headers,
    words_of_id,
)
from strategies.edits import Edit, Raw


def headers(contract: Contract, *, prefixed: bool = False) -> Iterator[Case]:
    """Identity and other headers, and the media type; with `prefixed`, no customer has an id that
    does not begin with the run's prefix."""
    customer, profile = contract.header("customer"), contract.header("profile")
    for name, _ in required_headers(contract):
        yield Case(
            words_of_id(f"request.header.{name.lower()}.required", "left-out"),
            (f"request.header.{name.lower()}.required",), "refuse", "headers", f"no {name}",
            headers=((name, ()),),
        )  # fmt: skip
    if customer and profile:
        yield from _identity(customer.name, profile.name, _on_a_platform(contract)[:1])
    elif customer:
        yield from _one_identity(customer.name, CUSTOMER)
    elif profile:
        yield from _one_identity(profile.name, CUSTOMER_AS_UUID)
    if customer:
        key = f"request.header.{customer.name.lower()}.type"
        for label, value in (
            ("letters-of-both-cases", f"{TWIN}-AaZz"),
            ("letters-of-the-other-cases", f"{TWIN}-aAzZ"),
            ("mail-address", f"{TWIN}+Tag@Example.com"),
            ("mail-address-with-another-tag", f"{TWIN}+Other@Example.com"),
            ("punctuation", f"{TWIN}%41%zz!#$&'*+-.^_`|~/:;=?(),[]{{}}<>"),
            ("quotes-and-blanks", f"{TWIN}%41%zz  \"'\\\""),
            ("long", TWIN + "x" * 180),  # no longer than 255 with the longest prefix
            ("long-with-another-end", TWIN + "x" * 179 + "y"),
        ):  # fmt: skip
            yield _header(key, label, customer.name, value)
        for label, value in () if prefixed else (
            ("digits", TWIN_AS_DIGITS),
            ("digits-after-zeros", f"00{TWIN_AS_DIGITS}"),
            ("many-digits", f"{TWIN_AS_DIGITS}1234567"),
            ("uuid", CUSTOMER_AS_CAPITAL_UUID),
        ):  # fmt: skip
            yield _header(key, label, customer.name, value)
        for label, value in (
            ("latin-1", f"{CUSTOMER}-é"),
            ("very-long", CUSTOMER + "y" * 255),
        ):
            yield Case(
                words_of_id("request.text", customer.name, label), (), "open", "headers",
                f"{customer.name}: {_shown(value)}", headers=((customer.name, (value,)),),
                choice="request.text",
            )  # fmt: skip
    platform = contract.header("platform")
    if platform:
        yield from _on_a_platform(contract)
        yield Case(
            words_of_id("request.text", platform.name, "unknown"), (), "open", "headers",
            f"{platform.name}: unknown", headers=((platform.name, ("unknown {}'\"%",)),),
            choice="request.text",
        )  # fmt: skip
    yield from _media_types()


def optional_headers(contract: Contract) -> Iterator[tuple[str, str, str]]:
    """Each documented header that the control leaves out: the id that says so, name, a value."""
    for part, value in (("profile", FRESH_PROFILE_ID), ("platform", PLATFORM)):
        header = contract.header(part)
        if header is not None and not header.required and header != identity_header(contract):
            yield f"request.header.{header.name.lower()}.optional", header.name, value


_SHOWN = {
    CUSTOMER: "…", TWIN: "…", TWIN_AS_DIGITS: "twelve digits ",
    CUSTOMER_AS_CAPITAL_UUID: "a UUID in capitals",
}  # fmt: skip


def _shown(value: str) -> str:
    """A header's value as words have it: what differs from run to run by its name."""
    for mark, shown in _SHOWN.items():
        value = value.replace(mark, shown)
    return value.strip() if len(value) <= 60 else f"{value[:59]}…"


def _header(key: str, label: str, name: str, value: str) -> Case:
    words = f"{name}: {_shown(value)}"
    return Case(
        words_of_id(key, label), (key,), "accept", "headers", words, headers=((name, (value,)),)
    )


def _one_identity(name: str, value: str) -> Iterator[Case]:
    """Where one header alone says whose profile it is; every control shows the accepted side."""
    key = "request.header.identity"
    yield Case(
        f"{key}/no-identity", (key,), "refuse", "headers", f"no {name}", headers=((name, ()),)
    )
    yield Case(
        f"{key}/alone", (key, f"request.header.{name.lower()}.type"), "accept", "headers",
        f"{name} alone", headers=((name, (value,)),),
    )  # fmt: skip


def _on_a_platform(contract: Contract) -> tuple[Case, ...]:
    platform = contract.header("platform")
    if platform is None:
        return ()
    key = f"request.header.{platform.name.lower()}.type"
    return tuple(_header(key, value, platform.name, value) for value in (PLATFORM, "Android"))


def _identity(customer: str, profile: str, beside: tuple[Case, ...]) -> Iterator[Case]:
    """`beside` sends a header that tells no identity, for it is not any header that will do."""
    key = "request.header.identity"
    header = "request.header"
    both = (key, f"{header}.{customer.lower()}.optional", f"{header}.{profile.lower()}.type")
    yield Case(
        f"{key}/no-identity", (key,), "refuse", "headers",
        f"neither {customer} nor {profile}{''.join(f'{WITH}{each.words})' for each in beside)}",
        headers=((customer, ()),), beside=beside,
    )  # fmt: skip
    for label, value, choice in (
        ("returned-profile-id-alone", RETURNED_PROFILE_ID, None),
        ("fresh-profile-id-alone", FRESH_PROFILE_ID, "request.fresh_profile_id"),
    ):
        yield Case(
            f"{key}/{label}", both, "accept", "headers", f"{profile} alone, no {customer}",
            headers=((customer, ()), (profile, (value,))), either=f"{key}/profile-id-alone",
            choice=choice,
        )  # fmt: skip
    for label, change in (
        ("both-headers", ((profile, (FRESH_PROFILE_ID,)),)),
        ("empty-customer", ((customer, ("",)),)),
        ("profile-id-that-is-no-uuid", ((customer, ()), (profile, ("not a profile id",)))),
    ):
        yield Case(
            words_of_id("request.both_headers", label), (), "open", "headers",
            label.replace("-", " "), headers=change, choice="request.both_headers",
        )  # fmt: skip


def _media_types() -> Iterator[Case]:
    key, name = "request.media_type", "Content-Type"

    def case(label: str, expect: Any, *values: str, choice: str | None = None) -> Case:
        words = f"{name}: {values[0]}" if values else f"no {name}"
        probes = (key,) if expect != "open" else ()
        return Case(
            words_of_id(key, label), probes, expect, "headers", words,
            headers=((name, values),), choice=choice,
        )  # fmt: skip

    yield case("with-charset", "accept", f"{JSON_MEDIA_TYPE}; charset=utf-8")
    yield case("capitals", "accept", "Application/JSON;charset=UTF-8")
    yield case("plain-text", "refuse", "text/plain")
    yield case("form", "refuse", "application/x-www-form-urlencoded")
    yield case("json-of-another-kind", "refuse", "text/json")
    yield case("begins-like-json", "refuse", f"{JSON_MEDIA_TYPE}lines")
    yield case("octets", "refuse", "application/octet-stream")
    yield case("form-data", "refuse", "multipart/form-data; boundary=x")
    yield case("none", "open", choice="request.media_type")
    yield case("json-suffix", "open", "application/vnd.adapty+json", choice="request.media_type")


def robustness(contract: Contract) -> Iterator[Case]:
    """Requests that are no contract's business, but that no server may fail on."""

    def case(label: str, words: str, **change: Any) -> Case:
        return Case(words_of_id("robustness", label), (), "open", "robustness", words, **change)

    nested = Raw("[" * 60 + "]" * 60)
    yield case("60-nested-arrays", "60 nested arrays", edits=(Edit(("unknown_member",), nested),))
    yield case("10000-members", "10,000 unknown members", raw=_many_members)
    yield case(
        "no-credential-and-malformed-json", "no credential and malformed JSON",
        headers=((contract.credential.header, ()),), raw=lambda body: body[:-1],
        choice="auth.order",
    )  # fmt: skip


def _many_members(body: bytes) -> bytes:
    members = ",".join(f'"unknown_{number}":{number}' for number in range(10_000))
    return f"{{{members},".encode() + body[1:]


def last(contract: Contract) -> Iterator[Case]:
    """What may kill a server: sent last, one at a time, with a sign of life after each."""

    def case(label: str, words: str, **change: Any) -> Case:
        return Case(words_of_id("robustness", label), (), "open", "last", words, **change)

    for label, name, value in (
        ("body-is-not-gzip", "Content-Encoding", "gzip"),
        ("unknown-content-encoding", "Content-Encoding", "klingon"),
        ("unknown-charset", "Content-Type", f"{JSON_MEDIA_TYPE}; charset=klingon"),
        ("content-type-that-is-none", "Content-Type", ";;;"),
    ):
        yield case(label, f"{name}: {value}", headers=((name, (value,)),))
    named = [*contract.request.get("required", ()), *contract.request.get("properties", {})]
    # The deepest last, for they are what kills: in a member that is taken, then in a refused one.
    for label, member, text, pause in (
        ("5000-digit-number", "unknown_member", "9" * 5_000, 0.0),
        ("100000-nested-arrays", "unknown_member", "[" * 100_000 + "]" * 100_000, 0.4),
        ("5000-nested-arrays", named[0], "[" * 5_000 + "]" * 5_000, 0.4),
    ):
        words = f"{member}: {label.replace('-', ' ')}"
        yield case(f"{label}-as-{member}", words, edits=(Edit((member,), Raw(text)),), pause=pause)
