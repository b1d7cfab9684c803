"""Many targets side by side: what differs, and the page that shows it."""

from __future__ import annotations

import re
import time
from collections import Counter
from itertools import pairwise

import pytest
from markdown_it import MarkdownIt

from reports import matrix
from reports.matrix import Target, choices, drift, editions, headline, rows
from reports.matrix_markdown import matrix_markdown
from reports.matrix_page import render, why
from reports.text import plain
from tests import pages
from tests import reports_sample as sample
from tests.matrix_sample import SIDES, another, three, twenty

BOTH = ("request.body.gender.enum", "auth.wrong_key", "echo.custom_attributes")
OLD = (
    "request.body.birthday.format", "request.body.store_account_token.format", "rejection.status",
    "robustness.server_error", "robustness.connection",
)  # fmt: skip
UNSEEN = sum(item["verdict"] == "untested" for item in sample.three_findings()["requirements"])


def row(targets: list[Target], key: str) -> matrix.Row:
    return next(each for each in rows(targets) if each.requirement["id"] == key)


def test_a_promise_differs_when_one_keeps_and_another_breaks_it() -> None:
    assert headline(three()) == f"3 targets side by side: 8 of {sample.TOTAL} promises differ"
    assert headline(three()[:2]) == f"2 targets side by side: 3 of {sample.TOTAL} promises differ"
    same = [Target("a", sample.conformant()), Target("b", sample.stopped())]
    assert headline(same) == f"2 targets side by side: none of {sample.TOTAL} promises differs"
    one = sample.conformant()
    sample.broken(one, "auth.missing", sample.failure("a", "b"))
    assert headline([same[0], Target("c", one)]).endswith(f"1 of {sample.TOTAL} promises differs")


def test_a_promise_answers_the_questions_that_it_should() -> None:
    differs = row(three(), "request.body.gender.enum")
    assert differs.stands == ("kept", "broken", "broken")
    assert differs.answers == ("different between targets", "broken somewhere")
    assert differs.alone is None
    known = row(three(), "request.body.store_account_token.format")
    assert (known.stands, known.alone) == (("kept", "kept", "broken"), 2)
    bad = row(three()[1:], "auth.wrong_key")
    assert bad.answers == ("broken somewhere", "broken everywhere")
    assert row(three(), "auth.missing").answers == ("kept by all",)
    open_ = row(three(), "robustness.hang")
    assert open_.stands == ("kept", "kept", "not verified")
    assert open_.answers == ("not verified somewhere",)


def test_the_drift_from_the_reference_is_counted_in_both_directions() -> None:
    mock, old = drift(three(), "sandbox")
    assert (mock.name, mock.worse, mock.better) == ("mock", (BOTH[0], BOTH[1], BOTH[2]), ())
    assert sorted(old.worse) == sorted(BOTH + OLD)
    assert len(mock.unclear) == UNSEEN
    assert len(old.unclear) == UNSEEN + 2
    assert len(mock.same) == sample.TOTAL - 3 - UNSEEN
    sandbox, old = drift(three(), "mock")
    assert (sandbox.worse, sandbox.better) == ((), BOTH)
    assert (old.worse, old.better) == (OLD, ())


def test_two_editions_are_the_union_of_their_promises() -> None:
    targets = [Target("now", sample.conformant()), Target("next", another())]
    table = rows(targets)
    keys = [each.requirement["id"] for each in table]
    assert len(keys) == len(set(keys)) == sample.TOTAL + 1
    assert keys[1] == "request.body.new"
    assert table[1].stands == ("absent", "kept")
    assert table[1].answers == ("kept by all", "absent somewhere")
    assert row(targets, "auth.missing").stands == ("kept", "absent")
    (found,) = drift(targets, "now")
    assert found.unclear == ("request.body.new", "auth.missing")
    assert editions(targets) == [
        (f"{sample.CONTRACT.title} {sample.CONTRACT.version}, SHA-256 "
         f"{sample.CONTRACT.sha256[:12]}…", ["now"]),
        (f"{sample.CONTRACT.title} 1.1.0, SHA-256 ffffffffffff…", ["next"]),
    ]  # fmt: skip


def test_choices_that_differ_come_first() -> None:
    targets = three()
    targets[1].results["choices"][2]["observed"] = "Of two equal keys the first wins."
    targets[2].results["choices"][0]["observed"] = None
    ids = [each["id"] for each in targets[0].results["choices"]]
    found = choices(targets)
    assert [each.id for each in found] == [ids[2], ids[0], ids[1]]
    assert [each.differs for each in found] == [True, False, False]
    assert found[1].observed == ("Refuses with 422.", "Refuses with 422.", None)


def test_a_cell_says_what_it_rests_on() -> None:
    results = sample.folded()

    def of(key: str) -> str:
        return why(sample.requirement(results, key))

    assert of("request.body.gender.enum") == 'gender "f" → "F" · 200 OK · 5 more failures'
    assert of("echo.custom_attributes") == "What was set does not come back. · 200 OK"
    assert of("robustness.hang") == "The control was answered with 429 five times."
    assert of("auth.missing") == ""
    assert of("request.body.store_account_token.format").startswith(
        "agreed: The SDK of 2019 sends them so. · store_account_token "
    )
    assert why(None) == "The contract that this target was judged by makes no such promise."
    assert all(len(why(item)) <= 240 for item in sample.hostile()["requirements"])


@pytest.mark.parametrize("name", SIDES)
def test_the_page_is_sound(name: str) -> None:
    targets = SIDES[name]()
    text = render(targets)
    page = pages.Page(text)
    assert not page.open
    assert page.headings[0] == (1, headline(targets))
    assert all(after <= before + 1 for (before, _), (after, _) in pairwise(page.headings))
    ids = Counter(attrs["id"] for _, attrs in page.elements if "id" in attrs)
    assert [key for key, count in ids.items() if count > 1] == []
    for tag, attrs in page.elements:
        assert attrs.get("role") != "region" or attrs["tabindex"] == "0"
        assert tag not in ("link", "img", "iframe", "object", "embed", "base")
        assert not [key for key in attrs if key.startswith("on") or key == "style"]
        link = attrs.get("href") or ""
        if link.startswith("#") and not link.startswith(("#?", "#s-")):
            assert link[1:] in ids
        assert not re.match(r"[a-z]+:", link)
    assert page.count("script") == page.count("style") == 1
    policy = next(attrs["content"] for _, attrs in page.elements if "http-equiv" in attrs)
    assert policy is not None
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    cells = [attrs for tag, attrs in page.elements if tag == "tr" and attrs.get("class") == "row"]
    assert len(cells) == len(rows(targets))
    for char in set(text) - set("\n\t"):
        assert plain(char) == char, hex(ord(char))


def test_the_page_says_in_words_what_each_target_is() -> None:
    text = " ".join(pages.Page(render(three())).text.split())
    for words in (
        "sandbox http://127.0.0.1:4010 2026-11-24 14:02 UTC Conformant",
        f"Breaks 3 of {sample.TOTAL} promises, 2 of them a must",
        f"{sample.TOTAL - 3 - UNSEEN} kept · 3 broken · {UNSEEN} not verified",
        "The reference that the others are held against",
        "gender is one of f, m, o. request.body.gender.enum must, line 156 kept broken broken",
    ):
        assert words in text
    assert "editions" not in text
    text = render(SIDES["editions"]())
    assert "The editions of the contract differ" in text
    assert f"{sample.CONTRACT.title} 1.1.0, SHA-256 ffffffffffff…: next" in text


def test_a_cell_leads_to_the_promise_in_the_report_of_its_target() -> None:
    links = [attrs["href"] for _, attrs in pages.Page(render(three())).elements if "href" in attrs]
    assert "sandbox/index.html" in links
    assert "sandbox/index.html#request.body.gender.enum" in links
    assert not [link for link in links if link and link.startswith(("mock", "old"))]
    long = [Target("a", sample.conformant(), "d/" * 200 + "index.html"), *three()[1:]]
    assert "d/d/" not in render(long)


@pytest.mark.parametrize("name", SIDES)
def test_markdown_is_tables_and_nothing_of_a_target(name: str) -> None:
    targets = SIDES[name]()
    text = matrix_markdown(targets)
    assert len(text.encode()) <= 60_000
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    inside = [each for token in tokens for each in token.children or []]
    assert {each.type for each in inside} <= {"text", "code_inline"}
    assert "html_block" not in {token.type for token in tokens}
    assert tokens[1].content == headline(targets)
    differing = sum("different between targets" in row.answers for row in rows(targets))
    heads = 2 if differing else 1
    assert sum(token.type == "tr_open" for token in tokens) == heads + len(targets) + differing


def test_markdown_of_very_much_ends_with_how_much_more() -> None:
    targets = [Target("good", sample.conformant()), Target("bad", sample.all_failing())]
    text = matrix_markdown(targets)
    assert text.endswith(f"\n\n{sample.TOTAL - 100} more differ, on the page.\n")
    assert text.count("| kept | broken |") == 100
    assert len(matrix_markdown(targets, limit=2000).encode()) <= 2000


def test_many_targets_make_a_small_page_quickly() -> None:
    targets = twenty()
    start = time.monotonic()
    text = render(targets)
    assert time.monotonic() - start < 10
    assert len(text.encode()) < 3_000_000
