"""Folding: what follows from another finding names it as its cause, so that it is told once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from conformance.exchanges import CaseRecord
from conformance.verdicts import Failure
from spec.contract import Contract
from spec.requirements import Requirement

Failures = dict[str, list[Failure]]


def fold(contract: Contract, cases: Mapping[str, CaseRecord], failures: Failures) -> None:
    """Set the cause of failures that another explains, in place.

    Where no credential is needed at all, every wrong one passes. Where nothing is refused for its
    type, nothing else about the value, or within it, can be. An error of another shape lacks every
    member of ErrorResponse.
    """
    if any(failure.actual.startswith("2") for failure in failures.get("auth.missing", ())):
        _blame(failures, ("auth.scheme", "auth.wrong_key"), "auth.missing")
    for each in contract.requirements.values():
        if each.subject == "request.body" and each.keyword == "type":
            if _is_unchecked(each, cases, failures):
                _blame(failures, _within(contract, each), each.id)
    statuses = [f"response.{status}" for status in contract.responses if status >= 400]
    for base in ("rejection", *statuses):
        shape = [
            key
            for key, each in contract.requirements.items()
            if key.startswith(f"{base}.") and failures.get(key)
            and (each.keyword == "required" or key == f"{base}.media_type")
        ]  # fmt: skip
        _blame(failures, shape[1:], shape[0] if shape else "")


def _is_unchecked(
    requirement: Requirement, cases: Mapping[str, CaseRecord], failures: Failures
) -> bool:
    """Whether every value of a wrong type was taken, rather than one that resembles a right one."""
    failed = {failure.case for failure in failures.get(requirement.id, ())}
    probed = {
        key
        for key, case in cases.items()
        if case.expect == "refuse" and requirement.id in case.requirements
    }
    # A generated value is what it is; the planned ones are the near misses and the gross ones.
    planned = {key for key in probed if key.startswith(f"{requirement.id}/")}
    return bool(failed) and planned <= failed


def _within(contract: Contract, outer: Requirement) -> list[str]:
    depth = len(outer.location)
    return [
        key
        for key, each in contract.requirements.items()
        if each.subject == outer.subject and each.location[:depth] == outer.location
        and key != outer.id
    ]  # fmt: skip


def _blame(failures: Failures, keys: Iterable[str], cause: str) -> None:
    for key in keys:
        if failures.get(key):
            failures[key] = [f if f.cause else replace(f, cause=cause) for f in failures[key]]
