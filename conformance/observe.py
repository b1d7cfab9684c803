"""What one exchange shows, whatever it was sent for: each requirement its response touches."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from conformance.exchanges import Exchange, Received
from conformance.parsing import NotJson, TooDeep, parse
from spec.contract import JSON_MEDIA_TYPE, Contract
from spec.formats import Validity
from spec.reading import Reading, same_json
from spec.requirements import identifier
from spec.schema import ITEM, Location, Schema
from strategies.cases import Expect
from strategies.edits import show

SAFE_INTEGER = 2**53
_CUSTOMER = "/data/customer_user_id"
_ATTRIBUTES = "/data/custom_attributes"


@dataclass(frozen=True)
class Observation:
    """One requirement kept or broken by one exchange; `place` points into the response body."""

    requirement: str
    ok: bool
    expected: str = ""
    actual: str = ""
    place: str | None = None


def observe(contract: Contract, exchange: Exchange, expect: Expect) -> list[Observation]:
    """Everything that `exchange` shows of requirements about responses.

    `expect` is what the contract says of its request.
    """
    return [
        each
        for each in _all(contract, exchange, expect)
        if each.requirement in contract.requirements
    ]


def unread(
    contract: Contract, exchange: Exchange, expect: Expect, shown: set[str]
) -> tuple[str, str] | None:
    """The promise of JSON that an answer does not put to the test, for nobody reads all of it, and
    why; `shown` are the requirements that it does."""
    status, response = exchange.status, exchange.response
    told = None if status is None else _subject(contract, status, expect == "open")
    key = f"{told[0]}.json" if told else ""
    if response is None or key in shown or key not in contract.requirements:
        return None
    how = "longer" if response.truncated else "nested more deeply"
    return key, f"an answer is {how} than what is read of one"


def symptoms(contract: Contract, expect: Expect, exchange: Exchange) -> frozenset[str]:
    """The requirements that the answer in `exchange` breaks."""
    return frozenset(
        each.requirement for each in observe(contract, exchange, expect) if not each.ok
    )


def _all(contract: Contract, exchange: Exchange, expect: Expect) -> Iterator[Observation]:
    response, status = exchange.response, exchange.status
    is_open, is_valid = expect == "open", expect == "accept"
    if response is not None:
        yield Observation(
            "secrecy.credential", not exchange.quotes_credential,
            "no credential in the response", "the credential stands in the response",
        )  # fmt: skip
    if status is None or response is None:
        return
    yield Observation(
        "robustness.server_error", status < 500, "no 5xx status", _status(response), None
    )
    yield Observation("robustness.hang", True)
    yield Observation("robustness.connection", True)
    if is_valid and status < 400:
        documented = status in contract.responses
        expected = f"the documented success, {contract.success}"
        yield Observation("response.status", documented, expected, _status(response))
    if not is_valid and not is_open and not 200 <= status < 300 and status < 500:
        yield Observation("rejection.status", status >= 400, "a 4xx status", _status(response))
    subject = _subject(contract, status, is_open)
    if subject and exchange.trouble == "unreadable":
        yield Observation(f"{subject[0]}.json", False, "a readable body", exchange.detail)
        return
    if subject is None:
        return
    told = _Answer(response, subject[2])
    yield from _message(subject, response, told)
    if status == contract.success and is_valid:
        yield from _echo(contract, exchange, told)


class _Answer:
    """The body of a response, read once: its value, or why it is no JSON, and what it breaks."""

    def __init__(self, response: Received, reading: Reading) -> None:
        self.value: Any = None
        self.error: NotJson | None = None
        try:
            self.value = parse(response.body)
        except NotJson as error:
            self.error = error
        self.violations = [] if self.error else reading.violations(self.value)


def holds_a_profile(contract: Contract, exchange: Exchange) -> bool:
    """Whether the body of an answer has what a success has, be it hardly JSON (`NaN`)."""
    schema = contract.responses[contract.success]
    try:
        value = json.loads(exchange.response.body) if exchange.response else None
    except (ValueError, RecursionError):
        return False
    needed = (schema or {}).get("required", ())
    return isinstance(value, dict) and all(name in value for name in needed)


def taken(contract: Contract, exchange: Exchange) -> set[str]:
    """The requirements whose valid side an accepted request shows by what it holds."""
    value = _sent_body(exchange.request.body)
    found = {
        identifier("request.body", where, keyword)
        for where, keyword in _touched(contract.request, value, ())
        if keyword == "type"
    }
    found |= {
        f"request.header.{header.name.lower()}.optional"
        for header in contract.headers
        if exchange.request.header(header.name) is None
    }
    return found & contract.requirements.keys()


def _status(response: Received) -> str:
    return f"{response.status} {response.reason}".strip()


def _subject(contract: Contract, status: int, is_open: bool) -> tuple[str, str, Reading] | None:
    """The ids' base and subject, and the schema, that a response of this status answers to."""
    if status in contract.response_readings:
        name = f"response.{status}"
        return name, name, contract.response_readings[status]
    if 400 <= status < 500 and not is_open:
        return "rejection", "rejection.body", contract.refusal_reading
    return None


def _message(
    subject: tuple[str, str, Reading], response: Received, told: _Answer
) -> Iterator[Observation]:
    base, name, reading = subject
    media = response.header("content-type")
    kind = (media or "").partition(";")[0].strip().lower()
    yield Observation(
        f"{base}.media_type", kind == JSON_MEDIA_TYPE, f"Content-Type: {JSON_MEDIA_TYPE}",
        f"Content-Type: {media}" if media is not None else "no Content-Type",
    )  # fmt: skip
    if response.truncated or isinstance(told.error, TooDeep):
        return  # nobody knows what it is: `unread` says so
    if told.error is not None:
        yield Observation(f"{base}.json", False, "one well-formed JSON text", str(told.error))
        return
    value = told.value
    yield Observation(f"{base}.json", True)
    yield from _schema(name, reading.schema, told)
    stated = value.get("status_code") if isinstance(value, dict) else None
    if isinstance(stated, int | float) and not isinstance(stated, bool):
        yield Observation(
            f"{name}.status_code.http_status", stated == response.status,
            f"status_code {response.status}", f"status_code {show(stated)}", "/status_code",
        )  # fmt: skip


def _schema(subject: str, schema: Schema, told: _Answer) -> Iterator[Observation]:
    broken: dict[tuple[Location, str], Observation] = {}
    mistyped: set[Location] = set()
    for violation in told.violations:
        if violation.location in mistyped:
            continue
        if violation.keyword == "type":
            mistyped.add(violation.location)
        key = (violation.location, violation.keyword)
        name = identifier(subject, *key)
        broken.setdefault(
            key, Observation(name, False, "", violation.message, violation.pointer or None)
        )
    yield from broken.values()
    for location, keyword in _touched(schema, told.value, ()):
        if (location, keyword) not in broken:
            yield Observation(identifier(subject, location, keyword), True)


def _touched(schema: Schema, value: Any, at: Location) -> set[tuple[Location, str]]:
    """Every keyword that `value` puts to the test; null tests nothing but the type."""
    found = {(at, key) for key in _keywords(schema) if value is not None or key == "type"}
    if isinstance(value, dict):
        for name in schema.get("required", ()):
            found.add(((*at, name), "required"))
        for name, child in schema.get("properties", {}).items():
            if name in value:
                found |= _touched(child, value[name], (*at, name))
    elif isinstance(value, list) and isinstance(schema.get("items"), dict):
        for item in value:
            found |= _touched(schema["items"], item, (*at, ITEM))
    return found


def _keywords(schema: Schema) -> tuple[str, ...]:
    return tuple(
        key for key in schema if key not in ("properties", "items", "required", "x-sources")
    )


def _echo(contract: Contract, exchange: Exchange, told: _Answer) -> Iterator[Observation]:
    data = told.value.get("data") if isinstance(told.value, dict) else None
    if not isinstance(data, dict):
        return
    # A member that breaks its schema has its own finding; whether it echoes is no second one.
    broken = {each.pointer for each in told.violations}
    header = contract.header("customer")
    sent = exchange.request.header(header.name) if header else None
    if sent and sent.isascii() and "customer_user_id" in data and not _under(broken, _CUSTOMER):
        yield Observation(
            "echo.customer_user_id", data["customer_user_id"] == sent,
            f"customer_user_id {show(sent)}", f"customer_user_id {show(data['customer_user_id'])}",
            _CUSTOMER,
        )  # fmt: skip
    if isinstance(data.get("custom_attributes"), list) and not _under(broken, _ATTRIBUTES):
        yield from _attributes(contract, exchange, data["custom_attributes"])


def _under(pointers: set[str], place: str) -> bool:
    return any(pointer == place or pointer.startswith(place + "/") for pointer in pointers)


def _attributes(
    contract: Contract, exchange: Exchange, returned: list[Any]
) -> Iterator[Observation]:
    body = _sent_body(exchange.request.body)
    if not _is_valid(contract, exchange.request.body):
        return
    asked = _by_key(body.get("custom_attributes") or [])
    got = _by_key(returned)
    if len(asked) != len(body.get("custom_attributes") or []):
        return  # the same key twice is open
    if not asked and not _is_fresh(contract, exchange):
        return
    place = _ATTRIBUTES
    name = "echo.custom_attributes"
    for key, value in asked.items():
        if not _judged(value):
            continue
        if key not in got:
            yield Observation(name, False, f"{show(key)}: {show(value)}", f"no {show(key)}", place)
            return
        if not same_json(value, got[key]):
            actual = f"{show(key)}: {show(got[key])}"
            yield Observation(name, False, f"{show(key)}: {show(value)}", actual, place)
            return
    extra = sorted(set(got) - set(asked))
    if extra or len(got) != len(returned):
        actual = f"also {show(extra[0])}" if extra else "an attribute more than once"
        yield Observation(name, False, "exactly the attributes that were set", actual, place)
        return
    yield Observation(name, True)


def _is_fresh(contract: Contract, exchange: Exchange) -> bool:
    """Whether the customer of a request is one that no other request spoke of."""
    header = contract.header("customer")
    sent = exchange.request.header(header.name) if header else None
    return bool(sent and exchange.customer and exchange.customer in sent)


def _judged(value: Any) -> bool:
    """Whether the contract says that a value comes back: empty text and unsafe numbers are open."""
    if isinstance(value, str):
        return value != ""
    return bool(abs(value) < SAFE_INTEGER)


def _by_key(items: list[Any]) -> dict[str, Any]:
    return {
        item["key"]: item.get("value")
        for item in items
        if isinstance(item, dict) and isinstance(item.get("key"), str)
    }


@lru_cache(maxsize=64)
def _is_valid(contract: Contract, raw: bytes) -> bool:
    return contract.request_reading.validity(_sent_body(raw)) is Validity.VALID


@lru_cache(maxsize=64)
def _sent_body(raw: bytes) -> Any:
    try:
        return parse(raw)
    except NotJson:
        return None
