"""junit.xml: one test case per promise, for CI servers.

Jenkins takes it by the schema of its xUnit plugin; its test suite follows Surefire's too, but for
the timestamp, which that has no attribute for.
"""

from __future__ import annotations

import io

from junitparser import Error, Failure, JUnitXml, Skipped, TestCase, TestSuite
from junitparser.junitparser import Attr, FinalResult

from reports.text import plain
from reports.words import Item, Results, ending, headline, tries

SHOWN = 3


class _Case(TestCase):
    """A test case with the attribute that both schemas have for a category."""

    group = Attr("group")


def junit(results: Results) -> str:
    """The text of junit.xml.

    `classname` is the part of the contract, `name` the promise's id and `group` its level. Broken
    is a failure, inconclusive an error, untested and known deviations are skipped; the message
    says why. No time is measured for a single promise.
    """
    run = results["run"]
    suite = TestSuite("adapty-conformance")
    for name, value in {
        "answer": headline(results),
        "target": results["target"]["url"],
        "contract": f"{results['contract']['title']} {results['contract']['version']}",
        "suite": results["suite"]["version"],
        "run": run["id"],
        "seed": str(run["seed"]),
    }.items():
        suite.add_property(name, plain(value))
    for item in results["requirements"]:
        case = _Case(plain(item["id"]), plain(item["part"]), 0.0)
        case.group = item["level"]
        outcome = _outcome(item)
        if outcome is not None:
            case.result = [outcome]
        suite.add_testcase(case)
    suite.timestamp = plain(run["started"])
    suite.update_statistics()  # type: ignore[no-untyped-call]
    xml = JUnitXml("adapty-conformance")
    xml.add_testsuite(suite)
    # Not update_statistics: it counts the skipped too, which Jenkins allows in a suite only.
    xml.tests, xml.failures, xml.errors = suite.tests, suite.failures, suite.errors
    xml.time = suite.time = round(run["seconds"], 3)
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
        return Skipped(plain(f"Known deviation: {known['reason']}{until}"))
    if verdict == "untested":
        return Skipped(plain(reason))
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
