"""Text and bodies: nothing a target sent is hidden, cut without a word or run."""

from __future__ import annotations

import json
import re
import sys
import unicodedata

import pytest

from reports import bodies
from reports.text import marked, one_line, plain, prose, unmarked
from tests.pages import Page

HIDDEN = "\x00\x1b\x7f\x9b\xa0\xad\u200b\u202e\u2066\u3000\ufeff\ud800\ufffe\U000e0041"


@pytest.mark.parametrize("char", HIDDEN)
def test_hidden_characters_are_spelled_out(char: str) -> None:
    code = f"{ord(char):x}"
    assert plain(f"a{char}b").lower().endswith(f"{code}b")
    assert f"U+{ord(char):04X}</span>b" in marked(f"a{char}b")
    assert char not in plain(f"a{char}b") + marked(f"a{char}b")


def test_every_control_and_format_character_is_hidden() -> None:
    for code in range(sys.maxunicode + 1):
        char = chr(code)
        category = unicodedata.category(char)
        if category in ("Cc", "Cs", "Zl", "Zp") and char not in "\n\t":
            assert plain(char) != char, hex(code)
        if unicodedata.bidirectional(char) in (
            "LRE",
            "RLE",
            "LRO",
            "RLO",
            "PDF",
            "LRI",
            "RLI",
            "FSI",
        ):
            assert plain(char) != char, hex(code)


def test_long_text_is_cut_and_says_so() -> None:
    assert plain("a" * 30, 10) == "aaaaaaaaaa… (20 more characters)"
    assert "20 more characters" in marked("a" * 30, 10)
    assert one_line("a\nb\tc") == r"a\nb\tc"


def test_the_vendors_markdown_is_shown_as_meant() -> None:
    said = "the **Authorization** header `Api-Key <x>` **<b>"
    shown = "the <strong>Authorization</strong> header <code>Api-Key &lt;x&gt;</code> **&lt;b&gt;"
    assert prose(said) == shown
    assert unmarked(said) == "the Authorization header Api-Key <x> **<b>"


def test_a_body_is_laid_out_from_its_own_tokens() -> None:
    text = '{"a":1.0,"a":1e400,"b":"\\u0041\\n","c":[],"d":[NaN, {"x/y~z": -0}]}'
    shown = Page(bodies.body(text)).text
    assert re.sub(r"\s", "", shown) == re.sub(r"\s", "", text)


@pytest.mark.parametrize(
    ("pointer", "expected"),
    [
        ("/b", ['"b": "x"']),
        ("/c/1", ["2"]),
        ("/d/x~1y~0z", ['"x/y~z": 3']),
        ("/d", ['"d": {"x/y~z": 3}']),
        ("/c/9", ['"c": [1, 2]']),
        ("/d/gone/deep", ['"d": {"x/y~z": 3}']),
    ],
)
def test_the_place_is_marked(pointer: str, expected: list[str]) -> None:
    text = '{"a": 1, "b": "x", "c": [1, 2], "d": {"x/y~z": 3}}'
    shown = bodies.body(text, pointer, nearest=True)
    assert [Page(each).text for each in re.findall("<mark>(.*?)</mark>", shown)] == expected


def test_a_missing_place_is_not_marked_unless_asked() -> None:
    assert "<mark>" not in bodies.body('{"a": 1}', "/b")
    assert "<mark>" not in bodies.body('{"a": 1}')


def test_what_is_marked_stays_in_a_body_that_is_cut() -> None:
    text = json.dumps({"rows": [{"name": f"row {n}", "value": n} for n in range(3000)]})
    shown = bodies.body(text, "/rows/2500/value")
    assert len(Page(shown).text) < 2 * bodies.LIMIT
    assert re.findall("<mark>(.*?)</mark>", shown)[0].endswith(">2500</i>")
    assert shown.count("left out") == 2


@pytest.mark.parametrize(
    "text", ["", "{", "[1,]", "{}x", "nul", "[" * 5000 + "]" * 5000, "a" * 10**7]
)
def test_what_is_not_json_is_shown_as_it_is(text: str) -> None:
    assert Page(bodies.body(text, "/a")).text.startswith(text[: bodies.LIMIT])
    assert len(bodies.body(text, "/a")) < 2 * bodies.LIMIT


def test_a_huge_string_is_cut_in_its_place() -> None:
    shown = bodies.body(json.dumps({"a": "x" * 100_000, "b": 1}), "/b")
    assert len(shown) < bodies.LIMIT
    assert "more)" in shown
    assert "<mark>" in shown
