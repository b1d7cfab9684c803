"""The contract: the vendor's document and what its prose promises, as one object."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from spec.document import Document
from spec.reading import Reading
from spec.requirements import Requirement, Source
from spec.schema import Schema, withdraw

JSON_MEDIA_TYPE = "application/json"


@dataclass(frozen=True)
class ContractFinding:
    """A flaw of the document itself, with the decision taken on it."""

    id: str
    message: str
    source: Source


@dataclass(frozen=True)
class Choice:
    """Something the contract leaves open; what a target does there is reported, never judged."""

    id: str
    statement: str


@dataclass(frozen=True)
class Header:
    """A request header that the operation declares."""

    name: str
    required: bool
    pointer: str


@dataclass(frozen=True)
class Credential:
    """The security scheme: the header and the scheme word that stands before the key."""

    header: str
    scheme: str


@dataclass(frozen=True, eq=False)
class Contract:
    """One operation's contract. Build it with `spec.loader.load`. Equal only to itself.

    `request` and `responses` are normalised schemas (JSON Schema 2020-12); `responses` maps each
    documented status to its schema, or to None where the document gives no content. `refusal` is
    the schema of an error for an invalid request.
    """

    title: str
    version: str
    sha256: str
    path: str
    method: str
    servers: tuple[str, ...]
    headers: tuple[Header, ...]
    credential: Credential
    request: Schema
    responses: Mapping[int, Schema | None]
    refusal: Schema
    example: Any
    requirements: Mapping[str, Requirement]
    choices: Mapping[str, Choice]
    findings: tuple[ContractFinding, ...]
    document: Document

    @cached_property
    def request_reading(self) -> Reading:
        """Both readings of the request body's schema."""
        return Reading(self.request)

    @cached_property
    def refusal_reading(self) -> Reading:
        """Both readings of an error's schema."""
        return Reading(self.refusal)

    @cached_property
    def response_readings(self) -> Mapping[int, Reading]:
        """Both readings of each documented response that has a schema."""
        return {s: Reading(schema) for s, schema in self.responses.items() if schema is not None}

    @property
    def success(self) -> int:
        """The documented status of success."""
        return min(status for status in self.responses if 200 <= status < 300)

    def header(self, part: str) -> Header | None:
        """The declared header whose name contains `part`, such as `customer`."""
        return next((each for each in self.headers if part in each.name.lower()), None)

    @cached_property
    def _weaker(self) -> dict[str, Contract]:
        return {}

    def without(self, requirement: str) -> Contract:
        """The contract with one requirement withdrawn. Raises KeyError for an unknown id.

        A requirement that no schema keyword states (`optional`, the prose) changes no schema.
        """
        if requirement not in self._weaker:
            self._weaker[requirement] = self._withdraw(requirement)
        return self._weaker[requirement]

    def _withdraw(self, requirement: str) -> Contract:
        gone = self.requirements[requirement]
        rest = {key: each for key, each in self.requirements.items() if key != requirement}
        changes: dict[str, Any] = {"requirements": rest}
        subject, keyword = gone.subject, gone.keyword
        states = keyword not in ("", "optional", "nullable") and gone.sides != ("accept",)
        if states and subject == "request.body":
            changes["request"] = withdraw(self.request, gone.location, keyword)
        elif states and subject == "rejection.body":
            changes["refusal"] = withdraw(self.refusal, gone.location, keyword)
        elif states and subject.startswith("response."):
            status = int(subject.removeprefix("response."))
            schema = self.responses[status]
            assert schema is not None
            changed = withdraw(schema, gone.location, keyword)
            changes["responses"] = {**self.responses, status: changed}
        return dataclasses.replace(self, **changes)
