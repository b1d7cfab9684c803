"""What a fuzz keeps of what it sends: enough for every verdict, and no more for more requests.

The judge reads the same journal as after a run, of which a fuzz writes a part: the first exchanges
that show a side of a promise, and whatever may show one broken. All others are counted.
"""

from __future__ import annotations

import math
import re
from collections import Counter, OrderedDict
from collections.abc import Collection
from typing import Any

from conformance.exchanges import Exchange
from conformance.journal import ENDED, Journal
from conformance.observe import Observation, observe, taken
from conformance.outcome import outcome
from conformance.profile import PROFILE, customer_of, made, member_of
from spec.contract import Contract
from strategies.cases import Case, named

KEPT = 2  # exchanges kept of each side of a promise
FOLLOWED = 3  # failures followed up of one promise and one cause
MOST = 20  # of one promise, whatever the cause
RECENT = 256  # accepted exchanges remembered, to find two that share what they must not
SOME = 400  # accepted exchanges whose members are looked at one by one
STEP = 1.1  # ratio of one step of latency to the one before
BEAT = 1.0  # seconds between two notes of how far a batch is
SHARING = ("identity.profile_id", None)

Symptom = tuple[str, str | None]
"""A requirement that seems broken, and for which cause."""


class Sieve:
    """The journal of a fuzzing client: what was noted as a case is kept, the rest is to be sifted.

    `exercised` are the requirements that any exchange touched.
    """

    def __init__(
        self, contract: Contract, journal: Journal, started: float, worker: str = "",
        left_out: Collection[str] = (),
    ) -> None:  # fmt: skip
        """`started` is when the fuzz began, in seconds since the epoch; `left_out` are requirements
        of which nothing is to be told while it goes on."""
        self.contract = contract
        self.journal = journal
        self.exercised: set[str] = set()
        self.cases: Counter[str] = Counter()  # exchanges that touched each requirement
        self._shown: Counter[tuple[str, str]] = Counter()
        self._followed: Counter[Symptom] = Counter()
        self._of_one: Counter[str] = Counter()
        self._recent: OrderedDict[str, tuple[Case, str, Exchange]] = OrderedDict()
        self._looked_at = 0
        self._started = started
        self._clock = 0.0
        self._told = started
        self.worker = worker
        self.left_out = left_out
        self.sent = 0
        self.sifted = Traffic()
        self.silent = 0  # requests in a row without an answer
        self.lost = 0  # controls in a row that were not accepted any more
        self.found: dict[str, str] = {}  # the first case that shows a requirement broken

    def sending(self, exchange: str, cases: Collection[str], customer: str, at: float) -> None:
        """Note that a request goes out now."""
        self.journal.sending(exchange, cases, customer, at)

    def exchange(self, exchange: Exchange) -> None:
        """Keep what is no part of the search, but of following something up."""
        self.sent += 1
        if exchange.role != "probe" or any(case in self.journal.cases for case in exchange.cases):
            self.journal.exchange(exchange)

    def look(self, case: Case, control: Any, exchange: Exchange, *, proves: bool) -> list[Symptom]:
        """Keep or count an exchange of the search, unless it is to be followed up: then what for.

        `proves` says that what it was sent beside is a control which the target accepts.

        What is to be followed up is not yet kept: `keep` does that once its control is fresh, and
        `forget` says that it was not.
        """
        observed = observe(self.contract, exchange, case.expect)
        self.exercised.update(each.requirement for each in observed)
        self.exercised.update(case.requirements)
        self.cases.update({each.requirement for each in observed} | {*case.requirements})
        if exchange.received - self._told >= BEAT:
            self._told = exchange.received
            self.journal.tell("beat", at=exchange.received, **self.progress())
        self.silent = self.silent + 1 if is_silent(exchange) else 0
        found = self._symptoms(case, exchange, observed)
        self._followed.update(found)
        if found:
            fresh = [each for each in found if self._may_follow(each)]
            if not fresh:
                self.count(case, exchange)
            return fresh
        earlier = self._shares_with(case, exchange)
        if earlier is not None and self._followed[SHARING] < FOLLOWED:
            self._followed[SHARING] += 1
            self.keep(*earlier, control)
            self.keep(case, exchange, control)
        elif self._is_news(case, exchange, observed, proves):
            self.keep(case, exchange, control)
        else:
            self.count(case, exchange)
        return []

    def _may_follow(self, symptom: Symptom) -> bool:
        self._of_one[symptom[0]] += (first := self._followed[symptom] <= FOLLOWED)
        return first and self._of_one[symptom[0]] <= MOST

    def forget(self, symptoms: list[Symptom], case: Case, exchange: Exchange) -> None:
        """Count an exchange whose control was not accepted any more: it shows nothing."""
        self._followed.subtract(symptoms)
        self._of_one.subtract(key for key, _ in symptoms)
        self.count(case, exchange)

    def count(self, case: Case, exchange: Exchange) -> None:
        """Count an exchange, unless it was kept as it came; what it may have made is noted."""
        if case.id not in self.journal.cases:
            self.sifted.add(exchange)
            told: dict[str, Any] = {}
            if is_made := made(exchange):
                customer = customer_of(exchange.request.headers)
                profile = member_of(exchange.response, PROFILE) if exchange.accepted else None
                told = {"customer": customer, "profile": profile, "at": exchange.sent}
                told |= {"made": is_made}
            self.journal.tell(ENDED, id=exchange.id, **told)

    def progress(self) -> dict[str, Any]:
        """How far this process is, as its notes tell it."""
        return {
            "worker": self.worker,
            "sent": self.sent,
            "exercised": len(self.exercised),
        }

    def keep(self, case: Case, exchange: Exchange, control: Any) -> None:
        """Write an exchange of the search to the journal, once, with its case."""
        if case.id not in self.journal.cases:
            self.journal.planned(case, control)
            self.journal.exchange(exchange)

    def _symptoms(
        self, case: Case, exchange: Exchange, observed: list[Observation]
    ) -> list[Symptom]:
        """What an exchange may show broken, by requirement and cause."""
        about = next(iter(case.requirements), "")
        found: list[Symptom] = [
            (each.requirement, about if each.requirement in ANYTHING else None)
            for each in observed
            if not each.ok
        ]
        judged = outcome(self.contract, case.expect, exchange, control=True)
        if judged.result == "broken":
            found.append((about, f"case {judged.cause} {_gist(case, exchange)}"))
        if is_silent(exchange):
            found.append((f"robustness {exchange.trouble}", about))
        return found

    def _is_news(
        self, case: Case, exchange: Exchange, observed: list[Observation], proves: bool
    ) -> bool:
        """Whether an exchange shows what few have shown before, or comes much later than others."""
        shown = {(each.requirement, "observe") for each in observed if each.ok}
        if exchange.status is not None and proves:
            side = "accept" if case.expect == "accept" else "refuse"
            shown |= {(key, side) for key in case.requirements}
        if case.choice is not None and exchange.status is not None:
            shown.add((case.choice, named(case.id)))
        if exchange.accepted and case.expect == "accept":
            if self._looked_at < SOME:
                self._looked_at += 1
                shown |= {(key, "accept") for key in taken(self.contract, exchange)}
            if exchange.received - self._started > self._clock:  # clocks need time to be told
                self._clock = 2 * (exchange.received - self._started)
                return True
        news = any(self._shown[each] < KEPT for each in shown)
        if news:
            self._shown.update(shown)
        return news

    def _shares_with(self, case: Case, exchange: Exchange) -> tuple[Case, Exchange] | None:
        """An earlier exchange that was given the same profile id for another customer."""
        header, profile = self.contract.header("customer"), self.contract.header("profile")
        customer = exchange.request.header(header.name) if header else None
        named = profile is not None and exchange.request.header(profile.name) is not None
        if not exchange.accepted or not customer or named or exchange.response is None:
            return None
        key = member_of(exchange.response, PROFILE)
        if key is None or case.expect != "accept":
            return None
        key = key.lower()
        case_before, owner, before = self._recent.get(key, (case, customer, exchange))
        self._recent[key] = (case, customer, exchange)
        if len(self._recent) > RECENT:
            self._recent.popitem(last=False)
        return None if owner == customer else (case_before, before)


ANYTHING = ("robustness.server_error", "secrecy.credential")  # what any input may bring about


def is_silent(exchange: Exchange) -> bool:
    """Whether no whole answer came, which is neither our doing nor the target's way to throttle."""
    return exchange.status is None and exchange.trouble not in ("ours", "throttled")


def _gist(case: Case, exchange: Exchange) -> str:
    """What a refusal says, without what differs from one request to the next: a generated payload
    may be refused for many reasons."""
    if case.expect != "accept" or exchange.response is None:
        return ""
    text = exchange.response.body.decode("utf-8", "replace").replace(exchange.customer, "")
    return re.sub(r"[0-9]+|'[^']*'|“[^”]*”", "", text)[:300]


class Traffic:
    """How exchanges ended, and how long that took, for any number of them.

    `latency` counts answers by the power of STEP that their milliseconds come nearest to.
    """

    def __init__(self) -> None:
        self.statuses: Counter[str] = Counter()
        self.latency: Counter[int] = Counter()

    def add(self, exchange: Exchange) -> None:
        """Count an exchange that is not kept."""
        ended = exchange.status if exchange.status is not None else exchange.trouble
        self.statuses[str(ended)] += 1
        if exchange.status is not None:
            took = max(0.01, (exchange.received - exchange.sent) * 1000)
            self.latency[round(math.log(took, STEP))] += 1

    def told(self) -> dict[str, Any]:
        """As a note of the journal has it."""
        return {
            "statuses": dict(self.statuses),
            "latency": {str(step): count for step, count in sorted(self.latency.items())},
        }
