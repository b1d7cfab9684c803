"""Later editions of the document: cases follow without a change in Python, and find what breaks."""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import pytest

from conformance.client import Client
from conformance.conduct import Bench, conduct, conduct_one_by_one
from conformance.journal import Journal, read
from conformance.judge import judge
from conformance.target import Target, operation_url
from conformance.verdicts import Judgement
from mock_server.app import create_app
from mock_server.store import SEEDED_CUSTOMER
from spec.contract import Contract
from spec.formats import Validity
from spec.loader import load
from strategies import controls, edits, payloads, plan
from strategies.cases import Case, build, pools
from strategies.edits import ABSENT
from tests.editions import EDITIONS, operation, written

KEY = "secret_live_0123456789abcdef"
TODAY = load()

# Sides that no case can show, with the reason.
UNSHOWN = {
    ("new-members", "request.body.phone.type", "accept"): "no text is surely a phone number",
    (
        "another-path",
        "request.header.adapty-customer-user-id.optional",
        "accept",
    ): "the prose demands it where nothing else says whose profile it is",
}


Edition = Callable[[str], tuple[Contract, plan.Plan]]


@pytest.fixture(scope="module")
def edition(tmp_path_factory: pytest.TempPathFactory) -> Edition:
    """An edition's contract and its plan, by name."""

    @cache
    def made(name: str) -> tuple[Contract, plan.Plan]:
        path = tmp_path_factory.mktemp(name) / "edition.yaml"
        path.write_text(written(EDITIONS[name]), "utf-8")
        contract = load(path)
        return contract, plan.deterministic(contract, SEEDED_CUSTOMER)

    return made


def judged(
    contract: Contract, made: plan.Plan, cases: Sequence[Case], folder: Path, broken: str | None
) -> tuple[Judgement, int]:
    """The judgement of the mock of an edition, in process, and how many requests it took."""
    app: Any = create_app(contract, key=KEY, broken=broken)
    journal = Journal(folder / "journal.ndjson")
    target = Target(operation_url("http://mock", contract), KEY)
    client = Client(target, contract, journal, transport=httpx.ASGITransport(app))
    bench = Bench(contract, made, client, journal, "run", "test-")

    async def send() -> None:
        async with client.opened():
            await conduct(bench, [case for case in cases if case.chapter != "last"])
            await conduct_one_by_one(bench, [c for c in cases if c.chapter == "last"], "last")

    asyncio.run(send())
    journal.close()
    return judge(contract, read([journal.path])), client.sent


@pytest.mark.parametrize("name", EDITIONS)
def test_controls_and_cases_follow(edition: Edition, name: str) -> None:
    contract, made = edition(name)
    reading = contract.request_reading
    for control in (made.control, controls.full(contract), controls.minimal(contract)):
        assert reading.validity(control) is Validity.VALID
    ids = [case.id for case in made.cases]
    assert len(set(ids)) == len(ids)
    shown = {
        (key, "accept" if case.expect == "accept" else "refuse")
        for case in made.cases
        for key in case.requirements
    }
    missing = {
        (name, key, side)
        for key, each in contract.requirements.items()
        for side in each.sides
        if side != "observe" and (key, side) not in shown
    }
    # An accepted control shows the type of all that is in it, and the headers it does without.
    for _, key, side in missing - UNSHOWN.keys():
        assert side == "accept"
        assert key.endswith((".type", ".optional")), key
        if key.startswith("request.header."):
            continue
        where = contract.requirements[key].location
        assert controls.good(contract, made.control, where) is not ABSENT
    assert {each for each in UNSHOWN if each[0] == name} <= missing
    for case in made.cases:
        if case.expect == "accept" and case.edits:
            payload = edits.apply(made.control, case.edits)
            assert reading.validity(payload) is Validity.VALID, case.id


@pytest.mark.parametrize("name", EDITIONS)
def test_pools_are_valid_as_a_whole(edition: Edition, name: str) -> None:
    contract, made = edition(name)
    for pool in pools([case for case in made.cases if case.poolable and not case.either]):
        body = edits.apply(made.control, [edit for case in pool for edit in case.edits])
        broken = contract.request_reading.violations(body)
        assert contract.request_reading.validity(body) is Validity.VALID, broken


@pytest.mark.parametrize("name", EDITIONS)
def test_payloads_follow(edition: Edition, name: str) -> None:
    contract, _ = edition(name)
    drawn = payloads.draw(payloads.valid(contract), 15, 1)
    assert len(drawn) == 15
    assert all(contract.request_reading.validity(each) is Validity.VALID for each in drawn)
    for key, each in contract.requirements.items():
        if key not in TODAY.requirements and "refuse" in each.sides and each.location:
            (payload,) = payloads.draw(payloads.violating(contract, key), 1, 1)
            assert controls.breaks_exactly(contract, payload, key)


@pytest.mark.parametrize("name", EDITIONS)
def test_the_mock_of_the_edition_keeps_every_promise(
    edition: Edition, name: str, tmp_path: Path
) -> None:
    contract, made = edition(name)
    judgement, requests = judged(contract, made, made.cases, tmp_path, None)
    left = {key: each.reason for key, each in judgement.verdicts.items() if each.name != "pass"}
    explained = {key for edited, key, _ in UNSHOWN if edited == name}
    # In process the whole run takes less time than a frozen clock needs to be told.
    assert left.keys() - {"timestamp.response_time"} == explained, left
    assert requests < 640


def test_what_is_new_is_found_where_it_is_broken(edition: Edition, tmp_path: Path) -> None:
    told: dict[str, object] = {}
    count = 0
    for name in EDITIONS:
        contract, made = edition(name)
        for key in contract.requirements.keys() - TODAY.requirements.keys():
            cases = [case for case in made.cases if key in case.requirements]
            if not cases or (name, key, "accept") in UNSHOWN:
                continue
            if key == "request.body.phone.optional":
                continue  # no control has it, so that every request would be refused
            count += 1
            folder = tmp_path / str(count)
            folder.mkdir()
            judgement, _ = judged(contract, made, cases, folder, key)
            named = {
                other
                for other, each in judgement.verdicts.items()
                if any(failure.cause is None for failure in each.failures)
            }
            if named != {key}:
                told[key] = named
    assert count > 80
    assert told == {}


def test_without_customer_ids_each_request_has_a_profile_id_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "edition.yaml"
    path.write_text(written(lambda d, _: operation(d)["parameters"].pop(0)), "utf-8")
    contract = load(path)
    made = plan.deterministic(contract)
    one, other = (dict(build(contract, [], made.control, c).headers) for c in ("a", "b"))
    assert one["adapty-profile-id"] != other["adapty-profile-id"]
    judgement, _ = judged(contract, made, made.cases, tmp_path, None)
    assert {each.name for each in judgement.verdicts.values()} <= {"pass", "untested"}
    assert judgement.verdicts["request.header.identity"].name == "pass"


def test_without_a_scheme_the_key_alone_is_no_near_miss(tmp_path: Path) -> None:
    def edit(document: Any, _: Any) -> None:
        scheme = document["components"]["securitySchemes"]["apikeyAuth"]
        del scheme["default"]
        scheme["description"] = "API requests must be authenticated by your secret API key."

    path = tmp_path / "edition.yaml"
    path.write_text(written(edit), "utf-8")
    contract = load(path)
    made = plan.deterministic(contract)
    right = "${ADAPTY_API_KEY}"
    assert dict(build(contract, [], made.control, "a").headers)["Authorization"] == right
    wrong = [case for case in made.of("authentication") if case.expect == "unauthorized"]
    assert len(wrong) > 15
    assert all(dict(case.headers)["Authorization"] != (right,) for case in wrong)


def test_an_edition_through_the_command_line(tmp_path: Path) -> None:
    spec = tmp_path / "edited.yaml"
    spec.write_text(written(EDITIONS["changed-members"]), "utf-8")
    environment = {**os.environ, "NO_COLOR": "1"}

    def ours(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "runner.cli", *words],
            cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120,
        )  # fmt: skip

    run = ours("run", "--spec", str(spec), "--phases", "deterministic")
    assert run.returncode == 0, run.stdout + run.stderr
    results = json.loads((tmp_path / "conformance-report" / "results.json").read_text("utf-8"))
    verdicts = {each["id"]: each["verdict"] for each in results["requirements"]}
    assert verdicts["request.body.tier.enum"] == verdicts["request.body.tier.required"] == "pass"
    listed = ours("requirements", "request.body.tier.*", "--spec", str(spec))
    assert listed.returncode == 0, listed.stderr
    assert set(re.findall(r"^(request\.\S+)", listed.stdout, re.MULTILINE)) == {
        key for key in verdicts if key.startswith("request.body.tier.")
    }
