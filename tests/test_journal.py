"""The journal: whatever was exchanged is read back as it was, also after a kill."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.exchanges import (
    CaseRecord,
    Exchange,
    Received,
    Sent,
    dumps,
    from_json,
    record_of,
    to_json,
)
from conformance.journal import Journal, Record, read
from runner.session import Session, new
from runner.settings import Settings
from strategies.cases import Case
from strategies.edits import ABSENT, Edit, Raw
from tests.support import CONTRACT, KEY

anything = st.text(st.characters(exclude_categories=()), max_size=20)
headers = st.lists(st.tuples(anything, anything), max_size=3).map(tuple)
received = st.builds(
    Received, st.integers(0, 999), anything, headers, st.binary(max_size=50), st.booleans()
)
exchanges = st.builds(
    Exchange,
    id=anything, phase=anything, role=st.sampled_from(["control", "probe", "again", "pool"]),
    cases=st.lists(anything, max_size=2).map(tuple),
    request=st.builds(Sent, anything, anything, headers, st.binary(max_size=50)),
    response=st.none() | received,
    trouble=st.sampled_from([None, "timeout", "connection", "unreadable"]),
    sent=st.floats(0, 2**40), received=st.floats(0, 2**40), control=st.none() | anything,
    customer=anything, quotes_credential=st.booleans(), detail=anything,
)  # fmt: skip


def exchange(ident: str, *cases: str, control: str | None = None) -> Exchange:
    return Exchange(
        ident, "test", "probe", cases, Sent("POST", "http://x", (("A", "b"),), b"{}"),
        Received(200, "OK", (), b"{}"), None, 1.0, 2.0, control,
    )  # fmt: skip


def case(ident: str, either: str | None = None) -> CaseRecord:
    return CaseRecord(ident, ("request.json",), "refuse", "words", either=either)


@given(exchanges)
def test_an_exchange_is_read_back_as_it_was(written: Exchange) -> None:
    line = dumps(to_json(written))
    assert line.isascii()
    assert "\n" not in line
    assert from_json(json.loads(line)) == written


@given(st.binary(), st.binary())
def test_bodies_of_any_bytes(request: bytes, response: bytes) -> None:
    written = Exchange(
        "1", "test", "probe", (), Sent("POST", "http://x", (), request),
        Received(200, "OK", (), response), None, 1.0, 2.0,
    )  # fmt: skip
    back = from_json(json.loads(dumps(to_json(written))))
    assert back.request.body == request
    assert back.response is not None
    assert back.response.body == response


def test_everything_that_was_noted_is_read(tmp_path: Path) -> None:
    path = tmp_path / "journal.ndjson"
    journal = Journal(path)
    journal.case(case("a"))
    journal.case(case("a"))
    journal.exchange(exchange("1", "a"))
    journal.note("dead", case="a")
    written = path.read_text("ascii").splitlines()
    assert len(written) == 3, "each line is there as soon as it is noted, a case once"
    journal.close()
    record = read([path])
    assert record == Record({"a": case("a")}, (exchange("1", "a"),), {"dead": [{"case": "a"}]})
    assert (journal.cases, tuple(journal.exchanges)) == (record.cases, record.exchanges)


@pytest.mark.parametrize("control", [None, {"gender": "f"}])
@pytest.mark.parametrize(
    "edit", [Edit(("gender",), "x"), Edit(("gender",), ABSENT), Edit(("age",), Raw("1e400"))]
)
def test_a_case_is_read_back_as_it_was(tmp_path: Path, edit: Edit, control: object) -> None:
    planned = Case("a", ("request.json",), "refuse", "json", "words", (edit,), together=12)
    path = tmp_path / "journal.ndjson"
    journal = Journal(path)
    journal.case(record_of(planned, control or {}))
    journal.close()
    assert read([path]).cases == journal.cases
    assert read([path]).cases["a"].together == 12


@pytest.mark.parametrize("cut", [1, 2, 20, 100])
def test_a_torn_last_line_is_passed_over(cut: int, tmp_path: Path) -> None:
    path = tmp_path / "journal.ndjson"
    journal = Journal(path)
    for ident in ("1", "2", "3"):
        journal.exchange(exchange(ident))
    journal.close()
    path.write_bytes(path.read_bytes()[:-cut])
    kept = ("1", "2", "3") if cut == 1 else ("1", "2")
    assert tuple(each.id for each in read([path]).exchanges) == kept


def test_the_files_of_several_workers_are_joined(tmp_path: Path) -> None:
    """Also after one of them was killed within a line."""
    shared = new(Settings(report_dir=str(tmp_path / "report")), "http://127.0.0.1:9")
    session = Session(Settings(), CONTRACT, shared, KEY)
    session.journal.exchange(exchange("1"))
    for worker in ("gw0", "gw1", "gw2"):
        journal = Journal(session.directory / f"journal-{worker}.ndjson")
        journal.case(case(worker))
        journal.exchange(exchange(f"{worker}-1", worker))
        journal.exchange(exchange(f"{worker}-2", worker))
        journal.close()
    torn = session.directory / "journal-gw1.ndjson"
    torn.write_bytes(torn.read_bytes()[:-50])
    session.finish()
    record = read([session.directory / "journal.ndjson"])
    assert [each.id for each in record.exchanges] == [
        "1", "gw0-1", "gw0-2", "gw1-1", "gw2-1", "gw2-2",
    ]  # fmt: skip
    assert set(record.cases) == {"gw0", "gw1", "gw2"}
    assert list(session.directory.glob("journal-*")) == []


def test_an_exchange_in_two_files_is_read_once(tmp_path: Path) -> None:
    for name in ("a", "b"):
        journal = Journal(tmp_path / name)
        journal.exchange(exchange("1"))
        journal.close()
    assert len(read([tmp_path / "a", tmp_path / "b"]).exchanges) == 1


def test_about_a_case(tmp_path: Path) -> None:
    """What was sent for it, for those that stand for it, and the controls of these."""
    journal = Journal(tmp_path / "journal.ndjson")
    for ident, group in (("a", "g"), ("b", "g"), ("c", None), ("d", "h")):
        journal.case(case(ident, group))
    journal.exchange(exchange("control"))
    journal.exchange(exchange("another control"))
    journal.exchange(exchange("1", "a", control="control"))
    journal.exchange(exchange("2", "b", control="nowhere"))
    journal.exchange(exchange("3", "c", control="another control"))
    journal.exchange(exchange("4", "d", "a", control="control"))
    journal.note("dead", case="c")
    journal.close()
    about = journal.about("a")
    assert list(about.cases) == ["a", "b"]
    assert {each.id for each in about.exchanges} == {"control", "1", "2", "4"}
    assert about.exchanges[0].id == "control"
    assert about.notes == {"dead": [{"case": "c"}]}
    assert {each.id for each in journal.about("c").exchanges} == {"another control", "3"}
    unknown = journal.about("nothing")
    assert (unknown.cases, unknown.exchanges) == ({}, ())


def test_what_is_in_memory_is_there_once(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.ndjson")
    journal.exchange(exchange("1"))
    journal.close()
    other = Journal(tmp_path / "journal-gw0.ndjson")
    other.exchange(exchange("gw0-1"))
    other.close()
    found = read([journal.path, other.path], journal.by_id).exchanges
    assert found == (exchange("1"), exchange("gw0-1"))
    assert found[0] is journal.exchanges[0]
