"""Requirements: what the contract demands, one by one, computed by walking it.

Where a schema keyword is the source nothing is listed by hand; what only the prose demands stands
in `prose.yaml` with the sentences it rests on.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any, Literal
from urllib.parse import quote as percent_encode

from spec import formats
from spec.document import Document, join
from spec.schema import ANNOTATIONS, ITEM, STRUCTURE, Location, Schema, types, walk

Level = Literal["must", "should"]
Side = Literal["accept", "refuse", "observe"]

PARTS = (
    "request body",
    "headers",
    "authentication",
    "profile",
    "refusals",
    "meaning",
    "robustness",
)

# Keywords with which a schema restricts values; each yields one requirement.
CONSTRAINTS = (
    "type", "enum", "const", "format", "pattern", "minLength", "maxLength", "minimum", "maximum",
    "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minItems", "maxItems", "uniqueItems",
    "minProperties", "maxProperties", "oneOf", "anyOf", "not", "contains", "propertyNames",
    "dependentRequired",
)  # fmt: skip


@dataclass(frozen=True)
class Source:
    """Where a demand stands: JSON Pointer and 1-based line in the vendor's YAML, and the words."""

    pointer: str
    line: int
    quote: str | None = None


@dataclass(frozen=True)
class Requirement:
    """One thing the contract demands.

    `subject` is the message it speaks of (`request.body`, `response.200`, `rejection.body`, …) and,
    for a schema keyword, `location` and `keyword` are its place there. `sides` are what a pass has
    to show: valid input accepted, invalid input refused, a response observed.
    """

    id: str
    level: Level
    statement: str
    part: str
    sides: tuple[Side, ...]
    source: Source
    also: tuple[Source, ...] = ()
    subject: str = ""
    location: Location = ()
    keyword: str = ""


@dataclass
class Evidence:
    """Sentences of the document, found by their words, and the keywords they stand for."""

    document: Document
    sentences: dict[str, Source] = field(default_factory=dict)

    @cached_property
    def _said(self) -> list[tuple[str, str]]:
        found = descriptions(self.document.data)
        return [(pointer, " ".join(text.split())) for pointer, text in found]

    def find(self, words: str) -> list[Source]:
        """Every description that contains `words`, white space aside."""
        wanted = " ".join(words.split())
        return [
            Source(pointer, self.document.line(pointer), wanted)
            for pointer, text in self._said
            if wanted in text
        ]

    def source(self, pointer: str) -> Source:
        """The source of the keyword at `pointer`: itself, or the sentence that says it."""
        said = self.sentences.get(pointer)
        if said is None:
            return Source(pointer, self.document.line(pointer))
        if pointer in self.document.lines:
            return Source(pointer, self.document.line(pointer), said.quote)
        return said


def descriptions(node: Any, pointer: str = "#") -> Iterator[tuple[str, str]]:
    """Every description of a document, with its JSON Pointer."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "description" and isinstance(value, str):
                yield join(pointer, key), value
            elif key not in ("example", "examples") or pointer.endswith("/properties"):
                yield from descriptions(value, join(pointer, key))
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from descriptions(value, join(pointer, index))


def sentences(text: str) -> list[str]:
    """A description cut into sentences, white space folded."""
    return re.split(r"(?<=[.!?]) (?=[A-Z])", " ".join(text.split()))


def segment(step: str) -> str:
    """One step of a location as a part of an id; `item` stands for array items."""
    if step == ITEM:
        return "item"
    return (
        "%69tem"
        if step == "item"
        else percent_encode(step, safe="-_", errors="surrogatepass").replace(".", "%2E")
    )


@lru_cache(maxsize=4096)
def identifier(subject: str, location: Location, keyword: str) -> str:
    """The id of what `keyword` demands at `location` of a message."""
    return ".".join([subject, *map(segment, location), keyword])


def of_schema(
    subject: str, schema: Schema, evidence: Evidence, *, level: Level, part: str
) -> Iterator[Requirement]:
    """The requirements of one schema; on the request side also what may be left out or null."""
    request = subject.startswith("request.")
    sides: tuple[Side, ...] = ("accept", "refuse") if request else ("observe",)

    def make(
        keyword: str, where: Location, statement: str, pointer: str, *shown: Side, to: Level = level
    ) -> Requirement:
        source = evidence.source(pointer)
        return Requirement(
            identifier(subject, where, keyword), to, statement, part, shown or sides, source,
            subject=subject, location=where, keyword=keyword,
        )  # fmt: skip

    for location, node in walk(schema):
        name = readable(subject, location)
        sources: Mapping[str, str] = node["x-sources"]
        for keyword in CONSTRAINTS:
            if keyword in node and not _says_nothing(keyword, node[keyword]):
                to: Level = "should" if request and keyword == "format" else level
                words = f"{name} {_demand(keyword, node)}."
                yield make(keyword, location, words, sources[keyword], to=to)
        if not _says_nothing("additionalProperties", node.get("additionalProperties", True)):
            words = f"{name} {_demand('additionalProperties', node)}."
            yield make("additionalProperties", location, words, sources["additionalProperties"])
        elif request and "object" in types(node):
            words = f"{name} may have members that the contract does not name."
            keyword = next(
                k for k in ("additionalProperties", "properties", "type") if k in sources
            )
            pointer = sources[keyword]
            yield make("additionalProperties", location, words, pointer, "accept")
        if request and node.get("nullable") is True and not node.get("x-open-null"):
            words = f"{name} may be null."
            yield make("nullable", location, words, sources["nullable"], "accept", to="should")
        for member in dict.fromkeys([*node.get("properties", {}), *node.get("required", [])]):
            where, full = (*location, member), readable(subject, (*location, member))
            if member in node.get("required", []):
                shown: tuple[Side, ...] = ("refuse",) if request else ()
                pointer = sources[f"required/{member}"]
                yield make("required", where, f"{full} is present.", pointer, *shown)
            elif request:
                pointer = sources[f"properties/{member}"]
                yield make("optional", where, f"{full} may be left out.", pointer, "accept")


def unhandled(schema: Schema) -> Iterator[tuple[str, str]]:
    """Keywords that may restrict values and that no requirement covers, with their pointers."""
    known = {*CONSTRAINTS, *ANNOTATIONS, *STRUCTURE, "required", "additionalProperties"}
    for _, node in walk(schema):
        for keyword in node:
            if keyword not in known and not keyword.startswith("x-"):
                yield keyword, node["x-sources"].get(keyword, "#")
        name = node.get("format")
        if name is not None and name not in formats.KNOWN | formats.UNCONSTRAINING:
            yield f"format {name}", node["x-sources"]["format"]


def _says_nothing(keyword: str, value: Any) -> bool:
    return (
        (keyword == "format" and value not in formats.KNOWN)
        or (keyword == "uniqueItems" and value is not True)
        or (keyword in ("minLength", "minItems", "minProperties") and value == 0)
        or (keyword == "additionalProperties" and value in (True, {"x-sources": {}}))
    )


def readable(subject: str, location: Location) -> str:
    """A location as a reader would write it: `installation_meta.device_id`, and which message it is
    in where that is an error: `errors[].source of a refusal`."""
    kind, _, status = subject.partition(".")
    if not location:
        if kind == "response":
            return f"A {status} response"
        return {"request.body": "The request body", "rejection.body": "The error"}[subject]
    name = ".".join(location).replace(f".{ITEM}", ITEM)
    if kind == "rejection":
        return f"{name} of a refusal"
    return f"{name} of a {status} response" if kind == "response" and status[0] != "2" else name


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


_ARTICLE = {
    "array": "an array",
    "integer": "an integer",
    "object": "an object",
    "null": "null",
    "email": "an e-mail address",
    "uuid": "a UUID",
    "int32": "a 32-bit integer",
    "int64": "a 64-bit integer",
}


def _demand(keyword: str, schema: Schema) -> str:
    """What `keyword` of `schema` demands, as the rest of a sentence."""
    value = schema[keyword]
    if keyword == "type":
        return "is " + " or ".join(_ARTICLE.get(name, f"a {name}") for name in types(schema))
    if keyword == "enum":
        return "is one of " + ", ".join(v if isinstance(v, str) else _json(v) for v in value)
    if keyword in ("oneOf", "anyOf"):
        names = [" or ".join(types(branch)) or "another form" for branch in value]
        return f"is {'exactly one' if keyword == 'oneOf' else 'any'} of: {', '.join(names)}"
    if keyword == "additionalProperties":
        if value is False:
            return "has only the members that the contract names"
        return "has no other members than those named or described"
    words = {
        "const": f"is {_json(value)}",
        "format": f"is {_ARTICLE.get(str(value), f'a {value}')}",
        "pattern": f"matches {value}",
        "minLength": f"has at least {value} characters",
        "maxLength": f"has at most {value} characters",
        "minimum": f"is at least {value}",
        "maximum": f"is at most {value}",
        "exclusiveMinimum": f"is greater than {value}",
        "exclusiveMaximum": f"is less than {value}",
        "multipleOf": f"is a multiple of {value}",
        "minItems": f"has at least {value} items",
        "maxItems": f"has at most {value} items",
        "uniqueItems": "has no item twice",
        "minProperties": f"has at least {value} members",
        "maxProperties": f"has at most {value} members",
    }
    return words.get(keyword, f"keeps the keyword {keyword}")
