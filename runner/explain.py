"""`requirements`: the catalogue as a list, and one promise explained."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from reports.text import one_line
from spec.contract import Contract
from spec.requirements import Requirement, Source
from spec.schema import ITEM
from strategies import edits, plan
from strategies.cases import Case

_VALUES = 16  # shown of each kind
_SHORT = 26  # characters of a value that stands beside others


def listing(contract: Contract, ids: list[str]) -> None:
    """Print a line for each promise: id, level, statement."""
    console = Console(highlight=False, soft_wrap=True)
    width = max((len(key) for key in ids), default=0)
    for key in ids:
        each = contract.requirements[key]
        console.print(
            Text.assemble((f"{key:<{width}}", "bold"), f"  {each.level:<6}  {each.statement}")
        )


def explain(contract: Contract, key: str) -> None:
    """Print one promise: statement, source, and what its cases send."""
    console = Console(highlight=False, soft_wrap=True)
    each = contract.requirements[key]
    console.print(Text.assemble((each.id, "bold"), f"   {each.level}"))
    console.print(Text(each.statement))
    for source in (each.source, *each.also):
        console.print(Text(_source(source)))
    planned = plan.deterministic(contract)
    cases = [case for case in planned.cases if key in case.requirements]
    accepted = [_value(case) for case in cases if case.expect == "accept"]
    if each.subject == "request.body" and accepted:
        usual = edits.get(planned.control, tuple(0 if s == ITEM else s for s in each.location))
        accepted.insert(0, edits.show(usual))
    refused = [_value(case) for case in cases if case.expect in ("refuse", "unauthorized")]
    opened = [_value(case) for case in planned.cases if _is_open_here(case, each)]
    for word, found in (("accepts", accepted), ("refuses", refused), ("open", opened)):
        if found:
            console.print(Text(f"{word:<8} {_shown(found)}"))
    if not cases:
        console.print(Text(_observed(each)))


def _source(source: Source) -> str:
    quote = f"\n         “{source.quote}”" if source.quote else ""
    return f"source   {source.pointer}, line {source.line}{quote}"


def _shown(values: list[str]) -> str:
    """Short values beside each other, long ones a line each."""
    words = [one_line(value) for value in values[:_VALUES]]
    if len(values) > _VALUES:
        words.append(f"and {len(values) - _VALUES} more")
    between = "  " if max(map(len, words)) <= _SHORT else "\n         "
    return between.join(words)


def _value(case: Case) -> str:
    """What a case sends, without the name of the member that the promise is about."""
    _, arrow, after = case.words.rpartition(" → ")
    return after if arrow else case.words


def _is_open_here(case: Case, requirement: Requirement) -> bool:
    if case.expect != "open" or requirement.subject != "request.body" or not case.edits:
        return False
    return case.edits[0].path == requirement.location


def _observed(requirement: Requirement) -> str:
    if requirement.sides == ("observe",):
        return "seen in every response that touches it; no case is sent for it alone"
    return "no case is sent for it alone"
