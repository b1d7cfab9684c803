"""The summary in a terminal or a log."""

from __future__ import annotations

import io
import re
from typing import Any

from rich.console import Console

from reports.terminal import summary
from reports.text import plain
from tests import reports_sample as sample


def _summary(results: sample.Results, **options: Any) -> str:
    stream = io.StringIO()
    console = Console(file=stream, **{"width": 120, "force_terminal": False, **options})
    summary(results, console, report="conformance-report/index.html")
    return stream.getvalue()


def test_the_summary_of_a_run_that_finds_something() -> None:
    assert _summary(sample.three_findings()) == EXPECTED


TOTAL = sample.TOTAL
EXPECTED = f"""\
Breaks 3 of {TOTAL} promises, 2 of them a must
{TOTAL - 72} kept · 3 broken · 69 not verified

must    request.body.gender.enum  gender is one of f, m, o.
        gender "f" → "F"  →  200 OK; expected: a refusal: any 4xx (2 of 2 tries)
        #/components/schemas/ProfileRequest/properties/gender/enum (line 156)
must    auth.wrong_key            Any other key than the secret one, however near, is answered with 401.
        Authorization: Api-Key <the key> → one letter less  →  200 OK; expected: 401 with an ErrorResponse
        “API requests must be authenticated by your secret API key as the Authorization header with the valu…” (line 587)
should  echo.custom_attributes    The custom attributes that were set come back, with the same values and JSON types.
        custom_attributes is empty; expected: custom_attributes holds favourite_sport = "yoga" (8 of 8 tries)
        “Allows setting up to 30 custom attributes for the profile” (line 219)

Not verified: 69 promises: {sample.UNSEEN}
Choices seen: The status that refuses an invalid payload: refuses with 422
              Null for a nullable member whose enum does not list it: refuses null with 422
              and 1 more in the report

report  conformance-report/index.html
again   adapty-conformance replay request-body/gender-enum-0
"""  # noqa: E501


def test_the_summary_of_other_runs() -> None:
    assert _summary(sample.conformant()).startswith(f"Conformant\n{TOTAL} kept · 0 broken\n")
    stopped = _summary(sample.stopped())
    assert "http://127.0.0.1:4010 answers 401 to this key; nothing was tested.\n" in stopped
    assert "again" not in stopped
    assert f"and {TOTAL - 10} more in the report\n" in _summary(sample.all_failing())


def test_the_words_are_the_same_with_colour(results: sample.Results) -> None:
    plain_words = _summary(results)
    coloured = _summary(results, force_terminal=True, color_system="truecolor")
    stripped = re.sub(r"\x1b\[[0-9;]*m", "", coloured)
    assert "\x1b" in coloured
    assert "".join(stripped.split()) == "".join(plain_words.split())


def test_nothing_of_a_target_controls_the_terminal() -> None:
    shown = _summary(sample.hostile())
    assert set(plain(shown, 10**6)) == set(shown)
    assert "[bold]markup[/bold] :smile:" in shown
    assert r"\x1b[31mred" in shown
