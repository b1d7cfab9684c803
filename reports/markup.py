"""Text from a target, or of the contract, in Markdown.

Whatever is not plain words is shown as code: there, no reader of Markdown finds a link, a mention,
an emoji, a formula or markup, not even one that looks through the text once it is rendered.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from reports.text import plain, short

_WORD = re.compile(
    r"[^\W\d_]+(?:['’-][^\W\d_]+)*|\d{1,3}(?:,\d{3})+|\d{1,6}(?:\.\d{1,6})?|[—–→…·]?"
)
_PUNCTUATED = re.compile(r"""([("“‘']*)(.*?)([)"”’'.,;:!?…]*)""")


def cell(text: str, limit: int = 240) -> str:
    """`text` on one line, its words as words and all else as code; safe in a table and at the
    start of a line."""
    shown = " ".join(
        _token(each, first=index == 0)
        for index, each in enumerate(short(text.strip(), limit).split(" "))
    )
    return shown.replace("` `", " ")


def _token(text: str, *, first: bool) -> str:
    found = _PUNCTUATED.fullmatch(text)
    assert found is not None
    lead, core, trail = found.groups()
    is_item = first and core.isdigit() and trail.startswith((".", ")"))
    if _WORD.fullmatch(core) and not is_item:
        return text
    return f"{lead}{code(core, len(core))}{trail}"


def code(text: str, limit: int = 240) -> str:
    """`text` on one line as code, safe in a table.

    A backtick and a pipe, which readers of Markdown treat differently there, stand between spans.
    """
    pieces = re.split(r"([`|])", short(text, limit))
    return "".join(_span(piece) for piece in pieces if piece) or "(empty)"


def _span(piece: str) -> str:
    if piece in "`|":
        return f"&#{ord(piece)};"
    stripped = piece.strip() and piece[0] == piece[-1] == " "  # of one blank at either end
    return f"` {piece} `" if stripped else f"`{piece}`"


def prose(text: str, limit: int = 240) -> str:
    """A sentence of the contract's: as `cell`, but what it says in backticks or bold is read."""
    shown = re.sub(r"\*\*(.+?)\*\*", r"\1", short(text.strip(), limit))
    pieces = re.split(r"(`[^`]+`)", shown)
    made = (
        code(piece[1:-1], limit)
        if index % 2
        else re.sub(r"\S(?:.*\S)?", lambda found: cell(found[0], limit), piece)
        for index, piece in enumerate(pieces)
    )
    return "".join(made).replace("``", "")


def fenced(text: str, language: str = "") -> str:
    """`text` in a fence that nothing inside can close, hidden characters spelled out."""
    shown = plain(text, len(text))
    # A reader may not count beyond 255.
    shown = re.sub(r"`{200,}", lambda run: r"\x60" * len(run[0]), shown)
    longest = max((len(run) for run in re.findall("`+", shown)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{shown}\n{fence}"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; every cell is Markdown already, on one line."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def fitting(blocks: Iterable[str], limit: int) -> str:
    """The blocks in one text of at most `limit` bytes, without those for which there is no room."""
    left_out = "Some is left out here, for its size."
    room = limit - len(left_out) - 2
    made, skipped = [], False
    for block in blocks:
        size = len(block.encode()) + 2
        if size <= room:
            made.append(block)
            room -= size
        else:
            skipped = True
    return "\n\n".join([*made, left_out] if skipped else made) + "\n"
