"""Controls: the payloads that cases are one change away from, and the rule of one change."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from spec.contract import Contract
from spec.formats import Validity
from spec.reading import Reading
from spec.schema import ITEM, Location, Schema, at
from strategies.edits import ABSENT, APPEND, Edit, apply, get
from strategies.samples import of_another_kind, sample


@lru_cache(maxsize=8)
def full(contract: Contract) -> Any:
    """A valid payload with every property: the vendor's example as far as it goes.

    Array items are made up, for a mock that always answers with the document's example must not
    pass for one that remembers what was set.

    A member for which no surely valid value is found, of an unknown format say, is left out where
    that is allowed. Raises ValueError when a schema leaves no valid value to be found.
    """
    payload = _complete(contract.request, contract.example)
    return payload if _valid(contract.request, payload) else sample(contract.request)


def _complete(schema: Schema, example: Any) -> Any:
    if isinstance(example, dict) and "properties" in schema:
        found: dict[str, Any] = {}
        for name, child in schema["properties"].items():
            try:
                found[name] = _complete(child, example.get(name, ABSENT))
            except ValueError:
                if name in schema.get("required", ()):
                    raise
        return found
    if isinstance(schema.get("items"), dict):
        return sample(schema)
    if example is not ABSENT and _valid(schema, example):
        return example
    return sample(schema)


def _valid(schema: Schema, value: Any) -> bool:
    return Reading(schema).validity(value) is Validity.VALID


def minimal(contract: Contract) -> Any:
    """A valid payload with required properties only, if such a one is valid, else the full one."""
    payload = _required_only(contract.request, full(contract))
    return payload if _valid(contract.request, payload) else full(contract)


def _required_only(schema: Schema, value: Any) -> Any:
    if not isinstance(value, dict) or "properties" not in schema:
        return value
    return {
        name: _required_only(schema["properties"].get(name, {}), value[name])
        for name in schema.get("required", [])
        if name in value
    }


def good(contract: Contract, control: Any, location: Location) -> Any:
    """The control's value at `location` (the first item stands for all), or a sample.

    Where no valid one is known, any text: what is made of it is judged like everything else.
    """
    path = tuple(0 if step == ITEM else step for step in location)
    value = get(control, path)
    if value is not ABSENT:
        return value
    try:
        return sample(at(contract.request, location))
    except ValueError:
        return "sample"


def place(
    contract: Contract, location: Location, value: Any, number: int = 0, *, otherwise: bool = False
) -> Edit:
    """The edit that puts `value` at `location` and changes nothing else.

    Inside an array it appends an item of its own, the `number`-th sample, so that a target which
    looks at the first item only is found out; `otherwise` makes its other members of another kind.
    """
    if ITEM not in location:
        return Edit(location, value)
    cut = location.index(ITEM)
    rest = location[cut + 1 :]
    schema = at(contract.request, location[: cut + 1])
    schema = of_another_kind(schema) if otherwise else schema
    item = sample(schema, 200 + number) if rest else value
    if rest:
        inner = [APPEND if step == ITEM else step for step in rest]
        item = apply(item, [Edit(tuple(inner), value)])
    return Edit((*location[:cut], APPEND), item)


def breaks_exactly(contract: Contract, payload: Any, requirement: str) -> bool:
    """The rule of one change: the contract refuses `payload` by `requirement`, and accepts it with
    `requirement` withdrawn.

    That it is by this requirement has to be asked of a type alone, for with it everything is
    withdrawn that presumes it: a text that is no member of an enum does not break the enum's type.
    """
    reading, broken = contract.request_reading, contract.requirements[requirement]
    if not reading.refuses(payload):
        return False
    if contract.without(requirement).request_reading.validity(payload) is not Validity.VALID:
        return False
    return broken.keyword != "type" or reading.breaks(payload, broken.location, broken.keyword)
