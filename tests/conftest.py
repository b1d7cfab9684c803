"""Fixtures that several modules share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests import reports_sample
from tests.support import mock


@pytest.fixture(params=reports_sample.SAMPLES)
def results(request: pytest.FixtureRequest) -> reports_sample.Results:
    """A results.json of each kind."""
    return reports_sample.SAMPLES[request.param]()


@pytest.fixture(scope="module")
def kept() -> Iterator[str]:
    """The URL of a server that keeps every promise."""
    with mock() as url:
        yield url


@pytest.fixture(scope="module")
def lax() -> Iterator[str]:
    """The URL of a server that takes any gender."""
    with mock("request.body.gender.enum") as url:
        yield url


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes long is begun first, so that no process waits for it at the end."""
    items.sort(key=lambda item: item.get_closest_marker("long") is None)
