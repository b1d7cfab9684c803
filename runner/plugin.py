"""The pytest plugin: collects the conformance cases for a target, sends them, judges them.

`pytest --target URL conformance/` and `adapty-conformance run URL` both run through here. Without
`--target` it does nothing but keep `conformance/` out of the collection.
"""

from __future__ import annotations

import dataclasses
import gc
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest

from conformance.secrets import Key
from runner import known
from runner.settings import Settings, UsageError, api_key, checked, fields, selected

if TYPE_CHECKING:
    from conformance.probing import Answer
    from runner.session import Session
    from spec.contract import Contract
    from strategies.cases import Case

HERE = Path(__file__).resolve().parent.parent / "conformance"
SESSION: pytest.StashKey[Session] = pytest.StashKey()
RESULTS: pytest.StashKey[dict[str, Any]] = pytest.StashKey()
_SENT: pytest.StashKey[set[str]] = pytest.StashKey()
FUZZ_MODULE = "test_fuzz.py"
TURNS = 3  # of each worker of a fuzz: one that is lost is replaced, and goes on with the next
EMBEDDED = "mock"  # the target that means the embedded mock server


def pytest_addoption(parser: pytest.Parser) -> None:
    """Every setting as an option `--target-…`."""
    group = parser.getgroup("adapty-conformance", "conformance of a target")
    group.addoption(
        "--target", metavar="URL", help=f"Judge this target ({EMBEDDED}: the embedded mock)."
    )
    group.addoption("--target-fuzz", action="store_true", help="Fuzz it instead.")
    for each in fields():
        name = "--target-" + each.name.replace("_", "-")
        kind = None if each.default is None else type(each.default)
        more: dict[str, Any] = {"metavar": each.metadata.get("metavar", "N"), "type": kind}
        if kind is tuple:
            more |= {"action": "append", "type": None}
        elif kind is bool:
            more = {"action": "store_true"}
        words = each.metadata["help"]
        group.addoption(name, dest=f"target_{each.name}", default=None, help=words, **more)


def settings_of(config: pytest.Config) -> Settings:
    """The settings that the options of a pytest run make. Raises UsageError."""
    given: dict[str, Any] = {}
    for each in fields():
        value = config.getoption(f"target_{each.name}")
        if value is not None:
            given[each.name] = tuple(value) if isinstance(value, list) else value
    if hasattr(config.option, "numprocesses") and isinstance(config.option.numprocesses, int):
        given.setdefault("workers", config.option.numprocesses)
    target = config.getoption("target")
    given["fuzz"] = config.getoption("target_fuzz")
    return checked(Settings(target=None if target == EMBEDDED else target, **given))


def is_controller(config: pytest.Config) -> bool:
    """Whether this process begins and ends the run, rather than doing a share of it."""
    return not hasattr(config, "workerinput")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """The cases need a target; a fuzz has a module of its own."""
    if HERE not in (collection_path, *collection_path.parents):
        return None
    if config.getoption("target") is None:
        return True
    named = collection_path.name
    fuzzes = named == FUZZ_MODULE
    return (named.startswith("test_") and fuzzes != config.getoption("target_fuzz")) or None


def pytest_configure(config: pytest.Config) -> None:
    """Make the session: the contract, the plan, the client and the journal."""
    if config.getoption("target") is None or (config.option.collectonly and config.option.help):
        return
    from runner import session, target
    from spec.document import SpecError
    from spec.loader import load

    try:
        settings = settings_of(config)
        contract = load(Path(settings.spec) if settings.spec else None)
        worker = ""
        if not is_controller(config):
            told = config.workerinput  # type: ignore[attr-defined]
            shared, worker = session.Shared(**told["conformance"]), told["workerid"]
            key = Key(os.environ[settings.api_key_env])
            settings = dataclasses.replace(settings, seeded_customer=shared.seeded_customer)
        else:
            target.check(settings, contract, settings.target)
            url, key, settings = _target(config, settings, contract)
            selected(contract.requirements, settings)
            if settings.known:
                known.read(Path(settings.known), list(contract.requirements))
            shared = session.new(settings, url)
        config.stash[SESSION] = session.Session(settings, contract, shared, key, worker)
    except (SpecError, UsageError, ValueError) as error:
        raise pytest.UsageError(str(error)) from error
    config.stash[_SENT] = set()
    if getattr(config.option, "dist", "no") != "no":
        # A module's cases are sent by one worker; every worker does its part of a fuzz.
        config.option.dist = "each" if settings.fuzz else "loadfile"
    if not hasattr(config.option, "tbstyle"):  # where pytest's own terminal output is off
        config.option.tbstyle = "short"  # a traceback without the arguments of every call


def _target(
    config: pytest.Config, settings: Settings, contract: Contract
) -> tuple[str, Key, Settings]:
    """The URL and the key: the operator's, or those of a mock that serves inside this process, to
    which the operator's key is nothing."""
    if settings.target is not None:
        return settings.target, api_key(settings), settings
    from mock_server.app import create_app
    from mock_server.serve import serving
    from mock_server.store import SEEDED_CUSTOMER

    key = Key("secret_live_of_the_embedded_mock")
    os.environ[settings.api_key_env] = key  # for workers, which inherit the environment
    stack = ExitStack()
    url = stack.enter_context(serving(create_app(contract, key=key)))
    # Nobody waits for it to end: the process ends soon.
    config.add_cleanup(lambda: Thread(target=stack.close, daemon=True).start())
    seeded = settings.seeded_customer or SEEDED_CUSTOMER
    return url, key, dataclasses.replace(settings, seeded_customer=seeded)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell an xdist worker which run it is part of."""
    if (session := node.config.stash.get(SESSION, None)) is not None:
        node.workerinput["conformance"] = dataclasses.asdict(session.shared)


def pytest_sessionstart(session: pytest.Session) -> None:
    """Ask the target one valid request before anything else; a hopeless run ends here."""
    ours = session.config.stash.get(SESSION, None)
    if ours is None:
        return
    gc.freeze()  # what is there now stays: it need not be looked at again and again
    gc.enable()
    if not is_controller(session.config) or session.config.option.collectonly:
        return
    ours.preflight()
    if ours.stopped:
        session.config.stash[RESULTS] = ours.finish()
        pytest.exit(f"{ours.stopped}; nothing was tested", returncode=3)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test for each case that a function of the case modules takes."""
    session = metafunc.config.stash.get(SESSION, None)
    if session is not None and "broken" in metafunc.fixturenames:
        metafunc.parametrize("turn", range(TURNS if session.settings.workers else 1))
    if session is None or "answer" not in metafunc.fixturenames:
        return
    if chapter := getattr(metafunc.module, "CHAPTER", None):
        takes = metafunc.function.probes.takes
        cases = [case for case in session.chapter(chapter) if takes(case)]
        metafunc.parametrize("case", cases, ids=[case.id for case in cases])
    elif phase := getattr(metafunc.module, "GENERATED", None):
        numbers = session.planned.numbers(phase)
        metafunc.parametrize("case", numbers, ids=[f"{n + 1:02}" for n in numbers])


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deterministic cases first, then those of the generating phases.

    A test that was given no case, because none is selected, is not there at all.
    """
    if config.stash.get(SESSION, None) is not None:
        items[:] = [item for item in items if _has_case(item)]
        order = {None: 0, "schemathesis": 1, "hypothesis": 2}
        items.sort(
            key=lambda item: order[
                getattr(item.module, "GENERATED", None)
                if isinstance(item, pytest.Function)
                else None
            ]
        )


def _has_case(item: pytest.Item) -> bool:
    from strategies.cases import Case

    if not isinstance(item, pytest.Function) or "answer" not in item.fixturenames:
        return True
    return isinstance(item.callspec.params["case"], Case | int)


@pytest.fixture
def answer(request: pytest.FixtureRequest, case: Case | int) -> Answer:
    """What the target's answers to the test's case mean; the module's cases are sent at once."""
    from conformance.judge import judge_case
    from conformance.probing import Answer

    session = request.config.stash[SESSION]
    resolved = _case(request, case)
    _send(request, session)
    if resolved is None:
        pytest.skip("fewer cases could be generated")
    failures, reason = judge_case(session.contract, session.journal.about(resolved.id), resolved.id)
    return Answer(resolved, failures, reason)


@pytest.fixture
def objections(request: pytest.FixtureRequest) -> Callable[[Answer], list[str]]:
    """What Schemathesis' checks say of the answers to a case."""
    session = request.config.stash[SESSION]

    def ask(answer: Answer) -> list[str]:
        found = [e for e in session.journal.exchanges if answer.case.id in e.cases]
        return [text for e in found for text in session.peer().objections(answer.case, e)]

    return ask


@pytest.fixture
def broken(request: pytest.FixtureRequest) -> list[str]:
    """What the search of this process saw broken, once a limit of the operator's is reached."""
    from runner.search import search

    return search(request.config.stash[SESSION])


def _case(request: pytest.FixtureRequest, case: Case | int) -> Case | None:
    if not isinstance(case, int):
        return case
    cases = request.config.stash[SESSION].generated(request.module.GENERATED)
    return cases[case] if case < len(cases) else None


def _send(request: pytest.FixtureRequest, session: Session) -> None:
    """Send every selected case of the test's module, once."""
    name = request.module.__name__
    if name in request.config.stash[_SENT]:
        return
    request.config.stash[_SENT].add(name)
    cases: list[Case] = []
    for item in request.session.items:
        if isinstance(item, pytest.Function) and item.module.__name__ == name:
            params = item.callspec.params
            phase = getattr(item.module, "GENERATED", None)
            found = session.generated(phase) if phase else []
            chosen: Any = params["case"]
            if not isinstance(chosen, int):
                cases.append(chosen)
            elif chosen < len(found):
                cases.append(found[chosen])
    session.conduct(cases, getattr(request.module, "GENERATED", "deterministic"))


@pytest.hookimpl(wrapper=True)
def pytest_sessionfinish(session: pytest.Session) -> Iterator[None]:
    """Send what may kill the target, judge everything, write the reports, set the exit status."""
    ours = session.config.stash.get(SESSION, None)
    if ours is None or session.config.option.collectonly:
        return (yield)
    if not is_controller(session.config):
        ours.close()
        return (yield)
    ours.interrupted = session.exitstatus == pytest.ExitCode.INTERRUPTED
    if ours.interrupted:
        ours.halt("interrupted")
    try:
        yield
        ours.last()
    except KeyboardInterrupt:
        ours.interrupted = True
    with _uninterrupted():
        content = ours.finish()
    session.config.stash[RESULTS] = content
    if session.exitstatus not in (pytest.ExitCode.INTERNAL_ERROR, pytest.ExitCode.USAGE_ERROR):
        session.exitstatus = content["run"]["exit_code"]
    return None


@pytest.hookimpl(tryfirst=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """Write the results of a run that Ctrl-C ended where pytest does not expect it."""
    ours = config.stash.get(SESSION, None)
    if ours is not None and is_controller(config) and not ours.finished:
        if ours.journal.exchanges:
            ours.interrupted = True
            with _uninterrupted():
                config.stash[RESULTS] = ours.finish()


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Let Ctrl-C wait for the results to be written, which takes no longer than a second."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """For whoever prefers pytest: the summary and where the report is."""
    content = config.stash.get(RESULTS, None)
    if content is None:
        return
    from rich.console import Console

    from reports.terminal import summary

    terminalreporter.section("conformance")
    page = config.stash[SESSION].directory / "index.html"
    summary(content, Console(file=terminalreporter._tw._file), report=page)
