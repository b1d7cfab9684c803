"""From the judge's reading to the content of results.json."""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from conformance.exchanges import CaseRecord, Exchange
from conformance.journal import Record
from conformance.verdicts import Failure, Judgement, Verdict
from reports.curl import KEY_ENV, curl, on_one_connection
from reports.traffic import milliseconds, traffic
from spec.contract import Contract
from spec.requirements import Source


@dataclass(frozen=True)
class Facts:
    """What results.json says of a run beside its verdicts."""

    version: str
    url: str
    document: str
    key_env: str
    run: Mapping[str, Any]
    complete: bool
    known: Mapping[str, Mapping[str, Any]]
    fuzz: Mapping[str, Any] | None = None
    deviations: Sequence[Mapping[str, Any]] | None = None


FAILURES = 20  # told of one requirement; the journal has all


def assemble(
    contract: Contract, record: Record, judgement: Judgement, facts: Facts
) -> dict[str, Any]:
    """The content of results.json, as its published schema describes it."""
    verdicts = list(judgement.verdicts.values())
    counts: Counter[str] = Counter(verdict.name for verdict in verdicts)
    names = ("pass", "fail", "known", "inconclusive", "untested")
    return {
        "format": 1,
        "suite": {"version": facts.version},
        "contract": {
            "title": contract.title,
            "version": contract.version,
            "sha256": contract.sha256,
            "operation": f"{contract.method} {contract.path}",
            "document": facts.document,
        },
        "target": {"url": facts.url}
        | ({} if facts.key_env == KEY_ENV else {"api_key_env": facts.key_env}),
        "run": dict(facts.run),
        **({} if facts.fuzz is None else {"fuzz": facts.fuzz}),
        "summary": {
            "conformant": facts.complete and not counts["fail"] + counts["known"]
            + counts["inconclusive"],
            "complete": facts.complete,
            **traffic(record),
            "verdicts": {name: counts[name] for name in names},
        },
        **({} if facts.deviations is None else {"deviations": [*facts.deviations]}),
        "requirements": [_requirement(each, record, facts, contract) for each in verdicts],
        "choices": [
            {"id": key, "statement": choice.statement, "observed": judgement.choices.get(key)}
            for key, choice in contract.choices.items()
        ],
        "contract_findings": [
            {"id": each.id, "message": each.message, "source": _source(each.source, contract)}
            for each in contract.findings
        ],
    }  # fmt: skip


def _source(source: Source, contract: Contract) -> dict[str, Any]:
    return {
        "pointer": source.pointer,
        "line": source.line,
        "quote": source.quote,
        "text": contract.document.excerpt(source.line),
    }


def _requirement(
    verdict: Verdict, record: Record, facts: Facts, contract: Contract
) -> dict[str, Any]:
    requirement = verdict.requirement
    return {
        "id": requirement.id,
        "level": requirement.level,
        "statement": requirement.statement,
        "part": requirement.part,
        "source": _source(requirement.source, contract),
        "verdict": verdict.name,
        "reason": verdict.reason,
        "known": facts.known.get(requirement.id),
        "cases": verdict.cases,
        "samples": [asdict(each) for each in verdict.samples],
        "failures": [_failure(each, record, facts) for each in verdict.failures[:FAILURES]],
    }


def _failure(failure: Failure, record: Record, facts: Facts) -> dict[str, Any]:
    exchanges = [exchange_as_told(each) for each in _whole(failure.exchanges, record)]
    return {
        "case": failure.case,
        "message": failure.message,
        "expected": failure.expected,
        "actual": failure.actual,
        "cause": failure.cause,
        "change": _change(record.cases.get(failure.case)),
        "tries": failure.tries,
        "failed": failure.failed,
        "flaky": failure.flaky,
        "control": failure.control,
        "exchanges": exchanges,
        "place": failure.place,
        "curl": _curl(failure.exchanges, exchanges, facts.key_env),
    }


def _whole(exchanges: tuple[Exchange, ...], record: Record) -> list[Exchange]:
    """The exchanges, the last with those that went before it on its connection."""
    found = list(exchanges)
    while len(exchanges) == 1 and found[0].follows is not None:
        before = [each for each in record.exchanges if each.id == found[0].follows]
        if not before:
            break
        found[:0] = before
    return found


def _curl(shown: tuple[Exchange, ...], told: list[dict[str, Any]], key_env: str) -> str:
    lines = [curl(each["request"], key_env) for each in told]
    if not lines:
        return ""
    return on_one_connection(lines) if len(shown) == 1 else lines[-1]


def _change(case: CaseRecord | None) -> dict[str, Any] | None:
    return dict(case.change) if case is not None and case.change else None


def exchange_as_told(exchange: Exchange) -> dict[str, Any]:
    """An exchange as results.json shows it."""
    request, response = exchange.request, exchange.response
    text: str | None
    try:
        text = request.body.decode("utf-8")
    except UnicodeDecodeError:
        text = None
    return {
        "id": exchange.id,
        "request": {
            "method": request.method,
            "url": request.url,
            "headers": [list(pair) for pair in request.headers],
            "body": text,
            "body_base64": None if text is not None else base64.b64encode(request.body).decode(),
        },
        "response": None
        if response is None
        else {
            "status": response.status,
            "reason": response.reason,
            "headers": [list(pair) for pair in response.headers],
            "body": response.body.decode("utf-8", "replace"),
            "truncated": response.truncated,
        },
        "error": exchange.trouble,
        "ms": milliseconds((exchange.received - exchange.sent) * 1000),
    }
