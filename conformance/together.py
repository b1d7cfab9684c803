"""What only several exchanges show: shared profile ids, the clock, hangs, a dead target."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from conformance.exchanges import Exchange, expectation
from conformance.journal import Record
from conformance.parsing import NotJson, parse
from conformance.telling import CONTROL, REFUSED
from spec.contract import Contract

# A timestamp may be off by the server's clock: by no more than this, and not by a varying amount.
CLOCK_SKEW = 60.0  # seconds; a wrong unit or time zone is off by more
CLOCK_DRIFT = 1.1  # seconds; a timestamp cut to whole seconds stays within
HANG = "robustness.hang"
SCATTERED = 3  # unanswered requests of different cases that make a failure together
REFUSED_SINCE = 3  # valid requests, to the last, that are refused after others were taken
SCATTERED_SHARE = 0.005  # of what a fuzz only counts: any server pauses in the course of a day
CLOCK_APART = 600.0  # seconds; between answers further apart than that, clocks may be set anew
CLOCK_SPAN = 2.0  # seconds that the answers must be apart before a frozen clock can be told


@dataclass(frozen=True)
class Shown:
    """What a set of exchanges shows of one requirement."""

    requirement: str
    ok: bool
    case: str = CONTROL
    message: str = ""
    expected: str = ""
    actual: str = ""
    exchanges: tuple[Exchange, ...] = ()
    tries: int = 0
    failed: int = 0
    place: str | None = None
    flaky: bool = False


def data_of(contract: Contract, exchange: Exchange) -> dict[str, Any]:
    """The profile in the answer that an exchange got, or nothing."""
    if exchange.status != contract.success or exchange.response is None:
        return {}
    try:
        answer = parse(exchange.response.body)
    except NotJson:
        return {}
    data = answer.get("data") if isinstance(answer, dict) else None
    return data if isinstance(data, dict) else {}


def _case(exchange: Exchange) -> str:
    return exchange.cases[0] if exchange.cases else CONTROL


def shown_together(contract: Contract, record: Record, *, told: bool) -> Iterator[Shown]:
    """All that is shown, what several shards of a run show wrong in the same way once.

    `told` says that refusing every valid request is told already.
    """
    wrong: dict[tuple[str, str], Shown] = {}
    for shard in record.shards():
        valid = [e for e in shard.exchanges if expectation(e, record.cases) == "accept"]
        for kind, found in (
            ("shared", sharing(contract, valid)),
            ("clock", (told for own in timed(shard, valid) for told in clock(contract, own))),
            ("alive", liveness(shard)),
            ("refused", refusing(contract, valid, told=told)),
        ):
            for each in found:
                key = (each.requirement, each.case if kind == "alive" else kind)
                if each.ok:
                    yield each
                elif key in wrong:
                    tries, failed = wrong[key].tries + each.tries, wrong[key].failed + each.failed
                    wrong[key] = replace(wrong[key], tries=tries, failed=failed)
                else:
                    wrong[key] = each
    yield from wrong.values()


def sharing(contract: Contract, exchanges: Sequence[Exchange]) -> Iterator[Shown]:
    """Two customers never share a profile id."""
    header, profile = contract.header("customer"), contract.header("profile")
    owners: dict[str, dict[str, Exchange]] = defaultdict(dict)
    customers: set[str] = set()
    for exchange in exchanges:
        customer = exchange.request.header(header.name) if header else None
        named = exchange.request.header(profile.name) if profile else None
        found = data_of(contract, exchange).get("profile_id")
        if customer and not named and isinstance(found, str):
            owners[found.lower()].setdefault(customer, exchange)
            customers.add(customer)
    shared = [each for each in owners.values() if len(each) > 1]
    if shared:
        first = max(shared, key=len)
        pair = tuple(first.values())
        yield Shown(
            "identity.profile_id", False, _case(pair[1]),
            f"{len(first)} customers were given the same profile id",
            "a profile id of its own for each customer", "one profile id for several", pair,
            len(customers), sum(map(len, shared)), "/data/profile_id",
        )  # fmt: skip
    elif len(customers) > 1:
        two = [each for owner in owners.values() for each in owner.values()][-2:]
        yield Shown("identity.profile_id", True, _case(two[-1]), exchanges=tuple(two))


def counted(record: Record) -> int:
    """How many exchanges of a fuzz were counted and not kept."""
    return sum(sum(note["statuses"].values()) for note in record.notes.get("batch", ()))


def timed(record: Record, exchanges: Sequence[Exchange]) -> list[list[Exchange]]:
    """Exchanges by whose clock they are told, those that are long after the first left out."""
    if not record.notes.get("beat") and not record.notes.get("batch"):
        return [list(exchanges)]
    found: dict[str, list[Exchange]] = defaultdict(list)
    for each in exchanges:
        own = found[each.id.rpartition("-")[0]]
        if not own or each.received - own[0].received < CLOCK_APART:
            own.append(each)
    return list(found.values())


def clock(contract: Contract, exchanges: Sequence[Exchange]) -> Iterator[Shown]:
    """The timestamp is the response time in milliseconds: near our clock, and moving with it."""
    seen = [
        (exchange, value / 1000)
        for exchange in exchanges
        if isinstance(value := data_of(contract, exchange).get("timestamp"), int | float)
        and not isinstance(value, bool)
        and abs(value) < 2**63
    ]
    if not seen:
        return
    name, place = "timestamp.response_time", "/data/timestamp"
    far = [
        (exchange, stamp)
        for exchange, stamp in seen
        if not exchange.sent - CLOCK_SKEW <= stamp <= exchange.received + CLOCK_SKEW
    ]
    if far:
        exchange, stamp = far[0]
        off = stamp - exchange.received
        yield Shown(
            name, False, _case(exchange), f"the timestamp is {_span(off)} the response time",
            f"about {exchange.received * 1000:.0f}", f"timestamp {stamp * 1000:.0f}",
            tuple(e for e, _ in far), len(seen), len(far), place,
        )  # fmt: skip
        return
    # The true offset of the server's clock lies between these two for every exchange.
    low = max(seen, key=lambda each: each[1] - each[0].received)
    high = min(seen, key=lambda each: each[1] - each[0].sent)
    drift = (low[1] - low[0].received) - (high[1] - high[0].sent)
    if drift > CLOCK_DRIFT:
        yield Shown(
            name, False, _case(high[0]),
            f"the timestamps of two answers disagree with their times by {drift:.1f} s",
            "one offset between the clocks", f"offsets {drift:.1f} s apart", (low[0], high[0]),
            len(seen), 2, place,
        )  # fmt: skip
    elif max(e.received for e, _ in seen) - min(e.sent for e, _ in seen) >= CLOCK_SPAN:
        ends = min(seen, key=lambda each: each[0].sent), max(seen, key=lambda each: each[0].sent)
        yield Shown(name, True, _case(ends[1][0]), exchanges=(ends[0][0], ends[1][0]))


def refusing(contract: Contract, exchanges: Sequence[Exchange], *, told: bool) -> Iterator[Shown]:
    """Every valid request is refused: always, unless that is `told` already, or from one on."""
    answered = sorted((e for e in exchanges if e.status is not None), key=lambda each: each.sent)
    taken = [each.received for each in answered if each.accepted]
    refused = [each for each in answered if each.status is not None and each.status >= 400]
    name, since, tries = REFUSED, "", len(exchanges)
    if taken:
        since = " from then on"
        refused = [e for e in refused if e.sent > max(taken) and (e.status or 0) < 500]
        tries = sum(each.sent > max(taken) for each in exchanges)
    least, told = (REFUSED_SINCE, False) if taken else (1, told)
    if told or len(refused) < least or all(each.role != "control" for each in refused):
        return
    status = refused[0].status
    yield Shown(
        name, False, CONTROL, f"every valid request is refused{since}, the first with {status}",
        f"accepted, {contract.success}", str(status), tuple(refused[:1]), tries, len(refused),
    )  # fmt: skip


def _span(seconds: float) -> str:
    size = abs(seconds)
    units = ((31_557_600, "years"), (86_400, "days"), (3_600, "hours"), (60, "minutes"))
    unit, name = next(each for each in units if size >= each[0])
    return f"{size / unit:,.1f} {name} {'before' if seconds < 0 else 'after'}"


def _told(record: Record, case: str) -> str:
    """What a case is in words; its id where its line of the journal was lost."""
    return record.cases[case].words if case in record.cases else case


def liveness(record: Record) -> Iterator[Shown]:
    """Hangs and dropped connections: a failure when they repeat and the control still answers."""
    dead = {note["case"] for note in record.notes.get("dead", [])}
    last_answer = max((e.received for e in record.exchanges if e.status is not None), default=0.0)
    by_case: dict[str, list[Exchange]] = defaultdict(list)
    for exchange in record.exchanges:
        if exchange.role in ("probe", "again") and not _is_crowded(record, exchange):
            by_case[_case(exchange)].append(exchange)
    for case in dead & by_case.keys():
        if all(each.trouble is None for each in by_case[case]):
            yield _gone("robustness.connection", case, _told(record, case), by_case[case])
    for name, kinds, words in (
        (HANG, ("timeout",), "no answer came in time"),
        ("robustness.connection", ("connection", "incomplete"), "the connection was dropped"),
    ):
        told_of = False
        for case, tried in by_case.items():
            failed = [each for each in tried if each.trouble in kinds]
            told = _told(record, case)
            if case in dead and failed:
                told_of = True
                others = _under_way(record, failed[0], kinds)
                shared = f", or one of {others} others under way" if others else ""
                yield _gone(name, case, f"{told}{shared}", tried)
            elif len(failed) >= 2 and failed[0].received < last_answer:
                told_of = True
                yield Shown(
                    name, False, case, f"{told}: {words}", "an answer", words, tuple(failed),
                    len(tried), len(failed), flaky=len(failed) < len(tried),
                )  # fmt: skip
        # Connections may be closed when they are idle, so a drop here and there accuses nobody.
        now_and_then = [] if told_of or name != HANG else _now_and_then(record, last_answer)
        sent = len(record.exchanges) + counted(record)
        if len(now_and_then) >= max(SCATTERED, SCATTERED_SHARE * counted(record)):
            yield Shown(
                name, False, CONTROL, f"{words} now and then, whatever was asked",
                "an answer", words, tuple(now_and_then), sent, len(now_and_then), flaky=True,
            )  # fmt: skip


def _now_and_then(record: Record, last_answer: float) -> list[Exchange]:
    """Requests that a quick target let wait until the timeout, and answered when sent again."""
    answered = [e.received - e.sent for e in record.exchanges if e.status is not None]
    if len(answered) < 2:
        return []
    # The slowest of its answers tell how long this machine, under its load, may make one take.
    slow = 5 * statistics.quantiles(answered, n=50)[-1]
    return [
        each
        for each in record.exchanges
        if each.trouble == "timeout" and each.received < last_answer
        and each.received - each.sent > slow and not _is_crowded(record, each)
    ]  # fmt: skip


def _under_way(record: Record, first: Exchange, kinds: tuple[str, ...]) -> int:
    """How many other requests waited in vain at the same time: each may be what it died of."""
    return sum(
        each.trouble in kinds and each.cases != first.cases
        and each.sent < first.received and each.received > first.sent
        for each in record.exchanges
    )  # fmt: skip


def _gone(name: str, case: str, told: str, tried: list[Exchange]) -> Shown:
    return Shown(
        name, False, case, f"{told}: the target is gone since then", "a target that lives on",
        "no answer to any later request", tuple(tried), len(tried), len(tried),
    )  # fmt: skip


def _is_crowded(record: Record, exchange: Exchange) -> bool:
    """Whether a request may have had no answer only because it stood in a queue of its own case."""
    case = record.cases.get(_case(exchange))
    if case is None or case.together == 1 or exchange.trouble != "timeout":
        return False
    alone = [e.received - e.sent for e in record.exchanges if e.role == "control" and e.status]
    waited = exchange.received - exchange.sent
    return not alone or case.together * statistics.median(alone) > waited / 2
