"""ECMA-262 patterns, applied in Python."""

from __future__ import annotations

import pytest

from spec.patterns import PatternError
from spec.reading import compile_pattern


@pytest.mark.parametrize(
    ("pattern", "matches", "does_not"),
    [
        ("^a$", ["a"], ["a\n", "ba"]),
        ("^[$]$", ["$"], ["$\n", ""]),
        (r"^\$$", ["$"], ["", "$\n"]),
        (r"^[\]$]+$", ["]$"], ["]\n"]),
        (r"^\d+$", ["19"], ["１９", "1\n"]),
        (r"^\w+$", ["a_1"], ["é", "a\n"]),
        (r"^\s$", [" ", "\xa0", "\ufeff", "\u2028"], ["\x1c", "a"]),
        (r"^[\sa]$", ["\xa0", "a"], ["b"]),
        (r"^\S$", ["a"], ["\xa0"]),
        ("^.$", ["a", "\x85"], ["\n", "\r", "\u2028"]),
        ("^[^]$", ["\n", "]"], ["", "ab"]),
        ("a[]", [], ["a", "a[]", "]"]),
        ("^[[a]$", ["[", "a"], ["b"]),
        ("^[a&&b]$", ["&", "b"], ["c"]),
        ("^(?<year>[0-9]{4})$", ["2024"], ["24"]),
        ("(?<=a)b(?<!c)", ["ab"], ["b"]),
        (r"^\/\-\u00e9$", ["/-é"], ["/-e"]),
    ],
)
def test_a_pattern_means_what_ecma_262_says(
    pattern: str, matches: list[str], does_not: list[str]
) -> None:
    compiled = compile_pattern(pattern)
    assert [text for text in matches if not compiled.search(text)] == []
    assert [text for text in does_not if compiled.search(text)] == []


@pytest.mark.parametrize("pattern", ["(", "[z-a]", r"\p{L}", r"\A", r"x\Z", r"[\S]", "[+--]"])
def test_a_pattern_that_cannot_be_translated_is_an_error(pattern: str) -> None:
    with pytest.raises(PatternError):
        compile_pattern(pattern)
