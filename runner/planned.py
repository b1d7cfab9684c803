"""What a run sends, as its settings ask: the plan of the cases and which of them are selected."""

from __future__ import annotations

from dataclasses import dataclass, replace

from conformance.journal import Record
from runner.settings import PREFIX, SKIPPED, Settings, selected
from spec.contract import Contract
from strategies import plan
from strategies.cases import Case, alone
from strategies.plan import Plan
from strategies.splitting import split

GENERATED = {"schemathesis": 4, "hypothesis": 4}  # cases of each generating phase


@dataclass(frozen=True)
class Planned:
    """The cases of a run. `left_out` maps the promises that are deselected to the reason.

    In a shard, `share` has the ids of its cases, and names that stand for generated ones.
    """

    contract: Contract
    settings: Settings
    plan: Plan
    left_out: dict[str, str]
    observing: bool
    share: frozenset[str] | None = None

    def wants(self, case: Case) -> bool:
        """Whether a case tests a selected promise: one that it probes, or any that answers show."""
        if not case.requirements:
            return self.observing or not self.settings.only
        if any(map(self._skips, case.after)):
            return False
        chosen = None in [self.left_out.get(key) for key in case.requirements]
        return chosen or (self.observing and not self._skips(case))

    def _skips(self, case: Case) -> bool:
        """Whether a case tests nothing but what is not even to be sent."""
        return {self.left_out.get(key) for key in case.requirements} == {SKIPPED}

    def chapter(self, name: str) -> list[Case]:
        """The selected deterministic cases of a chapter."""
        if "deterministic" not in self.settings.phase_names:
            return []
        return [
            alone(case, self.plan.control) if any(map(self._skips, case.beside)) else case
            for case in self.plan.of(name)
            if self.wants(case) and self._is_here(case.id)
        ]

    def numbers(self, phase: str) -> list[int]:
        """Which of the cases of a generating phase to send."""
        if phase not in self.settings.phase_names:
            return []
        return [n for n in range(GENERATED[phase]) if self._is_here(_generated(phase, n))]

    @property
    def ends(self) -> bool:
        """Whether what comes last of all is to be sent by this run, rather than another shard."""
        part = self.settings.part
        return part is None or part[0] == part[1]

    def _is_here(self, name: str) -> bool:
        return self.share is None or name in self.share

    def elsewhere(self) -> set[str]:
        """The promises of which a deterministic case is in another shard."""
        if "deterministic" not in self.settings.phase_names:
            return set()
        others = (case for case in self.selected() if not self._is_here(case.id))
        return {key for case in others for key in case.requirements}

    def selected(self) -> list[Case]:
        """Every selected deterministic case, whatever the phases."""
        return [case for case in self.plan.cases if self.wants(case)]

    def unsent(self, record: Record) -> set[str]:
        """The promises of which a deterministic case was not sent."""
        return {
            key
            for case in self.plan.cases
            for key in case.requirements
            if case.id not in record.cases
        }

    def all_sent(self, record: Record) -> bool:
        """Whether every case that the contract calls for was sent, and every phase ran: but cases
        that this target had no use for."""
        sent = {case for exchange in record.exchanges for case in exchange.cases}
        unfit = {note["case"] for note in record.notes.get("unfit", [])}
        phases = {exchange.phase for exchange in record.exchanges}
        return {case.id for case in self.plan.cases} - unfit <= sent and set(GENERATED) <= phases


def planned(contract: Contract, settings: Settings) -> Planned:
    """What `settings` ask for. Raises UsageError for a glob that matches no promise."""
    left_out = selected(contract.requirements, settings)
    observing = any(
        "observe" in each.sides and key not in left_out
        for key, each in contract.requirements.items()
    )
    # Whoever chose a prefix wants it everywhere, and in a real app everything is to be found again.
    prefixed = settings.customer_prefix != PREFIX or settings.expect_app_id is not None
    made = plan.deterministic(
        contract, settings.seeded_customer, prefixed=prefixed, company=not settings.fuzz
    )  # a search puts what it sends into many payloads itself
    whole = Planned(contract, settings, made, left_out, observing)
    number, of = settings.part or (1, 1)
    if of == 1:
        return whole
    generated = [_generated(phase, n) for phase in GENERATED for n in whole.numbers(phase)]
    return replace(whole, share=split(whole.selected(), generated, of)[number - 1])


def _generated(phase: str, number: int) -> str:
    return f"{phase} {number}"  # a blank, which no id has
