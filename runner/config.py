"""The configuration file, and the settings that it, the environment and the options make."""

from __future__ import annotations

import dataclasses
import difflib
import os
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from runner.settings import Settings, UsageError, fields, quoted

OWN = "adapty-conformance.toml"
SHARED = "pyproject.toml"
TABLE = "adapty-conformance"  # in pyproject.toml, under `tool`
VARIABLE = "ADAPTY_CONFORMANCE_"  # how the names of variables begin
DEFAULT = "default"
_TARGET, _TARGETS, _URL = "target", "targets", "url"
_KINDS = {bool: "true or false", int: "a whole number", float: "a number", str: "text"}


@dataclass(frozen=True)
class Config:
    """What a configuration file says: settings of every target, and of each that it names.

    `target` is the URL or the name of the target that is meant where none is given; `targets` has
    the URL and the settings of each name.
    """

    path: Path | None = None
    target: str | None = None
    values: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    targets: Mapping[str, tuple[str, Mapping[str, Any]]] = dataclasses.field(default_factory=dict)


@dataclass(frozen=True)
class Effective:
    """Settings, and for the name of each the place where its value comes from, in words."""

    settings: Settings
    sources: Mapping[str, str]


def variable(name: str) -> str:
    """The environment variable of a setting."""
    return VARIABLE + name.upper()


def find(folder: Path) -> Path | None:
    """The configuration file of `folder` or of the nearest folder above it that has one."""
    for each in (folder, *folder.parents):
        if (each / OWN).is_file():
            return each / OWN
        if (each / SHARED).is_file() and _table(each / SHARED) is not None:
            return each / SHARED
    return None


def read(path: Path | None) -> Config:
    """The configuration in a file; an empty one without. Raises UsageError for what it cannot hold,
    with the file, the setting and what it takes."""
    if path is None:
        return Config()
    table = _table(path)
    if table is None:
        raise UsageError(f"{path} has no table [tool.{TABLE}]")
    rest = dict(table)
    target, targets = rest.pop(_TARGET, None), rest.pop(_TARGETS, {})
    if target is not None and not isinstance(target, str):
        raise UsageError(f"{path}: target takes a URL, or the name of one of its targets")
    if not isinstance(targets, dict) or not all(isinstance(e, dict) for e in targets.values()):
        raise UsageError(f"{path}: targets takes tables, such as [{_name(path)}targets.sandbox]")
    made = {}
    for name, told in targets.items():
        own = dict(told)
        url = own.pop(_URL, None)
        if not isinstance(url, str):
            raise UsageError(f"{path}: the target {name} has no url; it needs one")
        made[name] = url, _values(path, own, f"targets.{name}.")
    return Config(path, target, _values(path, rest), made)


def effective(
    url: str | None, given: Mapping[str, tuple[Any, str]], config: Config, *, fuzz: bool = False
) -> Effective:
    """The settings that a file, then what was `given` (the value and its place) make; the file's
    table of the target comes before what it says of every target.

    `url` may be the name of a target in the file. Raises UsageError for a name that is not there.
    """
    place = "" if config.path is None else _shown(config.path)
    values: dict[str, Any] = {}
    sources = {each.name: DEFAULT for each in fields(fuzz=fuzz)} | {_TARGET: DEFAULT}
    chosen, why = (url, "the command line") if url is not None else given.get(_TARGET, (None, ""))
    if chosen is None and config.target is not None:
        chosen, why = config.target, place
    if chosen is not None:
        sources[_TARGET] = why
    tables = [(config.values, place)]
    if chosen in config.targets:
        why = sources[_TARGET] = f"{place}, targets.{chosen}"
        chosen, own = config.targets[chosen]
        tables.append((own, why))
    elif chosen and "://" not in chosen and "@" not in chosen and config.targets:
        raise UsageError(
            f"{quoted(chosen)} is neither a URL nor a target of {place}, which has "
            + ", ".join(config.targets)
        )
    for table, where in tables:
        values |= {name: value for name, value in table.items() if name in sources}
        sources |= {name: where for name in table if name in sources}
    for name, (value, where) in given.items():
        if name != _TARGET:
            values[name], sources[name] = value, where
    return Effective(Settings(target=chosen, fuzz=fuzz, **values), sources)


def _table(path: Path) -> dict[str, Any] | None:
    try:
        data = tomllib.loads(path.read_text("utf-8-sig"))
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from error
    except ValueError as error:
        raise UsageError(f"{path} is not readable TOML: {error}") from error
    except RecursionError as error:
        raise UsageError(f"{path} is nested too deeply") from error
    if path.name != SHARED:
        return data
    tool = data.get("tool")
    table = tool.get(TABLE) if isinstance(tool, dict) else None
    return table if isinstance(table, dict) else None


def _name(path: Path) -> str:
    return f"tool.{TABLE}." if path.name == SHARED else ""


def _shown(path: Path) -> str:
    """A path as short as it can be told."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def _values(path: Path, told: Mapping[str, Any], before: str = "") -> dict[str, Any]:
    known = {each.name.replace("_", "-"): each for each in fields()}
    found = {}
    for written, value in told.items():
        key = written.replace("_", "-")
        if key not in known:
            raise UsageError(f"{path}: there is no setting {before}{written}{_hint(key, known)}")
        one = known[key]
        fit = _fit(one, value)
        if fit is None:
            shown = "what it cannot be" if one.metadata.get("unshown") else quoted(value)
            raise UsageError(f"{path}: {before}{written} is {shown}; it takes {_takes(one)}")
        if fit and one.metadata.get("path") and not Path(fit).is_absolute():
            fit = os.path.relpath(path.parent / fit)  # where the file lies, not where one stands
        found[one.name] = fit
    return found


def _hint(key: str, known: Mapping[str, Any]) -> str:
    if "key" in key.split("-"):
        return "; the key stands in a variable, which api-key-env names"
    close = difflib.get_close_matches(key, known, n=1)
    return f"; did you mean {close[0]}?" if close else ""


def _kind(one: dataclasses.Field[Any]) -> type:
    return str if one.default is None else type(one.default)


def _takes(one: dataclasses.Field[Any]) -> str:
    return "text, or a list of texts" if _kind(one) is tuple else _KINDS[_kind(one)]


def _fit(one: dataclasses.Field[Any], value: Any) -> Any:
    """A value of TOML as the setting has it, None where it is of another kind."""
    kind = _kind(one)
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if isinstance(value, int) and abs(value) >= 2**63:  # where the whole numbers of TOML end
        return None
    if kind is tuple:
        texts = [value] if isinstance(value, str) else value
        right = isinstance(texts, list) and all(isinstance(each, str) for each in texts)
        return tuple(texts) if right else None
    if kind is bool:
        return value if isinstance(value, bool) else None
    if kind is float:
        return float(value) if number else None
    if kind is int:
        if one.name == "workers" and value == "auto":
            return os.cpu_count() or 1
        return value if number and isinstance(value, int) else None
    if number and one.default == "":  # such as rate = 10
        return str(value) if isinstance(value, int) else f"{Decimal(str(value)):f}"
    return value if isinstance(value, str) else None


def lines(made: Effective) -> Iterator[tuple[str, str, str]]:
    """Each setting, its value and where that comes from, as a table shows them."""
    for name, source in made.sources.items():
        value = getattr(made.settings, name)
        if isinstance(value, tuple):
            value = ", ".join(value)
        if isinstance(value, bool):
            value = "yes" if value else "no"
        if name == _TARGET and value is None:
            value = "the embedded mock"
        yield name.replace("_", "-"), "" if value is None else str(value), source
