"""The judge: from a contract and what was exchanged to a verdict for every requirement. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from conformance.choices import choices_of
from conformance.evidence import Evidence
from conformance.exchanges import CaseRecord, Exchange, expectation
from conformance.folding import fold
from conformance.journal import Record
from conformance.observe import Observation, holds_a_profile, observe, taken, unread
from conformance.outcome import KEPT, Outcome, outcome
from conformance.telling import CONTROL, REFUSED, failures_of
from conformance.together import shown_together
from conformance.untested import why_untested
from conformance.verdicts import Failure, Judgement, Sample, Verdict, VerdictName
from spec.contract import Contract
from spec.requirements import Requirement, Side
from strategies.cases import Expect

SAMPLES = 2  # exchanges told of what only several show together; the journal has all
KEPT_SAMPLES = 3  # exchanges told of each side of what is kept


def judge(
    contract: Contract, record: Record, left_out: Mapping[str, str] | None = None
) -> Judgement:
    """Judge every exchange against every requirement it touches.

    `left_out` maps requirements that were deselected to the reason to be shown.
    """
    ledger = _Ledger(contract, record)
    ledger.observe_all()
    ledger.judge_cases()
    ledger.judge_together()
    verdicts = {
        key: ledger.verdict(each, (left_out or {}).get(key))
        for key, each in contract.requirements.items()
    }
    return Judgement(verdicts, choices_of(contract, record))


def judge_case(contract: Contract, record: Record, case: str) -> tuple[list[Failure], str | None]:
    """What the exchanges of one case show: failures, else the reason why nothing can be said.

    A case that the contract leaves open fails by a crash, a hang or a dropped connection.
    """
    ledger = _Ledger(contract, record)
    ledger.judge_cases()
    found = [failure for failures in ledger.failures.values() for failure in failures]
    reasons = [reason for reasons in ledger.unknown.values() for reason in reasons]
    known = record.cases.get(case)
    if known is not None and known.expect == "open":
        found += ledger.crashes(case)
    if not found and not any(case in exchange.cases for exchange in record.exchanges):
        reasons.append("it was not sent")
    return found[:1], reasons[0] if reasons else None


class _Ledger:
    """What has been shown so far, by requirement."""

    def __init__(self, contract: Contract, record: Record) -> None:
        self.contract = contract
        self.record = record
        self.failures: dict[str, list[Failure]] = defaultdict(list)
        self.broken: dict[str, list[tuple[Exchange, Observation]]] = defaultdict(list)
        self.shown: dict[str, dict[Side, list[Exchange]]] = defaultdict(lambda: defaultdict(list))
        self.cases: dict[str, set[str]] = defaultdict(set)
        self.unknown: dict[str, Counter[str]] = defaultdict(Counter)
        self.unread: dict[str, str] = {}  # why, by what the ids of a message's promises begin with
        self.by_id = {exchange.id: exchange for exchange in record.exchanges}
        self.statuses = {exchange.status or 0 for exchange in record.exchanges}
        self.sent: dict[str, list[Exchange]] = defaultdict(list)
        for exchange in record.exchanges:
            for case in exchange.cases or (CONTROL,):
                self.sent[case].append(exchange)

    def expectation(self, exchange: Exchange) -> Expect:
        """What the contract says of the request of an exchange."""
        return expectation(exchange, self.record.cases)

    def observe_all(self) -> None:
        """Judge the response of every exchange, whatever it was sent for."""
        touched: Counter[str] = Counter()
        for exchange in self.record.exchanges:
            expect = self.expectation(exchange)
            observed = observe(self.contract, exchange, expect)
            missing = unread(self.contract, exchange, expect, {e.requirement for e in observed})
            if missing is not None:
                self.unread[missing[0].removesuffix("json")] = missing[1]
                self.unknown[missing[0]][missing[1]] += 1
            for each in observed:
                touched[each.requirement] += 1
                self.cases[each.requirement].update(exchange.cases or (CONTROL,))
                if each.ok:
                    self._show(each.requirement, "observe", exchange)
                    self._show(each.requirement, "accept", exchange)
                else:
                    self.broken[each.requirement].append((exchange, each))
            if expect == "accept" and exchange.accepted:
                for key in taken(self.contract, exchange):
                    self._show(key, "accept", exchange)
                    self.cases[key].update(exchange.cases or (CONTROL,))
        self._errors_under_success()
        for key, found in self.broken.items():
            self.failures[key] += failures_of(
                self.contract.requirements[key], found, touched[key], self.sent
            )

    def _show(self, key: str, side: Side, *exchanges: Exchange, own: bool = False) -> None:
        """Note that a side of a requirement is kept; what was sent for it stands first."""
        shown = self.shown[key][side]
        if own or len(shown) < KEPT_SAMPLES:
            found = [*exchanges, *shown] if own else [*shown, *exchanges]
            shown[:] = list({each.id: each for each in found}.values())[:KEPT_SAMPLES]

    def _errors_under_success(self) -> None:
        """Hold a success status that only what is to be refused gets, with no profile in its body,
        against the status of refusals."""
        base, key = f"response.{self.contract.success}", "rejection.status"
        told: dict[str, Exchange] = {}
        for name, found in self.broken.items():
            each = self.contract.requirements[name]
            top = each.subject == base and len(each.location) <= (each.keyword == "required")
            if top or name in (f"{base}.json", f"{base}.media_type"):
                expected = {exchange.id: self.expectation(exchange) for exchange, _ in found}
                if "accept" not in expected.values():
                    told |= {
                        e.id: e for e, _ in found
                        if expected[e.id] == "refuse" and not holds_a_profile(self.contract, e)
                    }  # fmt: skip
        if key in self.contract.requirements:
            for exchange in told.values():
                actual = f"{exchange.status}, and no profile in the body"
                self.broken[key].append((exchange, Observation(key, False, "a 4xx status", actual)))

    def judge_cases(self) -> None:
        """Judge each case by the exchanges that were sent for it."""
        groups: dict[str, list[tuple[CaseRecord, Outcome, Failure | None]]] = defaultdict(list)
        shrunk = {note["case"] for note in self.record.notes.get("shrunk", [])}
        # What was planned before what was shrunk from a generated payload: the plainer words first.
        for key in sorted(self.record.cases, key=lambda each: "/shrunk-from-" in each):
            if key in shrunk or key not in self.sent:
                continue
            record = self.record.cases[key]
            groups[record.either or key].append((record, *self._case(record, self.sent[key])))
        for members in groups.values():
            if any(result.result == "kept" for _, result, _ in members):
                members = [(each, KEPT, None) for each, _, _ in members]
            for record, result, failure in members[:1] if members[0][2] else members:
                self._note(record, result, failure)

    def _case(
        self, case: CaseRecord, exchanges: Sequence[Exchange]
    ) -> tuple[Outcome, Failure | None]:
        tried = [each for each in exchanges if each.role in ("probe", "again")]
        if not tried:
            pooled = [each for each in exchanges if each.role == "pool"]
            if any(each.accepted for each in pooled):
                return KEPT, None
            return Outcome("unknown", "it was sent only together with others"), None
        results = [
            (each, outcome(self.contract, case.expect, each, control=self._control(each)))
            for each in tried
        ]
        decided = [each for each in results if each[1].result != "unknown"] or results
        broken = [(each, result) for each, result in results if result.result == "broken"]
        # A crash that does not repeat, or only in a crowd, is told by what forbids crashes alone.
        always = case.together == 1 and len(broken) == len(decided)
        accusing = [(each, result) for each, result in broken if always or not result.cause]
        if accusing:
            exchange, first = accusing[0]
            flaky = len(broken) < len(decided)
            failure = Failure(
                requirement=self._about(case) if flaky else (*case.requirements, "")[0],
                case=case.id,
                message=first.message,
                expected=first.expected,
                actual=first.actual,
                exchanges=(exchange,),
                tries=len(decided),
                failed=len(broken),
                control=exchange.control,
                cause=first.cause,
                side="accept" if case.expect == "accept" else "refuse",
                flaky=flaky,
            )
            return first, failure
        # What was answered rightly in the end was answered; troubles on the way have their own ids.
        kept = any(result.result == "kept" for _, result in results)
        return KEPT if kept or broken else results[0][1], None

    def _about(self, case: CaseRecord) -> str:
        """What a case that came and went breaks: what is taken another time is not refused for what
        the case is about. But that must not make a must of a should."""
        named = [self.contract.requirements[key] for key in case.requirements[:1]]
        valid = case.expect == "accept" and all(each.level == "must" for each in named)
        return REFUSED if named and valid else (*case.requirements, "")[0]

    def _control(self, exchange: Exchange) -> bool:
        control = self.by_id.get(exchange.control or "")
        return control is not None and control.accepted

    def _note(self, case: CaseRecord, result: Outcome, failure: Failure | None) -> None:
        side: Side = "accept" if case.expect == "accept" else "refuse"
        if failure and failure.requirement not in (*case.requirements, ""):
            self.failures[failure.requirement].append(failure)
            words = f"refused in {failure.failed} of {failure.tries} tries"
            result, failure = Outcome("unknown", words), None
        for number, key in enumerate(case.requirements):
            self.cases[key].add(case.id)
            if failure:
                cause = failure.cause if number == 0 else case.requirements[0]
                self.failures[key].append(replace(failure, requirement=key, cause=cause))
            elif result.result == "kept":
                self._show(key, side, self.sent[case.id][-1], own=True)
            else:
                self.unknown[key][result.message] += 1

    def judge_together(self) -> None:
        """Judge what only several exchanges show: shared ids, clocks, hangs, a dead target."""
        for found in shown_together(self.contract, self.record, told=bool(self.failures[REFUSED])):
            if found.requirement not in self.contract.requirements:
                continue
            self.cases[found.requirement].add(found.case)
            if not found.ok:
                self.failures[found.requirement].append(
                    Failure(
                        found.requirement, found.case, found.message, found.expected, found.actual,
                        found.exchanges[-SAMPLES:], found.tries, found.failed,
                        place=found.place, flaky=found.flaky,
                    )
                )  # fmt: skip
            else:
                self._show(found.requirement, "observe", *found.exchanges[-SAMPLES:])
        expects = {exchange.id: self.expectation(exchange) for exchange in self.record.exchanges}
        fold(Evidence(self.contract, self.record, self.failures, self.broken, expects))

    def crashes(self, case: str) -> list[Failure]:
        """The answers to one case that are failures of the server, whatever was asked."""
        tried = [each for each in self.record.exchanges if case in each.cases]
        failed = [each for each in tried if each.status is not None and each.status >= 500]
        if not failed:
            return []
        words = f"{self.record.cases[case].words}: answered with {failed[0].status}"
        return [
            Failure(
                "robustness.server_error", case, words, "no 5xx status", str(failed[0].status),
                tuple(failed), len(tried), len(failed),
            )
        ]  # fmt: skip

    def verdict(self, requirement: Requirement, left_out: str | None) -> Verdict:
        """The verdict of one requirement: fail before inconclusive before pass."""
        key = requirement.id
        # Its own before what another explains, what always fails before what comes and goes.
        order = sorted(self.failures.get(key, ()), key=lambda f: (f.cause is not None, f.flaky))
        failures = tuple(order)
        missing = [side for side in requirement.sides if side not in self.shown[key]]
        name: VerdictName
        reason: str | None = None
        if left_out:
            return Verdict(requirement, "untested", left_out, 0, ())
        if failures:
            name = "fail"
        elif self.unknown[key]:
            name, reason = "inconclusive", self.unknown[key].most_common(1)[0][0]
        elif not missing:
            name = "pass"
        elif self.shown[key]:
            name, reason = "inconclusive", f"nothing showed the side “{missing[0]}”"
        else:
            shown = {each for each, sides in self.shown.items() if sides}
            name = "untested"
            reason = self._unread(key) or why_untested(
                self.contract, requirement, shown, self.statuses
            )
        samples = tuple(self._samples(requirement))
        return Verdict(requirement, name, reason, len(self.cases[key]), failures, samples)

    def _unread(self, key: str) -> str | None:
        """Why no answer shows what a promise says of it, where some were not read whole."""
        return next((why for name, why in self.unread.items() if key.startswith(name)), None)

    def _samples(self, requirement: Requirement) -> Iterator[Sample]:
        """What shows each side kept: answers to cases of its own before those to other cases."""
        for side in requirement.sides:
            for exchange in self.shown[requirement.id].get(side, ()):
                own = [c for c in exchange.cases if requirement.id in self._requirements(c)]
                yield Sample(side, exchange.id, next(iter([*own, *exchange.cases]), None))

    def _requirements(self, case: str) -> tuple[str, ...]:
        known = self.record.cases.get(case)
        return known.requirements if known else ()
