"""Requests whose answers must agree with each other: at the same moment, and one after another."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from spec.contract import Contract
from strategies.cases import FIRST_CUSTOMER, ONE, Case
from strategies.edits import ABSENT, Edit

AFTER = "response.status/after-"  # what the ids of cases begin with that follow a refused one
SAME_CUSTOMER = "request.same_customer"


def sequences(
    contract: Contract, seeded_customer: str | None, refused: Iterable[Case]
) -> Iterator[Case]:
    """All of them; `seeded_customer` is one whose profile shows what a fresh one cannot, `refused`
    are cases that ought not to spoil the connection for others."""
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
    yield from _after_refusals(refused)
    if customer is not None:
        yield Case(
            f"{SAME_CUSTOMER}/at-the-same-moment", (), "open", "meaning",
            "a new customer, twice at the same moment", together=2,
            headers=((customer.name, (ONE,)),), choice=SAME_CUSTOMER,
        )  # fmt: skip
        yield Case(
            f"{SAME_CUSTOMER}/at-the-end", (), "open", "end", "the run's first customer again",
            headers=((customer.name, (FIRST_CUSTOMER,)),), choice=SAME_CUSTOMER,
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


def _after_refusals(refused: Iterable[Case]) -> Iterator[Case]:
    """Valid requests whose connection has just seen another refused: what is left of that one, such
    as a body that nobody read or what was found wrong, must not be taken for theirs."""
    for first in refused:
        yield Case(
            f"{AFTER}{first.id.replace('/', '-')}",
            ("response.status",), "accept", "meaning",
            f"a valid request, after one on the same connection with {first.words}",
            after=(first,),
        )  # fmt: skip
