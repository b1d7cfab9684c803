"""Requests whose answers must agree with each other: at the same moment, and one after another."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from spec.contract import Contract
from strategies.cases import Case, Expect, words_of_id
from strategies.edits import ABSENT, Edit


def sequences(contract: Contract, seeded_customer: str | None) -> Iterator[Case]:
    """All of them; `seeded_customer` is one whose profile shows what a fresh one cannot."""
    customer = contract.header("customer")
    if seeded_customer is not None and customer is not None:
        yield Case(
            "response.200/seeded-customer", (), "accept", "meaning", "the customer with purchases",
            (Edit(("custom_attributes",), ABSENT),),
            headers=((customer.name, (seeded_customer,)),),
        )  # fmt: skip
    yield Case(
        "identity.profile_id/at-the-same-moment", ("response.status",), "accept", "meaning",
        "12 customers at the same moment", together=12,
    )  # fmt: skip
    yield from _after_refusals(contract)
    yield Case(
        "request.same_customer/twice", (), "open", "meaning", "the same customer again",
        twice=True, choice="request.same_customer",
    )  # fmt: skip
    attributes = contract.request.get("properties", {}).get("custom_attributes")
    if attributes is not None:
        item = {"key": "sample_twice", "value": "first"}
        yield Case(
            "request.duplicate_attribute/same-key-twice", (), "open", "meaning",
            "two custom attributes with one key",
            (Edit(("custom_attributes",), [item, {**item, "value": "second"}]),),
            choice="request.duplicate_attribute",
        )  # fmt: skip


def _after_refusals(contract: Contract) -> Iterator[Case]:
    """Valid requests whose connection has just seen another refused: what is left of that one,
    such as a body that nobody read, must not be taken for their beginning."""
    header = contract.credential.header
    kinds: tuple[tuple[str, str, Expect, dict[str, Any]], ...] = (
        ("no-credential", f"no {header}", "unauthorized", {"headers": ((header, ()),)}),
        ("half-a-body", "half a body", "refuse", {"raw": lambda body: body[: len(body) // 2]}),
    )
    for label, words, expect, change in kinds:
        # It has no promise of its own: what is refused there has cases that are tried again.
        first = Case(
            words_of_id("response.status", f"{label}-first"), (), expect, "meaning",
            f"{words}, before a valid request on the same connection", **change,
        )  # fmt: skip
        yield Case(
            words_of_id("response.status", f"after-{label}-on-one-connection"),
            ("response.status",), "accept", "meaning",
            f"a valid request, after one with {words} on the same connection", after=(first,),
        )  # fmt: skip
