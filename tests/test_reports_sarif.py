"""results.sarif: valid SARIF 2.1.0, and what code scanning would show of it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from reports.sarif import sarif
from reports.text import has_hidden
from tests import reports_sample as sample

SCHEMA = Path(__file__).parent / "schemas" / "sarif-schema-2.1.0.json"

# RFC 3986: what a URI reference without a scheme may be made of.
RELATIVE = re.compile(r"(?:[\w.~!$&'()*+,;=@/-]|%[0-9A-F]{2})+", re.ASCII)


@cache
def schema() -> Draft7Validator:
    return Draft7Validator(json.loads(SCHEMA.read_text("utf-8")))


def run(results: sample.Results) -> dict[str, Any]:
    """The one run of the log that is made of `results`."""
    (made,) = json.loads(sarif(results))["runs"]
    assert isinstance(made, dict)
    return made


def result(made: dict[str, Any], key: str) -> dict[str, Any]:
    (found,) = [each for each in made["results"] if each["ruleId"] == key]
    assert isinstance(found, dict)
    return found


def texts(value: Any) -> Iterator[str]:
    """Every text in a JSON document, names of members included."""
    if isinstance(value, dict):
        yield from value
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from texts(each)
    elif isinstance(value, str):
        yield value


def test_it_is_what_the_standard_says(results: sample.Results) -> None:
    text = sarif(results)
    assert text.isascii()
    log = json.loads(text)
    assert (log["version"], len(log["runs"])) == ("2.1.0", 1)
    assert [error.message for error in schema().iter_errors(log)] == []


def test_the_schema_would_find_a_mistake() -> None:
    log = json.loads(sarif(sample.three_findings()))
    log["runs"][0]["results"][0]["level"] = "fatal"
    del log["runs"][0]["tool"]
    assert len(list(schema().iter_errors(log))) == 2


def test_the_same_results_give_the_same_text(results: sample.Results) -> None:
    assert sarif(results) == sarif(json.loads(json.dumps(results)))


def test_nothing_in_it_hides(results: sample.Results) -> None:
    assert [text for text in texts(json.loads(sarif(results))) if has_hidden(text)] == []


def test_ten_thousand_failures_are_one_result() -> None:
    text = sarif(sample.many(10_000))
    log = json.loads(text)
    assert [error.message for error in schema().iter_errors(log)] == []
    (found,) = log["runs"][0]["results"]
    assert found["occurrenceCount"] == 10_000
    assert "9,999 more in results.json." in found["message"]["text"]
    assert len(text) < len(sarif(sample.many(1))) + 100


def test_a_finding_is_a_result_at_its_line() -> None:
    made = run(sample.three_findings())
    told = []
    for each in made["results"]:
        (location,) = each["locations"]
        region = location["physicalLocation"]["region"]
        told.append((each["ruleId"], each["kind"], each["level"], region["startLine"]))
    assert told == [
        ("request.body.gender.enum", "fail", "error", 156),
        ("auth.wrong_key", "fail", "error", 587),
        ("echo.custom_attributes", "fail", "warning", 219),
    ]
    assert result(made, "request.body.gender.enum")["locations"] == [
        {
            "physicalLocation": {
                "artifactLocation": {"uri": "create-profile.openapi.yaml", "index": 0},
                "region": {
                    "startLine": 156,
                    "endLine": 159,
                    "snippet": {"text": "enum:\n  - f\n  - m\n  - o"},
                },
            },
            "logicalLocations": [
                {
                    "name": "enum",
                    "fullyQualifiedName": (
                        "/components/schemas/ProfileRequest/properties/gender/enum"
                    ),
                    "properties": {"part": "request body"},
                }
            ],
        }
    ]


def test_every_region_is_what_stands_there() -> None:
    lines = sample.CONTRACT.document.text
    for each in run(sample.all_failing())["results"]:
        region = each["locations"][0]["physicalLocation"]["region"]
        stands = lines[region["startLine"] - 1 : region["endLine"]]
        assert [line.strip() for line in stands] == [
            line.strip() for line in region["snippet"]["text"].split("\n")
        ]


def test_a_message_says_what_is_wrong_and_how_to_see_it_again() -> None:
    made = run(sample.three_findings())
    assert result(made, "request.body.gender.enum")["message"]["text"].splitlines() == [
        'The gender "F" is accepted.',
        "Promised: gender is one of f, m, o.",
        'Change: gender "f" → "F"',
        "Expected: A refusal: any 4xx.",
        "Actual: 200 OK, as if it were valid.",
        "Answer: 200 OK (2 of 2 tries)",
        "5 more in results.json.",
        "Again: adapty-conformance replay request-body/gender-enum-0",
    ]


def test_the_first_line_of_a_message_is_a_sentence() -> None:
    results = sample.three_findings()
    item = sample.requirement(results, "auth.wrong_key")
    item["failures"][0]["message"] = "accepted with 200, the contract says 401"
    text = result(run(results), "auth.wrong_key")["message"]["text"]
    assert text.splitlines()[0] == "Accepted with 200, the contract says 401."


def test_what_a_finding_explains_is_no_result_but_linked() -> None:
    made = run(sample.folded())
    assert [each["ruleId"] for each in made["results"]] == [
        "request.body.gender.enum", "auth.wrong_key", "robustness.server_error",
        "robustness.connection", "echo.custom_attributes",
        "request.body.store_account_token.format",
    ]  # fmt: skip
    crash = result(made, "robustness.server_error")
    told = [
        (each["id"], each["message"]["text"], each["physicalLocation"]["region"]["startLine"])
        for each in crash["relatedLocations"]
    ]
    assert told == [
        (1, "birthday is a date.", 172),
        (2, "A request that is not accepted is refused with a 4xx status.", 59),
    ]
    assert (
        "\nExplains [request.body.birthday.format](1), [rejection.status](2).\n"
        in (crash["message"]["text"])
    )


def test_a_finding_that_explains_a_must_is_an_error() -> None:
    results = sample.folded()
    assert result(run(results), "robustness.server_error")["level"] == "warning"
    sample.requirement(results, "rejection.status")["level"] = "must"
    assert result(run(results), "robustness.server_error")["level"] == "error"


def test_what_a_finding_explains_in_part_is_told_apart() -> None:
    results = sample.three_findings()
    item = sample.requirement(results, "auth.wrong_key")
    other = {**item["failures"][0], "cause": "request.body.gender.enum"}
    item["failures"].append(other)
    made = run(results)
    assert result(made, "auth.wrong_key")["occurrenceCount"] == 1
    text = result(made, "request.body.gender.enum")["message"]["text"]
    assert "\nExplains some failures of [auth.wrong_key](1).\n" in text
    assert text.count("Explains") == 1


def test_no_more_than_ten_links_are_in_a_message() -> None:
    results = sample.all_failing()
    for item in results["requirements"]:
        if item["id"] != "robustness.server_error":
            item["failures"][0]["cause"] = "robustness.server_error"
    (found,) = run(results)["results"]
    assert len(found["relatedLocations"]) == sample.TOTAL - 1
    assert len(re.findall(r"\]\(\d+\)", found["message"]["text"])) == 10
    assert f", {sample.TOTAL - 11} more.\n" in found["message"]["text"]


def test_a_known_deviation_is_suppressed() -> None:
    made = run(sample.folded())
    suppressed = [each for each in made["results"] if "suppressions" in each]
    assert [each["ruleId"] for each in suppressed] == ["request.body.store_account_token.format"]
    assert suppressed[0]["suppressions"] == [
        {
            "kind": "external",
            "status": "accepted",
            "justification": "The SDK of 2019 sends them so. (until 2027-03-31)",
        }
    ]
    assert suppressed[0]["message"]["text"] == "A UUID without dashes is accepted."
    assert suppressed[0]["level"] == "warning"


def test_a_known_deviation_needs_neither_an_end_nor_a_failure() -> None:
    results = sample.folded()
    item = sample.requirement(results, "request.body.store_account_token.format")
    item.update(failures=[], known={"reason": "So it is.", "until": None})
    found = result(run(results), "request.body.store_account_token.format")
    assert found["suppressions"][0]["justification"] == "So it is."
    assert found["message"]["text"] == "store_account_token is a UUID."
    assert "webRequest" not in found


def test_what_could_not_be_judged_is_a_notification() -> None:
    made = run(sample.folded())
    (invocation,) = made["invocations"]
    told = [
        (each["level"], each["associatedRule"]["id"], each["message"]["text"])
        for each in invocation["toolExecutionNotifications"]
    ]
    assert told == [
        (
            "note",
            "robustness.hang",
            "No input leaves the client without an answer. "
            "The control was answered with 429 five times.",
        ),
        (
            "note",
            "timestamp.response_time",
            "The timestamp is the time of the response in milliseconds. "
            "The control was answered with 429 five times.",
        ),
    ]


def test_every_promise_is_a_rule(results: sample.Results) -> None:
    made = run(results)
    rules = made["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == [item["id"] for item in results["requirements"]]
    notes = made["invocations"][0]["toolExecutionNotifications"]
    referred = [(each["ruleId"], each["ruleIndex"]) for each in made["results"]]
    referred += [
        (each["associatedRule"]["id"], each["associatedRule"]["index"])
        for each in notes
        if "associatedRule" in each
    ]
    assert [rules[index]["id"] for _, index in referred] == [key for key, _ in referred]
    for rule in rules:
        for name in ("shortDescription", "fullDescription"):
            assert 0 < len(rule[name]["text"]) <= 1024


def test_a_rule_quotes_the_vendor() -> None:
    rules = {rule["id"]: rule for rule in run(sample.conformant())["tool"]["driver"]["rules"]}
    assert rules["request.body.email.format"] == {
        "id": "request.body.email.format",
        "shortDescription": {"text": "email is an e-mail address."},
        "fullDescription": {"text": "email is an e-mail address. (line 164)"},
        "help": {
            "text": "email is an e-mail address.\n\n"
            "Line 164 of create-profile.openapi.yaml, "
            "#/components/schemas/ProfileRequest/properties/email/format\n\n"
            "format: email"
        },
        "defaultConfiguration": {"level": "warning"},
        "properties": {
            "level": "should", "part": "request body", "tags": ["should", "request body"],
        },
    }  # fmt: skip
    quoting = next(
        item for item in sample.conformant()["requirements"] if item["id"] == "auth.wrong_key"
    )
    quote = quoting["source"]["quote"].replace("**", "").replace("`", "")
    assert f"“{quote}”" in rules["auth.wrong_key"]["help"]["text"]
    assert f"“{quote}”" in rules["auth.wrong_key"]["fullDescription"]["text"]


def test_a_long_statement_is_cut_to_what_github_takes() -> None:
    results = sample.conformant()
    results["requirements"][0]["statement"] = "very " * 1000 + "long."
    rule = run(results)["tool"]["driver"]["rules"][0]
    for name in ("shortDescription", "fullDescription"):
        assert rule[name]["text"] == ("very " * 205)[:1023] + "…"


def test_a_result_is_the_same_in_the_next_run() -> None:
    first, then = run(sample.three_findings()), run(sample.folded())
    prints = [each["partialFingerprints"] for each in then["results"]]
    assert len({each["primaryLocationLineHash"] for each in prints}) == len(prints)
    for each in first["results"]:
        assert each["partialFingerprints"] == (result(then, each["ruleId"])["partialFingerprints"])
    assert result(first, "auth.wrong_key")["partialFingerprints"] == {
        "primaryLocationLineHash": "f73248f71477ebe7:1",
        "requirement/v1": "auth.wrong_key",
    }


def test_the_exchange_is_there() -> None:
    found = result(run(sample.three_findings()), "auth.wrong_key")
    body = sample.CONTRACT.example
    assert json.loads(found["webRequest"].pop("body")["text"]) == body
    assert found["webRequest"] == {
        "protocol": "HTTP",
        "method": "POST",
        "target": "/api/v2/server-side-api/profile/",
        "headers": {
            "Authorization": "Api-Key ${ADAPTY_API_KEY%?}",
            "adapty-customer-user-id": "conformance-3f9c-31",
            "Content-Type": "application/json",
        },
    }
    assert json.loads(found["webResponse"].pop("body")["text"]) == sample.profile(31)
    assert found["webResponse"] == {
        "protocol": "HTTP",
        "statusCode": 200,
        "reasonPhrase": "OK",
        "headers": {"content-type": "application/json", "content-length": "351"},
    }


def test_the_exchange_is_the_last_of_several() -> None:
    results = sample.three_findings()
    shown = [sample.exchange(number, "{}", status=number) for number in (201, 202)]
    sample.requirement(results, "auth.wrong_key")["failures"][0]["exchanges"] = shown
    found = result(run(results), "auth.wrong_key")
    assert found["webResponse"]["statusCode"] == 202
    assert found["webRequest"]["headers"]["adapty-customer-user-id"] == "conformance-3f9c-202"


def test_no_answer_is_said() -> None:
    hang = result(run(sample.folded()), "robustness.connection")
    assert hang["webResponse"] == {"noResponseReceived": True, "reasonPhrase": "timeout"}


def test_bodies_are_bounded_and_bytes_are_base64() -> None:
    results = sample.three_findings()
    shown = sample.exchange(1, None, answer="x" * 100_000)
    shown["request"]["body_base64"] = "AP//" * 1000
    shown["response"]["headers"] = [["Set-Cookie", "a=1"], ["Set-Cookie", "b=2"]]
    sample.requirement(results, "auth.wrong_key")["failures"][0]["exchanges"] = [shown]
    found = result(run(results), "auth.wrong_key")
    assert found["webRequest"]["body"] == {
        "binary": "AP//" * 500, "properties": {"truncated": True},
    }  # fmt: skip
    assert found["webResponse"]["body"] == {"text": "x" * 2000 + "… (98,000 more characters)"}
    assert found["webResponse"]["headers"] == {"Set-Cookie": "a=1, b=2"}


def test_a_target_cannot_make_a_link() -> None:
    results = sample.three_findings()
    failure = sample.requirement(results, "auth.wrong_key")["failures"][0]
    link = "[safe](https://evil.example) [](0)"
    failure.update(case=link, message=link, expected=link, actual=link)
    failure["change"]["words"] = failure["exchanges"][-1]["response"]["reason"] = link
    text = result(run(results), "auth.wrong_key")["message"]["text"]
    assert text.count("[safe] (https://evil.example) [] (0)") == 6
    assert "](" not in text


@pytest.mark.parametrize(
    ("document", "uri"),
    [
        (None, "create-profile.openapi.yaml"),
        ("spec/create-profile.openapi.yaml", "spec/create-profile.openapi.yaml"),
        ("../our docs/50% #2?.yaml", "../our%20docs/50%25%20%232%3F.yaml"),
        ("a:b.yaml", "a%3Ab.yaml"),
        ("/srv/vertrag-für-alle.yaml", "file:///srv/vertrag-f%C3%BCr-alle.yaml"),
        ("\u202eodd\ud800\n.yaml", "%E2%80%AEodd%3F%0A.yaml"),
    ],
)
def test_the_document_is_named_by_a_uri(document: str | None, uri: str) -> None:
    results = sample.folded()
    if document is not None:
        results["contract"]["document"] = document
    made = run(results)
    assert made["artifacts"][0]["location"] == {"uri": uri}
    located = [*made["results"], *made["invocations"][0]["toolExecutionNotifications"]]
    for each in located:
        for location in [*each["locations"], *each.get("relatedLocations", [])]:
            assert location["physicalLocation"]["artifactLocation"] == {"uri": uri, "index": 0}
    assert RELATIVE.fullmatch(uri.removeprefix("file://"))


def test_the_run_is_told() -> None:
    made = run(sample.three_findings())
    assert made["invocations"] == [
        {
            "executionSuccessful": True,
            "exitCode": 1,
            "startTimeUtc": "2026-11-24T14:02:01.000Z",
            "endTimeUtc": "2026-11-24T14:02:03.130Z",
            "toolExecutionNotifications": [],
        }
    ]
    assert made["automationDetails"] == {
        "id": "adapty-conformance/3f9c",
        "description": {"text": "POST /api/v2/server-side-api/profile/ at http://127.0.0.1:4010"},
    }
    driver = made["tool"]["driver"]
    assert (driver["name"], driver["version"]) == ("adapty-conformance", "0.1.0")
    assert made["properties"] == {
        "answer": "Breaks 3 of 261 promises, 2 of them a must",
        "target": "http://127.0.0.1:4010",
        "seed": 7,
        "requests": 369,
    }


def test_a_time_elsewhere_is_told_in_utc() -> None:
    results = sample.conformant()
    results["run"]["started"] = "2026-11-24T23:30:00.5-02:30"
    (invocation,) = run(results)["invocations"]
    assert invocation["startTimeUtc"] == "2026-11-25T02:00:00.500Z"


@pytest.mark.parametrize("started", ["yesterday", "9999-12-31T23:59:59+00:00", ""])
def test_a_time_that_is_none_is_left_out(started: str) -> None:
    results = sample.conformant()
    results["run"]["started"] = started
    (invocation,) = run(results)["invocations"]
    assert invocation.keys() == {"executionSuccessful", "exitCode", "toolExecutionNotifications"}


def test_a_run_that_stopped_did_not_succeed() -> None:
    (invocation,) = run(sample.stopped())["invocations"]
    assert (invocation["executionSuccessful"], invocation["exitCode"]) == (False, 3)
    assert invocation["toolExecutionNotifications"] == [
        {
            "level": "error",
            "message": {
                "text": "http://127.0.0.1:4010 answers 401 to this key; nothing was tested."
            },
        }
    ]


def test_a_run_s_name_stays_within_its_category() -> None:
    results = sample.conformant()
    results["run"]["id"] = "a/b \ud800"
    assert run(results)["automationDetails"]["id"] == "adapty-conformance/a%2Fb%20%3F"
