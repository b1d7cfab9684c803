"""Which requirement promises that a valid value is accepted where it stands."""

from __future__ import annotations

from spec.contract import Contract
from spec.requirements import identifier
from spec.schema import ITEM, Location
from strategies.edits import ABSENT, APPEND, Edit

SUBJECT = "request.body"


def location_of(edit: Edit) -> Location:
    """The location that an edit's path names; any item stands for all."""
    return tuple(ITEM if isinstance(s, int) or s == APPEND else s for s in edit.path)


def promise_of(contract: Contract, edit: Edit) -> str:
    """The id of the requirement that a refused valid edit breaks.

    The most telling keyword at its place: `optional` for a member left out, `nullable` for null,
    `enum`, `format`, a branch or the type for a value, and `additionalProperties` of the object
    for a member that the contract does not name.
    """
    where = location_of(edit)
    if edit.value is ABSENT:
        keywords: tuple[str, ...] = ("optional",)
    elif edit.value is None:
        keywords = ("nullable", "type")
    else:
        keywords = ("enum", "const", "format", "oneOf", "anyOf", "type")
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
