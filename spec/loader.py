"""From the vendor's document to the contract: overlay, schemas, requirements, findings."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from spec import overlay
from spec.contract import JSON_MEDIA_TYPE, Choice, Contract, ContractFinding
from spec.document import VENDOR_DOCUMENT, Document, SpecError, join, load_document, read_yaml
from spec.openapi import (
    credential,
    find_operation,
    follow,
    headers,
    mapping,
    parameter_pointers,
    response_pointers,
    schema_pointer,
    scheme_names,
    sequence,
    text,
)
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
from spec.schema import ANNOTATIONS, Schema, normalise

_HERE = Path(__file__).parent


def load(path: Path | None = None) -> Contract:
    """Read the contract from an OpenAPI document, by default the vendor's as published.

    Raises SpecError, with one sentence for the operator, when the document cannot serve.
    """
    return _vendors() if path is None else _read(path)


@cache
def _vendors() -> Contract:
    return _read(VENDOR_DOCUMENT)


def _read(path: Path) -> Contract:
    document = load_document(path)
    evidence = Evidence(document)
    data, findings = overlay.apply(document, evidence)
    patched = dataclasses.replace(document, data=data)
    prose = _table("prose.yaml")
    for entry in prose["evidence"]:
        for source in evidence.find(entry["quote"]):
            evidence.sentences[entry["keyword"]] = source
    operation = find_operation(document)
    body = follow(document, join(operation, "requestBody"))
    request = normalise(patched, schema_pointer(document, body))
    places = response_pointers(document, operation)
    responses = {
        status: normalise(patched, schema_pointer(document, place))
        if mapping(document, join(place, "content"))
        else None
        for status, place in places.items()
    }
    errors = [schema for status, schema in responses.items() if status >= 400 and schema]
    if not any(200 <= status < 300 for status in responses):
        raise SpecError(f"the contract {document.path} documents no successful response")
    if not errors:
        raise SpecError(f"the contract {document.path} documents no error with a JSON schema")
    info = mapping(document, "#/info")
    media = mapping(document, join(body, "content", JSON_MEDIA_TYPE))
    contract = Contract(
        title=str(info.get("title", "")),
        version=str(info.get("version", "")),
        sha256=document.sha256,
        path=operation.split("/")[2].replace("~1", "/").replace("~0", "~"),
        method=operation.rpartition("/")[2].upper(),
        servers=tuple(
            text(document, join("#/servers", index, "url"))
            for index in range(len(sequence(document, "#/servers")))
        ),
        headers=tuple(headers(document, operation)),
        credential=credential(document, operation),
        request=request,
        responses=responses,
        refusal=errors[0],
        example=request.get("example", media.get("example")),
        requirements={},
        choices={},
        findings=(),
        document=document,
    )
    requirements: dict[str, Requirement] = {}
    for each in [
        *_request_requirements(contract, body, evidence),
        *_header_requirements(contract, evidence),
        *_response_requirements(contract, places, evidence),
        *_prose_requirements(contract, operation, evidence, prose, findings),
    ]:
        if each.id in requirements:
            raise SpecError(f"two requirements of the contract would be called {each.id}")
        requirements[each.id] = each
    for what, pointer in _not_understood(contract, operation):
        message = f"{what} is not understood; what it demands is not tested."
        source = Source(pointer, document.line(pointer))
        findings.append(ContractFinding(f"not-understood:{pointer}", message, source))
    decisions = _table("decisions.yaml")
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


@cache
def _table(name: str) -> Any:
    return read_yaml((_HERE / name).read_text("utf-8"))


def _not_understood(contract: Contract, operation: str) -> Iterator[tuple[str, str]]:
    """What the document says of the operation's messages and no requirement covers."""
    document = contract.document
    for schema in [contract.request, *(each for each in contract.responses.values() if each)]:
        for keyword, pointer in unhandled(schema):
            yield f"The keyword {keyword}", pointer
    for pointer in parameter_pointers(document, operation):
        if document.get(join(pointer, "in")) != "header":
            yield "A parameter that is no header", pointer
        elif _is_restricted(document, pointer):
            yield "A header that is not any text", join(pointer, "schema")
    for status in mapping(document, join(operation, "responses")):
        if status not in map(str, contract.responses):
            yield f"A response for {status}", join(operation, "responses", status)


def _is_restricted(document: Document, parameter: str) -> bool:
    """Whether the schema of a parameter says more than that it is text."""
    schema = document.get(join(parameter, "schema"))
    free = {"type", "format", *ANNOTATIONS}
    text_only = isinstance(schema, dict) and schema.get("type") == "string"
    return not text_only or bool(schema.keys() - free)


def _request_requirements(
    contract: Contract, body: str, evidence: Evidence
) -> Iterator[Requirement]:
    def made(
        key: str, level: Level, statement: str, pointer: str, *sides: Side, part: str
    ) -> Requirement:
        return Requirement(key, level, statement, part, sides, evidence.source(pointer))

    content = join(body, "content", JSON_MEDIA_TYPE)
    required = join(body, "required")
    if contract.document.get(required) is True:
        words = "A request without a body is refused."
        yield made("request.body.required", "must", words, required, "refuse", part="request body")
    yield from of_schema(
        "request.body", contract.request, evidence, level="must", part="request body"
    )
    words = f"The media type is {JSON_MEDIA_TYPE}; any other is refused."
    yield made("request.media_type", "should", words, content, "accept", "refuse", part="headers")
    words = "The body is one well-formed JSON text; malformed JSON is refused."
    yield made("request.json", "should", words, content, "accept", "refuse", part="request body")


def _header_requirements(contract: Contract, evidence: Evidence) -> Iterator[Requirement]:
    def made(keyword: str, statement: str, pointer: str, side: Side) -> Requirement:
        key = identifier("request.header", (header.name.lower(),), keyword)
        return Requirement(key, "must", statement, "headers", (side,), evidence.source(pointer))

    for header in contract.headers:
        pointer = join(header.pointer, "required")
        if header.required:
            yield made("required", f"The header {header.name} is present.", pointer, "refuse")
        else:
            yield made("optional", f"The header {header.name} may be left out.", pointer, "accept")
        if not _is_restricted(contract.document, header.pointer):
            pointer = join(header.pointer, "schema", "type")
            words = f"The header {header.name} is taken as text, whatever it says."
            yield made("type", words, pointer, "accept")


def _response_requirements(
    contract: Contract, places: Mapping[int, str], evidence: Evidence
) -> Iterator[Requirement]:
    for status, schema in contract.responses.items():
        if schema is None:
            continue
        part = "profile" if 200 <= status < 300 else "refusals"
        pointer = join(places[status], "content", JSON_MEDIA_TYPE)
        base = f"response.{status}"
        yield from _message(base, base, schema, pointer, evidence, "must", part)
    refusal = next(s for s, schema in contract.responses.items() if schema is contract.refusal)
    pointer = join(places[refusal], "content", JSON_MEDIA_TYPE)
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
    for named, scheme in scheme_names(document, operation):
        for pointer in (named, *(join(scheme, keyword) for keyword in ("type", "name", "in"))):
            yield Source(pointer, document.line(pointer))


def _has(schema: Schema | None, members: list[str]) -> bool:
    for member in members:
        if schema is None or member not in schema.get("properties", {}):
            return False
        schema = schema["properties"][member]
    return True
