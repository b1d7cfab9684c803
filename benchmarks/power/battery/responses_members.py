"""Members of the 200 that are missing, of the wrong type, or wrongly written.

Made from the contract's response: each required member missing, each member null where it may not
be and of other wrong JSON types, each format wrongly written; what is wrong changes in turn.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping

from benchmarks.power.battery.changes import member, without
from benchmarks.power.battery.rules import CONTRACT, Json, kinds, name, parent, places
from benchmarks.power.battery.server import Server, faulty

_fault = faulty("responses")

_SCHEMA = CONTRACT.responses[CONTRACT.success] or {}
_PLACES = places(_SCHEMA)

_AS: Mapping[str, Callable[[Json], Json]] = {
    "null": lambda _: None,
    "boolean": bool,
    "integer": lambda _: 4711,
    "string": lambda value: "free_trial" if isinstance(value, dict) else json.dumps(value),
    "array": lambda value: [value],
    "object": lambda value: {"value": value},
}

_NOT_A_DATE_TIME: Mapping[str, str] = {
    "naive": "2024-03-01T10:00:00",
    "offset-without-colon": "2024-03-01T10:00:00+0000",
    "impossible-day": "2023-02-30T00:00:00Z",
    "date-only": "2024-03-01",
    "http-date": "Fri, 01 Mar 2024 10:00:00 GMT",
    "utc-in-words": "2024-03-01 10:00:00 UTC",
    "hour-25": "2024-03-01T25:00:00Z",
    "epoch-in-text": "1709287200",
    "naive-microseconds": "2024-03-01T10:00:00.123456",
    "two-zones": "2024-03-01T10:00:00+00:00Z",
    "no-seconds": "2024-03-01T10:00Z",
}

_NOT_A_UUID: Mapping[str, Callable[[str], str]] = {
    "without-dashes": lambda text: text.replace("-", ""),
    "in-braces": lambda text: "{" + text + "}",
    "prefixed": lambda text: f"prof_{text}",
    "not-hexadecimal": lambda text: f"{text[:-1]}g",
    "cut": lambda text: text[:8],
}

_LISTED: Mapping[str, Callable[[list[dict[str, Json]]], Json]] = {
    "list-of-ids": lambda items: [str(index) for index, _ in enumerate(items)],
    "object-by-index": lambda items: {str(index): item for index, item in enumerate(items)},
    "count": len,
}


def _id(place: str, keyword: str) -> str:
    return f"response.{CONTRACT.success}.{place}.{keyword}"


def _ids(place: str, keyword: str) -> tuple[str, ...]:
    """What is broken: the member's own promise, and that what was sent comes back."""
    echo = f"echo.{name(place)}"
    return (_id(place, keyword), *([echo] if echo in CONTRACT.requirements else []))


def _words(place: str) -> str:
    return place.removeprefix("data.").replace(".item", "")


def _missing() -> Iterator[Server]:
    for place, schema in _PLACES.items():
        for each in schema.get("required", ()):
            gone = f"{place}.{each}" if place else each
            if gone == "data":
                continue  # the envelope's own faults are told in another table
            yield _fault(
                f"{_words(gone)}-missing",
                f"{_words(gone)} is missing in every 200.",
                _ids(gone, "required"),
                without(gone),
            )


def _once() -> set[str]:
    """Of the members that several lists have in common one place each, in turn."""
    by_tail: dict[str, list[str]] = {}
    for place in _PLACES:
        by_tail.setdefault(place.rpartition(".item.")[2], []).append(place)
    return {each[turn % len(each)] for turn, each in enumerate(by_tail.values())}


def _wrong_types() -> Iterator[Server]:
    turn, chosen = 0, _once()
    for place, schema in _PLACES.items():
        own = parent(place).endswith("custom_attributes.item")  # told in another table
        if place in ("", "data") or own or place not in chosen:
            continue
        allowed = kinds(schema)
        wrong = [
            k for k in _AS if k not in allowed and not (k == "integer" and "number" in allowed)
        ]
        if name(place) == "item":
            continue
        count = 1 if "item" in place else 2
        found = [wrong[(turn + step) % len(wrong)] for step in range(count)]
        turn += count
        nulls = ["null"] if count == 2 and "null" in wrong else []
        for kind in dict.fromkeys([*nulls, *found]):
            yield _fault(
                f"{_words(place)}-as-{kind}",
                f"{_words(place)} is of the JSON type {kind}.",
                _ids(place, "type"),
                member(place, _AS[kind], last=True),
            )


def _always(value: Json) -> Callable[[Json], Json]:
    return lambda _: value


def _wrong_formats() -> Iterator[Server]:
    moments = iter(_NOT_A_DATE_TIME.items())
    for place, schema in _PLACES.items():
        if schema.get("format") == "date-time":
            label, wrong = next(moments, ("", ""))
            if not label:
                continue
            yield _fault(
                f"{_words(place)}-{label}",
                f"{_words(place)} is {wrong}, which is no date-time.",
                _id(place, "format"),
                member(place, _always(wrong), last=True),
            )
        elif schema.get("format") == "uuid":
            every = list(_NOT_A_UUID.items())
            for label, convert in every if place == "data.profile_id" else every[:1]:
                yield _fault(
                    f"{_words(place)}-{label}",
                    f"{_words(place)} is a UUID written wrongly: {label.replace('-', ' ')}.",
                    _id(place, "format"),
                    member(place, convert, last=True),
                )
        elif "enum" in schema:
            yield _fault(
                f"{_words(place)}-unknown",
                f"{_words(place)} is a word that the contract does not list.",
                _id(place, "enum"),
                member(place, lambda _: "freeTrial", last=True),
            )


def _wrong_lists() -> Iterator[Server]:
    lists = [p for p, schema in _PLACES.items() if "items" in schema and parent(p) == "data"]
    for place, (label, convert) in zip(lists[1:], _LISTED.items(), strict=True):
        keyword = "item.type" if label == "list-of-ids" else "type"
        yield _fault(
            f"{_words(place)}-{label}",
            f"{_words(place)} is not a list of objects: {label.replace('-', ' ')}.",
            _id(place, keyword),
            member(place, convert),
        )


MEMBERS: tuple[Server, ...] = (
    *_missing(),
    *_wrong_types(),
    *_wrong_formats(),
    *_wrong_lists(),
    *(
        _fault(
            f"{_words(place)}-in-text",
            f"{_words(place)} is written as text.",
            _ids(place, "type"),
            member(place, _AS["string"], last=True),
        )
        for place in (
            "data.timestamp",
            "data.access_levels.item.offer",
            "data.subscriptions.item.is_in_grace_period",
            "data.non_subscriptions.item.is_refund",
        )
    ),
    _fault(
        "timestamp-with-a-fraction",
        "timestamp has a fraction of a millisecond.",
        _id("data.timestamp", "type"),
        member("data.timestamp", lambda value: value + 0.25),
    ),
    _fault(
        "timestamp-beyond-int64",
        "timestamp is in attoseconds, which int64 does not hold.",
        (_id("data.timestamp", "format"), "timestamp.response_time"),
        member("data.timestamp", lambda value: value * 10**15),
    ),
    _fault(
        "offer-as-an-empty-list",
        "An offer that is not there is an empty list, as PHP writes an empty array.",
        _id("data.access_levels.item.offer", "type"),
        member("data.access_levels.item.offer", lambda offer: offer or []),
    ),
)
