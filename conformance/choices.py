"""Choices: what the target was seen to do where the contract is open. Reported, never judged."""

from __future__ import annotations

from collections import defaultdict

from conformance.exchanges import CaseRecord, Exchange
from conformance.journal import Record
from spec.contract import Contract
from strategies.cases import named


def choices_of(contract: Contract, record: Record) -> dict[str, str | None]:
    """For each choice of the contract the words of what was observed, None where nothing was."""
    seen: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for exchange in record.exchanges:
        if exchange.role != "probe" or not exchange.cases:
            continue
        case = record.cases.get(exchange.cases[0])
        if case is None:  # lost with a torn line
            continue
        if case.choice is not None:
            labels = seen[case.choice][_what(exchange)]
            label = " ".join(named(case.id).split("/")[1:]).replace("-", " ")
            if label not in labels:
                labels.append(label)
        elif case.expect == "refuse" and _blames_the_body(case):
            if exchange.status is not None and 400 <= exchange.status < 500:
                seen["refusal.status"][str(exchange.status)] = []
    return {
        key: "; ".join(
            f"{what} ({', '.join(sorted(labels))})" if labels else what
            for what, labels in sorted(seen[key].items())
        )
        if key in seen
        else None
        for key in contract.choices
    }


def _blames_the_body(case: CaseRecord) -> bool:
    return any(key.startswith("request.body.") for key in case.requirements[:1])


def _what(exchange: Exchange) -> str:
    if exchange.status is None:
        return "not answered"
    word = "accepted" if exchange.accepted else "answered" if exchange.status >= 500 else "refused"
    return f"{word} with {exchange.status}"
