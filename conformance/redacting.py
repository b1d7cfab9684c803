"""A response as it may be recorded: without the key, or a proxy's credential."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from conformance.exchanges import Received
from conformance.secrets import Redactor


def redacted(
    response: Received | None, presented: Sequence[str], redactor: Redactor
) -> tuple[Received | None, bool]:
    """A response without secrets, and whether it held one of the credentials `presented` to it."""
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
        (redactor.redact_text(name), symbol or redactor.redact_text(value))
        for (name, value), symbol in zip(response.headers, _parts(response, redactor), strict=True)
    )
    shown = Received(
        response.status, redactor.redact_text(response.reason), headers,
        redactor.redact(response.body), response.truncated,
    )  # fmt: skip
    return shown, any(redactor.quoted(each, everything) for each in presented)


def _values(response: Received) -> Iterator[bytes]:
    """What headers say, without blanks: a key may be folded, or split over several lines."""
    return ("".join(v.split()).encode("utf-8", "surrogateescape") for _, v in response.headers)


def _parts(response: Received, redactor: Redactor) -> Iterator[str | None]:
    """Of each header, the symbol of a secret of which it holds a part and no header the whole."""
    values = list(_values(response))
    spans = redactor.spans(b"".join(values))
    end = 0
    for (_, value), text in zip(response.headers, values, strict=True):
        start, end = end, end + len(text)
        held = [each for each in spans if each[0] < end and each[1] > start]
        inside = all(start <= a and b <= end for a, b, _ in held)
        whole = inside and redactor.redact_text(value) != value
        yield held[0][2] if held and not whole else None
