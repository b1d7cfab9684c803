"""What a server of the battery is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

from benchmarks.power.battery.changes import Change
from benchmarks.power.battery.core import Application, conformant
from benchmarks.power.battery.wire import Wire

Group = Literal[
    "responses", "errors", "authentication", "leniency", "strictness", "crashes", "meaning",
    "state", "wrong-reason", "mixed", "freedoms",
]  # fmt: skip


@dataclass(frozen=True)
class Server:
    """A conformant server with one thing changed.

    `breaks` are the requirement ids (or globs) of which any is a right name of the fault, the best
    first; it is empty for a conformant server. `several` says why the fault is more than one
    finding by nature, where it is. `wire` writes the bytes where HTTP itself is changed.
    """

    name: str
    group: Group
    about: str
    breaks: tuple[str, ...]
    changes: tuple[Change, ...]
    wire: Wire | None = None
    several: str = ""

    def application(self, key: str) -> Application:
        """The server, fresh of any profile, which takes `key`."""
        core = conformant(key.encode())
        for change in self.changes:
            core = change(core)
        return Application(core)


class Faulty(Protocol):
    """Makes a faulty server of one group."""

    def __call__(
        self,
        words: str,
        about: str,
        breaks: str | tuple[str, ...],
        *changes: Change,
        wire: Wire | None = None,
        several: str = "",
    ) -> Server: ...


def faulty(group: Group) -> Faulty:
    """The maker of a group's servers; `words` are the name's, after the group's."""

    def make(
        words: str,
        about: str,
        breaks: str | tuple[str, ...],
        *changes: Change,
        wire: Wire | None = None,
        several: str = "",
    ) -> Server:
        names = (breaks,) if isinstance(breaks, str) else breaks
        label = f"{group}-{words.lower().replace('_', '-').replace('.', '-')}"
        return Server(label, group, about, names, changes, wire, several)

    return make


def freedom(words: str, about: str, *changes: Change, wire: Wire | None = None) -> Server:
    """A conformant server that uses a freedom."""
    return Server(f"freedoms-{words}", "freedoms", about, (), changes, wire)
