"""Editions of the vendor's document that are still to come, to be derived from."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import yaml

from spec.document import VENDOR_DOCUMENT, read_yaml

VENDOR = read_yaml(VENDOR_DOCUMENT.read_text("utf-8"))
PATH = "/api/v2/server-side-api/profile/"

Document = dict[str, Any]
Edit = Callable[[Document, dict[str, Any]], object]  # gets the document and its schemas


def operation(document: Document) -> Any:
    return next(iter(document["paths"].values()))["post"]


TEXT_TYPE = {"type": "string"}
CONSENT = {
    "type": "object",
    "required": ["version"],
    "additionalProperties": False,
    "properties": {
        "version": {"type": "number", "minimum": 1, "maximum": 9, "multipleOf": 0.5},
        "code": {"type": "string", "pattern": "^[A-Z]+$", "minLength": 2, "maxLength": 8},
        "topics": {
            "type": "array",
            "minItems": 1,
            "maxItems": 3,
            "uniqueItems": True,
            "items": TEXT_TYPE,
        },
        "kind": {"const": "gdpr"},
        "age": {"type": "integer", "exclusiveMinimum": 17, "maximum": 130},
        "ratio": {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1},
    },
}
ARRAYS = {
    "tags": {"type": "array", "items": TEXT_TYPE},
    "matrix": {
        "type": "array",
        "maxItems": 2,
        "items": {"type": "array", "minItems": 1, "maxItems": 2, "items": {"type": "number"}},
    },
    "visits": {
        "type": "array",
        "maxItems": 2,
        "uniqueItems": True,
        "items": {
            "type": "object",
            "required": ["count"],
            "properties": {
                "count": {"type": "integer", "minimum": 0},
                "day": {"type": "string", "format": "date"},
            },
        },
    },
    "anything": {"type": "array"},
}
PLAIN = {
    "seen_at": {"type": "string", "format": "date-time"},
    "address": {"type": "string", "format": "ipv4", "nullable": True},
    "link": {"type": "string", "format": "uri"},
    "count": {"type": "integer"},
    "small": {"type": "integer", "format": "int32"},
    "score": {"type": "number", "minimum": -1.5, "maximum": 1.5},
    "colour": {"type": "string", "nullable": True, "enum": ["red", "blue-green", "blue green"]},
    "maybe": {"type": ["string", "null"], "enum": ["only", None]},
    "either": {"anyOf": [{"type": "string", "maxLength": 3}, {"type": "integer", "minimum": 5}]},
    "free": {
        "type": "object",
        "minProperties": 1,
        "maxProperties": 2,
        "additionalProperties": TEXT_TYPE,
    },
    "pair": {
        "type": "object",
        "minProperties": 1,
        "properties": {"a": TEXT_TYPE, "b": TEXT_TYPE},
    },
    "untyped": {},
    "phone": {"type": "string", "format": "phone"},
}


def new_members(_: Document, schemas: dict[str, Any]) -> None:
    added = {"consent": CONSENT, **ARRAYS, **PLAIN}
    schemas["ProfileRequest"]["properties"].update(copy.deepcopy(added))


def changed_members(_: Document, schemas: dict[str, Any]) -> None:
    request = schemas["ProfileRequest"]
    named = request["properties"]
    named["given_name"] = named.pop("first_name")
    named["store"]["enum"].append("x y")
    named["tier"] = {"type": "string", "enum": ["gold", "tin"]}
    request["required"] = ["email", "tier"]
    schemas["InstallationMeta"]["required"].append("locale")


def no_attributes(document: Document, schemas: dict[str, Any]) -> None:
    """And a document without an example of a request."""
    del schemas["ProfileRequest"]["properties"]["custom_attributes"]
    del schemas["ProfileRequest"]["example"]
    del operation(document)["requestBody"]["content"]["application/json"]["example"]
    del schemas["Profile"]["properties"]["custom_attributes"]
    schemas["Profile"]["required"].remove("custom_attributes")


def another_path(document: Document, _: Any) -> None:
    """And no header for the id of a profile."""
    operation(document)["parameters"].pop(1)
    document["paths"]["/v3/people"] = document["paths"].pop(PATH)


def another_scheme(document: Document, _: Any) -> None:
    """And a header that is required."""
    scheme = document["components"]["securitySchemes"]["apikeyAuth"]
    scheme["default"] = "Token {Your secret API key}"
    operation(document)["parameters"][2]["required"] = True


EDITIONS: dict[str, Edit] = {
    "new-members": new_members,
    "changed-members": changed_members,
    "no-attributes": no_attributes,
    "another-path": another_path,
    "another-scheme": another_scheme,
}


def written(edit: Edit) -> str:
    """The vendor's document with an edit made, as YAML."""
    document = copy.deepcopy(VENDOR)
    edit(document, document["components"]["schemas"])
    return yaml.safe_dump(document, sort_keys=False)
