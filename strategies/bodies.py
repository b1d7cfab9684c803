"""Bodies that the contract accepts or leaves open, computed from its request schema."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from spec.contract import Contract
from spec.formats import Validity
from spec.requirements import identifier, segment
from spec.schema import ITEM, Location, Schema, at, types, walk
from strategies import edits, values
from strategies.cases import Case, words_of_id
from strategies.controls import good, place
from strategies.edits import ABSENT, Edit
from strategies.samples import of_another_kind, sample
from strategies.values import Named

SUBJECT = "request.body"
_NEIGHBOURS = 3  # members of which at most one is left out of a pool
_APART = 3  # pools from one member of an enum to the next


def accepted(contract: Contract, control: Any) -> Iterator[Case]:
    """Every valid value worth sending, each one change away from `control`.

    Nulls come first, then the edges of each keyword, so that pooling packs like with like; but a
    member is left out in another pool than its neighbours, so that each is seen without the other,
    and members of an enum stand in pools further apart, for the sake of more combinations.
    """
    layers: list[list[Case]] = []
    number = 0
    for turn, (location, node) in enumerate(walk(contract.request)):
        value = good(contract, control, location)
        depth = 0
        variants = list(_variants(contract, location, node, value))
        if variants and variants[0][1].value is ABSENT:
            variants.insert(1 + turn % _NEIGHBOURS, variants.pop(0))
        for keyword, named in variants:
            number += 1
            edit = place(contract, location, named.value, number)
            if not _changes(control, edit):
                continue
            payload = edits.apply(control, [edit])
            if contract.request_reading.validity(payload) is not Validity.VALID:
                continue
            while len(layers) <= depth:
                layers.append([])
            key = identifier(SUBJECT, location, keyword)
            layers[depth].append(
                Case(
                    words_of_id(key, named.label), (key,), "accept", "profile_request",
                    edits.words(edit, control), (edit,), among=_among(contract, control, edit),
                )
            )  # fmt: skip
            depth += _APART if keyword == "enum" else 1
    found = [case for layer in layers for case in layer]
    found += [*_of_another_kind(contract, control), *_unknown_members(contract, control)]
    yield from found
    yield from _kept(contract, control, {key for case in found for key in case.requirements})


def _variants(
    contract: Contract, location: Location, node: Schema, value: Any
) -> Iterator[tuple[str, Named]]:
    if identifier(SUBJECT, location, "optional") in contract.requirements:
        yield "optional", Named("left-out", ABSENT)
    if identifier(SUBJECT, location, "nullable") in contract.requirements:
        yield "nullable", Named("null", None)
    for keyword, named in values.accepted(node, value):
        if identifier(SUBJECT, location, keyword) in contract.requirements:
            yield keyword, named
    kind = next((key for key in ("oneOf", "anyOf", "type") if key in node), None)
    if ITEM in location[:-1] and kind and not _names_its_item(contract, location):
        yield from ((kind, text) for text in values.ITEM_TEXTS)
        yield kind, Named("as-another-has-it", value)


def _of_another_kind(contract: Contract, control: Any) -> Iterator[Case]:
    """The control's own items, one with a value of another type: where one customer has a text,
    another may have a number."""
    for location, node in walk(contract.request):
        path = tuple(0 if step == ITEM else step for step in location)
        usual = edits.get(control, path)
        if ITEM in location and {"oneOf", "anyOf"} & set(node) and usual is not ABSENT:
            key = identifier(SUBJECT, location, "oneOf" if "oneOf" in node else "anyOf")
            other = sample(of_another_kind(node), 6)
            if type(other) is not type(usual) and key in contract.requirements:
                whole = path[: path.index(0)]  # so that it shares its request with no other item
                edit = Edit(whole, edits.get(edits.apply(control, [Edit(path, other)]), whole))
                yield Case(
                    words_of_id(key, "of-another-kind"), (key,), "accept", "profile_request",
                    edits.words(edit, control), (edit,),
                )  # fmt: skip


def _names_its_item(contract: Contract, location: Location) -> bool:
    """Whether a member of an item is the one that tells it from others: the first required."""
    return location[-1] == next(iter(at(contract.request, location[:-1]).get("required", ())), None)


def _unknown_members(contract: Contract, control: Any) -> Iterator[Case]:
    for number, (location, node) in enumerate(walk(contract.request)):
        key = identifier(SUBJECT, location, "additionalProperties")
        if "object" not in types(node) or key not in contract.requirements:
            continue
        name = "unknown" if "propertyNames" in node else "unknown_member"
        for label, value in (("text", "sample"), ("nested", {"a": [1, None, {"b": 0.5}]})):
            edit = place(contract, (*location, name), value, 500 + number)
            payload = edits.apply(control, [edit])
            if contract.request_reading.validity(payload) is Validity.VALID:
                yield Case(
                    words_of_id(key, f"unknown-member-{label}"), (key,), "accept",
                    "profile_request", edits.words(edit, control), (edit,),
                    among=_among(contract, control, edit),
                )  # fmt: skip


def _kept(contract: Contract, control: Any, probed: set[str]) -> Iterator[Case]:
    """For each requirement that leaves no other valid value: the control's own, said again.

    An accepted control shows the type of everything in it, so types need no such case.
    """
    for key, each in contract.requirements.items():
        wanted = each.subject == SUBJECT and "accept" in each.sides and each.keyword != "type"
        if not wanted or key in probed or not each.keyword:
            continue
        special = {"optional": ABSENT, "nullable": None}
        known = each.keyword in special
        value = special[each.keyword] if known else good(contract, control, each.location)
        edit = place(contract, each.location, value, 900)
        if contract.request_reading.validity(edits.apply(control, [edit])) is Validity.VALID:
            yield Case(
                words_of_id(key, "as-it-is"), (key,), "accept", "profile_request",
                edits.words(edit, control), (edit,), among=_among(contract, control, edit),
            )  # fmt: skip


_COUNTED = frozenset({"minProperties", "maxProperties", "dependentRequired", "dependentSchemas"})
_WEIGHED = frozenset({"not", "anyOf", "oneOf", "if", "contains"})


def _among(contract: Contract, control: Any, edit: Edit) -> tuple[edits.Path, int] | None:
    """Where a limit counts what this edit and others change together, and the room it leaves."""
    node = contract.request
    for depth, step in enumerate(edit.path):
        path = edit.path[:depth]
        last = depth == len(edit.path) - 1
        present = edits.get(control, edit.path) is not ABSENT
        changes_members = last and (edit.value is ABSENT or not present)
        if _WEIGHED & set(node) or (changes_members and _COUNTED & set(node)):
            return path, 1
        if step == edits.APPEND:
            if "maxItems" not in node:
                return None
            items = edits.get(control, path)
            return path, node["maxItems"] - (len(items) if isinstance(items, list) else 0)
        child = node.get("properties", {}).get(step)
        if child is None:
            return None
        node = child
    return None


def _changes(control: Any, edit: Edit) -> bool:
    if edits.APPEND in edit.path:
        return True
    before = edits.get(control, edit.path)
    return type(before) is not type(edit.value) or before != edit.value


def opened(contract: Contract, control: Any) -> Iterator[Case]:
    """What the schema leaves open: probed for crashes, and shown as the target's choices."""

    def case(choice: str, label: str, location: Location, value: Any) -> Case:
        edit = place(contract, location, value)
        where = ".".join(map(segment, location))
        return Case(
            words_of_id(choice, where, label), (), "open", "profile_request",
            edits.words(edit, control), (edit,), choice=choice,
        )  # fmt: skip

    odd = [(location, node) for location, node in walk(contract.request) if "x-plausible" in node]
    if odd:
        changes = tuple(
            place(contract, location, "neither a number nor a code") for location, _ in odd
        )
        yield Case(
            "request.text/implausible", (), "open", "profile_request",
            f"{len(odd)} members that prose describes, with other text", changes,
            choice="request.text",
        )  # fmt: skip
    plain = [location for location, node in walk(contract.request) if _is_plain_text(node)]
    if plain:
        changes = tuple(place(contract, location, "long " * 60) for location in plain)
        yield Case(
            "request.text/300-characters", (), "open", "profile_request",
            f"{len(plain)} members with 300 characters each", changes, choice="request.text",
        )  # fmt: skip
    texts = list(values.OPEN_TEXTS)
    turn, refused_text = 0, False
    formats: set[str] = set()
    for location, node in walk(contract.request):
        if node.get("x-open-null"):
            yield case("request.enum_null", "null", location, None)
        if "string" in types(node) and "enum" in node and not refused_text:
            # Servers that quote what they refuse cannot put this into an answer.
            refused_text = True
            yield case("request.text", "lone-surrogate-for-a-member", location, "\ud800")
        if node.get("x-open-pattern"):
            for label, text in (("empty", ""), ("letters-beyond-ascii", "größe")):
                yield case("request.attribute_key", label, location, text)
        if "integer" in types(node):
            yield case("request.integral_float", "float", location, edits.Raw("1.0"))
        if "oneOf" in node or "number" in types(node):
            yield case("request.number", "beyond-doubles", location, edits.Raw("1e400"))
            yield _large_integers(contract, control, location)
        for open_format in values.OPEN_FORMATS.get(node.get("format", ""), ()):
            if node["format"] not in formats:
                formats.add(node["format"])
                yield case("request.format", open_format.label, location, open_format.value)
        if "oneOf" in node:  # what comes back of it has to be written again
            for named in texts:
                if named.label in ("nul", "lone-surrogate"):
                    yield case("request.text", named.label, location, named.value)
        if _is_plain_text(node):
            if turn < len(texts):
                yield case("request.text", texts[turn].label, location, texts[turn].value)
            turn += 1


def _large_integers(contract: Contract, control: Any, location: Location) -> Case:
    """One beyond 64 bits and, where there is room for another, one beyond doubles."""
    changes = [place(contract, location, 10**19), place(contract, location, 10**400, 1)]
    if edits.overlaps(*changes):
        changes = changes[:1]
    return Case(
        words_of_id("request.number", ".".join(map(segment, location)), "large"), (), "open",
        "profile_request", "; ".join(edits.words(each, control) for each in changes),
        tuple(changes), choice="request.number",
    )  # fmt: skip


def _is_plain_text(node: Schema) -> bool:
    return "string" in types(node) and not {"enum", "format", "pattern"} & set(node)
