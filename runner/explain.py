"""`requirements`: the catalogue as a list, and one promise explained."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from reports.text import one_line
from spec.contract import Contract
from spec.requirements import Requirement, Source
from strategies import plan
from strategies.cases import Case

_VALUES = 12  # shown of each kind


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
    cases = [case for case in plan.deterministic(contract).cases if key in case.requirements]
    for word, expect in (("accepts", ("accept",)), ("refuses", ("refuse", "unauthorized"))):
        found = [case for case in cases if case.expect in expect]
        if found:
            console.print(Text(f"{word:<8} {_shown(found)}"))
    if not cases:
        console.print(Text(_observed(each)))
    opened = [c for c in plan.deterministic(contract).cases if _is_open_here(c, each)]
    if opened:
        console.print(Text(f"{'open':<8} {_shown(opened)}"))


def _source(source: Source) -> str:
    quote = f"\n         “{source.quote}”" if source.quote else ""
    return f"source   {source.pointer}, line {source.line}{quote}"


def _shown(cases: list[Case]) -> str:
    words = [one_line(_value(case)) for case in cases]
    more = f"  and {len(words) - _VALUES} more" if len(words) > _VALUES else ""
    return "  ".join(words[:_VALUES]) + more


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
