"""Mock servers that nobody here wrote: what is found is true, what they do rightly is not blamed.

The lists are the reviewed ones of `docs/mocks.md`, where each entry has the request that shows it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from reports.results import validate
from spec.document import VENDOR_DOCUMENT
from spec.loader import load
from tests.needs import require_executable
from tests.real_mocks import serving

CONTRACT = load()
EXAMPLE_EVERY_TIME = {
    "echo.customer_user_id",
    "echo.custom_attributes",
    "timestamp.response_time",
    "identity.profile_id",
}
PROSE = {
    "auth.wrong_key",
    "auth.scheme",
    "request.header.identity",
    "request.body.custom_attributes.maxItems",
    "request.body.custom_attributes.item.key.pattern",
    "request.body.custom_attributes.item.value.maxLength",
}
OTHER_ERRORS = {
    "rejection.media_type",
    "rejection.body.errors.required",
    "rejection.body.error_code.required",
    "rejection.body.status_code.required",
}
REFUSED = {
    key
    for key, each in CONTRACT.requirements.items()
    if "refuse" in each.sides and key.startswith(("request.", "auth."))
}
DATE_TIMES = {
    key
    for key in CONTRACT.requirements
    if key.startswith("response.200.data.") and key.endswith("_at.format")
}
BREAKS = {
    "prism": EXAMPLE_EVERY_TIME
    | PROSE
    | OTHER_ERRORS
    | {"robustness.server_error", "robustness.connection"},
    "scalar": EXAMPLE_EVERY_TIME
    | PROSE
    | OTHER_ERRORS
    | {
        "request.media_type",
        "response.401.errors.required",
        "response.401.error_code.required",
        "response.401.status_code.required",
    },
    "mockoon": REFUSED
    | DATE_TIMES
    | {"echo.customer_user_id", "echo.custom_attributes", "timestamp.response_time"},
}


@pytest.mark.parametrize("name", sorted(BREAKS))
def test_what_is_found_is_what_is_true_of_the_mock(name: str, tmp_path: Path) -> None:
    require_executable("npm")
    with serving(name, VENDOR_DOCUMENT) as url:
        ended = subprocess.run(
            [Path(sys.executable).with_name("adapty-conformance"), "run", url],
            cwd=tmp_path,
            env={**os.environ, "ADAPTY_API_KEY": "secret_live_0123456789abcdef"},
            capture_output=True,
            text=True,
            timeout=300,
        )
    assert ended.returncode == 1, ended.stdout + ended.stderr
    results = json.loads((tmp_path / "conformance-report" / "results.json").read_text())
    validate(results)
    assert broken(results) == BREAKS[name]
    if name == "prism":
        verdicts = {each["id"]: each["verdict"] for each in results["requirements"]}
        kept = [k for k in verdicts if k.endswith((".nullable", ".enum")) and "request.body" in k]
        assert kept
        assert {verdicts[key] for key in kept} == {"pass"}


def broken(results: dict[str, Any]) -> set[str]:
    """The promises that a run found broken."""
    return {each["id"] for each in results["requirements"] if each["verdict"] == "fail"}
