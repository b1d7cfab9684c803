"""Folding of what answers break: one slip in them told once."""

from __future__ import annotations

from conformance.evidence import REFUSED_OTHERWISE, Evidence, ids
from conformance.together import data_of
from spec.requirements import Requirement

ECHO_CUSTOMER = "echo.customer_user_id"
ECHO_ATTRIBUTES = "echo.custom_attributes"


def errors_under_success(evidence: Evidence) -> None:
    """A refusal told under a success status is neither accepted nor a profile."""
    cause = REFUSED_OTHERWISE
    told = {
        exchange.id for exchange, each in evidence.broken.get(cause, ()) if exchange.accepted
    }  # fmt: skip
    for key in list(evidence.failures) if told else ():
        success = key.startswith(f"response.{evidence.contract.success}")
        for failure in evidence.own(key):
            taken = failure.side == "refuse" and ids(failure) <= told
            if taken or (success and evidence.where(key) & told):
                evidence.explain(key, failure, cause)


def taken_and_returned(evidence: Evidence) -> None:
    """An answer that is wrong only where a wrong request was taken is wrong because of that."""
    for key, found in evidence.broken.items():
        if not key.startswith(f"response.{evidence.contract.success}"):
            continue
        if any(evidence.expects[e.id] not in ("refuse", "unauthorized") for e, _ in found):
            continue
        for exchange, _ in found:
            case = evidence.cases.get(exchange.cases[0]) if exchange.cases else None
            if case is not None and case.requirements and evidence.own(case.requirements[0]):
                evidence.blame([key], case.requirements[0])
                break


def error_shapes(evidence: Evidence) -> None:
    """An error of another shape lacks every member of ErrorResponse, and what is no JSON has no
    JSON media type; what every layer does is told of the first."""
    requirements = evidence.contract.requirements
    statuses = [f"response.{status}" for status in evidence.contract.responses]
    bases = ("rejection", *statuses)
    for base in bases:
        keys = evidence.failing(
            key
            for key, each in requirements.items()
            if key.startswith(f"{base}.")
            and (key in (f"{base}.media_type", f"{base}.json") or _is_top(each))
        )
        for key in keys[1:]:
            if base != f"response.{evidence.contract.success}":
                evidence.blame([key], keys[0])
            elif key.endswith(".json") and evidence.where(key) <= evidence.where(keys[0]):
                evidence.blame([key], keys[0])
    for status in statuses:
        for key in evidence.failing(requirements):
            told = key.replace("rejection.body", status).replace("rejection", status)
            if key.startswith("rejection.") and evidence.own(told):
                evidence.blame([key], told)


def _is_top(requirement: Requirement) -> bool:
    return requirement.keyword == "required" and len(requirement.location) == 1


def another_answer(evidence: Evidence) -> None:
    """The answer to another request, or one that is always the same, has another's customer,
    attributes, profile id and time."""
    header = evidence.contract.header("customer")
    if header is None or not evidence.own(ECHO_CUSTOMER):
        return
    asked = {each.id: each.request.header(header.name) for each in evidence.record.exchanges}
    others = set(asked.values()) - {None}
    swapped = {
        each.id
        for each in evidence.record.exchanges
        for told in [data_of(evidence.contract, each).get("customer_user_id")]
        if isinstance(told, str) and told in others and told != asked[each.id]
    }
    echoes = (ECHO_CUSTOMER, ECHO_ATTRIBUTES)
    if all(f.failed == f.tries for key in echoes for f in evidence.own(key)):
        # Nothing that was sent comes back: the answers are not made of the requests.
        if evidence.own(ECHO_ATTRIBUTES):
            swapped = {each.id for each in evidence.record.exchanges}
    if evidence.where(ECHO_ATTRIBUTES) & swapped:
        evidence.blame([ECHO_ATTRIBUTES], ECHO_CUSTOMER)
    for key in ("timestamp.response_time", "identity.profile_id"):
        if any(ids(each) & swapped for each in evidence.own(key)):
            evidence.blame([key], ECHO_CUSTOMER)


def changed_values(evidence: Evidence) -> None:
    """An attribute that comes back changed may thereby break the limits of what comes back."""
    if not evidence.own(ECHO_ATTRIBUTES):
        return
    place = f"response.{evidence.contract.success}.data.custom_attributes."
    evidence.blame(
        (
            key
            for key, each in evidence.contract.requirements.items()
            if key.startswith(place) and each.keyword in ("maxItems", "maxLength", "pattern")
        ),
        ECHO_ATTRIBUTES,
    )
