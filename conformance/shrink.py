"""Shrinking a generated payload that accuses the target to the one change that does it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from spec.contract import Contract
from spec.formats import Validity
from spec.reading import same_json
from strategies import edits
from strategies.cases import Case
from strategies.edits import ABSENT, Edit, Path
from strategies.generated import broken_by
from strategies.promises import promise_of

BUDGET = 24  # requests spent on one payload


def differences(control: Any, payload: Any, path: Path = ()) -> list[Edit]:
    """The edits that lead from `control` to `payload`: a member each, lists as a whole."""
    if not (isinstance(control, dict) and isinstance(payload, dict)):
        return [] if same_json(control, payload) else [Edit(path, payload)]
    found: list[Edit] = []
    for name in [*control, *(name for name in payload if name not in control)]:
        before, after = control.get(name, ABSENT), payload.get(name, ABSENT)
        if after is ABSENT or before is ABSENT:
            found.append(Edit((*path, name), after))
        else:
            found += differences(before, after, (*path, name))
    return found


async def shrink(
    contract: Contract,
    case: Case,
    control: Any,
    still_fails: Callable[[Case], Awaitable[bool]],
) -> Case | None:
    """The smallest case, one change from `control`, that accuses the target as `case` does.

    `still_fails` sends a case and says whether the target fails it. None when no one change does.
    """
    found = differences(control, case.edits[0].value)
    if not found:
        return None  # the control itself, which the target took before
    if case.expect == "refuse":
        return await _smallest_violation(contract, case, control, found, still_fails)
    return await _smallest_refused(contract, case, control, found, still_fails)


async def _smallest_violation(
    contract: Contract, case: Case, control: Any, found: list[Edit],
    still_fails: Callable[[Case], Awaitable[bool]],
) -> Case | None:  # fmt: skip
    reading, left = contract.request_reading, BUDGET
    for edit in found:
        payload = edits.apply(control, [edit])
        if left and reading.validity(payload) is Validity.VIOLATION:
            broken = broken_by(contract, payload)
            smaller = _case(case, broken[0], control, edit) if broken else None
            left -= smaller is not None
            if smaller and await still_fails(smaller):
                return smaller
    return None


async def _smallest_refused(
    contract: Contract, case: Case, control: Any, found: list[Edit],
    still_fails: Callable[[Case], Awaitable[bool]],
) -> Case | None:  # fmt: skip
    left = BUDGET
    groups = [found]
    while groups and left:
        group = groups.pop(0)
        if contract.request_reading.validity(edits.apply(control, group)) is not Validity.VALID:
            continue
        left -= 1
        name = promise_of(contract, group[0])
        if not await still_fails(_case(case, name, control, *group)):
            continue
        if len(group) == 1:
            return _case(case, name, control, group[0])
        half = len(group) // 2
        groups = [group[:half], group[half:]]
    return None


def _case(case: Case, requirement: str, control: Any, *changes: Edit) -> Case:
    return Case(
        f"{requirement}/shrunk-from-{case.id.replace('/', '-')}", (requirement,), case.expect,
        "generated", "; ".join(edits.words(edit, control) for edit in changes), tuple(changes),
    )  # fmt: skip
