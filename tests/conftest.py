"""Fixtures that several modules share."""

from __future__ import annotations

import pytest

from tests import reports_sample


@pytest.fixture(params=reports_sample.SAMPLES)
def results(request: pytest.FixtureRequest) -> reports_sample.Results:
    """A results.json of each kind."""
    return reports_sample.SAMPLES[request.param]()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes long is begun first, so that no process waits for it at the end."""
    items.sort(key=lambda item: item.get_closest_marker("long") is None)
