"""Patterns mean what ECMA-262 says, whatever engine applies them here."""

from __future__ import annotations

import re
from functools import lru_cache

# What `\s` and line ends are to ECMA-262, as the inside of a character class.
_SPACE = r"\t-\r \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
_LINE_END = r"\n\r\u2028\u2029"
_TOKEN = re.compile(
    r"(?P<escape>\\.)|\[(?P<negated>\^?)(?P<members>(?:\\.|[^\]\\])*)\]|(?P<group>\(\?<(?![=!]))"
    r"|(?P<sign>[.$])",
    re.DOTALL,
)
_UNKNOWN = frozenset("AZaGU")  # escapes that Python knows and ECMA-262 does not


class PatternError(ValueError):
    """The pattern is not one that can be translated."""


@lru_cache(maxsize=256)
def compile_pattern(pattern: str) -> re.Pattern[str]:
    """An ECMA-262 pattern for Python: `$` is the end of the text, `\\w` and `\\d` are ASCII.

    Raises PatternError (a ValueError) where the pattern cannot be translated.
    """
    try:
        return re.compile(_TOKEN.sub(_translate, pattern), re.ASCII)
    except (re.error, OverflowError, RecursionError) as error:
        raise PatternError(f"the pattern {pattern} is not understood") from error


def _translate(token: re.Match[str]) -> str:
    if token["escape"]:
        return {r"\s": f"[{_SPACE}]", r"\S": f"[^{_SPACE}]"}.get(
            token["escape"], _known(token["escape"])
        )
    if token["sign"]:
        return r"\Z" if token["sign"] == "$" else f"[^{_LINE_END}]"
    if token["group"]:
        return "(?P<"
    if not token["members"]:
        return r"[\s\S]" if token["negated"] else "(?!)"
    members = re.sub(r"\\.|--|[\[&|~]", _member, token["members"], flags=re.DOTALL)
    return f"[{token['negated']}{members}]"


def _member(token: re.Match[str]) -> str:
    text = token[0]
    if text in (r"\S", "--"):
        raise PatternError(f"{text} inside a character class is not understood")
    if len(text) == 1:
        return "\\" + text
    return _SPACE if text == r"\s" else _known(text)


def _known(escape: str) -> str:
    if escape[1] in _UNKNOWN:
        raise PatternError(f"the escape {escape} is not understood")
    return escape
