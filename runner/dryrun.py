"""`--dry-run`: what a run would send, found out by running it against the embedded mock."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console
from rich.text import Text

from conformance.client import LIMIT
from conformance.exchanges import Exchange
from conformance.journal import Record
from conformance.profile import PROFILE, customer_of, member_of
from mock_server.profiles import app_id
from mock_server.store import SEEDED_CUSTOMER
from reports.proof import words_of
from reports.text import duration, one_line, plural, short
from runner.folder import recorded
from runner.launch import INTERRUPTED, SUITE_FAILED, send_all
from runner.progress import Reporter
from runner.settings import Settings
from spec.loader import load

_ENDS = {"accept": "taken", "refuse": "refused", "unauthorized": "401", "open": "either"}


def dry_run(settings: Settings) -> int:
    """List every request that a run would send to a target which keeps the contract, and how many
    profiles it would create; nothing is sent to the target. Returns an exit code."""
    contract = load(Path(settings.spec) if settings.spec else None)
    with tempfile.TemporaryDirectory() as folder:
        here = replace(
            settings, target=None, report_dir=str(Path(folder) / "dry"), rate="", time="",
            workers=0, known=None, fail_fast=False, proxy=None, proxy_auth_env=None, ca=None,
            client_cert=None, client_key=None, timeout=Settings.timeout,
            expect_app_id=settings.expect_app_id and app_id(contract),
        )  # fmt: skip
        reporter = Reporter(Console(quiet=True))
        code, complaints = send_all(here, reporter)
        if code == INTERRUPTED or (
            reporter.content is None and code == pytest.ExitCode.INTERRUPTED
        ):
            return INTERRUPTED
        stopped = reporter.content["run"]["stopped"] if reporter.content else complaints.strip()
        if stopped and not stopped.startswith(LIMIT):  # of --requests, for there is no other here
            print(f"adapty-conformance: the suite itself failed: {stopped}", file=sys.stderr)
            return SUITE_FAILED
        record = recorded(Path(here.report_dir))
    _tell(settings, record)
    return 0


def _tell(settings: Settings, record: Record) -> None:
    console = Console(highlight=False, soft_wrap=True)
    sent = sorted(record.exchanges, key=lambda each: each.sent)
    for number, each in enumerate(sent, 1):
        words = short(words_of(each, record), 150)
        line = f"{number:>4}  {each.phase:<13}  {_end(each, record):<8}  {one_line(words)}"
        console.print(Text(line))
    console.print()
    for sentence in _sentences(settings, sent):
        console.print(Text(sentence))


def _end(exchange: Exchange, record: Record) -> str:
    """How the request ought to end."""
    case = record.cases.get(exchange.cases[0]) if exchange.cases else None
    return _ENDS[case.expect] if case else _ENDS["accept"]


def _sentences(settings: Settings, sent: Sequence[Exchange]) -> list[str]:
    seeded = {settings.seeded_customer or SEEDED_CUSTOMER}
    made = {
        (customer_of(each.request.headers), member_of(each.response, PROFILE))
        for each in sent
        if each.accepted
    }
    profiles = {profile for customer, profile in made if customer not in seeded}
    named = {customer for customer, _ in made if customer} - seeded
    odd = sorted(each for each in named if not each.startswith(settings.customer_prefix))
    where = settings.target or "the embedded mock"
    found = [
        f"{plural(len(sent), 'request')} to {where}, if it keeps every promise; where it breaks "
        "one, more: a failure is asked for again, and made small.",
        f"They would create {plural(len(profiles), 'profile')}, for customers that begin with "
        f"{settings.customer_prefix} and the run's id"
        + (f", but {', '.join(one_line(each) for each in odd)}." if odd else "."),
    ]
    if settings.per_second:
        seconds = duration(len(sent) / settings.per_second)
        found.append(f"At {settings.per_second:g} requests a second that takes {seconds}.")
    if settings.requests and len(sent) >= settings.requests:
        found.append(f"The limit of {settings.requests} requests (--requests) cuts the run short.")
    return [*found, "Nothing was sent."]
