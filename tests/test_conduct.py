"""How a run goes on when a target refuses, fails, hangs or dies: what it may say, and no more."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Any

import pytest
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from mock_server.answers import dropped, silent
from mock_server.app import create_app
from strategies import generated
from strategies.controls import full
from tests.running import Run, Twist, answering, error, holds, run
from tests.support import CONTRACT, KEY, verdicts

REST = ("request.body.[!g]*",)  # of the body one member is enough in most tests


def test_a_member_that_is_refused_always(tmp_path: Path) -> None:
    found = run(
        lambda _, body: error(422) if holds(body, "birthday") else None, tmp_path,
        "request.body.birthday.*", "request.body.gender.*", "response.status",
    )  # fmt: skip
    assert "birthday" not in found.session.bench.control
    assert "gender" in found.session.bench.control
    assert found.failing
    assert all(key.startswith("request.body.birthday.") for key in found.failing)
    for keyword in ("type", "format"):
        assert found[f"request.body.birthday.{keyword}"]["verdict"] != "pass"
    assert near_misses(found, "request.body.birthday.") == {False}
    assert near_misses(found, "request.body.gender.") == {True}
    assert found["request.body.gender.enum"]["verdict"] == "pass"
    assert found["request.body.birthday.optional"]["verdict"] == "pass"


def test_a_generated_payload_blames_nothing_beside_what_is_always_refused(tmp_path: Path) -> None:
    def december(_: Scope, raw: bytes) -> ASGIApp | None:
        return error(422) if b"-12-" in raw else None

    payload = {**full(CONTRACT), "gender": "m", "unknown_member": 1}
    case = generated.case_of(CONTRACT, "hypothesis/valid-01", payload)
    found = run(december, tmp_path, "request.body.*", "response.status", generated=[case])
    assert found.findings == ["request.body.birthday.format"]
    assert "birthday" not in found.session.bench.control


def near_misses(found: Run, subject: str) -> set[bool]:
    """Whether the refusals of near misses stand beside an accepted control, and so count."""
    journal = found.session.journal
    accepted = {each.id for each in journal.exchanges if each.accepted}
    cases = {k for k, c in journal.cases.items() if c.expect == "refuse" and k.startswith(subject)}
    return {e.control in accepted for e in journal.exchanges if cases & set(e.cases)}


def test_a_target_that_refuses_everything_has_one_finding(tmp_path: Path) -> None:
    found = run(lambda *_: error(422), tmp_path)
    assert found.failing == {"response.status"}
    assert found["response.status"]["level"] == "must"
    assert found.content["run"]["exit_code"] == 1
    for each in found.content["requirements"]:
        if each["id"].startswith(("request.", "auth.")):
            assert each["verdict"] in ("inconclusive", "untested")
            assert each["reason"]


def test_a_target_that_needs_an_optional_header(tmp_path: Path) -> None:
    def platform(scope: Scope, _: bytes) -> ASGIApp | None:
        return None if any(n == b"adapty-platform" for n, _ in scope["headers"]) else error(400)

    found = run(platform, tmp_path, "request.header.*", "request.body.gender.*", "auth.*")
    assert found.failing == {"request.header.adapty-platform.optional"}
    assert found["request.body.gender.enum"]["verdict"] == "pass"
    assert found["auth.wrong_key"]["verdict"] == "pass"


@pytest.mark.parametrize(("end", "promise"), [(dropped, "connection"), (silent, "hang")])
def test_a_target_that_dies(end: ASGIApp, promise: str, tmp_path: Path) -> None:
    """Whatever its end looks like, the run is over soon after it."""
    left = 60

    def dies(*_: object) -> ASGIApp | None:
        nonlocal left
        left -= 1
        return end if left < 0 else None

    found = run(dies, tmp_path, last=True, timeout=2.0 if promise == "connection" else 0.5)
    assert found.content["run"]["stopped"].startswith("the target stopped answering after ")
    assert not found.content["summary"]["complete"]
    assert found.failing == {f"robustness.{promise}"}
    failure = found[f"robustness.{promise}"]["failures"][0]
    assert failure["actual"] == "no answer to any later request"
    assert found.content["summary"]["requests"] < 120
    assert found["auth.wrong_key"]["verdict"] in ("untested", "inconclusive")


def at(needle: bytes, answer: ASGIApp) -> Twist:
    """Answer so wherever the body holds these bytes."""
    return lambda _, body: answer if needle in body else None


def test_a_target_that_hangs_on_one_input(tmp_path: Path) -> None:
    found = run(at(b'"gender":"F"', silent), tmp_path, skip=REST, timeout=0.4)
    assert found.failing == {"robustness.hang"}
    failure = found["robustness.hang"]["failures"][0]
    assert "F" in failure["change"]["words"]
    assert failure["failed"] == failure["tries"] >= 2
    assert found.content["run"]["exit_code"] == 1


def test_a_target_that_drops_the_connection_on_one_input(tmp_path: Path) -> None:
    found = run(at(b'"gender":"F"', dropped), tmp_path, skip=REST)
    assert found.failing == {"robustness.connection"}
    failure = found["robustness.connection"]["failures"][0]
    assert "F" in failure["change"]["words"]
    assert failure["failed"] == failure["tries"] >= 2


def test_a_target_that_fails_now_and_then(tmp_path: Path) -> None:
    asked = 0

    def fails(*_: object) -> ASGIApp | None:
        nonlocal asked
        asked += 1
        return error(500) if asked % 7 == 0 else None

    found = run(fails, tmp_path)
    assert found.failing == {"robustness.server_error"}
    failure = found["robustness.server_error"]["failures"][0]
    assert failure["failed"] < failure["tries"]
    assert found["request.body.gender.enum"]["verdict"] == "pass"


def test_a_control_that_fails_is_not_refused(tmp_path: Path) -> None:
    """Each time that a payload is sent with a credential, it fails once before it is taken."""
    known: set[object] = set()

    def fails(scope: Scope, body: bytes) -> ASGIApp | None:
        sent = (body, dict(scope["headers"]).get(b"authorization"))
        known.symmetric_difference_update({sent})
        return error(500) if sent in known else None

    found = run(fails, tmp_path, skip=REST)
    assert found.session.bench.refused == {}
    assert found.failing == {"robustness.server_error"}
    assert "inconclusive" not in verdicts(found.content).values()


def test_a_target_that_fails_at_random_gets_more_tries(tmp_path: Path) -> None:
    asked, unlucky = 0, 4

    def fails(_: Scope, body: bytes) -> ASGIApp | None:
        nonlocal asked, unlucky
        asked += 1
        if body.startswith(b" \r\n"):
            unlucky -= 1
            return error(500) if unlucky >= 0 else None
        return error(500) if asked % 7 == 0 else None

    found = run(fails, tmp_path, skip=REST)
    assert found["request.json"]["verdict"] == "pass"
    assert found.failing == {"robustness.server_error"}


class Crowded:
    """Fails while it serves `most` other requests, each in `seconds`."""

    def __init__(self, most: int, seconds: float) -> None:
        self.app = create_app(CONTRACT, key=KEY)
        self.most, self.seconds, self.under_way = most, seconds, 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.under_way += 1
        crowded = self.under_way > self.most
        await asyncio.sleep(self.seconds)
        await (error(500) if crowded else self.app)(scope, receive, send)
        self.under_way -= 1


@pytest.mark.parametrize(("most", "seconds"), [(1, 0.003), (11, 0.05)])
def test_a_target_that_fails_in_a_crowd(most: int, seconds: float, tmp_path: Path) -> None:
    """One request alone is answered rightly, so no promise but that of no failure is broken."""
    crowded = Crowded(most, seconds)
    found = run(lambda *_: crowded, tmp_path, skip=REST)
    assert found.failing == {"robustness.server_error"}
    assert "inconclusive" not in verdicts(found.content).values()


def test_a_credential_that_is_checked_once_per_connection(tmp_path: Path) -> None:
    """The second request of a connection passes for what the first was."""
    first: dict[object, bytes | None] = {}
    right = f"{CONTRACT.credential.scheme} {KEY}".encode()
    app = create_app(CONTRACT, key=KEY)

    def trusts(scope: Scope, _: bytes) -> ASGIApp | None:
        if scope["client"] not in first:
            first[scope["client"]] = dict(scope["headers"]).get(b"authorization")
            return None
        if first.pop(scope["client"]) != right:
            return None
        others = [(n, v) for n, v in scope["headers"] if n != b"authorization"]
        trusted = {**scope, "headers": [*others, (b"authorization", right)]}
        return lambda _, receive, send: app(trusted, receive, send)

    found = run(trusts, tmp_path, "auth.*")
    assert found.failing == {"auth.missing", "auth.wrong_key"}
    for key in found.failing:
        assert "on one connection" in found[key]["failures"][0]["change"]["words"]


@pytest.mark.parametrize("status", [400, 401])
def test_a_connection_that_is_spoilt_by_what_was_refused_on_it(status: int, tmp_path: Path) -> None:
    """As where the body of a refused request is not read, and taken for the next request."""
    spoilt: set[object] = set()
    app = create_app(CONTRACT, key=KEY)

    def spoils(scope: Scope, _: bytes) -> ASGIApp | None:
        connection = scope["client"]
        if connection in spoilt:
            spoilt.remove(connection)
            return error(400)

        async def noted(scope: Scope, receive: Receive, send: Send) -> None:
            async def look(message: Any) -> None:
                if message.get("status") == status:
                    spoilt.add(connection)
                await send(message)

            await app(scope, receive, look)

        return noted

    found = run(spoils, tmp_path, "response.status*")
    assert found.failing == {"response.status"}
    assert "on the same connection" in found["response.status"]["failures"][0]["change"]["words"]


def test_answers_that_are_not_coded_as_they_say_are_no_json(tmp_path: Path) -> None:
    app = create_app(CONTRACT, key=KEY)

    async def mislabelled(scope: Scope, receive: Receive, send: Send) -> None:
        async def label(message: Any) -> None:
            if message.get("status") == 200:
                message["headers"] = [*message["headers"], (b"content-encoding", b"gzip")]
            await send(message)

        await app(scope, receive, label)

    only = ("request.body.gender.*", "response.200.json")
    found = run(lambda *_: mislabelled, tmp_path, *only)
    assert found.failing == {"response.200.json"}
    assert verdicts(found.content)["request.body.gender.enum"] == "pass"


def test_a_target_that_throttles_loses_no_verdict(tmp_path: Path) -> None:
    asked = 0

    def throttles(*_: object) -> ASGIApp | None:
        nonlocal asked
        asked += 1
        status = (429, 503)[asked % 2]
        headers = {"Retry-After": "0"}
        return JSONResponse({}, status, headers) if asked % 5 == 0 else None

    found = run(throttles, tmp_path)
    assert found.failing == set()
    assert "inconclusive" not in verdicts(found.content).values()


def test_a_target_that_takes_each_customer_once_is_accused_of_its_fault_alone(
    tmp_path: Path,
) -> None:
    """That a known customer is refused is a choice, also while a smaller request is looked for."""
    known: set[str] = set()

    def once(headers: dict[str, str], _: Any, status: int, answer: Any) -> Any:
        customer = headers.get("adapty-customer-user-id")
        if status == 200 and customer is not None:
            if customer in known:
                return error(409)
            known.add(customer)
            for each in answer["data"]["custom_attributes"]:
                if isinstance(each["value"], str):
                    each["value"] = each["value"].replace("'", "")
        return status, answer

    attributes = [{"key": "a", "value": "O'Brien"}, {"key": "b", "value": 1}]
    payload = {**full(CONTRACT), "custom_attributes": attributes, "gender": "m"}
    case = generated.case_of(CONTRACT, "hypothesis/valid-01", payload)
    found = run(answering(once), tmp_path, "request.*", "echo.*", "response.*", generated=[case])
    assert found.failing == {"echo.custom_attributes"}


def test_tries_are_counted(tmp_path: Path) -> None:
    """Of three tries two are accepted, which must not be."""
    lock, asked = threading.Lock(), 0
    example = create_app(CONTRACT, key=KEY, broken="request.body.gender.enum")

    def lax(_: Scope, body: bytes) -> ASGIApp | None:
        nonlocal asked
        if b'"gender":"F"' not in body:
            return None
        with lock:
            asked += 1
        return example if asked % 3 else None

    found = run(lax, tmp_path, "request.body.gender.*")
    assert found.failing == {"request.body.gender.enum"}
    failures = found["request.body.gender.enum"]["failures"]
    assert [(each["tries"], each["failed"]) for each in failures] == [(3, 2)]


def test_a_limit_ends_the_run_but_not_its_report(tmp_path: Path) -> None:
    found = run(None, tmp_path, requests=20, last=True)
    assert found.content["run"]["stopped"] == "the limit of requests (--requests) is spent"
    assert found.content["summary"]["requests"] == 20
    assert not found.content["summary"]["complete"]
    assert found.failing == set()
