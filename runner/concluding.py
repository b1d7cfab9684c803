"""From the journal of a run to its results and reports, at its end or at any time after it."""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from conformance.journal import SENDING, TORN, Journal, Record
from conformance.judge import judge
from conformance.verdicts import Verdict
from reports import results, writing
from reports.assemble import Facts, assemble
from runner import known
from runner.ending import exit_code, is_unshown, version, why_over
from runner.folder import recorded
from runner.fuzzed import cases, fuzzed
from runner.planned import Planned, planned
from runner.settings import Settings, UsageError
from spec.contract import Contract
from strategies.cases import digest

KILLED = "the run was killed before its end"


def begin(journal: Journal, plan: Planned, run: str, url: str, started: float) -> None:
    """Note in the journal all that its reading needs beside the exchanges."""
    settings, contract = plan.settings, plan.contract
    journal.note(
        "run",
        id=run,
        url=url,
        started=started,
        day=datetime.date.today().isoformat(),
        document=document(settings, contract),
        sha256=contract.sha256,
        suite=version(),
        settings=asdict(settings),
        known=[known.told(each) for each in _listed(settings, contract)],
    )


def end(journal: Journal, seconds: float, hopeless: str | None, interrupted: bool) -> None:
    """Note how a run ended; a run without such a note was killed.

    `hopeless` says why nothing could be tested after the preflight.
    """
    journal.note("end", seconds=round(seconds, 2), hopeless=hopeless, interrupted=interrupted)


def document(settings: Settings, contract: Contract) -> str:
    """The vendor's document as a reader finds it: the path that was given, or our file's name."""
    return Path(settings.spec).as_posix() if settings.spec else contract.document.path.name


def told(record: Record, directory: Path) -> dict[str, Any]:
    """What `begin` noted of the run in `directory`. Raises UsageError where it noted nothing."""
    for note in record.notes.get("run", ()):
        return note
    raise UsageError(f"the journal in {directory} does not tell which run it is of")


def conclude(
    directory: Path, contract: Contract, plan: Planned | None = None, record: Record | None = None
) -> dict[str, Any]:
    """Judge everything that the journals in `directory` tell, and write every report.

    `plan` is what was planned and `record` what was recorded, where the caller has them. Returns
    the content of results.json, which is the same whenever this version makes it. Raises UsageError
    when the journal tells of no run, or of one that was judged by another document.
    """
    record = record or recorded(directory)
    run = told(record, directory)
    if run["sha256"] != contract.sha256:
        raise UsageError(
            f"the run in {directory} was judged by another edition of the document; "
            f"name it with --spec (SHA-256 {run['sha256'][:12]}…, not {contract.sha256[:12]}…)"
        )
    plan = plan or planned(contract, noted(run))
    ended = _ended(record, run)
    left_out = plan.left_out
    if ended.hopeless:  # whatever was answered is no verdict
        left_out = dict.fromkeys(contract.requirements, "nothing was tested")
    judgement = judge(contract, record, left_out)
    if plan.share is not None and not plan.settings.fuzz:
        judgement = replace(judgement, verdicts=_in_a_shard(judgement.verdicts, plan, left_out))
    if plan.settings.fuzz:
        judgement = replace(judgement, verdicts=_searched(judgement.verdicts, cases(record)))
    elif not ended.cut:
        judgement = replace(judgement, verdicts=_sent(judgement.verdicts, plan.unsent(record)))
    deviations = [known.of(each) for each in run["known"]]
    verdicts, covering = known.excuse(judgement.verdicts, deviations, _day(run["day"]))
    judgement = replace(judgement, verdicts=verdicts)
    facts = _facts(record, run, ended, plan, covering, verdicts)
    content = assemble(contract, record, judgement, facts)
    content["run"]["exit_code"] = exit_code(content, ended.interrupted, plan.settings.strict_known)
    results.validate(content)
    writing.write(content, directory, record)
    return content


@dataclass(frozen=True)
class _End:
    """How a run ended: `stopped` says why before its time, `cut` that cases were left unsent."""

    seconds: float
    hopeless: str | None
    interrupted: bool
    stopped: str | None

    @property
    def cut(self) -> bool:
        return self.interrupted or (self.stopped is not None and not self.hopeless)


def _ended(record: Record, run: Mapping[str, Any]) -> _End:
    over = why_over(record, limits=not run["settings"].get("fuzz"))
    for note in record.notes.get("end", ()):
        hopeless = note["hopeless"]
        return _End(note["seconds"], hopeless, note["interrupted"], hopeless or over)
    last = max((each.received for each in record.exchanges), default=run["started"])
    return _End(round(max(0.0, last - run["started"]), 2), None, False, over or KILLED)


def noted(run: Mapping[str, Any]) -> Settings:
    """The settings of the run that `begin` noted; an option of another version is passed over."""
    names = {each.name for each in fields(Settings)}
    given: dict[str, Any] = {k: value for k, value in run["settings"].items() if k in names}
    given |= {key: tuple(value) for key, value in given.items() if isinstance(value, list)}
    return Settings(**given)


def _listed(settings: Settings, contract: Contract) -> list[known.Deviation]:
    if not settings.known:
        return []
    return known.read(Path(settings.known), list(contract.requirements))


def _day(text: str) -> datetime.date:
    return datetime.date.fromisoformat(text)


def _sent(verdicts: Mapping[str, Verdict], unsent: set[str]) -> dict[str, Verdict]:
    """The verdicts, where a promise is not inconclusive only because some of its cases were not to
    be sent: those of a phase or a test that was not selected."""
    return {
        key: replace(each, name="untested", reason="deselected: not all its cases")
        if key in unsent and each.name == "inconclusive" and is_unshown(each)
        else each
        for key, each in verdicts.items()
    }


def _searched(
    verdicts: Mapping[str, Verdict], touched: Mapping[str, int]
) -> dict[str, Verdict]:  # fmt: skip
    """The verdicts of a fuzz, which need not have come by everything, with all its cases."""
    return {
        key: replace(each, name="untested", reason="the search did not come by it", cases=count)
        if each.name == "inconclusive" and is_unshown(each)
        else replace(each, cases=count)
        for key, each in verdicts.items()
        for count in [max(each.cases, touched.get(key, 0))]
    }


def _in_a_shard(
    verdicts: Mapping[str, Verdict], plan: Planned, left_out: Mapping[str, str]
) -> dict[str, Verdict]:
    """The verdicts, where what was not shown may be shown in another shard."""
    elsewhere, made = plan.elsewhere(), dict(verdicts)
    for key, each in verdicts.items():
        unshown = each.name == "inconclusive" and key in elsewhere and is_unshown(each)
        if unshown or (each.name == "untested" and key not in left_out):
            reason = (
                "cases of it are in another shard" if key in elsewhere
                else "nothing showed it in this shard, another may"
            )  # fmt: skip
            made[key] = replace(each, name="untested", reason=reason)
    return made


def _facts(
    record: Record, run: Mapping[str, Any], ended: _End, plan: Planned,
    covering: Mapping[str, known.Deviation], verdicts: Mapping[str, Verdict],
) -> Facts:  # fmt: skip
    started = datetime.datetime.fromtimestamp(run["started"], datetime.UTC)
    whole = not (ended.stopped or ended.interrupted or plan.left_out or plan.settings.fuzz)
    return Facts(
        version=version(),
        url=run["url"],
        document=run["document"],
        key_env=plan.settings.api_key_env,
        run={
            "id": run["id"],
            "seed": plan.settings.seed,
            "started": started.isoformat(timespec="seconds"),
            "seconds": ended.seconds,
            "cases_sha256": _cases_digest(record, plan),
            "gate": plan.settings.gate,
            "exit_code": 0,
            "stopped": ended.stopped,
        }
        | ({"shard": plan.settings.shard} if plan.settings.shard else {})
        | ({"under_way": record.notes[SENDING]} if SENDING in record.notes else {})
        | ({"torn": record.notes[TORN][0]["lines"]} if TORN in record.notes else {}),
        complete=whole and plan.all_sent(record),
        deviations=_deviations(run, plan, verdicts, whole=not ended.stopped),
        known={
            key: {"reason": each.reason, "until": each.until and each.until.isoformat()}
            for key, each in covering.items()
        },
        fuzz=fuzzed(record, run, verdicts) if plan.settings.fuzz else None,
    )


def _deviations(
    run: Mapping[str, Any], plan: Planned, verdicts: Mapping[str, Verdict], *, whole: bool
) -> list[dict[str, Any]] | None:
    """What became of each entry of the list of known deviations; None where there is no list."""
    settings = plan.settings
    if not settings.known:
        return None
    searched = settings.fuzz or plan.share is not None or not whole
    return [
        known.told(each)
        | {"file": settings.known}
        | {"state": known.state(each, verdicts, _day(run["day"]), searched=searched)}
        for each in map(known.of, run["known"])
    ]


def _cases_digest(record: Record, plan: Planned) -> str:
    parts = [digest(plan.contract, plan.selected(), plan.plan.control)]
    told = {note["phase"]: note["sha256"] for note in record.notes.get("planned", [])}
    parts += [told[phase] for phase in sorted(told)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
