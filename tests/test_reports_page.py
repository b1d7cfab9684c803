"""The HTML report: sound, small, and harmless whatever a target sent."""

from __future__ import annotations

import re
import subprocess
import time
from collections import Counter
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest

from reports import words
from reports.html import render
from reports.page import TEMPLATES
from reports.text import plain
from reports.writing import write
from tests import reports_sample as sample
from tests.needs import require_executable
from tests.pages import Page

TOTAL = sample.TOTAL


@cache
def page_of(name: str) -> str:
    """The page of a sample, made once."""
    return render(sample.SAMPLES[name]())


@pytest.fixture
def name(request: pytest.FixtureRequest, results: sample.Results) -> str:
    """The name of the sample that `results` is."""
    del results
    return str(request.node.callspec.params["results"])


def test_the_page_says_the_answer_first(results: sample.Results, name: str) -> None:
    page = Page(page_of(name))
    assert page.headings[0][0] == 1
    assert (
        words.headline(results) in page.text[: page.text.index("The contract, promise by promise")]
    )
    assert page.count("h1") == 1


def test_the_first_screen_tells_how_much_could_be_observed() -> None:
    top = Page(page_of("unseen")).text.partition("The contract, promise by promise")[0]
    assert f"{TOTAL - 69} kept of {TOTAL - 69} observable" in " ".join(top.split())
    assert "observable" not in Page(page_of("conformant")).text
    for words_ in ("Half of the answers came", "p95", "Seed", "200 × 150, 401 × 19, 422 × 200"):
        assert words_ in render(sample.conformant()), words_


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


OURS = {  # words and numbers of this package's own
    "policy", "verdict", "mood", "name", "id", "item.verdict", "item.level", "size",
    "INKS[verdict]", "latency.width", "latency.height", "latency.height + 1",
    "latency.height + 0.5", "bar.x", "bar.y", "bar.width", "bar.height",
}  # fmt: skip


def test_templates_print_attributes_through_the_filter_for_them() -> None:
    for path in TEMPLATES.glob("*.j2"):
        for value in re.findall(r'[\w-]+="([^"]*)"', path.read_text("utf-8")):
            for printed in re.findall(r"\{\{(.*?)\}\}", value):
                name, _, filters = printed.strip().partition("|")
                assert name in OURS or filters in ("attr", "bare", "words"), (path.name, printed)


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
    assert card.count("mark") == 3 + 3  # what was changed, and the status that it got


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
    write(sample.SAMPLES[kind](), tmp_path)
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
    rows = [attrs for tag, attrs in page.elements if tag == "tr"]
    shown = [attrs for attrs in rows if (attrs.get("class") or "").startswith("row")]
    assert sum("hidden" not in attrs for attrs in shown) == 3
