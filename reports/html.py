"""index.html: one self-contained file that anyone can open, read, print and forward."""

from __future__ import annotations

from collections import Counter
from typing import Any

from markupsafe import Markup

from conformance.journal import Record
from reports import words
from reports.cards import FULL, card
from reports.changes import Changes, groups
from reports.changes import headline as changed
from reports.charts import discoveries, latency
from reports.curl import KEY_ENV
from reports.exchanges import View
from reports.page import asset, environment, policy, when
from reports.proof import proofs, samples
from reports.remarks import remarks
from reports.text import duration, number
from reports.words import Results

# With more findings than this each shows one failure in full, so that the file stays small.
MANY = 60


def render(results: Results, record: Record | None = None, since: Changes | None = None) -> str:
    """The page. It loads nothing, and runs nothing but its own script, by its hash.

    `record` is what the exchanges that show a promise kept are taken from, `since` what changed
    since the run before.
    """
    style, script = asset("report.css"), asset("filters.js", "report.js")
    found = words.findings(results)
    key_env = results["target"].get("api_key_env", KEY_ENV)
    full = FULL if len(found) <= MANY else 1
    known = [words.Finding(r, r["failures"]) for r in words.with_verdict(results, "known")]
    cards = [card(each, key_env, full=full) for each in found]
    agreed = [card(each, key_env, full=1) for each in known]
    shown = samples(results, record, _controls(cards + agreed)) if record else []
    made = {item["id"] for each in [*found, *known] for item in [each.requirement, *each.explained]}
    page = environment().get_template("report.html.j2")
    text = page.render(
        results=results,
        headline=words.headline(results),
        mood=words.mood(results),
        remarks=remarks(results),
        tally=words.tally(results),
        parts=words.parts(results),
        observable=words.observable(results),
        levels=Counter(item["level"] for item in results["requirements"]),
        discoveries=discoveries(results),
        latency=latency(results),
        since=_since(since) if since else None,
        fresh={each.id for each in since.broken} if since else set(),
        findings=cards,
        lead=words.explaining(results, found),
        known=agreed,
        unverified=words.unverified(results),
        choices=[each for each in results["choices"] if each["observed"] is not None],
        unseen=[each for each in results["choices"] if each["observed"] is None],
        carded=made,
        proofs=proofs(results, record) if record else None,
        samples=shown,
        sampled={each["id"] for each in shown},
        contract_findings=[_decision(each) for each in results["contract_findings"]],
        facts=_facts(results),
        style=Markup(style),
        script=Markup(script),
        policy=policy(style, script),
    )
    return text + "\n"


def _since(since: Changes) -> dict[str, Any]:
    return {
        "headline": changed(since),
        "groups": groups(since),
        "caveats": since.caveats,
    }


def _controls(cards: list[View]) -> set[str]:
    """The exchanges that show the controls of the failures that are told in full."""
    return {one["control"] for each in cards for one in each["failures"] if one["control"]}


def _decision(finding: Any) -> dict[str, Any]:
    message, _, decision = finding["message"].partition("Decision:")
    decision = decision.strip()
    return {**finding, "message": message.strip(), "decision": decision[:1].upper() + decision[1:]}


def _facts(results: Results) -> list[tuple[str, str, str | None]]:
    """What identifies the run: name, value, and a machine-readable time where it is one."""
    run, summary, contract = results["run"], results["summary"], results["contract"]
    facts: list[tuple[str, str, str | None]] = [
        ("Started", when(run["started"]), run["started"]),
        ("Took", duration(run["seconds"]), None),
        ("Requests", number(summary["requests"]), None),
    ]
    if summary.get("statuses"):
        told = (f"{status} × {number(count)}" for status, count in summary["statuses"].items())
        facts.append(("Answers", ", ".join(told), None))
    asked = "musts only: " if run["gate"] == "must" else ""
    facts.append(("Gate", f"{asked}{words.gate(results)} (exit {run['exit_code']})", None))
    facts.append(("Contract", f"{contract['title']} {contract['version']}", None))
    facts.append(("Suite", results["suite"]["version"], None))
    facts.append(("Run", run["id"], None))
    facts.append(("Seed", str(run["seed"]), None))
    return facts
