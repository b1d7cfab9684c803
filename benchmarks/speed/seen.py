"""What a server saw of a tool, and what is computed from that alone."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from conformance.exchanges import Exchange
from conformance.secrets import resolve

# What an HTTP client says for itself, whatever it is given to send.
_OF_A_CLIENT = frozenset({"host", "content-length", "connection"})

Headers = list[tuple[bytes, bytes]]


@dataclass(frozen=True)
class Seen:
    """A request as it came: when, in seconds since the epoch, its headers and its body."""

    at: float
    headers: Headers
    body: bytes


def recorded(path: Path) -> list[Seen]:
    """What the lean server recorded."""
    with path.open(encoding="ascii") as lines:
        return [_seen(line) for line in lines]


def _seen(line: str) -> Seen:
    told = json.loads(line)
    headers = [(n.encode("latin-1"), v.encode("latin-1")) for n, v in told["headers"]]
    return Seen(told["at"], headers, told["body"].encode("latin-1"))


def rate(seen: Iterable[Seen]) -> float:
    """Requests a second from the second to the last; 0 where there are not so many.

    The first may be a preflight, after which a tool still has to start its workers.
    """
    _, *times = sorted(each.at for each in seen) or [0.0]
    if len(times) < 2 or times[-1] <= times[0]:
        return 0.0
    return (len(times) - 1) / (times[-1] - times[0])


def later_half(seen: Sequence[Seen]) -> list[Seen]:
    """What came in the later half of the time from the first request to the last."""
    times = [each.at for each in seen]
    middle = (min(times) + max(times)) / 2 if times else 0.0
    return [each for each in seen if each.at >= middle]


def sendable(seen: Iterable[Seen]) -> list[tuple[Headers, bytes]]:
    """The requests as another client may send them again: the same headers and bodies."""
    return [(without_client(each.headers), each.body) for each in seen]


def of_journal(exchanges: Iterable[Exchange], key: str) -> list[tuple[Headers, bytes]]:
    """The requests of a journal as they went out, with the key in its place."""
    found = []
    for each in exchanges:
        # As the client does: blanks at the ends are no part of a header's value.
        headers = [
            (name.encode("ascii"), resolve(value, key).strip(" \t").encode("latin-1", "replace"))
            for name, value in each.request.headers
        ]
        found.append((without_client(headers), each.request.body))
    return found


def without_client(headers: Headers) -> Headers:
    """Headers without those that every HTTP client sets by itself."""
    return [each for each in headers if each[0].decode("latin-1").lower() not in _OF_A_CLIENT]
