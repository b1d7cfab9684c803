"""The JUnit report: each promise with its verdict."""

from __future__ import annotations

from xml.etree import ElementTree

from junitparser import Error, Failure, JUnitXml, Skipped

from reports.junit import junit
from reports.text import plain
from tests import reports_sample as sample


def test_junit_has_every_promise_with_its_verdict(results: sample.Results) -> None:
    text = junit(results)
    ElementTree.fromstring(text)
    suite = next(iter(JUnitXml.fromstring(text.encode())))
    cases = list(suite)
    assert [case.name for case in cases] == [item["id"] for item in results["requirements"]]
    kinds = {"fail": Failure, "inconclusive": Error, "untested": Skipped, "known": Skipped}
    for case, item in zip(cases, results["requirements"], strict=True):
        assert case.classname == plain(item["part"])
        assert [type(each) for each in case.result] == (
            [kinds[item["verdict"]]] if item["verdict"] in kinds else []
        )
    counts = results["summary"]["verdicts"]
    told = (suite.tests, suite.failures, suite.errors, suite.skipped)
    skipped = counts["untested"] + counts["known"]
    assert told == (len(cases), counts["fail"], counts["inconclusive"], skipped)


def test_junit_says_what_failed() -> None:
    suite = next(iter(JUnitXml.fromstring(junit(sample.three_findings()).encode())))
    case = next(case for case in suite if case.name == "request.body.gender.enum")
    assert case.result[0].message == 'The gender "F" is accepted.'
    for part in ("line 156", 'gender "f" → "F"', "200 OK (2 of 2 tries)", "curl -i", "3 more"):
        assert part in case.result[0].text
