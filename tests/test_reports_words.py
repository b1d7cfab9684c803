"""The answer in words, and which finding is told before which."""

from __future__ import annotations

import pytest

from reports import words
from reports.remarks import remarks
from reports.text import capital
from runner.settings import Settings, selected
from tests import reports_sample as sample


def _with(
    *verdicts: tuple[str, str], complete: bool = True, gate: str = "should"
) -> sample.Results:
    """A result whose first requirements are (level, verdict), the rest kept."""
    results = sample.conformant()
    for item, (level, verdict) in zip(results["requirements"], verdicts, strict=False):
        item.update(level=level, verdict=verdict, reason="Because.")
        if verdict == "known":
            item["known"] = {"reason": "Agreed.", "until": None}
        if verdict in ("fail", "known"):
            item["failures"] = [sample.failure("a/case", "So.", sample.exchange(1, "{}"))]
    results["summary"]["complete"] = complete
    results["run"]["gate"] = gate
    return sample.counted(results)


def _all(verdict: str) -> sample.Results:
    return _with(*[("must", verdict)] * len(sample.conformant()["requirements"]))


TOTAL = sample.TOTAL


MUST, SHOULD = ("must", "fail"), ("should", "fail")


@pytest.mark.parametrize(
    ("made", "headline", "mood"),
    [
        (_with(), "Conformant", "pass"),
        (_with(("must", "untested")), "Conformant", "pass"),
        (_with(("must", "known")), "Conformant, apart from 1 known deviation", "pass"),
        (_with(*[("must", "known")] * 2), "Conformant, apart from 2 known deviations", "pass"),
        (_with(complete=False), "Passed what was run", "pass"),
        (_with(("must", "known"), complete=False), "Passed what was run", "pass"),
        (_with(MUST), f"Breaks 1 of {TOTAL} promises, a must", "fail"),
        (_with(SHOULD), f"Breaks 1 of {TOTAL} promises, a should", "fail"),
        (_with(MUST, MUST, SHOULD), f"Breaks 3 of {TOTAL} promises, 2 of them a must", "fail"),
        (_with(MUST, MUST), f"Breaks 2 of {TOTAL} promises, all of them a must", "fail"),
        (_with(SHOULD, SHOULD), f"Breaks 2 of {TOTAL} promises, none of them a must", "fail"),
        (_with(MUST, ("must", "inconclusive"), complete=False),
         f"Breaks 1 of {TOTAL} promises, a must", "fail"),
        (_all("fail"), f"Breaks all {TOTAL} promises, all of them a must", "fail"),
        (_with(("must", "inconclusive")),
         f"No promise broken, but 1 of {TOTAL} could not be judged", "inconclusive"),
        (_all("inconclusive"), "Could not be judged", "inconclusive"),
        (_all("untested"), "Could not be judged", "inconclusive"),
        (sample.stopped(), "Could not be judged", "inconclusive"),
        (sample.nobody(), "Could not be judged", "inconclusive"),
    ],
)  # fmt: skip
def test_headline(made: sample.Results, headline: str, mood: str) -> None:
    assert words.headline(made) == headline
    assert words.mood(made) == mood


def test_nothing_selected_is_no_pass() -> None:
    results = sample.nobody()
    results["run"]["stopped"] = None
    assert words.headline(results) == "Nothing was run"


def test_remarks() -> None:
    assert remarks(_with()) == []
    assert remarks(_with(complete=False)) == ["Not everything that was planned was sent."]
    assert remarks(_with(SHOULD, gate="must")) == ["The gate asks only for musts, so it passed."]
    assert remarks(_with(MUST, gate="must")) == []
    assert remarks(_with(("must", "untested"))) == ["1 promise could not be observed."]
    assert remarks(sample.nobody()) == ["Nobody listens at http://127.0.0.1:4010."]


def test_musts_come_before_shoulds_and_what_is_explained_is_folded() -> None:
    found = words.findings(sample.folded())
    assert [each.requirement["id"] for each in found] == [
        "request.body.gender.enum",
        "auth.wrong_key",
        "robustness.server_error",
        "robustness.connection",
        "echo.custom_attributes",
    ]
    cause = next(e for e in found if e.requirement["id"] == "robustness.server_error")
    assert {item["id"] for item in cause.explained} == {
        "request.body.birthday.format",
        "rejection.status",
    }
    told = [item["id"] for each in found for item in [each.requirement, *each.explained]]
    assert sorted(told) == sorted(i["id"] for i in words.with_verdict(sample.folded(), "fail"))


def _caused(causes: dict[str, list[str | None]]) -> list[words.Finding]:
    results = sample.conformant()
    for key, each in causes.items():
        made = [sample.failure("a", "So.", cause=cause) for cause in each]
        sample.broken(results, key, *made)
    return words.findings(results)


A, B, C = "request.body.required", "request.body.type", "request.body.first_name.optional"


@pytest.mark.parametrize(
    ("causes", "expected"),
    [
        ({A: [None], B: [A]}, {A: 1}),
        ({A: [None], B: [A], C: [B]}, {A: 2}),
        ({A: [None], B: [A, None]}, {A: 0, B: 0}),
        ({A: [B], B: [A]}, {A: 0, B: 0}),
        ({A: [A], B: ["no.such"]}, {A: 0, B: 0}),
        ({A: [None], B: [None], C: [A, B]}, {A: 1, B: 0}),
    ],
)
def test_no_broken_promise_is_lost_in_folding(
    causes: dict[str, list[str | None]], expected: dict[str, int]
) -> None:
    found = _caused(causes)
    assert {each.requirement["id"]: len(each.explained) for each in found} == expected
    assert all(each.failures for each in found)


def test_what_is_not_verified_is_grouped_by_reason() -> None:
    groups = words.unverified(sample.folded())
    assert [(each.verdict, each.size) for each in groups] == [("inconclusive", 2), ("untested", 69)]


def test_a_target_that_answers_everything_alike_is_told_so() -> None:
    results = sample.three_findings()
    told = "All 20 requests, valid or not, ended alike: 200."
    for statuses, expected in (
        ({"200": 20}, True), ({"200": 19}, False), ({"200": 19, "401": 1}, False), ({}, False),
    ):  # fmt: skip
        results["summary"]["statuses"] = statuses
        assert (told in remarks(results)) is expected


def test_what_the_operator_left_out_is_counted() -> None:
    results = sample.conformant()
    results["summary"]["complete"] = False
    assert remarks(results) == ["Not everything that was planned was sent."]
    ids = [item["id"] for item in results["requirements"]]
    for key, reason in selected(ids, Settings(only=("auth.*", "echo.*"), skip=("echo.*",))).items():
        sample.requirement(results, key).update(verdict="untested", reason=reason)
    left_out = len(ids) - sum(key.startswith("auth.") for key in ids)
    assert remarks(results) == [f"Not everything was sent: {left_out} promises were deselected."]


def test_what_a_run_that_was_cut_did_not_see_is_no_less_observable() -> None:
    results = sample.conformant(seeded=False)
    assert words.observable(results) == sample.TOTAL - 69
    results["summary"]["complete"] = False
    assert words.observable(results) == sample.TOTAL


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("refused with a 4xx", "Refused with a 4xx"), ("None.", "None."), ("", ""),
        ("accepted, and so on", "Accepted, and so on"), ("first_name is", "first_name is"),
        ("http://a is", "http://a is"), ("200 OK", "200 OK"), ("a-b c", "a-b c"),
    ],
)  # fmt: skip
def test_a_line_begins_with_a_capital_unless_a_name_does(text: str, shown: str) -> None:
    assert capital(text) == shown
