"""A message body to look at: JSON laid out, with the one place that matters marked.

The text is laid out from its own tokens, so what was sent is what is shown: `1.0` stays `1.0`, an
escape stays an escape, and a member that is there twice is there twice. Anything else than
well-formed JSON is shown as it is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from markupsafe import Markup

from reports.text import marked

LIMIT = 4000
_PARSED = 200_000
_DEPTH = 40
_INLINE = 72
_SCALAR = 400
_MARKED_LINES = 16
_TOKEN = re.compile(r'\s*("(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+)')


@dataclass
class Node:
    """A JSON value: a scalar's own text, or a container's bracket and members."""

    text: str
    pointer: str
    key: str | None
    members: list[Node] | None = None


@dataclass
class Line:
    """One line of output: depth, and pieces of text with their kind and whether they are marked."""

    depth: int
    pieces: list[tuple[str, str, bool]] = field(default_factory=list)

    @property
    def length(self) -> int:
        return 2 * self.depth + sum(len(text) for text, _, _ in self.pieces)

    @property
    def marked(self) -> bool:
        return any(mark for _, _, mark in self.pieces)


def body(
    text: str, pointer: str | None = None, *, nearest: bool = False, limit: int = LIMIT
) -> Markup:
    """`text` as HTML for a <pre>, about `limit` characters of it at most.

    What is at the JSON Pointer is in a <mark>; with `nearest`, its nearest ancestor that is there.
    What is left out is said where it was.
    """
    root = _parse(text) if len(text) <= _PARSED else None
    if root is None:
        return marked(text, limit)
    target = _target(root, pointer, nearest)
    lines = list(_lines(root, target, 0, "", False))
    if pointer and target is not None:
        _shorten_marks(lines)
    return Markup("\n").join(_shown(lines, limit))


def scalar(text: str, limit: int = _SCALAR) -> str:
    """A scalar's text, cut in the middle of nowhere but honest about it."""
    return text if len(text) <= limit else f"{text[:limit]}… ({len(text) - limit:,} more)"


def _parse(text: str) -> Node | None:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return None
    stack: list[Node] = []
    root: Node | None = None
    key: str | None = None
    for found in _TOKEN.finditer(text):
        token = found[1]
        if token in "}]":
            stack.pop()
        elif token == ":":
            assert stack[-1].members is not None
            key = stack[-1].members.pop().text
        elif token != ",":
            node = Node(token, "", key, [] if token in "{[" else None)
            key = None
            if stack:
                parent = stack[-1]
                assert parent.members is not None
                step = str(len(parent.members)) if node.key is None else json.loads(node.key)
                node.pointer = f"{parent.pointer}/{step.replace('~', '~0').replace('/', '~1')}"
                parent.members.append(node)
            root = root or node
            if node.members is not None:
                stack.append(node)
                if len(stack) > _DEPTH:
                    return None
    return root


def _target(root: Node, pointer: str | None, nearest: bool) -> str | None:
    if pointer is None:
        return None
    known = {""}
    queue = [root]
    while queue:
        node = queue.pop()
        known.add(node.pointer)
        queue += node.members or []
    while nearest and pointer and pointer not in known:
        pointer = pointer.rpartition("/")[0]
    return pointer if pointer in known else None


def _lines(node: Node, target: str | None, depth: int, tail: str, mark: bool) -> Iterator[Line]:
    mark = mark or node.pointer == target
    inline = list(_inline(node, target, mark))
    if node.members is None or not node.members or sum(len(t) for t, _, _ in inline) <= _INLINE:
        yield Line(depth, [*inline, (tail, "", False)])
        return
    yield Line(depth, [*_key(node, mark), (node.text, "", mark)])
    for index, member in enumerate(node.members):
        comma = "," if index < len(node.members) - 1 else ""
        yield from _lines(member, target, depth + 1, comma, mark)
    yield Line(depth, [("}" if node.text == "{" else "]", "", mark), (tail, "", False)])


def _inline(node: Node, target: str | None, mark: bool) -> Iterator[tuple[str, str, bool]]:
    """A value on one line; a container that is too long for one is cut off after that is clear."""
    mark = mark or node.pointer == target
    yield from _key(node, mark)
    if node.members is None:
        yield scalar(node.text), "s" if node.text[0] == '"' else "n", mark
        return
    yield node.text, "", mark
    used = 0
    for index, member in enumerate(node.members):
        if index:
            yield ", ", "", mark
        for piece in _inline(member, target, mark):
            used += len(piece[0])
            yield piece
            if used > _INLINE:
                return
    yield "}" if node.text == "{" else "]", "", mark


def _key(node: Node, mark: bool) -> Iterator[tuple[str, str, bool]]:
    if node.key is not None:
        yield scalar(node.key), "k", mark
        yield ": ", "", mark


def _shorten_marks(lines: list[Line]) -> None:
    """A long marked value is marked in its first line only: a page of yellow marks nothing."""
    where = [index for index, line in enumerate(lines) if line.marked]
    if len(where) > _MARKED_LINES:
        for index in where[1:]:
            lines[index].pieces = [(text, kind, False) for text, kind, _ in lines[index].pieces]


def _shown(lines: list[Line], limit: int) -> Iterator[Markup]:
    """The lines around the mark, then the first ones, as far as `limit` goes; gaps are said."""
    centre = next((index for index, line in enumerate(lines) if line.marked), 0)
    order = [*range(max(0, centre - 8), min(len(lines), centre + 20)), *range(len(lines))]
    kept: set[int] = set()
    used = 0
    for index in dict.fromkeys(order):
        used += lines[index].length
        if used > limit and kept and not lines[index].marked:
            break
        kept.add(index)
    gap = 0
    for index, line in enumerate(lines):
        if index not in kept:
            gap += 1
            continue
        if gap:
            yield _gap(gap)
            gap = 0
        yield Markup("  " * line.depth) + _pieces(line.pieces)
    if gap:
        yield _gap(gap)


def _gap(count: int) -> Markup:
    words = f"… {count:,} line{'' if count == 1 else 's'} left out …"
    return Markup('<span class="cut">{}</span>').format(words)


def _pieces(pieces: list[tuple[str, str, bool]]) -> Markup:
    parts, open_mark = [], False
    for text, kind, mark in pieces:
        if mark != open_mark:
            parts.append("<mark>" if mark else "</mark>")
            open_mark = mark
        shown = marked(text)  # the one part that is not ours, and HTML by now
        parts.append(f'<i class="{kind}">{shown}</i>' if kind else shown)
    if open_mark:
        parts.append("</mark>")
    return Markup("".join(parts))
