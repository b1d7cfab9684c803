"""Where in a JSON value a location of the contract leads."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from spec.schema import ITEM, Location


def slots(holder: Any, location: Location) -> Iterator[tuple[Any, Any]]:
    """Every container and key in `holder` at which a value of `location` stands, in order.

    `location` has at least one step. Containers of another type than the location expects, and
    members that are not there, lead nowhere.
    """
    step, rest = location[0], location[1:]
    if step == ITEM:
        keys: Any = range(len(holder)) if isinstance(holder, list) else ()
    else:
        keys = (step,) if isinstance(holder, dict) and step in holder else ()
    for key in keys:
        if rest:
            yield from slots(holder[key], rest)
        else:
            yield holder, key


def values(body: Any, location: Location) -> Iterator[Any]:
    """Every value of `body` at `location`; the empty location is the body itself."""
    for holder, key in slots([body], (ITEM, *location)):
        yield holder[key]
