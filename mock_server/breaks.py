"""Breaking one schema keyword of a message, and nothing else."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from mock_server.samples import fitting, sample
from spec.places import slots
from spec.reading import Reading
from spec.requirements import Requirement
from spec.schema import ITEM, Location, Schema, at, types, withdraw


@dataclass(frozen=True)
class Damage:
    """A way to break `keyword` at the first value of `location`."""

    location: Location
    keyword: str
    node: Schema
    reading: Reading
    rest: Reading

    def apply(self, body: Any) -> Any:
        """A copy of `body` that breaks the keyword; as it was where nothing stands there."""
        box = [copy.deepcopy(body)]
        for holder, key in slots(box, (ITEM, *self.location)):
            if self.keyword == "required":
                del holder[key]
                break
            candidates = _candidates(self.keyword, self.node, holder[key])
            found = fitting(filter(self._breaks, candidates), self.rest)
            if found:
                holder[key] = found[0]
                break
        return box[0]

    def _breaks(self, value: Any) -> bool:
        found = self.reading.violations(value)
        return any(not each.location and each.keyword == self.keyword for each in found)


def damage(requirement: Requirement, schema: Schema) -> Damage:
    """How to break what `requirement` says of messages with `schema`.

    Raises ValueError when no value is found that would break that keyword alone.
    """
    location, keyword = requirement.location, requirement.keyword
    if keyword == "required":
        node: Schema = {}
        reading = rest = Reading(node)
    else:
        node = at(schema, location)
        reading, rest = Reading(node), Reading(withdraw(node, (), keyword))
    made = Damage(location, keyword, node, reading, rest)
    whole = sample(schema)
    if made.apply(whole) == whole:
        raise ValueError(f"the mock has no value that breaks {requirement.id} alone")
    return made


def _candidates(keyword: str, node: Schema, current: Any) -> Iterator[Any]:
    """Values that may break `keyword` where `current` stands, near misses first."""
    limit = node.get(keyword)
    text = current if isinstance(current, str) else "text"
    number = current if isinstance(current, int | float) else 0
    items = current if isinstance(current, list) else []
    members = current if isinstance(current, dict) else {}
    match keyword, limit:
        case "type", _:
            names = types(node)
            if "integer" in names or "number" in names or "boolean" in names:
                yield str(current).lower()
            yield from (17, "text")
        case (("enum" | "const"), _):
            yield from (f"{text}_", 1_000)
        case "format", _:
            yield from (text.replace("-", ""), f"no {limit}", 2**31, 2**63)
        case "pattern", _:
            yield from (f"{text[:-1]}!", "!", f"{text[:-1]} ")
        case "maxLength", int():
            yield from ((text * (limit + 1))[: limit + 1], "a" * (limit + 1))
        case "minLength", int():
            yield text[: limit - 1]
        case "minimum", int() | float():
            yield limit - 1
        case "maximum", int() | float():
            yield limit + 1
        case "multipleOf", int() | float():
            yield from (number + 1, number + limit / 2)
        case (("exclusiveMinimum" | "exclusiveMaximum"), _):
            yield limit
        case "minItems", int():
            yield items[: limit - 1]
        case "maxItems", int():
            first, missing = [*items, sample(node.get("items", {}))][0], limit + 1 - len(items)
            # Copies first: as a set, the items are then still those that stood there.
            yield [*items, *([first] * missing)]
            yield [*items, *(_numbered(first, n) for n in range(missing))]
        case "uniqueItems", _:
            yield [*items, *items[:1]]
        case "minProperties", int():
            yield dict(list(members.items())[: limit - 1])
        case "maxProperties", int():
            yield members | {f"extra_{n}": n for n in range(limit + 1)}
        case "additionalProperties", _:
            yield members | {"unexpected": 17}
    yield from ("text", 17, 1.5, True, [], {})


def _numbered(value: Any, number: int) -> Any:
    """A variation of `value`, another one for each number."""
    if isinstance(value, dict):
        return {name: _numbered(each, number) for name, each in value.items()}
    return f"{value}{number}" if isinstance(value, str) else value
