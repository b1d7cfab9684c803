"""The pictures in the documentation: the report of a run against Prism, and five targets compared.

`python -m benchmarks.pictures` runs the suite against the embedded mock, Prism, Mockoon, Scalar and
Connexion on this machine, puts their results into one matrix and takes the pictures in `docs/`.
`--keep DIR` keeps the reports and `DIR/matrix.html`. It needs Node.js, Chromium and the extras
`power` and `tests`.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import nullcontext
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, sync_playwright

from benchmarks.power.field.servers import serving

DOCS = Path(__file__).resolve().parent.parent / "docs"
KEY = "secret_live_of_the_pictures"
MOCKS = ("embedded", "prism", "mockoon", "scalar", "connexion")
SUITE = [sys.executable, "-m", "runner.cli"]


def run(name: str, folder: Path) -> None:
    """Judge one of the mocks, each report in a folder of its name; an earlier one is gone."""
    shutil.rmtree(folder / name, ignore_errors=True)
    with nullcontext() if name == "embedded" else serving(name, KEY) as url:
        subprocess.run(
            [*SUITE, "run", *([url] if url else []), "--report-dir", str(folder / name)],
            env={**os.environ, "ADAPTY_API_KEY": KEY}, check=False, stdout=subprocess.DEVNULL,
        )  # fmt: skip


def picture(browser: Browser, page: Path, name: str) -> None:
    """Pictures of a page's first screen in docs/, light and dark."""
    schemes: tuple[Literal["light", "dark"], ...] = ("light", "dark")
    for scheme in schemes:
        context = browser.new_context(
            viewport={"width": 1280, "height": 1000}, color_scheme=scheme, device_scale_factor=1.5
        )
        shown = context.new_page()
        shown.goto(page.as_uri())
        shown.wait_for_timeout(300)
        shown.screenshot(path=DOCS / f"{name}-{scheme}.png")
        context.close()


def main() -> int:
    """Run, compare, take the pictures."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pictures")
    parser.add_argument("--keep", metavar="DIR", type=Path, help="keep the reports here")
    parser.add_argument("--browser", default="chromium", help="a Chromium; `chromium` without it")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as gone:
        folder = asked.keep or Path(gone)
        folder.mkdir(parents=True, exist_ok=True)
        for name in MOCKS:
            print(f"judging {name}", flush=True)
            run(name, folder)
        matrix = folder / "matrix.html"
        subprocess.run(
            [*SUITE, "matrix", "--output", str(matrix), *(str(folder / name) for name in MOCKS)],
            check=True,
        )
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=_found(asked.browser), args=["--no-sandbox"]
            )
            picture(browser, folder / "prism" / "index.html", "report")
            picture(browser, matrix, "matrix")
    return 0


def _found(name: str) -> str:
    path = shutil.which(name)
    if path is None:
        raise SystemExit(f"no browser {name}; name one with --browser")
    return path


if __name__ == "__main__":
    sys.exit(main())
