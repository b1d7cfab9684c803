"""The overlay: what the vendor's prose says of schemas, applied to the vendor's document."""

from __future__ import annotations

import copy
from functools import cache
from pathlib import Path
from typing import Any

import jsonpatch

from spec.contract import ContractFinding
from spec.document import Document, read_yaml
from spec.requirements import Evidence, Source

_OVERLAY = Path(__file__).with_name("overlay.yaml")


@cache
def actions() -> list[dict[str, Any]]:
    """The overlay's actions, JSON Patch operations with the sentence each comes from."""
    found: list[dict[str, Any]] = read_yaml(_OVERLAY.read_text("utf-8"))
    return found


def apply(document: Document, evidence: Evidence) -> tuple[dict[str, Any], list[ContractFinding]]:
    """The document with each action that matches; each of the others becomes a finding.

    An action matches where its sentence still stands and the keyword does not: a document that
    says by itself what the overlay would add is taken at its word. Applied actions become evidence.
    """
    data: dict[str, Any] = copy.deepcopy(document.data)
    findings: list[ContractFinding] = []
    for action in actions():
        pointer, path, quote = action["pointer"], action["path"], action["quote"]
        source = Source(pointer, document.line(pointer), quote)
        stated = document.get("#" + path)
        message = ""
        if quote not in " ".join(str(document.get(pointer, "")).split()):
            message = f"The overlay finds no “{quote}” at {pointer}; it is not tested."
        elif stated is None:
            data = jsonpatch.JsonPatch([action]).apply(data, in_place=True)
        elif stated != action["value"]:
            message = (
                f"The schema says {stated} at {path}, the prose “{quote}”; the schema is tested."
            )
        if message:
            findings.append(ContractFinding(f"overlay:{path}", message, source))
        else:
            evidence.sentences["#" + path] = source
    return data, findings
