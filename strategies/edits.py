"""One change: an edit of a JSON value, and the words and pointer that tell it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Any

from spec.document import join

APPEND = "-"  # as in JSON Patch: one past the end of an array


class Absent(Enum):
    """The value of a member that is not there."""

    ABSENT = "absent"


ABSENT = Absent.ABSENT
Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Raw:
    """Text to stand in the body as it is, where JSON text cannot be had from a value (`NaN`)."""

    text: str


@dataclass(frozen=True)
class Edit:
    """Set the value at `path`; ABSENT removes it. A last step of `-` appends to an array."""

    path: Path
    value: Any

    @property
    def pointer(self) -> str:
        """The JSON Pointer of what changes, without the leading `#`."""
        return join("", *self.path)


def apply(body: Any, edits: Iterable[Edit]) -> Any:
    """A copy of `body` with every edit made; containers on the way are created when missing."""
    result = _copy(body)
    for edit in edits:
        result = _set(result, edit.path, edit.value)
    return result


def _copy(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _copy(member) for name, member in value.items()}
    return [_copy(item) for item in value] if isinstance(value, list) else value


def _set(node: Any, path: Path, value: Any) -> Any:
    if not path:
        return value
    step, rest = path[0], path[1:]
    if step == APPEND:
        items = node if isinstance(node, list) else []
        return [*items, _set(None, rest, value)]
    if isinstance(step, int):
        items = list(node)
        items[step] = _set(items[step], rest, value)
        return items
    members = dict(node) if isinstance(node, dict) else {}
    if value is ABSENT and not rest:
        members.pop(step, None)
    else:
        members[step] = _set(members.get(step), rest, value)
    return members


def get(body: Any, path: Path) -> Any:
    """The value at `path`, or ABSENT."""
    for step in path:
        if isinstance(body, dict) and step in body:
            body = body[step]
        elif isinstance(body, list) and isinstance(step, int) and step < len(body):
            body = body[step]
        else:
            return ABSENT
    return body


def overlaps(left: Edit, right: Edit) -> bool:
    """Whether two edits touch the same place; two appended items do not."""
    shared = min(len(left.path), len(right.path))
    if left.path[:shared] != right.path[:shared]:
        return False
    return not (left.path[-1:] == (APPEND,) == right.path[-1:])


def serialise(body: Any) -> bytes:
    """`body` as UTF-8 JSON; text with lone surrogates, which UTF-8 cannot carry, is escaped."""
    try:
        return _text(body, separators=(",", ":"), ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        return _text(body, separators=(",", ":")).encode("ascii")


def _text(body: Any, **how: Any) -> str:
    """`body` as JSON text, with each Raw in it as it is."""
    marks: dict[str, str] = {}

    def mark(value: Any) -> str:
        if not isinstance(value, Raw):
            raise TypeError(f"{type(value).__name__} is not JSON")
        name = f"\x00raw-{len(marks)}\x00"
        marks[json.dumps(name)] = value.text
        return name

    text = json.dumps(body, default=mark, **how)
    for quoted, raw in marks.items():
        text = text.replace(quoted, raw)
    return text


def show(value: Any, limit: int = 60) -> str:
    """A value as JSON in at most `limit` characters; a missing one as `absent`."""
    if value is ABSENT:
        return "absent"
    text = _text(value, ensure_ascii=False)
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def readable(value: Any) -> Any:
    """`value` as JSON that a report can hold: raw text becomes a text, cut where it is long."""
    if isinstance(value, Raw):
        return show(value)
    if isinstance(value, dict):
        return {name: readable(member) for name, member in value.items()}
    return [readable(item) for item in value] if isinstance(value, list) else value


def words(edit: Edit, control: Any) -> str:
    """An edit as a reader would say it: `gender "f" → "F"`."""
    name = ".".join(str(step) for step in edit.path if step != APPEND) or "the body"
    if edit.path[-1:] == (APPEND,):
        return f"{name} gets one more item {show(edit.value)}"
    before = get(control, edit.path)
    if not edit.path:
        return f"the whole body → {show(edit.value)}"
    if edit.value is ABSENT:
        return f"{name} left out"
    if type(before) is type(edit.value) and before == edit.value:
        return f"{name} stays {show(before)}"
    if before is ABSENT:
        return f"{name} added: {show(edit.value)}"
    if isinstance(before, list) and isinstance(edit.value, list) and len(edit.value) > 3:
        return f"{name}: {len(before)} → {len(edit.value)} items"
    return f"{name} {show(before)} → {show(edit.value)}"
