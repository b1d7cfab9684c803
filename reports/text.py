"""Text from a target, made harmless to look at.

Controls, terminal escapes, bidirectional overrides, invisible and look-alike blanks, lone
surrogates and noncharacters are spelled out; line feeds and tabs stay. What comes out can be
encoded as UTF-8, written into XML and printed to a terminal.
"""

from __future__ import annotations

import re
import unicodedata

from markupsafe import Markup, escape

_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\xa0\xad\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180f"
    "\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\u3164\ufdd0-\ufdef\ufeff\uffa0\ufff0-\ufffc"
    "\ud800-\udfff\ufffe\uffff\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
    + "".join(chr(plane << 16 | 0xFFFE) + chr(plane << 16 | 0xFFFF) for plane in range(1, 17))
    + "]"
)

TEXT_LIMIT = 2000


def has_hidden(text: str) -> bool:
    """Whether `text` holds a character that a reader would not see as it is."""
    return _HIDDEN.search(text) is not None


def plain(text: str, limit: int = TEXT_LIMIT) -> str:
    r"""`text` with hidden characters as escapes (`\x1b`, `\u202e`), cut after `limit`."""
    shown = _HIDDEN.sub(lambda found: _escape(ord(found[0])), text[:limit])
    return shown if len(text) <= limit else f"{shown}… ({len(text) - limit:,} more characters)"


def one_line(text: str, limit: int = 240) -> str:
    r"""`plain`, on one line: line feeds and tabs as `\n` and `\t`."""
    return plain(text, limit).replace("\n", r"\n").replace("\t", r"\t")


def short(text: str, limit: int) -> str:
    """`one_line`, ending in an ellipsis where it is cut."""
    shown = one_line(text, limit * 2)
    return shown if len(shown) <= limit else f"{shown[: limit - 1].rstrip()}…"


def prose(text: str) -> Markup:
    """A sentence of the vendor's, its Markdown emphasis and code as HTML; the rest as `marked`."""
    shown = re.sub(r"\*\*(.+?)\*\*", r"<strong>\1</strong>", str(marked(text)))
    return Markup(re.sub(r"`(.+?)`", r"<code>\1</code>", shown))


def capital(text: str) -> str:
    """`text` to begin a line with: a plain first word gets a capital, names and values do not."""
    return text[:1].upper() + text[1:] if text.partition(" ")[0].rstrip(",;:").isalpha() else text


def unmarked(text: str) -> str:
    """A sentence of the vendor's without the asterisks and backticks of its Markdown."""
    return re.sub(r"\*\*(.+?)\*\*", r"\1", text).replace("`", "")


def marked(text: str, limit: int = TEXT_LIMIT) -> Markup:
    """`text` for HTML: escaped, each hidden character as a labelled U+XXXX, cut after `limit`."""
    shown = text[:limit]
    if len(text) <= limit and _HIDDEN.search(shown) is None:
        return escape(shown)
    parts, end = [], 0
    for found in _HIDDEN.finditer(shown):
        parts += [escape(shown[end : found.start()]), _label(found[0])]
        end = found.end()
    parts.append(escape(shown[end:]))
    if len(text) > limit:
        left = f"… {len(text) - limit:,} more characters"
        parts.append(Markup('<span class="cut">{}</span>').format(left))
    return Markup("").join(parts)


def _label(char: str) -> Markup:
    name = unicodedata.name(char, "") or _CATEGORY.get(unicodedata.category(char), "control")
    code = f"U+{ord(char):04X}"
    return Markup('<span class="ctl" title="{}">{}</span>').format(name.lower(), code)


_CATEGORY = {"Cs": "lone surrogate", "Cn": "noncharacter"}


def _escape(code: int) -> str:
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def number(value: int) -> str:
    """A count with its thousands apart."""
    return f"{value:,}"


def plural(count: int, one: str, many: str | None = None) -> str:
    """`1 promise`, `2 promises`."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def duration(seconds: float) -> str:
    """A stretch of time as people say it: `2.1 s`, `3 min 4 s`."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def milliseconds(value: float) -> str:
    """`9 ms`, `0.4 ms`, `5,000 ms`."""
    return f"{value:.1f} ms" if value < 1 else f"{value:,.0f} ms"
