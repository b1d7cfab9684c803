"""The strict and the lenient reading of a schema, and what they say of the hard values."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spec.formats import Validity
from spec.keywords import Lenient
from spec.loader import load
from spec.reading import Reading, Violation, same_json, utf16_length
from spec.schema import ITEM, Location, walk

VALID, OPEN, VIOLATION = Validity.VALID, Validity.OPEN, Validity.VIOLATION
CONTRACT = load()
REQUEST = CONTRACT.request_reading
FULL: dict[str, Any] = CONTRACT.example
ASTRAL = "𝔞"
INF = float("inf")


def member(name: str, value: Any) -> dict[str, Any]:
    return {**FULL, name: value}


def meta(name: str, value: Any) -> dict[str, Any]:
    return member("installation_meta", {**FULL["installation_meta"], name: value})


def attribute(key: Any = "sport", value: Any = "yoga") -> dict[str, Any]:
    return member("custom_attributes", [{"key": key, "value": value}])


def attributes(count: int) -> dict[str, Any]:
    return member("custom_attributes", [{"key": f"k{n}", "value": n} for n in range(count)])


@pytest.mark.parametrize(
    ("body", "validity"),
    [
        (FULL, VALID),
        ({"installation_meta": {"device_id": FULL["installation_meta"]["device_id"]}}, VALID),
        (member("first_name", ""), VALID),
        (member("unknown", {"any": [1, None]}), VALID),
        # null, for a nullable member, beside an enum, and where nothing says so
        (member("first_name", None), VALID),
        (member("birthday", None), VALID),
        (member("gender", None), OPEN),
        (member("att_status", None), OPEN),
        (meta("platform", None), OPEN),
        (member("installation_meta", None), VIOLATION),
        (meta("device_id", None), VIOLATION),
        (member("custom_attributes", None), VIOLATION),
        # numbers
        (member("att_status", 1), VALID),
        (member("att_status", 1.0), OPEN),
        (member("att_status", 1.5), VIOLATION),
        (member("att_status", True), VIOLATION),
        (member("att_status", False), VIOLATION),
        (member("att_status", "1"), VIOLATION),
        (member("att_status", 10**400), VIOLATION),
        (member("att_status", INF), VIOLATION),
        (member("analytics_disabled", 1), VIOLATION),
        (member("analytics_disabled", 0.0), VIOLATION),
        (attribute(value=1.0), VALID),
        (attribute(value=10**308), VALID),
        (attribute(value=10**400), OPEN),
        (attribute(value=INF), OPEN),
        (attribute(value=-INF), OPEN),
        (attribute(value=True), VIOLATION),
        (attribute(value=None), VIOLATION),
        (member("first_name", 10**5000), VIOLATION),
        # text
        (member("first_name", "a\tb\r\nc"), VALID),
        (member("first_name", "a\0b"), OPEN),
        (member("first_name", "\x7f"), OPEN),
        (member("first_name", "\ud800"), OPEN),
        (member("first_name", "x" * 255), VALID),
        (member("first_name", "x" * 256), OPEN),
        (member("email", "a@b.c\n"), VIOLATION),
        (member("gender", "f\n"), VIOLATION),
        (member("gender", "f\0"), VIOLATION),
        # attributes
        (attribute(key="k" * 30), VALID),
        (attribute(key="k" * 31), VIOLATION),
        (attribute(key=""), OPEN),
        (attribute(key="größe"), OPEN),
        (attribute(key="é" * 30), OPEN),
        (attribute(key="é" * 31), VIOLATION),
        (attribute(key="３"), OPEN),
        (attribute(key=ASTRAL * 30), OPEN),
        (attribute(key=ASTRAL * 31), VIOLATION),
        (attribute(key="a b"), VIOLATION),
        (attribute(key="key\n"), VIOLATION),
        (attribute(key=" "), VIOLATION),
        (attribute(key="a$"), VIOLATION),
        (attribute(value=""), VALID),
        (attribute(value="x" * 50), VALID),
        (attribute(value="x" * 51), VIOLATION),
        (attribute(value=ASTRAL * 25), VALID),
        (attribute(value=ASTRAL * 26), OPEN),
        (attribute(value=ASTRAL * 50), OPEN),
        (attribute(value=ASTRAL * 51), VIOLATION),
        (attributes(30), VALID),
        (attributes(31), VIOLATION),
        (member("custom_attributes", [{"key": "a", "value": 1}] * 2), OPEN),
        (member("custom_attributes", [{"key": "a", "value": 1}, {"key": "a", "value": 2}]), OPEN),
        # what no schema speaks of is open for the same reasons
        (member("unknown", "\0"), OPEN),
        (member("unknown", [{"deep": 10**400}]), OPEN),
        (member("unknown", {"\ud800": 1}), OPEN),
        (member("un\0known", 1), OPEN),
        (member("x" * 256, 1), OPEN),
        ([], VIOLATION),
        (None, VIOLATION),
    ],
    ids=lambda value: value.value if isinstance(value, Validity) else "",
)
def test_a_request(body: Any, validity: Validity) -> None:
    assert REQUEST.validity(body) is validity
    assert bool(REQUEST.violations(body)) is (validity is VIOLATION)


@pytest.mark.parametrize(
    ("schema", "value", "validity"),
    [
        ({"type": "integer"}, INF, OPEN),
        ({"type": "integer"}, 10**400, OPEN),
        ({"type": "integer", "maximum": 9}, INF, VIOLATION),
        ({"type": ["integer", "number"]}, 1.0, VALID),
        ({"enum": [1]}, True, VIOLATION),
        ({"enum": [True]}, 1, VIOLATION),
        ({"enum": [1]}, 1.0, VALID),
        ({"enum": [[1, {"a": False}]]}, [1, {"a": 0}], VIOLATION),
        ({"const": 0}, False, VIOLATION),
        ({"const": "x", "type": ["string", "null"], "x-open-null": True}, None, OPEN),
        ({"minLength": 2}, ASTRAL, OPEN),
        ({"minLength": 2}, "a", VIOLATION),
        ({"maxLength": 300, "type": "string"}, "x" * 300, VALID),
        ({"multipleOf": 0.01}, 19.99, OPEN),
        ({"multipleOf": 0.01}, 0.5, VALID),
        ({"multipleOf": 0.01}, 0.005, VIOLATION),
        ({"multipleOf": 3}, 10**300, OPEN),
        ({"multipleOf": 0.1}, 10**400, OPEN),
        ({"uniqueItems": True}, [1, True, "1", [1], [True]], VALID),
        ({"uniqueItems": True}, [[1], [True], [1.0]], VIOLATION),
        ({"uniqueItems": True}, [{"a": 1, "b": 2}, {"b": 2, "a": 1}], VIOLATION),
        ({"uniqueItems": False}, [1, 1], VALID),
        ({"x-open-unique": "k"}, [{"k": 1}, {"k": 1, "v": 2}], OPEN),
        ({"x-open-unique": "k"}, [{"k": 1}, {"k": 2}, {}, {}, 5], VALID),
        ({"not": {"type": "string"}}, "x", VIOLATION),
        ({"not": {"type": "string"}}, "\0", OPEN),
        ({"not": {"type": "string", "pattern": "^a", "x-open-pattern": "^A"}}, "A", OPEN),
        ({"oneOf": [{"type": "number"}, {"type": "integer"}]}, 1, VIOLATION),
        ({"oneOf": [{"type": "number"}, {"type": "integer"}]}, 1.5, VALID),
        ({"oneOf": [{"type": "number"}, {"type": "integer"}]}, 1.0, OPEN),
        ({"type": "array"}, ["\0"], OPEN),
    ],
)
def test_a_schema(schema: dict[str, Any], value: Any, validity: Validity) -> None:
    assert Reading(schema).validity(value) is validity


KEYWORDS: list[tuple[str, Any, Any]] = [
    ("type", "string", 1),
    ("enum", ["a"], "b"),
    ("const", "a", "b"),
    ("format", "uuid", "b"),
    ("pattern", "^a$", "a\n"),
    ("minLength", 2, "a"),
    ("maxLength", 2, "abc"),
    ("minimum", 2, 1),
    ("maximum", 2, 3),
    ("exclusiveMinimum", 2, 2),
    ("exclusiveMaximum", 2, 2),
    ("multipleOf", 2, 3),
    ("minItems", 1, []),
    ("maxItems", 1, [1, 2]),
    ("uniqueItems", True, [1, 1]),
    ("minProperties", 1, {}),
    ("maxProperties", 1, {"a": 1, "b": 2}),
    ("oneOf", [{"type": "string"}, {"type": "number"}], True),
    ("anyOf", [{"type": "string"}, {"type": "number"}], True),
    ("not", {"type": "string"}, "a"),
    ("contains", {"type": "string"}, [1]),
    ("propertyNames", {"pattern": "^a"}, {"b": 1}),
    ("dependentRequired", {"a": ["b"]}, {"a": 1}),
    ("additionalProperties", False, {"a": 1}),
    ("additionalProperties", {"type": "string"}, {"a": 1}),
    ("additionalProperties", {"properties": {"x": {"type": "string"}}}, {"a": {"x": 1}}),
    ("items", False, [1]),
]


@pytest.mark.parametrize(("keyword", "value", "bad"), KEYWORDS, ids=[k[0] for k in KEYWORDS])
@pytest.mark.parametrize("steps", [(), ("a",), (ITEM,), ("items", ITEM, "properties", ITEM)])
def test_a_violation_names_its_place_and_keyword(
    keyword: str, value: Any, bad: Any, steps: Location
) -> None:
    schema, pointer = {keyword: value}, ""
    for step in reversed(steps):
        schema = {"items": schema} if step == ITEM else {"properties": {step: schema}}
        bad = [bad] if step == ITEM else {step: bad}
        pointer = f"/0{pointer}" if step == ITEM else f"/{step}{pointer}"
    found = Reading(schema).violations(bad)
    assert {(each.location, each.keyword, each.pointer) for each in found} == {
        (steps, keyword, pointer)
    }


def test_a_missing_member_is_named_by_its_own_place() -> None:
    schema = {"items": {"required": ["key", "a/b~"]}}
    assert Reading(schema).violations([{"key": 1, "a/b~": 1}, {}]) == [
        Violation((ITEM, "key"), "required", "/1", "key is missing"),
        Violation((ITEM, "a/b~"), "required", "/1", "a/b~ is missing"),
    ]


def test_violations_come_outermost_first_with_escaped_pointers() -> None:
    schema = {"type": "object", "properties": {"a/~": {"type": "string"}}, "maxProperties": 1}
    found = Reading(schema).violations({"a/~": 1, "b": 2})
    assert [each.pointer for each in found] == ["", "/a~1~0"]


def test_lengths_and_equality() -> None:
    assert utf16_length(f"a{ASTRAL}é") == 4
    assert same_json([1, {"a": 1.0}], [1.0, {"a": 1}])
    assert not same_json({"a": 1}, {"a": True})
    assert not same_json([1], [1, 1])


TEXT = st.text(st.characters(codec=None), max_size=8) | st.sampled_from(["key", "value", "\ud800"])
SCALARS = (
    st.none() | st.booleans() | st.integers() | st.sampled_from([400, 5000]).map(lambda n: 10**n)
) | (st.floats() | TEXT | st.sampled_from(["x" * 300, ASTRAL * 50]))
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=5) | st.dictionaries(TEXT, inner, max_size=4)
)
READINGS = [REQUEST, CONTRACT.refusal_reading, *CONTRACT.response_readings.values()] + [
    Reading({keyword: value}) for keyword, value, _ in KEYWORDS
]


LEADING = {"properties", "items", "required"}  # further, or named at another place


unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


def consistent(reading: Reading, value: Any) -> None:
    found = reading.violations(value)
    assert bool(found) is reading.refuses(value) is (reading.validity(value) is VIOLATION)
    named = {(each.location, each.keyword) for each in found}
    for location, node in walk(reading.schema):
        for keyword in node.keys() & Lenient.VALIDATORS.keys() - LEADING:
            broken = reading.breaks(value, location, keyword)
            assert broken is ((location, keyword) in named), (location, keyword)


@unhurried
@given(st.sampled_from(READINGS), JSON)
def test_any_json_gets_one_answer(reading: Reading, value: Any) -> None:
    consistent(reading, value)


@unhurried
@given(st.sampled_from(sorted({*CONTRACT.request["properties"], "unknown"})), JSON)
def test_any_json_in_a_member_gets_one_answer(name: str, value: Any) -> None:
    consistent(REQUEST, member(name, value))


@pytest.mark.parametrize("inner", [0, {}, 10**5000], ids=["number", "object", "digits"])
def test_endless_values_get_an_answer(inner: Any) -> None:
    value = inner
    for _ in range(5000):
        value = [value]
    for reading in READINGS:
        consistent(reading, value)
        consistent(reading, {"first_name": value, "custom_attributes": [value] * 31})
    assert REQUEST.violations(member("first_name", value))[0].location == ("first_name",)


def test_reading_changes_nothing() -> None:
    body = member("first_name", [10**5000])
    schema, sent = copy.deepcopy(CONTRACT.request), copy.deepcopy(body)
    reading = Reading(schema)
    assert reading.validity(sent) is VIOLATION
    assert [each.keyword for each in reading.violations(sent)] == ["type"]
    assert schema == load().request
    assert sent == body
