"""Conformant servers: freedoms in what is answered, and how."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from benchmarks.power.battery.changes import (
    Change,
    explained,
    finished,
    kept,
    member,
    returned,
    values_kept,
)
from benchmarks.power.battery.core import Core, Problem, Request, Response
from benchmarks.power.battery.profiles import Profile, purchases
from benchmarks.power.battery.rules import Json, is_integer
from benchmarks.power.battery.server import Server, freedom


def refused_with(statuses: dict[str, int]) -> Change:
    """Refusals of some layers have another status."""

    def explain(error: Json, problem: Problem, _: Request) -> Json:
        problem.status = statuses.get(problem.layer, problem.status)
        return {**error, "status_code": problem.status}

    def answer(given: Response, request: Request) -> Response:
        status = request.problem.status if request.problem else given.status
        return replace(given, status=status)

    def change(core: Core) -> Core:
        return finished(answer)(explained(explain)(core))

    return change


_BODY = ("root", "field", "nested", "identity")


def _written(write: Callable[[Json], bytes]) -> Change:
    return lambda core: replace(core, write=write)


def _collections(make: Callable[[dict[str, list[Any]]], Json]) -> Change:
    """Everybody has purchases."""

    def edit(body: Json, _: Request) -> None:
        body["data"].update(make(purchases()))

    return returned(edit)


def _nulls(found: dict[str, list[Any]]) -> Json:
    """Only the sparse ones, with null wherever it may stand."""
    return {name: items[:1] for name, items in found.items()}


def _bare(_: dict[str, list[Any]]) -> Json:
    offer = {"category": "win_back", "type": "pay_as_you_go"}
    return {
        "access_levels": [{}, {"access_level_id": "premium"}, {"offer": None}],
        "subscriptions": [{}, {"store": "app_store", "offer": offer}],
        "non_subscriptions": [{}, {"purchase_id": "9A7D3F1C-0B5E-4B8A-9D51-2F3C4B5A6D7F"}],
    }


def _moments(*moments: str) -> Change:
    """All date-times, in turn."""

    def make(found: dict[str, list[Any]]) -> Json:
        turn = iter(moments * 20)
        for items in found.values():
            for item in items:
                for name in [each for each in item if each.endswith("_at") and item[each]]:
                    item[name] = next(turn)
        return found

    return _collections(make)


def _more_members(core: Core) -> Core:
    def success(body: Json, _: Request) -> Json:
        data = {**body["data"], "email": "x@example.com", "paid": None, "nested": {"a": [1]}}
        return {**body, "data": data, "meta": {"took_ms": 3}, "errors": []}

    changes = (
        kept(lambda items: [{**each, "updated_at": 1} for each in items]),
        returned(success),
        explained(lambda error, *_: {**error, "trace_id": "abc", "detail": None}),
    )
    for change in changes:
        core = change(core)
    return core


def _errors(errors: list[Json]) -> Change:
    return explained(lambda error, *_: {**error, "errors": errors})


def _quoting(error: Json, _: Problem, request: Request) -> Json:
    quoted = json.dumps(request.body)[:2000]
    errors = [{**each, "errors": [*each["errors"], f"Got {quoted}"]} for each in error["errors"]]
    return {**error, "errors": errors}


def _exponents(value: Json) -> bytes:
    """1.736425645861E+12 is an integer all the same."""
    text = json.dumps(value, ensure_ascii=False).encode()
    return re.sub(
        rb'"timestamp": (\d)(\d+)',
        lambda found: b'"timestamp": %b.%bE+%d' % (found[1], found[2], len(found[2])),
        text,
    )


def _ids(core: Core) -> Core:
    core.profiles.new_id = lambda who: str(uuid.uuid5(uuid.NAMESPACE_URL, who))
    return core


def _random_ids(core: Core) -> Core:
    async def store(*arguments: Any) -> Profile:
        profile = await core.store(*arguments)
        return replace(profile, id=str(uuid.uuid4())) if profile.customer else profile

    return replace(core, store=store)


def _as_integer(value: Json) -> Json:
    whole = isinstance(value, float) and value.is_integer() and abs(value) < 2**53
    return int(value) if whole else value


def _doubles(value: Json) -> Json:
    """Beyond 2^53 an integer changes."""
    return float(value) if is_integer(value) and abs(value) < 10**300 else value


ANSWERS: tuple[Server, ...] = (
    freedom("nothing", "No freedom is used."),
    freedom("status-422", "An invalid payload is 422.", refused_with(dict.fromkeys(_BODY, 422))),
    freedom("status-by-field", "An invalid payload is 403, 404, 409 or 413.",
            refused_with({"root": 403, "field": 409, "nested": 413, "identity": 404, "json": 418})),
    freedom("more-members", "There are members everywhere which the contract does not name.",
            _more_members),
    freedom("populated", "Everybody has purchases.", _collections(lambda found: found)),
    freedom("populated-much", "Everybody has forty of each kind of purchase.",
            _collections(lambda found: {name: items * 20 for name, items in found.items()})),
    freedom("sparse", "Most members of purchases are left out.", _collections(_bare)),
    freedom("nulls", "There is null wherever a purchase may have it.", _collections(_nulls)),
    freedom("no-purchases", "Nobody has purchases, not even the customer who should.",
            returned(lambda body,
                     _: {"data": {**body["data"], **{name: [] for name in purchases()}}})),
    freedom("date-time-case", "Date-times have a small t and z, offsets and fractions.",
            _moments("2024-03-01t10:00:00z", "2024-03-01T10:00:00.123456789-05:30",
                     "2024-02-29T23:59:59.9+14:00", "2024-03-01T10:00:00-00:00")),
    freedom("date-time-open", "Date-times have a leap second, or a blank for the T.",
            _moments("2016-12-31T23:59:60Z", "2024-03-01 10:00:00Z")),
    freedom("source-null", "The source of an error is null.",
            explained(lambda error,
                      *_: {**error, "errors": [{**e, "source": None} for e in error["errors"]]})),
    freedom("errors-empty", "An error has no errors.", _errors([])),
    freedom("errors-bare", "Errors have neither a source nor messages.",
            _errors([{}, {"errors": []}, {"source": ""}])),
    freedom("errors-quote", "Messages quote what is refused.",
            explained(_quoting, "field", "nested", "root")),
    freedom("indented", "JSON is indented, with blank lines around it.",
            _written(lambda value: b"\n" + json.dumps(value, ensure_ascii=False,
                                                      indent=4).encode() + b"\r\n")),
    freedom("ascii", "JSON is in ASCII, with escaped slashes.",
            _written(lambda value: json.dumps(value).replace("/", "\\/").encode())),
    freedom("exponents", "The timestamp is written with an exponent.", _written(_exponents)),
    freedom("timestamp-point-zero", "The timestamp is written 1736425645861.0.",
            member("data.timestamp", float)),
    freedom("status-code-point-zero", "The status_code of an error is written 400.0.",
            explained(lambda error, *_: {**error, "status_code": float(error["status_code"])})),
    freedom("members-sorted", "Members stand in another order.",
            returned(lambda body, _: {"data": dict(sorted(body["data"].items(), reverse=True))})),
    freedom("attributes-reversed", "Attributes stand in another order.",
            kept(lambda items: items[::-1])),
    freedom("integers-as-floats", "Integers among the attributes come back as floats.",
            values_kept(lambda v: float(v) if is_integer(v) and abs(v) <= 2**53 else v)),
    freedom("floats-as-integers", "Floats without a fraction come back as integers.",
            values_kept(_as_integer)),
    freedom("doubles", "Every number is a double.", values_kept(_doubles)),
    freedom("empty-attributes-dropped", "Attributes with empty text do not come back.",
            kept(lambda items: [each for each in items if each["value"] != ""])),
    freedom("random-ids", "Each answer to a customer has another profile id.", _random_ids),
    freedom("stable-ids", "A customer has the same profile id on every server.", _ids),
    freedom("ids-in-capitals", "UUIDs are in capitals.",
            member("data.profile_id", str.upper), member("data.app_id", str.upper)),
    freedom("app-id-nil", "app_id is nil, segment_hash is empty.",
            member("data.app_id", lambda _: str(uuid.UUID(int=0))),
            member("data.segment_hash", lambda _: "")),
    freedom("revenue-negative", "The revenue is negative.",
            member("data.total_revenue_usd", lambda _: -12.5)),
    freedom("revenue-huge", "The revenue is huge.",
            member("data.total_revenue_usd", lambda _: 1.7e300)),
)  # fmt: skip
