"""The measurement of speed: what can be checked without a clock."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from benchmarks.power.battery import SERVERS
from benchmarks.power.processes import KEY
from benchmarks.speed import charts, memory
from benchmarks.speed.__main__ import SECTIONS, main
from benchmarks.speed.deterministic import Suite
from benchmarks.speed.faults import Found, chosen, discovered, unusual
from benchmarks.speed.figures import ratios, seconds_to, targets
from benchmarks.speed.keywords import breakable, exercised
from benchmarks.speed.lean import Lean, head, length_of
from benchmarks.speed.page import markdown, pictures
from benchmarks.speed.peers import Complaint, Said, complaints
from benchmarks.speed.programs import lean
from benchmarks.speed.seen import Seen, later_half, rate, recorded, sendable
from tests.support import CONTRACT, mock

HEADERS = [
    (b"authorization", f"Api-Key {KEY}".encode()),
    (b"adapty-customer-user-id", b"jane"),
    (b"content-type", b"application/json"),
]
META = {"installation_meta": {"device_id": "3fa85f64-5717-4562-b3fc-2c963f66afa6"}}


def body(**members: Any) -> bytes:
    return json.dumps(META | members).encode()


RECORDED: dict[str, Any] = {
    "meta": {
        "command": "python -m benchmarks.speed", "suite": "0.1.0", "schemathesis": "4.32.5",
        "httpx": "0.28.1", "python": "3.11.7", "date": "2026-11-26", "cores": 2, "seed": 1,
        "minutes": 24.6, "skipped": {},
    },
    "deterministic": {
        "concurrency": 12,
        "mock": {"requests": 341, "rounds": [
            {"suite": 700.0, "tasks": 1000.0, "threads": 1400.0},
            {"suite": 900.0, "tasks": 1000.0, "threads": 1500.0},
            {"suite": 810.0, "tasks": 900.0, "threads": 1350.0},
        ]},
        "lean": {"requests": 341, "rounds": [
            {"suite": 700.0, "tasks": 1000.0, "threads": 1400.0},
        ]},
    },
    "fuzz": {
        "concurrency": 12, "peer": [20.0, 30.0],
        "rounds": [{"suite": 600.0, "tasks": 1000.0}, {"suite": 800.0, "tasks": 1000.0}],
    },
    "faults": {"budget": 15.0, "usual": ["Odd & usual"], "rows": [
        {
            "server": "leniency-a", "group": "leniency", "breaks": ["request.body.gender.enum"],
            "suite": {"seconds": 1.5, "requests": 21, "words": "request.body.gender.enum",
                      "first": 0.5},
            "peer": {"seconds": 2.5, "requests": 88, "words": "Server error", "first": 0.7},
        },
        {
            "server": "meaning-b", "group": "meaning", "breaks": ["echo.customer_user_id"],
            "suite": {"seconds": 2.0, "requests": 1200, "words": "echo.customer_user_id",
                      "first": 0.4},
            "peer": None,
        },
    ]},
    "keywords": {
        "seconds": 15.0, "all": ["request.body.email.format", "request.body.gender.enum"],
        "suite": {
            "requests": 9000,
            "keywords": ["request.body.email.format", "request.body.gender.enum"],
            "alone": ["request.body.email.format", "request.body.gender.enum"],
        },
        "peer": {"requests": 450, "keywords": ["request.body.gender.enum"], "alone": []},
    },
    "scaling": {"delay": 5.0, "rows": [
        {"concurrency": 1, "rounds": [{"1": 100.0, "2": 190.0}]},
        {"concurrency": 12, "rounds": [
            {"1": 600.0, "2": 840.0}, {"1": 600.0, "2": 960.0},
        ]},
    ]},
    "memory": {
        "requests": 200_000, "early": 20_000, "early_mb": 150.0, "late_mb": 171.0,
        "peak_mb": 205.0, "seconds": 240.0, "curve": [[1000, 120.0], [200_000, 170.0]],
    },
    "start": {"help": [0.11, 0.12, 0.13], "run": [4.0, 5.5, 6.0]},
}  # fmt: skip


def test_the_faults_are_as_many_of_each_group_and_always_the_same() -> None:
    names = chosen(SERVERS, 30)
    assert Counter(SERVERS[name].group for name in names) == dict.fromkeys(
        ["responses", "errors", "authentication", "leniency", "strictness", "crashes", "meaning",
         "state", "wrong-reason", "mixed"], 3,
    )  # fmt: skip
    assert all(SERVERS[name].breaks for name in names)
    assert [name for name in names if SERVERS[name].group in ("leniency", "meaning")] == [
        "leniency-email-type-ignored",
        "leniency-store-near-capitals",
        "leniency-custom-attributes-item-key-near-blanks",
        "meaning-customer-empty",
        "meaning-value-text-null",
        "meaning-profile-of-slug",
    ]
    assert set(chosen(SERVERS, 10)) < set(names)


def test_keywords_are_those_that_bodies_break_and_those_they_break_alone() -> None:
    bodies = [
        body(gender="x", email="nobody"),
        body(gender="x"),
        body(store=1),
        body(custom_attributes=[{"value": "a"}]),
        b'{"gender":',
        body(gender="x"),
        body(gender="f"),
    ]
    told = exercised(CONTRACT, bodies)
    key = "request.body.custom_attributes.item.key.required"
    assert told.requests == 7
    assert told.broken == {
        "request.body.gender.enum", "request.body.email.format", key, "request.body.store.type",
        "request.body.store.enum",
    }  # fmt: skip
    assert told.alone == {"request.body.gender.enum", key, "request.body.store.type"}
    assert breakable(CONTRACT)["request.body.gender.enum"] == (("gender",), "enum")
    assert "request.body.gender.nullable" not in breakable(CONTRACT)


def test_a_ratio_is_that_of_a_round_and_the_budget_stands_for_what_was_not_found() -> None:
    rounds = [{"suite": 50.0, "tasks": 100.0}, {"suite": 9.0, "tasks": 3.0}]
    assert ratios(rounds, "suite", "tasks") == [0.5, 3.0]
    assert ratios([{"suite": 1.0, "tasks": 0.0}], "suite", "tasks") == [0.0]
    rows = RECORDED["faults"]["rows"]
    assert seconds_to(rows, "peer", 15.0) == [2.5, 15.0]
    assert seconds_to(rows, "peer", 15.0, warm=True) == [1.8, 15.0]
    assert seconds_to(rows, "suite", 15.0, warm=True) == [1.0, 1.6]


def test_each_target_is_met_or_missed_by_its_figure() -> None:
    assert [(each.section, str(each), each.met) for each in targets(RECORDED)] == [
        ("deterministic", "the deterministic phase over a bare AsyncClient, against the embedded "
         "mock: 0.9 (at least 0.8)", True),
        ("deterministic", "the deterministic phase over a bare AsyncClient, against the lean "
         "server: 0.7 (at least 0.8)", False),
        ("fuzz", "fuzzing over Schemathesis' fuzzing phase: 28 (at least 20)", True),
        ("fuzz", "fuzzing over a bare AsyncClient: 0.7 (at least 0.5)", True),
        ("faults", "median time to a fault over Schemathesis': 0.2 (at most 0.2)", True),
        ("faults", "median time to a fault over Schemathesis', from the first request: 0.155 "
         "(at most 0.2)", True),
        ("faults", "faults found: 2 (more than 1)", True),
        ("scaling", "two workers over one, 1 request at a time each: 1.9 (at least 1.6)", True),
        ("scaling", "two workers over one, 12 requests at a time each: 1.5 (at least 1.6)", False),
        ("memory", "growth from 20,000 requests to 200,000: 21 MB (below 50 MB)", True),
        ("start", "`adapty-conformance --help`: 0.12 s (below 0.3 s)", True),
        ("start", "`adapty-conformance run`: 5.5 s (below 5 s)", False),
    ]  # fmt: skip


def test_the_page_tells_what_was_recorded() -> None:
    assert RECORDED.keys() - {"meta"} == set(SECTIONS)
    text = markdown(RECORDED)
    for line in [
        "    python -m benchmarks.speed",
        "| `adapty-conformance run` | 5.5 s | below 5 s | **missed** |",
        "| embedded mock | httpx.AsyncClient | 1,000 | 0.90 (0.70 to 0.90) |",
        "| httpx.AsyncClient, the same bytes | 1,000 | 0.70 |",
        "| Schemathesis, its fuzzing phase | 25 | 28 |",
        "| `adapty-conformance fuzz` | 2 of 2 | 1.8 | 610 |",
        "| Schemathesis | 1 of 2 | 8.8 | 88 |",
        "Counted from the first request of each tool, the median is 1.30 s for `fuzz` and 8.40 s "
        "for Schemathesis.",
        "| `meaning-b` | 2.0 s, 1,200 requests | – |",
        "| 12 | 600 | 900 | 1.50 |",
    ]:
        assert line in text.splitlines()
    assert "| Schemathesis | 450 | 1 of 2 | 0 of 2 | `request.body.email.format`, " in text
    assert "conformant server (Odd & usual)" in text
    assert "150 MB until request 20,000, 171 MB until the last one, 205 MB when" in text
    meta = {**RECORDED["meta"], "skipped": {"fuzz": "fuzz ended with 4: no"}}
    only = markdown({"meta": meta, "start": RECORDED["start"]})
    assert "`fuzz` was not measured: fuzz ended with 4: no." in only.splitlines()
    assert [line for line in only.splitlines() if line.startswith("## ")] == ["## Start"]


def test_every_chart_is_an_image_that_the_page_shows() -> None:
    drawn = pictures(RECORDED)
    assert list(drawn) == ["speed-fuzz.svg", "speed-faults.svg", "speed-memory.svg"]
    assert all(f"]({name})" in markdown(RECORDED) for name in drawn)
    for text in drawn.values():
        root = ElementTree.fromstring(text)
        assert root.tag == "{http://www.w3.org/2000/svg}svg"
        assert "prefers-color-scheme: dark" in text
    assert "Faults found, of 2" in drawn["speed-faults.svg"]
    assert charts.steps([2.0, 1.0], 5.0) == [(0, 0), (1, 0), (1, 1), (2, 1), (2, 2), (5, 2)]
    assert "&lt;b&gt;" in charts.bars("t", "u", [("<b>", 1.0, True)])


def test_what_was_kept_makes_the_page_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = tmp_path / "kept.json"
    kept.write_text(json.dumps(RECORDED), "utf-8")
    assert main(["--read", str(kept), "--output", str(tmp_path / "docs")]) == 1
    assert (tmp_path / "docs" / "speed.md").read_text("utf-8") == markdown(RECORDED)
    assert "missed: `adapty-conformance run`: 5.5 s (below 5 s)" in capsys.readouterr().err
    kept.write_text(json.dumps({k: RECORDED[k] for k in ("meta", "memory")}), "utf-8")
    assert main(["--read", str(kept)]) == 0
    assert "## Memory" in capsys.readouterr().out
    skipped = {**RECORDED["meta"], "skipped": {"fuzz": "it did not start"}}
    kept.write_text(json.dumps({"meta": skipped}), "utf-8")
    assert main(["--read", str(kept)]) == 1
    assert main(["speeed"]) == 2


def test_a_rate_is_that_after_the_preflight() -> None:
    def seen(*times: float) -> list[Seen]:
        return [Seen(at, [], b"") for at in times]

    assert rate(seen(0.0, 5.0, 5.5, 6.0)) == 2.0
    assert rate(seen(0.0, 5.0)) == rate([]) == 0.0
    assert [each.at for each in later_half(seen(0.0, 4.0, 6.0, 10.0))] == [6.0, 10.0]


def test_memory_is_the_most_until_a_number_of_requests() -> None:
    samples = [(0.0, 90.0), (1.0, 120.0), (2.0, 100.0), (3.0, 150.0)]
    passed = [(0.5, 1_000), (2.5, 2_000), (3.5, 3_000)]
    assert memory.moment(passed, 1_500) == 2.5
    assert memory.moment(passed, 9_000) == 3.5
    assert memory.peak_until(samples, 2.5) == 120.0
    assert memory.curve(samples, passed) == [(2_000, 120.0), (3_000, 150.0)]


def test_a_fault_is_found_by_the_first_discovery_that_names_it() -> None:
    told = [
        {"seconds": 4.0, "requests": 400, "requirement": "echo.customer_user_id", "case": "b"},
        {"seconds": 1.0, "requests": 90, "requirement": "rejection.json", "case": "a"},
        {"seconds": 3.0, "requests": 300, "requirement": "echo.custom_attributes", "case": "c"},
    ]
    assert discovered(told, ("echo.*",), 0.5, 15.0) == Found(3.5, 300, "echo.custom_attributes")
    assert discovered(told, ("auth.scheme",), 0.5, 15.0) is None
    assert discovered(told, ("echo.*",), 0.5, 3.0) is None


def test_a_peer_finds_what_it_does_not_say_of_everybody() -> None:
    said = Said(100.0, (Complaint("Odd", 101.0, 3), Complaint("Server error", 104.0, 40)))
    assert unusual(said, frozenset({"Odd"}), 15.0) == Found(4.0, 40, "Server error")
    assert unusual(said, frozenset({"Odd"}), 3.0) is None
    assert unusual(said, frozenset(), 15.0) == Found(1.0, 3, "Odd")
    warm = replace(said, first=100.75)
    assert unusual(warm, frozenset(), 15.0) == Found(1.0, 3, "Odd", 0.75)


def test_a_peer_complains_when_it_sent_the_request_that_shows_it() -> None:
    failed = {"status": "failure", "failure_info": {"failure": {"title": "Server error"}}}
    recorder = {
        "checks": {"a": [{"status": "success"}], "b": [failed], "c": [failed]},
        "interactions": {"a": {"timestamp": 5.0}, "b": {"timestamp": 7.0}, "c": None},
    }
    events: list[dict[str, dict[str, Any]]] = [
        {"Initialize": {"seed": 1}},
        {"ScenarioFinished": {"recorder": recorder}},
        {"NonFatalError": {"timestamp": 6.0, "value": {"type": "ReadTimeout"}}},
    ]
    assert list(complaints(events)) == [
        Complaint("Server error", 7.0, 2),
        Complaint("ReadTimeout", 6.0, 1),
    ]


def answered(
    raw: bytes = body(custom_attributes=[{"key": "a", "value": 1}]),
    headers: list[tuple[bytes, bytes]] = HEADERS,
    method: str = "POST",
    path: str = CONTRACT.path,
) -> tuple[int, Any]:
    said, _, told = Lean(CONTRACT, KEY).answer(method, path, headers, raw).partition(b"\r\n\r\n")
    return int(said.split()[1]), json.loads(told)


def test_the_lean_server_takes_what_is_valid_and_nothing_else() -> None:
    status, told = answered()
    assert status == 200
    assert told["data"]["customer_user_id"] == "jane"
    assert told["data"]["custom_attributes"] == [{"key": "a", "value": 1}]
    assert answered(body(gender="x"))[0] == 422
    assert answered(b"{")[0] == 400
    assert answered(headers=HEADERS[1:])[0] == 401
    assert answered(headers=[HEADERS[0], HEADERS[2]])[0] == 400
    assert answered(headers=HEADERS[:2])[0] == 415
    assert answered(path="/")[0] == 404
    status, told = answered(method="GET")
    assert (status, told["status_code"]) == (405, 405)


def test_the_lean_server_reads_what_is_a_request() -> None:
    told = head(b"POST /a?b HTTP/1.1\r\nA:  b \r\nContent-Length: 3")
    assert told == ("POST", "/a", [(b"A", b"b"), (b"Content-Length", b"3")])
    assert length_of(told[2]) == 3
    assert length_of([]) == 0
    for raw in (b"POST /", b"POST / HTTP/1.1\r\nno colon"):
        with pytest.raises(ValueError, match=r"."):
            head(raw)
    with pytest.raises(ValueError, match="no transfer encoding"):
        length_of([(b"Transfer-Encoding", b"chunked")])


def test_the_suite_finds_nothing_wrong_with_the_lean_server_which_records_all(
    tmp_path: Path,
) -> None:
    with lean(tmp_path, record=tmp_path / "seen.ndjson") as url:
        suite = Suite(url, CONTRACT)
        suite.seconds()
    seen = sendable(recorded(tmp_path / "seen.ndjson"))
    assert len(suite.requests) == len(seen) > 300
    assert Counter(body for _, body in suite.requests) == Counter(body for _, body in seen)
    assert HEADERS[0] in [(name.lower(), value) for name, value in suite.requests[0][0]]


def test_a_server_that_breaks_a_promise_is_not_measured() -> None:
    broken = "request.body.gender.enum"
    with mock(broken, key=KEY) as url, pytest.raises(AssertionError, match=f"breaks {broken}"):
        Suite(url, CONTRACT).seconds()


def test_of_several_measurements_each_section_is_the_last(tmp_path: Path) -> None:
    files = [tmp_path / "all.json", tmp_path / "again.json"]
    again = {
        "meta": RECORDED["meta"] | {"command": "python -m benchmarks.speed start", "minutes": 1.4},
        "start": {"help": [0.1], "run": [4.5]},
    }
    for path, content in zip(files, (RECORDED, again), strict=True):
        path.write_text(json.dumps(content))
    assert main(["--read", *map(str, files), "--output", str(tmp_path)]) == 1
    page = (tmp_path / "speed.md").read_text("utf-8")
    assert "    python -m benchmarks.speed\n    python -m benchmarks.speed start\n" in page
    assert "measured in 26 minutes" in page
    assert "| `adapty-conformance run` | 4.5 s | below 5 s | met |" in page
    assert "| `adapty-conformance fuzz` | 2 of 2 | 1.8 | 610 |" in page
