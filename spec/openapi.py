"""What stands where in an OpenAPI document: the operation, its messages, headers and credential."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from spec.contract import JSON_MEDIA_TYPE, Credential, Header
from spec.document import Document, SpecError, join
from spec.schema import reference


def follow(document: Document, pointer: str) -> str:
    """`pointer`, or where the references that begin there lead."""
    seen = {pointer}
    while isinstance(node := document.get(pointer), dict) and "$ref" in node:
        pointer = reference(document, pointer)
        if pointer in seen:
            raise SpecError(f"the reference {pointer} refers to itself")
        if document.get(pointer) is None:
            raise SpecError(f"the contract has nothing at {pointer}, where a reference leads")
        seen.add(pointer)
    return pointer


def mapping(document: Document, pointer: str) -> dict[str, Any]:
    """The mapping at `pointer`, empty where there is none. Raises SpecError on anything else."""
    value = document.get(pointer)
    if not isinstance(value, dict | None):
        raise SpecError(f"the contract {document.path} has no mapping at {pointer}")
    return value or {}


def sequence(document: Document, pointer: str) -> list[Any]:
    """The list at `pointer`, empty where there is none. Raises SpecError on anything else."""
    value = document.get(pointer)
    if not isinstance(value, list | None):
        raise SpecError(f"the contract {document.path} has no list at {pointer}")
    return value or []


def text(document: Document, pointer: str) -> str:
    """The text at `pointer`. Raises SpecError where there is none."""
    value = document.get(pointer)
    if not isinstance(value, str):
        raise SpecError(f"the contract {document.path} has no text at {pointer}")
    return value


def find_operation(document: Document) -> str:
    """The pointer of the operation: `createProfile`, or the only one that takes a body."""
    found = [
        (join("#/paths", path, method), operation)
        for path, item in mapping(document, "#/paths").items()
        if isinstance(item, dict)
        for method, operation in item.items()
        if isinstance(operation, dict) and "requestBody" in operation
    ]
    named = [pointer for pointer, each in found if each.get("operationId") == "createProfile"]
    if len(named or found) != 1:
        how_many = "no" if not found else "more than one"
        raise SpecError(
            f"the contract {document.path} has {how_many} operation createProfile with a body"
        )
    return named[0] if named else found[0][0]


def schema_pointer(document: Document, owner: str) -> str:
    """Where the schema of a message's JSON content stands."""
    pointer = join(owner, "content", JSON_MEDIA_TYPE, "schema")
    if document.get(pointer) is None:
        raise SpecError(f"the contract {document.path} has no {JSON_MEDIA_TYPE} schema at {owner}")
    return pointer


def response_pointers(document: Document, operation: str) -> dict[int, str]:
    """Where each response with a status of its own stands, by status."""
    responses = join(operation, "responses")
    return {
        int(status): follow(document, join(responses, status))
        for status in mapping(document, responses)
        if re.fullmatch(r"[1-5][0-9][0-9]", status)
    }


def parameter_pointers(document: Document, operation: str) -> list[str]:
    """Where each parameter stands, those of the path first, each name and place once."""
    found: dict[tuple[str, str], str] = {}
    for owner in (operation.rpartition("/")[0], operation):
        for index in range(len(sequence(document, join(owner, "parameters")))):
            pointer = follow(document, join(owner, "parameters", index))
            name = text(document, join(pointer, "name"))
            place = text(document, join(pointer, "in"))
            found[name.lower() if place == "header" else name, place] = pointer
    return list(found.values())


def headers(document: Document, operation: str) -> Iterator[Header]:
    """The request headers that the operation declares."""
    for pointer in parameter_pointers(document, operation):
        parameter = mapping(document, pointer)
        if parameter["in"] == "header":
            yield Header(parameter["name"], parameter.get("required") is True, pointer)


def security(document: Document, operation: str) -> str:
    """Where the list of security requirements stands that holds for the operation."""
    own = join(operation, "security")
    return own if document.get(own) is not None else "#/security"


def scheme_names(document: Document, operation: str) -> Iterator[tuple[str, str]]:
    """Each named security requirement: its pointer, and the pointer of its scheme."""
    where = security(document, operation)
    for index in range(len(sequence(document, where))):
        for name in mapping(document, join(where, index)):
            scheme = follow(document, join("#/components/securitySchemes", name))
            yield join(where, index, name), scheme


def credential(document: Document, operation: str) -> Credential:
    """The header that carries the key, and the word that stands before it there.

    The word is the one that `default` shows, or the first text in the description that is quoted
    and has a blank after a word (`Api-Key {key}`).
    """
    for _, pointer in scheme_names(document, operation):
        scheme = mapping(document, pointer)
        if scheme.get("type") == "apiKey" and scheme.get("in") == "header":
            shown = scheme.get("default")
            if not isinstance(shown, str):
                quoted = re.search(r"`([!-_a-~]+ [^`]+)`", str(scheme.get("description", "")))
                shown = quoted[1] if quoted else ""
            return Credential(text(document, join(pointer, "name")), shown.partition(" ")[0])
    raise SpecError(f"the contract {document.path} has no API key in a header")
