"""Finding a control: a payload that the target accepts, the full one or the most of it."""

from __future__ import annotations

from typing import Any

from conformance.bench import Bench, send, send_control
from conformance.exchanges import Exchange
from conformance.isolating import together
from spec.reading import same_json
from strategies import controls, edits
from strategies.cases import Case
from strategies.edits import Edit
from strategies.promises import promise_of
from strategies.wire import optional_headers

TRIES = 3

Accepted = tuple[Any, Exchange]
"""A payload that the target takes, and the exchange that shows it."""


async def find_control(bench: Bench, phase: str) -> None:
    """Find a payload that the target accepts: the full one, or the most of it that passes.

    Afterwards `bench.control` is that payload, or None, and `bench.refused` maps the members that
    had to be left out to the exchange in which they were refused.
    """
    full = bench.plan.control
    payload = full if bench.control is None else bench.control
    exchange = await _offer(bench, phase, "again", payload)
    for _ in range(TRIES - 1):  # what is refused now and was taken before may be taken again
        refused = exchange.status is not None and 400 <= exchange.status < 500
        if refused and bench.control is not None:
            exchange = await _offer(bench, phase, "again", payload)
    if not exchange.accepted and bench.control is None:
        payload, exchange = await _search(bench, phase, full, exchange)
    if exchange.status is not None:
        bench.client.spare(exchange.received - exchange.sent)
    bench.control = payload if exchange.accepted else None
    bench.control_exchange = exchange


async def _offer(bench: Bench, phase: str, name: str, payload: Any) -> Exchange:
    """Send a valid payload, and again where the target fails: a failure is no refusal."""
    for attempt in range(1, TRIES + 1):
        exchange = await send_control(bench, phase, name, payload)
        if exchange.status is not None and exchange.status < 500:
            bench.flaky |= attempt > 1
            break
    return exchange


async def _search(bench: Bench, phase: str, full: Any, refused: Exchange) -> Accepted:
    minimal = controls.minimal(bench.contract)
    base = await _offer(bench, phase, "minimal", minimal)
    if not base.accepted:
        return full, await _search_headers(bench, phase, full, refused)
    best: Accepted = (minimal, base)
    waiting = [_missing(full, minimal)]
    while waiting:
        group = waiting.pop(0)
        payload = edits.apply(best[0], group)
        exchange = refused  # as it was a moment ago, if it is all of it again
        if not same_json(payload, full):
            exchange = await _offer(bench, phase, edits.words(group[0], best[0]), payload)
        if exchange.accepted:
            best = (payload, exchange)
        elif len(group) > 1:
            half = len(group) // 2
            waiting += [group[:half], group[half:]]
        else:
            await _tell_refused(bench, phase, group[0], best, (minimal, base))
    return best


async def _search_headers(bench: Bench, phase: str, full: Any, refused: Exchange) -> Exchange:
    """Whether the target takes the full payload once a header is there that may be left out."""
    for key, name, value in optional_headers(bench.contract):
        bench.extra = {name: value}
        exchange = await _offer(bench, phase, f"with-{name}", full)
        if exchange.accepted:
            case = Case(
                f"{key}/left-out", (key,), "accept", "headers", f"no {name}", headers=((name, ()),)
            )
            bench.journal.planned(case, full)
            for _ in range(2):
                await send(bench, phase, "probe", [case], full, exchange.id)
            return exchange
    bench.extra = {}
    return refused


def _missing(full: Any, minimal: Any, path: edits.Path = ()) -> list[Edit]:
    """The edits that lead from `minimal` to `full`, a member each."""
    found: list[Edit] = []
    for name, value in full.items():
        if name not in minimal:
            found.append(Edit((*path, name), value))
        elif isinstance(value, dict) and isinstance(minimal[name], dict):
            found += _missing(value, minimal[name], (*path, name))
    return found


async def _tell_refused(
    bench: Bench, phase: str, edit: Edit, best: Accepted, minimal: Accepted
) -> None:
    """Make a case of a valid member that the target refuses; if it takes that alone, of all."""
    key = promise_of(bench.contract, edit)
    case = Case(
        f"{key}/control-value", (key,), "accept", "profile_request",
        edits.words(edit, best[0]), (edit,),
    )  # fmt: skip
    control = best
    others = _missing(best[0], minimal[0])
    if others:
        alone = edits.apply(minimal[0], [edit])
        if (await _offer(bench, phase, f"{edits.words(edit, best[0])}-alone", alone)).accepted:
            case, control = together([*others, edit]), minimal
    bench.journal.planned(case, control[0])
    for _ in range(2):
        exchange = await send(bench, phase, "probe", [case], control[0], control[1].id)
    bench.refused[edit.path] = exchange.id
