"""What reports tell of a fuzz: its traffic, its curve, and what it proves."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.journal import Record
from reports.charts import discoveries
from reports.html import render
from reports.remarks import remarks
from reports.traffic import traffic
from reports.words import headline
from tests import reports_sample as sample
from tests.pages import Page

CURVE = [
    {"seconds": 0.0, "requests": 0, "findings": 0, "exercised": 0},
    {"seconds": 5.0, "requests": 4000, "findings": 1, "exercised": 120},
    {"seconds": 10.0, "requests": 9000, "findings": 2, "exercised": 150},
    {"seconds": 20.0, "requests": 18000, "findings": 2, "exercised": 150},
]
FOUND = [
    {"requirement": "a", "case": "a/x", "seconds": 2.0, "requests": 1600},
    {"requirement": "b", "case": "b/x", "seconds": 8.0, "requests": 7000},
]


def fuzz(found: list[dict[str, Any]], results: dict[str, Any]) -> dict[str, Any]:
    told = {
        "batches": 30, "workers": 2, "exercised": 150, "curve": CURVE, "discoveries": found,
    }  # fmt: skip
    return {**results, "fuzz": told}


def note(statuses: dict[str, int], latency: dict[str, int]) -> dict[str, Any]:
    return {"statuses": statuses, "latency": latency}


def test_the_curve_says_when_something_new_came_last() -> None:
    told = discoveries(fuzz(FOUND, sample.three_findings()))
    assert told is not None
    assert told["words"] == (
        "2 broken promises found, the last after 8.0 s; 150 promises exercised, the newest after "
        "10.0 s; 18,000 requests in 20.0 s."
    )
    assert told["found"] == "M0 44H34.0V22.0H136.0V0.0H340"
    assert told["exercised"] == "0.0,44.0 85.0,8.8 170.0,0.0 340.0,0.0"


def test_nothing_found_has_no_second_line() -> None:
    told = discoveries(fuzz([], sample.three_findings()))
    assert told is not None
    assert told["found"] is None
    assert told["words"].startswith("No broken promise found; 150 promises")


def test_a_run_has_no_curve() -> None:
    assert discoveries(sample.three_findings()) is None


def test_the_page_draws_it() -> None:
    page = Page(render(fuzz(FOUND, sample.three_findings())))
    assert "Found over time" in page.text
    assert "the last after 8.0 s" in page.text


def test_what_was_only_counted_is_traffic_too() -> None:
    record = Record({}, (), {"batch": [
        note({"200": 90, "timeout": 2}, {"0": 80, "24": 10}),
        note({"200": 5, "422": 5}, {"24": 10}),
    ]})  # fmt: skip
    told = traffic(record)
    assert told["requests"] == 102
    assert told["statuses"] == {"200": 95, "422": 5, "timeout": 2}
    assert told["requests_by_phase"] == {"fuzz": 102}
    assert told["latency_ms"]["p50"] == 1.0
    assert told["latency_ms"]["p95"] == pytest.approx(1.1**24, abs=0.01)
    assert sum(each["count"] for each in told["latency_ms"]["histogram"]) == 100


def test_a_search_that_found_nothing_claims_no_more() -> None:
    results = fuzz([], sample.conformant())
    results["summary"] = {**results["summary"], "complete": False, "requests": 18_000}
    assert headline(results) == "No promise broken in 18,000 requests"
    assert any("it shows what is broken, never that all is kept" in r for r in remarks(results))
