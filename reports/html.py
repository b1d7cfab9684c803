"""index.html: one self-contained file that anyone can open, read, print and forward."""

from __future__ import annotations

import base64
import hashlib
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from reports import words
from reports.cards import FULL, card
from reports.curl import KEY_ENV
from reports.text import duration, marked, number, one_line, plural, prose
from reports.words import Results

TEMPLATES = Path(__file__).with_name("templates")

# With more findings than this each shows one failure in full, so that the file stays small.
MANY = 60


def render(results: Results) -> str:
    """The page. It loads nothing, and runs nothing but its own script, by its hash.

    Every text that a template prints has its markup escaped and its hidden characters spelled out;
    only what this package made itself is Markup.
    """
    environment = _environment()
    style, script = _asset("report.css"), _asset("report.js")
    found = words.findings(results)
    key_env = results["target"].get("api_key_env", KEY_ENV)
    full = FULL if len(found) <= MANY else 1
    known = [words.Finding(r, r["failures"]) for r in words.with_verdict(results, "known")]
    page = environment.get_template("report.html.j2").render(
        results=results,
        headline=words.headline(results),
        mood=words.mood(results),
        remarks=words.remarks(results),
        tally=words.tally(results),
        parts=words.parts(results),
        findings=[card(each, key_env, full=full) for each in found],
        known=[card(each, key_env, full=1) for each in known],
        unverified=words.unverified(results),
        choices=[each for each in results["choices"] if each["observed"] is not None],
        unseen=[each for each in results["choices"] if each["observed"] is None],
        carded={
            item["id"] for each in [*found, *known] for item in [each.requirement, *each.explained]
        },
        contract_findings=[_decision(each) for each in results["contract_findings"]],
        facts=_facts(results),
        style=Markup(style),
        script=Markup(script),
        policy=_policy(style, script),
    )
    return page + "\n"


def _decision(finding: Any) -> dict[str, Any]:
    message, _, decision = finding["message"].partition("Decision:")
    decision = decision.strip()
    return {**finding, "message": message.strip(), "decision": decision[:1].upper() + decision[1:]}


def _facts(results: Results) -> list[tuple[str, str, str | None]]:
    """What identifies the run: name, value, and a machine-readable time where it is one."""
    run, summary, contract = results["run"], results["summary"], results["contract"]
    latency = summary["latency_ms"]
    gate = {0: "passed", 1: "failed"}.get(run["exit_code"], "undecided")
    facts: list[tuple[str, str, str | None]] = [
        ("Started", _when(run["started"]), run["started"]),
        ("Took", duration(run["seconds"]), None),
        ("Requests", number(summary["requests"]), None),
    ]
    if latency["p50"] is not None:
        shown = (f"{key} {latency[key]:,.0f}" for key in ("p50", "p95", "max"))
        facts.append(("Latency, ms", " · ".join(shown), None))
    asked = "musts only: " if run["gate"] == "must" else ""
    facts.append(("Gate", f"{asked}{gate} (exit {run['exit_code']})", None))
    facts.append(("Contract", f"{contract['title']} {contract['version']}", None))
    facts.append(("Suite", results["suite"]["version"], None))
    facts.append(("Run", run["id"], None))
    facts.append(("Seed", str(run["seed"]), None))
    return facts


def _when(started: str) -> str:
    try:
        time = datetime.fromisoformat(started)
    except ValueError:
        return started
    offset = time.utcoffset()
    zone = "" if offset is None else " UTC" if not offset else time.strftime(" %z")
    return f"{time:%Y-%m-%d %H:%M}{zone}"


def _policy(style: str, script: str) -> str:
    return (
        f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _asset(name: str) -> str:
    return (TEMPLATES / name).read_text("utf-8").strip()


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["attr"] = one_line
    environment.filters["clip"] = marked
    environment.filters["prose"] = prose
    environment.filters["plural"] = plural
    environment.filters["number"] = number
    environment.filters["words"] = words.WORDS.__getitem__
    environment.globals["answer"] = words.ending
    environment.globals["tries"] = words.tries
    return environment


def _shown(value: Any) -> Any:
    """What `{{ value }}` prints: text made harmless, numbers as they are."""
    return marked(value) if isinstance(value, str) and not isinstance(value, Markup) else value
