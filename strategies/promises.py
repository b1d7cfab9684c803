"""Which requirement promises that a valid value is accepted where it stands."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from spec.contract import Contract
from spec.requirements import identifier
from spec.schema import ITEM, Location, at
from strategies.edits import ABSENT, APPEND, Edit

SUBJECT = "request.body"


def location_of(edit: Edit) -> Location:
    """The location that an edit's path names; any item stands for all."""
    return tuple(ITEM if isinstance(s, int) or s == APPEND else s for s in edit.path)


def promise_of(contract: Contract, edit: Edit) -> str:
    """The id of the requirement that a refused valid edit breaks.

    The most telling keyword at its place: `optional` for a member left out, `nullable` for null, a
    limit for a value that reaches it, `enum`, `format`, `pattern`, a branch or the type for any
    other, and `additionalProperties` of the object for a member that the contract does not name.
    """
    where = location_of(edit)
    if edit.value is ABSENT:
        keywords: tuple[str, ...] = ("optional",)
    elif edit.value is None:
        keywords = ("nullable", "type")
    else:
        told = ("enum", "const", "format", "pattern", "oneOf", "anyOf", "type")
        keywords = (*_reached(contract, where, edit.value), *told)
    for keyword in keywords:
        key = identifier(SUBJECT, where, keyword)
        if key in contract.requirements:
            return key
    owner = where
    while owner:
        owner = owner[:-1]
        key = identifier(SUBJECT, owner, "additionalProperties")
        if key in contract.requirements:
            return key
    return "response.status"


def _reached(contract: Contract, where: Location, value: Any) -> Iterator[str]:
    """The limits of size at `where` that a value reaches."""
    try:
        node = at(contract.request, where)
    except KeyError:
        return
    for keyword, kind in (("maxLength", str), ("maxItems", list)):
        if isinstance(value, kind) and len(value) == node.get(keyword):
            yield keyword
