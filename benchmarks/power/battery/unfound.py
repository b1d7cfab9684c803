"""Faults that the suite is known not to find, or not to name; the measurement counts them too."""

from __future__ import annotations

UNFOUND: frozenset[str] = frozenset()
