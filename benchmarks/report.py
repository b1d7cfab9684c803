"""How large the report gets, and how fast it is made and opens, for a run of 100,000 exchanges.

`python -m benchmarks.report` runs the suite against a server that takes everything and answers
wrongly, repeats what was recorded under new ids until there are that many exchanges, makes the
reports again and opens the page in Chromium. Nothing leaves this machine.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from mock_server.serve import serving

EXCHANGES = 100_000
SUITE = [sys.executable, "-m", "runner.cli"]
_TYPING = """async () => {
  const field = document.querySelector("input[type=search]");
  const times = [];
  for (const text of ["g", "ge", "gen", "gend", "gende", "gender"]) {
    const start = performance.now();
    field.value = text;
    field.dispatchEvent(new Event("input", {bubbles: true}));
    await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
    times.push(performance.now() - start);
  }
  return Math.max(...times);
}"""
_OPENING = """() => {
  const [paint] = performance.getEntriesByName("first-contentful-paint");
  const [page] = performance.getEntriesByType("navigation");
  return [paint?.startTime ?? 0, page.loadEventEnd];
}"""


async def wrong(request: Request) -> JSONResponse:
    """Take anything, and answer what is no profile."""
    told = {"profile_id": "none", "customer_user_id": 1, "timestamp": "now", "access_levels": [{}]}
    return JSONResponse({"data": told, "seen": len(await request.body())})


def repeated(journal: Path, count: int) -> int:
    """Repeat the cases and exchanges of a journal under new ids until `count`; how many there are.

    Notes of the run stay as they are.
    """
    lines = [json.loads(line) for line in journal.read_text("ascii").splitlines()]
    told = [line for line in lines if line["kind"] in ("case", "exchange")]
    total = sum(1 for line in told if line["kind"] == "exchange")
    with journal.open("a", encoding="ascii") as file:
        copy = 0
        while total < count:
            copy += 1
            for line in told:
                file.write(json.dumps(_renamed(line, copy), separators=(",", ":")) + "\n")
                total += int(line["kind"] == "exchange")
    return total


def _renamed(line: dict[str, Any], copy: int) -> dict[str, Any]:
    made = {**line, "id": f"{line['id']}-{copy}"}
    if line["kind"] == "exchange":
        made["cases"] = [f"{case}-{copy}" for case in line["cases"]]
        for name in ("control", "follows"):
            made[name] = line[name] and f"{line[name]}-{copy}"
    return made


def measured(folder: Path, browser: str) -> Iterator[tuple[str, str]]:
    """The figures, each with its name."""
    environment = {**os.environ, "ADAPTY_API_KEY": "secret_live_of_the_benchmark"}
    with serving(Starlette(routes=[Route("/{path:path}", wrong, methods=["POST"])])) as url:
        subprocess.run(
            [*SUITE, "run", url, "--report-dir", str(folder)],
            env=environment, check=False, stdout=subprocess.DEVNULL,
        )  # fmt: skip
    yield "exchanges", f"{repeated(folder / 'journal.ndjson', EXCHANGES):,}"
    start = time.monotonic()
    subprocess.run(
        [*SUITE, "report", str(folder)], env=environment, check=True, stdout=subprocess.DEVNULL
    )
    yield "`report` takes", f"{time.monotonic() - start:.1f} s"
    told = json.loads((folder / "results.json").read_text("ascii"))["requirements"]
    failed = sum(each["failed"] for item in told for each in item["failures"])
    yield "failures", f"{failed:,} in {sum(bool(i['failures']) for i in told)} broken promises"
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    yield "with at most", f"{peak:,.0f} MB of memory"
    for name in ("journal.ndjson", "results.json", "index.html"):
        yield name, f"{(folder / name).stat().st_size / 1e6:.1f} MB"
    with sync_playwright() as playwright:
        page = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"]).new_page()
        yield from _opened(page, folder / "index.html")


def _opened(page: Page, path: Path) -> Iterator[tuple[str, str]]:
    page.goto(path.as_uri())
    page.wait_for_timeout(200)
    paint, loaded = page.evaluate(_OPENING)
    yield "first paint after", f"{paint / 1000:.2f} s"
    yield "opened after", f"{loaded / 1000:.2f} s"
    yield "search answers within", f"{page.evaluate(_TYPING):.0f} ms"


def main() -> int:
    """Print a table of the figures."""
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        print("needs chromium or google-chrome", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as folder:
        print("| what | how much |\n|---|---|")
        for name, figure in measured(Path(folder) / "report", browser):
            print(f"| {name} | {figure} |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
