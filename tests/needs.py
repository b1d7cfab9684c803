"""What a test needs beside the suite: programs, and the packages of the extra `power`."""

from __future__ import annotations

import os
import shutil
from importlib.util import find_spec
from pathlib import Path
from typing import NoReturn

import pytest


def require_executable(*names: str) -> Path:
    """The first of these programs that this machine has.

    Without any, the test is skipped and says so; with `CI=true`, where a skip would pass unseen, it
    fails.
    """
    found = next(filter(None, map(shutil.which, names)), None)
    if found is None:
        reason = f"needs {' or '.join(names)}, which this machine does not have"
        _missing(reason, ".ci/run installs it")
    return Path(found)


def require_module(*names: str) -> None:
    """All of these Python packages, which the servers of `benchmarks/power/field` are written in.

    Without one, the test is skipped or, with `CI=true`, fails.
    """
    for name in names:
        if find_spec(name) is None:
            _missing(f"needs {name}, which is not installed", "the extra `power` brings it")


def _missing(reason: str, remedy: str) -> NoReturn:
    if os.environ.get("CI") == "true":
        pytest.fail(f"{reason}; with CI=true that is an error: {remedy}")
    pytest.skip(reason)
