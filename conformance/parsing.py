"""JSON as RFC 8259 has it: UTF-8, one text, no NaN, bounded depth and no surprise from Python."""

from __future__ import annotations

import json
from typing import Any

_LONGEST_INTEGER = 4000  # digits; longer ones are beyond every double and every Python default


class NotJson(ValueError):
    """The bytes are no JSON text; the message says where and why."""


class TooDeep(NotJson):
    """It may be JSON, but is nested more deeply than is read; RFC 8259 leaves that limit open."""


def parse(raw: bytes) -> Any:
    """The value of one JSON text. Raises NotJson for anything else, a byte order mark included.

    Lone surrogates in escapes are kept; of equal member names the last counts.
    """
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise NotJson(f"byte {error.start} is not UTF-8") from error
    if not text.strip(" \t\r\n"):
        raise NotJson("the body is empty")
    try:
        return json.loads(text, parse_constant=_constant, parse_int=_integer)
    except NotJson:
        raise
    except RecursionError as error:
        raise TooDeep("the body is nested too deeply to be read") from error
    except ValueError as error:
        raise NotJson(f"the body is not JSON: {error}") from error


def _constant(name: str) -> Any:
    raise NotJson(f"{name} is not JSON")


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) < _LONGEST_INTEGER else float(digits)
