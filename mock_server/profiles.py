"""The profile that a success carries."""

from __future__ import annotations

import hashlib
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mock_server.samples import sample
from mock_server.store import SEEDED_CUSTOMER, Profile
from spec.contract import Contract
from spec.formats import Validity
from spec.reading import Reading
from spec.schema import Schema

NOBODY_IN_PARTICULAR = str(uuid.UUID(int=0x1, version=4))


@dataclass(frozen=True)
class Templates:
    """What successes have beside the profile's own values: all samples of the schema."""

    bare: dict[str, Any]
    populated: dict[str, Any]
    attributes: Reading
    attribute: Reading
    most_attributes: int | None
    app_id: str

    def of(self, customer: str | None) -> dict[str, Any]:
        """The template for a customer, who has purchases or has none."""
        return self.populated if customer == SEEDED_CUSTOMER else self.bare


def templates(contract: Contract) -> Templates:
    """The templates of a contract.

    Raises ValueError when no sample satisfies the response's schema.
    """
    schema = contract.responses[contract.success] or {}
    bare, populated = sample(schema, populated=False), sample(schema)
    reading = Reading(schema)
    for each in (bare, populated):
        if reading.refuses(each) or not isinstance(each, dict):
            raise ValueError("the mock can make up no response that satisfies the contract")
    listed = _profile_schema(schema).get("properties", {}).get("custom_attributes", {})
    return Templates(
        bare=bare,
        populated=populated,
        attributes=Reading(listed),
        attribute=Reading(listed.get("items", {})),
        most_attributes=listed.get("maxItems"),
        app_id=app_id(contract),
    )


def app_id(contract: Contract) -> str:
    """The one app that the mock has profiles of."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, contract.path))


def _profile_schema(schema: Schema) -> Schema:
    data: Schema = schema.get("properties", {}).get("data", schema)
    return data


def attributes_set(body: Any, templates: Templates) -> list[dict[str, Any]]:
    """The custom attributes that a body sets, by key, the last of equal ones; only such as a
    response may carry, since a switch can let others through."""
    given = body.get("custom_attributes") if isinstance(body, dict) else None
    found: dict[str, Any] = {}
    for each in given if isinstance(given, list) else ():
        if isinstance(each, dict) and isinstance(each.get("key"), str) and "value" in each:
            found[each["key"]] = each["value"]
    listed = [{"key": key, "value": value} for key, value in found.items()]
    if templates.attributes.refuses(listed):
        fits = templates.attribute.validity
        listed = [each for each in listed if fits(each) is not Validity.VIOLATION]
    return listed[: templates.most_attributes]


def success_body(
    profile: Profile, templates: Templates, credential: Sequence[bytes], broken: str | None
) -> dict[str, Any]:
    """The body of a success for `profile`; `credential` is what the request presented."""
    template = templates.of(profile.customer)
    attributes, customer = profile.attributes, profile.customer
    if broken == "echo.custom_attributes":
        attributes = attributes[:-1]
    if broken == "echo.customer_user_id" and customer is not None:
        customer = customer.lower()[:-1]
    segment = hashlib.sha256(profile.id.encode()).hexdigest()[:16]
    if broken == "secrecy.credential":
        segment = b" ".join(credential).decode("latin-1")
    now = time.time()
    shared = broken == "identity.profile_id"
    own = {
        "app_id": templates.app_id,
        "profile_id": NOBODY_IN_PARTICULAR if shared else profile.id,
        "customer_user_id": customer,
        "segment_hash": segment,
        "timestamp": int(now if broken == "timestamp.response_time" else now * 1_000),
        "custom_attributes": attributes,
    }
    if profile.customer != SEEDED_CUSTOMER:
        own["total_revenue_usd"] = 0
    inner = template.get("data", template)
    filled = {**inner, **{name: own[name] for name in own.keys() & inner.keys()}}
    return {**template, "data": filled} if "data" in template else filled
