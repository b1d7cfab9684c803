"""Where requests go, and how."""

from __future__ import annotations

from dataclasses import dataclass, field

from conformance.sending import DIRECT, Route
from spec.contract import Contract


@dataclass(frozen=True)
class Target:
    """Where to send (`url` is the operation's) and how; `rate` in requests a second, 0: none.

    `app` is the only one that may be written to, where the operator named one; `app_seen` says that
    an answer to another process of the run named it.
    """

    url: str
    key: str = field(repr=False)
    timeout: float = 5.0
    concurrency: int = 12
    rate: float = 0.0
    requests: int | None = None
    seconds: float | None = None
    app: str | None = None
    app_seen: bool = False
    route: Route = DIRECT


def operation_url(base: str, contract: Contract) -> str:
    """The operation's URL under `base`, which may already end in the operation's path."""
    trimmed = base.rstrip("/")
    if trimmed.endswith(contract.path.rstrip("/")):
        return trimmed.removesuffix(contract.path.rstrip("/")) + contract.path
    return trimmed + contract.path
