"""index.html: one self-contained file that anyone can open, read, print and forward."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from reports import words
from reports.cards import FULL, card
from reports.curl import KEY_ENV
from reports.page import TEMPLATES as TEMPLATES
from reports.page import asset, environment, policy, when
from reports.text import duration, number
from reports.words import Results

# With more findings than this each shows one failure in full, so that the file stays small.
MANY = 60


def render(results: Results) -> str:
    """The page. It loads nothing, and runs nothing but its own script, by its hash."""
    style, script = asset("report.css"), asset("report.js")
    found = words.findings(results)
    key_env = results["target"].get("api_key_env", KEY_ENV)
    full = FULL if len(found) <= MANY else 1
    known = [words.Finding(r, r["failures"]) for r in words.with_verdict(results, "known")]
    page = (
        environment()
        .get_template("report.html.j2")
        .render(
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
                item["id"]
                for each in [*found, *known]
                for item in [each.requirement, *each.explained]
            },
            contract_findings=[_decision(each) for each in results["contract_findings"]],
            facts=_facts(results),
            style=Markup(style),
            script=Markup(script),
            policy=policy(style, script),
        )
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
        ("Started", when(run["started"]), run["started"]),
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
