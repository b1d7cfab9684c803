"""Shrinking a generated payload to the one change that shows what it showed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from spec.contract import Contract
from spec.reading import same_json
from spec.schema import ITEM
from strategies import edits
from strategies.cases import Case
from strategies.controls import place
from strategies.edits import ABSENT, APPEND, Edit, Path
from strategies.generated import broken_by, expectation
from strategies.promises import location_of, promise_of

BUDGET = 24  # requests spent on one payload


def differences(control: Any, payload: Any, path: Path = ()) -> list[Edit]:
    """The edits that lead from `control` to `payload`: a member each, lists as a whole."""
    if not (isinstance(control, dict) and isinstance(payload, dict)):
        return [] if same_json(control, payload) else [Edit(path, payload)]
    found: list[Edit] = []
    for name in [*control, *(name for name in payload if name not in control)]:
        before, after = control.get(name, ABSENT), payload.get(name, ABSENT)
        found += differences(before, after, (*path, name))
    return found


@dataclass
class _Search:
    """What to look for, and how many requests may still be spent on it."""

    contract: Contract
    case: Case
    control: Any
    shows: Callable[[Case], Awaitable[bool]]
    alike: bool
    left: int = field(default=BUDGET)

    def smaller(self, changes: list[Edit], told: Edit) -> Case | None:
        """The case of these changes, told as the change `told`; None if it is no such case."""
        payload = edits.apply(self.control, changes)
        expect = expectation(self.contract, payload)
        if self.alike and expect != self.case.expect:
            return None
        keys: tuple[str, ...] = ()
        if expect == "accept":
            keys = (promise_of(self.contract, told),)
        elif expect == "refuse":
            keys = tuple(broken_by(self.contract, payload)[:1])
        origin = f"shrunk-from-{self.case.id.replace('/', '-')}"
        return Case(
            f"{keys[0] if keys else 'request.generated'}/{origin}", keys, expect, "generated",
            "; ".join(edits.words(edit, self.control) for edit in changes), tuple(changes),
        )  # fmt: skip

    async def holds(self, changes: list[Edit], told: Edit | None = None) -> Case | None:
        """That case if it still shows what is looked for, None if not or if nothing is left."""
        smaller = self.smaller(changes, told or changes[0])
        if smaller is None or not self.left:
            return None
        self.left -= 1
        return smaller if await self.shows(smaller) else None


async def shrink(
    contract: Contract,
    case: Case,
    control: Any,
    shows: Callable[[Case], Awaitable[bool]],
    *,
    alike: bool = True,
) -> Case | None:
    """The smallest case, one change from `control`, that shows what a generated `case` showed.

    `shows` sends a case and says whether it does. With `alike`, the contract has to say of the
    smaller payload what it says of the whole. None when no one change does.
    """
    found = differences(control, case.edits[0].value)
    if not found:
        return None  # the control itself, which the target took before
    search = _Search(contract, case, control, shows, alike)
    one_by_one = alike and case.expect == "refuse"
    waiting = [[edit] for edit in found] if one_by_one else [found]
    while waiting and search.left:
        group = waiting.pop(0)
        smaller = await search.holds(group)
        if smaller is None:
            continue
        if len(group) == 1:
            return await _inside(search, group[0]) or smaller
        half = len(group) // 2
        waiting = [group[:half], group[half:]]
    return None


async def _inside(search: _Search, edit: Edit) -> Case | None:
    """Where a list was changed: the one item, or the one member of one, that does it."""
    before = edits.get(search.control, edit.path)
    if not (isinstance(edit.value, list) and isinstance(before, list)):
        return None
    new = [item for item in edit.value if not any(same_json(item, other) for other in before)]
    for item in new:
        found = await search.holds([Edit((*edit.path, APPEND), item)])
        if found is None:
            continue
        for told, change in _members(search.contract, edit.path, item):
            smallest = await search.holds([change], told)
            if smallest is not None:
                return smallest
        return found
    return None


def _members(contract: Contract, path: Path, item: Any) -> Iterator[tuple[Edit, Edit]]:
    """Each member of an item as a change of its own: where it stands, and a good item that has it.

    Most have no more than two, so that the last may go untold.
    """
    if not isinstance(item, dict):
        return
    where = location_of(Edit(path, item))
    for number, (name, value) in enumerate(item.items()):
        change = place(contract, (*where, ITEM, name), value, 700 + number)
        yield Edit((*path, APPEND, name), value), change
