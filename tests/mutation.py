"""A pytest plugin for `tox -e mutation`, which runs for a mutant the tests that call its function.

Which tests those are is seen in one run of all of them. What a module calls while it is imported,
and what an earlier test left in a cache, would be put down to one test alone, and a mutant would
get what was imported and computed before it.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Generator
from pathlib import Path

import pytest
from mutmut.state import state

CACHING = ("spec", "strategies", "tests")  # what the tests compute once and keep
_imported: dict[Path, set[str]] = {}


def _modules() -> list[str]:
    return [name for name in sys.modules if name.partition(".")[0] in CACHING]


def _forget() -> None:
    """Empty the caches, so that whoever needs a function calls it."""
    for name in _modules():
        for value in list(vars(sys.modules[name]).values()):
            if callable(clear := getattr(value, "cache_clear", None)):
                clear()


def pytest_configure() -> None:
    """Import the tests anew where a mutant may change what they compute at import."""
    if os.environ.get("MUTANT_UNDER_TEST", "").startswith(("spec.", "strategies.")):
        _forget()
        for name in _modules():
            if name.startswith("tests.") and name != __name__:
                del sys.modules[name]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the quickest tests first."""
    if (stats := Path("mutmut-stats.json")).exists():
        seconds = json.loads(stats.read_text())["duration_by_test"]
        items.sort(key=lambda item: float(seconds.get(item.nodeid, 0)))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Note what the import of a test module calls."""
    if _measuring() and isinstance(collector, pytest.Module):
        _forget()
        state()._stats.clear()
        report = yield
        _imported[collector.path] = set(state()._stats)
        state()._stats.clear()
        return report
    return (yield)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    """Let no test live on what an earlier one has computed."""
    if _measuring():
        _forget()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item) -> None:
    """Put down to a test what its module called."""
    state()._stats.update(_imported.get(item.path, ()))


def _measuring() -> bool:
    return os.environ.get("MUTANT_UNDER_TEST") == "stats"
