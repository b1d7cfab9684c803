"""Why a promise was never put to the test, in words that many share."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from spec.contract import Contract
from spec.requirements import Requirement, identifier, readable
from spec.schema import ITEM, Location


def why_untested(
    contract: Contract, requirement: Requirement, shown: Collection[str], statuses: Collection[int]
) -> str:
    """Why no answer showed `requirement`.

    `shown` are the ids of which answers showed something, `statuses` those of all answers.
    """
    if requirement.sides != ("observe",):
        return "no case of it was sent"
    message, _, rest = requirement.id.partition(".")
    status = rest.partition(".")[0]
    if message == "response" and status.isdigit() and int(status) not in statuses:
        return f"the target never answered with {status}"
    if message == "rejection" and not any(400 <= each < 500 for each in statuses):
        return "the target refused nothing, so there is no error to look at"
    subject, location = requirement.subject, requirement.location
    for items in _arrays(location):
        if identifier(subject, items, "type") not in shown:
            told = f"the target returned no {readable(subject, items)}"
            hint = "; a customer that has some (--seeded-customer ID) makes it testable"
            return told + hint if subject == f"response.{contract.success}" else told
    if location:
        return f"the target never returned {readable(subject, location)}"
    return "the target never returned such a response"


def _arrays(location: Location) -> Iterator[Location]:
    """The array items that a location lies in, the outermost first."""
    for index, step in enumerate(location):
        if step == ITEM:
            yield location[: index + 1]
