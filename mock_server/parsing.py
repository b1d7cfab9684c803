"""JSON as RFC 8259 has it: strict where Python's parser is lax, unmoved by hostile input."""

from __future__ import annotations

import json
import math
import re
import sys
from typing import Any, NoReturn

MAX_DEPTH = 200

# The possessive quantifier keeps an unterminated text with many quotes from taking quadratic time.
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*+"?|[\[\]{}]', re.DOTALL)


def parse(raw: bytes) -> Any:
    """The value of one JSON text in UTF-8.

    Raises ValueError for anything else: NaN, trailing bytes, a byte order mark, nesting beyond
    MAX_DEPTH. Of two members with one name the last counts; a number that Python cannot hold
    becomes the nearest that it can.
    """
    text = raw.decode("utf-8")
    if _depth_exceeds(text, MAX_DEPTH):
        raise ValueError(f"nested deeper than {MAX_DEPTH} levels")
    return _DECODER.decode(text)


def _depth_exceeds(text: str, limit: int) -> bool:
    if text.count("[") + text.count("{") <= limit:
        return False
    depth = 0
    for token in _TOKEN.finditer(text):
        if token[0] in "[{":
            depth += 1
            if depth > limit:
                return True
        elif token[0] in "]}":
            depth -= 1
    return False


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


def _float(digits: str) -> float:
    number = float(digits)
    return number if math.isfinite(number) else math.copysign(sys.float_info.max, number)


def _integer(digits: str) -> int:
    try:
        return int(digits)
    except ValueError:  # more digits than Python converts
        return int(math.copysign(sys.float_info.max, -1 if digits.startswith("-") else 1))


_DECODER = json.JSONDecoder(parse_float=_float, parse_int=_integer, parse_constant=_refuse_constant)
