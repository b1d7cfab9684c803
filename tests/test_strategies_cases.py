"""The plan: its cases, how they are pooled, the requests they become, and the edits they are."""

from __future__ import annotations

import importlib
import json
import os
import pkgutil
import re
import subprocess
import sys
from collections.abc import Iterable
from itertools import combinations
from typing import Any
from uuid import UUID

import jsonpatch

import conformance
from conformance.probing import Probes
from spec.contract import Contract
from spec.formats import Validity
from spec.loader import load
from strategies import edits, plan
from strategies.cases import KEY, Case, build, customer_id, digest, pools, words_of_id
from strategies.controls import breaks_exactly, full, minimal
from strategies.edits import ABSENT, APPEND, Edit, Raw
from strategies.generated import broken_by

CONTRACT: Contract = load()
PLAN = plan.deterministic(CONTRACT)
READING = CONTRACT.request_reading
IN_BODIES = [
    case
    for case in PLAN.cases
    if case.requirements and case.requirements[0].startswith("request.body.") and case.edits
]


def control_of(case: Case) -> Any:
    return edits.apply(PLAN.control, [edit for each in case.beside for edit in each.edits])


def sent(case: Case) -> Any:
    return edits.apply(control_of(case), case.edits)


def test_the_controls_are_valid() -> None:
    assert READING.validity(full(CONTRACT)) is Validity.VALID
    assert set(full(CONTRACT)) == set(CONTRACT.request["properties"])
    assert full(CONTRACT)["custom_attributes"] != CONTRACT.example["custom_attributes"]
    assert READING.validity(minimal(CONTRACT)) is Validity.VALID
    device = CONTRACT.example["installation_meta"]["device_id"]
    assert minimal(CONTRACT) == {"installation_meta": {"device_id": device}}


def test_ids_are_words_and_each_its_case_s_own() -> None:
    ids = [case.id for case in PLAN.cases]
    assert len(set(ids)) == len(ids)
    for name in ids:
        assert re.fullmatch(r"[A-Za-z0-9_.%-]+(/[A-Za-z0-9_.%-]+)+", name), name
    assert all(case.id.startswith(case.requirements[0]) for case in IN_BODIES)
    assert words_of_id("a.b", "Größe (x)") == "a.b/Gr-e-x-"


def test_nothing_is_sent_twice() -> None:
    ways: dict[Any, str] = {}
    for case in PLAN.cases:
        request = build(CONTRACT, [case], PLAN.control, "jane", "an-id", "joan")
        way = (request, case.together, case.after_control, case.after)
        assert way not in ways, f"{case.id} is {ways[way]} again"
        ways[way] = case.id


def probing_functions() -> list[tuple[str, str, Probes]]:
    """The chapter, the name and the probes of every test function of the case modules."""
    found = []
    for info in pkgutil.iter_modules(conformance.__path__):
        if info.name.startswith("test_"):
            module = importlib.import_module(f"conformance.{info.name}")
            for name, function in vars(module).items():
                if name.startswith("test_") and hasattr(function, "probes"):
                    found.append((module.CHAPTER, name, function.probes))
    return found


def test_each_case_is_one_test_function_s() -> None:
    functions = probing_functions()
    unused = {name for _, name, _ in functions}
    for case in PLAN.cases:
        takers = [n for chapter, n, p in functions if chapter == case.chapter and p.takes(case)]
        assert len(takers) == (0 if case.chapter in ("last", "end") else 1), case.id
        unused -= set(takers)
    assert not unused
    assert {case.chapter for case in PLAN.cases} == {c for c, _, _ in functions} | {"last", "end"}


# The valid side of these needs no case: every accepted control shows it.
BY_ANY_CONTROL = {
    "request.body.type",
    "request.body.gender.type",
    "request.body.email.type",
    "request.body.birthday.type",
    "request.body.store.type",
    "request.body.store_account_token.type",
    "request.body.att_status.type",
    "request.body.custom_attributes.item.type",
    "request.body.custom_attributes.item.key.type",
    "request.body.installation_meta.type",
    "request.body.installation_meta.device_id.type",
    "request.body.installation_meta.platform.type",
    "request.header.adapty-profile-id.optional",
    "request.header.adapty-platform.optional",
}


def test_each_side_of_each_requirement_has_a_case() -> None:
    shown = {
        (key, "accept" if case.expect == "accept" else "refuse")
        for case in PLAN.cases
        for key in case.requirements
    }
    wanted = {
        (key, side)
        for key, each in CONTRACT.requirements.items()
        for side in each.sides
        if side != "observe"
    }
    assert wanted - shown == {(key, "accept") for key in BY_ANY_CONTROL}
    assert shown <= wanted
    assert {case.expect for case in PLAN.cases if not case.requirements} <= {"open"}


def test_an_accepted_case_is_valid_and_changes_one_place() -> None:
    accepted = [case for case in IN_BODIES if case.expect == "accept"]
    assert len(accepted) > 300
    for case in accepted:
        payload = sent(case)
        assert READING.validity(payload) is Validity.VALID, case.id
        changed_at(case, payload)


def test_a_refused_case_breaks_its_requirement_alone_and_changes_one_place() -> None:
    refused = [case for case in IN_BODIES if case.expect == "refuse" and len(case.edits) == 1]
    assert len(refused) > 100
    for case in refused:
        payload = sent(case)
        (requirement,) = case.requirements
        if isinstance(case.edits[0].value, Raw):  # 1e400, which without the enum would be open
            payload = json.loads(edits.serialise(payload))
            assert broken_by(CONTRACT, payload) == [requirement]
        else:
            assert breaks_exactly(CONTRACT, payload, requirement), case.id
        changed_at(case, payload)


def changed_at(case: Case, payload: Any) -> None:
    """Check that a payload differs from the control within the case's pointer and nowhere else."""
    (edit,) = case.edits
    pointer = edit.pointer.removesuffix("/-") if edit.path[-1:] == (APPEND,) else edit.pointer
    assert case.pointer == edit.pointer
    patch = jsonpatch.make_patch(control_of(case), payload)
    places = [step[name] for step in patch for name in ("path", "from") if name in step]
    assert places, f"{case.id} changes nothing"
    assert all(f"{place}/".startswith(f"{pointer}/") for place in places), (case.id, places)
    if edit.path[-1:] == (APPEND,):
        before = edits.get(control_of(case), edit.path[:-1])
        if before is not ABSENT:
            assert edits.get(payload, edit.path[:-1])[: len(before)] == before


def test_one_request_is_wrong_in_many_places_and_in_letters_beyond_ascii() -> None:
    (case,) = [case for case in PLAN.cases if case.id.endswith("/beside-others")]
    payload = sent(case)
    broken = broken_by(CONTRACT, payload)
    assert case.requirements[0] in broken
    assert len(broken) == len(case.edits) > 5
    assert payload["gender"] == "größe"
    assert "größe" not in (payload["email"], payload["birthday"]), "near misses of a format stay"


def test_longer_text_than_is_surely_taken_goes_to_every_plain_text_at_once() -> None:
    (case,) = [case for case in PLAN.cases if case.id == "request.text/300-characters"]
    names = {str(edit.path[-1]) for edit in case.edits}
    assert {"first_name", "device", "app_build"} <= names
    assert not names & {"gender", "email", "birthday", "key", "value"}
    assert {len(edit.value) for edit in case.edits} == {300}


def test_a_pool_is_as_valid_as_its_cases() -> None:
    poolable = [case for case in PLAN.of("profile_request") if case.poolable]
    packed = pools(poolable)
    assert sorted(c.id for pool in packed for c in pool) == sorted(c.id for c in poolable)
    assert len(packed) < len(poolable) / 10
    limit = CONTRACT.request["properties"]["custom_attributes"]["maxItems"]
    for pool in packed:
        changes = [edit for case in pool for edit in case.edits]
        assert not any(edits.overlaps(one, other) for one, other in combinations(changes, 2))
        body = edits.apply(PLAN.control, changes)
        assert READING.validity(body) is Validity.VALID
        attributes = body.get("custom_attributes", [])
        assert len(attributes) <= limit
        keys = [next(iter(item.values())) for item in attributes]
        assert len(set(map(repr, keys))) == len(keys)
        assert len(pool) <= 40


def case_at(name: str, path: edits.Path, value: Any, **more: Any) -> Case:
    return Case(name, (), "accept", "profile_request", name, (Edit(path, value),), **more)


def test_pools_keep_apart_what_touches() -> None:
    a, b = case_at("a", ("x",), 1), case_at("b", ("x", "y"), 2)
    c, d = case_at("c", ("z", APPEND), {"k": 1}), case_at("d", ("z", APPEND), {"k": 1, "v": 2})
    e = case_at("e", ("z", APPEND), {"k": 2})
    assert pools([a, b, c, d, e]) == [[a, c, e], [b, d]]
    room = [case_at(str(n), ("z", APPEND), n, among=(("z",), 2)) for n in range(5)]
    assert [len(pool) for pool in pools([a, *room])] == [3, 2, 1]
    assert [len(pool) for pool in pools([case_at(str(n), (str(n),), n) for n in range(5)], 2)] == [
        2,
        2,
        1,
    ]


def test_a_request_carries_customer_credential_and_headers() -> None:
    control = build(CONTRACT, [], PLAN.control, "jane")
    assert control.headers == (
        ("Authorization", f"Api-Key {KEY}"),
        ("Content-Type", "application/json"),
        ("adapty-customer-user-id", "jane"),
    )
    assert json.loads(control.body) == PLAN.control
    extra = build(CONTRACT, [], PLAN.control, "jane", extra={"adapty-platform": "iOS"})
    assert ("adapty-platform", "iOS") in extra.headers

    by_id = {case.id: case for case in PLAN.cases}
    alone = by_id["request.header.identity/returned-profile-id-alone"]
    headers = dict(build(CONTRACT, [alone], PLAN.control, "jane", "an-id").headers)
    assert headers["adapty-profile-id"] == "an-id"
    assert "adapty-customer-user-id" not in headers
    twice = by_id["auth.header/header-twice"]
    names = [name for name, _ in build(CONTRACT, [twice], PLAN.control, "jane").headers]
    assert names.count("Authorization") == 2
    none = by_id["auth.missing/no-header"]
    names = [name for name, _ in build(CONTRACT, [none], PLAN.control, "jane").headers]
    assert "Authorization" not in names
    mail = by_id["request.header.adapty-customer-user-id.type/mail-address"]
    request = build(CONTRACT, [mail], PLAN.control, "jane")
    assert ("adapty-customer-user-id", "jane-twin+Tag@Example.com") in request.headers
    cut = by_id["request.json/last-byte-cut"]
    assert build(CONTRACT, [cut], PLAN.control, "jane").body == control.body[:-1]


CUSTOMER = "adapty-customer-user-id"


def customers(cases: Iterable[Case]) -> dict[str, str]:
    """The customer of each case that has one which is not its usual one."""
    usual = "mine-run-case-1"
    found = {
        case.id: dict(build(CONTRACT, [case], PLAN.control, usual, "an-id", usual).headers)
        for case in cases
    }
    return {key: h[CUSTOMER] for key, h in found.items() if h.get(CUSTOMER, usual) != usual}


def test_a_few_customers_have_the_ids_of_real_ones() -> None:
    found = customers(PLAN.cases)
    other = {key: who for key, who in found.items() if who and not who.startswith("mine-")}
    plain, zeros, many, uuid = other.values()
    assert re.fullmatch("[1-9][0-9]{11}", plain)
    assert zeros == f"00{plain}"
    assert many.startswith(plain)
    assert int(float(many)) != int(many)
    assert str(UUID(uuid)) == uuid.lower() != uuid
    named = [who for who in found.values() if who]
    assert len(set(named)) == len(named), "no two cases speak of one customer"


def test_two_customers_differ_in_punctuation_only() -> None:
    pair = [
        who for key, who in customers(PLAN.cases).items() if "punctuation" in key or "quotes" in key
    ]
    assert len(set(pair)) == 2
    assert len({re.sub("[^A-Za-z0-9]+", "-", who) for who in pair}) == 1


def test_whoever_chose_a_prefix_has_it_everywhere() -> None:
    prefixed = plan.deterministic(CONTRACT, prefixed=True).cases
    assert all(who.startswith("mine-") or not who for who in customers(prefixed).values())
    assert len(PLAN.cases) - len(prefixed) == 4


def test_no_customer_is_longer_than_what_is_surely_taken() -> None:
    longest = "x" * 60 + "f489-0123abcd-12"  # the longest prefix
    for case in PLAN.cases:
        headers = dict(build(CONTRACT, [case], PLAN.control, longest).headers)
        if case.expect == "accept":
            assert len(headers.get(CUSTOMER, "")) <= 255, case.id


def test_a_new_customer_comes_several_times_at_once() -> None:
    (case,) = [each for each in PLAN.cases if each.together > 1 and each.headers]
    names = [customer_id("mine-", "run", name, n) for name, n in (("a", 1), ("a", 2), ("b", 1))]
    one, *others = (build(CONTRACT, [case], PLAN.control, name) for name in names)
    assert others == [one, one]


def test_what_tells_two_customers_apart_does_so_for_each_try_anew() -> None:
    key = f"request.header.{CUSTOMER}.type/letters-of"
    upper, lower = (case for case in PLAN.cases if case.id.startswith(key))

    def sent_for(case: Case, attempt: int) -> str:
        customer = customer_id("mine-", "run", case.id, attempt)
        return dict(build(CONTRACT, [case], PLAN.control, customer).headers)[CUSTOMER]

    first = [sent_for(each, 1) for each in (upper, lower)]
    assert first[0] != first[1]
    assert first[0].lower() == first[1].lower()
    assert sent_for(upper, 2) not in first


def test_a_pool_is_one_request_of_all_its_changes() -> None:
    both = [case_at("a", ("gender",), "m"), case_at("b", ("email",), ABSENT)]
    body = json.loads(build(CONTRACT, both, PLAN.control, "jane").body)
    assert body == {k: v for k, v in PLAN.control.items() if k != "email"} | {"gender": "m"}


def test_each_attempt_has_a_customer_of_its_own() -> None:
    first = customer_id("conformance-", "ab12", "a/b", 1)
    assert first.startswith("conformance-ab12-")
    assert first == customer_id("conformance-", "ab12", "a/b", 1)
    others = [customer_id("conformance-", "ab12", name, n) for name, n in (("a/b", 2), ("a/c", 1))]
    assert len({first, *others}) == 3


FRESH = """
from spec.loader import load
from strategies import plan
from strategies.cases import digest
contract = load()
made = plan.deterministic(contract)
print(digest(contract, made.cases, made.control))
"""


def test_the_digest_is_the_plan_s_whatever_the_process_and_the_order() -> None:
    expected = digest(CONTRACT, PLAN.cases, PLAN.control)
    assert digest(CONTRACT, reversed(PLAN.cases), PLAN.control) == expected
    assert digest(CONTRACT, PLAN.cases[1:], PLAN.control) != expected
    assert digest(CONTRACT, PLAN.cases, minimal(CONTRACT)) != expected
    environment = {**os.environ, "PYTHONHASHSEED": "17"}
    done = subprocess.run(
        [sys.executable, "-c", FRESH],
        env=environment, capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    assert done.stdout.strip() == expected
