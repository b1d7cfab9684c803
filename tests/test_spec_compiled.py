"""The compiled yes or no against the validator that it was made of."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spec.compiled import compiled
from spec.keywords import Lenient, Strict
from spec.schema import ITEM, Schema, walk
from strategies import edits, payloads
from strategies.plan import deterministic
from tests.support import CONTRACT

PLAN = deterministic(CONTRACT)
BODIES = [edits.apply(PLAN.control, case.edits) for case in PLAN.cases if case.edits]
KINDS = pytest.mark.parametrize("kind", [Strict, Lenient], ids=["strict", "lenient"])


@KINDS
def test_every_planned_body(kind: Any) -> None:
    fits = compiled(kind, CONTRACT.request)
    plain = kind(CONTRACT.request)
    told = [fits(body) for body in BODIES]
    assert told == [plain.is_valid(body) for body in BODIES]
    assert set(told) == {True, False}


@KINDS
@pytest.mark.parametrize("where", range(len(list(walk(CONTRACT.request)))))
def test_every_part_of_the_schema(kind: Any, where: int) -> None:
    location, schema = list(walk(CONTRACT.request))[where]
    path = tuple(0 if step == ITEM else step for step in location)
    values = [edits.get(body, path) for body in BODIES]
    values += [None, True, 0, 1.5, "", "text", [], {}, [None], {"key": 1}]
    found = [value for value in values if value is not edits.ABSENT]
    assert [compiled(kind, schema)(v) for v in found] == [kind(schema).is_valid(v) for v in found]


@KINDS
@given(body=payloads.valid(CONTRACT))
@settings(max_examples=20, deadline=None, database=None)
def test_generated_bodies(kind: Any, body: Any) -> None:
    assert compiled(kind, CONTRACT.request)(body) is kind(CONTRACT.request).is_valid(body)


OTHERS: list[tuple[Schema, Any]] = [
    ({"prefixItems": [{"type": "string"}], "items": {"type": "integer"}}, ["a", 1]),
    ({"prefixItems": [{"type": "string"}], "items": {"type": "integer"}}, [1, 1]),
    ({"items": False}, []),
    ({"items": False}, [1]),
    ({"properties": {"a": False}}, {"a": 1}),
    ({"properties": {"a": True}}, {"a": 1}),
    ({"properties": {"a": {}}, "additionalProperties": False}, {"b": 1}),
    ({"additionalProperties": {"type": "integer"}}, {"b": "1"}),
    ({"$defs": {"n": {"type": "integer"}}, "properties": {"a": {"$ref": "#/$defs/n"}}}, {"a": "1"}),
    ({"$defs": {"n": {"type": "integer"}}, "properties": {"a": {"$ref": "#/$defs/n"}}}, {"a": 1}),
    ({"required": ["a"]}, "text"),
    ({"required": ["a"]}, {"b": 1}),
    ({"allOf": [{"minimum": 2}], "type": "integer"}, 1),
    ({"oneOf": [{"type": "integer"}, {"minimum": 2}]}, 3),
    ({"not": {"type": "integer"}}, 3),
    ({"unevaluatedProperties": False, "properties": {"a": {}}}, {"b": 1}),
    ({"type": "integer"}, 1e400),
    ({"type": ["string", "null"]}, True),
]  # fmt: skip


@KINDS
@pytest.mark.parametrize("number", range(len(OTHERS)))
def test_keywords_that_a_later_edition_may_use(kind: Any, number: int) -> None:
    schema, value = OTHERS[number]
    assert compiled(kind, schema)(value) is kind(schema).is_valid(value)


ODD_VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.just(10**400), st.just([10**400]),
    st.text(max_size=5), st.text(st.characters(codec=None), max_size=3),
    st.sampled_from(["a" * 255, "a" * 256, "é" * 40, "😀" * 16, "\x00", "m\ud800", "f", "F "]),
    st.lists(st.text(max_size=3), max_size=2),
    st.dictionaries(st.sampled_from(["key", "value", "gender", "odd\x00", "x" * 300]),
                    st.one_of(st.none(), st.text(max_size=3), st.just("a" * 300)), max_size=3),
)  # fmt: skip
SCHEMAS = [schema for _, schema in walk(CONTRACT.request)] + [
    schema for whole in CONTRACT.responses.values() if whole for _, schema in walk(whole)
]


@KINDS
@given(schema=st.sampled_from(SCHEMAS), value=ODD_VALUES)
@settings(max_examples=400, deadline=None, database=None)
def test_what_is_taken_quickly_is_valid(kind: Any, schema: Schema, value: Any) -> None:
    for keyword, make in kind.QUICK.items():
        if keyword in schema and make(schema[keyword], schema)(value):
            check = kind.VALIDATORS[keyword]
            assert not list(check(kind(schema), schema[keyword], value, schema) or ()), keyword


@KINDS
@given(schema=st.sampled_from(SCHEMAS), value=ODD_VALUES)
@settings(max_examples=400, deadline=None, database=None)
def test_what_is_told_exactly_is_what_the_keyword_says(
    kind: Any, schema: Schema, value: Any
) -> None:
    for keyword, make in kind.EXACT.items():
        if keyword in schema:
            said = list(kind.VALIDATORS[keyword](kind(schema), schema[keyword], value, schema))
            assert make(schema[keyword], schema)(value) is (not said), keyword


@KINDS
def test_something_is_taken_quickly_of_each_keyword(kind: Any) -> None:
    schema = {"type": ["string", "null"], "enum": ["f"], "pattern": "^[a-z]$", "maxLength": 3}
    for keyword, make in kind.QUICK.items():
        surely = make(schema[keyword], schema)
        assert surely("f"), keyword
        assert not surely(5), keyword


@KINDS
@pytest.mark.parametrize("value", ["abcd", "😀😀"])
def test_what_may_be_too_long_is_not_taken_quickly(kind: Any, value: str) -> None:
    assert not kind.QUICK["maxLength"](3, {})(value)
