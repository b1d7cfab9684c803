"""Batches of a fuzz: what Hypothesis draws, and every change that can be made of it.

A batch is told by its seed and its number, whoever sends it: the same two, the same cases. Drawing
a payload costs more than sending it, so each is used many times: as it is, mixed with another, and
as what violations are made of.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from typing import Any

from spec.contract import Contract
from spec.formats import Validity
from strategies import edits, generated
from strategies.bodies import SUBJECT
from strategies.cases import TURN, Case, alone, words_of_id
from strategies.controls import breaks_exactly, place
from strategies.edits import Edit
from strategies.plan import Plan
from strategies.violations import violations

DRAWN = 6  # examples that Hypothesis draws for a batch
VALUES = 8  # promises that each of them has a breaking value for
MIXED = 60  # valid payloads made of two drawn ones
RANDOM = 8  # of each kind of change at random
PHASES = ("deterministic", "hypothesis")
SHARE = 3  # in so many batches, every planned valid or open body is sent once
_WIRE = ("authentication", "headers", "json", "meaning")
_CHAPTERS = ("profile_request", "robustness", *_WIRE)


@dataclass(frozen=True)
class Material:
    """What every batch is made of: computed once from the contract and its plan."""

    contract: Contract
    control: Any
    breaking: tuple[tuple[str, str, Edit], ...]
    wire: tuple[Case, ...]
    others: tuple[Case, ...]


def material(contract: Contract, plan: Plan) -> Material:
    """Every near miss of every requirement on the body, and the planned cases about the rest."""
    keys = [
        key
        for key, each in contract.requirements.items()
        if each.subject == SUBJECT and "refuse" in each.sides
    ]
    found = [
        (key, label, edit)
        for key in keys
        for label, edit in violations(contract, plan.control, key)
    ]
    plain = _plain(plan)
    wire = (case for case in plain if case.chapter in _WIRE)
    others = (
        case
        for case in plain
        if case.chapter in ("profile_request", "robustness") and case.expect != "refuse"
    )
    return Material(contract, plan.control, tuple(found), tuple(wire), tuple(others))


def _plain(plan: Plan) -> list[Case]:
    """The planned cases of one request that needs no other."""
    return [
        alone(case, plan.control)
        for case in plan.cases
        if case.chapter in _CHAPTERS and case.either is None and case.together == 1
        and not (case.after or case.after_control)
    ]  # fmt: skip


def first(plan: Plan, seed: int) -> list[Case]:
    """What a search begins with: the planned cases, which are there without being made.

    What shows most goes first, such as a customer with purchases; valid changes that a generated
    payload makes by the dozen go last.
    """
    found = _plain(plan)
    random.Random(f"{seed}/first").shuffle(found)
    shows = [case for case in found if case.expect == "accept" and not case.requirements]
    last = [case for case in found if case.poolable and case.requirements]
    known = {case.id for case in (*shows, *last)}
    return _named([*shows, *(c for c in found if c.id not in known), *last], f"{seed}-first")


def batch(
    made_of: Material, seed: int, number: int, phases: Collection[str] = PHASES
) -> list[Case]:
    """The cases of batch `number` (from 0) of the search `seed`, in the order of sending.

    `phases` says what it is made of: planned near misses, what Hypothesis draws, or both.
    """
    rng = random.Random(f"{seed}/{number}")
    drawn = _drawn(made_of, rng) if "hypothesis" in phases else []
    bodies = [body for body, _ in drawn]
    bodies += _mixed(made_of, rng, bodies)
    found = [_valid(made_of.contract, body) for body in bodies]
    if "deterministic" in phases:
        found += [*_near_misses(made_of, rng, bodies), *made_of.wire, *_at_random(made_of, rng)]
        found += rng.sample(made_of.others, len(made_of.others) // SHARE)
    found += _drawn_violations(made_of, rng, drawn)
    rng.shuffle(found)
    return _named(found, f"{seed}-{number}")


def _named(cases: list[Case], name: str) -> list[Case]:
    """The cases with ids of their own: of whatever was planned or drawn, then which of all."""
    return [replace(each, id=f"{each.id}{TURN}{name}-{n:03}") for n, each in enumerate(cases)]


_Example = tuple[Any, list[tuple[str, Any]]]
"""A valid payload, and for some requirements a value that may break each."""


def _drawn(made_of: Material, rng: random.Random) -> list[_Example]:
    contract = made_of.contract
    keys = sorted({key for key, _, _ in made_of.breaking})
    keys = [key for key in keys if contract.requirements[key].keyword != "required"]
    chosen = rng.sample(keys, min(VALUES, len(keys)))

    from hypothesis import strategies as st  # takes its time: what is planned goes out before

    from strategies import payloads

    @st.composite
    def example(draw: st.DrawFn) -> _Example:
        body = draw(payloads.valid(contract))
        return body, [(key, draw(payloads.breaking(contract, key))) for key in chosen]

    return payloads.draw(example(), DRAWN, rng.getrandbits(64))


def _mixed(made_of: Material, rng: random.Random, bodies: list[Any]) -> Iterator[Any]:
    """Valid payloads that have each member of one of two drawn ones, or of the control."""
    if not bodies or not all(isinstance(each, dict) for each in (*bodies, made_of.control)):
        return
    for _ in range(MIXED):
        parents = [rng.choice(bodies), rng.choice(bodies), made_of.control]
        body = {}
        for name in dict.fromkeys(name for each in parents for name in each):
            parent = rng.choice(parents)
            if name in parent:
                body[name] = parent[name]
        if made_of.contract.request_reading.validity(body) is Validity.VALID:
            yield body


def _valid(contract: Contract, body: Any) -> Case:
    return generated.case_of(contract, "response.status/generated", body)


def _near_misses(made_of: Material, rng: random.Random, bodies: list[Any]) -> Iterator[Case]:
    """Every planned near miss, on the control and on a generated payload."""
    for key, label, edit in made_of.breaking:
        yield _violation(made_of, key, label, edit, made_of.control)
        if bodies:
            body = rng.choice(bodies)
            if breaks_exactly(made_of.contract, edits.apply(body, [edit]), key):
                yield _violation(made_of, key, label, edit, body)


def _drawn_violations(
    made_of: Material, rng: random.Random, drawn: list[_Example]
) -> Iterator[Case]:
    """What Hypothesis drew to break a requirement, where it breaks that one alone."""
    contract = made_of.contract
    for body, values in drawn:
        for number, (key, value) in enumerate(values):
            edit = place(contract, contract.requirements[key].location, value, number)
            base = rng.choice([made_of.control, body])
            if breaks_exactly(contract, edits.apply(base, [edit]), key):
                yield _violation(made_of, key, "drawn", edit, base)


def _violation(made_of: Material, key: str, label: str, edit: Edit, body: Any) -> Case:
    words, change = edits.words(edit, body), edit
    if body is not made_of.control:
        words, change = f"{words}, in a generated payload", Edit((), edits.apply(body, [edit]))
    chapter: Any = "profile_request" if body is made_of.control else "generated"
    return Case(words_of_id(key, label), (key,), "refuse", chapter, words, (change,))


def _at_random(made_of: Material, rng: random.Random) -> Iterator[Case]:
    """Credentials, bodies and media types that are wrong in a way that no list has."""
    contract = made_of.contract
    header, scheme = contract.credential.header, contract.credential.scheme
    for _ in range(RANDOM):
        wrong = f"{scheme} {_word(rng, rng.randint(8, 60))}".strip()
        yield _wire("auth.wrong_key", f"{header}: {wrong}", "unauthorized", header, wrong)
        media = f"{rng.choice(('application', 'text', 'image'))}/x-{_word(rng, 6).lower()}"
        yield _wire("request.media_type", f"Content-Type: {media}", "refuse", "Content-Type", media)
        yield _cut(rng.random(), b"")
        yield _cut(rng.random(), rng.choice((b"\x01", b"\x0b", b"\x1f")))


def _cut(share: float, odd: bytes) -> Case:
    """A body that ends too early, or has a byte in it that stands nowhere in JSON: neither is JSON,
    wherever that is, as long as the whole is an object."""

    def change(body: bytes) -> bytes:
        at = 1 + int(share * (len(body) - 2))
        return body[:at] + odd + body[at:] if odd else body[:at]

    words = f"the body with a byte 0x{odd[0]:02x}" if odd else "the body cut"
    return Case(
        "request.json/random", ("request.json",), "refuse", "json",
        f"{words} after {share:.1%} of it", raw=change,
    )  # fmt: skip


def _word(rng: random.Random, length: int) -> str:
    letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"
    return "".join(rng.choice(letters) for _ in range(length))


def _wire(key: str, words: str, expect: Any, header: str, value: str) -> Case:
    chapter: Any = "authentication" if expect == "unauthorized" else "headers"
    return Case(f"{key}/random", (key,), expect, chapter, words, headers=((header, (value,)),))
