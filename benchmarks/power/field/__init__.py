"""Servers that are no part of the suite, and what a person found each to break.

Six are complete, small implementations or mocks in the frameworks that such servers are written in,
with the frameworks' defaults; four are mock servers of the vendor's document. docs/field.md says
what each keeps and breaks.
"""

from benchmarks.power.field.servers import FIELD, Implementation, serving
from benchmarks.power.field.starting import FieldError

__all__ = ["FIELD", "FieldError", "Implementation", "serving"]
