"""The page of many targets in a real Chromium: what a reader sees, finds, follows and prints."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from reports.matrix import Target
from reports.matrix_page import render
from tests import reports_sample as sample
from tests.browsing import chromium
from tests.matrix_sample import SIDES, few, three, twenty


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for all tests."""
    with chromium() as found:
        yield found


class Opened:
    """A page in the browser, with everything that it said or asked for."""

    def __init__(self, browser: Browser, path: Path, hash_: str = "", **options: Any) -> None:
        self.noise: list[str] = []
        self.page: Page = browser.new_context(**options).new_page()
        self.page.on("console", lambda message: self.noise.append(message.text))
        self.page.on("pageerror", lambda error: self.noise.append(str(error)))
        self.page.on("request", lambda request: self.noise.append(request.url.partition("#")[0]))
        self.page.goto(path.as_uri() + hash_)

    def rows(self) -> int:
        """How many promises are to be seen."""
        return self.page.locator("table.matrix tr.row:visible").count()

    def hash(self) -> str:
        """The fragment of the address."""
        return str(self.page.evaluate("location.hash"))

    def press(self, name: str) -> None:
        """Press the button of that beginning."""
        self.page.get_by_role("button", name=re.compile(f"^{re.escape(name)}")).click()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The page of three targets."""
    path = tmp_path / "matrix.html"
    path.write_text(render(three()), "utf-8")
    return path


@pytest.mark.parametrize("name", SIDES)
def test_it_opens_in_silence(browser: Browser, tmp_path: Path, name: str) -> None:
    path = tmp_path / "matrix.html"
    path.write_text(render(SIDES[name]()), "utf-8")
    seen = Opened(browser, path, viewport={"width": 390, "height": 844})
    assert seen.noise == [path.as_uri()]
    assert seen.page.evaluate("window.hacked") is None
    assert seen.page.evaluate("document.documentElement.scrollWidth") == 390
    assert seen.page.locator("html.js").count() == 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["three", "editions", "hostile"])
def test_it_is_accessible(browser: Browser, tmp_path: Path, name: str, scheme: str) -> None:
    path = tmp_path / "matrix.html"
    path.write_text(render(few(SIDES[name]())), "utf-8")
    for width in (1400, 390):
        size = {"width": width, "height": 900}
        seen = Opened(browser, path, color_scheme=scheme, viewport=size)
        found = Axe().run(seen.page)
        assert found.violations_count == 0, found.generate_report()


def test_dark_is_dark(browser: Browser, path: Path) -> None:
    shades = {}
    for scheme in ("light", "dark"):
        seen = Opened(browser, path, color_scheme=scheme)
        shade = seen.page.evaluate("getComputedStyle(document.body).backgroundColor")
        cell = seen.page.evaluate(
            "getComputedStyle(document.querySelector('.matrix td')).backgroundColor"
        )
        shades[scheme] = [sum(map(int, re.findall(r"\d+", each)[:3])) for each in (shade, cell)]
    assert max(shades["dark"]) < 150 < 650 < min(shades["light"])


def test_tokens_filter_and_the_address_says_so(browser: Browser, path: Path) -> None:
    seen = Opened(browser, path)
    assert seen.rows() == sample.TOTAL
    seen.press("different between targets")
    assert (seen.rows(), seen.hash()) == (8, "#?show=different-between-targets")
    seen.press("old")
    assert (seen.rows(), seen.hash()) == (5, "#?show=different-between-targets&only=old")
    seen.press("robustness")
    assert seen.rows() == 2
    seen.page.keyboard.press("/")
    seen.page.keyboard.type("connection")
    assert seen.rows() == 1
    assert "q=connection" in seen.hash()
    seen.press("Clear")
    seen.page.wait_for_function("!location.hash.includes('q=')")
    assert seen.rows() == sample.TOTAL
    assert seen.page.locator("[aria-pressed=true]").count() == 0
    assert seen.page.get_by_role("button", name="broken everywhere 0").is_disabled()


def test_an_address_opens_filtered(browser: Browser, path: Path) -> None:
    seen = Opened(browser, path, "#?q=gender&show=broken-somewhere")
    assert seen.rows() == 1
    pressed = seen.page.locator("[aria-pressed=true]")
    assert pressed.all_inner_texts() == ["broken somewhere 8"]
    assert seen.page.locator("input[name=q]").input_value() == "gender"
    assert seen.page.locator("tbody:visible").count() == 3  # of targets, of promises, of choices


def test_a_count_of_the_drift_shows_its_promises(browser: Browser, path: Path) -> None:
    seen = Opened(browser, path)
    token = seen.page.get_by_role("button", name="sandbox keeps, mock breaks 3")
    assert token.count() == 0
    seen.page.locator("#target-2 td a").click()
    assert (seen.rows(), seen.hash()) == (3, "#?worse=mock")
    assert token.is_visible()
    assert seen.page.locator(".asked button:visible").count() == 1
    token.click()
    assert seen.rows() == sample.TOTAL


def test_a_name_that_says_too_much_is_a_filter_all_the_same(
    browser: Browser, tmp_path: Path
) -> None:
    path = tmp_path / "matrix.html"
    name = "a|b&c=\u202e#d"
    path.write_text(render([three()[0], Target(name, sample.three_findings())]), "utf-8")
    seen = Opened(browser, path)
    seen.page.locator("#target-2 td a").click()
    assert seen.rows() == 3
    seen.page.reload()
    assert seen.rows() == 3


def test_arrows_walk_through_what_is_shown(browser: Browser, path: Path) -> None:
    seen = Opened(browser, path, "#?show=different-between-targets")
    hint = seen.page.locator(".hint")
    seen.page.locator(".c[tabindex='0']").focus()
    assert seen.page.locator(".c[tabindex='0']").count() == 1
    assert hint.is_visible()
    assert hint.inner_text() == "sandbox: kept · gender is one of f, m, o."
    seen.page.keyboard.press("ArrowDown")
    assert hint.inner_text().startswith("sandbox: kept · birthday ")
    for key in ("ArrowRight", "ArrowLeft", "ArrowUp", "ArrowUp", "ArrowRight"):
        seen.page.keyboard.press(key)
    assert hint.inner_text() == (
        'mock: broken · gender is one of f, m, o. · gender "f" → "F" · 200 OK · 5 more failures'
    )
    seen.press("old")
    assert seen.page.locator(".c[tabindex='0']:visible").count() == 1


def test_the_heads_stay_while_the_table_moves(browser: Browser, tmp_path: Path) -> None:
    path = tmp_path / "matrix.html"
    path.write_text(render(twenty()), "utf-8")
    seen = Opened(browser, path, viewport={"width": 390, "height": 844})
    region = seen.page.get_by_role("region", name="Every promise by target")
    region.evaluate("each => { each.scrollIntoView(); each.scrollTo(400, 3000); }")
    box, corner = region.bounding_box(), region.locator("thead th").first.bounding_box()
    assert box is not None
    assert corner is not None
    assert abs(corner["x"] - box["x"]) <= 1
    assert abs(corner["y"] - box["y"]) <= 1
    name = region.locator("thead th").nth(12).bounding_box()
    assert name is not None
    assert abs(name["y"] - box["y"]) <= 1
    head = region.locator("tr.row:nth-child(40) th").first.bounding_box()
    assert head is not None
    assert abs(head["x"] - box["x"]) <= 1


def test_without_script_and_style_everything_is_there(browser: Browser, path: Path) -> None:
    seen = Opened(browser, path, java_script_enabled=False)
    assert seen.rows() == sample.TOTAL
    assert seen.page.locator("form:visible, .hint:visible, button:visible").count() == 0
    seen.page.evaluate("document.querySelector('style').remove()")
    line = seen.page.locator("tr.row", has_text="gender is one of").inner_text()
    assert line.split()[-3:] == ["kept", "broken", "broken"]


def test_paper_has_all_of_it(browser: Browser, path: Path) -> None:
    seen = Opened(browser, path, color_scheme="dark", viewport={"width": 1000, "height": 700})
    seen.page.emulate_media(media="print")
    assert seen.page.locator("form:visible, nav:visible, .hint:visible").count() == 0
    region = seen.page.locator(".region").first
    assert region.evaluate("each => each.scrollHeight === each.clientHeight")
    assert seen.page.pdf().startswith(b"%PDF")
