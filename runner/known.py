"""Known deviations: requirements that a target is known to break, each with a reason and an end."""

from __future__ import annotations

import datetime
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Literal, cast

import yaml

from conformance.verdicts import Verdict
from reports.text import short
from runner.settings import LEVELS, UsageError, nearest, quoted
from spec.document import composed
from spec.requirements import Level

State = Literal["holds", "stale", "expired", "unseen"]
"""What an entry does: it excuses a failure; nothing fails any more that it names; its day is past;
or there was nothing to excuse, which proves nothing."""


@dataclass(frozen=True)
class Deviation:
    """One entry: an id or glob, why it is known, the last day it holds, another level if any.

    What is `flaky` comes and goes, so that a run without it proves nothing. `line` is where it
    stands in its file, from 1.
    """

    requirement: str
    reason: str
    until: datetime.date | None = None
    level: Level | None = None
    flaky: bool = False
    line: int | None = None

    def expired(self, today: datetime.date) -> bool:
        """Whether its last day is past."""
        return self.until is not None and today > self.until


_KEYS = [each.name for each in fields(Deviation) if each.name != "line"]
_TABLE = re.compile(r"\s*\[\[\s*[\"']?known[\"']?\s*\]\]")


def read(path: Path, ids: list[str]) -> list[Deviation]:
    """The deviations of a YAML or TOML file: a list, or a table `known` of them.

    Raises UsageError for a file that cannot be read, or an entry that names nothing.
    """
    try:
        text = path.read_text("utf-8-sig")
        data, lines = _toml(text) if path.suffix == ".toml" else _yaml(text)
    except OSError as error:
        raise UsageError(f"cannot read --known {path}: {error.strerror}") from error
    except (ValueError, yaml.YAMLError) as error:
        raise UsageError(
            f"--known {path} is not readable YAML or TOML: {short(_reason(error), 200)}"
        ) from error
    except RecursionError as error:
        raise UsageError(f"--known {path} is nested too deeply") from error
    if isinstance(data, dict) and ("known" in data or not data):
        data = data.get("known")
    entries = [] if data is None else data
    if not isinstance(entries, list):
        raise UsageError(f"--known {path} holds no list of deviations")
    if len(lines) != len(entries):  # such as TOML's tables in one line
        lines = [None] * len(entries)
    return [
        replace(_entry(path, entry, ids), line=line)
        for entry, line in zip(entries, lines, strict=True)
    ]


class _Loader(yaml.SafeLoader):
    """YAML in which a day that no calendar has is text, to be told with its entry."""


def _day_or_text(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> object:
    try:
        return loader.construct_yaml_timestamp(node)
    except ValueError:
        return node.value


_Loader.add_constructor("tag:yaml.org,2002:timestamp", _day_or_text)


def _yaml(text: str) -> tuple[Any, list[int | None]]:
    """What a file holds, and the line of each entry."""
    node, data = composed(text, _Loader)
    if isinstance(node, yaml.MappingNode):
        node = next((value for key, value in node.value if key.value == "known"), None)
    if not isinstance(node, yaml.SequenceNode):
        return data, []
    return data, [each.start_mark.line + 1 for each in node.value]


def _toml(text: str) -> tuple[Any, list[int | None]]:
    """What a file holds, and the line of each entry."""
    lines = enumerate(text.splitlines(), 1)
    return tomllib.loads(text), [n for n, line in lines if _TABLE.match(line)]


def _reason(error: Exception) -> str:
    """Why a file cannot be read, and where, in one line."""
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        return f"{error.problem or error.context} (at line {error.problem_mark.line + 1})"
    return " ".join(str(error).split())


def _entry(path: Path, entry: Any, ids: list[str]) -> Deviation:
    if not isinstance(entry, dict) or not isinstance(entry.get("requirement"), str):
        raise UsageError(f"an entry of --known {path} has no requirement; it needs an id or a glob")
    name = entry["requirement"]
    if not any(fnmatchcase(key, name) for key in ids):
        name = short(name, 200)
        raise UsageError(f"--known {path}: {name} matches no promise{nearest(name, ids)}")
    for key in entry:
        if key not in _KEYS:
            raise UsageError(
                f"--known {path}: {name} has {quoted(key)}; an entry takes {', '.join(_KEYS)}"
            )
    reason, level, flaky = entry.get("reason"), entry.get("level"), entry.get("flaky", False)
    if reason is None or (isinstance(reason, str) and not reason.strip()):
        raise UsageError(f"--known {path}: {name} has no reason; say why it is known")
    if not isinstance(reason, str):
        raise UsageError(
            f"--known {path}: the reason of {name} is {quoted(reason)}; it takes text, in quotes"
        )
    if level is not None and level not in LEVELS:
        raise UsageError(
            f"--known {path}: the level of {name} is {quoted(level)}; it takes must or should"
        )
    if not isinstance(flaky, bool):
        raise UsageError(
            f"--known {path}: flaky of {name} is {quoted(flaky)}; it takes true or false"
        )
    until = entry.get("until")
    if isinstance(written := until, str):
        try:
            until = datetime.date.fromisoformat(written)
        except ValueError as error:
            raise UsageError(
                f"--known {path}: until of {name} is no date: {short(written, 100)}"
            ) from error
    if isinstance(until, datetime.datetime):
        until = until.date()
    if until is not None and not isinstance(until, datetime.date):
        raise UsageError(f"--known {path}: until of {name} is no date: {quoted(until)}")
    return Deviation(name, reason, until, cast("Level | None", level), flaky)


def excuse(
    verdicts: Mapping[str, Verdict], deviations: Sequence[Deviation], today: datetime.date
) -> tuple[dict[str, Verdict], dict[str, Deviation]]:
    """The verdicts with listed failures as `known`, and the deviation that covers each of those.

    An expired entry does nothing; a level override holds whatever the verdict.
    """
    changed, covering = dict(verdicts), {}
    valid = [each for each in deviations if not each.expired(today)]
    for key, verdict in verdicts.items():
        for each in valid:
            if not fnmatchcase(key, each.requirement):
                continue
            if each.level is not None:
                verdict = replace(
                    verdict, requirement=replace(verdict.requirement, level=each.level)
                )
            if verdict.name == "fail":
                verdict = replace(verdict, name="known")
                covering[key] = each
            changed[key] = verdict
    return changed, covering


def state(
    deviation: Deviation, verdicts: Mapping[str, Verdict], today: datetime.date, *, searched: bool
) -> State:
    """What an entry did for the verdicts of a run, its own failures already `known`.

    It is stale where all that it names was judged and kept. What is flaky never is, nor anything by
    a run that only `searched`, or sent a part: neither shows that all is kept.
    """
    names = {v.name for key, v in verdicts.items() if fnmatchcase(key, deviation.requirement)}
    if deviation.expired(today):
        return "expired"
    if "known" in names:
        return "holds"
    kept = names == {"pass"} and not deviation.flaky and not searched
    return "stale" if kept else "unseen"


def told(deviation: Deviation) -> dict[str, Any]:
    """An entry as JSON."""
    day = deviation.until and deviation.until.isoformat()
    return asdict(deviation) | {"until": day}


def of(told: Mapping[str, Any]) -> Deviation:
    """The entry that `told` told, by this version or another."""
    names = {each.name for each in fields(Deviation)}
    given: dict[str, Any] = {key: value for key, value in told.items() if key in names}
    day = given["until"] and datetime.date.fromisoformat(given["until"])
    return Deviation(**given | {"until": day})
