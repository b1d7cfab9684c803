"""Cases: what is sent, the requirement it probes, and the outcome the contract calls for."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Literal
from uuid import NAMESPACE_URL, uuid5

from spec.contract import JSON_MEDIA_TYPE, Contract, Header
from strategies import edits
from strategies.edits import Edit, Path

Expect = Literal["accept", "refuse", "unauthorized", "open"]
Chapter = Literal[
    "profile_request",
    "headers",
    "authentication",
    "json",
    "meaning",
    "robustness",
    "last",
    "end",
    "generated",
]

KEY = "${ADAPTY_API_KEY}"
CUSTOMER = "{customer}"
TWIN = "{twin}"  # the same for the first try of each case: what follows tells customers apart
ONE = "{one}"  # the same for whatever is sent in a run
CUSTOMER_AS_UUID = "{customer-as-uuid}"
CUSTOMER_AS_CAPITAL_UUID = "{CUSTOMER-AS-UUID}"
TWIN_AS_DIGITS = "{twin-as-digits}"  # twelve of them
FIRST_CUSTOMER = "{first-customer}"  # the run's first
RETURNED_PROFILE_ID = "{profile_id}"
FRESH_PROFILE_ID = "9b2f0c5e-6d1a-4f3b-8c7d-0e1f2a3b4c5d"
PLATFORM = "iOS"
TURN = "~"  # ends the name in the id of a case that a search sends by turns
WITH = " (with "  # what a case stands beside comes after it, in its words
IN_A_POOL = 40  # valid cases that may share a request


@dataclass(frozen=True)
class Request:
    """A request as it is planned: the key stands in it symbolically, as `${ADAPTY_API_KEY}`."""

    headers: tuple[tuple[str, str], ...]
    body: bytes


@dataclass(frozen=True)
class Case:
    """A request that is one change away from an accepted control.

    `requirements` names what it probes, the blamed one first. Cases of equal `either` stand for
    each other: one accepted is enough. `together` sends that many of it, each for a customer of its
    own, at the same moment; `after_control` sends the control first on the same connection, and
    `after` are cases that go first there;
    `pause` is how many seconds a sign of life waits, for a target may answer first and die then.
    `choice` is what an open case observes.
    `among` is the place that a limit counts in, and how many cases of it one pool has room for.
    `beside` are valid cases that its request makes too, and that the target has to take first.
    """

    id: str
    requirements: tuple[str, ...]
    expect: Expect
    chapter: Chapter
    words: str
    edits: tuple[Edit, ...] = ()
    headers: tuple[tuple[str, tuple[str, ...]], ...] = ()
    raw: Callable[[bytes], bytes] | None = None
    choice: str | None = None
    either: str | None = None
    together: int = 1
    after_control: bool = False
    after: tuple[Case, ...] = ()
    pause: float = 0.0
    among: tuple[Path, int] | None = None
    beside: tuple[Case, ...] = ()

    @property
    def pointer(self) -> str | None:
        """The JSON Pointer of the one change in the body, or None for any other kind."""
        return self.edits[0].pointer if len(self.edits) == 1 and self.raw is None else None

    @property
    def poolable(self) -> bool:
        """Whether it may share one request with other valid changes."""
        return self.expect == "accept" and bool(self.edits) and not (self.headers or self.raw)


def build(
    contract: Contract,
    cases: Sequence[Case],
    control: Any,
    customer: str,
    profile_id: str = "",
    first_customer: str = "",
    extra: Mapping[str, str] = MappingProxyType({}),
) -> Request:
    """The request of one case, of a pool of cases, or (for no case) of the control itself.

    `profile_id` is one that the target returned, `first_customer` the run's first; `extra` are
    headers that this target's control needs beyond the contract's.
    """
    headers: dict[str, tuple[str, ...]] = {
        contract.credential.header: (f"{contract.credential.scheme} {KEY}".strip(),),
        "Content-Type": (JSON_MEDIA_TYPE,),
    }
    headers.update({name: (value,) for name, value in required_headers(contract)})
    identity = identity_header(contract)
    if identity is not None:
        by_customer = identity == contract.header("customer")
        headers[identity.name] = (CUSTOMER if by_customer else CUSTOMER_AS_UUID,)
    headers.update({name: (value,) for name, value in extra.items()})
    cases = [each for case in cases for each in (*case.beside, case)]
    for case in cases:
        headers.update(case.headers)
    body = edits.serialise(edits.apply(control, [edit for case in cases for edit in case.edits]))
    for case in cases:
        body = case.raw(body) if case.raw else body
    named = re.fullmatch(r"(.*)-[0-9a-f]{8}-([0-9]+)", customer)  # as customer_id makes it
    stem, attempt = named.groups() if named else (customer, "1")
    twin = f"{stem}-twin{'' if attempt == '1' else attempt}"
    as_uuid = str(uuid5(NAMESPACE_URL, customer))
    fill = {
        CUSTOMER: customer,
        TWIN: twin,
        ONE: f"{stem}-one",
        CUSTOMER_AS_UUID: as_uuid,
        CUSTOMER_AS_CAPITAL_UUID: as_uuid.upper(),
        TWIN_AS_DIGITS: str(10**11 + uuid5(NAMESPACE_URL, twin).int % (9 * 10**11)),
        FIRST_CUSTOMER: first_customer,
        RETURNED_PROFILE_ID: profile_id,
    }
    return Request(
        tuple((name, _fill(value, fill)) for name, values in headers.items() for value in values),
        body,
    )


def alone(case: Case, control: Any) -> Case:
    """A case of at most one edit beside nothing but `control`."""
    words = edits.words(case.edits[0], control) if case.edits else case.words.partition(WITH)[0]
    return replace(case, beside=(), words=words)


def identity_header(contract: Contract) -> Header | None:
    """The header that says whose profile it is: the customer's id, else the profile's."""
    return contract.header("customer") or contract.header("profile")


def required_headers(contract: Contract) -> Iterator[tuple[str, str]]:
    """Each header that the contract demands of every request, with a value."""
    values = {"customer": CUSTOMER, "profile": FRESH_PROFILE_ID, "platform": PLATFORM}
    for header in contract.headers:
        if header.required:
            fitting = (value for part, value in values.items() if part in header.name.lower())
            yield header.name, next(fitting, "sample")


def _fill(text: str, values: dict[str, str]) -> str:
    for name, value in values.items():
        text = text.replace(name, value)
    return text


def customer_id(prefix: str, run: str, case: str, attempt: int) -> str:
    """The customer of one attempt at one case: its own, recognisable, the same for the same run."""
    digest = hashlib.sha256(case.encode()).hexdigest()[:8]
    return f"{prefix}{run}-{digest}-{attempt}"


def pools(cases: Iterable[Case], most: int = IN_A_POOL) -> list[list[Case]]:
    """Valid cases packed into few requests: no two of one pool touch the same place.

    A pool is as valid as each of its cases: none has more items than an array may have.
    """
    packed: list[list[Case]] = []
    for case in cases:
        for pool in packed:
            if (
                len(pool) < most
                and _has_room(pool, case)
                and not any(clash(case, other) for other in pool)
            ):
                pool.append(case)
                break
        else:
            packed.append([case])
    return packed


def _has_room(pool: list[Case], case: Case) -> bool:
    if case.among is None:
        return True
    return sum(other.among == case.among for other in pool) < case.among[1]


def clash(left: Case, right: Case) -> bool:
    """Whether two cases change the same place."""
    for one in left.edits:
        for other in right.edits:
            if edits.overlaps(one, other):
                return True
            if one.path == other.path and _first(one.value) == _first(other.value):
                return True
    return False


def _first(item: Any) -> Any:
    """What tells one array item from another: its first member, if it has any."""
    return next(iter(item.values()), None) if isinstance(item, dict) else item


def named(case_id: str) -> str:
    """The id of a case without what tells one turn of it from another."""
    return case_id.partition(TURN)[0]


def words_of_id(*parts: str) -> str:
    """A case id: what it probes, then what it does, in words that `-k` can select."""
    return "/".join(re.sub(r"[^A-Za-z0-9_.%-]+", "-", part) for part in parts)


def digest(contract: Contract, cases: Iterable[Case], control: Any) -> str:
    """SHA-256 over the planned cases: equal for equal plans, whatever the run or its order."""
    total = hashlib.sha256()
    for case in sorted(cases, key=lambda each: each.id):
        request = build(contract, [case], control, "customer", "profile")
        total.update(repr((case.id, case.expect, case.requirements, request)).encode())
    return total.hexdigest()
