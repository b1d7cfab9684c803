"""From the judge's reading to the content of results.json."""

from __future__ import annotations

import base64
import statistics
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from conformance.exchanges import CaseRecord, Exchange
from conformance.journal import Record
from conformance.verdicts import Failure, Judgement, Verdict
from reports.curl import KEY_ENV, curl, on_one_connection
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
        "summary": {
            "conformant": facts.complete and not counts["fail"] + counts["known"]
            + counts["inconclusive"],
            "complete": facts.complete,
            "requests": len(record.exchanges),
            "statuses": dict(sorted(Counter(_ended(each) for each in record.exchanges).items())),
            "requests_by_phase": dict(Counter(each.phase for each in record.exchanges)),
            "latency_ms": _latency(record),
            "verdicts": {name: counts[name] for name in names},
        },
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


def _ended(exchange: Exchange) -> str:
    """The status of an answer, or what came in its place."""
    return str(exchange.status) if exchange.status is not None else str(exchange.trouble)


def _latency(record: Record) -> dict[str, Any]:
    times = sorted(
        (each.received - each.sent) * 1000 for each in record.exchanges if each.status is not None
    )
    if not times:
        return {"p50": None, "p95": None, "max": None, "histogram": []}
    at_95 = times[min(len(times) - 1, round(0.95 * len(times)))]
    return {
        "p50": _ms(statistics.median(times)),
        "p95": _ms(at_95),
        "max": _ms(times[-1]),
        "histogram": _histogram(times),
    }


def _histogram(times: list[float]) -> list[dict[str, float]]:
    """How many answers took how long: steps of 1, 2, 5, 10, …; each up to `below` milliseconds."""
    counts = Counter(_step(time) for time in times)
    low, high = min(counts), max(counts)
    return [{"below": _bound(step), "count": counts[step]} for step in range(low, high + 1)]


def _step(time: float) -> int:
    step = 0
    while _bound(step) <= time:
        step += 1
    return step


def _bound(step: int) -> float:
    """0.1, 0.2, 0.5, 1, 2, 5, … milliseconds."""
    return float((1, 2, 5)[step % 3] * 10 ** (step // 3)) / 10


def _ms(value: float) -> float:
    return max(0.0, round(value, 2))


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
        "ms": _ms((exchange.received - exchange.sent) * 1000),
    }
