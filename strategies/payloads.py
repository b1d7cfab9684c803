"""Hypothesis strategies for payloads: valid ones, and ones that break exactly one requirement.

>>> from spec.loader import load
>>> from strategies import payloads
>>> contract = load()
>>> payloads.valid(contract).example()
>>> payloads.violating(contract, "request.body.gender.enum").example()
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from spec.contract import Contract
from spec.formats import Validity
from spec.reading import LONG_TEXT, Reading, compile_pattern
from spec.schema import Schema, types
from strategies import near_misses, values
from strategies.bodies import SUBJECT, node_at, violations
from strategies.controls import breaks_exactly, full, good, place
from strategies.edits import ABSENT, apply

_PLAIN = st.characters(exclude_categories=("Cs", "Cc"))
_SAFE = 2**53


@lru_cache(maxsize=8)
def valid(contract: Contract) -> SearchStrategy[Any]:
    """Payloads that the contract surely accepts, as parsed JSON.

    Every property comes present, absent and (where it may be) null; values reach the limits of
    their keywords; unknown members appear. What is open never appears.
    """
    return of_schema(contract.request, unknown_members=True)


@st.composite
def violating(draw: DrawFn, contract: Contract, requirement: str) -> Any:
    """Payloads that break exactly `requirement`: with it withdrawn the contract accepts them.

    `requirement` is the id of a request-body requirement with something to refuse. Raises KeyError
    for an unknown id and ValueError for one that no payload can break.
    """
    wanted = contract.requirements[requirement]
    if wanted.subject != SUBJECT or "refuse" not in wanted.sides:
        raise ValueError(f"no payload breaks {requirement}")
    base = draw(valid(contract))
    if wanted.keyword == "required":
        value: Any = ABSENT
    else:
        value = draw(_breaking(contract, requirement))
    payload = apply(base, [place(contract, wanted.location, value, draw(st.integers(0, 9)))])
    if not breaks_exactly(contract, payload, requirement):
        # The random part got in the way; the control and the first near miss that fits do not.
        payload = draw(st.sampled_from(_sure(contract, requirement)))
    return payload


@lru_cache(maxsize=256)
def _sure(contract: Contract, requirement: str) -> list[Any]:
    control = full(contract)
    found = [apply(control, [edit]) for _, edit in violations(contract, control, requirement)]
    if not found:
        raise ValueError(f"no payload is known that breaks {requirement} alone")
    return found


@lru_cache(maxsize=256)
def _breaking(contract: Contract, requirement: str) -> SearchStrategy[Any]:
    """Values that may break a requirement where they stand: its near misses, and random ones."""
    wanted = contract.requirements[requirement]
    node = node_at(contract, wanted.location)
    usual = good(contract, full(contract), wanted.location)
    near = [each.value for each in near_misses.of_keyword(node, wanted.keyword, usual)]
    found: list[SearchStrategy[Any]] = [st.sampled_from(near)] if near else []
    found.append(_random_breaking(node, wanted.keyword, usual))
    return st.one_of(found)


def _random_breaking(node: Schema, keyword: str, usual: Any) -> SearchStrategy[Any]:
    value = node.get(keyword)
    text = st.text(_PLAIN, max_size=40)
    if keyword in ("type", "oneOf", "anyOf"):
        return st.one_of(
            st.integers(-1000, 1000), st.booleans(), text, st.lists(text, max_size=2),
            st.dictionaries(text, text, max_size=2),
        )  # fmt: skip
    if keyword == "maxLength" and isinstance(value, int):
        return st.integers(value + 1, 4 * value + 4).map(lambda size: "a" * size)
    if keyword == "maxItems" and isinstance(value, int):
        return st.integers(value + 1, 2 * value).map(lambda size: values.filled(node, usual, size))
    if keyword in ("enum", "pattern", "format") and "string" in types(node):
        return text
    return st.one_of(st.integers(), text)


def of_schema(schema: Schema, *, unknown_members: bool = False) -> SearchStrategy[Any]:
    """Surely valid values of a normalised schema, as parsed JSON."""
    found: list[SearchStrategy[Any]] = []
    if "const" in schema:
        found.append(st.just(schema["const"]))
    elif "enum" in schema:
        found.append(st.sampled_from([m for m in schema["enum"] if m is not None]))
    elif "oneOf" in schema or "anyOf" in schema:
        rest = {k: v for k, v in schema.items() if k not in ("oneOf", "anyOf")}
        found += [of_schema({**rest, **b}) for k in ("oneOf", "anyOf") for b in schema.get(k, ())]
    else:
        found += [
            _of_type(name, schema, unknown_members) for name in types(schema) if name != "null"
        ]
    if "null" in types(schema) and not schema.get("x-open-null"):
        found.append(st.none())
    reading = Reading(schema)
    return st.one_of(found).filter(lambda value: reading.validity(value) is Validity.VALID)


def _of_type(name: str, schema: Schema, unknown_members: bool) -> SearchStrategy[Any]:
    makers: dict[str, Callable[[], SearchStrategy[Any]]] = {
        "object": lambda: _object(schema, unknown_members),
        "array": lambda: _array(schema),
        "string": lambda: _text(schema),
        "integer": lambda: _integers(schema),
        "number": lambda: _numbers(schema),
        "boolean": st.booleans,
    }
    return makers[name]()


def _object(schema: Schema, unknown_members: bool) -> SearchStrategy[Any]:
    children = {n: of_schema(child) for n, child in schema.get("properties", {}).items()}
    names = schema.get("required", [])
    known = st.fixed_dictionaries(
        {n: children[n] for n in names if n in children},
        optional={n: child for n, child in children.items() if n not in names},
    )
    if not unknown_members or schema.get("additionalProperties") not in (None, True):
        return known
    more = st.dictionaries(
        st.from_regex(r"x_[a-z]{1,8}", fullmatch=True),
        st.one_of(st.none(), st.booleans(), st.integers(-9, 9)),
        max_size=2,
    )  # fmt: skip
    return st.builds(lambda extra, body: {**extra, **body}, more, known)


def _array(schema: Schema) -> SearchStrategy[Any]:
    items = schema.get("items", {"x-sources": {}})
    first = next(iter(items.get("required", ())), None)
    # Items with the same name are open, so the first required member tells them apart.
    tell = (lambda item: repr(item[first])) if first else repr
    return st.lists(
        of_schema(items), min_size=schema.get("minItems", 0),
        max_size=schema.get("maxItems", 5), unique_by=tell,
    )  # fmt: skip


def _text(schema: Schema) -> SearchStrategy[Any]:
    known = {
        "date": st.dates(min_value=datetime.date(1000, 1, 1)).map(lambda day: day.isoformat()),
        "uuid": st.uuids().map(str),
        "email": st.from_regex(
            r"[a-z0-9]{1,12}([._+-][a-z0-9]{1,8})?@example\.com", fullmatch=True
        ),
        "date-time": st.datetimes(min_value=datetime.datetime(1000, 1, 1)).map(
            lambda moment: moment.isoformat(timespec="milliseconds") + "Z"
        ),
    }
    if "format" in schema:
        samples = values.FORMAT_SAMPLES.get(schema["format"], ("",))
        return st.one_of(st.sampled_from(samples), known.get(schema["format"], st.nothing()))
    low, high = schema.get("minLength", 0), schema.get("maxLength", LONG_TEXT)
    if "pattern" in schema:
        return st.one_of(
            st.from_regex(compile_pattern(schema["pattern"]), fullmatch=True),
            st.sampled_from([values.sample(schema, index) for index in range(3)]),
        ).filter(lambda text: low <= len(text) <= high)
    edge = st.sampled_from([low, high]).map(lambda size: "é" * size)
    listed = st.sampled_from([text.value for text in values.TEXTS])
    return st.one_of(st.text(_PLAIN, min_size=low, max_size=min(high, 80)), listed, edge)


def _integers(schema: Schema) -> SearchStrategy[Any]:
    low, high = schema.get("minimum", -_SAFE + 1), schema.get("maximum", _SAFE - 1)
    step = schema.get("multipleOf", 1)
    return st.integers(-(-low // step), high // step).map(lambda number: number * step)


def _numbers(schema: Schema) -> SearchStrategy[Any]:
    low, high = schema.get("minimum", -1e15), schema.get("maximum", 1e15)
    floats = st.floats(low, high, allow_nan=False, allow_infinity=False)
    return st.one_of(floats, _integers({**schema, "minimum": int(low), "maximum": int(high)}))


def draw(strategy: SearchStrategy[Any], count: int, number: int) -> list[Any]:
    """At most `count` examples of a strategy: for the same `number` (the seed) always the same."""
    drawn: list[Any] = []

    @seed(number)
    @settings(
        max_examples=count, database=None, deadline=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(strategy)
    def collect(value: Any) -> None:
        drawn.append(value)

    collect()
    return drawn[:count]
