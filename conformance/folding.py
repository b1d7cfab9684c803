"""Folding: what follows from another finding names it as its cause, so that it is told once.

Each rule says, in its docstring, why one finding explains another. The verdicts stay as they are.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from conformance.alike import face_of
from conformance.exchanges import CaseRecord, Exchange
from conformance.journal import Record
from conformance.observe import Observation
from conformance.together import data_of
from conformance.verdicts import Failure
from spec.contract import Contract
from spec.requirements import Requirement, identifier
from spec.schema import ITEM
from strategies.cases import Expect

ECHO_CUSTOMER = "echo.customer_user_id"
ECHO_ATTRIBUTES = "echo.custom_attributes"
REFUSED_OTHERWISE = "rejection.status"


@dataclass(frozen=True)
class Evidence:
    """What folding reasons from: the failures by requirement, and the exchanges behind them.

    `broken` holds, by requirement, what single answers broke; `expects` what the contract says of
    the request of an exchange, by its id.
    """

    contract: Contract
    record: Record
    failures: dict[str, list[Failure]]
    broken: Mapping[str, Sequence[tuple[Exchange, Observation]]]
    expects: Mapping[str, Expect]

    @property
    def cases(self) -> Mapping[str, CaseRecord]:
        """The cases by id."""
        return self.record.cases

    def failing(self, keys: Iterable[str]) -> list[str]:
        """Those of `keys` that failed, in their order."""
        return [key for key in keys if self.failures.get(key)]

    def own(self, key: str) -> list[Failure]:
        """The failures of a requirement that nothing explains yet."""
        return [each for each in self.failures.get(key, ()) if each.cause is None]

    def where(self, key: str) -> set[str]:
        """The ids of the exchanges whose answers break a requirement."""
        return {exchange.id for exchange, _ in self.broken.get(key, ())}

    def accepting(self, key: str) -> bool:
        """Whether a requirement has a failure of its own by which something valid was refused."""
        return any(each.side == "accept" for each in self.own(key))

    def explain(self, key: str, failure: Failure, cause: str) -> None:
        """Let `cause` explain one failure of another requirement."""
        if key != cause:
            told = self.failures[key]
            told[told.index(failure)] = replace(failure, cause=cause)

    def blame(self, keys: Iterable[str], cause: str) -> None:
        """Let `cause`, which failed too, explain whatever of `keys` nothing explains yet."""
        for key in keys:
            if self.failures.get(cause):
                for failure in self.own(key):
                    self.explain(key, failure, cause)


def fold(evidence: Evidence) -> None:
    """Set the cause of failures that another explains, in place."""
    for rule in (
        _errors_under_success, _credentials, _taken_and_returned, _unchecked_types, _error_shapes,
        _another_answer, _changed_values, _edges, _shrunk, _alike,
    ):  # fmt: skip
        rule(evidence)


def _errors_under_success(evidence: Evidence) -> None:
    """A refusal told under a success status is neither accepted nor a profile."""
    cause = REFUSED_OTHERWISE
    told = {
        exchange.id for exchange, each in evidence.broken.get(cause, ()) if exchange.accepted
    }  # fmt: skip
    for key in list(evidence.failures) if told else ():
        success = key.startswith(f"response.{evidence.contract.success}")
        for failure in evidence.own(key):
            taken = failure.side == "refuse" and _ids(failure) <= told
            if taken or (success and evidence.where(key) & told):
                evidence.explain(key, failure, cause)


def _ids(failure: Failure) -> set[str]:
    return {each.id for each in failure.exchanges}


def _credentials(evidence: Evidence) -> None:
    """Where no credential is needed, every wrong one passes; one wrong status is one fault."""
    keys = evidence.failing(("auth.missing", "auth.scheme", "auth.wrong_key"))
    answers = {key: {each.actual for each in evidence.own(key)} for key in keys}
    for number, cause in enumerate(keys):
        if cause == "auth.missing" or not any(each.startswith("2") for each in answers[cause]):
            later = keys[number + 1 :]
            evidence.blame([key for key in later if answers[key] <= answers[cause]], cause)
    for cause in keys[:1]:
        of_credentials = {
            exchange.id
            for exchange, _ in evidence.broken.get(REFUSED_OTHERWISE, ())
            if evidence.expects[exchange.id] == "unauthorized"
        }
        if evidence.where(REFUSED_OTHERWISE) <= of_credentials:
            evidence.blame([REFUSED_OTHERWISE], cause)


def _taken_and_returned(evidence: Evidence) -> None:
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


def _unchecked_types(evidence: Evidence) -> None:
    """Where nothing is refused for its type, nothing else about the value, or in it, can be."""
    for each in evidence.contract.requirements.values():
        if each.subject == "request.body" and each.keyword == "type":
            if _is_unchecked(each, evidence.cases, evidence.failures):
                evidence.blame(_within(evidence.contract, each), each.id)


def _is_unchecked(
    requirement: Requirement,
    cases: Mapping[str, CaseRecord],
    failures: Mapping[str, Collection[Failure]],
) -> bool:
    """Whether every value of a wrong type was taken, rather than one that resembles a right one."""
    failed = {each.case for each in failures.get(requirement.id, ()) if each.side == "refuse"}
    probed = {
        key
        for key, case in cases.items()
        if case.expect == "refuse" and requirement.id in case.requirements
    }
    # A generated value is what it is; the planned ones are the near misses and the gross ones.
    planned = {key for key in probed if key.startswith(f"{requirement.id}/")}
    return bool(planned) and planned <= failed


def _within(contract: Contract, outer: Requirement) -> list[str]:
    depth = len(outer.location)
    return [
        key
        for key, each in contract.requirements.items()
        if each.subject == outer.subject and each.location[:depth] == outer.location
        and key != outer.id
    ]  # fmt: skip


def _error_shapes(evidence: Evidence) -> None:
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


def _another_answer(evidence: Evidence) -> None:
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
        if any(_ids(each) & swapped for each in evidence.own(key)):
            evidence.blame([key], ECHO_CUSTOMER)


def _changed_values(evidence: Evidence) -> None:
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


_PLAIN = ("type", "oneOf", "anyOf", "enum", "format", "pattern")


def _edges(evidence: Evidence) -> None:
    """Where a limit's plain values are taken, what is refused at it is refused for what it is."""
    requirements = evidence.contract.requirements
    for key in evidence.failing(requirements):
        each = requirements[key]
        if each.subject != "request.body" or each.keyword in _PLAIN:
            continue
        failed = {f.case for f in evidence.own(key) if f.side == "accept"}
        planned = {
            name
            for name, case in evidence.cases.items()
            if case.expect == "accept" and name.startswith(f"{key}/") and "/shrunk-" not in name
        }
        if failed and planned - failed:
            others = (identifier(each.subject, each.location, keyword) for keyword in _PLAIN)
            evidence.blame([key], next(filter(evidence.accepting, others), ""))


def _shrunk(evidence: Evidence) -> None:
    """What a generated payload was shrunk to is a failure of what the planned case about the same
    place failed: that says better what it is."""
    planned = {
        failure.case: key
        for key in evidence.failures
        for failure in evidence.own(key)
        if failure.side == "accept" and "/shrunk-from-" not in failure.case
    }
    places = {key: _location(evidence.cases.get(case)) for case, key in planned.items()}
    for key in list(evidence.failures):
        for failure in evidence.own(key):
            if failure.side != "accept" or "/shrunk-from-" not in failure.case:
                continue
            here = _location(evidence.cases.get(failure.case))
            for planned_key, there in places.items():
                if planned_key != key and here is not None and there is not None:
                    if here[: len(there)] == there or there[: len(here)] == here:
                        evidence.failures[key].remove(failure)
                        moved = replace(failure, requirement=planned_key)
                        evidence.failures[planned_key].append(moved)
                        break


def _location(case: CaseRecord | None) -> tuple[str, ...] | None:
    """Where a case's one change lies, array items counted as one."""
    if case is None or case.pointer is None:
        return None
    steps = case.pointer.split("/")[1:]
    return tuple(ITEM if step == "-" or step.isdecimal() else step for step in steps)


def _alike(evidence: Evidence) -> None:
    """The same slip in several places is one slip: told of the first."""
    first: dict[object, str] = {}
    for key, requirement in evidence.contract.requirements.items():
        own = evidence.own(key)
        if own and (face := face_of(evidence.contract, requirement, own[0])) is not None:
            evidence.blame([key], first.setdefault(face, key))
