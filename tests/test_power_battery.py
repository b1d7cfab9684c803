"""A sample of the battery: faults are found, named right and told briefly; nobody else is accused.

`tox -e power` runs all of it, with the faults that are known not to be found.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from benchmarks.power.battery import SERVERS
from benchmarks.power.processes import KEY, server
from benchmarks.power.run import REPORT, Way, judged, of_the_battery, row
from benchmarks.power.score import Row, spread
from reports.results import load as load_results
from reports.words import findings
from spec.loader import load
from tests.needs import require_executable

pytestmark = pytest.mark.long

_FAULTY = {n: each.group for n, each in SERVERS.items() if each.breaks}
_CONFORMANT = {name: each.group for name, each in SERVERS.items() if not each.breaks}
FAULTY, CONFORMANT = spread(_FAULTY, 12), spread(_CONFORMANT, 4)
PASTED = [*spread(_FAULTY, 8), "authentication-once-per-connection"]
CONTRACT = load()
PATIENCE = 5.0  # seconds for an answer, where other tests run beside this one
SECONDS = 4  # that curl waits for a server which never answers


@dataclass(frozen=True)
class Seen:
    """A server of the battery that was judged and still runs."""

    row: Row
    results: dict[str, Any]


@pytest.fixture(scope="module")
def seen(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Seen]:
    name = request.param
    folder = tmp_path_factory.mktemp("power")
    way, subject = Way(folder, seed=1), of_the_battery(name, PATIENCE)
    with server(subject.module, name, folder / "server.txt") as url:
        one = row(SERVERS[name], judged(url, subject, way), {})
        assert one.measured.exit_code in (0, 1, 3), (folder / name / "suite.txt").read_text()
        yield Seen(one, load_results(folder / name / REPORT))


@pytest.mark.parametrize("seen", FAULTY, indirect=True)
def test_a_fault_is_found_first_and_told_briefly(seen: Seen) -> None:
    said = seen.row.measured.findings
    assert seen.row.found, said
    assert seen.row.named_right, said
    assert seen.row.few, said
    assert seen.row.measured.exit_code in (1, 3), "3: it ended at the first request"


@pytest.mark.parametrize("seen", CONFORMANT, indirect=True)
def test_a_conformant_server_is_accused_of_nothing(seen: Seen) -> None:
    assert not seen.row.accused, seen.row.measured.failing
    assert seen.row.measured.inconclusive == ()
    assert seen.row.measured.exit_code == 0


@pytest.mark.parametrize("seen", PASTED, indirect=True)
def test_the_curl_line_of_the_first_finding_shows_it_again(seen: Seen) -> None:
    require_executable("curl")
    failure = findings(seen.results)[0].failures[0]
    pasted = subprocess.run(
        ["bash", "-c", failure["curl"].replace("curl ", f"curl -sS --max-time {SECONDS} ", 1)],
        env={**os.environ, "ADAPTY_API_KEY": KEY},
        capture_output=True,
        timeout=60,
    )
    recorded = failure["exchanges"][-1]["response"]
    if recorded is None:
        assert pasted.returncode != 0, pasted.stdout
        return
    status, body = parsed(pasted.stdout)
    assert status == recorded["status"], pasted.stdout + pasted.stderr
    assert flaws(status, body) == flaws(status, recorded["body"])


def parsed(answer: bytes) -> tuple[int, str]:
    """Status and body of the last response that `curl -i` prints."""
    answer = answer[answer.rindex(b"HTTP/1.") :] if b"HTTP/1." in answer else answer
    head, _, body = answer.decode("utf-8", "replace").partition("\r\n\r\n")
    found = re.match(r"HTTP/\S+ (\d{3})", head)
    assert found, answer
    return int(found[1]), body


def flaws(status: int, body: str) -> object:
    """Which keywords of the contract a response breaks, and where."""
    reading = CONTRACT.response_readings.get(status, CONTRACT.refusal_reading)
    try:
        return {(each.location, each.keyword) for each in reading.violations(json.loads(body))}
    except ValueError:
        return "not JSON"


def test_a_curl_line_that_shows_something_else_would_be_noticed() -> None:
    control = '{"errors":[],"error_code":"a","status_code":400}'
    assert flaws(400, control) == set()
    assert flaws(400, control.replace(":400", ':"400"')) == {(("status_code",), "type")}
    assert flaws(400, "no") == "not JSON"
    assert parsed(b"HTTP/1.1 200 OK\r\na: b\r\n\r\nbody") == (200, "body")
