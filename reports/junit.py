"""junit.xml: one test case per promise, for CI servers."""

from __future__ import annotations

import io

from junitparser import Error, Failure, JUnitXml, Skipped, TestCase, TestSuite
from junitparser.junitparser import FinalResult

from reports.text import plain
from reports.words import Item, Results, ending, headline, tries

SHOWN = 3


def junit(results: Results) -> str:
    """The text of junit.xml.

    `classname` is the part of the contract and `name` the promise's id. Broken is a failure,
    inconclusive an error, untested and known deviations are skipped; the message says why.
    """
    suite = TestSuite("adapty-conformance")
    for item in results["requirements"]:
        case = TestCase(plain(item["id"]), plain(item["part"]), 0.0)
        outcome = _outcome(item)
        if outcome is not None:
            case.result = [outcome]
        suite.add_testcase(case)
    run = results["run"]
    suite.timestamp = plain(run["started"])
    suite.update_statistics()  # type: ignore[no-untyped-call]
    suite.time = run["seconds"]
    for name, value in {
        "answer": headline(results),
        "target": results["target"]["url"],
        "contract": f"{results['contract']['title']} {results['contract']['version']}",
        "suite": results["suite"]["version"],
        "run": run["id"],
        "seed": str(run["seed"]),
    }.items():
        suite.add_property(name, plain(value))
    xml = JUnitXml("adapty-conformance")
    xml.add_testsuite(suite)
    xml.update_statistics()  # type: ignore[no-untyped-call]
    xml.time = run["seconds"]
    buffer = io.BytesIO()
    xml.write(buffer, pretty=False)
    return buffer.getvalue().decode("utf-8")


def _outcome(item: Item) -> FinalResult | None:
    verdict, reason = item["verdict"], item["reason"] or "No reason was recorded."
    if verdict == "pass":
        return None
    if verdict == "known":
        known = item["known"] or {"reason": reason, "until": None}
        until = f" (until {known['until']})" if known["until"] else ""
        return Skipped(plain(f"Known deviation: {known['reason']}{until}"), item["level"])
    if verdict == "untested":
        return Skipped(plain(reason), item["level"])
    if verdict == "inconclusive":
        return Error(plain(reason), item["level"])
    failures = item["failures"]
    first = failures[0]["message"] if failures else reason
    result = Failure(plain(first), item["level"])
    result.text = plain(_details(item), 20_000)
    return result


def _details(item: Item) -> str:
    source = item["source"]
    quote = f"“{source['quote']}”, " if source["quote"] else ""
    lines = [item["statement"], f"{quote}line {source['line']}, {source['pointer']}"]
    for failure in item["failures"][:SHOWN]:
        lines += ["", failure["message"]]
        if failure["change"]:
            lines.append(f"change    {failure['change']['words']}")
        lines.append(f"expected  {failure['expected']}")
        lines.append(f"actual    {failure['actual']}")
        lines.append(f"answer    {ending(failure)} ({tries(failure)})")
        lines += [failure["curl"], f"adapty-conformance replay {failure['case']}"]
    if len(item["failures"]) > SHOWN:
        lines += ["", f"and {len(item['failures']) - SHOWN} more in results.json"]
    return "\n".join(line[:4000] for line in lines)
