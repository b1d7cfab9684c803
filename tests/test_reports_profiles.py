"""profiles.csv: no profile that may have been made is missing from it."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pytest

from conformance.exchanges import Exchange
from conformance.journal import Journal, unkept
from conformance.sieve import Sieve
from reports.profiles import write_profiles
from strategies.cases import Case
from tests.handmade import CUSTOMER, answer, exchange, profile, record, refused, request, taken
from tests.support import CONTRACT

MADE = profile()["data"]["profile_id"]
ENDS: dict[str, tuple[Exchange, list[str]]] = {
    "taken": (taken("1"), [MADE, "yes"]),
    "taken, but not to be decoded": (
        exchange(response=answer(200, b"\x1f"), trouble="unreadable"), ["", "yes"],
    ),
    "a gateway that gave up": (refused("1", 504), ["", "unknown"]),
    "a crash, after which nobody knows": (refused("1", 500), ["", "unknown"]),
    "a crash that is not to be decoded": (
        exchange(response=answer(502, b"\x1f"), trouble="unreadable"), ["", "unknown"],
    ),
    "cut": (exchange(response=answer(200, b""), trouble="incomplete"), ["", "unknown"]),
    "no answer in time": (exchange(trouble="timeout"), ["", "unknown"]),
    "dropped": (exchange(trouble="connection"), ["", "unknown"]),
    "refused": (refused("1", 422), []),
    "throttled": (refused("1", 503, trouble="throttled"), []),
    "not sent": (exchange(trouble="ours"), []),
}  # fmt: skip


def rows(file: io.StringIO) -> list[list[str]]:
    head, *found = csv.reader(io.StringIO(file.getvalue()))
    assert head == ["customer_user_id", "profile_id", "first", "made"]
    return [[customer, made_id, made] for customer, made_id, _, made in found]


@pytest.mark.parametrize("end", ENDS)
def test_who_may_have_been_made_is_listed(end: str) -> None:
    ended, told = ENDS[end]
    file = io.StringIO()
    write_profiles(record([ended]), [], file)
    assert rows(file) == ([["jane", *told]] if told else [])


@pytest.mark.parametrize("end", ENDS)
def test_so_is_what_a_fuzz_only_counts(end: str, tmp_path: Path) -> None:
    ended, told = ENDS[end]
    journal = Journal(tmp_path / "journal.ndjson")
    Sieve(CONTRACT, journal, 0.0).count(Case("x", (), "accept", "generated", "x"), ended)
    journal.close()
    file = io.StringIO()
    write_profiles(record([]), unkept([journal.path]), file)
    assert rows(file) == ([["jane", *told]] if told else [])


def test_the_notes_of_an_earlier_version_are_read() -> None:
    note: dict[str, Any] = {"id": "1", "customer": "jane", "profile": MADE, "at": 1.0}
    file = io.StringIO()
    write_profiles(record([]), [note], file)
    assert rows(file) == [["jane", MADE, "yes"]]


def test_a_customer_stands_there_once() -> None:
    file = io.StringIO()
    again = [refused("1", 504), refused("2", 504), taken("3", sent=request(customer=None))]
    write_profiles(record([taken("0"), *again]), [], file)
    assert rows(file) == [["jane", MADE, "yes"], ["jane", "", "unknown"]]
    assert CUSTOMER in dict(request().headers)
