"""The JUnit report: each promise with its verdict, as Jenkins and Surefire know it."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from xml.etree import ElementTree

import pytest
from junitparser import Error, Failure, JUnitXml, Skipped
from xmlschema import XMLSchema10

from reports.junit import junit
from reports.text import plain
from tests import reports_sample as sample

SCHEMAS = Path(__file__).parent / "schemas"


@cache
def schema(name: str) -> XMLSchema10:
    return XMLSchema10(SCHEMAS / name)


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


def test_jenkins_takes_it(results: sample.Results) -> None:
    schema("junit-10.xsd").validate(ElementTree.fromstring(junit(results)))


def test_its_suite_is_one_of_surefire_but_for_the_timestamp(results: sample.Results) -> None:
    (suite,) = ElementTree.fromstring(junit(results))
    del suite.attrib["timestamp"]
    schema("surefire-test-report.xsd").validate(suite)


@pytest.mark.parametrize(
    ("seconds", "told"), [(2.13, "2.13"), (7, "7"), (0.00001, "0.0"), (4321.98765, "4321.988")]
)
def test_any_time_is_one_for_both(seconds: float, told: str) -> None:
    results = sample.conformant()
    results["run"]["seconds"] = seconds
    root = ElementTree.fromstring(junit(results))
    (suite,) = root
    assert (root.get("time"), suite.get("time")) == (told, told)
    schema("junit-10.xsd").validate(root)
    del suite.attrib["timestamp"]
    schema("surefire-test-report.xsd").validate(suite)


def test_the_level_is_the_group_of_every_case() -> None:
    (suite,) = ElementTree.fromstring(junit(sample.folded()))
    levels = {case.get("name"): case.get("group") for case in suite.iter("testcase")}
    assert levels == {item["id"]: item["level"] for item in sample.conformant()["requirements"]}
    assert levels["request.body.gender.enum"] == "must"
    assert levels["robustness.server_error"] == "should"


def test_the_root_counts_what_the_suite_counts() -> None:
    root = ElementTree.fromstring(junit(sample.folded()))
    assert root.attrib == {
        "name": "adapty-conformance", "tests": "261", "failures": "7", "errors": "2",
        "time": "2.13",
    }  # fmt: skip
    assert root[0].get("skipped") == "70"
    assert root[0].get("timestamp") == "2026-11-24T14:02:01+00:00"
