"""A response as it may be recorded: without the key."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from conformance.exchanges import Received
from conformance.secrets import SYMBOL, Redactor


def redacted(
    response: Received | None, presented: Sequence[str], redactor: Redactor
) -> tuple[Received | None, bool]:
    """A response without the key, and whether it held one of the credentials `presented` to it."""
    if response is None:
        return None, False
    whole = b"".join(_values(response))
    everything = b"\n".join(
        [
            response.body,
            response.reason.encode(),
            *(f"{n}: {v}".encode("utf-8", "replace") for n, v in response.headers),
            whole,
        ]
    )
    if not redactor.suspects(everything, presented):
        return response, False
    headers = tuple(
        (redactor.redact_text(name), SYMBOL if in_part else redactor.redact_text(value))
        for (name, value), in_part in zip(response.headers, _parts(response, redactor), strict=True)
    )
    shown = Received(
        response.status, redactor.redact_text(response.reason), headers,
        redactor.redact(response.body), response.truncated,
    )  # fmt: skip
    return shown, any(redactor.quoted(each, everything) for each in presented)


def _values(response: Received) -> Iterator[bytes]:
    """What headers say, without blanks: a key may be folded, or split over several lines."""
    return ("".join(v.split()).encode("utf-8", "surrogateescape") for _, v in response.headers)


def _parts(response: Received, redactor: Redactor) -> Iterator[bool]:
    """Of each header, whether it holds a part of a key that no header holds whole."""
    values = list(_values(response))
    spans = redactor.spans(b"".join(values))
    end = 0
    for (_, value), text in zip(response.headers, values, strict=True):
        start, end = end, end + len(text)
        held = [(a, b) for a, b in spans if a < end and b > start]
        inside = all(start <= a and b <= end for a, b in held)
        yield bool(held) and not (inside and redactor.redact_text(value) != value)
