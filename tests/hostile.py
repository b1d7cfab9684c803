"""Hostile and broken servers: each with what a fair judge may say of it."""

from __future__ import annotations

import datetime
import itertools
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import httpx
import trustme
from starlette.types import Receive, Scope, Send

from mock_server.app import create_app
from tests import hostile_answers as answers
from tests.hostile_answers import Way
from tests.measuring import Ended
from tests.support import CONTRACT, KEY, failing, mock, raw_server, verdicts
from tests.tls import pem, serving_with

AFTER = 20  # requests that are answered rightly, where a server is not hostile from the first on
MEGABYTES = 400.0
DOWN = 2.0  # seconds that a server is away before it comes back
MORE = 10.0  # seconds beyond the limit of time, for the start and the reports

Opened = AbstractContextManager[tuple[str, tuple[str, ...]]]
"""Yields a server's URL and the options that a run against it needs."""

DROPS = ("robustness.connection",)
HANGS = ("robustness.hang",)
BODIES = ("response.200.json", "response.401.json", "rejection.json")
REFUSALS = ("request.*", "auth.*", "response.status", "rejection.status")


@dataclass(frozen=True)
class Server:
    """A server and what may come of a run against it.

    `opened` is given how many requests are to be answered rightly first, and a folder. `may` are
    the promises of which a fair judge may say that it breaks them, as globs, `must` those of which
    he must say so where it is hostile from the first request on. `hopeless` says that nothing can
    be tested then, `conformant` that it keeps every promise, `bulky` that no answer is read whole.
    `late` says that it can be right at first; `seconds` limit the run.
    """

    opened: Callable[[int, Path], Opened]
    may: tuple[str, ...] = ()
    must: tuple[str, ...] = ()
    hopeless: bool = False
    conformant: bool = False
    bulky: bool = False
    late: bool = True
    seconds: int = 20


def complaints(server: Server, right_first: int, ended: Ended, seconds: float) -> list[str]:
    """What is wrong with how a run of at most so many seconds against a server ended, a sentence
    each."""
    broken, found = failing(ended.content), set(verdicts(ended.content).values())
    unfair = {each for each in broken if not any(fnmatchcase(each, may) for may in server.may)}
    missed = set() if right_first else set(server.must) - broken
    expected = (
        1 if broken else 3 if ended.content["run"]["stopped"] or "inconclusive" in found else 0
    )
    told = {
        f"it took {ended.seconds:.1f} s": ended.seconds > seconds + MORE,
        f"it took {ended.megabytes:.0f} MB": ended.megabytes > MEGABYTES,
        f"the report has no {', '.join(ended.missing)}": bool(ended.missing),
        f"it exits with {ended.code}, not {expected}": ended.code != expected,
        f"it says that {', '.join(sorted(unfair))} is broken": bool(unfair),
        f"it does not say that {', '.join(sorted(missed))} is broken": bool(missed),
        "what nobody read passes": server.bulky
        and not right_first
        and "pass" in {verdicts(ended.content)[key] for key in BODIES},
        "it tested something": server.hopeless and not right_first and found != {"untested"},
        "it is not said to be conformant": server.conformant and ended.code != 0,
    }
    return [sentence for sentence, wrong in told.items() if wrong]


def answering(way: Way, **told: Any) -> Server:
    """A server that answers as the mock does, in this way."""

    @contextmanager
    def opened(right_first: int, _: Path) -> Iterator[tuple[str, tuple[str, ...]]]:
        with mock() as url:
            turns = itertools.chain(itertools.repeat(False, right_first), itertools.repeat(True))
            with raw_server(answers.relayed(_address(url), way, turns)) as own:
                yield own, ()

    return Server(opened, **told)


def _address(url: str) -> tuple[str, int]:
    told = httpx.URL(url)
    assert told.port is not None
    return told.host, told.port


@contextmanager
def redirecting_elsewhere(
    right_first: int, folder: Path
) -> Iterator[tuple[str, tuple[str, ...]]]:  # fmt: skip
    """Redirects to another server, which nobody may ever reach."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        other.setblocking(False)
        location = f"http://127.0.0.1:{other.getsockname()[1]}{CONTRACT.path}"
        with answering(answers.redirects(location)).opened(right_first, folder) as told:
            yield told
        try:
            other.accept()
        except BlockingIOError:
            return
        raise AssertionError("the redirect was followed")


@contextmanager
def restarting(right_first: int, _: Path) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Rightly, but once all connections end, and for 2 seconds none is taken."""
    with mock() as url, ExitStack() as stack:
        relay = answers.relayed(_address(url), answers.rightly, itertools.repeat(False))
        fuse, fell, held = itertools.count(1), threading.Event(), set[socket.socket]()

        def answer(connection: socket.socket, request: bytes) -> object:
            held.add(connection)
            if next(fuse) == right_first + 1:
                fell.set()
            return connection.recv(1) if fell.is_set() and held else relay(connection, request)

        first = ExitStack()
        own = first.enter_context(raw_server(answer))

        def fall_and_rise() -> None:
            fell.wait()
            first.close()
            for each in list(held):
                with suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)
            time.sleep(DOWN)
            held.clear()
            stack.enter_context(raw_server(answer, port=_address(own)[1]))

        mind = threading.Thread(target=fall_and_rise, daemon=True)
        mind.start()
        yield own, ()
        assert fell.is_set(), "it was asked too little to fall"
        mind.join()


@contextmanager
def at_ipv6(_: int, __: Path) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Rightly, at ::1."""
    with mock() as url:
        relay = answers.relayed(_address(url), answers.rightly, itertools.repeat(False))
        with raw_server(relay, host="::1") as own:
            yield own, ()


@contextmanager
def nameless(_: int, __: Path) -> Iterator[tuple[str, tuple[str, ...]]]:
    """At a name that no server has."""
    yield "http://adapty.invalid", ()


def over_tls(kind: str) -> Server:
    """A server whose certificate nobody may trust: nothing may ever be sent to it."""

    @contextmanager
    def opened(_: int, folder: Path) -> Iterator[tuple[str, tuple[str, ...]]]:
        asked: list[Scope] = []
        app = create_app(CONTRACT, key=KEY)

        async def counting(scope: Scope, receive: Receive, send: Send) -> None:
            asked.append(scope)
            await app(scope, receive, send)

        options, certificate = _certificate(kind, folder)
        with serving_with(counting, certificate) as url:
            yield url, options
        assert not asked, "a request was sent"

    return Server(opened, hopeless=True, late=False)


def _certificate(kind: str, folder: Path) -> tuple[tuple[str, ...], Path]:
    """Options that trust the authority of a certificate, where it has one, and its file."""
    authority = trustme.CA()
    path = folder / "server.pem"
    if kind == "self-signed":
        path.write_bytes(authority.private_key_pem.bytes() + authority.cert_pem.bytes())
        return (), path
    past = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=1)
    host, until = ("127.0.0.1", past) if kind == "expired" else ("other.example.com", None)
    made = authority.issue_cert(host, not_after=until)
    made.private_key_and_cert_chain_pem.write_to_path(str(path))
    return ("--ca", pem(authority, folder)), path


SERVERS: dict[str, Server] = {
    "accepts and never answers": answering(answers.silent, may=HANGS, hopeless=True),
    "drips a byte a second": answering(answers.drips, may=HANGS, hopeless=True),
    "100 Continue without end": answering(answers.hints_only, may=HANGS, hopeless=True),
    "endless chunked body": answering(answers.endless, bulky=True),
    "a body of 1 GB": answering(answers.gigabyte, bulky=True),
    "gzip bomb": answering(answers.gzip_bomb, bulky=True),
    "deflate bomb": answering(answers.deflate_bomb, bulky=True),
    "Brotli, which was not asked for": answering(answers.brotli_bomb, may=BODIES, must=BODIES),
    "100,000 headers": answering(answers.many_headers, may=DROPS, hopeless=True),
    "a header of 10 MB": answering(answers.long_header, may=DROPS, hopeless=True),
    "malformed status line": answering(answers.no_status, may=DROPS, hopeless=True),
    "truncated chunk": answering(answers.cut_chunk, may=DROPS, hopeless=True),
    "HTTP/1.0": answering(answers.http_1_0, conformant=True, late=False),
    "Content-Length too short": answering(answers.too_short, may=BODIES, must=BODIES),
    "Content-Length too long": answering(answers.too_long, may=DROPS, hopeless=True),
    "two answers to each request": answering(answers.twice, conformant=True, late=False),
    "reset before the response": answering(answers.reset_before, may=DROPS, hopeless=True),
    "reset within the response": answering(answers.reset_within, may=DROPS, hopeless=True),
    "reset after the response": answering(answers.reset_after, conformant=True, late=False),
    "redirect to itself": answering(
        answers.redirects(CONTRACT.path), may=REFUSALS, must=("response.status",)
    ),
    "redirect to another server": Server(
        redirecting_elsewhere, may=REFUSALS, must=("response.status",)
    ),
    "throttles for years": answering(answers.throttled, seconds=4),
    "100 Continue and 103 Early Hints": answering(answers.hints_first, conformant=True, late=False),
    "JSON of 100,000 nested arrays": answering(
        answers.with_member(b"deep", b"[" * 100_000 + b"]" * 100_000), bulky=True
    ),
    "a number of 400,000 digits": answering(
        answers.with_member(b"long", b"9" * 400_000), conformant=True, late=False
    ),
    "a number of a million digits": answering(
        answers.with_member(b"long", b"9" * 10**6), bulky=True
    ),
    "a revenue of 400,000 digits": answering(
        answers.with_revenue(b"9" * 400_000), conformant=True, late=False
    ),
    "a member name of 400,000 letters": answering(
        answers.with_member(b"k" * 400_000, b"1"), conformant=True, late=False
    ),
    "a member name of 10 MB": answering(answers.with_member(b"k" * 10**7, b"1"), bulky=True),
    "invalid UTF-8": answering(
        answers.with_member(b"text", b'"\xff\xed\xa0\x80"'), may=BODIES, must=BODIES
    ),
    "lone surrogates": answering(
        answers.with_member(b"\\ud800", b'"\\udfff"'), conformant=True, late=False
    ),
    "an expired certificate": over_tls("expired"),
    "a self-signed certificate": over_tls("self-signed"),
    "a certificate for another host": over_tls("another host"),
    "a name that does not resolve": Server(nameless, hopeless=True, late=False),
    "IPv6": Server(at_ipv6, conformant=True, late=False),
    "dies and comes back": Server(restarting, may=DROPS),
}
