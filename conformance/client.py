"""The client: the only sender. It sends the documented method and nothing else."""

from __future__ import annotations

import asyncio
import math
import statistics
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, nullcontext
from dataclasses import replace
from itertools import count
from typing import Protocol

import httpx

from conformance.exchanges import Exchange, Received, Role, Sent
from conformance.pacing import Pace
from conformance.profile import APP, customer_of, member_of
from conformance.receiving import throttled_for
from conformance.redacting import redacted
from conformance.secrets import Redactor, resolve
from conformance.sending import Header, connection, was_idle
from conformance.sending import exchange as exchange_over
from conformance.target import Target
from spec.contract import Contract
from strategies.cases import Request

_LOST = 5  # times that a request is sent again because its connection had been idle
HANGS = 12  # answers that did not come in time, after which less time is given
_SHORTEST = 0.5  # seconds that are always given
_AT_FIRST = 2  # requests under way at the same moment, before the target has answered any
LIMIT = "the limit of"  # how the words begin of what the operator limited


class BudgetSpent(Exception):
    """The operator's limit of requests or time is reached; nothing more is sent."""


class WrongApp(BudgetSpent):
    """An answer shows that the key is not of the operator's app; nothing more is sent."""


class Refused(Exception):
    """Something asked for a request that this suite must never send."""


class Recorder(Protocol):
    """Whatever takes note of exchanges: a journal, or what stands before one."""

    def sending(self, exchange: str, cases: tuple[str, ...], customer: str, at: float) -> None:
        """Take note that a request goes out now."""

    def exchange(self, exchange: Exchange) -> None:
        """Take note of how a request ended."""


class Client:
    """Sends requests of one contract to one target and journals every exchange.

    Use as `async with client.opened():` around `send`. A response is read within `timeout` seconds
    in all and up to BODY_LIMIT bytes.
    """

    def __init__(
        self,
        target: Target,
        contract: Contract,
        journal: Recorder,
        name: str = "",
        transport: httpx.AsyncBaseTransport | None = None,
        more: Callable[[], int] | None = None,
        pace: Pace | None = None,
    ) -> None:
        """`name` is what its exchange ids start with; `transport` stands in for the network; `pace`
        is that of all processes, else its own at the target's rate.

        `more` gives out further requests when those of the target are spent, 0 when there are none.
        """
        self.target = target
        self.sent = 0
        self._allowed = target.requests
        self._more = more
        self._contract = contract
        self._journal = journal
        self._transport = transport
        self._redactor = Redactor(target.key, contract.credential.scheme, target.route.login)
        self._ids = (f"{name}{number}" for number in count(1))
        self._started = time.monotonic()
        self._pace = pace or Pace(target.rate)
        self._turn = asyncio.Lock()
        self._open = False
        self._idle: list[httpx.AsyncBaseTransport] = []
        self._url = httpx.URL(target.url)
        self._gate = asyncio.Semaphore(target.concurrency)
        self._room = 0  # requests more that may be under way, as answers come
        self._late = 0
        self._before: dict[httpx.AsyncBaseTransport, str] = {}  # each one's last
        self._latencies: deque[float] = deque(maxlen=50)
        self.app_seen = target.app_seen
        self._wrong = ""

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[Client]:
        """Connections for the sends inside the block; closed after it."""
        self._narrow(self.target.concurrency)
        self._turn = asyncio.Lock()
        self._open = True
        try:
            yield self
        finally:
            self._open = False
            while self._idle:
                await self._idle.pop().aclose()

    @asynccontextmanager
    async def one_connection(self) -> AsyncIterator[httpx.AsyncBaseTransport]:
        """A connection of its own, to be given to `send`."""
        over = self._transport or self._connection()
        try:
            yield over
        finally:
            self._before.pop(over, None)
            await over.aclose()

    @asynccontextmanager
    async def _any_connection(self) -> AsyncIterator[httpx.AsyncBaseTransport]:
        """A connection that nothing else uses meanwhile. Pools of many cost more than requests."""
        assert self._open, "send outside of `opened`"
        over = self._idle.pop() if self._idle else self._transport or self._connection()
        try:
            yield over
        finally:
            self._idle.append(over)

    def _connection(self) -> httpx.AsyncBaseTransport:
        return connection(self._url, self.target.route)

    def spare(self, latency: float) -> None:
        """Keep so few requests under way that a target which serves them one by one, each in
        `latency` seconds, answers well within the timeout. For use when none is under way."""
        most = int(self.target.timeout / (4 * max(latency, 0.001)))
        self._narrow(max(1, min(self.target.concurrency, most)))

    def _narrow(self, most: int) -> None:
        """Begin with few requests under way, and let them grow to `most`."""
        few = min(_AT_FIRST, most)
        self._gate, self._room = asyncio.Semaphore(few), most - few

    def renew(self, rate: float, seconds: float | None) -> None:
        """Go on with another rate and, from now, another limit of time; no request is given out."""
        self._allowed = None if self._allowed is None else self.sent
        self._pace.rate = rate
        self.target = replace(self.target, rate=rate, seconds=seconds)
        self._started = time.monotonic()

    def forgive(self) -> None:
        """Give every answer its whole time again, however many came late before."""
        self._late = 0

    def _patience(self) -> float:
        """Seconds to wait for a whole answer: the target's timeout, less once it has hung so often
        that a run would take hours, and then still many times what its answers take."""
        if self._late < HANGS or not self._latencies:
            return self.target.timeout
        usual = statistics.median(self._latencies)
        return min(self.target.timeout, max(_SHORTEST, 20 * usual))

    def applies(self, request: Request) -> bool:
        """False when a near miss of the credential comes out as the credential itself."""
        header = self._contract.credential.header
        scheme = self._contract.credential.scheme
        right = f"{scheme} {self.target.key}".strip()
        return all(
            value == f"{scheme} ${{ADAPTY_API_KEY}}".strip()
            or resolve(value, self.target.key) != right
            for name, value in request.headers
            if name == header
        )

    async def send(
        self,
        request: Request,
        *,
        phase: str,
        role: Role,
        cases: tuple[str, ...] = (),
        control: str | None = None,
        customer: str = "",
        over: httpx.AsyncBaseTransport | None = None,
        method: str | None = None,
    ) -> Exchange:
        """Send one request and return its exchange, journalled.

        Waits while the target throttles (429, or 503 with Retry-After); sends again what was lost
        because the target had just closed an idle connection, as it may. Raises BudgetSpent when
        the operator's limits leave no request, WrongApp when an answer is of another app than the
        operator's, and Refused for any method but the contract's.
        """
        if (method or self._contract.method) != self._contract.method:
            raise Refused(f"only {self._contract.method} may be sent, not {method}")
        headers = self._resolved(request)
        async with self._gate, nullcontext(over) if over else self._any_connection() as used:
            throttled, lost, earliest, name = 0, 0, 0.0, next(self._ids)
            began, taken = 0.0, 0
            while True:
                went = await self._take_turn(earliest)
                events: dict[str, float] = {}
                sent_at = time.time()
                self._journal.sending(name, cases, customer_of(request.headers), sent_at)
                response, trouble, detail = await exchange_over(
                    used, self._contract.method, self._url, headers, request.body, events,
                    self._patience(),
                )  # fmt: skip
                received_at = time.time()
                self._late += trouble == "timeout"
                if trouble is None:
                    self._latencies.append(received_at - sent_at)
                if trouble == "connection" and lost < _LOST and was_idle(events):
                    lost += 1
                    continue
                asked = throttled_for(response) if trouble is None else None
                if asked is None:
                    self._passed(went, throttled)
                    break
                now = time.monotonic()
                if not throttled:
                    began, taken = now, self._pace.taken
                wait = self._pace.throttled(went, now, asked, throttled)
                trouble, throttled = "throttled", throttled + 1
                if self._pace.gives_up(throttled, taken, now - began, wait):
                    break
                await asyncio.sleep(min(wait, self._left()))
                earliest = now + wait
        shown, quotes = redacted(response, self._presented(request), self._redactor)
        exchange = Exchange(
            id=name, phase=phase, role=role, cases=cases,
            request=Sent(self._contract.method, self.target.url, request.headers, request.body),
            response=shown, trouble=trouble, sent=sent_at, received=received_at,
            control=control, customer=customer, quotes_credential=quotes,
            detail=self._redactor.redact_text(detail) if detail else "",
            follows=self._before.get(over) if over else None,
        )  # fmt: skip
        if over is not None:
            self._before[over] = exchange.id
        self._journal.exchange(exchange)
        if response is not None and self.target.app and exchange.accepted:
            self._check_app(response)
        return exchange

    def _check_app(self, response: Received) -> None:
        """Raise WrongApp for an answer that is another app's, or if the first one names none."""
        found, wanted = member_of(response, APP), self.target.app
        if found is None and self.app_seen:
            return
        if found is not None and found.lower() == wanted:
            self.app_seen = True
            return
        self._wrong = f"no answer named the app, which is to be {wanted} (--expect-app-id)"
        if found is not None:
            shown = self._redactor.redact_text(found.lower())[:60]
            self._wrong = (
                f"the profile that was created is of app {shown}, not of {wanted} "
                "(--expect-app-id): the key is another app's"
            )
        raise WrongApp(self._wrong)

    def _passed(self, went: float, attempt: int) -> None:
        """A request ended, and was not throttled: one more may be under way, or soon."""
        self._pace.passed(went, attempt)
        if self._room > 0 and self._pace.widens():
            self._room -= 1
            self._gate.release()

    async def _take_turn(self, earliest: float) -> float:
        """Wait until the next request may go out; one that waited until `earliest` did so before.
        Returns when that is, by the clock that never steps.

        Raises BudgetSpent when none may go out any more, or not within the operator's time.
        """
        async with self._turn:
            if self._wrong:
                raise WrongApp(self._wrong)
            if self._allowed is not None and self.sent >= self._allowed:
                self._allowed += self._more() if self._more else 0
                if self.sent >= self._allowed:
                    raise BudgetSpent(f"{LIMIT} requests (--requests) is spent")
            now = max(time.monotonic(), earliest)
            while (wait := max(0.0, self._pace.wait(now))) or self._left() <= 0:
                if wait >= self._left():
                    raise BudgetSpent(f"{LIMIT} time (--time) is spent")
                await asyncio.sleep(wait)
                now = max(time.monotonic(), now + wait)
            self.sent += 1
            self._pace.took(now)
            return now

    def _left(self) -> float:
        """Seconds until the operator's limit of time."""
        limit = self.target.seconds
        return math.inf if limit is None else self._started + limit - time.monotonic()

    def _resolved(self, request: Request) -> list[Header]:
        """The headers as they go out, the key in its place."""
        # Blanks at the ends are no part of a header's value; cutting a short key may leave some.
        values = (resolve(value, self.target.key).strip(" \t") for _, value in request.headers)
        return [
            (name.encode("ascii"), value.encode("latin-1", "replace"))
            for (name, _), value in zip(request.headers, values, strict=True)
        ]

    def _presented(self, request: Request) -> list[str]:
        """The credentials of a request, and that none was sent."""
        scheme, header = self._contract.credential.scheme, self._contract.credential.header
        return [
            *(
                resolve(value, self.target.key).removeprefix(scheme).strip()
                for name, value in request.headers
                if name == header
            ),
            "",
        ]
