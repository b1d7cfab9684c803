"""A dozen broken servers through the command line: exit 1, and the finding by its name."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import command, failing, mock, results

DOZEN = (
    "request.body.gender.enum",
    "request.body.birthday.format",
    "request.body.first_name.nullable",
    "request.body.custom_attributes.maxItems",
    "request.header.identity",
    "request.media_type",
    "auth.wrong_key",
    "response.200.data.profile_id.format",
    "response.200.data.access_levels.item.offer.category.enum",
    "rejection.body.status_code.http_status",
    "echo.custom_attributes",
    "timestamp.response_time",
)


@pytest.mark.parametrize("requirement", DOZEN)
def test_a_broken_promise_is_found_and_fails_the_run(requirement: str, tmp_path: Path) -> None:
    with mock(broken=requirement) as url:
        run = command(
            "run", url, "--phases", "deterministic", "--seeded-customer", "customer-with-purchases",
            cwd=tmp_path,
        )  # fmt: skip
    assert run.returncode == 1, run.stdout + run.stderr
    assert failing(results(tmp_path)) == {requirement}
    assert requirement in run.stdout
