"""What shows that a promise is kept: a few exchanges of each, as the HTML report tells them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from conformance.exchanges import Exchange
from conformance.journal import Record
from reports.assemble import exchange_as_told
from reports.exchanges import View, exchange_view
from reports.text import plural
from reports.words import Results, answer

LIMIT = 1200  # characters shown of a body that nothing is wrong with

_SIDES = {"accept": "Accepted", "refuse": "Refused", "observe": "Answered"}
CONTROL = "a valid request, the control of other cases"


@dataclass(frozen=True)
class Proof:
    """One exchange that shows a promise kept: on which side, what was sent, how it ended."""

    side: str
    words: str
    answer: str
    exchange: str


def proofs(results: Results, record: Record) -> dict[str, list[Proof]]:
    """By promise, the exchanges of its samples."""
    ended = {each.id: answer(exchange_as_told(each)) for each in _sampled(results, record)}
    return {
        item["id"]: [
            Proof(_SIDES[each["side"]], _of_case(each["case"], record), ended[key], key)
            for each in item.get("samples", ())
            if (key := each["exchange"]) in ended
        ]
        for item in results["requirements"]
    }


def _of_case(case: str | None, record: Record) -> str:
    known = record.cases.get(case or "")
    return known.words if known else CONTROL


def samples(results: Results, record: Record, controls: Collection[str] = ()) -> list[View]:
    """Each exchange that a proof points to, or that is one of `controls`, in the order of sending.

    Beside what is sent and answered, a view has `words`, `case` and `answer`.
    """
    return [_view(each, record) for each in _sampled(results, record, controls)]


def _sampled(results: Results, record: Record, controls: Collection[str] = ()) -> list[Exchange]:
    told = (each for item in results["requirements"] for each in item.get("samples", ()))
    wanted = {each["exchange"] for each in told}
    return [each for each in record.exchanges if each.id in wanted or each.id in controls]


def _view(exchange: Exchange, record: Record) -> View:
    case = exchange.cases[0] if len(exchange.cases) == 1 else None
    known = record.cases.get(case or "")
    told = exchange_as_told(exchange)
    view = exchange_view(told, known.change or None if known else None, limit=LIMIT)
    return view | {"words": words_of(exchange, record), "case": case, "answer": answer(told)}


def words_of(exchange: Exchange, record: Record) -> str:
    """What was sent, in words."""
    known = [record.cases[case] for case in exchange.cases if case in record.cases]
    if not known:
        return CONTROL
    more = f" and {plural(len(known) - 1, 'more valid change')} at once" if len(known) > 1 else ""
    return known[0].words + more
