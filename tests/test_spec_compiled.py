"""The compiled yes or no against the validator that it was made of."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings

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
