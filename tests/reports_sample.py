"""Contents of results.json to make reports from, built on the real contract."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from typing import Any

from conformance.exchanges import CaseRecord, Exchange, Received, Sent
from conformance.journal import Record
from reports.curl import curl
from spec.loader import load
from spec.requirements import Requirement

Results = dict[str, Any]

CONTRACT = load()
URL = "http://127.0.0.1:4010"
KEY = "${ADAPTY_API_KEY}"
UNSEEN = (
    "The target returned no access level, subscription or purchase. "
    "--seeded-customer ID, a customer with purchases, makes these promises testable."
)
HOSTILE = (
    "</script><script>window.hacked=1</script><img src=x onerror=window.hacked=1>\"'`"
    "{{ 7*7 }}{% raw %} \x00\x07\x1b[31mred\x1b]0;title\x07 \u202egnp.exe\u202c \u2066x\u2069"
    " \ud800 \ufffd \ufeff\u200b [bold]markup[/bold] :smile: ]]> <!-- \r\n\tend"
)


def exchange(
    number: int,
    body: str | None,
    *,
    status: int = 200,
    reason: str = "OK",
    answer: str | None = None,
    key: str | None = f"Api-Key {KEY}",
    error: str | None = None,
) -> dict[str, Any]:
    """A request of the suite, and a plausible answer."""
    headers = [
        ["adapty-customer-user-id", f"conformance-3f9c-{number}"],
        ["Content-Type", "application/json"],
    ]
    if key is not None:
        headers.insert(0, ["Authorization", key])
    response = {
        "status": status,
        "reason": reason,
        "headers": [["content-type", "application/json"], ["content-length", "351"]],
        "body": json.dumps(profile(number)) if answer is None else answer,
        "truncated": False,
    }
    return {
        "id": f"e{number}",
        "request": {
            "method": "POST",
            "url": URL + CONTRACT.path,
            "headers": headers,
            "body": body,
            "body_base64": None,
        },
        "response": None if error else response,
        "error": error,
        "ms": 5000.0 if error else 8.7,
    }


def profile(number: int, attributes: list[Any] | None = None) -> dict[str, Any]:
    """What a server answers to a created profile."""
    return {
        "data": {
            "app_id": "14c3d623-2f3a-455a-aa86-ef83dff6913b",
            "profile_id": f"3fa85f64-5717-4562-b3fc-2c963f66{number:04x}",
            "customer_user_id": f"conformance-3f9c-{number}",
            "total_revenue_usd": 0.0,
            "segment_hash": "8f45947bad31ab0c",
            "timestamp": 1795528921413,
            "custom_attributes": attributes or [],
            "access_levels": [],
            "subscriptions": [],
            "non_subscriptions": [],
        }
    }


def failure(case: str, message: str, *exchanges: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A failure with the fields of the format, each of which `more` can set."""
    made: dict[str, Any] = {
        "case": case,
        "message": message,
        "expected": "A refusal: any 4xx.",
        "actual": "200 OK, as if it were valid.",
        "cause": None,
        "change": None,
        "tries": 1,
        "failed": 1,
        "control": "e1",
        "exchanges": list(exchanges),
        "place": None,
        "curl": curl(exchanges[-1]["request"]) if exchanges else "",
    }
    return {**made, **more}


def changed(pointer: str, before: Any, after: Any) -> tuple[str, dict[str, Any]]:
    """The full payload with one member changed, and the change."""
    payload = json.loads(json.dumps(CONTRACT.example))
    *path, last = pointer.split("/")[1:]
    owner = payload
    for step in path:
        owner = owner[step]
    owner[last] = after
    words = f"{last} {json.dumps(before)} → {json.dumps(after)}"
    change = {"pointer": pointer, "before": before, "after": after, "words": words}
    return json.dumps(payload), change


def _requirement(item: Requirement) -> dict[str, Any]:
    source = item.source
    return {
        "id": item.id,
        "level": item.level,
        "statement": item.statement,
        "part": item.part,
        "source": {
            "pointer": source.pointer,
            "line": source.line,
            "quote": source.quote,
            "text": CONTRACT.document.excerpt(source.line),
        },
        "verdict": "pass",
        "reason": None,
        "known": None,
        "cases": 2 if item.sides == ("accept", "refuse") else 1,
        "failures": [],
    }


def conformant(*, seeded: bool = True) -> Results:
    """Every promise kept; without a seeded customer, some could not be observed."""
    results: Results = {
        "format": 1,
        "suite": {"version": "0.1.0"},
        "contract": {
            "title": CONTRACT.title,
            "version": CONTRACT.version,
            "sha256": CONTRACT.sha256,
            "operation": f"{CONTRACT.method} {CONTRACT.path}",
            "document": CONTRACT.document.path.name,
        },
        "target": {"url": URL},
        "run": {
            "id": "3f9c",
            "seed": 7,
            "started": "2026-11-24T14:02:01+00:00",
            "seconds": 2.13,
            "cases_sha256": "0" * 64,
            "gate": "should",
            "exit_code": 0,
            "stopped": None,
        },
        "summary": {
            "conformant": True,
            "complete": True,
            "requests": 369,
            "requests_by_phase": {
                "preflight": 1, "deterministic": 288, "schemathesis": 48, "hypothesis": 30,
                "last": 2,
            },
            "latency_ms": {
                "p50": 3.2, "p95": 9.4, "max": 48.0,
                "histogram": [
                    {"below": 2.0, "count": 40}, {"below": 5.0, "count": 280},
                    {"below": 10.0, "count": 48}, {"below": 20.0, "count": 0},
                    {"below": 50.0, "count": 1},
                ],
            },
            "statuses": {"200": 150, "401": 19, "422": 200},
            "verdicts": {},
        },
        "requirements": [_requirement(item) for item in CONTRACT.requirements.values()],
        "choices": [
            {"id": item.id, "statement": item.statement, "observed": None}
            for item in CONTRACT.choices.values()
        ],
        "contract_findings": [
            {
                "id": item.id,
                "message": item.message,
                "source": {
                    "pointer": item.source.pointer,
                    "line": item.source.line,
                    "quote": item.source.quote,
                },
            }
            for item in CONTRACT.findings
        ],
    }  # fmt: skip
    for choice, observed in zip(
        results["choices"],
        ["Refuses with 422.", "Refuses null with 422.", "Of two equal keys the last wins."],
        strict=False,
    ):
        choice["observed"] = observed
    if not seeded:
        for item in results["requirements"]:
            if "access_levels.item" in item["id"] or "subscriptions.item" in item["id"]:
                item.update(verdict="untested", reason=UNSEEN)
    return counted(results)


def counted(results: Results) -> Results:
    """`results` with the counts, flags and exit code that its verdicts ask for."""
    counts = Counter(item["verdict"] for item in results["requirements"])
    names = ("pass", "fail", "known", "inconclusive", "untested")
    summary = results["summary"]
    summary["verdicts"] = {name: counts[name] for name in names}
    bad = counts["fail"] + counts["known"] + counts["inconclusive"]
    summary["conformant"] = summary["complete"] and not bad
    gated = {"must"} if results["run"]["gate"] == "must" else {"must", "should"}
    verdicts = {item["verdict"] for item in results["requirements"] if item["level"] in gated}
    results["run"]["exit_code"] = (
        1 if "fail" in verdicts else 3 if "inconclusive" in verdicts else 0
    )
    return results


def requirement(results: Results, key: str) -> dict[str, Any]:
    """The requirement of that id."""
    return next(item for item in results["requirements"] if item["id"] == key)


def broken(results: Results, key: str, *failures: dict[str, Any]) -> None:
    """Let the requirement of that id fail."""
    requirement(results, key).update(verdict="fail", failures=list(failures))


def three_findings() -> Results:
    """A mock that checks another key, takes any gender and forgets the attributes."""
    results = conformant(seeded=False)
    valid = json.dumps(CONTRACT.example)
    near = "Api-Key ${ADAPTY_API_KEY%?}"
    broken(
        results, "auth.wrong_key",
        failure(
            "auth/wrong-key-last-letter", "Another key is accepted.",
            exchange(31, valid, key=near), expected="401 with an ErrorResponse.", actual="200 OK",
            change={"pointer": None, "words": "Authorization: Api-Key <the key> → one letter less"},
        ),
    )  # fmt: skip
    several = []
    for number, value in enumerate(["F", " f ", "f\n", "", "fm", "male"]):
        body, change = changed("/gender", "f", value)
        several.append(
            failure(
                f"request-body/gender-enum-{number}",
                f"The gender {json.dumps(value)} is accepted.",
                exchange(40 + number, body),
                change=change,
                tries=2,
                failed=2,
            )
        )
    broken(results, "request.body.gender.enum", *several)
    sent = exchange(60, valid, answer=json.dumps(profile(60)))
    broken(
        results, "echo.custom_attributes",
        failure(
            "meaning/echo-attributes", "What was set does not come back.", sent,
            expected='custom_attributes holds favourite_sport = "yoga".',
            actual="custom_attributes is empty.", place="/data/custom_attributes",
            tries=8, failed=8,
        ),
    )  # fmt: skip
    return counted(results)


def folded() -> Results:
    """A finding that explains others, a known deviation, and what that leaves open."""
    results = three_findings()
    body, change = changed("/birthday", "2000-12-31", "2023-02-30")
    crash = exchange(
        70,
        body,
        status=500,
        reason="Internal Server Error",
        answer='{"detail": "day is out of range"}',
    )
    boom = failure(
        "request-body/birthday-no-such-day", "The server fails with 500.", crash,
        expected="Any status below 500.", actual="500 Internal Server Error", change=change,
        place="/detail",
    )  # fmt: skip
    broken(results, "robustness.server_error", boom)
    for key in ("request.body.birthday.format", "rejection.status"):
        broken(results, key, {**boom, "cause": "robustness.server_error"})
    body, change = changed("/store_account_token", "3fa85f64-5717-4562-b3fc-2c963f66afa6",
                           "3fa85f64571745622b3fc2c963f66afa6")  # fmt: skip
    lax = failure(
        "request-body/uuid-no-dashes", "A UUID without dashes is accepted.", exchange(71, body),
        change=change,
    )  # fmt: skip
    requirement(results, "request.body.store_account_token.format").update(
        verdict="known", failures=[lax],
        known={"reason": "The SDK of 2019 sends them so.", "until": "2027-03-31"},
    )  # fmt: skip
    for key in ("robustness.hang", "timestamp.response_time"):
        requirement(results, key).update(
            verdict="inconclusive", reason="The control was answered with 429 five times."
        )
    hang = failure(
        "last/deep-nesting", "The connection stays open without an answer.",
        exchange(90, "[" * 60, error="timeout"), expected="An answer within 5 s.", actual="None.",
    )  # fmt: skip
    broken(results, "robustness.connection", hang)
    return counted(results)


def all_failing(each: int = 1) -> Results:
    """Every promise broken, `each` times."""
    results = conformant()
    body, change = changed("/gender", "f", "F")
    for index, item in enumerate(results["requirements"]):
        item["verdict"] = "fail"
        item["failures"] = [
            failure(f"case/{index}-{n}", "It is not so.", exchange(index, body), change=change)
            for n in range(each)
        ]
    return counted(results)


def many(count: int = 2000) -> Results:
    """One finding with very many failures, the bodies large."""
    results = conformant()
    body, change = changed("/first_name", "Jane", "J" * 3000)
    one = exchange(5, body, answer=json.dumps({"data": [{"row": n} for n in range(600)]}))
    first = failure("case/0", "It is not so.", one, change=change)
    made = [{**first, "case": f"case/{n}"} for n in range(count)]
    broken(results, "robustness.server_error", *made)
    return counted(results)


def hostile() -> Results:
    """A target, and names, that try everything."""
    results = three_findings()
    results["target"]["url"] = f"http://h.example/{HOSTILE}"
    results["suite"]["version"] = results["contract"]["title"] = results["run"]["id"] = HOSTILE
    results["run"]["started"] = results["run"]["stopped"] = HOSTILE
    results["summary"]["complete"] = False
    nasty = exchange(99, json.dumps({"first_name": HOSTILE}), reason=HOSTILE)
    nasty["response"]["headers"].append([HOSTILE, HOSTILE])
    nasty["request"]["headers"].append(["X-Odd", HOSTILE])
    nasty["response"]["body"] = HOSTILE + "A" * 200_000
    pretty = exchange(
        100, json.dumps({HOSTILE: HOSTILE}), answer=json.dumps({"data": {HOSTILE: HOSTILE}})
    )
    raw = exchange(101, HOSTILE, answer='{"a": "\u202e</pre><script>window.hacked=1</script>"}')
    binary = exchange(102, None, error=HOSTILE)
    binary["request"]["body_base64"] = "AP//gICA"
    change = {"pointer": "/first_name", "before": "Jane", "after": HOSTILE, "words": HOSTILE}
    words = {"pointer": None, "words": HOSTILE}
    broken(
        results, "request.body.first_name.type",
        failure(HOSTILE, HOSTILE, nasty, pretty, raw, expected=HOSTILE, actual=HOSTILE,
                change=change, place=f"/data/{HOSTILE}"),
        failure(HOSTILE, HOSTILE, raw, change=words, place="/a"),
        *[failure(HOSTILE, HOSTILE, binary, change=words) for _ in range(4)],
    )  # fmt: skip
    item = requirement(results, "request.body.last_name.type")
    item.update(statement=HOSTILE, verdict="inconclusive", reason=HOSTILE)
    item["source"]["quote"] = HOSTILE
    item = requirement(results, "request.body.email.type")
    item.update(
        part=HOSTILE, verdict="known", known={"reason": HOSTILE, "until": HOSTILE},
        failures=[failure(HOSTILE, HOSTILE, raw)],
    )  # fmt: skip
    results["choices"][0].update(statement=HOSTILE, observed=HOSTILE)
    results["contract_findings"][0].update(message=HOSTILE)
    results["contract_findings"][0]["source"]["quote"] = HOSTILE
    return counted(results)


def stopped() -> Results:
    """A run that ended at the preflight."""
    results = conformant()
    reason = f"{URL} answers 401 to this key; nothing was tested."
    results["run"]["stopped"] = reason
    for item in results["requirements"]:
        item.update(verdict="untested", reason="Nothing was sent after the preflight.", cases=0)
    for choice in results["choices"]:
        choice["observed"] = None
    results["summary"].update(complete=False, requests=1, requests_by_phase={"preflight": 1})
    counted(results)
    results["run"]["exit_code"] = 3
    return results


def nobody() -> Results:
    """A target that nobody listens at: no request was answered."""
    results = stopped()
    results["run"]["stopped"] = f"nobody listens at {URL}"
    results["summary"].update(requests=0, requests_by_phase={})
    results["summary"]["latency_ms"] = {"p50": None, "p95": None, "max": None}
    return results


def recorded(results: Results, count: int = 12) -> Record:
    """A record of `count` accepted requests for a case each, which show every promise kept."""
    cases = [
        CaseRecord(
            f"case/{n}", (), "accept", f"first_name \"Jane\" → \"Jane {n}\"", "/first_name",
            {"pointer": "/first_name", "words": f"first_name \"Jane\" → \"Jane {n}\""},
        )
        for n in range(count)
    ]  # fmt: skip
    exchanges = []
    for n, case in enumerate(cases):
        told = exchange(n, json.dumps(CONTRACT.example | {"first_name": f"Jane {n}"}))
        request, response = told["request"], told["response"]
        exchanges.append(
            Exchange(
                f"e{n}", "deterministic", "probe", (case.id,),
                Sent("POST", request["url"], _pairs(request["headers"]), request["body"].encode()),
                Received(200, "OK", _pairs(response["headers"]), response["body"].encode()),
                None, 1.0, 1.25,
            )
        )  # fmt: skip
    for index, item in enumerate(results["requirements"]):
        n = index % count
        item["samples"] = [{"side": "accept", "exchange": f"e{n}", "case": f"case/{n}"}]
    return Record({case.id: case for case in cases}, tuple(exchanges), {})


def _pairs(headers: list[list[str]]) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, value in headers)


TOTAL = len(CONTRACT.requirements)
SAMPLES: dict[str, Callable[[], Results]] = {
    "conformant": conformant,
    "unseen": lambda: conformant(seeded=False),
    "three findings": three_findings,
    "folded": folded,
    "all failing": all_failing,
    "many failures": many,
    "hostile": hostile,
    "stopped": stopped,
    "nobody": nobody,
}
