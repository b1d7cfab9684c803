"""The answer, or what changed, as Markdown: for the summary of a CI job or a comment on a pull
request. What a target sent and the contract says is in it through `reports.markup` only."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from reports.changes import Change, Changes, ChoiceChange, groups, reasons, rooted, seen, turn
from reports.changes import headline as changed_headline
from reports.curl import KEY_ENV
from reports.markup import cell, code, fenced, fitting, prose, table
from reports.page import when
from reports.remarks import remarks
from reports.text import duration, number, plural
from reports.words import (
    Finding,
    Item,
    Results,
    clause,
    explaining,
    findings,
    gate,
    headline,
    tally,
    tries,
    unverified,
    with_verdict,
)

# GitHub takes 1 MiB for the summaries of a step, and 65,536 characters for a comment.
SUMMARY_BYTES, COMMENT_BYTES = 200_000, 60_000
ROWS, DETAILS, LISTED = 20, 10, 10
_LONGEST_CURL = 4000


def markdown(
    results: Results, changes: Changes | None = None, *, limit: int = SUMMARY_BYTES
) -> str:
    """The answer, what changed, the findings, and what was excused or not verified.

    It has at most `limit` bytes: a finding's details, or whatever else finds no room, is left out.
    """
    return fitting(_blocks(results, changes), limit)


def changes_markdown(changes: Changes, *, limit: int = COMMENT_BYTES) -> str:
    """What changed between two runs, as a comment; at most `limit` bytes."""
    return fitting([f"## {changed_headline(changes)}", *_changed(changes, "###")], limit)


def _blocks(results: Results, changes: Changes | None) -> Iterator[str]:
    found = findings(results)
    yield f"## {headline(results)}"
    yield " · ".join(f"{number(count)} {word}" for word, count, _ in tally(results))
    yield from (cell(each, 500) for each in remarks(results))
    yield _facts(results)
    if changes is not None:
        yield f"### Since the run before: {clause(changed_headline(changes))}"
        yield from _changed(changes, "####")
    if found:
        yield "### Findings"
        yield explaining(results, found)
        yield table(
            ("Level", "Promise", "Sent", "What came", "Contract"),
            (_row(each) for each in found[:ROWS]),
        )
        if len(found) > ROWS:
            yield f"{number(len(found) - ROWS)} more in the report."
        key = results["target"].get("api_key_env", KEY_ENV)
        yield f"The curl lines take the key from {code(key)}."
        yield from (_details(n, each) for n, each in enumerate(found[:DETAILS], 1))
    yield from _known(results)
    yield from _not_verified(results)


def _facts(results: Results) -> str:
    contract, run, summary = results["contract"], results["run"], results["summary"]
    asked = ", musts only" if run["gate"] == "must" else ""
    contract_name = f"{contract['title']} {contract['version']}"
    return "\n".join(
        [
            f"- Target: {code(results['target']['url'])}",
            f"- Contract: {cell(contract_name)}, {code(contract['operation'])}",
            f"- Run: {plural(summary['requests'], 'request')} in {duration(run['seconds'])}, "
            f"{cell(when(run['started']))}, seed {run['seed']}, "
            f"suite {code(results['suite']['version'])}",
            f"- Gate: {gate(results)}{asked}",
        ]
    )


def _row(finding: Finding) -> list[str]:
    item = finding.requirement
    promise = _promise(item["statement"], item["id"], len(finding.explained))
    return [item["level"], promise, *_evidence(_first(finding)), f"line {item['source']['line']}"]


def _promise(statement: str, key: str, explained: int) -> str:
    told = f"{prose(statement, 200)}<br>{code(key, 120)}"
    if not explained:
        return told
    return f"{told}<br>explains {plural(explained, 'other')}"


def _first(finding: Finding) -> Item | None:
    return next(iter(finding.failures), None)


def _evidence(failure: Item | None) -> tuple[str, str]:
    """What was sent, and what came."""
    if failure is None:
        return "", ""
    sent = code(failure["change"]["words"], 160) if failure["change"] else ""
    return sent, cell(failure["actual"].removesuffix("."), 160)


def _details(index: int, finding: Finding) -> str:
    item, failure = finding.requirement, _first(finding)
    source = item["source"]
    quote = f"“{prose(source['quote'], 300)}”, " if source["quote"] else ""
    lines = [
        f"<details><summary>{index}. {_name(item['id'])}</summary>",
        prose(item["statement"]),
        f"> {quote}line {source['line']}, {code(source['pointer'])}",
    ]
    if failure is not None:
        facts = [f"- Case: {code(failure['case'])}"]
        if failure["change"]:
            facts.append(f"- Sent: {code(failure['change']['words'])}")
        facts.append(f"- Expected: {cell(failure['expected'])}")
        facts.append(f"- Actual: {cell(failure['actual'])} ({tries(failure)})")
        lines += ["\n".join(facts), *_curl(failure["curl"])]
    if finding.explained:
        ids = [item["id"] for item in finding.explained]
        lines.append(f"Explains {_listed(ids)}.")
    return "\n\n".join([*lines, "</details>"])


def _name(key: str) -> str:
    """An id in HTML: only one that is nothing but words and dots."""
    return key if re.fullmatch(r"[\w.-]{1,120}", key, re.ASCII) else "another promise"


def _curl(line: str) -> list[str]:
    if len(line) > _LONGEST_CURL:
        return ["The curl line is too long to stand here; the report has it."]
    return [fenced(line, "bash")] if line else []


def _listed(ids: Sequence[str]) -> str:
    """Some ids, and how many more there are."""
    shown = [code(key, 120) for key in ids[:LISTED]]
    if len(ids) > LISTED:
        shown.append(f"{number(len(ids) - LISTED)} more")
    return ", ".join(shown)


def _known(results: Results) -> Iterator[str]:
    items = with_verdict(results, "known")
    if items:
        yield f"### {plural(len(items), 'known deviation')}"
        yield _list([_excused(item) for item in items])


def _excused(item: Item) -> str:
    known = item["known"]
    end = f" (until {code(known['until'], 40)})" if known["until"] else ""
    return f"{code(item['id'], 120)}: {cell(known['reason'])}{end}"


def _not_verified(results: Results) -> Iterator[str]:
    found = unverified(results)
    if found:
        yield "### Not verified"
        yield _list(
            [
                f"{plural(each.size, 'promise')} {each.verdict}: {cell(each.reason)}"
                for each in found
            ]
        )


def _changed(changes: Changes, head: str) -> Iterator[str]:
    """The changes below their headline."""
    if changes.caveats:
        yield "\n".join(f"- {cell(each, 500)}" for each in changes.caveats)
    for name, group in groups(changes):
        yield f"{head} {number(len(group))} {name}"
        if group is changes.broken:
            roots = rooted(changes)
            yield table(
                ("Level", "Promise", "Verdict", "Sent", "What came"),
                (_newly(*each) for each in roots[:ROWS]),
            )
            if len(roots) > ROWS:
                yield f"{number(len(roots) - ROWS)} more in the report."
        elif group is changes.lost:
            yield _list([f"{plural(n, 'promise')}: {cell(why)}" for why, n in reasons(group)])
        else:
            told = group in (changes.fixed, changes.excused, changes.gained)
            yield _list(
                [_entry(each) if told else f"{_entry(each)} ({turn(each)})" for each in group]
            )
    if changes.choices:
        yield f"{head} {plural(len(changes.choices), 'choice')} changed"
        yield _list([_choice(each) for each in changes.choices])
    if changes.still:
        yield f"{plural(len(changes.still), 'promise is', 'promises are')} still broken."


def _newly(change: Change, following: Sequence[Change]) -> list[str]:
    promise = _promise(change.statement, change.id, len(following))
    return [change.level, promise, turn(change), *_evidence(change.failure)]


def _entry(change: Change) -> str:
    return f"{code(change.id, 120)}: {prose(change.statement, 200)}"


def _choice(change: ChoiceChange) -> str:
    before, after = (cell(each, 160) for each in seen(change))
    return f"{prose(change.statement, 160)}: {before} → {after}"


def _list(entries: Sequence[str]) -> str:
    """The first entries, and how many more there are."""
    lines = [f"- {each}" for each in entries[:LISTED]]
    if len(entries) > LISTED:
        lines.append(f"- {number(len(entries) - LISTED)} more")
    return "\n".join(lines)
