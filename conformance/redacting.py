"""A response as it may be recorded: without the key."""

from __future__ import annotations

from collections.abc import Sequence

from conformance.exchanges import Received
from conformance.secrets import Redactor


def redacted(
    response: Received | None, presented: Sequence[str], redactor: Redactor
) -> tuple[Received | None, bool]:
    """A response without the key, and whether it held one of the credentials `presented` to it."""
    if response is None:
        return None, False
    everything = b"\n".join(
        [
            response.body,
            response.reason.encode(),
            *(f"{n}: {v}".encode("utf-8", "replace") for n, v in response.headers),
        ]
    )
    if not redactor.suspects(everything, presented):
        return response, False
    headers = tuple((redactor.redact_text(n), redactor.redact_text(v)) for n, v in response.headers)
    shown = Received(
        response.status, redactor.redact_text(response.reason), headers,
        redactor.redact(response.body), response.truncated,
    )  # fmt: skip
    return shown, any(redactor.quoted(each, everything) for each in presented)
