"""`run --shard I/N`: every case in one shard, those that need each other in the same one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from reports.remarks import remarks
from reports.words import headline
from runner.planned import GENERATED, Planned, planned
from runner.session import Session, new
from runner.settings import Settings, UsageError, checked
from strategies.cases import Case
from strategies.plan import deterministic
from strategies.splitting import split, tied
from tests.running import Run, run_at
from tests.support import CONTRACT, KEY, mock

PLAN = deterministic(CONTRACT, "jane")
IDENTITY = "request.header.identity"
CUSTOMER = "request.header.adapty-customer-user-id.type"
SAME = "request.same_customer"


def shards(of: int, **settings: object) -> list[Planned]:
    """What each shard of so many plans."""
    told: list[Any] = [{"shard": f"{n}/{of}", **settings} for n in range(1, of + 1)]
    with patch("strategies.plan.deterministic", return_value=PLAN):  # which takes its time
        return [planned(CONTRACT, Settings(**each)) for each in told]


def chapters(plan: Planned) -> list[str]:
    """The ids of the deterministic cases of a shard, by its chapters."""
    names = dict.fromkeys(case.chapter for case in PLAN.cases)
    return [case.id for name in names for case in plan.chapter(name)]


@pytest.mark.parametrize("of", range(1, 8))
def test_every_case_is_in_one_shard(of: int) -> None:
    plans = shards(of)
    assert sorted(key for plan in plans for key in chapters(plan)) == sorted(
        case.id for case in PLAN.cases
    )
    for phase, count in GENERATED.items():
        assert sorted(n for plan in plans for n in plan.numbers(phase)) == list(range(count))


@pytest.mark.parametrize("of", range(2, 8))
@pytest.mark.parametrize(
    "together",
    [
        (f"{IDENTITY}/returned-profile-id-alone", f"{IDENTITY}/fresh-profile-id-alone"),
        ("request.body.gender.enum/padded", "request.body.store.enum/member-stripe"),
        (f"{IDENTITY}/no-identity", "request.header.adapty-platform.type/iOS"),
        ("response.status/after-request.json-half", "request.json/half"),
        (f"{CUSTOMER}/letters-of-both-cases", f"{CUSTOMER}/letters-of-the-other-cases",
         f"{CUSTOMER}/long", f"{CUSTOMER}/long-with-another-end"),
        (f"{CUSTOMER}/digits", f"{CUSTOMER}/digits-after-zeros", f"{CUSTOMER}/many-digits"),
        ("robustness/body-is-not-gzip", "robustness/5000-nested-arrays-as-installation_meta",
         f"{SAME}/at-the-end"),
    ],
)  # fmt: skip
def test_cases_that_need_each_other_are_in_one_shard(together: Sequence[str], of: int) -> None:
    there = [set(together) & set(chapters(plan)) for plan in shards(of)]
    assert [each for each in there if each] == [set(together)]


def test_what_stands_beside_or_comes_after_others_is_in_their_shard() -> None:
    for plan in shards(5):
        here = set(chapters(plan))
        cases = [case for case in PLAN.cases if case.id in here]
        assert {each.id for case in cases for each in (*case.beside, *case.after)} <= here


def test_nothing_is_tied_without_need() -> None:
    alone = Case("a/b", ("a",), "refuse", "headers", "a")
    again = Case("a/c", ("a",), "refuse", "headers", "a", headers=(("X", ("{customer}",)),))
    assert [[each.id for each in group] for group in tied([alone, again])] == [["a/b"], ["a/c"]]


@pytest.mark.parametrize("of", [2, 3, 5])
def test_shards_take_about_as_many_requests(of: int) -> None:
    cases = {case.id: case for case in PLAN.cases}
    sizes = [
        sum(cases[key].together for key in chapters(plan) if not cases[key].poolable)
        + sum(len(plan.numbers(phase)) for phase in GENERATED)
        for plan in shards(of)
    ]
    assert max(sizes) - min(sizes) <= 0.1 * max(sizes), sizes


def test_the_order_of_the_shards_does_not_change_with_how_they_are_sent() -> None:
    for plain, other in zip(
        shards(3), shards(3, workers=2, concurrency=1, rate="9/s"), strict=True
    ):
        assert chapters(plain) == chapters(other)
        assert plain.share == other.share


def test_what_comes_last_is_in_the_last_shard() -> None:
    assert [bool(plan.chapter("last")) for plan in shards(3)] == [False, False, True]
    assert [plan.ends for plan in shards(3)] == [False, False, True]
    assert planned(CONTRACT, Settings()).ends


def test_only_what_is_selected_is_split() -> None:
    counts = [len(chapters(plan)) for plan in shards(3, only=("request.body.gender.*",))]
    assert min(counts) > 0
    (whole,) = shards(1, only=("request.body.gender.*",))
    assert sum(counts) == len(chapters(whole))


def test_more_shards_than_cases_leave_some_empty() -> None:
    found = split(PLAN.cases[:2], ["hypothesis 0"], 5)
    assert sorted(map(len, found)) == [0, 0, 1, 1, 1]


@pytest.mark.parametrize(
    "text", ["0/3", "4/3", "2", "a/b", "1/0", "-1/3", "1/3/3", " 1/3", "1/9999"]
)
def test_a_wrong_shard_is_refused(text: str) -> None:
    with pytest.raises(UsageError) as error:
        checked(Settings(shard=text))
    assert str(error.value) == (
        f"--shard is {text!r}; it takes I/N such as 2/3, with I from 1 to N and N up to 999"
    )


def test_a_shard_is_told_as_numbers() -> None:
    assert checked(Settings()).part is None
    assert checked(Settings(shard="3/12")).part == (3, 12)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[Run]:
    """The run of all cases, and those of two shards, against one conformant target."""
    folder = tmp_path_factory.mktemp("runs")
    with mock() as url:
        return [
            run_at(url, folder / str(number), shard=shard)
            for number, shard in enumerate(("", "1/2", "2/2"))
        ]


def test_each_shard_plans_the_same_cases(runs: list[Run]) -> None:
    digests = [each.content["run"]["cases_sha256"] for each in runs]
    assert digests == [digests[0]] * 3
    assert [each.content["run"].get("shard") for each in runs] == [None, "1/2", "2/2"]


def test_no_shard_claims_conformance(runs: list[Run]) -> None:
    for number in (1, 2):
        content = runs[number].content
        assert content["summary"]["complete"] is False
        assert content["summary"]["conformant"] is False
        assert content["run"]["exit_code"] == 0
        assert headline(content) == "Passed what was run"
        assert remarks(content) == [
            f"This is shard {number} of 2; adapty-conformance merge joins the reports of all."
        ]


def test_what_is_in_another_shard_is_untested(runs: list[Run]) -> None:
    _, first, second = runs
    for each in CONTRACT.requirements:
        verdicts = {first[each]["verdict"], second[each]["verdict"]}
        assert verdicts <= {"pass", "untested"}, each
    reasons = [
        {i["reason"] for i in run.content["requirements"] if i["verdict"] == "untested"}
        for run in (first, second)
    ]
    elsewhere = "cases of it are in another shard"
    assert reasons[0] | reasons[1] == {
        elsewhere, "nothing showed it in this shard, another may"
    }  # fmt: skip
    here = [f"{IDENTITY}/no-identity" in each.session.journal.cases for each in (first, second)]
    told = [each[IDENTITY]["reason"] for each in (first, second)]
    assert sorted(here) == [False, True]
    assert told[here.index(False)] == elsewhere


def test_the_deselected_stay_deselected_in_a_shard(tmp_path: Path) -> None:
    with mock() as url:
        shard = run_at(url, tmp_path, "auth.missing", shard="1/2")
    assert shard["auth.scheme"]["reason"] == "deselected: --only does not name it"
    told = remarks(shard.content)
    assert told[0].startswith("Not everything was sent: ")
    assert told[1].startswith("This is shard 1 of 2; ")


def test_a_shard_without_generated_cases_tells_their_digest_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []
    monkeypatch.setattr(Session, "generated", lambda _, phase: made.append(phase))
    with mock() as url:
        settings = Settings(
            target=url, shard="300/300", report_dir=str(tmp_path), only=("auth.missing",),
            phases="deterministic,hypothesis",
        )  # fmt: skip
        session = Session(settings, CONTRACT, new(settings, url), KEY)
        session.preflight()
        session.last()
        session.finish()
    assert session.planned.numbers("hypothesis") == []
    assert made == ["hypothesis"]
