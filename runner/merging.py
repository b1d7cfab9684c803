"""`merge`: the reports of all shards of a run made one, as a run of all its cases would make it."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rich.console import Console

from conformance.exchanges import Exchange
from conformance.journal import ENDED, SENDING, TORN, Journal, Record, unkept
from conformance.target import operation_url
from reports.terminal import summary
from reports.text import one_line
from reports.writing import JOURNAL
from runner.concluding import conclude, end, told
from runner.folder import prepare, recorded
from runner.settings import Settings, UsageError, fields
from spec.contract import Contract
from spec.document import SpecError
from spec.loader import load

# What says where and how fast to send, or is compared by what it came to, rather than as it is.
FREE = {
    "shard", "report_dir", "api_key_env", "workers", "rate", "concurrency", "spec", "known", "seed",
}  # fmt: skip
EMBEDDED = "the embedded mock"


@dataclass(frozen=True)
class Shard:
    """What one shard recorded: its number of how many, how it began and how it ended."""

    directory: Path
    number: int
    of: int
    run: Mapping[str, Any]
    record: Record

    @property
    def name(self) -> str:
        """As it stands in a sentence: `DIR is shard 1/3`."""
        return f"{self.directory} is shard {self.number}/{self.of}"

    @property
    def prefix(self) -> str:
        """What the ids of its exchanges begin with once they are beside others."""
        return f"s{self.number}-"

    @property
    def ended(self) -> Mapping[str, Any] | None:
        """How it ended, None where it was killed."""
        return next(iter(self.record.notes.get("end", ())), None)


def merge(folders: Sequence[Path], report_dir: Path, spec: str | None) -> int:
    """Write into `report_dir` the reports of the run whose shards are in `folders`, tell the
    answer; the exit code of the whole run.

    It began when the first shard did, and took the sum of what all took: between the first start
    and the last end may lie hours of waiting for a machine. Raises UsageError when a shard is
    missing, is there twice, is one of another run or did not come to its end.
    """
    if not folders:
        raise UsageError(
            "merge takes the report folder of each shard: adapty-conformance merge A B"
        )
    try:
        return _merge([_read(each) for each in folders], report_dir, spec)
    except OSError as error:
        place = error.filename or report_dir
        raise UsageError(f"cannot merge into {report_dir}: {place}: {error.strerror}") from error


def _merge(shards: list[Shard], report_dir: Path, spec: str | None) -> int:
    _check_one_document(shards)
    contract = _contract(shards[0], spec)
    _check_one_run(shards, contract)
    _check_all_there(shards)
    for each in shards:
        _check_ended(each)
        if each.directory.resolve().is_relative_to(report_dir.resolve()):
            raise UsageError(
                f"--report-dir {report_dir} holds {each.directory}; name another folder"
            )
    directory = prepare(report_dir)
    _write(directory, sorted(shards, key=lambda each: each.number))
    content = conclude(directory, contract)
    console = Console(highlight=False, soft_wrap=not sys.stdout.isatty())
    summary(content, console, report=report_dir / "index.html")
    return int(content["run"]["exit_code"])


def _read(directory: Path) -> Shard:
    if not (directory / JOURNAL).is_file():
        raise UsageError(f"{directory} holds no {JOURNAL}; name the report folder of a shard")
    record = recorded(directory)
    run = told(record, directory)
    try:
        part = Settings(shard=run["settings"].get("shard", "")).part
    except UsageError as error:
        raise UsageError(f"the journal in {directory} is of no shard: {error}") from error
    if part is None:
        raise UsageError(f"{directory} is no shard: that run was made without --shard")
    return Shard(directory, *part, run, record)


def _check_one_document(shards: Sequence[Shard]) -> None:
    for each in shards:
        _compare(
            each, "document", f"{each.run['sha256'][:12]}…", f"{shards[0].run['sha256'][:12]}…"
        )


def _contract(shard: Shard, spec: str | None) -> Contract:
    given = spec or shard.run["settings"]["spec"]
    try:
        contract = load(Path(given) if given else None)
    except SpecError as error:
        raise UsageError(f"{error}; name it with --spec") from error
    if contract.sha256 != shard.run["sha256"]:
        raise UsageError(
            f"{shard.name} of a run that was judged by another edition of the document; "
            f"name it with --spec (SHA-256 {one_line(shard.run['sha256'][:12])}…, "
            f"not {contract.sha256[:12]}…)"
        )
    return contract


def _check_one_run(shards: Sequence[Shard], contract: Contract) -> None:
    first = dict(_facts(shards[0], contract))
    for each in shards:
        for name, fact in _facts(each, contract):
            if name in first:
                _compare(each, name, fact, first[name])


def _facts(shard: Shard, contract: Contract) -> Iterator[tuple[str, Any]]:
    """What is the same in all shards of a run, the most telling first."""
    run, settings = shard.run, shard.run["settings"]
    embedded = settings["target"] is None
    yield "target", EMBEDDED if embedded else operation_url(run["url"], contract)
    yield "number of shards", shard.of
    yield "kind", "a fuzz" if settings.get("fuzz") else "a run"
    yield "seed", settings["seed"]
    if "suite" in run:
        yield "suite", run["suite"]
    known = "; ".join(
        ", ".join(text for text in each.values() if text and isinstance(text, str))
        for each in run["known"]
    )
    yield "list of known deviations", known or "empty"
    for each in fields():
        if each.name not in FREE:
            value = settings.get(each.name, each.default)
            value = ", ".join(value) if isinstance(value, list | tuple) else value
            yield f"--{each.name.replace('_', '-')}", "empty" if value in ("", None) else value
    for note in sorted(shard.record.notes.get("planned", ()), key=lambda each: each["phase"]):
        yield f"list of {note['phase']} cases", f"{note['sha256'][:12]}…"


def _compare(shard: Shard, name: str, fact: Any, expected: Any) -> None:
    if fact != expected:
        told = one_line(f"its {name} is {fact}, not {expected}")
        raise UsageError(f"{shard.name} of another run: {told}")


def _check_all_there(shards: Sequence[Shard]) -> None:
    counts = Counter(each.number for each in shards)
    for each in shards:
        if counts[each.number] > 1:
            twice = [str(e.directory) for e in shards if e.number == each.number]
            raise UsageError(
                f"shard {each.number}/{each.of} is there twice: {twice[0]} and {twice[1]}; "
                "name one of them"
            )
    of = shards[0].of
    missing = [f"{number}/{of}" for number in range(1, of + 1) if number not in counts]
    if len(missing) == 1:
        raise UsageError(f"shard {missing[0]} is missing; name its folder too")
    if missing:
        raise UsageError(f"shards {', '.join(missing)} are missing; name their folders too")


def _check_ended(shard: Shard) -> None:
    ended = shard.ended
    why = None
    if ended is None:
        why = "it was killed before its end"
    elif ended["hopeless"]:
        why = f"nothing was tested, for {one_line(ended['hopeless'])}"
    elif ended["interrupted"]:
        why = "it was interrupted before its end"
    if why is not None:
        raise UsageError(f"{shard.name}, and {why}; run that shard again")


def _write(directory: Path, shards: Sequence[Shard]) -> None:
    """Write the journal of the whole run: what the shards noted, one after another.

    The record of a case that several shards have, such as of a member of the control that the
    target refuses, is that of the first, whose exchanges come first too.
    """
    first = min(shards, key=lambda each: each.run["started"])
    journal = Journal(directory / JOURNAL)
    try:
        settings = {**first.run["settings"], "shard": ""}
        run = "+".join(each.run["id"] for each in shards)
        journal.note("run", **{**first.run, "id": run, "settings": settings})
        for each in shards:
            journal.note(
                "shard", prefix=each.prefix, run=each.run["id"], started=each.run["started"]
            )
            for case in each.record.cases.values():
                journal.case(case)
            for exchange in each.record.exchanges:
                journal.exchange(_renamed(exchange, each.prefix))
            for kind, notes in each.record.notes.items():
                for note in notes if kind not in ("run", "end", SENDING, TORN) else ():
                    journal.note(kind, **note, shard=each.prefix)
            for note in each.record.notes.get(SENDING, ()):
                journal.tell(SENDING, **note | {"id": f"{each.prefix}{note['id']}"})
            for note in unkept([each.directory / JOURNAL]):
                journal.tell(ENDED, **note | {"id": f"{each.prefix}{note['id']}"})
        seconds = sum(each.ended["seconds"] for each in shards if each.ended)
        end(journal, seconds, None, interrupted=False)
    finally:
        journal.close()


def _renamed(exchange: Exchange, prefix: str) -> Exchange:
    """An exchange with an id that is no other shard's, and so are those it speaks of."""

    def name(key: str | None) -> str | None:
        return None if key is None else f"{prefix}{key}"

    return replace(
        exchange, id=f"{prefix}{exchange.id}", control=name(exchange.control),
        follows=name(exchange.follows),
    )  # fmt: skip
