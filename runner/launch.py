"""Running pytest for the command line, untouched by whatever lies in the user's directory."""

from __future__ import annotations

import contextlib
import gc
import io
import os
import sys
import tempfile
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conformance.secrets import Redactor
from runner.settings import Settings, UsageError, api_key, fields, selected

if TYPE_CHECKING:
    from spec.contract import Contract

_UNUSED = (  # plugins of pytest's own: they write where our words belong, or take their time
    "terminal", "logging", "faulthandler", "unraisableexception", "legacypath", "subtests",
    "doctest", "junitxml", "pastebin", "recwarn", "monkeypatch", "setuponly", "setupplan",
    "stepwise", "threadexception", "unittest",
)  # fmt: skip
SUITE_FAILED = 4
INTERRUPTED = 130


def launch(settings: Settings, *, dry: bool = False) -> int:
    """Judge the target of `settings`; returns the exit code of the design.

    If `dry`, tell what would be sent instead, and send nothing to the target.
    """
    gc.disable()  # until all is imported, and the plan made: nothing of that is garbage
    try:
        return _launched(settings, dry=dry)
    finally:
        gc.enable()


def _launched(settings: Settings, *, dry: bool) -> int:
    contract = _check(settings, dry=dry)
    key = os.environ.get(settings.api_key_env, "")  # now: the embedded mock has one of its own
    # A worker's interpreter must not import from the directory the user happens to be in.
    os.environ["PYTHONSAFEPATH"] = "1"
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    for name in ("PYTEST_ADDOPTS", "PYTEST_PLUGINS"):
        os.environ.pop(name, None)
    if dry:
        from runner.dryrun import dry_run

        return dry_run(settings)
    import pytest
    from rich.console import Console

    from reports.terminal import summary
    from runner import target
    from runner.progress import Reporter

    console = Console(highlight=False, soft_wrap=not sys.stdout.isatty())
    reporter = Reporter(console)
    code, complaints = send_all(settings, reporter)
    content = reporter.content
    if content is None and code in (pytest.ExitCode.INTERRUPTED, INTERRUPTED):
        return INTERRUPTED
    if content is None and complaints.startswith("ERROR: "):  # a UsageError of the plugin's
        raise UsageError(complaints.strip().removeprefix("ERROR: "))
    if content is None or reporter.errors:
        redactor = Redactor(key, contract.credential.scheme, target.route(settings).login)
        for error in reporter.errors[:3] or [f"no result; {complaints.strip()}"]:
            told = redactor.redact_text(f"adapty-conformance: the suite itself failed: {error}")
            print(told, file=sys.stderr)
        return SUITE_FAILED
    exit_code = int(content["run"]["exit_code"])
    if content["run"]["stopped"] and exit_code == 3 and not _judged(content):
        stopped = content["run"]["stopped"]
        print(f"adapty-conformance: {stopped}; nothing was tested (exit 3)", file=sys.stderr)
        return exit_code
    summary(content, console, report=_shown(reporter.page))
    return exit_code


def send_all(settings: Settings, reporter: Any) -> tuple[int, str]:
    """Run pytest; its exit code, and what it said on stderr, where only our words belong.

    Hypothesis keeps its tables of characters, which take it seconds to make, where caches belong;
    it stores no example.
    """
    import pytest

    import conformance

    folder = Path(conformance.__file__).parent
    arguments = [
        str(folder), f"--rootdir={folder}", "-c", str(folder / "pytest.ini"), "--noconftest",
        *(each for name in _UNUSED for each in ("-p", f"no:{name}")),
        *(("-p", "xdist.plugin") if settings.workers else ()), "-p", "runner.plugin",
        *_arguments(settings),
    ]  # fmt: skip
    said = io.StringIO()
    with tempfile.TemporaryDirectory() as gone, contextlib.redirect_stderr(said):
        os.environ["HYPOTHESIS_STORAGE_DIRECTORY"] = str(_cache() or gone)
        try:
            code = int(pytest.main(arguments, plugins=[reporter]))
        except KeyboardInterrupt:
            code = INTERRUPTED
        except Exception:
            traceback.print_exc()
            code = SUITE_FAILED
    return code, said.getvalue()


def _cache() -> Path | None:
    """The user's cache folder of this program, None where there can be none."""
    try:
        home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
        folder = Path(home) / "adapty-conformance"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except (OSError, RuntimeError):
        return None
    return folder if os.access(folder, os.W_OK) else None


def _judged(content: dict[str, object]) -> bool:
    told = content["summary"]
    return isinstance(told, dict) and told["requests"] > 1


def _check(settings: Settings, *, dry: bool = False) -> Contract:
    """The contract; everything that can be wrong before the first request is a UsageError.

    If `dry`, nothing is asked of the environment, and nothing written.
    """
    from runner import known, target
    from runner.folder import prepare
    from spec.document import SpecError
    from spec.loader import load

    try:
        contract = load(Path(settings.spec) if settings.spec else None)
    except SpecError as error:
        raise UsageError(str(error)) from error
    selected(contract.requirements, settings)
    if settings.known:
        known.read(Path(settings.known), list(contract.requirements))
    target.check(settings, contract, settings.target)
    if dry:
        return contract
    if settings.target is not None:
        api_key(settings)
    target.route(settings)
    if settings.dask:
        from runner import cluster

        cluster.check(settings.dask, settings)
    prepare(Path(settings.report_dir))
    return contract


def _arguments(settings: Settings) -> list[str]:
    """The settings as options of the plugin; the key is not among them."""
    found = ["--target", settings.target or "mock"]
    if settings.workers:
        found += ["-n", str(settings.workers), "--dist", "each" if settings.fuzz else "loadfile"]
    if settings.fuzz:
        found += ["--target-fuzz", "--capture=no"]  # what it shows, it shows within a test
    for each in fields():
        value = getattr(settings, each.name)
        if value == each.default:
            continue
        name = "--target-" + each.name.replace("_", "-")
        if value is True:
            found.append(name)
            continue
        for one in value if isinstance(value, tuple) else (value,):
            found.append(f"{name}={one}")
    return found


def _shown(page: str | None) -> str | None:
    """A path as the user would write it."""
    if page is None:
        return None
    try:
        return str(Path(page).relative_to(Path.cwd()))
    except ValueError:
        return page
