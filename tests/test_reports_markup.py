"""Text of strangers in Markdown: read back by a parser, it is the text and nothing else."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from reports.markup import cell, code, fenced, fitting, prose, table
from reports.text import plain, short
from tests.reports_sample import HOSTILE

PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"])

# What means something to a reader of Markdown, or to a forge that looks through its text.
PIECES = [
    "a", "word", "7", "é", "…", "—", " ", "\n", "\t", "`", "``", "`" * 90, "|", "\\", "*", "_",
    "~~", "[", "]", "(", ")", "<b>", "<!--", "-->", "&amp;", "&#124;", "@you", "#1", "!1", "$x$",
    "http://h.example", "www.h.example", "me@h.example", ":smile:", "![x](y)", "- ", "1. ", "1)",
    "+ ", "> ", "# ", "===", "---", "'", '"', ".", ",", ";", "!", "{", "}", "^", "/close", "\u202e",
    "\x00", "\ud800", "8f45947bad31ab0c",
]  # fmt: skip
TEXTS = st.lists(st.sampled_from(PIECES)).map("".join)
INLINE = {"text", "text_special", "code_inline"}


def read(tokens: list[Token]) -> tuple[str, set[str]]:
    """The text of the tokens, and what kinds there are beside text."""
    inline = [each for token in tokens for each in token.children or []]
    return "".join(each.content for each in inline), {each.type for each in inline}


def blocks(tokens: list[Token]) -> list[str]:
    return [each.type for each in tokens if each.nesting >= 0]


@settings(max_examples=300, deadline=None, database=None, derandomize=True)
@given(TEXTS)
def test_a_cell_reads_as_the_text(text: str) -> None:
    tokens = PARSER.parse(f"{cell(text)}\n")
    shown, kinds = read(tokens)
    assert shown == short(text.strip(), 240)
    assert kinds <= INLINE
    assert blocks(tokens) == (["paragraph_open", "inline"] if shown else [])


@settings(max_examples=300, deadline=None, database=None, derandomize=True)
@given(TEXTS)
def test_code_reads_as_the_text(text: str) -> None:
    tokens = PARSER.parse(f"- {code(text)}\n")
    shown, kinds = read(tokens)
    assert shown == (short(text, 240) or "(empty)")
    assert kinds <= INLINE
    assert blocks(tokens) == ["bullet_list_open", "list_item_open", "paragraph_open", "inline"]


@settings(max_examples=300, deadline=None, database=None, derandomize=True)
@given(TEXTS)
def test_a_table_keeps_its_cells(text: str) -> None:
    made = table(("a", "b", "c"), [(cell(text), code(text), prose(text)), ("d", "e", "f")])
    tokens = PARSER.parse(f"{made}\n")
    cells = [token for token in tokens if token.type == "inline"]
    assert len(cells) == 9
    assert blocks(tokens).count("td_open") == 6
    assert read(cells)[1] <= INLINE
    assert read(cells[3:4])[0] == short(text.strip(), 240)
    assert read(cells[4:5])[0].strip() == (short(text, 240).strip() or "(empty)" * (not text))


@settings(max_examples=300, deadline=None, database=None, derandomize=True)
@given(TEXTS)
def test_prose_has_nothing_but_code(text: str) -> None:
    tokens = PARSER.parse(f"> {prose(text)}\n")
    shown, kinds = read(tokens)
    assert kinds <= INLINE
    assert blocks(tokens)[1:] in ([], ["paragraph_open", "inline"])
    assert shown.replace("`", "").replace("*", "") == (
        short(text.strip(), 240).replace("`", "").replace("*", "")
    )


def test_only_plain_words_stand_outside_code() -> None:
    """Whatever a forge looks for in rendered text is within code, where it does not look."""
    for pieces in product(PIECES, PIECES):
        inline = PARSER.parseInline(cell("".join(pieces)))[0].children or []
        words = "".join(each.content for each in inline if each.type != "code_inline")
        assert not set(words) & set("@#$&~^<>{}[]*_/\\+=%"), pieces
        assert "www." not in words
        assert "://" not in words


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("gender is one of f, m, o.", "gender is one of f, m, o."),
        ("first_name is a string or null.", "`first_name` is a string or null."),
        ("the body (empty) isn't well-formed: 2 of 1,234", None),
        ("200 OK, as if it were valid", None),
        ("401.", "`401`."),
        ("a 401. Then", None),
        ("A refusal: any 4xx.", "A refusal: any `4xx`."),
        ("(application/json)", "(`application/json`)"),
        ('favourite_sport = "yoga"', '`favourite_sport =` "yoga"'),
        ("a|b", "`a`&#124;`b`"),
        ("a `b` c", "a &#96;`b`&#96; c"),
        ("@octocat", "`@octocat`"),
        ("an e-mail, a-b_c", "an e-mail, `a-b_c`"),
        ("1234567", "`1234567`"),
        ("  two\nlines ", r"`two\nlines`"),
        ("", ""),
        ("a " * 200, "a " * 119 + "a…"),
    ],
)
def test_what_a_cell_makes_of_a_text(text: str, made: str | None) -> None:
    assert cell(text) == (text if made is None else made)


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("^[A-Za-z]+$", "`^[A-Za-z]+$`"),
        ("a | b", "`a `&#124;` b`"),
        (" a ", "`  a  `"),
        ("``", "&#96;&#96;"),
        (" ", "` `"),
        ("", "(empty)"),
        ("\x1b[31m", r"`\x1b[31m`"),
    ],
)
def test_what_code_makes_of_a_text(text: str, made: str) -> None:
    assert code(text) == made


def test_a_sentence_of_the_contract_keeps_its_code() -> None:
    quote = "the **Authorization** header with the value `Api-Key {key}`, say `Api-Key x|y`."
    assert prose(quote) == (
        "the Authorization header with the value `Api-Key {key}`, say `Api-Key x`&#124;`y`."
    )
    assert prose("a_b`c` and `the rest") == "`a_bc` and &#96;`the` rest"
    assert prose("x_" * 200) == f"`{'x_' * 119}x`…"


@pytest.mark.parametrize(
    "text",
    ["curl -i 'x'", "``` a\n```\n````\n# b", "~~~\n`````\n", HOSTILE, "", "`" * 199, "> a\n- b"],
)
def test_nothing_closes_a_fence(text: str) -> None:
    fence, end, *rest = PARSER.parse(f"{fenced(text, 'bash')}\n\nthe end\n")
    assert (fence.type, fence.info) == ("fence", "bash")
    assert end.type == "paragraph_open"
    assert rest[0].content == "the end"
    assert fence.content == f"{plain(text, len(text))}\n"


def test_a_run_that_is_too_long_for_a_fence_is_spelled() -> None:
    assert fenced("`" * 200) == "```\n" + r"\x60" * 200 + "\n```"


def test_what_has_no_room_is_left_out() -> None:
    assert fitting(["a", "b"], 100) == "a\n\nb\n"
    left_out = "Some is left out here, for its size.\n"
    assert fitting(["a", "é" * 40, "b"], 100) == f"a\n\nb\n\n{left_out}"
    assert fitting(["a", "é" * 20, "b"], 100) == f"a\n\n{'é' * 20}\n\nb\n"
    for limit in range(50, 200):
        assert len(fitting(["é" * 7] * 20, limit).encode()) <= limit
