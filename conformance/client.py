"""The client: the only sender. It sends the documented method and nothing else."""

from __future__ import annotations

import asyncio
import math
import statistics
import time
from collections import deque
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count

import httpx

from conformance.exchanges import Exchange, Received, Role, Sent, Trouble
from conformance.journal import Journal
from conformance.receiving import Unreadable, headers_of, read, throttled_for
from conformance.secrets import Redactor, resolve
from spec.contract import Contract
from strategies.cases import Request

_IDLE = 0.03  # seconds after which an unused connection counts as idle
_LOST = 5  # times that a request is sent again because its connection had been idle
HANGS = 12  # answers that did not come in time, after which less time is given
_SHORTEST = 0.5  # seconds that are always given
_PATIENCE = 5  # tries at a request that is throttled


class BudgetSpent(Exception):
    """The operator's limit of requests or time is reached; nothing more is sent."""


class Refused(Exception):
    """Something asked for a request that this suite must never send."""


@dataclass(frozen=True)
class Target:
    """Where to send (`url` is the operation's) and how; `rate` in requests a second, 0: none."""

    url: str
    key: str = field(repr=False)
    timeout: float = 5.0
    concurrency: int = 12
    rate: float = 0.0
    requests: int | None = None
    seconds: float | None = None


def operation_url(base: str, contract: Contract) -> str:
    """The operation's URL under `base`, which may already end in the operation's path."""
    trimmed = base.rstrip("/")
    if trimmed.endswith(contract.path.rstrip("/")):
        return trimmed.removesuffix(contract.path.rstrip("/")) + contract.path
    return trimmed + contract.path


class Client:
    """Sends requests of one contract to one target and journals every exchange.

    Use as `async with client.opened():` around `send`. Redirects are not followed, proxies and
    certificates come from no environment variable, and a response is read within `timeout` seconds
    in all and up to BODY_LIMIT bytes.
    """

    def __init__(
        self,
        target: Target,
        contract: Contract,
        journal: Journal,
        name: str = "",
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """`name` is what its exchange ids start with; `transport` stands in for the network."""
        self.target = target
        self.sent = 0
        self._contract = contract
        self._journal = journal
        self._transport = transport
        self._redactor = Redactor(target.key, contract.credential.scheme)
        self._ids = (f"{name}{number}" for number in count(1))
        self._started = time.monotonic()
        self._next_turn = 0.0
        self._http: httpx.AsyncClient | None = None
        self._gate = asyncio.Semaphore(target.concurrency)
        self._late = 0
        self._before: dict[httpx.AsyncClient, str] = {}  # the last exchange of each connection
        self._latencies: deque[float] = deque(maxlen=50)

    def _new(self, connections: int) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            headers={"User-Agent": "adapty-conformance", "Accept-Encoding": "gzip, deflate"},
            limits=httpx.Limits(max_connections=connections, keepalive_expiry=2.0),
            timeout=None,
            trust_env=False,
            transport=self._transport,
            follow_redirects=False,
        )

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[Client]:
        """Connections for the sends inside the block; closed after it."""
        self._gate = asyncio.Semaphore(self.target.concurrency)
        async with self._new(self.target.concurrency) as self._http:
            yield self
        self._http = None

    @asynccontextmanager
    async def one_connection(self) -> AsyncIterator[httpx.AsyncClient]:
        """A separate client with a single connection, to be given to `send`."""
        async with self._new(1) as http:
            try:
                yield http
            finally:
                self._before.pop(http, None)

    def pace(self, latency: float) -> None:
        """Keep so few requests under way that a target which serves them one by one, each in
        `latency` seconds, answers well within the timeout. For use when none is under way."""
        most = int(self.target.timeout / (4 * max(latency, 0.001)))
        self._gate = asyncio.Semaphore(max(1, min(self.target.concurrency, most)))

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
        over: httpx.AsyncClient | None = None,
        method: str | None = None,
    ) -> Exchange:
        """Send one request and return its exchange, journalled.

        Waits while the target throttles (429, or 503 with Retry-After); sends again what was lost
        because the target had just closed an idle connection, as it may. Raises BudgetSpent when
        the operator's limits leave no request, and Refused for any method but the contract's.
        """
        if (method or self._contract.method) != self._contract.method:
            raise Refused(f"only {self._contract.method} may be sent, not {method}")
        async with self._gate:
            throttled = lost = 0
            while True:
                await self._take_turn()
                events: dict[str, float] = {}
                sent_at, patience = time.time(), self._patience()
                response, trouble, detail = await self._exchange(
                    request, over or self._http, events, patience
                )
                received_at = time.time()
                self._late += trouble == "timeout"
                if trouble is None:
                    self._latencies.append(received_at - sent_at)
                if trouble == "connection" and lost < _LOST and was_idle(events):
                    lost += 1
                    continue
                wait = throttled_for(response, throttled)
                if wait is None or trouble is not None:
                    break
                trouble, throttled = "throttled", throttled + 1
                if throttled == _PATIENCE:
                    break
                await asyncio.sleep(min(wait, self._left()))
        exchange = Exchange(
            id=next(self._ids), phase=phase, role=role, cases=cases,
            request=Sent(self._contract.method, self.target.url, request.headers, request.body),
            response=self._redacted(response), trouble=trouble, sent=sent_at, received=received_at,
            control=control, customer=customer,
            quotes_credential=response is not None and self._quotes(request, response),
            detail=self._redactor.redact_text(detail),
            follows=self._before.get(over) if over else None,
        )  # fmt: skip
        if over is not None:
            self._before[over] = exchange.id
        self._journal.exchange(exchange)
        return exchange

    async def _take_turn(self) -> None:
        target = self.target
        if target.requests is not None and self.sent >= target.requests:
            raise BudgetSpent("the limit of requests (--requests) is spent")
        now = time.monotonic()
        turn = max(now, self._next_turn)
        if turn - now >= self._left():
            raise BudgetSpent("the limit of time (--time) is spent")
        self.sent += 1
        if target.rate:
            self._next_turn = turn + 1 / target.rate
            await asyncio.sleep(turn - now)

    def _left(self) -> float:
        """Seconds until the operator's limit of time."""
        limit = self.target.seconds
        return math.inf if limit is None else self._started + limit - time.monotonic()

    async def _exchange(
        self,
        request: Request,
        http: httpx.AsyncClient | None,
        events: dict[str, float],
        patience: float,
    ) -> tuple[Received | None, Trouble | None, str]:
        assert http is not None, "send outside of `opened`"
        # Blanks at the ends are no part of a header's value; cutting a short key may leave some.
        values = (resolve(value, self.target.key).strip(" \t") for _, value in request.headers)
        headers = [
            (name.encode("ascii"), value.encode("latin-1", "replace"))
            for (name, _), value in zip(request.headers, values, strict=True)
        ]
        received: Received | None = None

        async def trace(event: str, _: object) -> None:
            events[event] = time.monotonic()

        try:
            outgoing = http.build_request(
                self._contract.method, self.target.url, headers=headers, content=request.body,
                extensions={"trace": trace},
            )  # fmt: skip
            async with asyncio.timeout(patience):
                response = await http.send(outgoing, stream=True)
                try:
                    received = Received(
                        response.status_code, response.reason_phrase, headers_of(response), b""
                    )
                    body, cut = await read(response)
                    received = Received(
                        received.status, received.reason, received.headers, body, cut
                    )
                finally:
                    await response.aclose()
        except TimeoutError:
            return received, "timeout", f"no whole answer within {patience:.2g} s"
        except Unreadable as error:
            return received, "unreadable", str(error)
        except (httpx.LocalProtocolError, httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
            return None, "ours", str(error)
        except (httpx.TransportError, OSError) as error:
            words = str(error) or type(error).__name__
            return received, "connection" if received is None else "incomplete", words
        return received, None, ""

    def _redacted(self, response: Received | None) -> Received | None:
        if response is None:
            return None
        redact = self._redactor
        headers = tuple((redact.redact_text(n), redact.redact_text(v)) for n, v in response.headers)
        return Received(
            response.status, redact.redact_text(response.reason), headers,
            redact.redact(response.body), response.truncated,
        )  # fmt: skip

    def _quotes(self, request: Request, response: Received) -> bool:
        scheme = self._contract.credential.scheme
        header = self._contract.credential.header
        everything = b"\n".join(
            [
                response.body,
                response.reason.encode(),
                *(f"{n}: {v}".encode("utf-8", "replace") for n, v in response.headers),
            ]
        )
        for name, value in request.headers:
            if name == header:
                presented = resolve(value, self.target.key).removeprefix(scheme).strip()
                if self._redactor.quoted(presented, everything):
                    return True
        return self._redactor.quoted("", everything)


def was_idle(events: Mapping[str, float]) -> bool:
    """Whether a request went out on a connection that had been used before, or that had been open
    for a while: this process may be slow, and targets close connections on which nothing comes."""
    used = {event.partition(".")[0] for event in events}
    if "connection" not in used:
        return "http11" in used
    gone_out = [at for event, at in events.items() if event.startswith("http11.send_request_")]
    opened = max(at for event, at in events.items() if event.startswith("connection."))
    return max(gone_out, default=0.0) - opened > _IDLE
