"""What a test needs of the machine beside Python."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest


def require_executable(*names: str) -> Path:
    """The first of these programs that this machine has.

    Without any, the test is skipped and says so; with `CI=true`, where a skip would pass unseen, it
    fails.
    """
    for name in names:
        if found := shutil.which(name):
            return Path(found)
    reason = f"needs {' or '.join(names)}, which this machine does not have"
    if os.environ.get("CI") == "true":
        pytest.fail(f"{reason}; with CI=true that is an error: .ci/run installs it")
    pytest.skip(reason)
