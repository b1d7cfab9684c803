"""What a run shows while it goes on: bars in a terminal, one line a phase elsewhere."""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from rich.console import Console
from rich.text import Text

from runner.plugin import RESULTS, SESSION
from runner.settings import PHASES
from runner.watching import Watch
from spec.contract import Contract

if TYPE_CHECKING:
    from rich.progress import Progress


class Reporter:
    """A pytest plugin that stands in for pytest's own terminal output."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.content: dict[str, Any] | None = None
        self.page: str | None = None
        self.errors: list[str] = []
        self._totals: Counter[str] = Counter()
        self._done: Counter[str] = Counter()
        self._failed: Counter[str] = Counter()
        self._began: dict[str, float] = {}
        self._bars: Progress | None = None
        self._tasks: dict[str, Any] = {}
        self._watch: Watch | None = None

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """The contract, the target, the seed."""
        ours = session.config.stash.get(SESSION, None)
        if ours is None:
            return
        self.page = str(ours.directory / "index.html")
        head, count = title(ours.contract), len(ours.contract.requirements)
        self.console.print(Text.assemble((head, "bold"), f" · {count} promises"))
        target = "the embedded mock, " if ours.settings.target is None else ""
        line = (
            f"target {target}{ours.shared.url}   seed {ours.settings.seed}   run {ours.shared.run}"
        )
        self.console.print(Text(line, style="dim"))
        self.console.print()
        self._session = ours

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """How much there is to do; the preflight is over by now."""
        self.expect([item.nodeid for item in session.items])

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: list[str]) -> None:
        """As above, where workers collect."""
        if not self._totals:
            self.expect(ids)

    def expect(self, ids: list[str]) -> None:
        """Count the cases of each phase and start the bars."""
        if not ids or self._totals:
            return
        self._totals.update(phase_of(each) for each in ids)
        self._preflight()
        if self._session.settings.fuzz:
            self._watch = Watch(
                self.console, self._session.directory, seconds=self._session.settings.seconds,
                promises=len(self._session.contract.requirements),
            )  # fmt: skip
            self._watch.start()
            return
        if self.console.is_terminal:
            self._bars = _bars(self.console)
            self._bars.start()
            for phase in PHASES:
                if self._totals[phase]:
                    self._tasks[phase] = self._bars.add_task(
                        phase, total=self._totals[phase], found="", start=False
                    )

    def _preflight(self) -> None:
        first = next((e for e in self._session.journal.exchanges if e.phase == "preflight"), None)
        if first is None:
            return
        spent = f"{(first.received - first.sent) * 1000:.0f} ms"
        mark, words = ("✓", "a valid request is accepted") if first.accepted else (
            "!", "a valid request is not accepted"
        )  # fmt: skip
        self.console.print(f"{'preflight':<14} {mark} {words} ({first.status} in {spent})")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Advance by a case when its test is over."""
        phase = phase_of(report.nodeid)
        self._began.setdefault(phase, time.monotonic())
        if phase in self._tasks and self._bars is not None:
            self._bars.start_task(self._tasks[phase])
        if report.failed:
            self._failed[phase] += 1
            if self._watch is not None and str(report.when) == "???":  # so xdist tells of a loss
                self._watch.lost(getattr(report, "node", None))
            elif report.when != "call":
                self.errors.append(f"{report.nodeid}\n{report.longreprtext}")
        if report.when != "teardown" or self._watch is not None:
            return
        self._done[phase] += 1
        found = f"{self._failed[phase]} failing" if self._failed[phase] else ""
        if self._bars is not None:
            self._bars.update(self._tasks[phase], completed=self._done[phase], found=found)
        elif self._done[phase] == self._totals[phase]:
            spent = time.monotonic() - self._began[phase]
            line = f"{phase:<14} {self._done[phase]}/{self._totals[phase]}  {spent:.1f} s  {found}"
            self.console.print(line.rstrip(), highlight=False)

    def pytest_internalerror(self, excrepr: Any) -> None:
        """Keep what went wrong in the suite itself."""
        self.errors.append(str(excrepr))

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """A case module that cannot be read is an error of the suite."""
        if report.failed:
            self.errors.append(f"{report.nodeid}\n{report.longreprtext}")

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self) -> None:
        """End the bars."""
        if self._bars is not None:
            self._bars.stop()
            self._bars = None
        if self._watch is not None:
            self._watch.stop()
        self.console.print()

    def pytest_unconfigure(self, config: pytest.Config) -> None:
        """Keep the results for the command line."""
        self.content = config.stash.get(RESULTS, None)


def _bars(console: Console) -> Progress:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    return Progress(
        TextColumn("{task.description:<14}"), BarColumn(24), MofNCompleteColumn(),
        TimeElapsedColumn(), TextColumn("{task.fields[found]}"),
        console=console, transient=False,
    )  # fmt: skip


def title(contract: Contract) -> str:
    """The contract's name and edition in a line."""
    summary = contract.document.get("#/paths", {}).get(contract.path, {})
    name = summary.get(contract.method.lower(), {}).get("summary") or contract.path
    return f"{name} · {contract.title} {contract.version}"


def phase_of(nodeid: str) -> str:
    """The phase that a test belongs to, by its module."""
    return next((phase for phase in PHASES[1:] if f"test_{phase}.py" in nodeid), PHASES[0])
