"""What the HTML report shows of one finding, worked out so that its template only lays it out."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from itertools import takewhile
from typing import Any

from markupsafe import Markup

from reports.curl import KEY_ENV, http_snippet
from reports.exchanges import View, exchange_view
from reports.text import marked
from reports.words import Finding, Item, ending, tries

FULL = 3
LISTED = 20
EXCHANGES = 4
_PASTED = 12_000
_SHOWN = 300  # characters of a changed value; a longer one is told in words


def card(finding: Finding, key_env: str = KEY_ENV, *, full: int = FULL) -> View:
    """A finding: its requirement, a few failures in full, some more as lines, what it explains."""
    failures = finding.failures
    return {
        "requirement": finding.requirement,
        "failures": [_failure(each, key_env) for each in failures[:full]],
        "listed": failures[full : full + LISTED],
        "unlisted": max(0, len(failures) - full - LISTED),
        "total": len(failures),
        "folded": [
            {
                "requirement": item,
                "failures": each[:LISTED],
                "total": len(each),
                "curl": _pasted(each[0]),
            }
            for item, each in finding.folded
        ],
        "explained": finding.explained,
    }


def _failure(failure: Item, key_env: str) -> View:
    exchanges = failure["exchanges"]
    change = failure["change"]
    shown = exchanges[-EXCHANGES:]
    return {
        "case": failure["case"],
        "replay": f"adapty-conformance replay {shlex.quote(failure['case'])}",
        "message": failure["message"],
        "expected": failure["expected"],
        "actual": failure["actual"],
        "answer": ending(failure),
        "change": _change(change) if change else None,
        "tries": tries(failure) if failure["tries"] > 1 else None,
        "control": failure["control"],
        "skipped": len(exchanges) - len(shown),
        "exchanges": [
            exchange_view(each, change, failure) if each is shown[-1] else exchange_view(each, None)
            for each in shown
        ],
        "curl": _pasted(failure),
        "python": _python(exchanges, key_env),
    }


def _pasted(failure: Item) -> str | None:
    """The curl line, where it is not too long to be pasted."""
    line = str(failure["curl"])
    return line if 0 < len(line) <= _PASTED else None


def _python(exchanges: list[Item], key_env: str) -> str | None:
    if not exchanges:
        return None
    snippet = http_snippet(exchanges[-1]["request"], key_env)
    return snippet if len(snippet) <= _PASTED else None


def _change(change: Mapping[str, Any]) -> View:
    """The one change: the member's name, and what it was and became with the difference marked."""
    words = {"words": change["words"], "name": None}
    if change["pointer"] is None or not ({"before", "after"} & change.keys()):
        return words
    before = _json(change["before"]) if "before" in change else None
    after = _json(change["after"]) if "after" in change else None
    if max(len(before or ""), len(after or "")) > _SHOWN:
        return words
    words["name"] = name(change["pointer"])
    if before is not None and after is not None:
        return words | _difference(before, after)
    sides = {"before": before, "after": after}
    return words | {key: text and marked(text, 300) for key, text in sides.items()}


def _difference(before: str, after: str) -> View:
    """Both texts; where they are long and alike, only what differs is marked."""
    start = _alike(before, after)
    rest = min(len(before), len(after)) - start
    end = min(_alike(before[::-1], after[::-1]), rest)
    if start + end < 8 or min(len(before), len(after)) > 300:
        return {"before": marked(before, 300), "after": marked(after, 300)}
    return {
        side: marked(text[:start])
        + Markup("<b>{}</b>").format(marked(text[start : len(text) - end]))
        + marked(text[len(text) - end :])
        for side, text in (("before", before), ("after", after))
    }


def _alike(one: str, other: str) -> int:
    """How many characters both begin with."""
    pairs = zip(one, other, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def name(pointer: str) -> str:
    """A JSON Pointer as people write it: `installation_meta.device_id`, `errors[0].source`."""
    if not pointer:
        return "the whole body"
    steps = [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]
    words = "".join(f"[{step}]" if step.isdigit() else f".{step}" for step in steps)
    return words.removeprefix(".")
