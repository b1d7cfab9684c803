"""The contract of the vendor's document: ids, levels, sources, and what withdrawing one does."""

from __future__ import annotations

import re
from typing import Any

import pytest

from spec.contract import Contract
from spec.document import VENDOR_DOCUMENT
from spec.formats import Validity
from spec.loader import load
from spec.requirements import PARTS, Requirement, identifier, sentences
from spec.schema import ITEM, Location, at

CONTRACT = load()
LINES = VENDOR_DOCUMENT.read_text("utf-8").splitlines()
REQUIREMENTS = list(CONTRACT.requirements.values())
BODY = [each for each in REQUIREMENTS if each.subject == "request.body"]
REFUSING = [each for each in BODY if "refuse" in each.sides]


def test_what_the_contract_says_of_the_operation() -> None:
    assert (CONTRACT.method, CONTRACT.path) == ("POST", "/api/v2/server-side-api/profile/")
    assert CONTRACT.servers == ("https://api.adapty.io",)
    assert (CONTRACT.credential.header, CONTRACT.credential.scheme) == ("Authorization", "Api-Key")
    assert {status: schema is None for status, schema in CONTRACT.responses.items()} == {
        200: False,
        401: False,
        500: True,
    }
    assert CONTRACT.success == 200
    assert CONTRACT.refusal is CONTRACT.responses[401]
    assert [(each.name, each.required) for each in CONTRACT.headers] == [
        ("adapty-customer-user-id", False),
        ("adapty-profile-id", False),
        ("adapty-platform", False),
    ]
    profile = CONTRACT.header("profile")
    assert profile is not None
    assert profile.name == "adapty-profile-id"
    assert CONTRACT.header("none-such") is None
    assert CONTRACT.request_reading.validity(CONTRACT.example) is Validity.VALID


def test_the_documented_examples_are_valid() -> None:
    operation = "#/paths/~1api~1v2~1server-side-api~1profile~1/post"
    for status, reading in CONTRACT.response_readings.items():
        place = f"{operation}/responses/{status}/content/application~1json/example"
        assert reading.validity(CONTRACT.document.get(place)) is Validity.VALID


@pytest.mark.parametrize(
    ("location", "name"),
    [
        (("gender",), "request.body.gender.type"),
        (("custom_attributes", ITEM, "key"), "request.body.custom_attributes.item.key.type"),
        (("item",), "request.body.%69tem.type"),
        (("a.b",), "request.body.a%2Eb.type"),
        (("a/b~*[?]",), "request.body.a%2Fb~%2A%5B%3F%5D.type"),
        (("größe", "\ud800"), "request.body.gr%C3%B6%C3%9Fe.%ED%A0%80.type"),
    ],
)
def test_an_id_is_a_path_that_a_glob_can_select(location: Location, name: str) -> None:
    assert identifier("request.body", location, "type") == name


def test_ids_are_keys_and_made_of_plain_segments() -> None:
    assert [each.id for each in REQUIREMENTS] == list(CONTRACT.requirements)
    assert len({(each.subject, each.location, each.keyword) for each in BODY}) == len(BODY)
    assert [each.id for each in REQUIREMENTS if not re.fullmatch(r"[\w.%~-]+", each.id)] == []
    assert {
        "request.body.gender.enum",
        "request.body.installation_meta.device_id.required",
        "request.body.custom_attributes.item.key.pattern",
        "request.body.first_name.optional",
        "request.body.birthday.nullable",
        "request.body.additionalProperties",
        "request.header.identity",
        "request.header.adapty-platform.optional",
        "auth.missing",
        "response.200.data.profile_id.format",
        "response.200.data.access_levels.item.offer.category.enum",
        "rejection.body.status_code.type",
        "echo.custom_attributes",
    } <= set(CONTRACT.requirements)


@pytest.mark.parametrize(
    "absent",
    [
        "request.body.gender.nullable",  # a choice beside an enum
        "request.body.installation_meta.nullable",
        "request.body.installation_meta.optional",
        "response.200.data.total_revenue_usd.format",
        "response.200.data.access_levels.item.store.required",
        "response.200.data.customer_user_id.nullable",
        "response.200.additionalProperties",
    ],
)
def test_what_is_demanded_of_nobody_has_no_requirement(absent: str) -> None:
    assert absent not in CONTRACT.requirements


def test_each_requirement_is_of_a_known_part_and_shows_its_sides() -> None:
    assert {each.part for each in REQUIREMENTS} == set(PARTS)
    assert [each.id for each in REQUIREMENTS if not re.fullmatch(r"\S.*\.", each.statement)] == []
    for each in REQUIREMENTS:
        asked = {"accept", "refuse"} if each.id.startswith(("request.", "auth.")) else {"observe"}
        asked |= {"accept"} if each.id == "response.status" else set()
        assert each.sides
        assert set(each.sides) <= asked
    sides = {each.keyword: set(each.sides) for each in BODY}
    assert sides["required"] == {"refuse"}
    assert sides["optional"] == sides["nullable"] == sides["additionalProperties"] == {"accept"}
    assert sides["enum"] == sides["maxLength"] == sides["oneOf"] == {"accept", "refuse"}


def level(requirement: Requirement) -> str:
    """The level that the design gives to a requirement."""
    match requirement.id.split("."):
        case ["request", "body", *_, "nullable" | "format"]:
            return "should"
        case ["request", "json" | "media_type"] | ["rejection" | "echo" | "robustness", *_]:
            return "should"
        case ["timestamp" | "identity" | "secrecy", *_] | [*_, "http_status"]:
            return "should"
        case _:
            return "must"


def test_levels_are_those_of_the_design() -> None:
    wrong = [each.id for each in REQUIREMENTS if each.level != level(each)]
    assert wrong == []
    assert CONTRACT.requirements["response.401.error_code.type"].level == "must"
    assert CONTRACT.requirements["request.body.custom_attributes.maxItems"].level == "must"
    assert CONTRACT.requirements["request.body.birthday.format"].level == "should"


def test_the_line_of_a_source_shows_what_its_pointer_names() -> None:
    for each in REQUIREMENTS:
        for source in (each.source, *each.also):
            shown = LINES[source.line - 1].strip().removeprefix("- ")
            parent, _, last = source.pointer.rpartition("/")
            if parent.endswith("/required"):
                assert shown == CONTRACT.document.get(source.pointer) == each.location[-1]
            else:
                assert re.match(rf'"?{re.escape(last.replace("~1", "/"))}"?:', shown), each.id
                assert CONTRACT.document.get(source.pointer) is not None


def test_a_quote_stands_at_its_pointer() -> None:
    quoted = [s for each in REQUIREMENTS for s in (each.source, *each.also) if s.quote]
    assert quoted
    for source in quoted:
        place = source.pointer
        if not place.endswith("/description"):
            place = place.rpartition("/")[0] + "/description"
        assert str(source.quote) in " ".join(CONTRACT.document.get(place).split())


def test_a_keyword_that_prose_repeats_is_cited_with_the_words() -> None:
    limit = CONTRACT.requirements["request.body.custom_attributes.item.key.maxLength"].source
    assert limit.pointer.endswith("/key/maxLength")
    assert limit.quote == "The key must be a string with no more than 30 characters."
    added = CONTRACT.requirements["request.body.custom_attributes.item.value.maxLength"].source
    assert added.pointer.endswith("/value/description")
    assert added.quote in sentences(CONTRACT.document.get(added.pointer))


BREAKING: dict[str, list[Any]] = {
    "type": [[], {}, 0.5, "a"],
    "enum": ["f ", 4],
    "format": ["3fa85f6457174562b3fc2c963f66afa6", "a@b@c", "2023-02-30"],
    "pattern": ["a b"],
    "oneOf": [True],
    "maxItems": [[{"key": f"k{n}", "value": "v"} for n in range(31)]],
    "maxLength": ["k" * 31, "k" * 51],
}


def changed(body: Any, location: Location, value: Any) -> Any:
    """`body` with the value at `location` replaced; the first item where items are meant."""
    if not location:
        return value
    step, rest = location[0], location[1:]
    if step == ITEM:
        return [changed(body[0], rest, value), *body[1:]]
    return {**body, step: changed(body.get(step, {}), rest, value)}


def broken(requirement: Requirement) -> list[Any]:
    """Payloads of which one has to break `requirement` alone."""
    location = requirement.location
    if requirement.keyword != "required":
        values = BREAKING[requirement.keyword]
        return [changed(CONTRACT.example, location, value) for value in values]
    owner: Any = CONTRACT.example
    for step in location[:-1]:
        owner = owner[0 if step == ITEM else step]
    rest = {name: value for name, value in owner.items() if name != location[-1]}
    return [changed(CONTRACT.example, location[:-1], rest)]


def breaks_alone(contract: Contract, requirement: Requirement, body: Any) -> bool:
    """Whether `contract` refuses `body` for `requirement`, and without it surely accepts it."""
    weaker = contract.without(requirement.id)
    found = {(each.location, each.keyword) for each in contract.request_reading.violations(body)}
    wanted = {(requirement.location, requirement.keyword)}
    return (wanted <= found if requirement.keyword == "type" else wanted == found) and (
        weaker.request_reading.validity(body) is Validity.VALID
    )


@pytest.mark.parametrize("requirement", REFUSING, ids=lambda each: each.id)
def test_some_payload_breaks_each_requirement_alone(requirement: Requirement) -> None:
    assert any(breaks_alone(CONTRACT, requirement, body) for body in broken(requirement))


@pytest.mark.parametrize("requirement", REQUIREMENTS, ids=lambda each: each.id)
def test_withdrawing_takes_one_requirement_and_changes_no_other(requirement: Requirement) -> None:
    weaker = CONTRACT.without(requirement.id)
    assert set(CONTRACT.requirements) - set(weaker.requirements) == {requirement.id}
    assert requirement.id in CONTRACT.requirements
    same = (
        weaker.request == CONTRACT.request
        and weaker.responses == CONTRACT.responses
        and weaker.refusal == CONTRACT.refusal
    )
    judged = requirement.keyword and requirement.sides != ("accept",)
    assert same is not bool(judged)


def test_withdrawing_names_what_is_unknown() -> None:
    with pytest.raises(KeyError, match=r"request\.body\.none"):
        CONTRACT.without("request.body.none")


def test_withdrawing_reaches_responses_and_refusals() -> None:
    body = {"errors": [{"source": 5}], "error_code": "x", "status_code": 400}
    assert CONTRACT.refusal_reading.violations(body)[0].location == ("errors", ITEM, "source")
    weaker = CONTRACT.without("rejection.body.errors.item.source.type")
    assert weaker.refusal_reading.violations(body) == []
    assert weaker.response_readings[401].violations(body) != []
    weaker = CONTRACT.without("response.200.data.profile_id.format")
    schema = weaker.responses[200]
    assert schema is not None
    assert "format" not in at(schema, ("data", "profile_id"))
    weaker = CONTRACT.without("response.200.data.required")
    assert weaker.response_readings[200].violations({}) == []
