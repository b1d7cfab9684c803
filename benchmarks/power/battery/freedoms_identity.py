"""Conformant servers: freedoms in who is meant, who may ask, and what is kept of a customer."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from benchmarks.power.battery.changes import (
    Change,
    identified,
    refused_as,
    returned,
    stored,
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
)
from benchmarks.power.battery.profiles import SEEDED_CUSTOMER, Attributes, Profile
from benchmarks.power.battery.rules import CONTRACT, UUID, Json, places
from benchmarks.power.battery.server import Server, freedom

_ATTRIBUTES = "custom_attributes"


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


_PLATFORMS = places(CONTRACT.request)["installation_meta.platform"]["enum"]


IDENTITIES: tuple[Server, ...] = (
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
    freedom("scheme-case", "The scheme may have any letter case.",
            _credential(lambda given, key: len(given) == 1 and given[0][:8].lower() == b"api-key "
                        and given[0][8:] == key)),
    freedom("credential-blanks",
            "Blanks in the credential do not count; of two, one must be right.",
            _credential(_split)),
    freedom("json-before-credential",
            "Malformed JSON is refused before the credential is looked at.",
            _before_credential(_json_first)),
    freedom("sizes", "A body beyond a million bytes is 413, headers beyond 8,000 are 431.",
            _before_credential(_sizes)),
    freedom("other-methods", "Other methods are implemented, and a DELETE ends the account.",
            _other_methods),
)  # fmt: skip
