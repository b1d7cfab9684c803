"""What a reader of the answer has to know beside it: what cut a run short, what it leaves open."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase

from reports.text import duration, number, plural, short
from reports.words import Item, Results, mood, sentence, with_verdict

UNDER_WAY = 3  # requests that had no end, told one by one
ENTRIES = 5  # of a list of known deviations that are told one by one
MANY_ANSWERS = 20  # that are all alike, whatever was asked
DESELECTED = "deselected"  # how the reason of what the operator left out begins


def remarks(results: Results) -> list[str]:
    """What a reader of the headline has to know beside it, in sentences."""
    run, broken = results["run"], with_verdict(results, "fail")
    found = []
    if run["stopped"]:
        found.append(sentence(run["stopped"]))
    if lines := run.get("torn", 0):
        torn = f"{plural(lines, 'line')} of the journal {'is' if lines == 1 else 'are'} torn"
        found.append(f"{torn}: what stood there is lost.")
    if "under_way" in run:
        found.append(_under_way(run["under_way"]))
    if "fuzz" in results:
        found.append(_searched(results))
    elif (
        not run["stopped"] and not results["summary"]["complete"]
        and (told := _left_out(results)) is not None
    ):  # fmt: skip
        found.append(told)
    if "shard" in run and not results["summary"]["complete"]:
        shard = run["shard"].replace("/", " of ")
        found.append(f"This is shard {shard}; adapty-conformance merge joins the reports of all.")
    if (told := _one_answer(results)) is not None:
        found.append(told)
    if broken and run["gate"] == "must" and all(item["level"] == "should" for item in broken):
        found.append("The gate asks only for musts, so it passed.")
    found += _overtaken(results)
    if run["exit_code"] == 1 and not broken:
        found.append("The gate failed for that (--strict-known).")
    untested = len(with_verdict(results, "untested"))
    if untested and results["summary"]["complete"] and mood(results) == "pass":
        found.append(f"{plural(untested, 'promise')} could not be observed.")
    return found


def _under_way(requests: Sequence[Item]) -> str:
    """Which requests had no end, of a run that was killed or interrupted."""
    cases = [", ".join(each["cases"]) or "a control" for each in requests]
    shown = "; ".join(cases[:UNDER_WAY]) + ("; …" if len(cases) > UNDER_WAY else "")
    were = "was" if len(cases) == 1 else "were"
    return (
        f"{plural(len(cases), 'request')} {were} under way then, of whose end nothing is known: "
        f"{short(shown, 200)}."
    )


def _searched(results: Results) -> str:
    """How far a fuzz came, and what that proves."""
    told, run = results["fuzz"], results["run"]
    return (
        f"A search of {plural(told['batches'], 'batch', 'batches')} in {duration(run['seconds'])}, "
        f"{plural(told['exercised'], 'promise')} exercised: it shows what is broken, never that "
        "all is kept."
    )


def _overtaken(results: Results) -> Iterator[str]:
    """What to take out of the list of known deviations, and what of it does not hold any more."""
    found = [e for e in results.get("deviations", ()) if e["state"] in ("stale", "expired")]
    broken = with_verdict(results, "fail")
    for each in found[:ENTRIES]:
        line = "" if each["line"] is None else f":{each['line']}"
        entry = f"{each['file']}{line}, {each['requirement']},"
        if each["state"] == "stale":
            yield f"{entry} is stale: nothing of it is broken any more. Take it out."
        else:
            fails = any(fnmatchcase(item["id"], each["requirement"]) for item in broken)
            todo = "Mend it, or renew the day." if fails else "Take it out."
            yield f"{entry} has expired: it held until {each['until']}. {todo}"
    if len(found) > ENTRIES:
        yield f"So have or are {len(found) - ENTRIES} more of its entries."


def _one_answer(results: Results) -> str | None:
    """That every answer had the same status, right or wrong: what it kept then means little."""
    statuses = results["summary"].get("statuses") or {}
    if len(statuses) != 1 or sum(statuses.values()) < MANY_ANSWERS:
        return None
    (status, count), *_ = statuses.items()
    return f"All {number(count)} requests, valid or not, ended alike: {status}."


def _left_out(results: Results) -> str | None:
    untested = with_verdict(results, "untested")
    out = [item for item in untested if (item["reason"] or "").startswith(DESELECTED)]
    if not out and "shard" in results["run"]:
        return None
    if not out:
        return "Not everything that was planned was sent."
    was = "was" if len(out) == 1 else "were"
    return f"Not everything was sent: {plural(len(out), 'promise')} {was} deselected."
