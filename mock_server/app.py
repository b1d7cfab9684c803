"""The application: the contract's operation, in front of a store of profiles."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from mock_server import checks
from mock_server.answers import Answer, Writer, dropped, silent, writer
from mock_server.errors import MalformedJson, Refusal, error_body, refuse
from mock_server.profiles import Templates, attributes_set, success_body, templates
from mock_server.samples import sample
from mock_server.store import Profile, Store
from spec.contract import Contract
from spec.reading import Reading
from spec.requirements import Requirement


@dataclass(frozen=True)
class Mock:
    """Everything that an answer depends on beside the request."""

    contract: Contract
    key: bytes
    broken: str | None
    requirement: Requirement | None
    reading: Reading
    example: Any
    templates: Templates
    error: dict[str, Any]
    writer: Writer
    store: Store

    def refused(self, refusal: Refusal) -> Answer:
        """The answer that carries a refusal."""
        return Answer(refusal.status, error_body(refusal, self.error))

    def respond(self, headers: checks.Headers, raw: bytes) -> ASGIApp:
        """The response to a request for the operation."""
        try:
            answer = Answer(self.contract.success, self._create(headers, raw))
        except Refusal as refusal:
            if isinstance(refusal, MalformedJson):
                if self.broken == "robustness.connection":
                    return dropped
                if self.broken == "robustness.hang":
                    return silent
                if self.broken == "robustness.server_error":
                    refusal.status = 500
            answer = self.refused(refusal)
            if self.broken == "rejection.status" and refusal.status != 401:
                refusal.status = 302
                body = error_body(refusal, self.error)
                answer = Answer(refusal.status, body, {"location": self.contract.path})
        return self.writer.write(answer)

    def _create(self, headers: checks.Headers, raw: bytes) -> dict[str, Any]:
        contract, broken = self.contract, self.broken
        checks.check_credential(headers, contract.credential, self.key, broken)
        # A request without a body has no media type to speak of.
        if raw or broken != "request.body.required":
            checks.check_media_type(headers, broken)
        body = checks.read_body(raw, self.example, broken)
        checks.check_body(body, contract, self.reading, self.requirement)
        identity = checks.check_identity(headers, contract, broken)
        profile = self._stored(identity, attributes_set(body, self.templates))
        presented = checks.header_values(headers, contract.credential.header)
        return success_body(profile, self.templates, presented, broken)

    def _stored(self, identity: checks.Identity, attributes: list[dict[str, Any]]) -> Profile:
        if identity.customer is not None:
            return self.store.of_customer(identity.customer, attributes)
        if identity.profile_id is not None:
            return self.store.of_id(identity.profile_id, attributes)
        return self.store.anonymous(attributes)


def create_app(
    contract: Contract, *, key: str, broken: str | None = None, database: str = ":memory:"
) -> Starlette:
    """An application that keeps every requirement of `contract`, except the one called `broken`.

    `key` is the secret API key that it accepts, `database` the SQLite file it keeps profiles in.
    Raises ValueError for an id that the contract does not have, with the nearest ones, and for a
    contract whose messages it cannot make up.
    """
    if broken is not None and broken not in contract.requirements:
        near = difflib.get_close_matches(broken, contract.requirements, n=3, cutoff=0.4)
        hint = f"; did you mean {' or '.join(near)}?" if near else ""
        raise ValueError(f"the contract has no requirement {broken!r}{hint}")
    example = contract.example
    mock = Mock(
        contract=contract,
        key=key.encode(),
        broken=broken,
        requirement=contract.requirements[broken] if broken else None,
        reading=(contract.without(broken) if broken else contract).request_reading,
        example=sample(contract.request) if example is None else example,
        templates=templates(contract),
        error=sample(contract.refusal),
        writer=writer(contract, broken),
        store=Store(database),
    )

    async def operation(request: Request) -> ASGIApp:
        try:
            raw = await request.body()
        except ClientDisconnect:
            raw = b""  # nobody is left to read the answer
        return mock.respond(request.scope["headers"], raw)

    async def elsewhere(_: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        code = {404: "not_found", 405: "method_not_allowed"}.get(error.status_code, "error")
        refused = mock.refused(refuse(error.status_code, code, error.detail))
        return mock.writer.write(Answer(refused.status, refused.body, error.headers or {}))

    app = Starlette(
        routes=[Route(contract.path, operation, methods=[contract.method])],
        exception_handlers={HTTPException: elsewhere},
    )
    app.router.redirect_slashes = False
    return app
