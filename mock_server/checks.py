"""The checks that a request passes, in order; each raises Refusal, and a switch lames one."""

from __future__ import annotations

import hmac
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from mock_server.errors import MalformedJson, Refusal, refuse
from mock_server.parsing import parse
from spec import formats
from spec.contract import JSON_MEDIA_TYPE, Contract, Credential, Header
from spec.formats import Validity
from spec.places import values
from spec.reading import Reading, Violation
from spec.requirements import Requirement
from spec.schema import at

Headers = Sequence[tuple[bytes, bytes]]

MOST_PROBLEMS = 50  # as many as one refusal names


@dataclass(frozen=True)
class Identity:
    """Whom a request speaks of: a customer, else a profile, else (by a switch) nobody."""

    customer: str | None
    profile_id: str | None


def header_values(headers: Headers, name: str) -> list[bytes]:
    """Every value of a header."""
    wanted = name.lower().encode()
    return [value for key, value in headers if key.lower() == wanted]


def header_text(headers: Headers, header: Header | None) -> str | None:
    """The text of a header's first value, as UTF-8 if it is that; None where it has no text."""
    found = header_values(headers, header.name) if header else []
    if not found:
        return None
    try:
        text = found[0].decode("utf-8")
    except UnicodeDecodeError:
        text = found[0].decode("latin-1")
    return text if text.strip() else None


def check_credential(
    headers: Headers, credential: Credential, key: bytes, broken: str | None
) -> None:
    """One credential header, of exactly the scheme word, a blank and the key."""
    given = header_values(headers, credential.header)
    if not given and broken == "auth.missing":
        return
    if not given:
        raise refuse(401, "not_authenticated", "Authentication credentials were not provided.")
    if len(given) == 1 and _is_right(given[0], credential.scheme.encode(), key, broken):
        return
    quoted = f" {given[0].decode('latin-1')}" if broken == "secrecy.credential" else ""
    raise refuse(401, "authentication_failed", f"Invalid authentication credentials.{quoted}")


def _is_right(value: bytes, scheme: bytes, key: bytes, broken: str | None) -> bool:
    prefix = scheme + b" " if scheme else b""
    if hmac.compare_digest(value, prefix + key):
        return True
    if broken == "auth.scheme":
        return value == key or value.endswith(b" " + key)
    return broken == "auth.wrong_key" and value.startswith(prefix) and len(value) > len(prefix)


def check_media_type(headers: Headers, broken: str | None) -> None:
    """`application/json` in any letter case, with or without parameters."""
    given = b",".join(header_values(headers, "content-type"))
    media_type = given.partition(b";")[0].strip().lower()
    if media_type != JSON_MEDIA_TYPE.encode() and broken != "request.media_type":
        raise refuse(415, "unsupported_media_type", f"The media type must be {JSON_MEDIA_TYPE}.")


def read_body(raw: bytes, example: Any, broken: str | None) -> Any:
    """The JSON value of a body; `example` stands in for what a switch lets through unread."""
    if not raw and broken == "request.body.required":
        return example
    if not raw:
        raise refuse(400, "required", "The request has no body.")
    try:
        return parse(raw)
    except ValueError as error:
        if broken == "request.json":
            return example
        raise MalformedJson from error


def check_body(body: Any, contract: Contract, reading: Reading, broken: Requirement | None) -> None:
    """What `reading` refuses is refused, and what the switch `broken` wrongly refuses."""
    if reading.refuses(body):
        found = reading.violations(body)[:MOST_PROBLEMS]
        raise Refusal(422, "validation_error", [_problem(each, contract) for each in found])
    if broken is not None and broken.subject == "request.body" and _refuses(body, contract, broken):
        source = ".".join(broken.location)
        raise refuse(422, "validation_error", "This is not accepted.", source or "body")


def _problem(violation: Violation, contract: Contract) -> tuple[str, str]:
    """Where and what, in the contract's words: the payload's may hold what is secret."""
    missing = violation.location[-1:] if violation.keyword == "required" else ()
    steps = [*violation.pointer.split("/")[1:], *missing]
    sought = ("request.body", violation.location, violation.keyword)
    for each in contract.requirements.values():
        if (each.subject, each.location, each.keyword) == sought:
            return ".".join(steps) or "body", each.statement
    return ".".join(steps) or "body", f"does not keep {violation.keyword}"


def _refuses(body: Any, contract: Contract, broken: Requirement) -> bool:
    """Whether a requirement to accept something is broken by accepting `body`."""
    if broken.keyword == "nullable":
        return any(value is None for value in values(body, broken.location))
    if broken.keyword == "optional":
        *parent, name = broken.location
        return any(name not in each for each in _objects(body, tuple(parent)))
    if broken.keyword == "additionalProperties" and broken.sides == ("accept",):
        named = at(contract.request, broken.location).get("properties", {})
        return any(each.keys() - named.keys() for each in _objects(body, broken.location))
    return False


def _objects(body: Any, location: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    return (each for each in values(body, location) if isinstance(each, dict))


def check_identity(headers: Headers, contract: Contract, broken: str | None) -> Identity:
    """A customer id or a profile id has text; a profile id alone is a UUID."""
    by_customer, by_profile = contract.header("customer"), contract.header("profile")
    for header in contract.headers:
        text, base = header_text(headers, header), f"request.header.{header.name.lower()}"
        demanded = header.required and broken != f"{base}.required"
        if text is None and (demanded or broken == f"{base}.optional"):
            raise refuse(400, "required", "This header is required.", header.name)
        # An id that looks like a mail address, or any text where none is expected.
        odd = text is not None and ("@" in text or header not in (by_customer, by_profile))
        if odd and broken == f"{base}.type":
            raise refuse(400, "invalid", "This header is not accepted.", header.name)
    customer, profile_id = header_text(headers, by_customer), header_text(headers, by_profile)
    if customer is not None:
        return Identity(customer, None)
    if profile_id is None:
        if broken != "request.header.identity":
            names = " or ".join(each.name for each in (by_customer, by_profile) if each)
            raise refuse(400, "required", f"One of the headers is required: {names}.")
    elif by_profile and broken == f"request.header.{by_profile.name.lower()}.type":
        raise refuse(400, "invalid", "This header is not accepted.", by_profile.name)
    elif formats.check("uuid", profile_id) is not Validity.VALID:
        raise refuse(404, "not_found", "There is no such profile.")
    return Identity(None, profile_id and profile_id.lower())
