"""The tables of values and near misses, and the near misses that the plan has to hold."""

from __future__ import annotations

import json
from typing import Any

import pytest

from conformance.parsing import NotJson, parse
from spec import formats
from spec.contract import Contract
from spec.formats import Validity
from spec.loader import load
from spec.reading import Reading
from spec.schema import Schema
from strategies import near_misses, plan, values
from strategies.cases import KEY, Case, build, pools
from strategies.edits import ABSENT, APPEND, Raw, apply, serialise
from strategies.samples import FORMAT_SAMPLES, filled, run_of, sample

CONTRACT: Contract = load()
PLAN = plan.deterministic(CONTRACT)
REFUSED = [case for case in PLAN.cases if case.expect == "refuse"]

samples_of_formats = [(name, text) for name, texts in FORMAT_SAMPLES.items() for text in texts]
misses_of_formats = [(n, each) for n, found in near_misses.FORMATS.items() for each in found]


@pytest.mark.parametrize(("name", "text"), samples_of_formats)
def test_each_sample_of_a_format_is_one(name: str, text: str) -> None:
    assert formats.check(name, text) is Validity.VALID


@pytest.mark.parametrize(("name", "miss"), misses_of_formats, ids=lambda part: str(part)[:40])
def test_each_near_miss_of_a_format_is_none(name: str, miss: values.Named) -> None:
    assert formats.check(name, miss.value) is Validity.VIOLATION


def test_every_known_format_has_samples_and_near_misses() -> None:
    assert set(near_misses.FORMATS) == formats.KNOWN
    assert set(FORMAT_SAMPLES) == formats.KNOWN - {"int32", "int64"}
    for found in near_misses.FORMATS.values():
        assert len({each.label for each in found}) == len(found)


def sent_to(member: str) -> set[str]:
    """What the plan's refused cases put at a member, as JSON; inside an item at that name of it."""
    found: set[str] = set()
    for case in REFUSED:
        for edit in case.edits:
            last = edit.path[-1:]
            if last == (APPEND,) and isinstance(edit.value, dict) and member in edit.value:
                found.add(shown(edit.value[member]))
            elif last == (member,):
                found.add(shown(edit.value))
    return found


def shown(value: Any) -> str:
    return "absent" if value is ABSENT else serialise(value).decode("utf-8", "surrogatepass")


NEAR_MISSES: dict[str, list[Any]] = {
    "att_status": ["3", " 3", "３", True, False, 4, -1, [3], 3.5, Raw("NaN"), Raw("1e400")],
    "analytics_disabled": [0, 1, "true", "on", [True]],
    "gender": ["F", "fm", " f ", "f\n", "größe", "GENDER_F", 1],
    "store": ["APP_STORE", "f", "app_storeplay_store", "app_store\n", 1],
    "platform": ["Ios", "iOS\n", 1],
    "birthday": [
        "2023-02-30", "20230228", "2023-W05-5", 978220800, "2023-02-28T00:00:00Z",
        "2023-02-28\n", "２０２３-02-28", "Feb 28, 2023",
    ],
    "email": ["a@b@example.com", "Jane Doe <jane.doe@example.com>", "jane.doe@example.com\n"],
    "installation_meta": [[PLAN.control["installation_meta"]], None],
    "custom_attributes": [{}, {"0": PLAN.control["custom_attributes"][0]}, None],
    "key": ["sample\n", " sample", "sample ", 12345, None],
    "value": [True, False, None, "a" * 50 + " ", Raw("NaN")],
}  # fmt: skip


@pytest.mark.parametrize("member", NEAR_MISSES)
def test_what_real_frameworks_let_through_is_in_the_plan(member: str) -> None:
    missing = {shown(value) for value in NEAR_MISSES[member]} - sent_to(member)
    assert not missing


@pytest.mark.parametrize("member", ["store_account_token", "device_id"])
def test_near_misses_of_a_uuid_go_to_each_that_there_is(member: str) -> None:
    uuid = "3fa85f64-5717-4562-b3fc-2c963f66afa6"
    wanted = [uuid.replace("-", ""), f"{{{uuid}}}", uuid[:-1], f"{uuid}\n", ""]
    assert {shown(text) for text in wanted} <= sent_to(member)


def test_plain_text_gets_a_number_everywhere_and_every_other_type_somewhere() -> None:
    free = [name for name, value in PLAN.control.items() if isinstance(value, str)]
    listed = {name for name in free if "enum" in CONTRACT.request["properties"][name]}
    formatted = {name for name in free if "format" in CONTRACT.request["properties"][name]}
    assert all("0" in sent_to(name) for name in {*free} - listed - formatted)
    assert all("12345" in sent_to(name) for name in formatted - {"birthday"})
    assert all("1" in sent_to(name) for name in listed)
    somewhere = {text[:1] for name in free for text in sent_to(name)}
    assert {"t", "[", "{"} <= somewhere


def test_one_attribute_too_many_is_refused() -> None:
    counts = {
        len(each.edits[0].value)
        for each in REFUSED
        if each.requirements == ("request.body.custom_attributes.maxItems",)
    }
    assert counts == {31}


def credentials(*expects: str) -> list[tuple[str, ...]]:
    name = CONTRACT.credential.header
    return [
        dict(case.headers)[name]
        for case in PLAN.of("authentication")
        if case.expect in expects and case.headers
    ]


@pytest.mark.parametrize(
    "header",
    [
        (),
        ("",),
        (KEY,),
        (f"Bearer {KEY}",),
        (f"X-Api-Key {KEY}",),
        (f"ApiKey {KEY}",),
        (f"Api-Key{KEY}",),
        ("Api-Key",),
        ("Api-Key ${ADAPTY_API_KEY%?}",),
        ("Api-Key ${ADAPTY_API_KEY#?}",),
        (f"Api-Key {KEY}{'x' * 80}",),
        ("Api-Key ${ADAPTY_API_KEY//_/-}",),
        ("Api-Key ${ADAPTY_API_KEY^^}",),
        ("Api-Key ${ADAPTY_API_KEY,,}",),
    ],
)
def test_near_misses_of_the_key_are_unauthorized(header: tuple[str, ...]) -> None:
    assert header in credentials("unauthorized")


def test_the_header_twice_or_in_another_letter_case_is_open() -> None:
    found = credentials("open")
    assert (f"Api-Key {KEY}", f"Api-Key {KEY}") in found
    assert (f"api-key {KEY}",) in found


def body_of(case: Case) -> bytes:
    return build(CONTRACT, [case], PLAN.control, "customer").body


def test_texts_that_are_no_json_are_none_and_the_others_say_what_the_control_says() -> None:
    texts = PLAN.of("json")
    for case in texts:
        if case.requirements == ("request.json",) and case.expect == "refuse":
            with pytest.raises(NotJson):
                parse(body_of(case))
        elif case.expect == "accept":
            assert parse(body_of(case)) == apply(PLAN.control, case.edits)
            assert body_of(case) != build(CONTRACT, [], PLAN.control, "customer").body


def test_members_come_in_another_order_and_tell_keys_from_values() -> None:
    (case,) = [each for each in PLAN.of("json") if "another-order" in each.id]
    text = body_of(case).decode()
    assert list(json.loads(text)) == list(PLAN.control)[::-1]
    item = json.loads(text)["custom_attributes"][-1]
    assert list(item) == ["value", "key"]
    assert item["key"] != item["value"]


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"undefined",
        build(CONTRACT, [], PLAN.control, "customer").body[:-1],
        build(CONTRACT, [], PLAN.control, "customer").body + b"}",
    ],
)
def test_malformed_bodies_are_in_the_plan(text: bytes) -> None:
    assert text in [body_of(case) for case in PLAN.of("json") if case.expect == "refuse"]


def test_nan_stands_in_unknown_typed_and_refused_members() -> None:
    bodies = [body_of(case) for case in PLAN.of("json") if case.expect == "refuse"]
    for place in (b'"unknown_member":NaN', b'"att_status":NaN', b'"value":NaN'):
        assert any(place in body for body in bodies), place
    assert any(b'"att_status":1e400' in body for body in bodies)


def test_non_object_roots_and_other_media_types_are_refused() -> None:
    wrong = [c for c in REFUSED if c.requirements == ("request.body.type",)]
    roots = {type(e.value) for c in wrong for e in c.edits if e.path == ()}
    assert roots == {type(None), list, str, int}
    media = [dict(case.headers).get("Content-Type") for case in REFUSED if case.headers]
    for other in ("text/plain", "application/x-www-form-urlencoded", "text/json"):
        assert (other,) in media


def test_a_lone_surrogate_stands_in_free_text_and_in_an_enum() -> None:
    found = [
        edit
        for case in PLAN.cases
        for edit in case.edits
        if case.expect == "open" and isinstance(edit.value, str) and "\ud800" in edit.value
    ]
    assert {"enum" in CONTRACT.request["properties"][each.path[0]] for each in found} == {
        True,
        False,
    }


def test_the_whole_plan_is_polite() -> None:
    pooled = [case for case in PLAN.cases if case.poolable and not case.either]
    alone = [case for case in PLAN.cases if case not in pooled]
    packed = sum(len(pools(c for c in pooled if c.chapter == name)) for name in chapters())
    assert packed + len(alone) < 330


def chapters() -> set[str]:
    return {case.chapter for case in PLAN.cases}


def normal(**keywords: Any) -> Schema:
    return {"x-sources": {}, **keywords}


@pytest.mark.parametrize(
    "schema",
    [
        normal(type="string", pattern="^[A-Z]+$", minLength=3, maxLength=5),
        normal(type="string", pattern=r"^[A-Z]{2}-\d{3}$"),
        normal(type="string", minLength=7),
        normal(type="integer", exclusiveMinimum=17, maximum=19),
        normal(type="number", exclusiveMinimum=0, exclusiveMaximum=0.01),
        normal(type="number", multipleOf=0.1, minimum=0.25),
        normal(type="integer", multipleOf=7, maximum=-1),
        normal(type="array", minItems=3, uniqueItems=True, items=normal(enum=["a", "b", "c"])),
        normal(type="array", items=normal(type="integer"), contains=normal(const=4)),
        normal(type="array"),
        normal(),
        normal(const={"a": [1]}),
        normal(type=["string", "null"], enum=[None, "x"]),
        normal(anyOf=[normal(type="boolean"), normal(type="integer")]),
        normal(type="object", minProperties=2, additionalProperties=normal(type="integer")),
        normal(type="object", required=["free"]),
        normal(properties={"odd": normal(type="string", format="phone")}),
    ],
)
def test_a_sample_is_found_for(schema: Schema) -> None:
    for index in (0, 1, 100, 205):
        assert Reading(schema).validity(sample(schema, index)) is Validity.VALID


def test_samples_differ_where_they_can() -> None:
    for schema in (
        normal(type="string"),
        normal(type="string", maxLength=4),
        normal(type="string", pattern="^[A-Z]+$"),
        normal(type="integer", minimum=1, maximum=500),
        normal(type="number", exclusiveMinimum=0, exclusiveMaximum=1),
    ):
        found = [sample(schema, index) for index in range(100, 130)]
        assert len(set(found)) == 30, schema
    assert sample(normal(enum=["a", "b"]), 1) == "b"


def test_no_sample_is_found_for_an_impossible_schema() -> None:
    with pytest.raises(ValueError, match="no valid value found for a schema with maximum, min"):
        sample(normal(type="integer", minimum=2, maximum=1))
    with pytest.raises(ValueError, match="with format, type"):
        sample(normal(type="string", format="phone"))


def test_a_list_is_filled_with_other_items() -> None:
    schema = normal(type="array", items=normal(type="string"))
    assert filled(schema, ["x"], 3) == ["x", "samplebaa", "samplebab"]
    assert filled(schema, ["x"], 0) == []
    assert filled(schema, ["x"], 1) != ["x"]
    few = normal(type="array", items=normal(enum=["a", "b"]))
    assert filled(few, ["a"], 2) == ["a", "b"]
    assert len(filled(few, ["a"], 5)) == 5


def test_a_run_is_of_what_the_pattern_takes() -> None:
    assert run_of(normal(), 3) == "aaa"
    assert run_of(normal(pattern="^[A-Z]+$"), 3) == "AAA"
    assert run_of(normal(pattern=r"^\d*$"), 3) == "111"
    assert run_of(normal(pattern="^[A-Z]-$"), 3) == "aaa"


def test_the_limits_of_numbers_are_met_and_passed() -> None:
    schema = normal(type="number", minimum=1, multipleOf=0.5)
    inside = [each.value for keyword, each in values.accepted(schema, 2) if keyword == "minimum"]
    assert inside == [1]
    past = [each.value for each in near_misses.of_keyword(schema, "minimum", 2)]
    assert past == [0.5, 0.999, -499.5]
    between = [each.value for each in near_misses.of_keyword(schema, "multipleOf", 2)]
    assert between == [2.25, 1.75, 3, 1]
    strict = normal(type="integer", exclusiveMaximum=9)
    assert next(near_misses.of_keyword(strict, "exclusiveMaximum", 1)).value == 9
    assert [e.value for k, e in values.accepted(strict, 1) if k == "exclusiveMaximum"] == [8]
    fine = normal(type="number", exclusiveMaximum=1)
    assert [e.value for k, e in values.accepted(fine, 0) if k == "exclusiveMaximum"] == [0.999]


def test_an_edit_of_a_refused_case_is_told_in_words() -> None:
    words = {case.id: case.words for case in PLAN.cases}
    assert words["request.body.gender.enum/other-letter-case"] == 'gender "f" → "F"'
    assert words["request.json/nan-for-att_status"] == "att_status 3 → NaN"
