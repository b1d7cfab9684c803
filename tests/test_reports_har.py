"""exchanges.har: valid HAR 1.2, and a browser answers from it as the target did."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft6Validator
from referencing import Registry, Resource

from conformance.exchanges import CaseRecord, Exchange, Received, Sent
from conformance.journal import Record
from reports.har import write_har
from tests import reports_sample as sample
from tests.browsing import chromium

SCHEMAS = Path(__file__).parent / "schemas" / "har"
URL = sample.URL + sample.CONTRACT.path
JSON = ("Content-Type", "application/json")
SENT = Sent("POST", URL, (("Authorization", "Api-Key ${ADAPTY_API_KEY}"), JSON), b"{}")
TAKEN = Received(200, "OK", (JSON,), b'{"data": {}}')
EXCHANGE = Exchange(
    "7", "deterministic", "probe", ("case/a", "case/b"), SENT, TAKEN, None,
    1795662555.5, 1795662555.6254,
)  # fmt: skip
NO_ANSWER = replace(EXCHANGE, response=None, trouble="timeout", detail="no whole answer within 5 s")


@cache
def schema() -> Draft6Validator:
    parts = [json.loads(path.read_text("utf-8")) for path in SCHEMAS.glob("*.json")]
    named = ((part["$id"].removesuffix("#"), Resource.from_contents(part)) for part in parts)
    registry: Registry[Any] = Registry().with_resources(named)
    return Draft6Validator({"$ref": "har.json"}, registry=registry)


def text_of(record: Record, results: sample.Results) -> str:
    file = io.StringIO()
    write_har(record, results, file)
    return file.getvalue()


def log_of(*exchanges: Exchange, results: sample.Results | None = None) -> dict[str, Any]:
    """The log of these exchanges, which was found to be valid."""
    cases = {key: CaseRecord(key, (), "refuse", f"{key} in words") for key in ("case/a", "case/b")}
    text = text_of(Record(cases, exchanges, {}), results or sample.conformant())
    assert text.isascii()
    har = json.loads(text)
    assert [error.message for error in schema().iter_errors(har)] == []
    log = har["log"]
    assert isinstance(log, dict)
    return log


def entry_of(exchange: Exchange, results: sample.Results | None = None) -> Any:
    (entry,) = log_of(exchange, results=results)["entries"]
    return entry


def answered(**changes: Any) -> Any:
    """How a response reads that is the usual one but for `changes`."""
    return entry_of(replace(EXCHANGE, response=replace(TAKEN, **changes)))["response"]


def test_the_schema_would_find_a_mistake() -> None:
    har = json.loads(text_of(Record({}, (EXCHANGE,), {}), sample.conformant()))
    del har["log"]["creator"]
    har["log"]["entries"][0]["request"]["headers"][0]["value"] = 1
    assert len(list(schema().iter_errors(har))) == 2


def test_every_exchange_is_an_entry_in_its_order() -> None:
    results = sample.three_findings()
    record = sample.recorded(results, 30)
    har = json.loads(text_of(record, results))
    assert [error.message for error in schema().iter_errors(har)] == []
    entries = har["log"]["entries"]
    assert [each["request"]["_id"] for each in entries] == [each.id for each in record.exchanges]
    assert [each["request"]["postData"]["text"] for each in entries] == [
        each.request.body.decode() for each in record.exchanges
    ]


def test_the_log_says_whose_it_is() -> None:
    log = log_of(results=sample.three_findings())
    assert log["version"] == "1.2"
    assert log["creator"] == {"name": "adapty-conformance", "version": "0.1.0"}
    assert log["comment"] == ("Breaks 3 of 261 promises, 2 of them a must: http://127.0.0.1:4010")
    assert log["entries"] == []


def test_an_entry_is_the_exchange() -> None:
    assert entry_of(EXCHANGE) == {
        "startedDateTime": "2026-11-26T03:09:15.500Z",
        "time": 125.4,
        "request": {
            "method": "POST",
            "url": "http://127.0.0.1:4010/api/v2/server-side-api/profile/",
            "httpVersion": "HTTP/1.1",
            "cookies": [],
            "headers": [
                {"name": "Authorization", "value": "Api-Key ${ADAPTY_API_KEY}"},
                {"name": "Content-Type", "value": "application/json"},
            ],
            "queryString": [],
            "postData": {"mimeType": "application/json", "text": "{}"},
            "headersSize": -1,
            "bodySize": 2,
            "_id": "7",
            "_phase": "deterministic",
            "_role": "probe",
            "_cases": ["case/a", "case/b"],
        },
        "response": {
            "status": 200,
            "statusText": "OK",
            "httpVersion": "unknown",
            "cookies": [],
            "headers": [{"name": "Content-Type", "value": "application/json"}],
            "content": {"size": 12, "mimeType": "application/json", "text": '{"data": {}}'},
            "redirectURL": "",
            "headersSize": -1,
            "bodySize": 12,
        },
        "cache": {},
        "timings": {
            "blocked": -1, "dns": -1, "connect": -1, "ssl": -1, "send": 0, "wait": 125.4,
            "receive": 0, "comment": "Only the whole was measured.",
        },
        "comment": "deterministic, probe: case/a in words; case/b in words",
    }  # fmt: skip


def test_a_control_is_sent_for_no_case() -> None:
    entry = entry_of(replace(EXCHANGE, role="control", cases=()))
    assert (entry["comment"], entry["request"]["_cases"]) == ("deterministic, control", [])


def test_a_clock_that_was_set_back_makes_no_time_below_zero() -> None:
    entry = entry_of(replace(EXCHANGE, received=EXCHANGE.sent - 5))
    assert (entry["time"], entry["timings"]["wait"]) == (0.0, 0.0)


def test_the_promises_that_it_shows_broken_are_named() -> None:
    results = sample.folded()
    request = entry_of(replace(EXCHANGE, id="e70"), results)["request"]
    assert request["_breaks"] == [
        "request.body.birthday.format", "rejection.status", "robustness.server_error",
    ]  # fmt: skip
    assert "_breaks" not in entry_of(replace(EXCHANGE, id="e1"), results)["request"]


def test_what_only_went_before_on_the_connection_breaks_nothing() -> None:
    results = sample.three_findings()
    item = sample.requirement(results, "auth.wrong_key")
    before = sample.exchange(30, "{}")
    item["failures"][0]["exchanges"].insert(0, before)
    first, last = replace(EXCHANGE, id="e30"), replace(EXCHANGE, id="e31", follows="e30")
    stream = io.StringIO()
    write_har(Record({}, (first, last), {}), results, stream)
    told = [each["request"] for each in json.loads(stream.getvalue())["log"]["entries"]]
    assert "_breaks" not in told[0]
    assert told[1]["_breaks"] == ["auth.wrong_key"]


def test_no_answer_has_the_status_0() -> None:
    assert entry_of(NO_ANSWER)["response"] == {
        "status": 0,
        "statusText": "",
        "httpVersion": "unknown",
        "cookies": [],
        "headers": [],
        "content": {"size": 0, "mimeType": "x-unknown"},
        "redirectURL": "",
        "headersSize": -1,
        "bodySize": 0,
        "_error": "timeout: no whole answer within 5 s",
    }


def test_an_answer_that_broke_off_keeps_what_came() -> None:
    response = entry_of(
        replace(
            EXCHANGE, response=replace(TAKEN, body=b""), trouble="incomplete", detail="peer closed"
        )
    )["response"]
    assert (response["status"], response["_error"]) == (200, "incomplete: peer closed")
    assert response["content"]["comment"] == "not the whole body"
    assert response["bodySize"] == -1


def test_a_body_that_was_cut_says_so() -> None:
    response = answered(truncated=True)
    assert response["content"]["comment"] == "not the whole body"
    assert response["bodySize"] == -1
    assert "_error" not in response


def test_a_compressed_body_is_told_as_it_was_unpacked() -> None:
    response = answered(headers=(("Content-Encoding", "gzip"),), body=b"{}")
    assert (response["content"]["size"], response["bodySize"]) == (2, -1)
    assert response["content"]["mimeType"] == "x-unknown"


def test_bytes_are_base64() -> None:
    raw = b"\xff\x00\xfe"
    request = entry_of(replace(EXCHANGE, request=replace(SENT, body=raw)))["request"]
    assert request["bodySize"] == 3
    assert request["postData"] == {
        "mimeType": "application/json", "text": "/wD+", "comment": "not UTF-8, in Base64",
        "_encoding": "base64",
    }  # fmt: skip
    assert answered(body=raw)["content"] == {
        "size": 3, "mimeType": "application/json", "text": "/wD+", "encoding": "base64",
    }  # fmt: skip


def test_a_request_without_a_body_posts_nothing() -> None:
    request = entry_of(replace(EXCHANGE, request=replace(SENT, body=b"")))["request"]
    assert "postData" not in request
    assert request["bodySize"] == 0


def test_queries_and_cookies_are_taken_apart() -> None:
    sent = Sent("POST", f"{URL}?a=1&b=%C3%A9&c#here", (("Cookie", "x=1; y=2=3"),), b"")
    request = entry_of(replace(EXCHANGE, request=sent))["request"]
    assert request["url"] == f"{URL}?a=1&b=%C3%A9&c"
    assert request["queryString"] == [
        {"name": "a", "value": "1"}, {"name": "b", "value": "é"}, {"name": "c", "value": ""},
    ]  # fmt: skip
    assert request["cookies"] == [{"name": "x", "value": "1"}, {"name": "y", "value": "2=3"}]


def test_cookies_that_a_server_sets_are_taken_apart() -> None:
    whole = "sid=a=b; Path=/; Domain=h.example; Expires=Wed, 21 Oct 2026 07:28:00 GMT; Secure"
    response = answered(
        headers=(("Set-Cookie", whole), ("set-cookie", "t; HttpOnly; expires=soon"))
    )
    assert response["cookies"] == [
        {
            "name": "sid", "value": "a=b", "path": "/", "domain": "h.example",
            "expires": "2026-10-21T07:28:00.000Z", "httpOnly": False, "secure": True,
        },
        {"name": "t", "value": "", "httpOnly": True, "secure": False},
    ]  # fmt: skip


def test_where_a_redirect_goes_is_told() -> None:
    response = answered(status=307, headers=(("location", "/elsewhere"),))
    assert (response["status"], response["redirectURL"]) == (307, "/elsewhere")


def test_what_was_received_is_kept_but_for_lone_surrogates() -> None:
    kept = sample.HOSTILE.replace("\ud800", "\ufffd")
    body = sample.HOSTILE.replace("\ud800", "").encode()
    entry = entry_of(
        Exchange(
            sample.HOSTILE, sample.HOSTILE, "probe", (sample.HOSTILE,),
            Sent("POST", sample.HOSTILE, ((sample.HOSTILE, sample.HOSTILE),), body),
            Received(200, sample.HOSTILE, ((sample.HOSTILE, sample.HOSTILE),), body),
            "incomplete", 0.0, 0.0, detail=sample.HOSTILE,
        ),
        sample.hostile(),
    )  # fmt: skip
    assert entry["request"]["headers"] == [{"name": kept, "value": kept}]
    assert entry["request"]["_cases"] == [kept]
    assert entry["response"]["headers"] == [{"name": kept, "value": kept}]
    assert entry["response"]["statusText"] == kept
    assert entry["response"]["_error"] == f"incomplete: {kept}"
    assert entry["request"]["postData"]["text"].encode() == body
    assert entry["response"]["content"]["text"].encode() == body
    json.dumps(entry, ensure_ascii=False).encode("utf-8")


class Counting(io.StringIO):
    """A file that forgets what is written and keeps the length of the longest piece."""

    longest = total = 0

    def write(self, text: str) -> int:
        self.longest = max(self.longest, len(text))
        self.total += len(text)
        return len(text)


def test_no_more_than_one_exchange_is_written_at_a_time() -> None:
    large = replace(EXCHANGE, response=replace(TAKEN, body=b"x" * 10_000))
    file = Counting()
    write_har(Record({}, (large,) * 1000, {}), sample.conformant(), file)
    assert file.total > 1000 * 10_000
    assert file.longest < 20_000


def test_a_browser_answers_from_it(tmp_path: Path) -> None:
    told, raw = '{"error": "\u00e9 \U0001f600"}'.encode(), bytes(range(256))
    exchanges = [
        replace(EXCHANGE, request=replace(SENT, body=body), response=response)
        for body, response in (
            ('{"first_name": "Zo\u00eb"}'.encode(), TAKEN),
            (b'{"gender": "F"}', Received(422, "No", (JSON, ("X-Trace", "a1")), told)),
            (b'{"odd": true}', Received(500, "Oh", (), raw)),
        )
    ]
    path = tmp_path / "exchanges.har"
    with path.open("w", encoding="ascii") as file:
        write_har(Record({}, tuple(exchanges), {}), sample.conformant(), file)
    requests = [
        [
            each.request.url,
            each.request.method,
            dict(each.request.headers),
            each.request.body.decode(),
        ]
        for each in exchanges
    ]
    with chromium() as browser:
        context = browser.new_context()
        context.route_from_har(path, not_found="abort")
        context.route(f"{sample.URL}/", lambda route: route.fulfill(body="<p>here"))
        page = context.new_page()
        page.goto(f"{sample.URL}/")
        answers = page.evaluate(
            """requests => Promise.all(requests.map(async ([url, method, headers, body]) => {
                const got = await fetch(url, {method, headers, body});
                const bytes = [...new Uint8Array(await got.arrayBuffer())];
                return [got.status, got.headers.get("X-Trace"), bytes];
            }))""",
            requests,
        )
        unknown = page.evaluate(
            """url => fetch(url, {method: "POST", body: "[]"}).catch(error => error.message)""",
            URL,
        )
        context.close()
    assert answers == [
        [200, None, list(TAKEN.body)],
        [422, "a1", list(told)],
        [500, None, list(raw)],
    ]
    assert unknown == "Failed to fetch"
