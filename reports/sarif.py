"""results.sarif: what is broken as SARIF 2.1.0, for code scanning and editors."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, unquote

from reports.sarif_web import web_exchange
from reports.text import plain, short, unmarked
from reports.words import (
    Finding,
    Item,
    Results,
    ending,
    findings,
    headline,
    sentence,
    tries,
    with_verdict,
)

NAME = "adapty-conformance"
DOCUMENT = "create-profile.openapi.yaml"
SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
SHOWN = 10

_LEVELS = {"must": "error", "should": "warning"}
_DESCRIPTION = 1024  # characters that GitHub takes of a rule's description

Json = dict[str, Any]


def sarif(results: Results) -> str:
    """The text of results.sarif: plain ASCII, the same for the same results.

    Every promise is a rule. Every finding is a result at the place of its promise in the vendor's
    document, with what it explains as related locations; known deviations are suppressed results.
    What could not be judged is a notification.
    """
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [_run(results)]}
    return json.dumps(log, indent=1) + "\n"


def _run(results: Results) -> Json:
    contract, run = results["contract"], results["run"]
    places = _Places(
        _uri(contract.get("document") or DOCUMENT),
        {item["id"]: number for number, item in enumerate(results["requirements"])},
    )
    return {
        "tool": {
            "driver": {
                "name": NAME,
                "version": plain(results["suite"]["version"]),
                "rules": [_rule(item, places) for item in results["requirements"]],
            }
        },
        "automationDetails": {
            # Up to the last slash it is GitHub's category, by which an upload replaces the last.
            "id": f"{NAME}/{quote(run['id'], safe='', errors='replace')}",
            "description": {
                "text": _words(f"{contract['operation']} at {results['target']['url']}")
            },
        },
        "invocations": [_invocation(results, places)],
        "artifacts": [
            {
                "location": {"uri": places.uri},
                "description": {"text": _words(f"{contract['title']} {contract['version']}")},
                "hashes": {"sha-256": contract["sha256"]},
            }
        ],
        "results": [
            *(_broken(finding, places) for finding in findings(results)),
            *(_known(item, places) for item in with_verdict(results, "known")),
        ],
        "properties": {
            "answer": plain(headline(results)),
            "target": plain(results["target"]["url"]),
            "seed": run["seed"],
            "requests": results["summary"]["requests"],
        },
    }


@dataclass(frozen=True)
class _Places:
    """Where the promises stand: in the document, by its URI, and among the rules, by their ids."""

    uri: str
    rules: Mapping[str, int]

    def location(self, item: Item) -> Json:
        """The place of a promise in the vendor's document."""
        source = item["source"]
        region: Json = {"startLine": source["line"]}
        if text := source.get("text"):
            region["endLine"] = source["line"] + text.count("\n")
        if text or source["quote"]:
            region["snippet"] = {"text": plain(text or source["quote"])}
        pointer = plain(unquote(source["pointer"].removeprefix("#")))
        return {
            "physicalLocation": {
                "artifactLocation": {"uri": self.uri, "index": 0},
                "region": region,
            },
            "logicalLocations": [
                {
                    "name": pointer.rpartition("/")[2].replace("~1", "/").replace("~0", "~"),
                    "fullyQualifiedName": pointer,
                    "properties": {"part": plain(item["part"])},
                }
            ],
        }


def _uri(document: str) -> str:
    """A path as a URI reference: relative as it is, absolute with the scheme."""
    path = quote(document, errors="replace")
    return f"file://{path}" if path.startswith("/") else path


def _rule(item: Item, places: _Places) -> Json:
    source = item["source"]
    statement = unmarked(item["statement"])
    quoted = f" “{unmarked(source['quote'])}”" if source["quote"] else ""
    where = f"Line {source['line']} of {unquote(places.uri)}, {source['pointer']}"
    paragraphs = [statement + quoted, where, source.get("text", "")]
    return {
        "id": plain(item["id"]),
        "shortDescription": {"text": short(statement, _DESCRIPTION)},
        "fullDescription": {
            "text": short(f"{statement}{quoted} (line {source['line']})", _DESCRIPTION)
        },
        "help": {"text": "\n\n".join(_words(each) for each in paragraphs if each)},
        "defaultConfiguration": {"level": _LEVELS[item["level"]]},
        "properties": {
            "level": item["level"],
            "part": plain(item["part"]),
            "tags": [item["level"], plain(item["part"])],
        },
    }


def _broken(finding: Finding, places: _Places) -> Json:
    item, failure = finding.requirement, finding.failures[0]
    is_must = any(each["level"] == "must" for each in [item, *finding.explained])
    return {
        **_result(item, "must" if is_must else "should", places),
        "message": {"text": "\n".join(_told(finding))},
        "occurrenceCount": len(finding.failures),
        "relatedLocations": [
            {
                "id": number,
                "message": {"text": _words(unmarked(each["statement"]))},
                **places.location(each),
            }
            for number, (each, _) in enumerate(finding.folded, 1)
        ],
        **web_exchange(failure),
    }


def _told(finding: Finding) -> list[str]:
    """The lines of a finding's message; where there is no room, only the first sentence shows."""
    item, failure, more = finding.requirement, finding.failures[0], len(finding.failures) - 1
    lines = [_sentence(failure["message"])]
    lines.append(f"Promised: {_words(unmarked(item['statement']))}")
    if failure["change"]:
        lines.append(f"Change: {_words(failure['change']['words'])}")
    lines.append(f"Expected: {_words(failure['expected'])}")
    lines.append(f"Actual: {_words(failure['actual'])}")
    if answered := ending(failure):
        lines.append(f"Answer: {_words(answered)} ({tries(failure)})")
    if more:
        lines.append(f"{more:,} more in results.json.")
    numbers = {each["id"]: number for number, (each, _) in enumerate(finding.folded, 1)}
    alone = {each["id"] for each in finding.explained}
    for start, ids in (
        ("Explains", [key for key in numbers if key in alone]),
        ("Explains some failures of", [key for key in numbers if key not in alone]),
    ):
        if ids:
            links = [f"[{_escaped(key)}]({numbers[key]})" for key in ids[:SHOWN]]
            rest = [f"{len(ids) - SHOWN:,} more"] if len(ids) > SHOWN else []
            lines.append(f"{start} {', '.join([*links, *rest])}.")
    return [*lines, f"Again: {NAME} replay {_words(failure['case'])}"]


def _known(item: Item, places: _Places) -> Json:
    known = item["known"]
    until = f" (until {known['until']})" if known["until"] else ""
    failure = item["failures"][0] if item["failures"] else None
    return {
        **_result(item, item["level"], places),
        "message": {
            "text": _sentence(failure["message"] if failure else unmarked(item["statement"]))
        },
        "suppressions": [
            {
                "kind": "external",
                "status": "accepted",
                "justification": plain(f"{known['reason']}{until}"),
            }
        ],
        **(web_exchange(failure) if failure else {}),
    }


def _result(item: Item, level: str, places: _Places) -> Json:
    digest = hashlib.sha256(plain(item["id"]).encode()).hexdigest()
    return {
        "ruleId": plain(item["id"]),
        "ruleIndex": places.rules[item["id"]],
        "kind": "fail",
        "level": _LEVELS[level],
        "locations": [places.location(item)],
        "partialFingerprints": {
            # The one that GitHub reads; a hash of the line would change with the document.
            "primaryLocationLineHash": f"{digest[:16]}:1",
            "requirement/v1": plain(item["id"]),
        },
    }


def _invocation(results: Results, places: _Places) -> Json:
    run = results["run"]
    # An alert is what code scanning makes of any result, whatever its kind: so these are none.
    notes = [
        {
            "level": "note",
            "message": {
                "text": f"{_sentence(unmarked(item['statement']))} {_sentence(item['reason'])}"
            },
            "associatedRule": {"id": plain(item["id"]), "index": places.rules[item["id"]]},
            "locations": [places.location(item)],
        }
        for item in with_verdict(results, "inconclusive")
    ]
    if run["stopped"]:
        notes.insert(0, {"level": "error", "message": {"text": _sentence(run["stopped"])}})
    started, ended = _utc(run["started"]), _utc(run["started"], run["seconds"])
    return {
        "executionSuccessful": results["summary"]["complete"] and not run["stopped"],
        "exitCode": run["exit_code"],
        **({"startTimeUtc": started, "endTimeUtc": ended} if started and ended else {}),
        "toolExecutionNotifications": notes,
    }


def _utc(started: str, seconds: float = 0.0) -> str | None:
    """A recorded time in UTC, `seconds` later; None where it is none."""
    try:
        time = datetime.fromisoformat(started).astimezone(UTC) + timedelta(seconds=seconds)
    except (ValueError, OverflowError):
        return None
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _words(text: str) -> str:
    """`plain` for a message, in which nothing but this module makes a link."""
    return plain(text).replace("](", "] (")


def _sentence(text: str) -> str:
    """`_words` as a sentence."""
    return sentence(_words(text))


def _escaped(text: str) -> str:
    """`plain` as the text of a link."""
    return re.sub(r"([\\\[\]])", r"\\\1", plain(text))
