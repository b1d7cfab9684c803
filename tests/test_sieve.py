"""What a fuzz keeps and what it only counts, and that the judge finds the same in what is kept."""

from __future__ import annotations

import json
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.types import ASGIApp

from conformance.journal import SENDING, read
from conformance.sieve import FOLLOWED
from mock_server.app import create_app
from tests.fuzzing import Fuzz, fuzzed
from tests.handmade import profile
from tests.inprocess import PLAN
from tests.running import answering, error
from tests.support import CONTRACT, KEY, Around

IDS = [f"3fa85f64-5717-4562-b3fc-{number:012x}" for number in range(64)]


@pytest.fixture(scope="module")
def conformant(tmp_path_factory: pytest.TempPathFactory) -> tuple[Fuzz, Fuzz]:
    """A fuzz of one batch, and one of four."""
    folder = tmp_path_factory.mktemp("conformant")
    (folder / "one").mkdir()
    (folder / "four").mkdir()
    return fuzzed(folder / "one"), fuzzed(folder / "four", batches=4)


def test_a_conformant_target_is_not_blamed(conformant: tuple[Fuzz, Fuzz]) -> None:
    for each in conformant:
        assert each.failing == set()
        assert each.sieve.found == {}
        assert len(each.passing) > 140


def test_more_batches_are_hardly_more_to_keep(conformant: tuple[Fuzz, Fuzz]) -> None:
    one, four = (len(each.bench.journal.exchanges) for each in conformant)
    assert one < 300
    assert four < one + 100
    sent = [each.bench.client.sent for each in conformant]
    assert sent[1] > 3.5 * sent[0]


def test_every_exchange_is_kept_or_counted_once(conformant: tuple[Fuzz, Fuzz]) -> None:
    for each in conformant:
        kept = len(each.bench.journal.exchanges)
        counted = sum(each.sieve.sifted.statuses.values())
        assert kept + counted == each.bench.client.sent
        answered = sum(each.sieve.sifted.latency.values())
        assert answered == counted


@pytest.mark.parametrize(
    "key",
    [
        "request.body.gender.enum",
        "request.body.email.format",
        "request.body.first_name.nullable",
        "request.body.custom_attributes.maxItems",
        "request.body.custom_attributes.item.key.pattern",
        "request.body.installation_meta.device_id.required",
        "request.body.att_status.type",
        "request.header.identity",
        "request.json",
        "request.media_type",
        "auth.missing",
        "auth.wrong_key",
        "auth.scheme",
        "response.200.data.profile_id.format",
        "response.200.data.timestamp.type",
        "rejection.body.status_code.http_status",
        "echo.custom_attributes",
        "echo.customer_user_id",
        "secrecy.credential",
        "identity.profile_id",
    ],
)
def test_what_is_broken_is_found_and_called_by_its_name(key: str, tmp_path: Path) -> None:
    if key not in CONTRACT.requirements:
        pytest.fail(f"{key} is no requirement")
    assert fuzzed(tmp_path, broken=key).findings == {key}


def test_few_failures_of_one_promise_are_followed_up(tmp_path: Path) -> None:
    found = fuzzed(tmp_path, broken="request.body.gender.enum", batches=2)
    cases = {
        name
        for each in found.bench.journal.exchanges
        if each.accepted
        for name in each.cases
        if name.startswith("request.body.gender.enum/")
    }
    assert 1 <= len({name for name in cases if "shrunk" not in name}) <= FOLLOWED + 2
    assert list(found.sieve.found) == ["request.body.gender.enum"]


def test_profile_ids_that_come_again_are_found(tmp_path: Path) -> None:
    numbers = count()

    def decides() -> Any:
        return {"profile_id": IDS[next(numbers) % 50]}

    found = fuzzed(tmp_path, _strict(decides))
    assert "identity.profile_id" in found.failing


def test_a_target_that_stops_taking_anything_is_not_blamed_for_it(tmp_path: Path) -> None:
    """As behind a wall that locks out who sends much: after a while, 403 to everything."""
    numbers = count()

    def decides() -> Any:
        return 403 if next(numbers) > 200 else None

    found = fuzzed(tmp_path, _strict(decides))
    assert found.bench.spent == "the target does not accept any more what it accepted at first"
    assert found.failing == {"response.status"}  # by its controls, which are valid


def test_a_target_that_dies_is_told_with_what_it_died_of(tmp_path: Path) -> None:
    """It dies of one input; what is under way at that moment had no answer either."""
    dead: list[bool] = []

    def decides(body: Any) -> Any:
        if isinstance(body, dict) and body.get("gender", "f") not in ("f", "m", "o", None):
            dead.append(True)
        return httpx.ReadError("the connection was dropped") if dead else None

    found = fuzzed(tmp_path, _strict(decides), batches=3, concurrency=1)
    assert found.bench.dead is not None
    assert "robustness.connection" in found.failing
    assert found.sieve.sifted.statuses["connection"] < 20
    assert json.loads(_body(found, found.bench.dead))["gender"] not in ("f", "m", "o")


def test_a_target_that_is_away_for_a_moment_is_not_blamed(tmp_path: Path) -> None:
    """As while it starts again: nothing for some requests, then as before."""
    numbers = count()

    def decides() -> Any:
        away = 200 < next(numbers) < 208
        return httpx.ConnectError("refused") if away else None

    found = fuzzed(tmp_path, _strict(decides), batches=2)
    assert found.failing == set()
    assert found.bench.spent is None
    assert found.bench.dead is None


def test_a_target_that_takes_nothing_ends_the_search(tmp_path: Path) -> None:
    found = fuzzed(tmp_path, _strict(lambda: 400))
    assert found.bench.spent is not None
    assert found.bench.spent.startswith("the target accepts no valid request")
    assert found.bench.client.sent < 40


def test_a_target_that_takes_everything_is_told_of_in_a_bounded_number(tmp_path: Path) -> None:
    found = fuzzed(tmp_path, _lax(), batches=2)
    assert len([key for key in found.failing if key.startswith("request.body")]) > 40
    lines = found.bench.journal.path.read_text().splitlines()
    kept = [json.loads(line) for line in lines if '"kind":"exchange"' in line]
    assert len(kept) < found.bench.client.sent


def _strict(decides: Any) -> ASGIApp:
    """The mock, unless `decides` answers in its place, or with other members of the profile."""

    def change(*told: Any) -> Any:
        _, body, status, answer = told
        end = decides(body) if decides.__code__.co_argcount else decides()
        if isinstance(end, Exception):
            raise end
        if isinstance(end, int):
            return error(end)
        if end and status == 200:
            answer["data"] |= end
        return status, answer

    return Around(create_app(CONTRACT, key=KEY), answering(change))


def _lax() -> ASGIApp:
    """Takes everything, and answers with one profile."""
    made = profile(profile_id=IDS[0])
    return Around(create_app(CONTRACT, key=KEY), answering(lambda *_: (200, made)))


def _body(found: Fuzz, case: str) -> bytes:
    return next(e for e in found.bench.journal.exchanges if case in e.cases).request.body


@pytest.mark.parametrize("requests", range(60, 100, 5))
def test_a_limit_leaves_no_request_without_its_end(requests: int, tmp_path: Path) -> None:
    """Also where it comes between a failure and the control that is to be asked after it."""
    control = json.dumps(PLAN.control, sort_keys=True)

    def fails(_: Any, body: bytes) -> ASGIApp | None:
        try:
            known = json.dumps(json.loads(body), sort_keys=True) == control
        except ValueError:
            known = False
        return None if known else error(500)

    found = fuzzed(tmp_path, Around(create_app(CONTRACT, key=KEY), fails), requests=requests)
    assert found.bench.spent is not None
    record = read([tmp_path / "journal.ndjson"])
    assert record.notes.get(SENDING, []) == []
