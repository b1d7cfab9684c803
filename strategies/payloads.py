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
from fractions import Fraction
from functools import lru_cache
from math import ceil, floor
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from spec.contract import Contract
from spec.formats import KNOWN, UNCONSTRAINING, Validity
from spec.reading import LONG_TEXT, Reading, compile_pattern
from spec.schema import ANNOTATIONS, Schema, types
from strategies import near_misses
from strategies.bodies import SUBJECT
from strategies.controls import breaks_exactly, full, good, place
from strategies.edits import ABSENT, apply
from strategies.samples import ANYTHING, FORMAT_SAMPLES, filled, kinds, multiple, run_of, sample
from strategies.values import TEXTS
from strategies.violations import node_at, violations

_PLAIN = st.characters(exclude_categories=("Cs", "Cc"))
_SAFE = 2**53
# What is generated for a format beside the samples: surely valid too.
FORMATS: dict[str, SearchStrategy[str]] = {
    "date": st.dates(min_value=datetime.date(1000, 1, 1)).map(lambda day: day.isoformat()),
    "uuid": st.one_of(st.uuids(version=1), st.uuids(version=4)).map(str),
    "email": st.from_regex(r"[a-z0-9]{1,12}([._+-][a-z0-9]{1,8})?@example\.com", fullmatch=True),
    "date-time": st.datetimes(min_value=datetime.datetime(1000, 1, 1)).map(
        lambda moment: moment.isoformat(timespec="milliseconds") + "Z"
    ),
}


@lru_cache(maxsize=8)
def valid(contract: Contract) -> SearchStrategy[Any]:
    """Payloads that the contract surely accepts, as parsed JSON.

    Every property comes present, absent and (where it may be) null; values reach the limits of
    their keywords; unknown members appear. What is open never appears.
    """
    bodies = of_schema(contract.request, unknown_members=True)

    @st.composite
    def payload(draw: DrawFn) -> Any:
        return draw(bodies)

    return payload()  # Hypothesis shows strategies: this one in a word instead of pages


def violating(contract: Contract, requirement: str) -> SearchStrategy[Any]:
    """Payloads that break exactly `requirement`: with it withdrawn the contract accepts them.

    `requirement` is the id of a request-body requirement with something to refuse. Raises KeyError
    for an unknown id and ValueError for one that no payload can break.
    """
    wanted = contract.requirements[requirement]
    if wanted.subject != SUBJECT or "refuse" not in wanted.sides:
        raise ValueError(f"no payload breaks {requirement}")
    sure = _sure(contract, requirement)

    @st.composite
    def payload_of(draw: DrawFn) -> Any:
        base = draw(valid(contract))
        value = ABSENT if wanted.keyword == "required" else draw(breaking(contract, requirement))
        payload = apply(base, [place(contract, wanted.location, value, draw(st.integers(0, 9)))])
        if not breaks_exactly(contract, payload, requirement):
            # The random part got in the way; the control and a near miss that fits do not.
            payload = sure[draw(st.integers(0, len(sure) - 1))]
        return payload

    return payload_of()


@lru_cache(maxsize=256)
def _sure(contract: Contract, requirement: str) -> list[Any]:
    control = full(contract)
    found = [apply(control, [edit]) for _, edit in violations(contract, control, requirement)]
    if not found:
        raise ValueError(f"no payload is known that breaks {requirement} alone")
    return found


@lru_cache(maxsize=256)
def breaking(contract: Contract, requirement: str) -> SearchStrategy[Any]:
    """Values that may break a requirement where they stand: its near misses, and random ones."""
    wanted = contract.requirements[requirement]
    node = node_at(contract, wanted.location)
    usual = good(contract, full(contract), wanted.location)
    near = [each.value for each in near_misses.of_keyword(node, wanted.keyword, usual)]
    found = [_random_breaking(node, wanted.keyword, usual)]
    if near:
        found.append(st.integers(0, len(near) - 1).map(near.__getitem__))
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
        return st.integers(value + 1, 4 * value + 4).map(lambda size: run_of(node, size))
    if keyword == "maxItems" and isinstance(value, int):
        return st.integers(value + 1, 2 * value + 1).map(lambda size: filled(node, usual, size))
    if keyword in ("enum", "pattern", "format") and "string" in types(node):
        return text
    return st.one_of(st.integers(), text)


def of_schema(schema: Schema, *, unknown_members: bool = False) -> SearchStrategy[Any]:
    """Surely valid values of a normalised schema, as parsed JSON."""
    values = _unfiltered(schema, unknown_members)
    if schema.keys() <= _PLAIN_OBJECT and "object" in types(schema):
        return values  # as valid as its members, which were looked at one by one
    reading = Reading(schema)
    return values.filter(lambda value: reading.validity(value) is Validity.VALID)


def _unfiltered(schema: Schema, unknown_members: bool) -> SearchStrategy[Any]:
    found: list[SearchStrategy[Any]] = []
    if "const" in schema:
        found.append(st.just(schema["const"]))
    elif "enum" in schema:
        found.append(st.sampled_from([m for m in schema["enum"] if m is not None]))
    elif "oneOf" in schema or "anyOf" in schema:
        rest = {k: v for k, v in schema.items() if k not in ("oneOf", "anyOf")}
        for branch in (*schema.get("oneOf", ()), *schema.get("anyOf", ())):
            found.append(_unfiltered({**rest, **branch}, unknown_members))
    else:
        found += [
            _of_type(name, schema, unknown_members) for name in kinds(schema) if name != "null"
        ]
        if _HARD & set(schema):
            found += [st.just(value) for value in _sampled(schema)]
    if "null" in types(schema) and not schema.get("x-open-null"):
        found.append(st.none())
    return st.one_of(found)


_PLAIN_OBJECT = {"type", "properties", "required", "nullable", "x-sources", *ANNOTATIONS}
# Keywords that random values of the type rarely satisfy.
_HARD = frozenset({"contains", "minProperties", "propertyNames", "dependentRequired", "pattern"})


def _sampled(schema: Schema) -> list[Any]:
    try:
        return [sample(schema, index) for index in range(3)]
    except ValueError:
        return []


def _of_type(name: str, schema: Schema, unknown_members: bool) -> SearchStrategy[Any]:
    makers: dict[str, Callable[[], SearchStrategy[Any]]] = {
        "object": lambda: _object(schema, unknown_members),
        "array": lambda: _array(schema, unknown_members),
        "string": lambda: _text(schema),
        "integer": lambda: _integers(schema),
        "number": lambda: _numbers(schema),
        "boolean": st.booleans,
    }
    return makers[name]()


def _object(schema: Schema, unknown_members: bool) -> SearchStrategy[Any]:
    names = schema.get("required", [])
    children = {
        name: of_schema(child, unknown_members=unknown_members)
        for name, child in schema.get("properties", {}).items()
    }
    known = st.fixed_dictionaries(
        {name: children.get(name, st.none()) for name in names},
        optional={
            n: child for n, child in children.items() if n not in names and not child.is_empty
        },
    )
    if not unknown_members or schema.get("additionalProperties") not in (None, True):
        return known
    more = st.dictionaries(
        st.from_regex(r"x_[a-z]{1,8}", fullmatch=True),
        st.one_of(st.none(), st.booleans(), st.integers(-9, 9)),
        max_size=2,
    )  # fmt: skip
    return st.builds(lambda extra, body: {**extra, **body}, more, known)


def _array(schema: Schema, unknown_members: bool) -> SearchStrategy[Any]:
    declared = schema.get("items", ANYTHING)
    items = declared if isinstance(declared, dict) else ANYTHING
    low, high = schema.get("minItems", 0), schema.get("maxItems")
    first = next(iter(items.get("required", ())), None)
    # Items with the same name are open, so the first required member tells them apart.
    tell = (lambda item: repr(item[first])) if first else repr
    lists = st.lists(
        of_schema(items, unknown_members=unknown_members), min_size=low,
        max_size=max(low, 5) if high is None else high, unique_by=tell,
    )  # fmt: skip
    return lists if high is None else st.one_of(lists, lists, st.just(filled(schema, [], high)))


def _text(schema: Schema) -> SearchStrategy[Any]:
    if "x-plausible" in schema:
        return st.sampled_from(schema["x-plausible"])
    name = schema.get("format")
    if name in FORMAT_SAMPLES:
        return st.one_of(st.sampled_from(FORMAT_SAMPLES[name]), FORMATS.get(name, st.nothing()))
    if name is not None and name not in KNOWN | UNCONSTRAINING:
        return st.nothing()  # every text is open
    low, high = schema.get("minLength", 0), schema.get("maxLength", LONG_TEXT)
    edges = [run_of(schema, low), run_of(schema, high)]
    if "pattern" in schema:
        matching = st.from_regex(compile_pattern(schema["pattern"]), fullmatch=True)
        return st.one_of(matching, st.sampled_from(edges)).filter(lambda t: low <= len(t) <= high)
    edges += ["é" * low, "é" * high, *(text.value for text in TEXTS)]
    return st.one_of(
        st.text(_PLAIN, min_size=low, max_size=min(high, low + 80)), st.sampled_from(edges)
    )


def _integers(schema: Schema) -> SearchStrategy[Any]:
    step = schema.get("multipleOf", 1)
    low = max(schema.get(k, -_SAFE + 1) for k in ("minimum", "exclusiveMinimum"))
    high = min(schema.get(k, _SAFE - 1) for k in ("maximum", "exclusiveMaximum"))
    divisor = Fraction(str(step))
    first, last = ceil(Fraction(str(low)) / divisor), floor(Fraction(str(high)) / divisor)
    if first > last:
        return st.nothing()
    return st.integers(first, last).map(lambda number: multiple(step, number))


def _numbers(schema: Schema) -> SearchStrategy[Any]:
    low = max(schema.get(k, -1e15) for k in ("minimum", "exclusiveMinimum"))
    high = min(schema.get(k, 1e15) for k in ("maximum", "exclusiveMaximum"))
    multiples = _integers(schema)
    if "multipleOf" in schema or low > high:
        return multiples
    return st.one_of(st.floats(low, high, allow_nan=False, allow_infinity=False), multiples)


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
