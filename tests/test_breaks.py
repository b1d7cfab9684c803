"""Every requirement has a server that breaks it: its own cases find it, and call it by its name."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import nullcontext
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
from mock_server.serve import serving
from mock_server.store import SEEDED_CUSTOMER
from spec.contract import Contract
from spec.loader import load
from strategies import plan
from strategies.cases import Case

KEY = "secret_live_0123456789abcdef"
CONTRACT: Contract = load()
PLAN = plan.deterministic(CONTRACT, SEEDED_CUSTOMER)
CASES = {case.id: case for case in PLAN.cases}

# What shows a requirement that no case is sent for: a profile with purchases, and an answer of
# each layer that refuses.
SHOWING = (
    "response.200/seeded-customer",
    "identity.profile_id/at-the-same-moment",
    "auth.missing/no-header",
    "auth.wrong_key/another-key",
    "request.json/last-byte-cut",
    "request.body.first_name.type/number",
)
ON_THE_WIRE = ("robustness.hang", "robustness.connection")


def own_cases(requirement: str) -> list[Case]:
    """The cases that probe a requirement, or those that show it."""
    found = [case for case in PLAN.cases if requirement in case.requirements]
    return found or [CASES[name] for name in SHOWING]


def judged(folder: Path, cases: Sequence[Case], broken: str | None) -> Judgement:
    """The judgement of the mock, with one requirement broken, by some cases alone."""
    app: Any = create_app(CONTRACT, key=KEY, broken=broken)
    wire = broken in ON_THE_WIRE
    with serving(app) if wire else nullcontext("http://mock") as url:
        journal = Journal(folder / "journal.ndjson")
        target = Target(operation_url(url, CONTRACT), KEY, timeout=0.3 if wire else 5.0)
        transport = None if wire else httpx.ASGITransport(app)
        client = Client(target, CONTRACT, journal, transport=transport)
        bench = Bench(CONTRACT, PLAN, client, journal, "run", "test-")

        async def send() -> None:
            async with client.opened():
                await conduct(bench, [case for case in cases if case.chapter != "last"])
                await conduct_one_by_one(bench, [c for c in cases if c.chapter == "last"], "last")

        asyncio.run(send())
        journal.close()
    return judge(CONTRACT, read([journal.path]))


def failing(judgement: Judgement) -> set[str]:
    """The requirements that failed and are not explained by another."""
    return {
        key
        for key, verdict in judgement.verdicts.items()
        if any(failure.cause is None for failure in verdict.failures)
    }


@pytest.mark.parametrize("requirement", CONTRACT.requirements)
def test_its_own_cases_find_the_server_that_breaks_it(requirement: str, tmp_path: Path) -> None:
    judgement = judged(tmp_path, own_cases(requirement), requirement)
    verdict = judgement.verdicts[requirement]
    assert verdict.name == "fail", f"{verdict.name}: {verdict.reason}"
    assert all(failure.message and failure.exchanges for failure in verdict.failures)
    named = failing(judgement)
    causes = {failure.cause for failure in verdict.failures} - {None}
    assert requirement in named or causes <= named, f"{requirement} is told as {named}"
    assert len(named) <= 3, f"one fault is told as {len(named)} findings: {sorted(named)}"


def test_the_mock_that_breaks_nothing_is_blamed_for_nothing(tmp_path: Path) -> None:
    judgement = judged(tmp_path, PLAN.cases, None)
    left = {k: v for k, v in judgement.verdicts.items() if v.name != "pass"}
    # In process the whole run takes less time than a frozen clock needs to be told.
    assert set(left) <= {"timestamp.response_time"}, {
        k: (v.name, v.reason) for k, v in left.items()
    }


@pytest.mark.parametrize("requirement", ["auth.missing", "request.body.gender.enum"])
def test_a_whole_run_names_the_one_that_is_broken(requirement: str, tmp_path: Path) -> None:
    assert failing(judged(tmp_path, PLAN.cases, requirement)) == {requirement}
