"""The commonest values that a keyword surely takes, found out without asking the keyword.

What is not found here is asked of the keyword: a predicate may miss a value that is valid, but
never take one that is not.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from spec.patterns import compile_pattern
from spec.schema import Schema, types

Predicate = Callable[[Any], bool]
Quick = Callable[[Any, Schema], Predicate | None]
"""From a keyword's argument and the schema that it stands in to what it surely takes."""

# Longer text than this is open where the contract states no length: many databases cut there.
LONG_TEXT = 255
ODD = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")  # no JSON text has to hold these


def type_strict(_: Any, schema: Schema) -> Predicate | None:
    """Plain text, null, booleans, objects without other members, lists that say what they hold."""
    names = set(types(schema))
    longest, odd = max(LONG_TEXT, schema.get("maxLength", 0)), ODD.search
    text = "string" in names and "x-plausible" not in schema
    null, boolean, object_ = "null" in names, "boolean" in names, "object" in names
    array, members = "array" in names and "items" in schema, schema.get("properties", {}).keys()

    def surely(value: Any) -> bool:
        if isinstance(value, str):
            return text and len(value) <= longest and odd(value) is None
        if isinstance(value, dict):
            return object_ and value.keys() <= members
        if isinstance(value, list):
            return array
        return (null and value is None) or (boolean and isinstance(value, bool))

    return surely


def enum(members: Any, _: Schema) -> Predicate | None:
    """Texts that are members."""
    words = frozenset(each for each in members if isinstance(each, str))
    return lambda value: isinstance(value, str) and value in words


def pattern(text: Any, _: Schema) -> Predicate | None:
    """Texts that match."""
    try:
        search = compile_pattern(text).search
    except ValueError:  # which the keyword says of the first text
        return None
    return lambda value: isinstance(value, str) and search(value) is not None


def max_length(limit: Any, _: Schema) -> Predicate | None:
    """ASCII that is short enough."""
    return lambda value: isinstance(value, str) and len(value) <= limit and value.isascii()
