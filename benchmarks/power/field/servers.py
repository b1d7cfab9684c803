"""Which servers there are, the command that serves each, and what is known of it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Literal

from benchmarks.power.field.starting import HERE, HOST, FieldError, free_port, install, started
from spec.document import VENDOR_DOCUMENT, read_yaml
from spec.loader import load

PACKAGE = "benchmarks.power.field"


@dataclass(frozen=True)
class Implementation:
    """A server of the field, and what a person found it to break.

    `certain` are the promises that every run must find broken, `possible` those that a run may
    find broken; both say why. Whatever is in neither is kept. `random` says that the server makes
    its answers up, so that two runs may differ.
    """

    name: str
    kind: Literal["implementation", "mock"]
    about: str
    certain: dict[str, str]
    possible: dict[str, str]
    random: bool


def _python(*arguments: str) -> Callable[[int], list[str]]:
    """A Python module's command line, in which PORT stands for the port."""
    return lambda port: [
        sys.executable,
        "-m",
        *(each.replace("PORT", str(port)) for each in arguments),
    ]


def _node(*arguments: str) -> Callable[[int], list[str]]:
    """The command line of a script beside this file, in which PORT stands for the port."""

    def command(port: int) -> list[str]:
        script, *rest = arguments
        return [
            "node",
            str(install() / script),
            *(each.replace("PORT", str(port)) for each in rest),
        ]

    return command


def _uvicorn(module: str) -> Callable[[int], list[str]]:
    application = f"{PACKAGE}.{module}:app"
    return _python("uvicorn", application, "--host", HOST, "--port", "PORT")


_DOCUMENT = str(VENDOR_DOCUMENT)
_PRISM = ("node_modules/@stoplight/prism-cli/dist/index.js", "mock", "--host", HOST)
_PRISM_REST = ("--port", "PORT", "-v", "warn", _DOCUMENT)
_MOCKOON = ("node_modules/@mockoon/cli/bin/run.js", "start", "--data", _DOCUMENT)
_MOCKOON_REST = ("--disable-external-refs", "--disable-log-to-file", "--disable-admin-api")
COMMANDS: dict[str, Callable[[int], list[str]]] = {
    "fastapi": _uvicorn("with_fastapi"),
    "django": _python(
        "gunicorn", "--threads", "4", "-b", f"{HOST}:PORT", f"{PACKAGE}.with_django:application"
    ),
    "flask": _python("waitress", "--host", HOST, "--port", "PORT", f"{PACKAGE}.with_flask:app"),
    "express": _node("with_express.mjs", "PORT"),
    "fastify": _node("with_fastify.mjs", "PORT"),
    "node": _node("with_node.mjs", "PORT"),
    "fastapi-strict": _uvicorn("with_fastapi_strict"),
    "stdlib": _python(f"{PACKAGE}.with_stdlib", "PORT"),
    "koa": _node("with_koa.mjs", "PORT"),
    "connexion": _uvicorn("with_connexion"),
    "prism": _node(*_PRISM, *_PRISM_REST),
    "prism-dynamic": _node(*_PRISM, "-d", *_PRISM_REST),
    "mockoon": _node(*_MOCKOON, *_MOCKOON_REST, "-l", HOST, "-p", "PORT"),
    "scalar": _node("with_scalar.mjs", _DOCUMENT, "PORT"),
}


@contextmanager
def serving(name: str, key: str) -> Iterator[str]:
    """Serve the implementation of that name on a free loopback port; yields its base URL.

    It accepts `key`, runs in a process group of its own, and is gone at the end. Raises FieldError,
    with what it wrote, if it does not start.
    """
    if name not in COMMANDS:
        raise FieldError(f"there is no {name!r} in the field; there are {', '.join(COMMANDS)}")
    port = free_port()
    with started(name, COMMANDS[name](port), port, key) as url:
        yield url


def _field() -> dict[str, Implementation]:
    entries = read_yaml((HERE / "reviewed.yaml").read_text(encoding="utf-8"))
    if list(entries) != list(COMMANDS):
        raise FieldError("reviewed.yaml and the commands name different servers")
    ids = tuple(load().requirements)
    return {
        name: Implementation(
            name=name,
            kind=entry["kind"],
            about=entry["about"],
            certain=_expanded(entry.get("certain", ()), ids),
            possible=_expanded(entry.get("possible", ()), ids),
            random=entry.get("random", False),
        )
        for name, entry in entries.items()
    }


def _expanded(groups: Any, ids: tuple[str, ...]) -> dict[str, str]:
    """Each promise that the groups name, by its id or a glob, with the reason and the evidence."""
    reasons: dict[str, str] = {}
    for group in groups:
        said = f"{group['why']} [{group['seen']}]" if "seen" in group else group["why"]
        for glob in group["ids"]:
            found = [each for each in ids if fnmatchcase(each, glob)]
            if not found:
                raise FieldError(f"reviewed.yaml: the contract has no promise {glob!r}")
            reasons |= dict.fromkeys(found, said)
    return reasons


FIELD = _field()
