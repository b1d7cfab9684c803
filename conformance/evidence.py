"""What folding reasons from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from conformance.exchanges import CaseRecord, Exchange
from conformance.journal import Record
from conformance.observe import Observation
from conformance.verdicts import Failure
from spec.contract import Contract
from strategies.cases import Expect

REFUSED_OTHERWISE = "rejection.status"


@dataclass(frozen=True)
class Evidence:
    """What folding reasons from: the failures by requirement, and the exchanges behind them.

    `broken` holds, by requirement, what single answers broke; `expects` what the contract says of
    the request of an exchange, by its id.
    """

    contract: Contract
    record: Record
    failures: dict[str, list[Failure]]
    broken: Mapping[str, Sequence[tuple[Exchange, Observation]]]
    expects: Mapping[str, Expect]

    @property
    def cases(self) -> Mapping[str, CaseRecord]:
        """The cases by id."""
        return self.record.cases

    def failing(self, keys: Iterable[str]) -> list[str]:
        """Those of `keys` that failed, in their order."""
        return [key for key in keys if self.failures.get(key)]

    def own(self, key: str) -> list[Failure]:
        """The failures of a requirement that nothing explains yet."""
        return [each for each in self.failures.get(key, ()) if each.cause is None]

    def where(self, key: str) -> set[str]:
        """The ids of the exchanges whose answers break a requirement."""
        return {exchange.id for exchange, _ in self.broken.get(key, ())}

    def accepting(self, key: str) -> bool:
        """Whether a requirement has a failure of its own by which something valid was refused."""
        return any(each.side == "accept" for each in self.own(key))

    def explain(self, key: str, failure: Failure, cause: str) -> None:
        """Let `cause` explain one failure of another requirement."""
        if key != cause:
            told = self.failures[key]
            told[told.index(failure)] = replace(failure, cause=cause)

    def blame(self, keys: Iterable[str], cause: str) -> None:
        """Let `cause`, which failed too, explain whatever of `keys` nothing explains yet."""
        for key in keys:
            if self.failures.get(cause):
                for failure in self.own(key):
                    self.explain(key, failure, cause)


def ids(failure: Failure) -> set[str]:
    """The ids of the exchanges that show a failure."""
    return {each.id for each in failure.exchanges}
