"""Fixtures that several modules share."""

from __future__ import annotations

import pytest

from tests import reports_sample


@pytest.fixture(params=reports_sample.SAMPLES)
def results(request: pytest.FixtureRequest) -> reports_sample.Results:
    """A results.json of each kind."""
    return reports_sample.SAMPLES[request.param]()
