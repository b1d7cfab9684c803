"""What one answer says of the case it was sent for."""

from __future__ import annotations

import pytest

from conformance.exchanges import Trouble
from conformance.outcome import outcome
from strategies.cases import Expect
from tests.handmade import answer, exchange
from tests.support import CONTRACT

CRASH = "robustness.server_error"


@pytest.mark.parametrize(
    ("expect", "status", "control", "result", "cause"),
    [
        ("open", 500, True, "kept", None),
        ("accept", 199, True, "broken", None),
        ("accept", 200, True, "kept", None),
        ("accept", 299, False, "kept", None),
        ("accept", 300, True, "broken", None),
        ("accept", 499, True, "broken", None),
        ("accept", 500, True, "broken", CRASH),
        ("accept", 400, False, "unknown", None),
        ("refuse", 200, False, "broken", None),
        ("refuse", 299, True, "broken", None),
        ("refuse", 300, True, "kept", None),
        ("refuse", 400, True, "kept", None),
        ("refuse", 400, False, "unknown", None),
        ("refuse", 500, True, "unknown", None),
        ("unauthorized", 200, False, "broken", None),
        ("unauthorized", 401, True, "kept", None),
        ("unauthorized", 401, False, "unknown", None),
        ("unauthorized", 403, True, "broken", None),
        ("unauthorized", 500, True, "broken", CRASH),
    ],
)
def test_a_status_is_held_against_what_the_contract_says(
    expect: Expect, status: int, control: bool, result: str, cause: str | None
) -> None:
    """A refusal counts beside an accepted control only, and a crash decides nothing."""
    found = outcome(CONTRACT, expect, exchange("1", answer(status, {})), control=control)
    assert (found.result, found.cause) == (result, cause)
    assert bool(found.message) == (result != "kept")
    if result == "broken":
        assert str(status) in found.message
        assert found.actual == str(status), "no blank where there is no reason phrase"


@pytest.mark.parametrize(
    ("expect", "status", "expected"),
    [
        ("accept", 400, "accepted, 200"),
        ("refuse", 200, "refused with a 4xx"),
        ("unauthorized", 200, "401"),
        ("unauthorized", 403, "401"),
    ],
)
def test_a_report_says_what_was_expected(expect: Expect, status: int, expected: str) -> None:
    told = outcome(CONTRACT, expect, exchange("1", answer(status, {}, (), "Why")), control=True)
    assert (told.expected, told.actual) == (expected, f"{status} Why")


TROUBLES: list[tuple[Trouble, str]] = [
    ("timeout", "in time"),
    ("connection", "without an answer"),
    ("incomplete", "within the answer"),
    ("throttled", "throttling"),
    ("ours", "could not be sent"),
]


@pytest.mark.parametrize(("trouble", "words"), TROUBLES)
@pytest.mark.parametrize("expect", ["accept", "refuse", "unauthorized"])
def test_no_answer_decides_nothing_and_says_why(
    expect: Expect, trouble: Trouble, words: str
) -> None:
    found = outcome(CONTRACT, expect, exchange(trouble=trouble), control=True)
    assert found.result == "unknown"
    assert words in found.message


@pytest.mark.parametrize(
    ("expect", "status", "result"),
    [("accept", 200, "kept"), ("refuse", 200, "broken"), ("refuse", 400, "kept")],
)
def test_an_answer_that_cannot_be_decoded_has_a_status(
    expect: Expect, status: int, result: str
) -> None:
    coded = exchange("1", answer(status, b""), trouble="unreadable")
    assert outcome(CONTRACT, expect, coded, control=True).result == result


def test_half_an_answer_is_none() -> None:
    half = exchange("1", answer(200, b"{"), trouble="incomplete")
    assert outcome(CONTRACT, "refuse", half, control=True).result == "unknown"
