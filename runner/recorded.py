"""The failures that the last run or fuzz of a target left in its report folder."""

from __future__ import annotations

from pathlib import Path

from conformance.journal import read
from conformance.resending import Recorded
from reports.results import ResultsError, load
from reports.writing import JOURNAL, PREVIOUS


def failures(directory: Path, url: str) -> list[Recorded]:
    """A case for each failing promise that the run before recorded of the target at `url`.

    Empty where there was no such run, or where nobody can read it any more.
    """
    previous = directory / PREVIOUS
    try:
        results = load(previous)
        record = read([previous / JOURNAL])
    except (OSError, ResultsError):
        return []
    if results["target"]["url"] != url:
        return []
    failing = [item for item in results["requirements"] if item["verdict"] in ("fail", "known")]
    names = dict.fromkeys(item["failures"][0]["case"] for item in failing if item["failures"])
    by_id = {each.id: each for each in record.exchanges}
    found = []
    for name in names:
        sent = [e for e in record.exchanges if e.cases == (name,) and e.role in ("probe", "again")]
        if name in record.cases and sent and sent[-1].follows is None:
            control = by_id.get(sent[-1].control or "")
            found.append(Recorded(record.cases[name], control, sent[-1]))
    return found
