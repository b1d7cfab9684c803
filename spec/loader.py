"""From the vendor's document to the contract: overlay, schemas, requirements, findings."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import jsonpatch
import jsonpointer

from spec.contract import JSON_MEDIA_TYPE, Choice, Contract, ContractFinding, Credential, Header
from spec.document import VENDOR_DOCUMENT, Document, SpecError, join, load_document, read_yaml
from spec.requirements import (
    Evidence,
    Level,
    Requirement,
    Side,
    Source,
    identifier,
    of_schema,
    unhandled,
)
from spec.schema import Schema, normalise

_HERE = Path(__file__).parent


def load(path: Path | None = None) -> Contract:
    """Read the contract from an OpenAPI document, by default the vendor's as published.

    Raises SpecError, with one sentence for the operator, when the document cannot serve.
    """
    document = load_document(path or VENDOR_DOCUMENT)
    findings: list[ContractFinding] = []
    evidence = Evidence(document)
    prose = read_yaml((_HERE / "prose.yaml").read_text("utf-8"))
    patched = dataclasses.replace(document, data=_overlay(document, evidence, findings))
    for entry in prose["evidence"]:
        for source in evidence.find(entry["quote"]):
            evidence.sentences[entry["keyword"]] = source
    operation = _operation(document)
    post = document.get(operation)
    request = normalise(patched, _schema_pointer(document, join(operation, "requestBody")))
    responses: dict[int, Schema | None] = {}
    for status in post.get("responses", {}):
        if not str(status).isdigit():
            continue
        where = join(operation, "responses", status)
        has_content = "content" in document.get(where, {})
        responses[int(status)] = (
            normalise(patched, _schema_pointer(document, where)) if has_content else None
        )
    errors = [schema for status, schema in responses.items() if status >= 400 and schema]
    if not errors or not any(200 <= status < 300 for status in responses):
        raise SpecError(f"the contract {document.path} documents no success, or no error schema")
    info = document.get("#/info", {})
    contract = Contract(
        title=str(info.get("title", "")),
        version=str(info.get("version", "")),
        sha256=document.sha256,
        path=operation.split("/")[2].replace("~1", "/").replace("~0", "~"),
        method=operation.rpartition("/")[2].upper(),
        servers=tuple(server.get("url", "") for server in document.get("#/servers", [])),
        headers=tuple(_headers(document, operation)),
        credential=_credential(document, operation),
        request=request,
        responses=responses,
        refusal=errors[0],
        example=request.get("example", _media(document, operation).get("example")),
        requirements={},
        choices={},
        findings=(),
        document=document,
    )
    requirements: dict[str, Requirement] = {}
    for each in [
        *_request_requirements(contract, operation, evidence),
        *_response_requirements(contract, operation, evidence),
        *_prose_requirements(contract, operation, evidence, prose, findings),
    ]:
        if each.id in requirements:
            raise SpecError(f"two requirements of the contract would be called {each.id}")
        requirements[each.id] = each
    for schema in [request, *(each for each in responses.values() if each)]:
        for keyword, pointer in unhandled(schema):
            message = f"The keyword {keyword} is not understood; what it demands is not tested."
            source = Source(pointer, document.line(pointer))
            findings.append(ContractFinding(f"not-understood:{pointer}", message, source))
    decisions = read_yaml((_HERE / "decisions.yaml").read_text("utf-8"))
    decided = [
        ContractFinding(d["id"], d["message"], Source(d["pointer"], document.line(d["pointer"])))
        for d in decisions["contract_findings"]
        if document.get(d["pointer"]) is not None
    ]
    return dataclasses.replace(
        contract,
        requirements=requirements,
        choices={each["id"]: Choice(**each) for each in decisions["choices"]},
        findings=(*decided, *{each.id: each for each in findings}.values()),
    )


def _overlay(
    document: Document, evidence: Evidence, findings: list[ContractFinding]
) -> dict[str, Any]:
    """The document with each overlay action that matches; the others become findings."""
    data: dict[str, Any] = copy.deepcopy(document.data)
    for action in read_yaml((_HERE / "overlay.yaml").read_text("utf-8")):
        source = Source(action["pointer"], document.line(action["pointer"]), action["quote"])
        try:
            data = jsonpatch.JsonPatch([action]).apply(data)
        except (jsonpatch.JsonPatchException, jsonpointer.JsonPointerException):
            message = (
                f"The overlay found nothing at {action['path']}; “{action['quote']}” is not tested."
            )
            findings.append(ContractFinding(f"overlay:{action['path']}", message, source))
        else:
            evidence.sentences["#" + action["path"]] = source
    return data


def _operation(document: Document) -> str:
    """The pointer of the operation: `createProfile`, or the only one that takes a JSON body."""
    found = [
        (join("#/paths", path, method), operation)
        for path, item in document.get("#/paths", {}).items()
        if isinstance(item, dict)
        for method, operation in item.items()
        if isinstance(operation, dict) and "requestBody" in operation
    ]
    named = [pointer for pointer, each in found if each.get("operationId") == "createProfile"]
    if len(named or found) != 1:
        raise SpecError(f"the contract {document.path} has no operation createProfile with a body")
    return named[0] if named else found[0][0]


def _media(document: Document, operation: str) -> dict[str, Any]:
    media = document.get(join(operation, "requestBody", "content", JSON_MEDIA_TYPE), {})
    return media if isinstance(media, dict) else {}


def _schema_pointer(document: Document, owner: str) -> str:
    pointer = join(owner, "content", JSON_MEDIA_TYPE, "schema")
    if document.get(pointer) is None:
        raise SpecError(f"the contract {document.path} has no {JSON_MEDIA_TYPE} schema at {owner}")
    return pointer


def _headers(document: Document, operation: str) -> Iterator[Header]:
    for index, parameter in enumerate(document.get(join(operation, "parameters"), [])):
        if parameter.get("in") == "header":
            pointer = join(operation, "parameters", index)
            yield Header(parameter["name"], bool(parameter.get("required")), pointer)


def _credential(document: Document, operation: str) -> Credential:
    for alternative in document.get(join(operation, "security"), []):
        for name in alternative:
            scheme = document.get(join("#/components/securitySchemes", name), {})
            if scheme.get("type") == "apiKey" and scheme.get("in") == "header":
                word = str(scheme.get("default", "")).partition(" ")[0]
                return Credential(scheme["name"], word)
    raise SpecError(f"the contract {document.path} has no API key in a header")


def _request_requirements(
    contract: Contract, operation: str, evidence: Evidence
) -> Iterator[Requirement]:
    def made(
        key: str, level: Level, statement: str, pointer: str, *sides: Side, part: str
    ) -> Requirement:
        return Requirement(key, level, statement, part, sides, evidence.source(pointer))

    content = join(operation, "requestBody", "content", JSON_MEDIA_TYPE)
    body = join(operation, "requestBody", "required")
    if contract.document.get(body) is True:
        words = "A request without a body is refused."
        yield made("request.body.required", "must", words, body, "refuse", part="request body")
    yield from of_schema(
        "request.body", contract.request, evidence, level="must", part="request body"
    )
    words = f"The media type is {JSON_MEDIA_TYPE}; any other is refused."
    yield made("request.media_type", "should", words, content, "accept", "refuse", part="headers")
    words = "The body is one well-formed JSON text; malformed JSON is refused."
    yield made("request.json", "should", words, content, "accept", "refuse", part="request body")
    for header in contract.headers:
        base = f"request.header.{header.name.lower()}"
        pointer = join(header.pointer, "required")
        if header.required:
            words = f"The header {header.name} is present."
            yield made(f"{base}.required", "must", words, pointer, "refuse", part="headers")
        else:
            words = f"The header {header.name} may be left out."
            yield made(f"{base}.optional", "must", words, pointer, "accept", part="headers")
        pointer = join(header.pointer, "schema", "type")
        words = f"The header {header.name} is taken as text, whatever it says."
        yield made(f"{base}.type", "must", words, pointer, "accept", part="headers")


def _response_requirements(
    contract: Contract, operation: str, evidence: Evidence
) -> Iterator[Requirement]:
    for status, schema in contract.responses.items():
        if schema is None:
            continue
        part = "profile" if 200 <= status < 300 else "refusals"
        pointer = join(operation, "responses", status, "content", JSON_MEDIA_TYPE)
        base = f"response.{status}"
        yield from _message(base, base, schema, pointer, evidence, "must", part)
    refusal = next(s for s, schema in contract.responses.items() if schema is contract.refusal)
    pointer = join(operation, "responses", refusal, "content", JSON_MEDIA_TYPE)
    yield from _message(
        "rejection", "rejection.body", contract.refusal, pointer, evidence, "should", "refusals"
    )


def _message(
    base: str,
    subject: str,
    schema: Schema,
    pointer: str,
    evidence: Evidence,
    level: Level,
    part: str,
) -> Iterator[Requirement]:
    what = "A refusal" if base == "rejection" else f"A {base.rpartition('.')[2]} response"
    source = evidence.source(pointer)
    words = f"{what} says that it is {JSON_MEDIA_TYPE}."
    yield Requirement(f"{base}.media_type", level, words, part, ("observe",), source)
    words = f"{what} is one well-formed JSON text in UTF-8."
    yield Requirement(f"{base}.json", level, words, part, ("observe",), source)
    yield from of_schema(subject, schema, evidence, level=level, part=part)
    status_code = schema.get("properties", {}).get("status_code")
    if part == "refusals" and status_code is not None:
        source = evidence.source(status_code["x-sources"].get("type", pointer))
        words = "status_code is the HTTP status of the response."
        key = identifier(subject, ("status_code",), "http_status")
        yield Requirement(key, "should", words, part, ("observe",), source)


def _prose_requirements(
    contract: Contract,
    operation: str,
    evidence: Evidence,
    prose: Mapping[str, Any],
    findings: list[ContractFinding],
) -> Iterator[Requirement]:
    success = contract.responses[contract.success]
    for entry in prose["requirements"]:
        if not _has(success, entry.get("needs", [])):
            continue
        sources = [source for words in entry["quotes"] for source in evidence.find(words)]
        if not sources:
            message = (
                f"No description says “{entry['quotes'][0]}” any more; {entry['id']} is not tested."
            )
            findings.append(ContractFinding(f"prose:{entry['id']}", message, Source("#", 1)))
            continue
        also = [*sources[1:], *_security_sources(contract.document, operation, entry["id"])]
        yield Requirement(
            id=entry["id"],
            level=entry["level"],
            statement=entry["statement"],
            part=entry["part"],
            sides=tuple(entry["sides"]),
            source=sources[0],
            also=tuple(also),
        )


def _security_sources(document: Document, operation: str, key: str) -> Iterator[Source]:
    if not key.startswith("auth."):
        return
    for index, alternative in enumerate(document.get(join(operation, "security"), [])):
        for name in alternative:
            scheme = join("#/components/securitySchemes", name)
            for pointer in [join(operation, "security", index, name), *(
                join(scheme, keyword) for keyword in ("type", "name", "in")
            )]:  # fmt: skip
                yield Source(pointer, document.line(pointer))


def _has(schema: Schema | None, members: list[str]) -> bool:
    for member in members:
        if schema is None or member not in schema.get("properties", {}):
            return False
        schema = schema["properties"][member]
    return True
