"""The answer in words: what the terminal and the HTML report both say of one results.json."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from reports.text import capital, number, plural
from spec.requirements import PARTS

Results = Mapping[str, Any]
Item = Mapping[str, Any]

VERDICTS = ("fail", "known", "inconclusive", "untested", "pass")
WORDS = {
    "fail": "broken",
    "known": "known deviation",
    "inconclusive": "inconclusive",
    "untested": "untested",
    "pass": "kept",
}


@dataclass(frozen=True)
class Part:
    """One part of the contract with its requirements and how many have each verdict."""

    name: str
    requirements: list[Item]
    counts: dict[str, int]


@dataclass(frozen=True)
class Finding:
    """A broken promise with the failures that are its own, and what it explains.

    `folded` are failures of other promises whose cause is this one; `explained` are the promises
    that only such failures break.
    """

    requirement: Item
    failures: list[Item] = field(default_factory=list)
    folded: list[tuple[Item, list[Item]]] = field(default_factory=list)
    explained: list[Item] = field(default_factory=list)


@dataclass(frozen=True)
class Unverified:
    """Promises about which nothing can be said, for one reason."""

    verdict: str
    reason: str
    requirements: list[Item]

    @property
    def size(self) -> int:
        """How many promises."""
        return len(self.requirements)


def with_verdict(results: Results, *verdicts: str) -> list[Item]:
    """The requirements with one of these verdicts, in the contract's order."""
    return [item for item in results["requirements"] if item["verdict"] in verdicts]


def headline(results: Results) -> str:
    """The answer in one line."""
    broken = with_verdict(results, "fail")
    passed = len(with_verdict(results, "pass"))
    known = len(with_verdict(results, "known"))
    undecided = len(with_verdict(results, "inconclusive"))
    total = len(results["requirements"])
    if broken:
        return _breaks(broken, total)
    if not passed and not known:
        asked = results["summary"]["requests"] or results["run"]["stopped"] or undecided
        return "Could not be judged" if asked else "Nothing was run"
    if "fuzz" in results and not undecided:
        return f"No promise broken in {plural(results['summary']['requests'], 'request')}"
    if undecided:
        return f"No promise broken, but {number(undecided)} of {number(total)} could not be judged"
    if not results["summary"]["complete"]:
        return "Passed what was run"
    if known:
        return f"Conformant, apart from {plural(known, 'known deviation')}"
    return "Conformant"


def _breaks(broken: Sequence[Item], total: int) -> str:
    musts = sum(item["level"] == "must" for item in broken)
    count = len(broken)
    if count == 1:
        return f"Breaks 1 of {number(total)} promises, a {broken[0]['level']}"
    start = f"all {number(total)}" if count == total else f"{number(count)} of {number(total)}"
    share = {0: "none", count: "all"}.get(musts, number(musts))
    return f"Breaks {start} promises, {share} of them a must"


def mood(results: Results) -> str:
    """The verdict that the whole run looks like: `fail`, `inconclusive` or `pass`."""
    if with_verdict(results, "fail"):
        return "fail"
    judged = with_verdict(results, "pass", "known")
    return "pass" if judged and not with_verdict(results, "inconclusive") else "inconclusive"


def gate(results: Results) -> str:
    """Whether the gate passed, in a word."""
    return {0: "passed", 1: "failed"}.get(results["run"]["exit_code"], "undecided")


def sentence(text: str) -> str:
    """`text` as a sentence; an address or a name at its start keeps its letters."""
    text = capital(text.strip())
    return text if text.endswith((".", "!", "?")) else f"{text}."


def clause(text: str) -> str:
    """`text` to go on with inside a sentence: no full stop, a plain first word in small letters."""
    text = text.strip().removesuffix(".")
    first = text.partition(" ")[0]
    return text[0].lower() + text[1:] if first.isalpha() and first.istitle() else text


def observable(results: Results) -> int:
    """How many promises this target's answers could show, of a complete run; else all."""
    total = len(results["requirements"])
    complete = results["summary"]["complete"]
    return total - len(with_verdict(results, "untested")) if complete else total


def tally(results: Results) -> list[tuple[str, int, str]]:
    """Word, count and verdict of what there is: kept, broken, not verified, known."""
    counts = {verdict: len(with_verdict(results, verdict)) for verdict in VERDICTS}
    unverified = counts["inconclusive"] + counts["untested"]
    found = [("kept", counts["pass"], "pass"), ("broken", counts["fail"], "fail")]
    if unverified:
        sign = "inconclusive" if counts["inconclusive"] else "untested"
        found.append(("not verified", unverified, sign))
    if counts["known"]:
        found.append(("known", counts["known"], "known"))
    return found


def parts(results: Results) -> list[Part]:
    """The requirements by part of the contract, in its order."""
    groups: dict[str, list[Item]] = {name: [] for name in PARTS}
    for item in results["requirements"]:
        groups.setdefault(item["part"], []).append(item)
    return [
        Part(name, items, {v: sum(i["verdict"] == v for i in items) for v in VERDICTS})
        for name, items in groups.items()
        if items
    ]


def findings(results: Results) -> list[Finding]:
    """What is broken, worst first: a must before a should, then the contract's order.

    Failures that another finding explains are folded under it; a promise that only such failures
    break has no finding of its own. A finding counts as a must when it explains one.
    """
    broken = {item["id"]: item for item in with_verdict(results, "fail")}
    made = {key: Finding(item) for key, item in broken.items()}
    for item in broken.values():
        groups: dict[str, list[Item]] = {}
        for failure in item["failures"]:
            groups.setdefault(_root(item, failure, broken), []).append(failure)
        for cause, failures in groups.items():
            if cause == item["id"]:
                made[cause].failures.extend(failures)
            else:
                made[cause].folded.append((item, failures))
        if groups and item["id"] not in groups:
            made[next(iter(groups))].explained.append(item)
            del made[item["id"]]
    return sorted(made.values(), key=_is_mild)


def explaining(results: Results, found: Sequence[Finding]) -> str:
    """What the findings are to the broken promises, in a sentence or two."""
    broken = len(with_verdict(results, "fail"))
    if len(found) == broken:
        return "Musts first. Each is one promise the target broke, with a request that shows it."
    many = len(found) > 1
    return (
        f"Musts first. {plural(len(found), 'finding')} {'explain' if many else 'explains'} all "
        f"{number(broken)} broken promises: what has the same cause is listed under it."
    )


def _root(item: Item, failure: Item, broken: Mapping[str, Item]) -> str:
    """The finding that explains a failure, through causes of causes; itself where they go round.

    Any other finding than itself has a failure of its own, so that nothing is folded away.
    """
    here, cause = item["id"], failure["cause"]
    seen = {here}
    while cause in broken and cause not in seen:
        here = cause
        seen.add(here)
        causes = [each["cause"] for each in broken[here]["failures"]]
        own = any(each not in broken or each == here for each in causes)
        cause = None if own or not causes else causes[0]
    return str(item["id"] if cause in seen else here)


def _is_mild(finding: Finding) -> bool:
    return all(item["level"] != "must" for item in [finding.requirement, *finding.explained])


def unverified(results: Results) -> list[Unverified]:
    """What was not verified, by reason: the inconclusive first, then the larger groups."""
    groups: dict[tuple[str, str], list[Item]] = {}
    for item in with_verdict(results, "inconclusive", "untested"):
        reason = item["reason"] or "No reason was recorded."
        groups.setdefault((item["verdict"], reason), []).append(item)
    found = [Unverified(verdict, reason, items) for (verdict, reason), items in groups.items()]
    return sorted(found, key=lambda each: (each.verdict, -len(each.requirements)))


def answer(exchange: Item) -> str:
    """How an exchange ended: `200 OK`, `no answer: timeout`."""
    response = exchange["response"]
    if response is not None:
        return f"{response['status']} {response['reason']}".strip()
    return f"no answer: {exchange['error'] or 'nothing was recorded'}"


def ending(failure: Item) -> str | None:
    """How the last exchange of a failure ended."""
    return answer(failure["exchanges"][-1]) if failure["exchanges"] else None


def tries(failure: Item) -> str:
    """`8 of 8 tries`, and that it is flaky where it comes and goes."""
    told = f"{number(failure['failed'])} of {plural(failure['tries'], 'try', 'tries')}"
    return f"{told}, flaky" if failure.get("flaky") else told
