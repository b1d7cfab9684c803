"""Folding of what was taken or refused wrongly: a check that is missing, or one too many."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from itertools import takewhile

from conformance.evidence import REFUSED_OTHERWISE, Evidence
from conformance.exchanges import CaseRecord
from conformance.telling import CONTROL, REFUSED
from conformance.verdicts import Failure
from spec.contract import Contract
from spec.requirements import Requirement, identifier
from spec.schema import ITEM, Location
from strategies.sequences import AFTER


def refused_since(evidence: Evidence) -> None:
    """Where every valid request is refused from one on, no later one is refused for what it has."""
    first = [each.exchanges[0] for each in evidence.own(REFUSED) if each.case == CONTROL]
    since = [each.sent for each in first if each.status is not None and each.status >= 400]
    for key in list(evidence.failures) if since else ():
        for failure in evidence.own(key):
            later = all(each.sent >= since[0] for each in failure.exchanges)
            if failure.side == "accept" and failure.case != CONTROL and later:
                evidence.explain(key, failure, REFUSED)


def spoilt(evidence: Evidence) -> None:
    """Where one request always spoils the next on its connection, so it does now and then with
    others: a requirement that seems broken by the same answer now and then, or always by chance."""
    if any(f.case.startswith(AFTER) and not f.flaky for f in evidence.own(REFUSED)):
        for key in list(evidence.failures):
            refused = [
                each
                for each in evidence.own(key)
                if each.side != "observe" and not each.actual.startswith("2")
            ]
            now_and_then = {each.actual for each in refused if each.flaky}
            for failure in refused:
                if failure.actual in now_and_then:
                    evidence.explain(key, failure, REFUSED)


def credentials(evidence: Evidence) -> None:
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


def unchecked_types(evidence: Evidence) -> None:
    """Where nothing is refused for its type, nothing else about the value, or in it, can be."""
    smaller = {note["case"] for note in evidence.record.notes.get("shrunk", ())}
    shown = {key: case for key, case in evidence.cases.items() if key not in smaller}
    for each in evidence.contract.requirements.values():
        if each.subject == "request.body" and each.keyword == "type":
            if _is_unchecked(each, shown, evidence.failures):
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


def in_company(evidence: Evidence) -> None:
    """What is taken beside one other thing only, and so is most of what was tried there: one check
    that is left out there."""
    cases, requirements = evidence.cases, evidence.contract.requirements
    refused = [f for key in requirements for f in evidence.own(key) if f.side == "refuse"]
    failed = {each.case for each in refused if each.case in cases}
    only: dict[tuple[str, ...], list[str]] = {}
    for key in dict.fromkeys(each.requirement for each in refused):
        beside = {cases[f.case].beside for f in refused if f.requirement == key and f.case in cases}
        if len(beside) == 1 and beside != {()}:
            only.setdefault(beside.pop(), []).append(key)
    for company, keys in only.items():
        shared = _common([requirements[key].location for key in keys])
        tried = [
            each.id
            for each in cases.values()
            if each.beside == company and each.expect == "refuse"
            and requirements[each.requirements[0]].location[: len(shared)] == shared
        ]  # fmt: skip
        if 2 * len(failed.intersection(tried)) > len(tried):
            evidence.blame(keys[1:], keys[0])


def checked_there_only(evidence: Evidence) -> None:
    """What is taken everywhere but beside one other thing: one check that is made there only.

    A case that is wrong in several places, which has no pointer, may be refused for another.
    """
    cases = [
        each
        for each in evidence.cases.values()
        if each.expect == "refuse" and each.pointer is not None
    ]
    where: dict[tuple[str, ...], list[tuple[str, int]]] = {}
    for key in evidence.contract.requirements:
        failed = {f.case for f in evidence.own(key) if f.side == "refuse"}
        probed = [each for each in cases if key in each.requirements]
        kept = {each.beside for each in probed if each.id not in failed}
        lost = [each for each in probed if each.id in failed]
        if lost and len(kept) == 1 and not any(each.beside in kept for each in lost):
            where.setdefault(kept.pop(), []).append((key, len(lost)))
    for company, found in where.items():
        several = [key for key, count in found if count > 1]
        if company and len(several) > 1:
            evidence.blame([key for key, _ in found], several[0])


def _common(locations: list[Location]) -> Location:
    """What all locations begin with."""
    steps = takewhile(lambda each: len(set(each)) == 1, zip(*locations, strict=False))
    return tuple(each[0] for each in steps)


_PLAIN = ("type", "oneOf", "anyOf", "enum", "format", "pattern")


def edges(evidence: Evidence) -> None:
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


def shrunk(evidence: Evidence) -> None:
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
