"""Schemathesis' hook for the corrected document: what the contract leaves open is not sent, for its
checks know only valid and invalid. What it generates for a format is what we generate."""

from __future__ import annotations

from typing import Any

import schemathesis
from schemathesis import Case, HookContext

from spec.formats import Validity
from spec.loader import load
from strategies.payloads import FORMATS

_READING = load().request_reading

for _name, _texts in FORMATS.items():
    schemathesis.openapi.format(_name, _texts)


@schemathesis.hook
def filter_case(_context: HookContext, case: Case[Any]) -> bool:
    """Whether a case is judged by its body, or has none that is JSON."""
    if not isinstance(case.body, dict | list | str | int | float | None):
        return True
    return _READING.validity(case.body) != Validity.OPEN
