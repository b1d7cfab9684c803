"""Folding: what follows from another finding names it as its cause, so that it is told once.

Each rule says, in its docstring, why one finding explains another. The verdicts stay as they are.
"""

from __future__ import annotations

from conformance.alike import face_of
from conformance.evidence import Evidence
from conformance.folding_answers import (
    another_answer,
    changed_values,
    error_shapes,
    errors_under_success,
    taken_and_returned,
)
from conformance.folding_requests import (
    checked_there_only,
    credentials,
    edges,
    in_company,
    refused_since,
    shrunk,
    spoilt,
    unchecked_types,
)


def alike(evidence: Evidence) -> None:
    """The same slip in several places is one slip: told of the first."""
    first: dict[object, str] = {}
    for key, requirement in evidence.contract.requirements.items():
        own = evidence.own(key)
        if own and (face := face_of(evidence.contract, requirement, own[0])) is not None:
            evidence.blame([key], first.setdefault(face, key))


RULES = (
    refused_since, spoilt, errors_under_success, credentials, taken_and_returned, unchecked_types,
    in_company, checked_there_only, error_shapes, another_answer, changed_values, edges, shrunk,
    alike,
)  # fmt: skip


def fold(evidence: Evidence) -> None:
    """Set the cause of failures that another explains, in place."""
    for rule in RULES:
        rule(evidence)
