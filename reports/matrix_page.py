"""The page that puts many targets side by side, worked out so that its template lays it out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import quote, urlencode

from markupsafe import Markup

from reports import words
from reports.matrix import (
    ABSENT,
    QUESTIONS,
    Choice,
    Drift,
    Row,
    Target,
    choices,
    drift,
    editions,
    headline,
    rows,
)
from reports.page import asset, environment, policy, when
from reports.remarks import remarks
from reports.text import one_line, plural, short
from reports.words import Item

View = dict[str, Any]

_LINK = 240  # what a template prints into an attribute is cut after that


@dataclass(frozen=True)
class _Sides:
    """Everything that the page is made from."""

    targets: Sequence[Target]
    reference: str

    @cached_property
    def rows(self) -> list[Row]:
        return rows(self.targets)

    @cached_property
    def drifts(self) -> dict[str, Drift]:
        return {each.name: each for each in drift(self.targets, self.reference)}

    @cached_property
    def values(self) -> list[str]:
        """The targets' names as values of a filter, where | stands between two."""
        return [one_line(each.name).replace("|", "/") for each in self.targets]


def render(targets: Sequence[Target], reference: str | None = None) -> str:
    """The page: it loads nothing, and runs nothing but its own script.

    The first target is the one that the others are held against, unless `reference` names another.
    No two have the same name.
    """
    sides = _Sides(targets, targets[0].name if reference is None else reference)
    style, script = asset("report.css", "matrix.css"), asset("filters.js", "matrix.js")
    seen, told = choices(targets), editions(targets)
    asked = {each: sum(each in row.answers for row in sides.rows) for each in QUESTIONS}
    page = (
        environment()
        .get_template("matrix.html.j2")
        .render(
            headline=headline(targets),
            reference=sides.reference,
            base=[each.name for each in targets].index(sides.reference),
            operations=dict.fromkeys(one.results["contract"]["operation"] for one in targets),
            editions=told if len(told) > 1 else [],
            suites=sorted({one.results["suite"]["version"] for one in targets}),
            targets=[_target(sides, place) for place in range(len(targets))],
            columns=str(len(targets) + 1),
            total=len(sides.rows),
            questions=[(each, n) for each, n in asked.items() if n or each != QUESTIONS[-1]],
            levels=Counter(sorted(row.requirement["level"] for row in sides.rows)),
            parts=_parts(sides),
            signs=words.VERDICTS,
            legend=[(each, _word(each)) for each in _met(sides.rows)],
            choices=[_choice(each) for each in seen],
            differing=sum(each.differs for each in seen),
            style=Markup(style),
            script=Markup(script),
            policy=policy(style, script),
        )
    )
    return page + "\n"


def why(item: Item | None) -> str:
    """What a verdict rests on, in one line: the first failure, or the reason; empty when kept."""
    if item is None:
        return "The contract that this target was judged by makes no such promise."
    told = []
    if item["verdict"] == "known":
        told.append(f"agreed: {short(item['known']['reason'], 60)}")
    if item["verdict"] in ("fail", "known"):
        for first in item["failures"][:1]:
            change = first["change"]
            told.append(short(change["words"] if change else first["message"], 90))
            told.append(short(words.ending(first) or "", 40))
        if item["failures"][1:]:
            told.append(plural(len(item["failures"]) - 1, "more failure"))
    elif item["verdict"] != "pass":
        told.append(short(item["reason"], 230))
    return " · ".join(filter(None, told))


def _target(sides: _Sides, place: int) -> View:
    """What the page tells of a target."""
    target = sides.targets[place]
    results, value = target.results, sides.values[place]
    found = sides.drifts.get(target.name)
    return {
        "key": f"target-{place + 1}",
        "name": target.name,
        "value": value,
        "link": _fitting(target.link or ""),
        "url": results["target"]["url"],
        "started": results["run"]["started"],
        "when": when(results["run"]["started"]),
        "answer": words.headline(results),
        "mood": words.mood(results),
        "remarks": remarks(results),
        "tally": words.tally(results),
        "alone": sum(row.alone == place for row in sides.rows),
        "drift": found,
        "asks": {key: _fitting("#?" + urlencode({key: value})) for key in ("worse", "better")},
    }


def _parts(sides: _Sides) -> list[View]:
    """The parts of the contract with the rows of each."""
    made: dict[str, list[View]] = {}
    for row in sides.rows:
        key = row.requirement["id"]
        named = list(zip(sides.targets, sides.values, strict=True))
        held = [(sides.drifts[one.name], value) for one, value in named if one.name in sides.drifts]
        made.setdefault(row.requirement["part"], []).append(
            {
                "requirement": row.requirement,
                "cells": list(_cells(sides.targets, row)),
                "filters": {
                    "show": [each.replace(" ", "-") for each in row.answers],
                    "only": [] if row.alone is None else [sides.values[row.alone]],
                    "worse": [value for each, value in held if key in each.worse],
                    "better": [value for each, value in held if key in each.better],
                },
            }
        )
    return [{"name": name, "rows": each} for name, each in made.items()]


def _cells(targets: Sequence[Target], row: Row) -> Iterator[View]:
    anchor = quote(row.requirement["id"], errors="backslashreplace")
    for target, item in zip(targets, row.found, strict=True):
        verdict = _verdict(item)
        yield {
            "verdict": verdict,
            "word": _word(verdict),
            "why": why(item),
            "link": _fitting(f"{target.link}#{anchor}") if target.link and item else "",
        }


def _choice(choice: Choice) -> View:
    """What the page tells of an open question; of each target its outcomes with their cases."""
    return {
        "id": choice.id,
        "statement": choice.statement,
        "observed": [_outcomes(each) if each else [] for each in choice.observed],
    }


def _outcomes(observed: str) -> list[tuple[str, str]]:
    """`accepted with 200 (one, two); refused with 400 (three)` as pairs of outcome and cases."""
    parts = [each.partition(" (") for each in observed.split("; ")]
    return [(outcome, bracket.strip() + cases) for outcome, bracket, cases in parts]


def _met(table: Sequence[Row]) -> list[str]:
    """The verdicts that are in a cell, what is kept first."""
    met = {_verdict(item) for row in table for item in row.found}
    return [each for each in (*dict.fromkeys(("pass", *words.VERDICTS)), ABSENT) if each in met]


def _verdict(item: Item | None) -> str:
    return ABSENT if item is None else str(item["verdict"])


def _word(verdict: str) -> str:
    return words.WORDS.get(verdict, verdict)


def _fitting(link: str) -> str:
    """`link`, or nothing where it would be cut."""
    return link if len(link) <= _LINK else ""
