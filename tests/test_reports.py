"""The reports: true to results.json, harmless whatever a target sent, and usable by everyone."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
import threading
import time
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache, cached_property
from html.parser import HTMLParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from junitparser import Error, Failure, JUnitXml, Skipped
from rich.console import Console

from reports import bodies, words
from reports.curl import curl, decoded, http_snippet
from reports.html import TEMPLATES, render
from reports.junit import junit
from reports.results import ResultsError, load, validate, write
from reports.terminal import summary
from reports.text import marked, one_line, plain, prose, unmarked
from tests import reports_sample as sample
from tests.needs import require_executable

Build = Callable[[], sample.Results]

SAMPLES: dict[str, Build] = {
    "conformant": sample.conformant,
    "unseen": lambda: sample.conformant(seeded=False),
    "three findings": sample.three_findings,
    "folded": sample.folded,
    "all failing": sample.all_failing,
    "many failures": sample.many,
    "hostile": sample.hostile,
    "stopped": sample.stopped,
    "nobody": sample.nobody,
}
VOID = {"meta", "link", "br", "hr", "img", "input"}


@pytest.fixture(params=SAMPLES)
def results(request: pytest.FixtureRequest) -> sample.Results:
    return SAMPLES[request.param]()


class Page(HTMLParser):
    """A page's elements, headings and text, and whether every element was closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.headings: list[tuple[int, str]] = []
        self._pieces: list[str] = []
        self.feed(str(text))
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if re.fullmatch("h[1-6]", tag):
            self.headings.append((int(tag[1]), ""))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1:] in (["script"], ["style"]):
            return
        self._pieces.append(data)
        if self.headings and re.fullmatch("h[1-6]", self.open[-1] if self.open else ""):
            level, text = self.headings[-1]
            self.headings[-1] = (level, text + data)

    @cached_property
    def text(self) -> str:
        return "".join(self._pieces)

    def count(self, tag: str) -> int:
        return sum(name == tag for name, _ in self.elements)


@cache
def page_of(name: str) -> str:
    """The page of a sample, made once."""
    return render(SAMPLES[name]())


@pytest.fixture
def name(request: pytest.FixtureRequest, results: sample.Results) -> str:
    """The name of the sample that `results` is."""
    del results
    return str(request.node.callspec.params["results"])


# results.json


def test_every_sample_follows_the_schema(results: sample.Results) -> None:
    validate(results)


@pytest.mark.parametrize(
    ("break_it", "place"),
    [
        (lambda r: r.update(format=2), "$.format"),
        (lambda r: r.update(extra=1), "$"),
        (lambda r: r["run"].pop("seed"), "$.run"),
        (lambda r: r["requirements"][0].update(verdict="good"), "$.requirements[0].verdict"),
        (lambda r: r["requirements"][0].update(verdict="fail"), "$.requirements[0].failures"),
        (lambda r: r["requirements"][0].update(verdict="known"), "$.requirements[0].known"),
        (lambda r: r["requirements"][0].update(verdict="untested"), "$.requirements[0].reason"),
        (lambda r: r["summary"]["verdicts"].update({"pass": 1}), "$.summary.verdicts"),
        (lambda r: r["requirements"][1].update(id="request.body.required"), "$.requirements"),
    ],
)
def test_what_is_no_results_json_is_named(
    break_it: Callable[[sample.Results], Any], place: str
) -> None:
    results = sample.conformant()
    break_it(results)
    with pytest.raises(ResultsError) as error:
        validate(results)
    assert str(error.value).startswith(f"{place}: ")


def test_written_results_come_back_the_same(results: sample.Results, tmp_path: Path) -> None:
    write(results, tmp_path / "report")
    names = sorted(path.name for path in (tmp_path / "report").iterdir())
    assert names == ["index.html", "junit.xml", "results.json"]
    assert load(tmp_path / "report") == results
    assert load(tmp_path / "report" / "results.json")["format"] == 1
    for name in names:
        (tmp_path / "report" / name).read_bytes().decode("utf-8")


def test_a_report_that_cannot_be_written_leaves_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(sample.conformant(), tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    def full(*_: object) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="No space"):
        write(sample.three_findings(), tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_number_that_json_has_no_word_for_is_written_as_text(tmp_path: Path) -> None:
    results = sample.three_findings()
    change = sample.requirement(results, "request.body.gender.enum")["failures"][0]["change"]
    change["after"] = [float("nan"), float("inf")]
    write(results, tmp_path)
    item = sample.requirement(load(tmp_path), "request.body.gender.enum")
    assert item["failures"][0]["change"]["after"] == ["NaN", "Infinity"]


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b"[]", b"[" * 100_000])
def test_another_file_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    path.write_bytes(content)
    with pytest.raises(ResultsError):
        load(path)


# The answer in words


def _with(
    *verdicts: tuple[str, str], complete: bool = True, gate: str = "should"
) -> sample.Results:
    """A result whose first requirements are (level, verdict), the rest kept."""
    results = sample.conformant()
    for item, (level, verdict) in zip(results["requirements"], verdicts, strict=False):
        item.update(level=level, verdict=verdict, reason="Because.")
        if verdict == "known":
            item["known"] = {"reason": "Agreed.", "until": None}
        if verdict in ("fail", "known"):
            item["failures"] = [sample.failure("a/case", "So.", sample.exchange(1, "{}"))]
    results["summary"]["complete"] = complete
    results["run"]["gate"] = gate
    return sample.counted(results)


def _all(verdict: str) -> sample.Results:
    return _with(*[("must", verdict)] * len(sample.conformant()["requirements"]))


TOTAL = len(sample.CONTRACT.requirements)
MUST, SHOULD = ("must", "fail"), ("should", "fail")


@pytest.mark.parametrize(
    ("made", "headline", "mood"),
    [
        (_with(), "Conformant", "pass"),
        (_with(("must", "untested")), "Conformant", "pass"),
        (_with(("must", "known")), "Conformant, apart from 1 known deviation", "pass"),
        (_with(*[("must", "known")] * 2), "Conformant, apart from 2 known deviations", "pass"),
        (_with(complete=False), "Passed what was run", "pass"),
        (_with(("must", "known"), complete=False), "Passed what was run", "pass"),
        (_with(MUST), f"Breaks 1 of {TOTAL} promises, a must", "fail"),
        (_with(SHOULD), f"Breaks 1 of {TOTAL} promises, a should", "fail"),
        (_with(MUST, MUST, SHOULD), f"Breaks 3 of {TOTAL} promises, 2 of them a must", "fail"),
        (_with(MUST, MUST), f"Breaks 2 of {TOTAL} promises, all of them a must", "fail"),
        (_with(SHOULD, SHOULD), f"Breaks 2 of {TOTAL} promises, none of them a must", "fail"),
        (_with(MUST, ("must", "inconclusive"), complete=False),
         f"Breaks 1 of {TOTAL} promises, a must", "fail"),
        (_all("fail"), f"Breaks all {TOTAL} promises, all of them a must", "fail"),
        (_with(("must", "inconclusive")),
         f"No promise broken, but 1 of {TOTAL} could not be judged", "inconclusive"),
        (_all("inconclusive"), "Could not be judged", "inconclusive"),
        (_all("untested"), "Could not be judged", "inconclusive"),
        (sample.stopped(), "Could not be judged", "inconclusive"),
        (sample.nobody(), "Could not be judged", "inconclusive"),
    ],
)  # fmt: skip
def test_headline(made: sample.Results, headline: str, mood: str) -> None:
    assert words.headline(made) == headline
    assert words.mood(made) == mood


def test_nothing_selected_is_no_pass() -> None:
    results = sample.nobody()
    results["run"]["stopped"] = None
    assert words.headline(results) == "Nothing was run"


def test_remarks() -> None:
    assert words.remarks(_with()) == []
    assert words.remarks(_with(complete=False)) == ["Not everything that was planned was sent."]
    assert words.remarks(_with(SHOULD, gate="must")) == [
        "The gate asks only for musts, so it passed."
    ]
    assert words.remarks(_with(MUST, gate="must")) == []
    assert words.remarks(_with(("must", "untested"))) == ["1 promise could not be observed."]
    assert words.remarks(sample.nobody()) == ["Nobody listens at http://127.0.0.1:4010."]


def test_musts_come_before_shoulds_and_what_is_explained_is_folded() -> None:
    found = words.findings(sample.folded())
    assert [each.requirement["id"] for each in found] == [
        "request.body.gender.enum",
        "auth.wrong_key",
        "robustness.server_error",
        "robustness.connection",
        "echo.custom_attributes",
    ]
    cause = next(e for e in found if e.requirement["id"] == "robustness.server_error")
    assert {item["id"] for item in cause.explained} == {
        "request.body.birthday.format",
        "rejection.status",
    }
    told = [item["id"] for each in found for item in [each.requirement, *each.explained]]
    assert sorted(told) == sorted(i["id"] for i in words.with_verdict(sample.folded(), "fail"))


def _caused(causes: dict[str, list[str | None]]) -> list[words.Finding]:
    results = sample.conformant()
    for key, each in causes.items():
        made = [sample.failure("a", "So.", cause=cause) for cause in each]
        sample.broken(results, key, *made)
    return words.findings(results)


A, B, C = "request.body.required", "request.body.type", "request.body.first_name.optional"


@pytest.mark.parametrize(
    ("causes", "expected"),
    [
        ({A: [None], B: [A]}, {A: 1}),
        ({A: [None], B: [A], C: [B]}, {A: 2}),
        ({A: [None], B: [A, None]}, {A: 0, B: 0}),
        ({A: [B], B: [A]}, {A: 0, B: 0}),
        ({A: [A], B: ["no.such"]}, {A: 0, B: 0}),
        ({A: [None], B: [None], C: [A, B]}, {A: 1, B: 0}),
    ],
)
def test_no_broken_promise_is_lost_in_folding(
    causes: dict[str, list[str | None]], expected: dict[str, int]
) -> None:
    found = _caused(causes)
    assert {each.requirement["id"]: len(each.explained) for each in found} == expected
    assert all(each.failures for each in found)


def test_what_is_not_verified_is_grouped_by_reason() -> None:
    groups = words.unverified(sample.folded())
    assert [(each.verdict, each.size) for each in groups] == [("inconclusive", 2), ("untested", 69)]


# Text


HIDDEN = "\x00\x1b\x7f\x9b\xa0\xad\u200b\u202e\u2066\u3000\ufeff\ud800\ufffe\U000e0041"


@pytest.mark.parametrize("char", HIDDEN)
def test_hidden_characters_are_spelled_out(char: str) -> None:
    code = f"{ord(char):x}"
    assert plain(f"a{char}b").lower().endswith(f"{code}b")
    assert f"U+{ord(char):04X}</span>b" in marked(f"a{char}b")
    assert char not in plain(f"a{char}b") + marked(f"a{char}b")


def test_every_control_and_format_character_is_hidden() -> None:
    for code in range(sys.maxunicode + 1):
        char = chr(code)
        category = unicodedata.category(char)
        if category in ("Cc", "Cs", "Zl", "Zp") and char not in "\n\t":
            assert plain(char) != char, hex(code)
        if unicodedata.bidirectional(char) in (
            "LRE",
            "RLE",
            "LRO",
            "RLO",
            "PDF",
            "LRI",
            "RLI",
            "FSI",
        ):
            assert plain(char) != char, hex(code)


def test_long_text_is_cut_and_says_so() -> None:
    assert plain("a" * 30, 10) == "aaaaaaaaaa… (20 more characters)"
    assert "20 more characters" in marked("a" * 30, 10)
    assert one_line("a\nb\tc") == r"a\nb\tc"


def test_the_vendors_markdown_is_shown_as_meant() -> None:
    said = "the **Authorization** header `Api-Key <x>` **<b>"
    shown = "the <strong>Authorization</strong> header <code>Api-Key &lt;x&gt;</code> **&lt;b&gt;"
    assert prose(said) == shown
    assert unmarked(said) == "the Authorization header Api-Key <x> **<b>"


# Bodies


def test_a_body_is_laid_out_from_its_own_tokens() -> None:
    text = '{"a":1.0,"a":1e400,"b":"\\u0041\\n","c":[],"d":[NaN, {"x/y~z": -0}]}'
    shown = Page(bodies.body(text)).text
    assert re.sub(r"\s", "", shown) == re.sub(r"\s", "", text)


@pytest.mark.parametrize(
    ("pointer", "expected"),
    [
        ("/b", ['"b": "x"']),
        ("/c/1", ["2"]),
        ("/d/x~1y~0z", ['"x/y~z": 3']),
        ("/d", ['"d": {"x/y~z": 3}']),
        ("/c/9", ['"c": [1, 2]']),
        ("/d/gone/deep", ['"d": {"x/y~z": 3}']),
    ],
)
def test_the_place_is_marked(pointer: str, expected: list[str]) -> None:
    text = '{"a": 1, "b": "x", "c": [1, 2], "d": {"x/y~z": 3}}'
    shown = bodies.body(text, pointer, nearest=True)
    assert [Page(each).text for each in re.findall("<mark>(.*?)</mark>", shown)] == expected


def test_a_missing_place_is_not_marked_unless_asked() -> None:
    assert "<mark>" not in bodies.body('{"a": 1}', "/b")
    assert "<mark>" not in bodies.body('{"a": 1}')


def test_what_is_marked_stays_in_a_body_that_is_cut() -> None:
    text = json.dumps({"rows": [{"name": f"row {n}", "value": n} for n in range(3000)]})
    shown = bodies.body(text, "/rows/2500/value")
    assert len(Page(shown).text) < 2 * bodies.LIMIT
    assert re.findall("<mark>(.*?)</mark>", shown)[0].endswith(">2500</i>")
    assert shown.count("left out") == 2


@pytest.mark.parametrize(
    "text", ["", "{", "[1,]", "{}x", "nul", "[" * 5000 + "]" * 5000, "a" * 10**7]
)
def test_what_is_not_json_is_shown_as_it_is(text: str) -> None:
    assert Page(bodies.body(text, "/a")).text.startswith(text[: bodies.LIMIT])
    assert len(bodies.body(text, "/a")) < 2 * bodies.LIMIT


def test_a_huge_string_is_cut_in_its_place() -> None:
    shown = bodies.body(json.dumps({"a": "x" * 100_000, "b": 1}), "/b")
    assert len(shown) < bodies.LIMIT
    assert "more)" in shown
    assert "<mark>" in shown


# curl and Python


class Receiver:
    """A server on loopback that keeps what it is sent."""

    def __init__(self) -> None:
        self.got: list[tuple[str, str, list[tuple[str, str]], bytes]] = []
        got = self.got

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                got.append((self.command, self.path, list(self.headers.items()), body))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True)
        self.thread.start()

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.stop()


SECRET = "secret_live_aB3.x'y"


def _environment(home: Path) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "LC_ALL": "C.UTF-8",
        "NO_PROXY": "*",
        "no_proxy": "*",
        "ADAPTY_API_KEY": SECRET,
        "EVIL": "expanded",
    }


def _paste(line: str, home: Path) -> None:
    """Run a line as an interactive bash would: with its history expanded."""
    bash = str(require_executable("bash"))
    done = subprocess.run(
        [bash, "--norc", "--noprofile"],
        input=f"set -o history -o histexpand -o pipefail\n{line}\n".encode(
            "utf-8", "surrogatepass"
        ),
        env=_environment(home),
        cwd=home,
        capture_output=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 0, (line[:2000], done.stderr)


def _request(receiver: Receiver, **more: Any) -> dict[str, Any]:
    request = sample.exchange(1, "{}")["request"] | {"url": f"{receiver.url}/prefix/profile/"}
    return {**request, **more}


BODIES = [
    "",
    json.dumps(sample.CONTRACT.example),
    """it's "quoted" \\ `touch evil` $(touch evil) $EVIL ${EVIL}""",
    "${ADAPTY_API_KEY} !! !$ %s %% \\n",
    "'", "''", "\\", "-n", "%", "@/etc/passwd", "@", "{\n\t\"a\": 1\r\n}\n", "\n\n", " ", "~",
    "#", "a=b",
    "\x00", "a\x00\x01\x1b[31m\x7f1", "\u202eabc\u2066\ufeff\xa0", "é 日本 😀", "\ud800",
    "[" * 5000, "1\x002", "x" * 300_000,
]  # fmt: skip


@pytest.mark.parametrize("text", BODIES, ids=lambda text: ascii(text[:20]))
def test_a_pasted_curl_line_sends_the_same_body(
    text: str, receiver: Receiver, tmp_path: Path
) -> None:
    require_executable("curl")
    request = _request(receiver, body=text)
    line = curl(request)
    assert "\n" not in line
    assert plain(line, 10**6) == line
    _paste(line, tmp_path)
    method, path, headers, body = receiver.got.pop()
    assert (method, path) == ("POST", "/prefix/profile/")
    assert body == decoded(request) == text.encode("utf-8", "surrogatepass")
    assert ("Authorization", f"Api-Key {SECRET}") in headers
    assert [value for name, value in headers if name == "Content-Type"] == ["application/json"]
    assert not list(tmp_path.iterdir())


def test_a_pasted_curl_line_sends_the_same_bytes(receiver: Receiver, tmp_path: Path) -> None:
    require_executable("curl")
    request = _request(receiver, body=None, body_base64="AP+A/4CAZm9vCg==")
    _paste(curl(request), tmp_path)
    assert receiver.got.pop()[3] == b"\x00\xff\x80\xff\x80\x80foo\n" == decoded(request)


HEADERS: list[tuple[list[list[str]], list[tuple[str, str]]]] = [
    ([], []),
    ([["Authorization", "Api-Key ${ADAPTY_API_KEY%?}"]],
     [("Authorization", f"Api-Key {SECRET[:-1]}")]),
    ([["Authorization", "Api-Key ${ADAPTY_API_KEY}x"]], [("Authorization", f"Api-Key {SECRET}x")]),
    ([["Authorization", "${ADAPTY_API_KEY}"]], [("Authorization", SECRET)]),
    ([["Authorization", "Api-Key ${ADAPTY_API_KEY^^}"]],
     [("Authorization", f"Api-Key {SECRET.upper()}")]),
    ([["Authorization", "Api-Key ${ADAPTY_API_KEY~~}"]],
     [("Authorization", f"Api-Key {SECRET.swapcase()}")]),
    ([["Authorization", "Api-Key ${ADAPTY_API_KEY:0:8}"]],
     [("Authorization", f"Api-Key {SECRET[:8]}")]),
    ([["Authorization", "Api-Key ${ADAPTY_API_KEY#?}!! \"`$EVIL\\ $(touch evil)"]],
     [("Authorization", f"Api-Key {SECRET[1:]}!! \"`$EVIL\\ $(touch evil)")]),
    ([["Authorization", "\"`$EVIL\\ ${EVIL} ${ADAPTY_API_KEY}'"]],
     [("Authorization", f"\"`$EVIL\\ ${{EVIL}} {SECRET}'")]),
    ([["Authorization", "${ADAPTY_API_KEY:-$(touch evil)} ${ADAPTY_API_KEYS}"]],
     [("Authorization", "${ADAPTY_API_KEY:-$(touch evil)} ${ADAPTY_API_KEYS}")]),
    ([["Authorization", "Api-Key a"], ["Authorization", "Api-Key ${ADAPTY_API_KEY}"]],
     [("Authorization", "Api-Key a"), ("Authorization", f"Api-Key {SECRET}")]),
    ([["Authorization", ""], ["adapty-profile-id", " "]],
     [("Authorization", ""), ("adapty-profile-id", "")]),
    ([["adapty-customer-user-id", "it's $EVIL `x` !! \\"], ["X-Tab", "a\tb"]],
     [("adapty-customer-user-id", "it's $EVIL `x` !! \\"), ("X-Tab", "a\tb")]),
    ([["Authorization", "Api-Key\t${ADAPTY_API_KEY}"]], [("Authorization", f"Api-Key\t{SECRET}")]),
]  # fmt: skip


@pytest.mark.parametrize(("recorded", "expected"), HEADERS)
def test_a_pasted_curl_line_sends_the_same_headers(
    recorded: list[list[str]],
    expected: list[tuple[str, str]],
    receiver: Receiver,
    tmp_path: Path,
) -> None:
    require_executable("curl")
    _paste(curl(_request(receiver, headers=recorded)), tmp_path)
    own = {"Host", "User-Agent", "Accept", "Content-Length"}
    assert [each for each in receiver.got.pop()[2] if each[0] not in own] == expected
    assert not list(tmp_path.iterdir())


def test_the_key_may_have_another_name() -> None:
    request = sample.exchange(1, "{}", key="Api-Key ${SANDBOX_KEY%?}")["request"]
    assert '"Authorization: Api-Key ${SANDBOX_KEY%?}"' in curl(request, "SANDBOX_KEY")
    assert "'Authorization: Api-Key ${SANDBOX_KEY%?}'" in curl(request)
    assert "os.environ['SANDBOX_KEY'][:-1]" in http_snippet(request, "SANDBOX_KEY")


@pytest.mark.parametrize(
    ("more", "key"),
    [
        ({}, f"Api-Key {SECRET}"),
        ({"body": "it's\n\x00\u202e\ud800é"}, f"Api-Key {SECRET}"),
        ({"body": None, "body_base64": "AP+A"}, f"Api-Key {SECRET}"),
        (
            {"headers": [["Authorization", "Api-Key ${ADAPTY_API_KEY:0:8}"]]},
            f"Api-Key {SECRET[:8]}",
        ),
        ({"headers": [["Authorization", "${ADAPTY_API_KEY^^}"]]}, SECRET.upper()),
        ({"headers": [["Authorization", "${ADAPTY_API_KEY%???}"]]}, SECRET[:-3]),
        ({"headers": []}, None),
    ],
)
def test_the_python_snippet_sends_the_same(
    more: dict[str, Any], key: str | None, receiver: Receiver, tmp_path: Path
) -> None:
    request = _request(receiver, **more)
    snippet = http_snippet(request)
    assert snippet.isascii()
    done = subprocess.run(
        [sys.executable, "-c", snippet],
        env=_environment(tmp_path), capture_output=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, (snippet, done.stderr)
    _, _, headers, body = receiver.got.pop()
    assert body == decoded(request)
    assert dict(headers).get("Authorization") == key


# junit.xml


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


# index.html


def test_the_page_says_the_answer_first(results: sample.Results, name: str) -> None:
    page = Page(page_of(name))
    assert page.headings[0][0] == 1
    assert (
        words.headline(results) in page.text[: page.text.index("The contract, promise by promise")]
    )
    assert page.count("h1") == 1


def test_the_page_is_sound(results: sample.Results, name: str) -> None:
    page = Page(page_of(name))
    assert not page.open
    levels = [level for level, _ in page.headings]
    assert all(after <= before + 1 for before, after in pairwise(levels))
    ids = Counter(attrs["id"] for _, attrs in page.elements if "id" in attrs)
    assert [key for key, count in ids.items() if count > 1] == []
    for tag, attrs in page.elements:
        for name in ("href", "src"):
            if name in attrs:
                assert (attrs[name] or "").removeprefix("#") in ids, attrs
        for name in ("for", "aria-labelledby", "data-copy"):
            if name in attrs:
                assert attrs[name] in ids
        assert tag not in ("link", "img", "iframe", "object", "embed", "base")
        assert not [name for name in attrs if name.startswith("on") or name == "style"]
    assert {item["id"] for item in results["requirements"]} <= ids.keys()


@pytest.mark.usefixtures("results")
def test_the_page_allows_nothing_but_its_own_script(name: str) -> None:
    page = Page(page_of(name))
    policy = next(a["content"] for _, a in page.elements if "http-equiv" in a)
    assert policy is not None
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    assert page.count("script") == page.count("style") == 1


def test_what_a_target_sent_is_text() -> None:
    text = render(sample.hostile())
    page = Page(text)
    assert "<script>window.hacked" in page.text
    assert "{{ 7*7 }}" in page.text
    for char in set(text) - set("\n\t"):
        assert plain(char) == char, hex(ord(char))
    assert "U+202E" in page.text
    assert "U+D800" in page.text


def test_templates_print_attributes_through_the_filter_for_them() -> None:
    for path in TEMPLATES.glob("*.j2"):
        for value in re.findall(r'[\w-]+="([^"]*)"', path.read_text("utf-8")):
            for printed in re.findall(r"\{\{(.*?)\}\}", value):
                ours = {"policy", "verdict", "mood", "name", "id", "item.verdict", "item.level"}
                name, _, filters = printed.strip().partition("|")
                assert name in ours or filters in ("attr", "words"), (path.name, printed)


def test_a_card_can_be_acted_upon_alone() -> None:
    text = render(sample.three_findings())
    start = text.index('id="request.body.gender.enum"')
    card = Page(
        "<article>" + text[text.index(">", start) + 1 : text.index("</article>", start) + 10]
    )
    for part in (
        "gender is one of f, m, o.", "line 156", "must", 'The gender "F" is accepted.',
        '"f"', '"F"', "A refusal: any 4xx.", "200 OK, as if it were valid.",
        "Failed in 2 of 2 tries",
        "adapty-conformance replay request-body/gender-enum-0", "curl -i", "import httpx",
        "3 more failures",
    ):  # fmt: skip
        assert part in card.text
    assert card.count("mark") == 3


def test_a_known_deviation_has_a_place_of_its_own() -> None:
    page = Page(render(sample.folded()))
    assert "Agreed: The SDK of 2019 sends them so. Until 2027-03-31." in page.text
    assert "Breaks 7 of" in page.text


def test_the_page_stays_small() -> None:
    start = time.monotonic()
    many = render(sample.all_failing(each=40))
    assert len(many.encode()) < 15_000_000
    assert len(render(sample.many(2000))) < 600_000
    assert time.monotonic() - start < 30
    assert "19 more in results.json" in many


@pytest.mark.parametrize("kind", ["three findings", "hostile", "all failing"])
def test_a_browser_runs_nothing_of_the_target(kind: str, tmp_path: Path) -> None:
    chromium = require_executable("chromium", "chromium-browser", "google-chrome")
    write(SAMPLES[kind](), tmp_path)
    done = subprocess.run(
        [
            str(chromium), "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic",
            "--no-first-run", "--disable-background-networking", "--disable-component-update",
            "--disable-sync", f"--user-data-dir={tmp_path / 'profile'}", "--enable-logging=stderr",
            "--timeout=20000", "--dump-dom", (tmp_path / "index.html").as_uri() + "#?q=gender",
        ],
        capture_output=True, timeout=120, check=False,
    )  # fmt: skip
    page = Page(done.stdout.decode())
    console = [
        line for line in done.stderr.decode("utf-8", "replace").splitlines() if "CONSOLE" in line
    ]
    assert console == []
    assert page.count("script") == 1
    assert page.count("img") == 0
    assert ("html", {"lang": "en", "class": "js"}) in page.elements
    shown = [a for tag, a in page.elements if tag == "tr" and a.get("class", "").startswith("row")]  # type: ignore[union-attr]
    assert sum("hidden" not in attrs for attrs in shown) == 3


# The terminal


def _summary(results: sample.Results, **options: Any) -> str:
    stream = io.StringIO()
    console = Console(file=stream, **{"width": 120, "force_terminal": False, **options})
    summary(results, console, report="conformance-report/index.html")
    return stream.getvalue()


def test_the_summary_of_a_run_that_finds_something() -> None:
    assert _summary(sample.three_findings()) == EXPECTED


EXPECTED = f"""\
Breaks 3 of {TOTAL} promises, 2 of them a must
{TOTAL - 72} kept · 3 broken · 69 not verified

must    request.body.gender.enum  gender is one of f, m, o.
        gender "f" → "F"  →  200 OK; expected: a refusal: any 4xx (2 of 2 tries)
        #/components/schemas/ProfileRequest/properties/gender/enum (line 156)
must    auth.wrong_key            Any other key than the secret one, however near, is answered with 401.
        Authorization: Api-Key <the key> → one letter less  →  200 OK; expected: 401 with an ErrorResponse
        “API requests must be authenticated by your secret API key as the Authorization header with the valu…” (line 587)
should  echo.custom_attributes    The custom attributes that were set come back, with the same values and JSON types.
        custom_attributes is empty; expected: custom_attributes holds favourite_sport = "yoga" (8 of 8 tries)
        “Allows setting up to 30 custom attributes for the profile” (line 219)

Not verified: 69 promises: {sample.UNSEEN}
Choices seen: The status that refuses an invalid payload: refuses with 422
              Null for a nullable member whose enum does not list it: refuses null with 422
              and 1 more in the report

report  conformance-report/index.html
again   adapty-conformance replay request-body/gender-enum-0
"""  # noqa: E501


def test_the_summary_of_other_runs() -> None:
    assert _summary(sample.conformant()).startswith(f"Conformant\n{TOTAL} kept · 0 broken\n")
    stopped = _summary(sample.stopped())
    assert "http://127.0.0.1:4010 answers 401 to this key; nothing was tested.\n" in stopped
    assert "again" not in stopped
    assert f"and {TOTAL - 10} more in the report\n" in _summary(sample.all_failing())


def test_the_words_are_the_same_with_colour(results: sample.Results) -> None:
    plain_words = _summary(results)
    coloured = _summary(results, force_terminal=True, color_system="truecolor")
    stripped = re.sub(r"\x1b\[[0-9;]*m", "", coloured)
    assert "\x1b" in coloured
    assert "".join(stripped.split()) == "".join(plain_words.split())


def test_nothing_of_a_target_controls_the_terminal() -> None:
    shown = _summary(sample.hostile())
    assert set(plain(shown, 10**6)) == set(shown)
    assert "[bold]markup[/bold] :smile:" in shown
    assert r"\x1b[31mred" in shown
