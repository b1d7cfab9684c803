"""Making every process of a run draw the same cases for one seed."""

from __future__ import annotations

import importlib
import pkgutil
import sys


def import_everything() -> None:
    """Import every module of ours but the cases, and hide the script that was started.

    Hypothesis draws constants of the local modules that it finds imported, so for one seed to draw
    the same cases in every process, and however the run was started, these must be the same.
    """
    vars(sys.modules["__main__"]).pop("__file__", None)
    for package in ("spec", "strategies", "conformance", "reports", "runner", "mock_server"):
        for found in pkgutil.iter_modules(importlib.import_module(package).__path__):
            if not found.name.startswith("test_"):
                importlib.import_module(f"{package}.{found.name}")
