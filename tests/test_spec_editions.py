"""Later editions of the document: requirements and readings follow without a change in Python."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from spec.contract import Contract
from spec.document import VENDOR_DOCUMENT, read_yaml
from spec.formats import Validity
from spec.loader import load

TEXT = VENDOR_DOCUMENT.read_text("utf-8")
VENDOR = read_yaml(TEXT)
TODAY = load()

Edit = Callable[[dict[str, Any], dict[str, Any]], object]  # gets the document and its schemas


@pytest.fixture
def edition(tmp_path: Path) -> Callable[[Edit], Contract]:
    """Loads the vendor's document with an edit made to its data."""

    def edited(edit: Edit) -> Contract:
        document = copy.deepcopy(VENDOR)
        edit(document, document["components"]["schemas"])
        path = tmp_path / "edition.yaml"
        path.write_text(yaml.safe_dump(document, sort_keys=False), "utf-8")
        return load(path)

    return edited


@pytest.fixture
def rewritten(tmp_path: Path) -> Callable[[str, str], Contract]:
    """Loads the vendor's document with one text replaced by another."""

    def replaced(old: str, new: str) -> Contract:
        assert old in TEXT
        path = tmp_path / "rewritten.yaml"
        path.write_text(TEXT.replace(old, new), "utf-8")
        return load(path)

    return replaced


def difference(contract: Contract) -> tuple[set[str], set[str]]:
    """The ids that are new against today's edition, and those that are gone."""
    now, then = set(contract.requirements), set(TODAY.requirements)
    return now - then, then - now


def findings(contract: Contract) -> set[str]:
    """The findings that today's edition does not have."""
    return {each.id for each in contract.findings} - {each.id for each in TODAY.findings}


def body(**members: Any) -> dict[str, Any]:
    return {**TODAY.example, **members}


def broken(contract: Contract, value: Any) -> list[str]:
    found = contract.request_reading.violations(value)
    return [f"{'.'.join(each.location)}:{each.keyword}" for each in found]


Edition = Callable[[Edit], Contract]
Rewritten = Callable[[str, str], Contract]


def test_an_enum_member_is_added(rewritten: Rewritten) -> None:
    contract = rewritten("            - stripe\n", "            - stripe\n            - no\n")
    statement = contract.requirements["request.body.store.enum"].statement
    assert statement == "store is one of app_store, play_store, stripe, no, adapty, paddle."
    assert contract.request_reading.validity(body(store="no")) is Validity.VALID
    assert contract.request_reading.validity(body(store=False)) is Validity.VIOLATION
    assert difference(contract) == (set(), set())
    assert contract.sha256 != TODAY.sha256


def test_a_property_is_renamed(rewritten: Rewritten) -> None:
    new, gone = difference(rewritten("        first_name:\n", "        given_name:\n"))
    assert {each.replace("given", "first") for each in new} == gone
    assert "request.body.given_name.nullable" in new


def test_keywords_the_vendor_does_not_use_today(edition: Edition) -> None:
    def edit(_: Any, schemas: dict[str, Any]) -> None:
        schemas["ProfileRequest"]["properties"]["consent"] = {
            "type": "object",
            "required": ["version"],
            "additionalProperties": False,
            "properties": {
                "version": {"type": "number", "minimum": 1, "maximum": 9, "multipleOf": 0.5},
                "code": {"type": "string", "pattern": "^[A-Z]+$", "minLength": 2},
                "topics": {
                    "type": "array",
                    "minItems": 1,
                    "uniqueItems": True,
                    "items": {"type": "string"},
                },
                "kind": {"const": "gdpr"},
                "note": {"type": "string", "minLength": 0},
            },
        }

    contract = edition(edit)
    new, gone = difference(contract)
    base = "request.body.consent"
    assert gone == set()
    keywords = """additionalProperties version.required version.minimum version.maximum
        version.multipleOf code.pattern code.minLength topics.minItems topics.uniqueItems
        kind.const"""
    assert {each for each in new if each.rpartition(".")[2] not in ("type", "optional")} == {
        f"{base}.{keyword}" for keyword in keywords.split()
    }
    assert findings(contract) == set()
    good = {"version": 1.5, "code": "AB", "topics": ["a"], "kind": "gdpr"}
    assert broken(contract, body(consent=good)) == []
    for member, value, keyword in [
        ("version", 0.5, "version:minimum"),
        ("version", 9.5, "version:maximum"),
        ("version", 1.7, "version:multipleOf"),
        ("code", "AB\n", "code:pattern"),
        ("code", "A", "code:minLength"),
        ("topics", [], "topics:minItems"),
        ("topics", ["a", "a"], "topics:uniqueItems"),
        ("kind", "GDPR", "kind:const"),
        ("more", 1, ":additionalProperties"),
    ]:
        bad = body(consent={**good, member: value})
        place = "consent" if keyword.startswith(":") else "consent."
        assert broken(contract, bad) == [place + keyword]
        place, keyword = (place + keyword).split(":")
        weaker = contract.without(f"request.body.{place}.{keyword}")
        assert weaker.request_reading.validity(bad) is Validity.VALID


def test_a_required_list_is_changed(edition: Edition) -> None:
    contract = edition(lambda _, s: s["ProfileRequest"].update(required=["email"]))
    new, gone = difference(contract)
    assert new == {"request.body.email.required", "request.body.installation_meta.optional"}
    assert gone == {"request.body.email.optional", "request.body.installation_meta.required"}
    source = contract.requirements["request.body.email.required"].source
    assert source.pointer == "#/components/schemas/ProfileRequest/required/0"


def test_members_are_forbidden(edition: Edition) -> None:
    contract = edition(lambda _, s: s["InstallationMeta"].update(additionalProperties=False))
    requirement = contract.requirements["request.body.installation_meta.additionalProperties"]
    assert requirement.sides == ("accept", "refuse")
    assert requirement.source.pointer.endswith("/InstallationMeta/additionalProperties")
    meta = {**TODAY.example["installation_meta"], "more": 1}
    found = broken(contract, body(installation_meta=meta))
    assert found == ["installation_meta:additionalProperties"]


@pytest.mark.parametrize("keyword", [{"enum": ["x", "y"]}, {"const": "x"}])
def test_null_beside_a_closed_list_is_a_choice(edition: Edition, keyword: Any) -> None:
    member = {"type": "string", "nullable": True, **keyword}
    contract = edition(lambda _, s: s["ProfileRequest"]["properties"].update(new=member))
    assert "request.body.new.nullable" not in contract.requirements
    assert contract.request_reading.validity(body(new=None)) is Validity.OPEN
    (name,) = keyword
    weaker = contract.without(f"request.body.new.{name}")
    assert weaker.request_reading.validity(body(new=None)) is Validity.VALID


def test_null_beside_a_list_that_has_it_or_beside_one_of_is_valid(edition: Edition) -> None:
    members = {
        "new": {"type": "string", "nullable": True, "enum": ["x", None]},
        "other": {"nullable": True, "oneOf": [{"type": "string"}, {"type": "number"}]},
    }
    contract = edition(lambda _, s: s["ProfileRequest"]["properties"].update(members))
    nullable = {"request.body.new.nullable", "request.body.other.nullable"}
    assert nullable <= set(contract.requirements)
    assert contract.request_reading.validity(body(new=None, other=None)) is Validity.VALID
    assert contract.request_reading.validity(body(other=True)) is Validity.VIOLATION


def test_all_of_two_is_merged_with_each_source(edition: Edition) -> None:
    def edit(_: Any, schemas: dict[str, Any]) -> None:
        schemas["Named"] = {
            "type": "object",
            "properties": {"a": {"type": "string"}, "b": {"type": "string"}},
            "required": ["a"],
        }
        more = {"properties": {"a": {"maxLength": 3}, "c": {"type": "integer"}}, "required": ["c"]}
        both = {"allOf": [{"$ref": "#/components/schemas/Named"}, more]}
        schemas["ProfileRequest"]["properties"]["both"] = both

    contract = edition(edit)
    pointers = {key: each.source.pointer for key, each in contract.requirements.items()}
    own = "#/components/schemas/ProfileRequest/properties/both/allOf/1"
    named = "#/components/schemas/Named"
    assert pointers["request.body.both.a.type"] == f"{named}/properties/a/type"
    assert pointers["request.body.both.a.maxLength"] == f"{own}/properties/a/maxLength"
    assert pointers["request.body.both.a.required"] == f"{named}/required/0"
    assert pointers["request.body.both.c.required"] == f"{own}/required/0"
    assert pointers["request.body.both.b.optional"] == f"{named}/properties/b"
    assert broken(contract, body(both={"a": "long", "c": "x"})) == [
        "both.a:maxLength",
        "both.c:type",
    ]


def test_names_that_an_id_has_to_escape(edition: Edition) -> None:
    escaped = {
        "item": "%69tem",
        "a.b": "a%2Eb",
        "c/d~e": "c%2Fd~e",
        "größe": "gr%C3%B6%C3%9Fe",
        "*": "%2A",
        **{name: name for name in ("x-sources", "required", "description", "no", "1")},
    }
    text = {"type": "string", "description": "Offer ID"}
    members = dict.fromkeys(escaped, text)
    contract = edition(lambda _, s: s["ProfileRequest"]["properties"].update(members))
    for name, segment in escaped.items():
        key = f"request.body.{segment}.type"
        requirement = contract.requirements[key]
        assert requirement.location == (name,)
        assert contract.document.get(requirement.source.pointer) == "string"
        assert contract.without(key).request_reading.validity(body(**{name: 5})) is Validity.VALID
    assert findings(contract) == set()


def test_the_attribute_schema_is_renamed(rewritten: Rewritten) -> None:
    contract = rewritten("CustomAttribute", "ProfileAttribute")
    overlay = "overlay:/components/schemas/CustomAttribute/properties"
    assert findings(contract) - {f"{overlay}/key/x-open-pattern"} == {
        f"{overlay}/key/pattern",
        f"{overlay}/value/maxLength",
    }
    finding = next(each for each in contract.findings if each.id == f"{overlay}/key/pattern")
    assert "Only letters, numbers, dashes" in finding.message
    _, gone = difference(contract)
    assert "request.body.custom_attributes.item.key.pattern" in gone
    assert "request.body.custom_attributes.item.key.maxLength" not in gone


def test_a_sentence_is_removed(rewritten: Rewritten) -> None:
    contract = rewritten("Response time in milliseconds, needs for", "Needed to")
    assert difference(contract) == (set(), {"timestamp.response_time"})
    assert findings(contract) == {"prose:timestamp.response_time"}
    words = " Either `adapty-customer-user-id` or `adapty-profile-id` is required."
    contract = rewritten(words, "")
    assert difference(contract) == (set(), {"request.header.identity"})


def test_rules_that_name_a_field_apply_only_where_it_is(edition: Edition) -> None:
    def edit(_: Any, schemas: dict[str, Any]) -> None:
        del schemas["Profile"]["properties"]["profile_id"]
        schemas["Profile"]["required"].remove("profile_id")

    contract = edition(edit)
    field = "response.200.data.profile_id"
    assert difference(contract) == (
        set(),
        {"identity.profile_id", f"{field}.type", f"{field}.format", f"{field}.required"},
    )
    assert findings(contract) == set()


def test_a_limit_in_prose_is_changed(rewritten: Rewritten) -> None:
    contract = rewritten("Allows setting up to 30 custom", "Allows setting up to 50 custom")
    assert "request.body.custom_attributes.maxItems" not in contract.requirements
    place = "/components/schemas/ProfileRequest/properties/custom_attributes/maxItems"
    assert f"overlay:{place}" in findings(contract)


@pytest.mark.parametrize(("limit", "reported"), [(30, False), (20, True)])
def test_a_limit_in_prose_becomes_a_keyword(edition: Edition, limit: int, reported: bool) -> None:
    contract = edition(
        lambda _, s: s["ProfileRequest"]["properties"]["custom_attributes"].update(maxItems=limit)
    )
    source = contract.requirements["request.body.custom_attributes.maxItems"].source
    assert source.pointer.endswith("/custom_attributes/maxItems")
    assert bool(source.quote) is not reported
    assert contract.request["properties"]["custom_attributes"]["maxItems"] == limit
    assert bool(findings(contract)) is reported
