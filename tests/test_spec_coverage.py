"""Nothing in the vendor's document that constrains a message is without a requirement or a reason.

The walk is over the raw document, so that what the loader overlooks is seen here.
"""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from spec import overlay
from spec.contract import Contract
from spec.document import VENDOR_DOCUMENT, join, read_yaml
from spec.formats import UNCONSTRAINING
from spec.loader import load
from spec.requirements import descriptions, sentences

PUBLISHED = "933095423754c16e90d96b3a9bc2e36a241c8ae34aafbca4f6dc3229aa32dded"
SPEC = VENDOR_DOCUMENT.parent
VENDOR: dict[str, Any] = read_yaml(VENDOR_DOCUMENT.read_text("utf-8"))
REGISTRY: dict[str, Any] = read_yaml((SPEC / "registry.yaml").read_text("utf-8"))
PROSE: dict[str, Any] = read_yaml((SPEC / "prose.yaml").read_text("utf-8"))
DECISIONS: dict[str, Any] = read_yaml((SPEC / "decisions.yaml").read_text("utf-8"))
OPERATION = VENDOR["paths"]["/api/v2/server-side-api/profile/"]["post"]

MAPS = ("properties", "patternProperties", "dependentSchemas", "$defs")
LISTS = ("oneOf", "anyOf", "allOf", "prefixItems")
CLAUSES = ("oneOf", "anyOf", "not", "contains", "propertyNames", "additionalProperties")

Stated = Iterator[tuple[str, str, Any]]  # a keyword, its pointer, its value


def of_schema(schema: Any, pointer: str) -> Stated:
    """Every keyword of a schema and of the schemas inside it; `required` name by name."""
    for keyword, value in schema.items() if isinstance(schema, dict) else ():
        place = join(pointer, keyword)
        if keyword == "required" and value:
            yield from ((keyword, join(place, index), name) for index, name in enumerate(value))
        else:
            yield keyword, place, value
        if keyword in MAPS:
            inside = value.items()
        elif keyword in LISTS:
            inside = enumerate(value)
        else:
            inside = ()
            if keyword not in ("example", "default", "enum", "const"):
                yield from of_schema(value, place)
        for name, child in inside:
            yield from of_schema(child, join(place, name))


def of_message(message: dict[str, Any], pointer: str) -> Stated:
    """Every keyword of a request body, a response, or a parameter."""
    for keyword, value in message.items():
        yield keyword, join(pointer, keyword), value
    if "schema" in message:
        yield from of_schema(message["schema"], join(pointer, "schema"))
    for media_type, media in message.get("content", {}).items():
        place = join(pointer, "content", media_type)
        yield "media type", place, media_type
        yield from of_message(media, place)


def of_document(document: dict[str, Any]) -> Stated:
    """Every keyword with which the document speaks of a request or a response."""
    for path, item in document["paths"].items():
        for method, operation in item.items():
            pointer = join("#/paths", path, method)
            for keyword, value in operation.items():
                yield keyword, join(pointer, keyword), value
            for index, parameter in enumerate(operation["parameters"]):
                yield from of_message(parameter, join(pointer, "parameters", index))
            for status, response in operation["responses"].items():
                yield from of_message(response, join(pointer, "responses", status))
            yield from of_message(operation["requestBody"], join(pointer, "requestBody"))
            for index, alternative in enumerate(operation["security"]):
                for name in alternative:
                    yield "security", join(pointer, "security", index, name), name
    for name, schema in document["components"]["schemas"].items():
        yield from of_schema(schema, join("#/components/schemas", name))
    for name, scheme in document["components"]["securitySchemes"].items():
        yield from of_message(scheme, join("#/components/securitySchemes", name))


def reasons(registry: dict[str, Any]) -> set[str]:
    """The sentences of the registry, white space folded as in `sentences`."""
    return {sentence for each in registry["sentences"].values() for sentence in each}


def uncited(document: dict[str, Any], contract: Contract, registry: dict[str, Any]) -> list[str]:
    """What `document` states and neither a requirement nor the registry cites."""
    sources = [
        source
        for requirement in contract.requirements.values()
        for source in (requirement.source, *requirement.also)
    ]
    pointers = {source.pointer for source in sources}
    clauses = tuple(f"{p}/" for p in pointers if p.rpartition("/")[2] in CLAUSES)
    quotes = sorted({source.quote or "" for source in sources} - {""}, key=len, reverse=True)

    def keyword_cited(keyword: str, pointer: str, value: Any) -> bool:
        unconstraining = keyword == "format" and value in UNCONSTRAINING
        return (
            pointer in pointers
            or pointer.startswith(clauses)
            or keyword in registry["keywords"]
            or (unconstraining and "formats" in registry)
        )

    def sentence_cited(sentence: str) -> bool:
        if sentence in reasons(registry) or any(sentence in quote for quote in quotes):
            return True
        rest = sentence
        for quote in quotes:
            rest = rest.replace(quote, "")
        return not any(map(str.isalnum, rest))

    found = [f"{p} = {v!r}" for k, p, v in of_document(document) if not keyword_cited(k, p, v)]
    for pointer, text in descriptions(document):
        found += [f"{pointer}: {each}" for each in sentences(text) if not sentence_cited(each)]
    return found


def without(entry: str, *place: str) -> dict[str, Any]:
    """The registry with one entry less."""
    registry = copy.deepcopy(REGISTRY)
    entries: Any = registry
    for step in place:
        entries = entries[step]
    if isinstance(entries, dict):
        del entries[entry]
    else:
        entries.remove(entry)
    return registry


def edited(tmp_path: Path, pointer: str, **members: Any) -> tuple[dict[str, Any], Contract]:
    """A copy of the vendor's document with members added to the object at `pointer`."""
    document = copy.deepcopy(VENDOR)
    place: Any = document
    for step in pointer.split("/"):
        place = place[int(step)] if isinstance(place, list) else place[step.replace("~1", "/")]
    place.update(members)
    path = tmp_path / "edited.json"
    path.write_text(json.dumps(document), "utf-8")
    return document, load(path)


def test_the_document_is_carried_as_published() -> None:
    assert hashlib.sha256(VENDOR_DOCUMENT.read_bytes()).hexdigest() == PUBLISHED
    assert load().sha256 == PUBLISHED


def test_the_walk_sees_every_kind_of_object() -> None:
    seen = {pointer for _, pointer, _ in of_document(VENDOR)}
    post = "#/paths/~1api~1v2~1server-side-api~1profile~1/post"
    assert {
        f"{post}/requestBody/required",
        f"{post}/parameters/2/schema/type",
        f"{post}/security/0/apikeyAuth",
        f"{post}/responses/401/content/application~1json",
        "#/components/securitySchemes/apikeyAuth/in",
        "#/components/schemas/ErrorResponse/properties/errors/items/properties/errors/items/type",
        "#/components/schemas/CustomAttribute/properties/value/oneOf/1/type",
        "#/components/schemas/OfferDTO/required/1",
        "#/components/schemas/AccessLevel/properties/offer/allOf/0/$ref",
    } <= seen


def test_every_keyword_and_sentence_is_cited() -> None:
    assert uncited(VENDOR, load(), REGISTRY) == []


FIRST_NAME = "components/schemas/ProfileRequest/properties/first_name"
POST = "paths/~1api~1v2~1server-side-api~1profile~1/post"


@pytest.mark.parametrize(
    ("pointer", "keyword", "value"),
    [
        (FIRST_NAME, "contentEncoding", "base64"),
        (FIRST_NAME, "readOnly", True),
        (FIRST_NAME, "format", "semver"),
        ("components/schemas/ProfileRequest", "patternProperties", {"^x": {}}),
        ("components/schemas/ProfileRequest", "minProperties", 0),
        (f"{POST}/parameters/0/schema", "pattern", "^[a-z]+$"),
        (f"{POST}/parameters/0", "allowEmptyValue", False),
        (f"{POST}/responses/200", "headers", {"x-id": {"required": True}}),
        (f"{POST}/requestBody/content/application~1json", "encoding", {}),
        ("components/securitySchemes/apikeyAuth", "scheme", "bearer"),
        (POST, "deprecated", True),
    ],
)
def test_an_added_keyword_is_noticed(
    tmp_path: Path, pointer: str, keyword: str, value: Any
) -> None:
    document, contract = edited(tmp_path, pointer, **{keyword: value})
    found = uncited(document, contract, REGISTRY)
    assert [each for each in found if each.startswith(join("#/" + pointer, keyword))]


@pytest.mark.parametrize(
    ("pointer", "keyword", "value"),
    [
        (FIRST_NAME, "minLength", 1),
        (FIRST_NAME, "pattern", "^[a-z]+$"),
        ("components/schemas/ProfileRequest", "additionalProperties", False),
        ("components/schemas/ProfileRequest", "additionalProperties", True),
        ("components/schemas/ProfileRequest", "propertyNames", {"maxLength": 40}),
        ("components/schemas/ProfileRequest", "required", ["email", "installation_meta"]),
        ("components/schemas/Profile", "not", {"required": ["error"]}),
        ("components/schemas/Profile", "minProperties", 10),
    ],
)
def test_an_added_keyword_that_is_understood_is_cited(
    tmp_path: Path, pointer: str, keyword: str, value: Any
) -> None:
    document, contract = edited(tmp_path, pointer, **{keyword: value})
    assert uncited(document, contract, REGISTRY) == []


@pytest.mark.parametrize(
    "text",
    [
        "Array of Access level objects. At most 40 letters",
        "Your end user's first name, in Latin letters",
        "Adapty profile ID must be upper case",
    ],
)
def test_an_added_sentence_is_noticed(tmp_path: Path, text: str) -> None:
    document, contract = edited(tmp_path, FIRST_NAME, description=text)
    found = uncited(document, contract, REGISTRY)
    assert found == [f"#/{FIRST_NAME}/description: {sentences(text)[-1]}"]


@pytest.mark.parametrize("keyword", REGISTRY["keywords"])
def test_every_keyword_of_the_registry_is_needed(keyword: str) -> None:
    assert uncited(VENDOR, load(), without(keyword, "keywords"))


def test_the_formats_of_the_registry_are_needed() -> None:
    assert uncited(VENDOR, load(), without("formats")) == [
        "#/components/schemas/Profile/properties/total_revenue_usd/format = 'float'"
    ]


def test_every_sentence_of_the_registry_is_needed_once() -> None:
    listed = [(kind, each) for kind, some in REGISTRY["sentences"].items() for each in some]
    assert len({each for _, each in listed}) == len(listed)
    contract = load()
    stale = [
        each
        for kind, each in listed
        if not uncited(VENDOR, contract, without(each, "sentences", kind))
    ]
    assert stale == []


def test_every_decision_and_every_quote_finds_its_place() -> None:
    document = load().document
    missing = object()
    places = [each["pointer"] for each in DECISIONS["contract_findings"]]
    assert [p for p in places if document.get(p, missing) is missing] == []
    assert {f.id for f in load().findings} == {d["id"] for d in DECISIONS["contract_findings"]}
    said = [" ".join(text.split()) for _, text in descriptions(VENDOR)]
    quotes = [quote for each in PROSE["requirements"] for quote in each["quotes"]]
    quotes += [each["quote"] for each in [*PROSE["evidence"], *overlay.actions()]]
    assert [q for q in quotes if not any(" ".join(q.split()) in text for text in said)] == []
    assert [e for e in PROSE["evidence"] if document.get(e["keyword"]) is None] == []


def test_every_schema_of_the_document_is_part_of_a_message() -> None:
    pointers = [each.source.pointer for each in load().requirements.values()]
    cited = {pointer.split("/")[3] for pointer in pointers if "/schemas/" in pointer}
    assert cited == set(VENDOR["components"]["schemas"])
