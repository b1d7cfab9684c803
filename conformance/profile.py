"""What an answer says of the profile that was created: its id, and the app that it is of."""

from __future__ import annotations

from conformance.exchanges import Received
from conformance.parsing import NotJson, parse

DATA, PROFILE, APP = "data", "profile_id", "app_id"  # #/components/schemas/Profile


def member_of(response: Received | None, name: str) -> str | None:
    """A text in the `data` of an answer, None where there is none."""
    try:
        value = parse(response.body) if response is not None else None
    except NotJson:
        return None
    for step in (DATA, name):
        value = value.get(step) if isinstance(value, dict) else None
    return value if isinstance(value, str) else None
