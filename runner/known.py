"""Known deviations: requirements that a target is known to break, each with a reason and an end."""

from __future__ import annotations

import datetime
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, cast

import yaml

from conformance.verdicts import Verdict
from runner.settings import LEVELS, UsageError, nearest
from spec.requirements import Level


@dataclass(frozen=True)
class Deviation:
    """One entry: an id or glob, why it is known, the last day it holds, another level if any."""

    requirement: str
    reason: str
    until: datetime.date | None = None
    level: Level | None = None


def read(path: Path, ids: list[str]) -> list[Deviation]:
    """The deviations of a YAML or TOML file: a list, or a table `known` of them.

    Raises UsageError for a file that cannot be read, or an entry that names nothing.
    """
    try:
        text = path.read_text("utf-8")
        data = tomllib.loads(text) if path.suffix == ".toml" else yaml.safe_load(text)
    except OSError as error:
        raise UsageError(f"cannot read --known {path}: {error.strerror}") from error
    except (ValueError, yaml.YAMLError) as error:
        raise UsageError(f"--known {path} is not readable YAML or TOML") from error
    entries = data.get("known") if isinstance(data, dict) else data
    if not isinstance(entries, list):
        raise UsageError(f"--known {path} holds no list of deviations")
    return [_entry(path, entry, ids) for entry in entries]


def _entry(path: Path, entry: Any, ids: list[str]) -> Deviation:
    if not isinstance(entry, dict) or not isinstance(entry.get("requirement"), str):
        raise UsageError(f"an entry of --known {path} has no requirement; it needs an id or a glob")
    name = entry["requirement"]
    if not any(fnmatchcase(key, name) for key in ids):
        raise UsageError(f"--known {path}: {name} matches no promise{nearest(name, ids)}")
    reason, level = entry.get("reason"), entry.get("level")
    if not isinstance(reason, str) or not reason.strip():
        raise UsageError(f"--known {path}: {name} has no reason; say why it is known")
    if level is not None and level not in LEVELS:
        raise UsageError(
            f"--known {path}: the level of {name} is {level!r}; it takes must or should"
        )
    until = entry.get("until")
    if isinstance(until, str):
        try:
            until = datetime.date.fromisoformat(until)
        except ValueError as error:
            raise UsageError(f"--known {path}: until of {name} is no date: {until}") from error
    if isinstance(until, datetime.datetime):
        until = until.date()
    if until is not None and not isinstance(until, datetime.date):
        raise UsageError(f"--known {path}: until of {name} is no date: {until}")
    return Deviation(name, reason, until, cast("Level | None", level))


def excuse(
    verdicts: Mapping[str, Verdict], deviations: list[Deviation], today: datetime.date
) -> tuple[dict[str, Verdict], dict[str, Deviation]]:
    """The verdicts with listed failures as `known`, and the deviation that covers each of those.

    An expired entry excuses nothing; a level override holds whatever the verdict.
    """
    changed, covering = dict(verdicts), {}
    for key, verdict in verdicts.items():
        for each in deviations:
            if not fnmatchcase(key, each.requirement):
                continue
            if each.level is not None:
                verdict = replace(
                    verdict, requirement=replace(verdict.requirement, level=each.level)
                )
            if verdict.name == "fail" and (each.until is None or today <= each.until):
                verdict = replace(verdict, name="known")
                covering[key] = each
            changed[key] = verdict
    return changed, covering
