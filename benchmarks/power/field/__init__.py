"""Servers that are no part of the suite, and what a person found each to break.

Complete, small implementations in the frameworks that such servers are written in, two of them
written to conform, and mock servers of the vendor's document. docs/field.md says what each keeps
and breaks.
"""

from benchmarks.power.field.servers import FIELD, Implementation, serving
from benchmarks.power.field.starting import FieldError

__all__ = ["FIELD", "FieldError", "Implementation", "serving"]
