"""The Markdown of a run and of what changed, as a parser of Markdown reads it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import pairwise

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from reports.changes import changes
from reports.markdown import changes_markdown, markdown
from reports.words import findings, headline
from tests import reports_sample as sample

PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
OURS = re.compile(
    r"<details><summary>\d+\. (another promise|[\w.-]+)</summary>\n|</details>\n", re.ASCII
)
# Every control, mention, link and tag of the hostile text, in the few characters of a long list.
WORST = "@you #1 http://h.x [a](b) ![c](d) <img> `|` **e** | f \u202e\x1b[31m 🙂" * 40


def parsed(text: str) -> list[Token]:
    """The tokens, once it is sure that nothing in them is a stranger's."""
    tokens = PARSER.parse(text)
    for token in tokens:
        if token.type == "html_block":
            assert OURS.fullmatch(token.content), token.content
        for each in token.children or []:
            assert each.type in INLINE, each
            if each.type == "html_inline":
                assert each.content == "<br>"
    opened = {token.type for token in tokens if token.nesting >= 0}
    assert opened <= BLOCKS
    return tokens


INLINE = {"text", "text_special", "code_inline", "softbreak", "html_inline"}
BLOCKS = {
    "heading_open", "paragraph_open", "inline", "bullet_list_open", "list_item_open", "fence",
    "html_block", "blockquote_open", "table_open", "thead_open", "tbody_open", "tr_open",
    "th_open", "td_open",
}  # fmt: skip


def words(token: Token) -> str:
    """What a reader sees of an inline token."""
    return "".join(
        "\n" if each.type in ("softbreak", "html_inline") else each.content
        for each in token.children or []
    )


def headings(tokens: list[Token]) -> list[str]:
    return [words(inline) for token, inline in pairwise(tokens) if token.type == "heading_open"]


def rows(tokens: list[Token]) -> list[list[list[str]]]:
    """The cells of every table."""
    tables: list[list[list[str]]] = []
    for token, inline in pairwise(tokens):
        if token.type == "table_open":
            tables.append([])
        elif token.type == "tr_open":
            tables[-1].append([])
        elif token.type in ("th_open", "td_open"):
            tables[-1][-1].append(words(inline))
    return tables


def items(tokens: list[Token]) -> Iterator[str]:
    """The text of every item of a list."""
    for index, token in enumerate(tokens):
        if token.type == "list_item_open":
            yield words(tokens[index + 2])


def test_every_run_is_told(results: sample.Results) -> None:
    text = markdown(results)
    tokens = parsed(text)
    found = findings(results)
    assert headings(tokens)[0] == headline(results)
    tables = rows(tokens)
    assert len(tables) == (1 if found else 0)
    for table in tables:
        assert table[0] == ["Level", "Promise", "Sent", "What came", "Contract"]
        assert len(table) == 1 + min(len(found), 20)
        assert {len(row) for row in table} == {5}
    lines = [each.failures[0]["curl"] for each in found[:10]]
    shown = [token.content for token in tokens if token.type == "fence"]
    assert shown == [f"{line}\n" for line in lines if len(line) <= 4000]
    details = [token for token in tokens if token.type == "html_block"]
    assert len(details) == 2 * min(len(found), 10)
    assert text.count("\n\n\n") == 0
    assert text.endswith("\n")
    assert len(text.encode()) < 60_000


@pytest.mark.parametrize("make", sample.SAMPLES.values(), ids=sample.SAMPLES)
def test_every_comparison_is_told(
    results: sample.Results, make: Callable[[], sample.Results]
) -> None:
    found = changes(make(), results)
    tokens = parsed(changes_markdown(found))
    assert len(rows(tokens)) == (1 if found.broken else 0)
    inside = parsed(markdown(results, found))
    assert [title for title in headings(inside) if title in headings(tokens)] == headings(tokens)[
        1:
    ]
    assert len(rows(inside)) == len(rows(tokens)) + (1 if findings(results) else 0)


def test_a_run_that_finds_something() -> None:
    results = sample.three_findings()
    results["target"]["api_key_env"] = "OTHER_KEY"
    tokens = parsed(markdown(results))
    assert headings(tokens) == [
        f"Breaks 3 of {sample.TOTAL} promises, 2 of them a must", "Findings", "Not verified",
    ]  # fmt: skip
    assert words(tokens[4]) == f"{sample.TOTAL - 72} kept · 3 broken · 69 not verified"
    assert list(items(tokens)) == [
        "Target: http://127.0.0.1:4010",
        f"Contract: Adapty server-side API 1.0.0, {sample.CONTRACT.method} {sample.CONTRACT.path}",
        "Run: 369 requests in 2.1 s, 2026-11-24 14:02 UTC, seed 7, suite 0.1.0",
        "Gate: failed",
        "Case: request-body/gender-enum-0",
        'Sent: gender "f" → "F"',
        "Expected: A refusal: any 4xx.",
        "Actual: 200 OK, as if it were valid. (2 of 2 tries)",
        "Case: auth/wrong-key-last-letter",
        "Sent: Authorization: Api-Key <the key> → one letter less",
        "Expected: 401 with an ErrorResponse.",
        "Actual: 200 OK (1 of 1 try)",
        "Case: meaning/echo-attributes",
        'Expected: custom_attributes holds favourite_sport = "yoga".',
        "Actual: custom_attributes is empty. (8 of 8 tries)",
        f"69 promises untested: {sample.UNSEEN}",
    ]
    assert rows(tokens) == [
        [
            ["Level", "Promise", "Sent", "What came", "Contract"],
            ["must", "gender is one of f, m, o.\nrequest.body.gender.enum", 'gender "f" → "F"',
             "200 OK, as if it were valid", "line 156"],
            ["must", "Any other key than the secret one, however near, is answered with 401.\n"
             "auth.wrong_key", "Authorization: Api-Key <the key> → one letter less", "200 OK",
             "line 587"],
            ["should", "The custom attributes that were set come back, with the same values and "
             "JSON types.\necho.custom_attributes", "", "custom_attributes is empty", "line 219"],
        ]
    ]  # fmt: skip
    shown = [words(token) for token in tokens if token.type == "inline"]
    assert "The curl lines take the key from OTHER_KEY." in shown
    assert "line 156, #/components/schemas/ProfileRequest/properties/gender/enum" in shown, (
        "where the contract says it"
    )
    assert any(each.startswith("“API requests must be authenticated by") for each in shown)


def test_what_a_finding_explains_and_what_is_known() -> None:
    tokens = parsed(markdown(sample.folded()))
    (table,) = rows(tokens)
    assert table[3][1] == (
        "No input makes the server fail with a 5xx status.\nrobustness.server_error\n"
        "explains 2 others"
    )
    shown = [words(token) for token in tokens if token.type == "inline"]
    assert "Explains request.body.birthday.format, rejection.status." in shown
    assert "1 known deviation" in headings(tokens)
    told = list(items(tokens))
    assert (
        "request.body.store_account_token.format: The SDK of 2019 sends them so. (until 2027-03-31)"
    ) in told
    assert "2 promises inconclusive: The control was answered with 429 five times." in told


def test_remarks_and_the_gate_are_told() -> None:
    text = markdown(sample.stopped())
    assert "\n\n`http://127.0.0.1:4010` answers 401 to this key; nothing was tested.\n\n" in text
    assert "\n- Gate: undecided\n" in text
    results = sample.conformant()
    results["run"]["gate"] = "must"
    assert "\n- Gate: passed, musts only\n" in markdown(results)


def test_many_findings_are_cut() -> None:
    results = sample.all_failing()
    tokens = parsed(markdown(results, changes(sample.conformant(), results)))
    assert [len(table) for table in rows(tokens)] == [21, 21]
    shown = [words(token) for token in tokens if token.type == "inline"]
    assert shown.count(f"{sample.TOTAL - 20} more in the report.") == 2
    assert len([token for token in tokens if token.type == "fence"]) == 10


def test_a_curl_line_may_be_missing_or_too_long() -> None:
    results = sample.three_findings()
    keys = ("request.body.gender.enum", "auth.wrong_key", "echo.custom_attributes")
    for key, line in zip(keys, ("c" * 4000, "c" * 4001, ""), strict=True):
        sample.requirement(results, key)["failures"][0]["curl"] = line
    tokens = parsed(markdown(results))
    assert [t.content for t in tokens if t.type == "fence"] == ["c" * 4000 + "\n"]
    assert "The curl line is too long to stand here; the report has it." in [
        words(token) for token in tokens if token.type == "inline"
    ]


def test_an_id_that_is_no_word_stays_out_of_html() -> None:
    results = sample.three_findings()
    sample.requirement(results, "auth.wrong_key")["id"] = "<b>@you"
    tokens = parsed(markdown(results))
    summaries = [token.content for token in tokens if token.type == "html_block"][::2]
    assert summaries == [
        "<details><summary>1. request.body.gender.enum</summary>\n",
        "<details><summary>2. another promise</summary>\n",
        "<details><summary>3. echo.custom_attributes</summary>\n",
    ]


def worst(results: sample.Results) -> sample.Results:
    """`results` with every text of a stranger as long and as odd as it gets."""
    results["target"]["url"] = results["run"]["stopped"] = results["suite"]["version"] = WORST
    results["contract"].update(title=WORST, version=WORST, operation=WORST)
    for choice in results["choices"]:
        choice.update(statement=WORST, observed=choice["id"] + WORST)
    for index, item in enumerate(results["requirements"]):
        item.update(id=f"{index}\U0001f642" * 90, statement=WORST, part=WORST)
        item["source"].update(quote=WORST, pointer=f"#{WORST}")
        item["reason"] = item["reason"] and f"{index}{WORST}"
        for failure in item["failures"]:
            failure.update(case=WORST, message=WORST, expected=WORST, actual=WORST)
            failure["change"] = {"pointer": None, "words": "🙂`" * 200}
            failure["curl"] = "🙂" * 4000
    return results


def test_no_target_can_make_it_large() -> None:
    results = worst(sample.all_failing())
    found = changes(worst(sample.conformant()), results)
    text = markdown(results, found)
    assert 100_000 < len(text.encode()) <= 200_000
    parsed(text)
    assert "Some is left out here, for its size.\n" in text
    assert "### Findings" in text
    comment = changes_markdown(found)
    assert 5_000 < len(comment.encode()) <= 60_000
    parsed(comment)
    assert len(markdown(results, found, limit=500).encode()) <= 500


def test_what_changed() -> None:
    old, new = sample.conformant(seeded=False), sample.folded()
    old["target"]["url"] = "http://a"
    new["choices"][0]["observed"] = None
    tokens = parsed(changes_markdown(changes(old, new)))
    assert headings(tokens) == [
        "7 newly broken, 2 no longer verified, 1 otherwise changed, 1 choice changed",
        "7 newly broken", "2 no longer verified", "1 otherwise changed", "1 choice changed",
    ]  # fmt: skip
    assert list(items(tokens)) == [
        "Another target: http://a before, http://127.0.0.1:4010 now.",
        "2 promises: The control was answered with 429 five times.",
        "request.body.store_account_token.format: store_account_token is a UUID. "
        "(kept → known deviation)",
        f"{old['choices'][0]['statement']}: refuses with 422 → not seen",
    ]
    (table,) = rows(tokens)
    assert table[0] == ["Level", "Promise", "Verdict", "Sent", "What came"]
    assert table[3] == [
        "should",
        "No input makes the server fail with a 5xx status.\nrobustness.server_error\n"
        "explains 2 others",
        "kept → broken", 'birthday "2000-12-31" → "2023-02-30"', "500 Internal Server Error",
    ]  # fmt: skip
    assert len(table) == 6


def test_what_was_fixed() -> None:
    found = changes(sample.three_findings(), sample.conformant())
    tokens = parsed(changes_markdown(found))
    told = list(items(tokens))
    assert headings(tokens) == [
        "Nothing newly broken, 3 fixed, 69 newly verified", "3 fixed", "69 newly verified",
    ]  # fmt: skip
    assert told[0] == "request.body.gender.enum: gender is one of f, m, o."
    assert told[3 + 10] == "59 more"


def test_nothing_changed() -> None:
    bad = sample.three_findings()
    assert changes_markdown(changes(bad, bad)) == (
        "## Nothing changed\n\n3 promises are still broken.\n"
    )
    assert "\n\n### Since the run before: nothing changed\n\n" in markdown(bad, changes(bad, bad))
    assert "Since the run before" not in markdown(bad)
