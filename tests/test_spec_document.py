"""Other ways to write the same document, and documents that cannot be used as a contract."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from spec.contract import Contract
from spec.document import VENDOR_DOCUMENT, SpecError, load_document, read_yaml
from spec.loader import load

TEXT = VENDOR_DOCUMENT.read_text("utf-8")
VENDOR: dict[str, Any] = read_yaml(TEXT)
TODAY = load()
PATH = "/api/v2/server-side-api/profile/"
REFUSED = "#/components/schemas/ProfileRequest"

Edit = Callable[[dict[str, Any], dict[str, Any], dict[str, Any]], object]


@pytest.fixture
def edition(tmp_path: Path) -> Callable[[Edit], Contract]:
    """Loads the vendor's document, as JSON, with an edit to (document, operation, schemas)."""

    def edited(edit: Edit) -> Contract:
        document = copy.deepcopy(VENDOR)
        edit(document, document["paths"][PATH]["post"], document["components"]["schemas"])
        path = tmp_path / "edition.json"
        path.write_text(json.dumps(document), "utf-8-sig")
        return load(path)

    return edited


@pytest.fixture
def written(tmp_path: Path) -> Callable[[str | bytes], Contract]:
    """Loads a document from what is written to a file."""

    def write(content: str | bytes) -> Contract:
        path = tmp_path / "written.yaml"
        path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
        return load(path)

    return write


Edition = Callable[[Edit], Contract]
Written = Callable[[str | bytes], Contract]


def same(contract: Contract) -> bool:
    """Whether a contract demands what today's does, sources aside."""
    mine, theirs = (
        (each.request, each.headers, each.credential, list(each.requirements))
        for each in (contract, TODAY)
    )
    return mine == theirs


def test_json_is_the_same_contract(written: Written) -> None:
    text = json.dumps(VENDOR, indent="\t")
    contract = written("\ufeff" + text)
    assert same(contract)
    lines = text.splitlines()
    for each in contract.requirements.values():
        last = each.source.pointer.rpartition("/")[2].replace("~1", "/")
        name = each.location[-1] if "/required/" in each.source.pointer else last
        assert f'"{name}"' in lines[each.source.line - 1]


def test_json_may_escape_any_character(edition: Edition) -> None:
    members = {"😀": {"enum": ["😀", "\\ud83d", "\t"], "description": "Offer ID"}}
    contract = edition(lambda _, __, s: s["ProfileRequest"]["properties"].update(members))
    source = contract.requirements["request.body.%F0%9F%98%80.enum"].source
    assert contract.document.get(source.pointer) == members["😀"]["enum"]


def test_extensions_of_the_document_are_passed_over(edition: Edition) -> None:
    extensions = {"x-sources": 5, "x-open-null": True, "x-anything": {"$ref": "#/none"}}
    assert same(edition(lambda _, __, s: s["ProfileRequest"].update(extensions)))


def test_a_status_without_quotes_and_windows_line_ends(written: Written) -> None:
    text = TEXT.replace('"200":', "200:").replace('"401":', "401:").replace("\n", "\r\n")
    contract = written(text)
    assert same(contract)
    assert contract.requirements["response.200.data.type"].source.line > 1


def test_yaml_is_read_by_the_rules_of_1_2() -> None:
    text = "{a: no, b: 2000-12-31, c: 012, d: 1_000, e: 1:30, f: 1e3, g: 0x1F, h: ~, i: True}"
    assert read_yaml(text) == {
        "a": "no", "b": "2000-12-31", "c": 12, "d": "1_000", "e": "1:30", "f": 1000.0,
        "g": 31, "h": None, "i": True,
    }  # fmt: skip
    assert read_yaml("{1: a, true: b, ~: c}") == {"1": "a", "true": "b", "~": "c"}


def test_aliases_and_merge_keys_are_followed(written: Written) -> None:
    text = TEXT.replace("        first_name:\n", "        first_name: &name\n", 1)
    contract = written(
        text.replace(
            "        last_name:\n          type: string\n          nullable: true\n",
            "        last_name:\n          <<: *name\n",
            1,
        )
    )
    assert same(contract)


def test_another_path_server_and_order_of_methods(edition: Edition) -> None:
    def edit(document: dict[str, Any], operation: dict[str, Any], _: Any) -> None:
        other = {**operation, "operationId": "updateProfile"}
        item = {"summary": "x", "patch": other, "get": {"responses": {}}, "put": operation}
        document["paths"] = {"/v3/pro~files/{id}": item}
        document["servers"] = [{"url": "https://eu.example"}, {"url": "/api"}]

    contract = edition(edit)
    assert (contract.method, contract.path) == ("PUT", "/v3/pro~files/{id}")
    assert contract.servers == ("https://eu.example", "/api")
    assert list(contract.requirements) == list(TODAY.requirements)


def test_the_only_operation_with_a_body_needs_no_name(edition: Edition) -> None:
    assert same(edition(lambda _, operation, __: operation.pop("operationId")))


def test_what_is_shared_by_reference_is_followed(edition: Edition) -> None:
    def edit(document: dict[str, Any], operation: dict[str, Any], _: Any) -> None:
        shared = document["components"]
        shared["requestBodies"] = {"Create": operation["requestBody"]}
        shared["responses"] = {"No": operation["responses"]["401"]}
        shared["parameters"] = {"Customer ID": operation["parameters"][0]}
        operation["requestBody"] = {"$ref": "#/components/requestBodies/Create"}
        operation["responses"]["401"] = {"$ref": "#/components/responses/No"}
        operation["parameters"][0] = {"$ref": "#/components/parameters/Customer%20ID"}
        document["paths"][PATH]["parameters"] = [operation["parameters"].pop()]
        document["security"] = operation.pop("security")

    contract = edition(edit)
    assert set(contract.requirements) == set(TODAY.requirements)
    header = contract.header("customer")
    assert header is not None
    assert header.pointer == "#/components/parameters/Customer ID"
    cited = {source.pointer for source in contract.requirements["auth.missing"].also}
    assert "#/security/0/apikeyAuth" in cited


def test_the_scheme_word_is_read_from_the_prose_when_default_is_gone(edition: Edition) -> None:
    scheme = "apikeyAuth"
    contract = edition(lambda d, _, __: d["components"]["securitySchemes"][scheme].pop("default"))
    assert contract.credential == TODAY.credential
    assert "default-in-security-scheme" not in {each.id for each in contract.findings}


@pytest.mark.parametrize(
    ("edit", "pointer"),
    [
        (lambda _, o, __: o["parameters"][0].update({"in": "query"}), "/parameters/0"),
        (lambda _, o, __: o["parameters"][0].update(schema={"type": "integer"}), "/0/schema"),
        (lambda _, o, __: o["parameters"][0]["schema"].update(pattern="a"), "/0/schema"),
        (lambda _, o, __: o["responses"].update({"4XX": {}}), "/responses/4XX"),
        (lambda _, o, __: o["responses"].update(default={}), "/responses/default"),
        (lambda _, __, s: s["ProfileRequest"].update(patternProperties={}), "/patternProperties"),
        (lambda _, __, s: s["OfferDTO"]["properties"]["id"].update(format="ulid"), "/id/format"),
    ],
)
def test_what_is_not_understood_is_a_finding(edition: Edition, edit: Edit, pointer: str) -> None:
    new = {f.id for f in edition(edit).findings} - {f.id for f in TODAY.findings}
    assert [each for each in new if each.startswith("not-understood:#/") and each.endswith(pointer)]
    assert "request.header.adapty-customer-user-id.type" in TODAY.requirements


UNUSABLE: list[tuple[str, Edit, str]] = [
    ("no operation", lambda d, _, __: d["paths"].clear(), "has no operation"),
    ("no paths", lambda d, _, __: d.pop("paths"), "has no operation"),
    ("paths is a list", lambda d, _, __: d.update(paths=[]), "no mapping at #/paths"),
    ("no body", lambda _, o, __: o.pop("requestBody"), "has no operation"),
    ("two", lambda d, o, __: d["paths"].update({"/x": {"post": o}}), "more than one operation"),
    ("media", lambda _, o, __: o["requestBody"].update(content={}), "no application/json schema"),
    ("no success", lambda _, o, __: o["responses"].pop("200"), "no successful response"),
    ("no error", lambda _, o, __: o["responses"].pop("401"), "no error with a JSON schema"),
    ("no security", lambda _, o, __: o.pop("security"), "no API key in a header"),
    ("bearer", lambda d, _, __: d["components"].pop("securitySchemes"), "no API key in a header"),
    ("dangling", lambda _, __, s: s.pop("OfferDTO"), "no schema at #/components/schemas/OfferDTO"),
    ("parameter", lambda _, o, __: o.update(parameters=[{"$ref": "#/x"}]), "nothing at #/x"),
    ("loop", lambda _, o, __: o.update(requestBody={"$ref": "#/a"}), "nothing at #/a"),
    (
        "recursive",
        lambda _, __, s: s["OfferDTO"]["properties"].update(id={"$ref": REFUSED[:21] + "OfferDTO"}),
        "#/components/schemas/OfferDTO refers to itself",
    ),
    (
        "external",
        lambda _, __, s: s["ProfileRequest"]["properties"].update(x={"$ref": "other.yaml#/x"}),
        f"at {REFUSED}/properties/x leads out of the document",
    ),
    ("type", lambda _, __, s: s["ProfileRequest"].update(type="objekt"), f"{REFUSED} has a type"),
    (
        "pattern",
        lambda _, __, s: s["ProfileRequest"].update(pattern="("),
        f"{REFUSED} has a pattern",
    ),
    ("required", lambda _, __, s: s["ProfileRequest"].update(required=True), "has a required"),
    ("all", lambda _, __, s: s["ProfileRequest"].update(allOf=[{"type": "array"}]), "type twice"),
    ("[]", lambda _, __, s: s["ProfileRequest"]["properties"].update({"[]": {}}), "is called []"),
    ("header", lambda _, o, __: o["parameters"].append(o["parameters"][0] | {"name": 5}), "3/name"),
]


@pytest.mark.parametrize(("edit", "words"), [u[1:] for u in UNUSABLE], ids=[u[0] for u in UNUSABLE])
def test_an_unusable_document_is_one_sentence(edition: Edition, edit: Edit, words: str) -> None:
    with pytest.raises(SpecError) as caught:
        edition(edit)
    message = str(caught.value)
    assert words in message
    assert "\n" not in message


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\x89PNG\r\n\x1a\n\xff", "is not UTF-8 text: byte 0"),
        (b"\0\1\2", "is not readable YAML or JSON"),
        (b"", "its root is no mapping"),
        (b"- a\n- b\n", "its root is no mapping"),
        (b"[1, 2]", "its root is no mapping"),
        (b"just text", "its root is no mapping"),
        (b"a: [1\nb: 2\n", "is not readable YAML or JSON (line 2)"),
        (b"a: &a [*a]\n", "is not readable YAML or JSON"),
        (b"? [a]\n: b\n", "is not readable YAML or JSON (line 1)"),
        (b"a: !!python/object:x 1\n", "is not readable YAML or JSON (line 1)"),
        (b"[" * 100_000, "is not readable YAML or JSON"),
        (b"a: " + b"9" * 5000, "is not readable YAML or JSON"),
        (b"{}", "has no operation createProfile"),
    ],
)
def test_an_unreadable_file_is_one_sentence(written: Written, content: bytes, words: str) -> None:
    with pytest.raises(SpecError) as caught:
        written(content)
    assert words in str(caught.value)
    assert "written.yaml" in str(caught.value)


def test_a_missing_file_and_a_folder_are_named(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=r"cannot read the contract .*none\.yaml: No such file"):
        load(tmp_path / "none.yaml")
    with pytest.raises(SpecError, match=r"cannot read the contract .*: Is a directory"):
        load(tmp_path)


def test_a_pointer_that_is_nowhere_gives_the_default_and_its_ancestors_line() -> None:
    document = load_document()
    assert document.get("#/info/none/at/all", 5) == document.get("#nowhere", 5) == 5
    assert document.line("#/info/title/deeper/still") == document.line("#/info/title") == 3
    assert document.line("#/none") == 1


def places(node: Any) -> Iterator[tuple[Any, Any]]:
    for key in list(node) if isinstance(node, dict) else range(len(node)):
        yield node, key
        if isinstance(node[key], dict | list):
            yield from places(node[key])


JUNK = [None, True, 0, -1, 1.5, "", "x", "#/x", [], {}, [None], ["x", 1], {"$ref": REFUSED}]


def test_a_damaged_document_is_read_or_refused_in_one_sentence(tmp_path: Path) -> None:
    path, refusals = tmp_path / "damaged.json", []
    for seed in range(300):
        chance, document = random.Random(seed), copy.deepcopy(VENDOR)
        for _ in range(chance.choice([1, 1, 3])):
            owner, key = chance.choice(list(places(document)))
            if chance.random() < 0.3:
                del owner[key]
            else:
                owner[key] = chance.choice(JUNK)
        path.write_text(json.dumps(document), "utf-8")
        try:
            load(path)
        except SpecError as error:
            refusals.append(str(error))
    assert [each for each in refusals if "\n" in each] == []
    assert [each for each in refusals if str(path) not in each and "#/" not in each] == []
    assert 50 < len(refusals) < 250


def test_what_stands_at_a_line_is_told_if_it_is_short(tmp_path: Path) -> None:
    path = tmp_path / "spec.yaml"
    path.write_text(
        "a:\n  enum:\n  - f\n  - m\n  type: string\n\nb:\n"
        + "".join(f"  c{n}: 1\n" for n in range(9))
    )
    document = load_document(path)
    assert document.excerpt(2) == "enum:\n- f\n- m"
    assert document.excerpt(3) == "- f"
    assert document.excerpt(1) == "a:\n  enum:\n  - f\n  - m\n  type: string"
    assert document.excerpt(7) == "b:"
    path.write_text('{"a": "' + "x" * 500 + '"}')
    assert load_document(path).excerpt(1) == ""
