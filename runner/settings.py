"""Settings of a run: one dataclass, from which the options of both command lines are made."""

from __future__ import annotations

import dataclasses
import difflib
import math
import os
import re
import reprlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from conformance.secrets import Key

PHASES = ("deterministic", "schemathesis", "hypothesis")
LEVELS = ("must", "should")
SKIPPED = "deselected by --skip"
PREFIX = "conformance-"
_SECONDS = {"s": 1, "m": 60, "h": 3600}
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


class UsageError(Exception):
    """Wrong usage or configuration: one sentence that names the setting and the fix."""


def _option(words: str, default: Any = None, **more: Any) -> Any:
    return field(default=default, metadata={"help": words, **more})


@dataclass(frozen=True)
class Settings:
    """How to run. `target` None means the embedded mock on a free loopback port."""

    target: str | None = None
    only: tuple[str, ...] = _option(
        "Only promises that match GLOB (repeatable).", (), metavar="GLOB"
    )
    skip: tuple[str, ...] = _option("No promises that match GLOB (repeatable).", (), metavar="GLOB")
    gate: str = _option("The least level that fails the run: must or should.", "should")
    known: str | None = _option("Known deviations, a YAML or TOML file.", metavar="FILE", path=True)
    strict_known: bool = _option("Fail the run for an entry of --known that is stale.", False)
    spec: str | None = _option(
        "Another edition of the vendor's document.", metavar="FILE", path=True
    )
    seed: int = _option("Of what is generated; the same seed sends the same cases.", 0)
    phases: str = _option("Which phases to run, separated by commas.", ",".join(PHASES))
    workers: int = _option("Processes that share the cases.", 0)
    shard: str = _option(
        "Send share I of N of the cases; `merge` joins the reports of all.", "", metavar="I/N"
    )
    rate: str = _option("At most so many requests a second, such as 10/s.", "", metavar="N/s")
    time: str = _option("Send nothing more after so long, such as 90s or 5m.", "", metavar="SPAN")
    requests: int = _option("Send at most so many requests (0: no limit).", 0)
    fail_fast: bool = _option(
        "Send nothing more once a promise that the gate takes is broken.", False
    )
    timeout: float = _option("Seconds to wait for an answer.", 5.0)
    concurrency: int = _option("Requests under way at the same moment.", 12)
    report_dir: str = _option(
        "Where the reports go.", "conformance-report", metavar="DIR", path=True
    )
    customer_prefix: str = _option(
        "What every customer id starts with; by default a few do not: they are digits, or a UUID.",
        PREFIX,
    )
    seeded_customer: str | None = _option("A customer that has purchases.", metavar="ID")
    expect_app_id: str | None = _option(
        "The app that the key must be of; nothing more is sent once an answer names another.",
        metavar="UUID",
    )
    ca: str | None = _option(
        "Trust the authority of these certificates (PEM), not the usual ones.",
        metavar="FILE", path=True,
    )  # fmt: skip
    client_cert: str | None = _option(
        "A certificate to show (PEM), with its key unless --client-key has that.",
        metavar="FILE", path=True,
    )  # fmt: skip
    client_key: str | None = _option("Its private key (PEM).", metavar="FILE", path=True)
    proxy: str | None = _option(
        "Send everything through this HTTP proxy.", metavar="URL", unshown=True
    )
    proxy_auth_env: str | None = _option(
        "The variable that holds the proxy's user:password.", metavar="NAME", unshown=True
    )
    api_key_env: str = _option(
        "The variable that holds the API key.", "ADAPTY_API_KEY", metavar="NAME", unshown=True
    )
    batch: tuple[str, ...] = _option(
        "Send batch N again and end there (repeatable).", (), metavar="N", fuzz=True
    )
    dask: str | None = _option(
        "Use the workers of the Dask cluster of this scheduler.", metavar="ADDRESS", fuzz=True
    )
    fuzz: bool = False

    @property
    def phase_names(self) -> tuple[str, ...]:
        """The phases to run, in their order."""
        named = [name.strip() for name in self.phases.split(",")]
        return tuple(phase for phase in PHASES if phase in named)

    @property
    def part(self) -> tuple[int, int] | None:
        """Which share of how many of the cases is this run's, None for all of them."""
        return _shard(self.shard)

    @property
    def app(self) -> str | None:
        """The app that may be written to, as answers are compared with it; None for any."""
        return self.expect_app_id and self.expect_app_id.lower()

    @property
    def per_second(self) -> float:
        """The rate in requests a second; 0 for no limit."""
        return _rate(self.rate)

    @property
    def seconds(self) -> float | None:
        """The time limit in seconds, None for no limit."""
        return _span(self.time)


def checked(settings: Settings) -> Settings:
    """`settings`, if they make sense, with a file that is named "" as none.

    Raises UsageError with the first that makes no sense.
    """
    paths = [each.name for each in fields() if each.metadata.get("path") and each.default is None]
    named: dict[str, Any] = {name: getattr(settings, name) or None for name in paths}
    settings = replace(settings, **named)
    for name in ("known", "spec"):
        if (path := getattr(settings, name)) and Path(path).is_fifo():
            raise UsageError(f"--{name} {path} is a pipe, which can be read but once; name a file")
    if not settings.report_dir:
        raise UsageError("--report-dir is empty; name a folder")
    if settings.target is not None:
        from runner.urls import check_target  # it imports what takes time

        check_target(settings.target)
    if settings.gate not in LEVELS:
        raise UsageError(f"--gate is {settings.gate!r}; it takes must or should")
    wrong = [n for n in settings.phases.split(",") if n.strip() not in PHASES]
    if wrong:
        raise UsageError(f"--phases names {wrong[0]!r}; it takes {', '.join(PHASES)}")
    for name, least in (("workers", 0), ("requests", 0), ("concurrency", 1), ("timeout", 0.001)):
        if not getattr(settings, name) >= least:
            raise UsageError(f"--{name} is {getattr(settings, name)}; it takes {least} or more")
    if not math.isfinite(settings.timeout):
        raise UsageError("--timeout is inf; it takes a number of seconds")
    if not re.fullmatch(r"[A-Za-z0-9._-]{1,60}", settings.customer_prefix):
        raise UsageError(
            "--customer-prefix takes 1 to 60 letters, digits, dots, dashes, underscores"
        )
    _check_names(settings)
    if settings.seeded_customer is not None and not _is_header_text(settings.seeded_customer):
        raise UsageError("--seeded-customer takes printable ASCII, as a header can carry it")
    if settings.expect_app_id is not None and not _UUID.fullmatch(settings.expect_app_id):
        raise UsageError(
            f"--expect-app-id is {settings.expect_app_id!r}; it takes the UUID of an app"
        )
    if settings.client_key and not settings.client_cert:
        raise UsageError("--client-key has no certificate; name it with --client-cert")
    _check_proxy(settings)
    if settings.dask and settings.workers:
        raise UsageError("--dask has workers of its own; take away --workers")
    if settings.dask and settings.target is None:
        raise UsageError("--dask needs a target: the embedded mock serves this machine alone")
    for each in settings.batch:
        if not re.fullmatch(r"[0-9]{1,9}", each):
            raise UsageError(f"--batch is {each!r}; it takes the number of a batch, from 0")
    _shard(settings.shard)
    _rate(settings.rate)
    _span(settings.time)
    return settings


def _check_proxy(settings: Settings) -> None:
    from runner.urls import check_proxy

    if settings.proxy is not None:
        check_proxy(settings.proxy)
    elif settings.proxy_auth_env:
        raise UsageError("--proxy-auth-env has no proxy; name it with --proxy")


def _check_names(settings: Settings) -> None:
    """Each variable by its name, which is not shown: a slip puts the secret itself there."""
    for option, name in (
        ("--api-key-env", settings.api_key_env),
        ("--proxy-auth-env", settings.proxy_auth_env or "NONE"),
    ):
        is_usual = re.fullmatch(r"[A-Z_][A-Z0-9_]*", name)
        if not (is_usual or (re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name) and name in os.environ)):
            raise UsageError(
                f"{option} takes the name of a variable, and there is none of that name"
            )


def _is_header_text(text: str) -> bool:
    return bool(text.strip()) and all(" " <= char <= "~" for char in text)


def _shard(text: str) -> tuple[int, int] | None:
    if not text:
        return None
    match = re.fullmatch(r"([1-9][0-9]{0,2})/([1-9][0-9]{0,2})", text)
    if not match or int(match[1]) > int(match[2]):
        raise UsageError(
            f"--shard is {text!r}; it takes I/N such as 2/3, with I from 1 to N and N up to 999"
        )
    return int(match[1]), int(match[2])


def _rate(text: str) -> float:
    if not text:
        return 0.0
    match = re.fullmatch(r"(\d+(?:\.\d+)?)(?:/(s|m|h))?", text)
    found = float(match[1]) / _SECONDS[match[2] or "s"] if match else 0.0
    if not 0 < found < math.inf:
        raise UsageError(f"--rate is {quoted(text)}; it takes a number a second, such as 10/s")
    return found


def _span(text: str) -> float | None:
    if not text:
        return None
    match = re.fullmatch(r"(\d+(?:\.\d+)?)(s|m|h)?", text)
    found = float(match[1]) * _SECONDS[match[2] or "s"] if match else 0.0
    if not 0 < found < math.inf:
        raise UsageError(f"--time is {quoted(text)}; it takes a span such as 90s or 5m")
    return found


def api_key(settings: Settings, environment: Mapping[str, str] = os.environ) -> Key:
    """The target's key. Raises UsageError when its variable is unset, or no header can carry it."""
    name = settings.api_key_env
    key = environment.get(name, "")
    if not key:
        hint = "" if name != "ADAPTY_API_KEY" else ", or name another variable with --api-key-env"
        raise UsageError(f"no API key: set {name}{hint}")
    if key != key.strip() or not _is_header_text(key) or " " in key:
        raise UsageError(f"the API key in {name} must be printable ASCII without blanks")
    return Key(key)


def selected(ids: Iterable[str], settings: Settings) -> dict[str, str]:
    """The ids that --only and --skip leave out, each with the reason.

    Raises UsageError for a glob that matches nothing, with the nearest ids.
    """
    known = list(ids)
    for option, globs in (("--only", settings.only), ("--skip", settings.skip)):
        for glob in globs:
            if not any(fnmatchcase(key, glob) for key in known):
                raise UsageError(f"{option} {glob} matches no promise{nearest(glob, known)}")
    left_out: dict[str, str] = {}
    for key in known:
        if settings.only and not any(fnmatchcase(key, glob) for glob in settings.only):
            left_out[key] = "deselected: --only does not name it"
        if any(fnmatchcase(key, glob) for glob in settings.skip):
            left_out[key] = SKIPPED
    return left_out


def nearest(wanted: str, known: Iterable[str]) -> str:
    """A hint at the ids that come nearest to one that does not exist, or nothing."""
    found = difflib.get_close_matches(wanted, list(known), n=3, cutoff=0.5)
    return f"; nearest: {', '.join(found)}" if found else ""


def quoted(value: Any) -> str:
    """A wrong value as a sentence shows it, cut where it is long."""
    short = reprlib.Repr()
    short.maxstring = short.maxother = short.maxlong = 100
    try:
        return short.repr(value)
    except ValueError:  # Python writes out no number of thousands of digits
        return "a number of thousands of digits"


def fields(*, fuzz: bool = True) -> tuple[dataclasses.Field[Any], ...]:
    """The settings that are options, in order; without `fuzz`, those that a run has."""
    options = (each for each in dataclasses.fields(Settings) if "help" in each.metadata)
    return tuple(each for each in options if fuzz or not each.metadata.get("fuzz"))
