"""The profiles that a server keeps, and what it tells of one."""

from __future__ import annotations

import hashlib
import json
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from benchmarks.power.battery.rules import Json

SEEDED_CUSTOMER = "customer-with-purchases"
APP_ID = "14c3d623-2f3a-455a-aa86-ef83dff6913b"

Attributes = list[dict[str, Any]]


@dataclass(frozen=True)
class Profile:
    """One end user; `attributes` are those which the request at hand set."""

    id: str
    customer: str | None
    attributes: Attributes = field(default_factory=list)


@dataclass
class Profiles:
    """Profiles by customer and by id."""

    by_customer: dict[str, Profile] = field(default_factory=dict)
    by_id: dict[str, Profile] = field(default_factory=dict)
    new_id: Callable[[str], str] = lambda _: str(uuid.uuid4())

    async def store(
        self, customer: str | None, profile_id: str | None, attributes: Attributes
    ) -> Profile:
        """The profile of a customer, else the one with an id; made if there is none."""
        profile = self.find(customer, profile_id)
        if profile is None:
            made = self.new_id(customer) if customer is not None else str(profile_id)
            profile = Profile(made, customer)
            self.by_id[profile.id] = profile
            if customer is not None:
                self.by_customer[customer] = profile
        by_key = {each["key"]: each["value"] for each in attributes}
        listed = [{"key": key, "value": value} for key, value in by_key.items()]
        return replace(profile, attributes=listed)

    def find(self, customer: str | None, profile_id: str | None) -> Profile | None:
        if customer is not None:
            return self.by_customer.get(customer)
        return self.by_id.get(profile_id or "")


def body(profile: Profile) -> dict[str, Json]:
    """The body of a 200."""
    seeded = profile.customer == SEEDED_CUSTOMER
    return {
        "data": {
            "app_id": APP_ID,
            "profile_id": profile.id,
            "customer_user_id": profile.customer,
            "total_revenue_usd": 69.93 if seeded else 0,
            "segment_hash": hashlib.sha256(profile.id.encode()).hexdigest()[:16],
            "timestamp": int(time.time() * 1000),
            "custom_attributes": profile.attributes,
            "access_levels": [],
            "subscriptions": [],
            "non_subscriptions": [],
            **(purchases() if seeded else {}),
        }
    }


def purchases() -> dict[str, list[dict[str, Any]]]:
    """Two of each kind; the first with null wherever it may stand, the last with it nowhere."""
    made: dict[str, list[dict[str, Any]]] = json.loads(  # so that no two of them share an offer
        json.dumps(
            {
                "access_levels": [
                    {"access_level_id": "basic", "starts_at": None, **_SPARSE},
                    {"access_level_id": "premium", "starts_at": "2024-03-01T10:00:00Z", **_FULL},
                ],
                "subscriptions": [
                    {"environment": "Production", **_SPARSE},
                    {"environment": "Sandbox", **_FULL},
                ],
                "non_subscriptions": [
                    {"purchase_id": "9a7d3f1c-0b5e-4b8a-9d51-2f3c4b5a6d70", **_COINS},
                    {
                        "purchase_id": "9a7d3f1c-0b5e-4b8a-9d51-2f3c4b5a6d71",
                        **_COINS,
                        "store_base_plan_id": "coins-100",
                    },
                ],
            }
        )
    )
    return made


_SPARSE: dict[str, Any] = {
    "store": "app_store",
    "store_product_id": "yearly.pro",
    "store_base_plan_id": None,
    "store_transaction_id": "500001",
    "store_original_transaction_id": "500000",
    "offer": None,
    "purchased_at": "2024-03-01T10:00:00.123Z",
    "originally_purchased_at": "2023-03-01T10:00:00Z",
    "expires_at": None,
    "renewal_cancelled_at": None,
    "billing_issue_detected_at": None,
    "is_in_grace_period": False,
    "cancellation_reason": None,
}
_FULL: dict[str, Any] = {
    "store": "play_store",
    "store_product_id": "monthly.basic",
    "store_base_plan_id": "base-1",
    "store_transaction_id": "GPA.1234-5678",
    "store_original_transaction_id": "GPA.1234-5678",
    "offer": {"category": "promotional", "type": "pay_up_front", "id": "promo-7"},
    "purchased_at": "2024-03-01T10:00:00Z",
    "originally_purchased_at": "2023-03-01T10:00:00+00:00",
    "expires_at": "2024-04-01T10:00:00Z",
    "renewal_cancelled_at": "2024-03-20T08:00:00Z",
    "billing_issue_detected_at": "2024-03-21T08:00:00Z",
    "is_in_grace_period": True,
    "cancellation_reason": "billing_error",
}
_COINS: dict[str, Any] = {
    "store": "app_store",
    "store_product_id": "coins.100",
    "store_base_plan_id": None,
    "store_transaction_id": "600001",
    "store_original_transaction_id": "600001",
    "purchased_at": "2024-05-05T05:05:05Z",
    "environment": "Production",
    "is_refund": False,
    "is_consumable": True,
}
