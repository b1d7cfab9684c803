"""Reading a response within limits, and what it says about coming back later."""

from __future__ import annotations

import re
import time
import zlib
from datetime import UTC
from email.utils import parsedate_to_datetime

import httpx

from conformance.exchanges import Headers, Received

BODY_LIMIT = 2**19  # bytes kept of a response, after decoding; a run keeps hundreds of them
_EITHER = zlib.MAX_WBITS | 32  # gzip or zlib, whichever it is
_GZIP = b"\x1f"


class Unreadable(Exception):
    """The body cannot be decoded as its Content-Encoding says."""


def headers_of(response: httpx.Response) -> Headers:
    """The headers in their order, a character a byte."""
    return tuple(
        (name.decode("latin-1"), value.decode("latin-1")) for name, value in response.headers.raw
    )


async def read(response: httpx.Response) -> tuple[bytes, bool]:
    """The decoded body and whether it was cut at BODY_LIMIT; a bomb is never unpacked beyond it.

    Raises Unreadable for a body that is not what its Content-Encoding says.
    """
    coding = response.headers.get("content-encoding", "identity").strip().lower()
    if coding not in ("identity", "gzip", "x-gzip", "deflate", ""):
        raise Unreadable(f"the body has the content coding {coding}, which was not asked for")
    plain = coding in ("identity", "")
    inflate = zlib.decompressobj(_EITHER)
    body = bytearray()
    async for chunk in response.aiter_raw():
        rest = chunk
        while rest and len(body) <= BODY_LIMIT:
            if plain:
                body += rest
                break
            if inflate.eof:
                if not rest.startswith(_GZIP):
                    break
                inflate = zlib.decompressobj(_EITHER)  # gzip may have several members
            try:
                body += inflate.decompress(rest, BODY_LIMIT + 1 - len(body))
            except zlib.error as error:
                raise Unreadable(f"the body is not {coding}: {error}") from error
            rest = inflate.unused_data
        if len(body) > BODY_LIMIT:
            return bytes(body[:BODY_LIMIT]), True
    if not plain and body and not inflate.eof:
        raise Unreadable(f"the body is {coding} that was cut")
    return bytes(body), False


def throttled_for(response: Received | None) -> float | None:
    """Seconds for which a target that throttles asks to wait, 0 where it names none that are still
    to come; None when it does not throttle."""
    if response is None or response.status not in (429, 503):
        return None
    after = response.header("retry-after")
    if response.status == 503 and after is None:
        return None
    return max(0.0, _seconds(after or "", response.header("date") or ""))


def _seconds(after: str, date: str) -> float:
    """Retry-After, or how long after the response's own date it is: our clock may differ."""
    if re.fullmatch(r"[0-9]+(\.[0-9]+)?", after):
        return float(after)
    moment = _moment(after)
    return 0.0 if moment is None else moment - (_moment(date) or time.time())


def _moment(date: str) -> float | None:
    """A date of HTTP, which is in UTC even where it does not say so; None when it is none."""
    try:
        found = parsedate_to_datetime(date)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
    except (TypeError, ValueError, OverflowError):
        return None
