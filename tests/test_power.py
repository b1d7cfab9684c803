"""The measurement of the suite: what counts as found, named right, accused, and how it is told."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from benchmarks.power import peer
from benchmarks.power.score import (
    FieldRow,
    Heard,
    Measured,
    Row,
    Table,
    complaints,
    differences,
    dumped,
    joined,
    loaded,
    measured,
    spread,
)
from benchmarks.power.table import markdown
from spec.loader import load

GENDER, KEY, DATE, IDENTITY = (
    "request.body.gender.enum",
    "auth.wrong_key",
    "response.200.data.profile_id.format",
    "request.header.identity",
)
ALONE = Measured(1, (GENDER,), (GENDER,), requests=350, seconds=6.0)
FOUND = Row("gender", "leniency", ("request.body.gender.*",), "", ALONE)
CLEAN = Row("extra-members", "freedoms", (), "", Measured(0, requests=300, seconds=5.0))
FIELD = FieldRow("flask", "implementation", (GENDER,), ("auth.*",), False, ALONE)
META: dict[str, Any] = {
    "commands": ["python -m benchmarks.power"], "suite": "1", "schemathesis": "4", "python": "3",
    "date": "2026-11-25", "cores": 2, "jobs": 2, "seed": 1, "phases": "", "suite_workers": 0,
    "skipped": {},
}  # fmt: skip


def said(row: Row, *ids: str) -> Row:
    """The row, had the suite said this."""
    return replace(row, measured=replace(row.measured, findings=ids, failing=ids))


def costing(row: Row, requests: int) -> Row:
    """The row, had the run needed so many requests."""
    return replace(row, measured=replace(row.measured, requests=requests))


def table(*rows: Row | FieldRow) -> Table:
    return Table(
        {**META, "skipped": {}},
        tuple(row for row in rows if isinstance(row, Row)),
        tuple(row for row in rows if isinstance(row, FieldRow)),
    )


def results(*requirements: tuple[str, str, str, Sequence[str | None]]) -> dict[str, Any]:
    """A results.json of requirements, each with level, verdict and the causes of its failures."""
    return {
        "run": {"stopped": None},
        "summary": {"requests": 9, "requests_by_phase": {"preflight": 1, "deterministic": 8}},
        "requirements": [
            {
                "id": key,
                "level": level,
                "verdict": verdict,
                "failures": [{"cause": cause} for cause in causes],
            }
            for key, level, verdict, causes in requirements
        ],
    }


def test_findings_are_unfolded_and_in_the_order_of_the_summary() -> None:
    read = measured(
        results(
            (GENDER, "should", "fail", [None]),
            (KEY, "must", "fail", ["auth.missing"]),
            ("auth.missing", "must", "fail", [None]),
            (DATE, "must", "pass", []),
            (IDENTITY, "must", "inconclusive", []),
        ),
        1,
        6.04,
    )
    assert read.findings == ("auth.missing", GENDER)
    assert read.failing == (GENDER, KEY, "auth.missing")
    assert read.inconclusive == (IDENTITY,)
    assert (read.requests, read.requests_by_phase["deterministic"]) == (9, 8)
    assert (read.exit_code, read.seconds) == (1, 6.0)


def test_a_run_that_ends_at_its_first_request_says_that_a_valid_one_is_refused() -> None:
    content = results((KEY, "must", "untested", []))
    content["summary"]["requests"] = 1
    content["run"]["stopped"] = "the key is refused"
    read = measured(content, 3, 1.0)
    assert (read.findings, read.failing, read.note) == (
        ("response.status",), ("response.status",), "the key is refused",
    )  # fmt: skip
    content["summary"]["requests"] = 2
    assert measured(content, 3, 1.0).failing == ()


@pytest.mark.parametrize(
    ("ids", "found", "named_right", "few", "beside"),
    [
        ([GENDER], True, True, True, ()),
        ([GENDER, KEY, DATE], True, True, True, (KEY, DATE)),
        ([KEY, GENDER], True, False, True, (KEY,)),
        ([GENDER, KEY, DATE, IDENTITY], True, True, False, (KEY, DATE, IDENTITY)),
        ([KEY], False, False, True, (KEY,)),
        ([], False, False, True, ()),
    ],
)
def test_a_fault_is_found_named_and_told_in_few_findings_or_not(
    ids: list[str], found: bool, named_right: bool, few: bool, beside: tuple[str, ...]
) -> None:
    row = said(FOUND, *ids)
    assert (row.found, row.named_right, row.few, row.beside) == (found, named_right, few, beside)
    assert row.nothing_else is not bool(beside)
    assert not row.accused


def test_a_fault_that_is_several_findings_by_nature_may_have_others() -> None:
    row = replace(said(FOUND, GENDER, KEY), several="one per member")
    assert row.nothing_else
    assert complaints(table(row)) == []


def test_a_fault_that_another_finding_explains_is_found_and_not_named_right() -> None:
    row = replace(FOUND, measured=replace(ALONE, findings=(KEY,), failing=(KEY, GENDER)))
    assert row.found
    assert not row.named_right


def test_any_failure_accuses_a_conformant_server_and_an_inconclusive_one_does_not() -> None:
    assert not CLEAN.accused
    assert said(CLEAN, KEY).accused
    assert not replace(CLEAN, measured=replace(CLEAN.measured, inconclusive=(KEY,))).accused


def test_of_the_field_certain_faults_are_missed_and_unknown_ones_are_unlisted() -> None:
    assert (FIELD.missed, FIELD.unlisted) == ((), ())
    other = replace(FIELD, measured=replace(ALONE, failing=(KEY, DATE)))
    assert (other.missed, other.unlisted) == ((GENDER,), (DATE,))


def test_nothing_is_complained_of_when_all_is_found_and_nobody_accused() -> None:
    assert complaints(table(FOUND, CLEAN, FIELD)) == []


@pytest.mark.parametrize(
    ("rows", "complaint"),
    [
        ([said(FOUND, KEY), *[FOUND] * 99], "missed: gender"),
        ([said(CLEAN, KEY)], "accused though conformant: extra-members"),
        ([replace(CLEAN, measured=Measured(3))], "could not be judged: extra-members"),
        ([replace(CLEAN, measured=Measured(None))], "could not be judged: extra-members"),
        ([said(FOUND, KEY, GENDER), *[FOUND] * 9], "named rightly: 9 of 10"),
        ([said(FOUND, GENDER, KEY, DATE, "a", "b")], "in more than 3 findings: gender"),
        ([said(FOUND, GENDER, KEY)], "accused of what they keep, beside their fault: gender"),
        ([costing(CLEAN, 374)], "asked more than 373 times: extra-members"),
        ([replace(FIELD, measured=Measured(0))], "missed in the field: flask"),
        ([replace(FIELD, possible=(), certain=())], "listed nowhere: flask"),
    ],
)
def test_a_measurement_fails_with_the_reason(rows: list[Row | FieldRow], complaint: str) -> None:
    told = complaints(table(*rows))
    assert len(told) == 1
    assert complaint in told[0]


def test_named_rightly_in_nineteen_of_twenty_is_enough() -> None:
    assert complaints(table(said(FOUND, KEY, GENDER), *[FOUND] * 19)) == []


def test_runs_that_disagree_are_told_apart() -> None:
    one = table(FOUND, CLEAN, FIELD)
    assert differences([one, one]) == []
    assert differences([one, table(said(FOUND, GENDER, KEY), CLEAN)]) == [
        f"gender: only sometimes {KEY}"
    ]
    assert differences([one, one, table(said(CLEAN, DATE))]) == [
        f"extra-members: only sometimes {DATE}"
    ]
    assert differences([one, table(replace(FIELD, measured=Measured(0)))])
    at_random = replace(FIELD, random=True)
    assert not differences([table(at_random), table(replace(at_random, measured=Measured(0)))])


def test_rows_survive_json() -> None:
    heard = {"corrected": Heard(True, ("Server error",), 7, 1.5, "a note")}
    whole = table(replace(FOUND, peers=heard), CLEAN, replace(FIELD, peers=heard))
    assert loaded(json.loads(json.dumps(dumped(whole)))) == whole


def test_kept_tables_are_joined_in_order_and_the_last_to_have_a_server_counts() -> None:
    later = said(FOUND, KEY)
    one, two = table(FOUND, FIELD), table(CLEAN, later)
    one.meta["skipped"] = {"gender": "no reason", "prism": "no npm"}
    two = replace(two, meta={**META, "commands": ["another"], "seed": 2})
    whole = joined([one, two], ["extra-members", "gender", "flask"])
    assert whole.rows == (CLEAN, later)
    assert whole.field == (FIELD,)
    assert whole.meta["commands"] == ["python -m benchmarks.power", "another"]
    assert whole.meta["seed"] == 1
    assert whole.meta["skipped"] == {"prism": "no npm"}
    assert "`prism` was not run: no npm." in markdown(whole)
    assert joined([one, two], ["gender"]).rows == (later,), "a server that is gone"


def test_joined_tables_do_not_claim_the_phases_of_the_first() -> None:
    one, two = table(FOUND), replace(table(CLEAN), meta={**META, "phases": "deterministic"})
    order = ["gender", "extra-members"]
    assert "seed 1, all phases," in markdown(joined([one, one], order))
    assert "seed 1, deterministic," in markdown(joined([two, two], order))
    assert "seed 1, the phases that each command names," in markdown(joined([one, two], order))


def test_a_command_of_many_names_is_told_briefly() -> None:
    def head(count: int) -> str:
        names = " ".join(f"name-{number}" for number in range(count))
        line = f"python -m benchmarks.power {names} --phases deterministic"
        return markdown(replace(table(FOUND), meta={**META, "commands": [line]}))

    assert "name-23 --phases deterministic\n" in head(24)
    assert "power name-0 name-1 … (25 servers by name) --phases deterministic\n" in head(25)


def test_what_a_peer_said_stays_where_a_later_table_did_not_ask_it() -> None:
    fails, passes = Heard(True), Heard(False)
    before = table(replace(FOUND, peers={"published": fails, "corrected": fails}), FIELD)
    asked = table(replace(FOUND, peers={"corrected": passes}))
    (row,) = joined([before, table(said(FOUND, KEY)), asked], ["gender"]).rows
    assert row.peers == {"published": fails, "corrected": passes}
    (row,) = joined([before, table(said(FOUND, KEY))], ["gender"]).rows
    assert row.measured.findings == (KEY,)
    assert row.peers == {"published": fails, "corrected": fails}


def test_a_sample_is_spread_over_the_groups_and_stable() -> None:
    groups = {f"{group}-{number}": group for group in "abc" for number in range(5)}
    few = spread(groups, 7)
    assert sorted(groups[name] for name in few) == list("aaabbcc")
    assert few == [name for name in groups if name in few]
    more = spread(groups, 8)
    assert set(few) < set(more)
    assert spread(groups, 99) == list(groups)
    assert spread({}, 3) == []


def test_the_table_counts_by_group_and_lists_exceptions_only() -> None:
    passes, fails = Heard(False), Heard(True, ("Undocumented HTTP status code",))
    rows: list[Row] = [
        replace(FOUND, peers={"published": fails, "corrected": passes}),
        replace(said(FOUND, KEY), name="deaf", peers={"published": fails, "corrected": fails}),
        replace(said(FOUND, *[GENDER] * 3, KEY), name="crowd", several="one per field"),  # no peer
        replace(said(CLEAN, DATE), peers={"published": fails, "corrected": fails}),
    ]
    text = markdown(table(*rows))
    shares = " | ".join(["2 (67%)"] * 4)
    assert f"| leniency | 3 | {shares} | 350 | 6.0 | 2 (100%) of 2 | 1 (50%) of 2 |" in text
    assert "| freedoms | 1 | 1 | 0 | 300 | 5.0 | 1 (100%) | 1 (100%) |" in text
    assert f"- `crowd` has 4; beside the fault: `{KEY}` (by nature: one per field)" in text
    assert f"- `deaf` breaks `request.body.gender.*`; said: `{KEY}`" in text
    assert f"- `extra-members`: `{DATE}`" in text
    assert "- `extra-members`: Undocumented HTTP status code" in text
    assert "`gender`" not in text.replace("request.body.gender", "")
    assert "Not good enough" in text


def test_the_table_lists_what_is_said_beside_a_fault() -> None:
    text = markdown(table(said(FOUND, GENDER, KEY)))
    assert f"- `gender` breaks `request.body.gender.*`; also said: `{KEY}`" in text


def test_a_table_without_exceptions_says_so_and_has_no_column_for_peers_that_did_not_run() -> None:
    text = markdown(table(FOUND, CLEAN, FIELD))
    assert text.endswith("## Exceptions\n\nNone.\n")
    assert "Nothing was missed, and nobody was accused." in text
    assert "| flask | implementation | 1 of 1 | 1 | 1 | 0 | 350 | 6.0 |" in text
    assert "found by Schemathesis" not in text


def test_a_peer_finds_what_it_exits_with_one_for() -> None:
    report = {
        "failures": [{"title": "Server error"}, {"title": "Server error"}],
        "errors": [],
        "test_cases": {"generated": 12},
    }
    assert peer.heard(report, 1, 2.0) == Heard(True, ("Server error",), 12, 2.0)
    assert peer.heard({}, 0, 2.0) == Heard(False, (), 0, 2.0)
    assert peer.heard({}, 2, 2.0) == Heard(False, (), 0, 2.0, "exit code 2")


def test_the_peer_gets_everything_but_the_key_itself() -> None:
    contract = load()
    text = peer.settings(contract, "Jane", 1.0)
    assert 'api_key = "Api-Key ${ADAPTY_API_KEY}"' in text
    assert 'adapty-customer-user-id = "Jane"' in text
    operation = peer.corrected(contract)["paths"][contract.path]["post"]
    assert operation["security"] == [{"apikeyAuth": []}]
    assert operation["parameters"][0]["name"] == "adapty-customer-user-id"
    asked = operation["requestBody"]["content"]["application/json"]["schema"]
    assert key_pattern(asked) == "^[A-Za-z0-9._-]+$"
    told = operation["responses"]["200"]["content"]["application/json"]["schema"]
    assert key_pattern(told["properties"]["data"]) == r"^[\w.\-]*$", "any choice is a right answer"


def key_pattern(schema: dict[str, Any]) -> object:
    """What the keys of the attributes in a schema must match."""
    attributes: dict[str, Any] = schema["properties"]["custom_attributes"]
    return attributes["items"]["properties"]["key"]["pattern"]
