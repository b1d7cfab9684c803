"""Bodies that the contract refuses: for each requirement the near misses that break it alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from typing import Any

from spec.contract import Contract
from spec.requirements import Requirement
from spec.schema import ITEM, Location, Schema, at, types, walk
from strategies import edits, near_misses
from strategies.bodies import SUBJECT
from strategies.cases import Case, words_of_id
from strategies.controls import breaks_exactly, good, place
from strategies.edits import ABSENT, Edit
from strategies.samples import filled
from strategies.values import Named


def violations(contract: Contract, control: Any, requirement: str) -> Iterator[tuple[str, Edit]]:
    """Every near miss of one request-body requirement, with its label, each exactly one change."""
    wanted = contract.requirements[requirement]
    location, keyword = wanted.location, wanted.keyword
    if keyword == "required":
        candidates = [
            (location, Named("missing", ABSENT)),
            (location[:-1], Named("empty-object", {})),
        ]
        candidates += _called_otherwise(contract, control, location)
    else:
        node = node_at(contract, location)
        found = near_misses.of_keyword(
            node, keyword, good(contract, control, location),
            str(location[-1]) if location else "", _word_elsewhere(contract, node),
        )  # fmt: skip
        candidates = [(location, named) for named in found]
    for number, (where, named) in enumerate(candidates):
        edit = place(contract, where, named.value, number, otherwise=number % 3 == 2)
        if breaks_exactly(contract, edits.apply(control, [edit]), requirement):
            yield named.label, edit


def _word_elsewhere(contract: Contract, node: Schema) -> str:
    """A member of another enum that is none of this one, or a word of no enum."""
    words = (w for _, each in walk(contract.request) for w in each.get("enum", ()))
    own = node.get("enum", ())
    return next((w for w in words if isinstance(w, str) and w not in own), "unknown")


def _called_otherwise(
    contract: Contract, control: Any, location: Location
) -> Iterator[tuple[Location, Named]]:
    """A required member under names that some libraries take for its own, or one level deeper."""
    parent, name = location[:-1], str(location[-1])
    members = good(contract, control, parent)
    if ITEM in location or not isinstance(members, dict) or name not in members:
        return
    words = name.split("_")
    spelled = [("capitals", name.upper())] if parent else []
    spelled += [("camel-case", words[0] + "".join(map(str.capitalize, words[1:])))]
    for label, other in spelled:
        renamed = {other if key == name else key: value for key, value in members.items()}
        if other != name:
            yield parent, Named(f"in-{label}", renamed)
    if not parent:
        wrapper = contract.path.strip("/").rpartition("/")[2]
        yield parent, Named("in-an-object-around-all", {wrapper: members})


def node_at(contract: Contract, location: Location) -> Schema:
    """The request schema's object for the values at `location`."""
    return at(contract.request, location)


def refused(contract: Contract, control: Any) -> Iterator[Case]:
    """Violations of every request-body requirement that a schema keyword states."""
    wanted = [
        each
        for each in contract.requirements.values()
        if each.subject == SUBJECT and "refuse" in each.sides
    ]
    alike = Counter(_kind(contract, each) for each in wanted)
    turns: Counter[tuple[str, str]] = Counter()
    for each in wanted:
        kind = _kind(contract, each)
        found = list(violations(contract, control, each.id))
        for label, edit in _share(found, kind, turns[kind], alike[kind]):
            yield Case(
                words_of_id(each.id, label), (each.id,), "refuse", "profile_request",
                edits.words(edit, control), (edit,),
            )  # fmt: skip
        turns[kind] += 1
    yield from _at_the_ends(contract, control, wanted)
    yield from _several_at_once(contract, control, wanted)


def _several_at_once(contract: Contract, control: Any, wanted: list[Requirement]) -> Iterator[Case]:
    """One payload that is wrong in many places, in letters beyond ASCII too: for what a target says
    of it, and whether it can say that at all."""
    found: dict[edits.Path, Edit] = {}
    plain = [each for each in wanted if each.keyword in ("enum", "format", "pattern")]
    for each in plain:
        for _, edit in islice(violations(contract, control, each.id), 1):
            word = isinstance(edit.value, str) and each.keyword == "enum"
            found.setdefault(edit.path, replace(edit, value="größe") if word else edit)
    payload = edits.apply(control, found.values())
    if len(found) > 1 and contract.request_reading.refuses(payload):
        key = plain[0].id
        yield Case(
            words_of_id(key, "beside-others"), (key,), "refuse", "profile_request",
            f"{len(found)} members that are wrong", tuple(found.values()),
        )  # fmt: skip


def _at_the_ends(contract: Contract, control: Any, wanted: list[Requirement]) -> Iterator[Case]:
    """For each array with a limit, a bad item as the first, and as the last of as many as there may
    be."""
    for location, node in walk(contract.request):
        inside = [
            each for each in wanted if each.location[: len(location) + 1] == (*location, ITEM)
        ]
        if "maxItems" not in node or ITEM in location or not inside:
            continue
        key, usual = inside[-1].id, good(contract, control, location)
        items = filled(node, usual, node["maxItems"] - 1)
        for _, edit in violations(contract, control, key):
            ends = (
                ("first", "first-of-all", Edit(location, [edit.value, *usual])),
                ("last", f"last-of-{node['maxItems']}", Edit(location, [*items, edit.value])),
            )
            made = [
                Case(
                    words_of_id(key, label), (key,), "refuse", "profile_request",
                    f"{edits.words(bad, control)}, the {end} a bad one", (bad,),
                )
                for end, label, bad in ends
                if breaks_exactly(contract, edits.apply(control, [bad]), key)
            ]  # fmt: skip
            yield from made
            if made:
                break


# How many near misses of a kind every member gets; the others its members share between them,
# for servers treat members of a kind alike.
_EACH: dict[object, int] = {
    ("type", "object"): 2, ("type", "text"): 1, ("enum", "word"): 4,
    "format": 6,
}  # fmt: skip


def _kind(contract: Contract, requirement: Requirement) -> tuple[str, str]:
    """The keyword and the table of near misses that it draws on; constrained text has its own."""
    node, keyword = node_at(contract, requirement.location), requirement.keyword
    if keyword == "format":
        return keyword, str(node["format"])
    text = "string" in types(node)
    if keyword == "enum" and text:
        return keyword, "word"
    if keyword == "type" and "object" in types(node) and requirement.location:
        return keyword, "object"
    if keyword == "type" and text and not {"pattern", "maxLength", "enum"} & set(node):
        return keyword, "text"
    return keyword, requirement.id


def _share(
    found: list[tuple[str, Edit]], kind: tuple[str, str], turn: int, sharers: int
) -> list[tuple[str, Edit]]:
    """A member's near misses: the likeliest slips, and its share of the others."""
    first = _EACH.get(kind, _EACH.get(kind[0], len(found))) if sharers > 1 else len(found)
    first += bool(found) and found[0][1].value is None  # null stands in for no other type
    others = found[first:]
    if sharers >= len(others):  # one of them for each of the first members
        return found[:first] + others[turn : turn + 1]
    return found[:first] + others[turn::sharers]
