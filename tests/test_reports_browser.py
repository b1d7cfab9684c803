"""The HTML report in a real Chromium: what a reader sees, finds, copies, prints and follows."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Route

from reports.html import render
from tests import reports_sample as sample
from tests.browsing import chromium

# What Jenkins sends with the files of a build, unless somebody turned it off.
JENKINS = "sandbox; default-src 'none'; img-src 'self'; style-src 'self';"
SAMPLES: dict[str, Callable[[], sample.Results]] = {
    **sample.SAMPLES,
    "10,000 failures": partial(sample.all_failing, each=40),
}
Opened = Callable[..., "Seen"]


@dataclass
class Seen:
    """A page, and what its reader should never get: messages, and requests for anything else."""

    page: Page
    console: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def rows(self) -> int:
        """How many promises the table shows."""
        return self.page.locator("table.promises tr.row:visible").count()

    def hash(self) -> str:
        """The fragment of the page's address."""
        return str(self.page.evaluate("location.hash"))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for all tests."""
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The report of a sample as a file, made once."""
    folder = tmp_path_factory.mktemp("pages")

    def file(name: str) -> Path:
        path = folder / f"{name}.html"
        if not path.exists():
            results = SAMPLES[name]()
            text = render(results, sample.recorded(results))
            path.write_text(text, "utf-8", "backslashreplace")
        return path

    return file


@pytest.fixture
def opened(browser: Browser, files: Callable[[str], Path]) -> Iterator[Opened]:
    """Opens the report of a sample in a context of its own."""
    contexts = []

    def open_(name: str, fragment: str = "", width: int = 1280, **more: Any) -> Seen:
        context = browser.new_context(viewport={"width": width, "height": 900}, **more)
        contexts.append(context)
        seen = Seen(context.new_page())
        seen.page.on("console", lambda message: seen.console.append(message.text))
        seen.page.on("pageerror", lambda error: seen.console.append(str(error)))
        seen.page.on("dialog", lambda dialog: seen.console.append(dialog.message))
        seen.page.on("request", lambda request: seen.requests.append(request.url))
        seen.page.goto(files(name).as_uri() + fragment)
        return seen

    yield open_
    for context in contexts:
        context.close()


@pytest.mark.parametrize("name", SAMPLES)
def test_it_opens_in_silence(opened: Opened, name: str) -> None:
    seen = opened(name)
    assert seen.page.evaluate("document.readyState") == "complete"
    assert "js" in (seen.page.get_attribute("html", "class") or "")
    assert seen.page.evaluate("window.hacked") is None
    assert seen.console == []
    assert len(seen.requests) == 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["conformant", "folded", "hostile", "many failures"])
def test_it_is_accessible(opened: Opened, name: str, scheme: str) -> None:
    seen = opened(name, color_scheme=scheme)
    found = Axe().run(seen.page)
    assert found.violations_count == 0, found.generate_report()


def test_dark_is_dark(opened: Opened) -> None:
    ground = "getComputedStyle(document.body).backgroundColor"
    shades = {
        scheme: sum(map(int, re.findall(r"\d+", opened("folded", color_scheme=scheme)
                                        .page.evaluate(ground))[:3]))
        for scheme in ("light", "dark")
    }  # fmt: skip
    assert shades["dark"] < 200 < 600 < shades["light"]


@pytest.mark.parametrize("name", ["three findings", "hostile", "all failing"])
def test_nothing_is_wider_than_a_phone(opened: Opened, name: str) -> None:
    seen = opened(name, width=390)
    assert seen.page.evaluate("document.documentElement.scrollWidth") == 390


def test_search_answers_while_typing_and_is_part_of_the_address(opened: Opened) -> None:
    seen = opened("three findings")
    seen.page.keyboard.press("/")
    seen.page.keyboard.type("gender")
    assert seen.rows() == 3
    assert seen.hash() == "#?q=gender"
    assert seen.page.locator("form.filters output").inner_text() == f"3 of {sample.TOTAL}"
    seen.page.keyboard.type(" enum")
    assert seen.rows() == 1
    seen.page.keyboard.type(" nothing")
    assert seen.page.locator("form.filters output").inner_text() == f"none of {sample.TOTAL}"
    assert seen.page.locator("tr.part:visible").count() == 0
    seen.page.get_by_role("button", name="Clear").click()
    assert seen.rows() == sample.TOTAL
    assert seen.hash() == "#promises"


def test_filters_are_tokens_that_a_link_carries(opened: Opened) -> None:
    seen = opened("folded")
    group = seen.page.get_by_role("group", name="Verdict")
    group.get_by_role("button", name="broken").click()
    group.get_by_role("button", name="known deviation").click()
    seen.page.get_by_role("group", name="Level").get_by_role("button", name="should").click()
    assert seen.hash() == "#?verdict=fail&verdict=known&level=should"
    shown = seen.rows()
    expected = [
        item for item in sample.folded()["requirements"]
        if item["verdict"] in ("fail", "known") and item["level"] == "should"
    ]  # fmt: skip
    assert shown == len(expected) > 0
    again = opened("folded", seen.hash())
    assert again.rows() == shown
    pressed = again.page.locator("button.token[aria-pressed=true]")
    assert pressed.evaluate_all("all => all.map((each) => each.dataset.value)") == [
        "fail", "known", "should",
    ]  # fmt: skip
    pressed.first.click()
    assert again.hash() == "#?verdict=known&level=should"


def test_a_typed_token_becomes_one(opened: Opened) -> None:
    seen = opened("three findings")
    seen.page.locator("input[type=search]").press_sequentially("level:must verdict:broken gender")
    assert seen.hash() == "#?q=gender&verdict=fail&level=must"
    assert seen.rows() == 1
    assert seen.page.locator("input[type=search]").input_value() == "gender"


def test_a_link_opens_the_report_at_its_finding(opened: Opened) -> None:
    seen = opened("folded", "#request.body.gender.enum")
    card = seen.page.locator("article.card").filter(has_text="gender is one of")
    box = card.bounding_box()
    assert box is not None
    assert abs(box["y"]) < 200
    assert card.locator("a.link").get_attribute("href") == "#request.body.gender.enum"


def test_a_cell_leads_to_a_promise_that_a_filter_hides(opened: Opened) -> None:
    seen = opened("three findings", "#?q=gender")
    seen.page.locator('.cells a[href="#request.body.email.type"]').click()
    row = seen.page.locator('tr[id="request.body.email.type"]')
    assert row.is_visible()
    assert row.evaluate("row => row.getBoundingClientRect().top < innerHeight")


def test_what_shows_a_promise_leads_to_the_exchange(opened: Opened) -> None:
    seen = opened("conformant")
    row = seen.page.locator('tr[id="request.body.gender.enum"]')
    row.get_by_text("exchange that shows it").click()
    assert row.get_by_text("enum:").is_visible()
    row.get_by_role("link", name="200 OK").click()
    sampled = seen.page.locator("details.sample[open]")
    assert sampled.count() == 1
    assert sampled.locator("mark").inner_text().startswith('"first_name": "Jane ')


def test_copying_a_line_gives_all_of_it(opened: Opened) -> None:
    seen = opened("three findings", permissions=["clipboard-read", "clipboard-write"])
    card = seen.page.locator('article[id="auth.wrong_key"]')
    expected = sample.requirement(sample.three_findings(), "auth.wrong_key")["failures"][0]["curl"]
    card.get_by_role("button", name="Copy as curl").click()
    card.get_by_role("button", name="Copied").wait_for()
    assert seen.page.evaluate("navigator.clipboard.readText()") == expected
    card.get_by_text("Send it again").click()
    card.locator(".copyable").filter(has_text="Python").get_by_role("button").click()
    card.locator(".copyable").filter(has_text="Copied").wait_for()
    assert "httpx.request(" in seen.page.evaluate("navigator.clipboard.readText()")


def test_the_picture_is_one_stop_for_the_tab_key_and_arrows_lead_through_it(
    opened: Opened,
) -> None:
    seen = opened("three findings")
    first = seen.page.locator(".cells a").first
    first.focus()
    seen.page.keyboard.press("ArrowRight")
    focused = "document.activeElement.getAttribute('href')"
    assert seen.page.evaluate(focused) == seen.page.locator(".cells a").nth(1).get_attribute("href")
    assert "must" in seen.page.locator(".hint").inner_text()
    seen.page.keyboard.press("Tab")
    assert seen.page.evaluate(focused) == (
        seen.page.locator(".cells").nth(1).locator("a").first.get_attribute("href")
    )


def test_print_shows_everything_and_no_control(opened: Opened) -> None:
    seen = opened("three findings", java_script_enabled=False)
    closed = seen.page.locator("article.card details pre").first
    assert not closed.is_visible()
    seen.page.emulate_media(media="print", color_scheme="dark")
    box = closed.bounding_box()
    assert box is not None
    assert box["height"] > 10
    assert not seen.page.locator("nav.bar").is_visible()
    ground = "getComputedStyle(document.body).backgroundColor"
    scripted = opened("three findings", color_scheme="dark")
    scripted.page.emulate_media(media="print")
    assert scripted.page.evaluate(ground) == "rgb(255, 255, 255)"
    assert scripted.page.locator("form.filters").is_hidden()
    assert scripted.page.pdf().startswith(b"%PDF")


def test_without_script_everything_is_there_to_read(opened: Opened) -> None:
    seen = opened("folded", java_script_enabled=False)
    assert seen.rows() == sample.TOTAL
    assert not seen.page.locator("form.filters").is_visible()
    assert seen.page.locator("button:visible").count() == 0
    seen.page.locator("article.card").first.get_by_text("Send it again").first.click()
    assert seen.page.get_by_text("curl -i").first.is_visible()


def test_where_a_policy_forbids_style_and_script_the_answer_is_there(
    browser: Browser, files: Callable[[str], Path]
) -> None:
    text = files("folded").read_text("utf-8")

    def serve(route: Route) -> None:
        headers = {"Content-Security-Policy": JENKINS}
        route.fulfill(body=text, content_type="text/html; charset=utf-8", headers=headers)

    page = browser.new_page()
    page.route("**/*", serve)
    page.goto("http://jenkins.example/job/1/artifact/index.html")
    assert page.get_by_role("heading", level=1).inner_text().strip().startswith("Breaks ")
    style = page.get_by_role("heading", level=1).evaluate(
        "each => getComputedStyle(each).fontFamily"
    )
    assert "system-ui" not in style
    for words in ("gender is one of f, m, o.", "The one change", "inconclusive"):
        assert page.get_by_text(words, exact=True).first.is_visible()
    assert page.locator("tr.row:visible").count() == sample.TOTAL
    cell = page.locator(".cells a svg").first.bounding_box()
    assert cell is not None
    assert cell["width"] >= 12
    page.close()


def test_the_file_of_10000_failures_stays_small(files: Callable[[str], Path]) -> None:
    text = files("10,000 failures").read_text("utf-8")
    assert len(text.encode()) < 15_000_000
    assert text.count('class="card fail"') == sample.TOTAL
