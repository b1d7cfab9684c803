"""What lax servers let through, for a schema of each kind, today's and later ones."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from spec.formats import Validity
from spec.reading import Reading
from spec.schema import Schema
from strategies.edits import show
from strategies.near_misses import of_keyword
from strategies.values import accepted

WORDS = re.compile(r"[A-Za-z0-9._-]+")  # of which case ids are made, for `-k`


def normal(**keywords: Any) -> Schema:
    return {"x-sources": {}, **keywords}


def offered(schema: Schema, keyword: str, good: Any) -> list[Any]:
    """What is tried against a keyword where `good` is accepted."""
    found = list(of_keyword(schema, keyword, good))
    assert len({each.label for each in found}) == len(found), "labels name one each"
    assert all(WORDS.fullmatch(each.label) for each in found)
    return [each.value for each in found]


def missing(wanted: list[Any], found: list[Any]) -> list[str]:
    """Those of the wanted values that are not tried: `1`, `1.0` and `true` are three."""
    shown = {show(each, 10**6) for each in found}
    return [show(each, 10**6) for each in wanted if show(each, 10**6) not in shown]


OBJECT = {"a": "x"}
KINDS: list[tuple[Schema, Any, list[Any]]] = [
    (normal(type="object"), OBJECT, [None, [OBJECT], [], '{"a": "x"}', 1]),
    (normal(type="array"), [7, 8], [None, {}, {"0": 7, "1": 8}, 7, "[7, 8]", ""]),
    (normal(type="string"), "x", [None, 12345, ["x"], True, {"value": "x"}]),
    (normal(type=["string", "null"]), "x", [0, ["x"], True, {"value": "x"}]),
    (normal(type="string", format="date"), "x", [978220800, 12345]),
    (normal(type=["string", "null"], format="uuid"), "x", [12345]),
    (normal(type="integer"), 3, [None, "3", " 3", "３", True, False, [3], "", 3.5]),
    (normal(type="number"), 2.5, [None, "2.5", " 2.5", "２.５", True, False, [2.5], ""]),
    (normal(type="boolean"), True, [None, 0, 1, "true", "on", "", [True]]),
    (normal(oneOf=[normal(type="string"), normal(type="number")]), "x", [None, True, False]),
    (
        normal(anyOf=[normal(type="string"), normal(type="number")]),
        "x",
        [True, False, {"value": "x"}],
    ),
]


@pytest.mark.parametrize(("schema", "good", "wanted"), KINDS)
def test_what_is_taken_for_a_type_by_those_who_convert(
    schema: Schema, good: Any, wanted: list[Any]
) -> None:
    keyword = next(each for each in ("type", "oneOf", "anyOf") if each in schema)
    found = offered(schema, keyword, good)
    assert missing(wanted, found) == []
    for value in wanted:
        assert Reading(schema).validity(value) is Validity.VIOLATION, value


def test_null_is_no_near_miss_where_it_may_be() -> None:
    assert None not in offered(normal(type=["string", "null"]), "type", "x")


def test_the_number_that_is_tried_for_a_member_of_an_enum_is_the_place_of_one() -> None:
    """The refusal of another would prove little, for no number made text is a member."""
    found = offered(normal(type=["string", "null"], enum=["a", "b", None]), "type", "a")
    assert [value for value in found if type(value) is int] == [1]


def test_what_is_taken_for_a_member_of_an_enum() -> None:
    found = offered(normal(enum=["Ab", "cd"]), "enum", "Ab")
    assert missing(["aB", " Ab ", "Ab\n", "", "CD", "Abcd", True, False], found) == []
    found = offered(normal(enum=[0, 1, 5]), "enum", 1)
    assert missing([6, -1, 2**40, "unknown", True, False], found) == []
    found = offered(normal(enum=[True, 2]), "enum", True)
    assert missing([False, 3, 1], found) == []
    assert missing([True], found) == ["true"]
    assert missing(["X", "unknown"], offered(normal(const="x"), "const", "x")) == []


def test_what_is_taken_by_a_pattern_that_is_searched_or_trimmed() -> None:
    found = offered(normal(pattern="^[a-z]+$"), "pattern", "abcd")
    wanted = ["abcd\n", " abcd", "abcd ", "ab cd", "ab@cd", "ab/cd", "ab|cd", "", "abcd" * 3]
    wanted.append("a" * 28 + "🎉")
    assert missing(wanted, found) == []
    assert "a\n" in offered(normal(pattern="^a$"), "pattern", None)


@pytest.mark.parametrize(
    ("schema", "keyword", "wanted"),
    [
        (normal(maxLength=4), "maxLength", ["aaaaa", "aaaa ", "12345"]),
        (normal(minLength=3), "minLength", ["aa", "  "]),
        (normal(maxItems=2, items=normal(type="integer")), "maxItems", None),
        (normal(minItems=2, items=normal(type="integer")), "minItems", None),
        (normal(uniqueItems=True, items=normal(type="integer")), "uniqueItems", None),
        (normal(maxProperties=1), "maxProperties", None),
    ],
)
def test_limits_are_passed_by_one(schema: Schema, keyword: str, wanted: list[Any] | None) -> None:
    good: Any = [1, 2] if "Items" in keyword else {"a": 1} if "Prop" in keyword else "abc"
    found = offered(schema, keyword, good)
    assert missing(wanted or [], found) == []
    broken = [v for v in found if Reading(schema).validity(v) is Validity.VIOLATION]
    assert broken
    sizes = {len(each) for each in broken}
    limit = schema[keyword]
    if keyword.startswith("max"):
        assert min(sizes) == limit + 1
    elif keyword.startswith("min"):
        assert max(sizes) == limit - 1


def test_one_item_too_many_may_be_of_either_kind() -> None:
    either = normal(oneOf=[normal(type="string"), normal(type="integer")])
    texts, numbers = offered(normal(maxItems=3, items=either), "maxItems", ["a"])
    assert len(texts) == len(numbers) == 4
    assert texts[0] == numbers[0] == "a", "the usual items stay"
    assert {type(each) for each in texts} == {str}
    assert {type(each) for each in numbers[1:]} == {int}
    assert len(offered(normal(maxItems=3, items=normal(type="integer")), "maxItems", [1])) == 1


def test_a_member_of_an_enum_is_also_called_as_generated_code_calls_it() -> None:
    found = [each.value for each in of_keyword(normal(enum=["ab", "cd"]), "enum", "ab", "sort")]
    assert "SORT_AB" in found


def test_an_item_comes_twice_side_by_side_and_apart() -> None:
    schema = normal(uniqueItems=True, minItems=2, items=normal(type="integer"))
    beside, apart = offered(schema, "uniqueItems", [7])[-2:]
    assert beside.count(beside[0]) == apart.count(apart[0]) == 2
    assert beside[0] == beside[-1]
    assert apart[0] == apart[-1]
    assert len(apart) == len(beside) + 1
    apart = offered(schema, "uniqueItems", [7, 8, 9])[-1]
    assert apart[0] == apart[-1], "also where the usual items are as many"
    assert len(set(apart)) == len(apart) - 1 > 1


def test_a_member_too_many_is_as_valid_as_the_others() -> None:
    schema = normal(maxProperties=2, additionalProperties=normal(type="integer"))
    (found,) = offered(schema, "maxProperties", {"a": 1})
    assert len(found) == 3
    assert found["a"] == 1
    assert all(isinstance(each, int) for each in found.values())


@pytest.mark.parametrize(
    ("schema", "keyword", "wanted"),
    [
        (normal(minimum=2), "minimum", [1, 1.999, -999]),
        (normal(maximum=2), "maximum", [3, 2.001, 1003]),
        (normal(exclusiveMinimum=2), "exclusiveMinimum", [2, 1]),
        (normal(exclusiveMaximum=2), "exclusiveMaximum", [2, 3]),
        (normal(multipleOf=3), "multipleOf", [7.5, 4.5, 7, 5]),
        (normal(minimum=0.5, multipleOf=0.2), "minimum", [0.4]),
        (normal(maximum=0.5, multipleOf=0.2), "maximum", [0.6]),
    ],
)
def test_numbers_just_past_a_limit(schema: Schema, keyword: str, wanted: list[Any]) -> None:
    assert missing(wanted, offered(schema, keyword, 6)) == []


def test_what_a_schema_must_not_be_is_tried() -> None:
    assert offered(normal(**{"not": normal(const=5)}), "not", 1) == [5]
    impossible = normal(**{"not": normal(type="string", format="phone")})
    assert {} in offered(impossible, "not", 1)


def test_a_keyword_without_a_table_gets_one_value_of_each_shape() -> None:
    found = offered(normal(), "dependentRequired", {"a": 1, "b": 2})
    wanted = [{}, [], [{"a": 1, "b": 2}], "", 0, True, None, {"a": 1}, {"b": 2}]
    assert missing(wanted, found) == []
    assert any(isinstance(v, dict) and v.keys() > {"a", "b"} for v in found)


def promised(schema: Schema, good: Any) -> dict[str, list[Any]]:
    """What a schema accepts at its edges, by the keyword that promises it."""
    found: dict[str, list[Any]] = {}
    for keyword, named in accepted(schema, good):
        assert WORDS.fullmatch(named.label), named.label
        found.setdefault(keyword, []).append(named.value)
    return found


ACCEPTED: list[tuple[Schema, Any, str, list[Any]]] = [
    (normal(enum=["a", None, 1]), "a", "enum", ["a", 1]),
    (normal(type="string", format="date"), "x", "format", ["2024-02-29", "1899-12-31"]),
    (normal(type="string", **{"x-plausible": ["US", "FR"]}), "x", "type", ["US", "FR"]),
    (normal(type="string"), "x", "type", ["", " ", "true", "null", "0123", "a" * 255]),
    (normal(type="string", maxLength=5), "x", "maxLength", ["aaaaa", "12345", "ééééé"]),
    (normal(type="string", maxLength=5), "x", "type", ["", "true", "O'Br"]),
    (normal(type="string", minLength=2), "xx", "minLength", ["aa", "12", "éé"]),
    (normal(type="string", pattern="^[a-z._-]*$"), "ab", "pattern", ["-", ".", "_", "AB"]),
    (normal(type="integer"), 3, "type", [0, -1, 2**53 - 1]),
    (normal(type="number"), 3, "type", [0, 1.5, 0.1, 1e20, 1e-7]),
    (normal(type="integer", format="int32"), 3, "format", [2**31 - 1, -(2**31)]),
    (normal(type="integer", format="int64"), 3, "format", [2**63 - 1, -(2**63)]),
    (normal(type="integer", minimum=2, maximum=9), 3, "minimum", [2]),
    (normal(type="integer", minimum=2, maximum=9), 3, "maximum", [9]),
    (normal(type="number", exclusiveMinimum=2), 3, "exclusiveMinimum", [2.001]),
    (normal(type="integer", exclusiveMinimum=2), 3, "exclusiveMinimum", [3]),
    (normal(type="integer", exclusiveMaximum=9), 3, "exclusiveMaximum", [8]),
    (normal(type="number", exclusiveMaximum=9, multipleOf=4), 4, "exclusiveMaximum", [8]),
    (normal(type="number", multipleOf=5), 5, "multipleOf", []),
    (normal(type="boolean"), True, "type", [True, False]),
    (normal(type="array"), [1], "type", [[]]),
    (normal(oneOf=[normal(type="string"), normal(type="number")]), "x", "oneOf", ["", 1.5]),
    (normal(anyOf=[normal(type="boolean"), normal(type="integer")]), 1, "anyOf", [True, 0]),
]


@pytest.mark.parametrize(("schema", "good", "keyword", "wanted"), ACCEPTED)
def test_what_strict_servers_refuse_of_what_is_valid(
    schema: Schema, good: Any, keyword: str, wanted: list[Any]
) -> None:
    found = promised(schema, good)[keyword]
    assert missing(wanted, found) == []
    if keyword not in ("type", "pattern", "oneOf"):
        valid = {Reading(schema).validity(value) for value in found}
        assert valid == {Validity.VALID}, json.dumps(found)


def test_members_of_an_enum_are_all_there_is() -> None:
    assert promised(normal(type="string", enum=["a"], maxLength=3), "a").keys() == {"enum"}
    assert promised(normal(type="string", const="a"), "a") == {}
    assert "type" not in promised(normal(type="string", format="uuid"), "x")


def test_limits_of_lists_are_reached() -> None:
    schema = normal(type="array", minItems=2, maxItems=4, uniqueItems=True, items=normal())
    found = promised(schema, [1])
    assert [len(each) for each in found["minItems"]] == [2]
    assert [len(each) for each in found["maxItems"]] == [4, 4]
    assert [len(each) for each in found["uniqueItems"]] == [2]


def test_text_that_a_pattern_or_a_limit_would_refuse_is_not_offered() -> None:
    assert "type" not in promised(normal(type="string", pattern="^a$"), "a")
    assert all(len(each) < 5 for each in promised(normal(type="string", maxLength=5), "x")["type"])
    assert all(isinstance(v, int) for v in promised(normal(type="integer"), 1)["type"])


def test_another_match_is_another_than_the_usual_one() -> None:
    first = promised(normal(type="string", pattern="^[a-z0-9]+$"), "sample100")["pattern"]
    assert any(each.startswith("sample") and each != "sample100" for each in first)
    (multiple,) = promised(normal(type="integer", multipleOf=5), 505)["multipleOf"]
    assert multiple % 5 == 0
    assert multiple != 505
