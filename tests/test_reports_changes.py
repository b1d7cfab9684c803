"""What changed from one run to another, and what makes the two hard to compare."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from typing import Any

import pytest

from reports.changes import Change, Changes, changes, groups, headline, reasons, rooted, seen, turn
from tests import reports_sample as sample

KEY = "request.body.gender.enum"
GROUPS = (
    "broken", "fixed", "excused", "lost", "gained", "added", "removed", "other", "still",
)  # fmt: skip


def with_verdict(results: sample.Results, key: str, verdict: str | None) -> sample.Results:
    """`results` with another verdict on the promise `key`, or without it."""
    item = sample.requirement(results, key)
    if verdict is None:
        results["requirements"].remove(item)
        return sample.counted(results)
    item.update(verdict=verdict, failures=[], reason=None, known=None)
    if verdict in ("fail", "known"):
        item["failures"] = [sample.failure("a/case", "So.", sample.exchange(1, "{}"))]
    if verdict == "known":
        item["known"] = {"reason": "Agreed.", "until": None}
    if verdict in ("inconclusive", "untested"):
        item["reason"] = f"It was {verdict}."
    return sample.counted(results)


def between(before: str | None, after: str | None) -> Changes:
    return changes(
        with_verdict(sample.conformant(), KEY, before),
        with_verdict(sample.conformant(), KEY, after),
    )


# Before in the rows, after in the columns, in this order.
VERDICTS = ("pass", "fail", "known", "inconclusive", "untested", None)
PLACES = {
    "pass": ("", "broken", "other", "lost", "lost", "removed"),
    "fail": ("fixed", "still", "excused", "lost", "lost", "removed"),
    "known": ("other", "broken", "", "lost", "lost", "removed"),
    "inconclusive": ("gained", "broken", "other", "", "other", "removed"),
    "untested": ("gained", "broken", "other", "other", "", "removed"),
    None: ("added", "broken added", "added", "added", "added", ""),
}
PAIRS = [
    (before, after, place)
    for before, row in PLACES.items()
    for after, place in zip(VERDICTS, row, strict=True)
]


@pytest.mark.parametrize(("before", "after", "place"), PAIRS)
def test_every_pair_of_verdicts_has_its_place(
    before: str | None, after: str | None, place: str
) -> None:
    found = between(before, after)
    assert [name for name in GROUPS if getattr(found, name)] == place.split()
    for name in place.split():
        (entry,) = getattr(found, name)
        assert (entry.id, entry.before, entry.after) == (KEY, before, after)
        assert (entry.level, entry.statement) == ("must", "gender is one of f, m, o.")
        assert entry.part == sample.CONTRACT.requirements[KEY].part
    told = {"", "still"}
    assert [len(group) for _, group in groups(found)] == ([] if place in told else [1])


def test_the_groups_are_all_that_changes_hold() -> None:
    assert {each.name for each in fields(Changes)} == {*GROUPS, "choices", "caveats"}


def test_an_entry_tells_what_shows_it() -> None:
    (entry,) = between("pass", "fail").broken
    assert entry.failure is not None
    assert entry.failure["case"] == "a/case"
    assert entry.reason is None
    (lost,) = between("fail", "untested").lost
    assert (lost.failure, lost.reason) == (None, "It was untested.")
    (removed,) = between("untested", None).removed
    assert (removed.failure, removed.reason) == (None, None)


def test_what_it_says_is_the_later_contract() -> None:
    old, new = sample.conformant(), with_verdict(sample.conformant(), KEY, "fail")
    sample.requirement(old, KEY).update(statement="Once.", level="should", part="Elsewhere")
    (entry,) = changes(old, new).broken
    assert (entry.statement, entry.level) == ("gender is one of f, m, o.", "must")
    (entry,) = changes(new, old).fixed
    assert (entry.statement, entry.level, entry.part) == ("Once.", "should", "Elsewhere")


def test_newly_broken_are_worst_first_and_the_explained_last() -> None:
    found = changes(sample.conformant(seeded=False), sample.folded())
    assert [(each.id, each.cause) for each in found.broken] == [
        ("request.body.gender.enum", None),
        ("auth.wrong_key", None),
        ("robustness.server_error", None),
        ("robustness.connection", None),
        ("echo.custom_attributes", None),
        ("request.body.birthday.format", "robustness.server_error"),
        ("rejection.status", "robustness.server_error"),
    ]
    assert [(root.id, [each.id for each in rest]) for root, rest in rooted(found)] == [
        ("request.body.gender.enum", []),
        ("auth.wrong_key", []),
        ("robustness.server_error", ["request.body.birthday.format", "rejection.status"]),
        ("robustness.connection", []),
        ("echo.custom_attributes", []),
    ]


def test_what_follows_from_an_old_fault_stands_by_itself() -> None:
    old = sample.folded()
    for key in ("request.body.birthday.format", "rejection.status"):
        with_verdict(old, key, "pass")
    found = changes(old, sample.folded())
    assert [(root.id, rest) for root, rest in rooted(found)] == [
        ("request.body.birthday.format", ()),
        ("rejection.status", ()),
    ]


def test_a_promise_shows_its_own_failure_first() -> None:
    new = sample.folded()
    own = sample.failure("a/case", "So.", sample.exchange(1, "{}"))
    sample.requirement(new, "rejection.status")["failures"].append(own)
    found = {each.id: each for each in changes(sample.conformant(), new).broken}
    assert (found["rejection.status"].failure or {})["case"] == "a/case"
    only_followed = found["request.body.birthday.format"].failure or {}
    assert only_followed["case"] == "request-body/birthday-no-such-day"


def test_the_headline() -> None:
    good, bad = sample.conformant(), sample.three_findings()
    assert headline(changes(good, good)) == "Nothing changed"
    assert headline(changes(bad, bad)) == "Nothing changed"
    assert headline(changes(good, bad)) == "3 newly broken, 69 no longer verified"
    assert headline(changes(bad, good)) == "Nothing newly broken, 3 fixed, 69 newly verified"
    assert headline(between("fail", "known")) == "Nothing newly broken, 1 now a known deviation"
    assert headline(between("known", "pass")) == "Nothing newly broken, 1 otherwise changed"
    assert headline(between(None, "fail")) == "1 newly broken"
    assert headline(between(None, "pass")) == "Nothing newly broken, 1 not there before"
    assert headline(between("fail", None)) == "Nothing newly broken, 1 not there any more"
    other = sample.conformant()
    other["choices"][1]["observed"] = "Accepts it."
    assert headline(changes(good, other)) == "Nothing newly broken, 1 choice changed"


def test_what_stays_broken_is_no_change() -> None:
    found = changes(sample.three_findings(), sample.three_findings())
    assert {each.id for each in found.still} == {
        "auth.wrong_key", "request.body.gender.enum", "echo.custom_attributes",
    }  # fmt: skip
    assert groups(found) == []


def test_the_verdicts_in_words() -> None:
    assert turn(between("pass", "fail").broken[0]) == "kept → broken"
    assert turn(between(None, "known").added[0]) == "not there → known deviation"


def test_why_nothing_is_known() -> None:
    lost = [Change("a", "", "must", "", "pass", "untested", each) for each in ("x", "y", "y", None)]
    assert reasons(lost) == [("y", 2), ("x", 1), ("no reason was recorded", 1)]


def edited(**sections: dict[str, Any]) -> sample.Results:
    results = sample.conformant()
    for name, content in sections.items():
        results[name].update(content)
    return results


@pytest.mark.parametrize(
    ("old", "new", "caveats"),
    [
        ({}, {}, []),
        ({"run": {"id": "other", "seconds": 9.0, "started": "later", "exit_code": 1}}, {}, []),
        ({}, {"target": {"url": "http://b"}},
         ["Another target: http://127.0.0.1:4010 before, http://b now."]),
        ({}, {"contract": {"sha256": "f" * 64, "version": "1.1.0"}},
         ["Another edition of the contract: Adapty server-side API 1.0.0 before, "
          "Adapty server-side API 1.1.0 now."]),
        ({}, {"contract": {"sha256": "f" * 64}},
         ["Another document of the contract, though both say Adapty server-side API 1.0.0."]),
        ({}, {"suite": {"version": "0.2.0"}},
         ["Another version of the suite: 0.1.0 before, 0.2.0 now."]),
        ({"run": {"gate": "must"}}, {}, ["Another gate: must before, should now."]),
        ({"run": {"seed": 8}}, {}, []),
        ({"run": {"seed": 8, "cases_sha256": "1"}}, {},
         ["Other cases: the seed was 8, and is 7 now."]),
        ({"run": {"cases_sha256": "1"}}, {}, ["Other cases, though the seed is the same."]),
        ({"run": {"cases_sha256": "1"}}, {"suite": {"version": "2"}},
         ["Another version of the suite: 0.1.0 before, 2 now."]),
        ({"run": {"cases_sha256": "1"}}, {"summary": {"complete": False}},
         ["This run was not complete."]),
        ({"run": {"cases_sha256": "1"}, "summary": {"complete": False}}, {},
         ["The run before was not complete."]),
        ({"summary": {"complete": False}, "run": {"stopped": "The target went away."}}, {},
         ["The run before was not complete: the target went away."]),
        ({"summary": {"complete": False}, "run": {"stopped": "The target went away."}},
         {"summary": {"complete": False}},
         ["The run before was not complete: the target went away.", "This run was not complete."]),
        ({"summary": {"complete": False}}, {"summary": {"complete": False}},
         ["Neither run was complete."]),
        ({"run": {"stopped": "Only told."}}, {}, []),
    ],
)  # fmt: skip
def test_what_makes_two_runs_hard_to_compare(
    old: dict[str, Any], new: dict[str, Any], caveats: list[str]
) -> None:
    assert list(changes(edited(**old), edited(**new)).caveats) == caveats


def test_choices_that_changed() -> None:
    old, new = sample.conformant(), sample.conformant()
    old["choices"][0]["observed"] = None
    new["choices"][1]["observed"] = "Accepts it."
    gone = old["choices"][2]
    new["choices"].remove(new["choices"][2])
    found = changes(old, new).choices
    assert [(each.before, each.after) for each in found] == [
        (None, "Refuses with 422."),
        ("Refuses null with 422.", "Accepts it."),
        ("Of two equal keys the last wins.", None),
    ]
    assert [each.id for each in found] == [
        old["choices"][0]["id"], old["choices"][1]["id"], gone["id"],
    ]  # fmt: skip
    assert found[0].statement == old["choices"][0]["statement"]
    assert seen(found[0]) == ("not seen", "refuses with 422")


def test_long_choices_are_told_from_where_they_part() -> None:
    old, new = sample.conformant(), sample.conformant()
    start = "accepted with 200 (" + "a member is null, " * 5
    old["choices"][0]["observed"] = f"{start}the last)"
    new["choices"][0]["observed"] = f"{start}the first)"
    (found,) = changes(old, new).choices
    assert seen(found) == ("… last)", "… first)")
    old["choices"][0]["observed"] = f"{start}the first) and more"
    (found,) = changes(old, new).choices
    assert seen(found) == ("… first) and more", "… first)")


SWAPS: list[Callable[[], sample.Results]] = list(sample.SAMPLES.values())


@pytest.mark.parametrize("other", SWAPS, ids=sample.SAMPLES)
def test_two_runs_of_any_kind_can_be_compared(
    results: sample.Results, other: Callable[[], sample.Results]
) -> None:
    found = changes(results, other())
    broken = {i["id"] for i in other()["requirements"] if i["verdict"] == "fail"} - {
        i["id"] for i in results["requirements"] if i["verdict"] == "fail"
    }
    assert {each.id for each in found.broken} == broken
    assert sum(1 + len(rest) for _, rest in rooted(found)) == len(broken)
    told = [each.id for _, group in groups(found) for each in group]
    assert len(told) == len(set(told))
