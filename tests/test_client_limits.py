"""Politeness: a target that throttles is waited for, and no limit of the operator's is passed."""

from __future__ import annotations

import asyncio
import itertools
import socket
import time
from email.utils import formatdate
from pathlib import Path

import pytest

from conformance.client import HANGS, BudgetSpent, Client
from conformance.exchanges import Exchange
from conformance.sending import was_idle
from tests.support import CONTROL, Answer, ask, opened, raw_server, says, sent

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


def reply(status: bytes, *headers: bytes) -> bytes:
    lines = [b"HTTP/1.1 " + status, *headers, b"Content-Length: 0"]
    return b"\r\n".join(lines) + b"\r\n\r\n"


def in_turn(*replies: bytes) -> Answer:
    """These replies in turn, then the last for ever."""
    left = list(replies)

    def answer(connection: socket.socket, _: bytes) -> bool:
        connection.sendall(left.pop(0) if len(left) > 1 else left[0])
        return True

    return answer


SECONDS = reply(b"429 Slow down", b"Retry-After: 1")
UNAVAILABLE = reply(b"503 Later", b"Retry-After: 1")


@pytest.mark.parametrize("throttled", [SECONDS, UNAVAILABLE], ids=["429", "503"])
def test_a_target_that_throttles_is_waited_for(throttled: bytes, tmp_path: Path) -> None:
    with raw_server(in_turn(throttled, OK)) as url:
        began = time.monotonic()
        exchange = sent(url, tmp_path)
    assert (exchange.status, exchange.trouble) == (200, None)
    assert 1.0 <= time.monotonic() - began < 2.0


def test_a_date_is_waited_for(tmp_path: Path) -> None:
    date = formatdate(time.time() + 2, usegmt=True).encode()
    with raw_server(in_turn(reply(b"429 Slow down", b"Retry-After: " + date), OK)) as url:
        began = time.monotonic()
        assert sent(url, tmp_path).status == 200
    assert 0.9 <= time.monotonic() - began <= 2.1


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What the client would have slept, without sleeping."""
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    return slept


@pytest.mark.parametrize(
    ("after", "least", "most"),
    [
        (None, 0.5, 1.0),
        (b"-5", 0.5, 1.0),
        (b"soon", 0.5, 1.0),
        (b"nan", 0.5, 1.0),
        (b"inf", 0.5, 1.0),
        (b"1e9", 0.5, 1.0),
        (b"Thu, 01 Jan 1970 00:00:00 GMT", 0.5, 1.0),  # a clock that is wrong
        (b"Mon, 01 Jan 0001 00:00:00 -0000", 0.5, 1.0),
        (b"0", 0.5, 1.0),  # of a limiter that rounds down
        (b"300", 300.0, 300.0),
    ],
)
def test_no_value_of_retry_after_does_harm(
    after: bytes | None, least: float, most: float, waits: list[float], tmp_path: Path
) -> None:
    headers = [] if after is None else [b"Retry-After: " + after]
    with raw_server(in_turn(reply(b"429 Slow down", *headers), OK)) as url:
        assert sent(url, tmp_path).status == 200
    assert len(waits) == 1
    assert least <= waits[0] <= most


@pytest.mark.parametrize(
    "after", [b"301", b"99999999999999999999", b"Fri, 31 Dec 9999 23:59:59 GMT"]
)
def test_nobody_waits_for_hours(after: bytes, waits: list[float], tmp_path: Path) -> None:
    answers = in_turn(reply(b"429 Slow down", b"Retry-After: " + after), OK)
    with raw_server(answers) as url, opened(url, tmp_path) as client:
        first, second = ask(client, CONTROL)[0], ask(client, CONTROL)[0]
    assert (first.trouble, second.trouble, waits) == ("throttled", None, [])


@pytest.mark.parametrize(("date", "after"), [
    ("Thu, 26 Nov 2026 10:00:00 GMT", "Thu, 26 Nov 2026 10:00:07 GMT"),
    ("Thu, 26 Nov 2020 10:00:00 GMT", "Thursday, 26-Nov-20 10:00:07 GMT"),
    ("Thu Nov 26 10:00:00 2020", "Thu Nov 26 10:00:07 2020"),
])  # fmt: skip
def test_a_date_is_by_the_clock_of_the_target(
    date: str, after: str, waits: list[float], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    try:
        headers = [f"Date: {date}".encode(), f"Retry-After: {after}".encode()]
        with raw_server(in_turn(reply(b"429 Slow down", *headers), OK)) as url:
            assert sent(url, tmp_path).status == 200
    finally:
        monkeypatch.undo()
        time.tzset()
    assert waits == [pytest.approx(7.0, abs=0.1)]


def test_throttling_for_ever_is_no_answer(waits: list[float], tmp_path: Path) -> None:
    with raw_server(in_turn(reply(b"429 Slow down"))) as url:
        exchange = sent(url, tmp_path)
    assert exchange.trouble == "throttled"
    assert exchange.status is None
    assert len(waits) == 4
    assert all(later > earlier / 2 for earlier, later in itertools.pairwise(waits))
    assert max(waits) > 2


def test_a_plain_503_is_an_answer(tmp_path: Path) -> None:
    with raw_server(in_turn(reply(b"503 Broken"), OK)) as url:
        assert sent(url, tmp_path).status == 503


def test_no_more_requests_than_allowed(tmp_path: Path) -> None:
    asked: list[bytes] = []

    def answer(connection: socket.socket, request: bytes) -> bool:
        asked.append(request)
        says(OK)(connection, request)
        return True

    with raw_server(answer) as url, opened(url, tmp_path, requests=3) as client:
        ask(client, *[CONTROL] * 3)
        with pytest.raises(BudgetSpent, match="requests"):
            ask(client, CONTROL)
    assert len(asked) == 3


@pytest.mark.usefixtures("waits")
def test_a_request_that_is_sent_again_counts(tmp_path: Path) -> None:
    with raw_server(in_turn(SECONDS)) as url, opened(url, tmp_path, requests=2) as client:
        with pytest.raises(BudgetSpent, match="requests"):
            ask(client, CONTROL)
        assert client.sent == 2


def test_nothing_is_sent_when_the_time_is_over(tmp_path: Path) -> None:
    with raw_server(in_turn(OK)) as url, opened(url, tmp_path, seconds=0.3) as client:
        assert ask(client, CONTROL)[0].status == 200
        time.sleep(0.3)
        with pytest.raises(BudgetSpent, match="time"):
            ask(client, CONTROL)


SLOW = reply(b"429 Slow down", b"Retry-After: 20")


@pytest.mark.parametrize(("answer", "rate"), [(SLOW, 0.0), (OK, 0.1)], ids=["throttled", "paced"])
def test_no_wait_outlasts_the_time(answer: bytes, rate: float, tmp_path: Path) -> None:
    with (
        raw_server(in_turn(answer)) as url,
        opened(url, tmp_path, seconds=0.5, rate=rate) as client,
    ):
        began = time.monotonic()
        with pytest.raises(BudgetSpent, match="time"):
            ask(client, CONTROL, CONTROL)
        assert time.monotonic() - began < 1.5


def test_requests_are_paced_evenly(tmp_path: Path) -> None:
    arrived: list[float] = []

    def answer(connection: socket.socket, request: bytes) -> bool:
        arrived.append(time.monotonic())
        says(OK)(connection, request)
        return True

    with raw_server(answer) as url, opened(url, tmp_path, rate=20.0) as client:
        ask(client, *[CONTROL] * 10)
    gaps = [later - earlier for earlier, later in itertools.pairwise(arrived)]
    assert arrived[-1] - arrived[0] >= 0.9 * 9 / 20
    assert max(gaps) < 0.15


def test_no_more_under_way_than_allowed(tmp_path: Path) -> None:
    under_way, most = 0, 0

    def answer(connection: socket.socket, request: bytes) -> bool:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        time.sleep(0.02)
        under_way -= 1
        says(OK)(connection, request)
        return True

    with raw_server(answer) as url, opened(url, tmp_path, concurrency=3) as client:
        ask(client, *[CONTROL] * 12)
    assert most == 3


def test_few_are_under_way_until_the_target_has_answered_some(tmp_path: Path) -> None:
    """Also after the control, whose latency says how many a slow target bears."""
    under_way, order = 0, []

    def answer(connection: socket.socket, request: bytes) -> bool:
        nonlocal under_way
        under_way += 1
        order.append(under_way)
        time.sleep(0.02)
        under_way -= 1
        says(OK)(connection, request)
        return True

    with raw_server(answer) as url, opened(url, tmp_path, concurrency=12) as client:
        client.spare(0.001)
        ask(client, *[CONTROL] * 60)
    assert max(order[:4]) <= 2
    assert max(order[:20]) <= 8
    assert max(order) > 8


def test_waiting_for_a_turn_is_no_waiting_for_an_answer(tmp_path: Path) -> None:
    def answer(connection: socket.socket, request: bytes) -> bool:
        time.sleep(0.1)
        says(OK)(connection, request)
        return True

    with (
        raw_server(answer) as url,
        opened(url, tmp_path, concurrency=1, timeout=0.4) as client,
    ):
        assert [each.status for each in ask(client, *[CONTROL] * 8)] == [200] * 8


def test_a_target_that_hangs_on_everything_costs_no_hour(tmp_path: Path) -> None:
    """After a dozen answers that never came less time is given, for a quick target at least."""
    answered = itertools.count()

    def answer(connection: socket.socket, _: bytes) -> bool:
        if next(answered) < 3:
            connection.sendall(OK)
            return True
        time.sleep(4)
        return False

    with raw_server(answer) as url, opened(url, tmp_path, timeout=1.2) as client:
        assert ask(client, CONTROL)[0].status == 200  # what is imported by then took a while
        assert [each.status for each in ask(client, CONTROL, CONTROL)] == [200, 200]
        first = ask(client, *[CONTROL] * HANGS)
        assert {each.trouble for each in first} == {"timeout"}
        assert all(each.received - each.sent >= 1.2 for each in first)
        (last,) = ask(client, CONTROL)
    assert last.trouble == "timeout"
    assert 0.5 <= last.received - last.sent < 1.1


OPENED = {"connection.connect_tcp.started": 0.0, "connection.connect_tcp.complete": 0.1}


@pytest.mark.parametrize(
    ("events", "idle"),
    [
        ({"http11.send_request_headers.started": 5.0}, True),
        ({**OPENED, "http11.send_request_headers.started": 0.101}, False),
        ({**OPENED, "http11.send_request_headers.started": 0.2}, True),
        (
            {
                **OPENED,
                "http11.send_request_headers.started": 0.101,
                "http11.send_request_body.failed": 0.2,
            },
            True,
        ),
        (OPENED, False),
        ({}, False),
    ],
    ids=["used before", "at once", "after a while", "slowly", "nothing sent", "nothing"],
)
def test_what_counts_as_an_idle_connection(events: dict[str, float], idle: bool) -> None:
    assert was_idle(events) is idle


def test_what_this_process_does_meanwhile_is_no_waiting_for_an_answer(tmp_path: Path) -> None:
    """It reads large answers, and shares its processor with others."""

    def answer(connection: socket.socket, request: bytes) -> bool:
        time.sleep(0.05)
        return bool(says(OK)(connection, request))

    async def busy() -> None:
        for _ in range(3):
            await asyncio.sleep(0.01)
            time.sleep(0.4)

    async def both(client: Client) -> Exchange:
        async with client.opened():
            sending = client.send(CONTROL, phase="test", role="control")
            return (await asyncio.gather(sending, busy()))[0]

    with raw_server(answer) as url, opened(url, tmp_path, timeout=0.3) as client:
        exchange = asyncio.run(both(client))
    assert (exchange.status, exchange.trouble) == (200, None)
