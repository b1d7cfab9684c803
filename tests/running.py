"""Runs of the deterministic cases against the embedded mock with something else around it."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mock_server.app import create_app
from reports.results import load
from reports.words import findings
from runner.session import Session, new
from runner.settings import Settings
from strategies.cases import Case
from tests.support import CONTRACT, KEY, failing, mock

CHAPTERS = ("profile_request", "headers", "authentication", "json", "meaning", "robustness")


@dataclass(frozen=True)
class Run:
    """What a run of the deterministic cases came to."""

    session: Session
    content: dict[str, Any]

    @property
    def failing(self) -> set[str]:
        """The promises that are said to be broken."""
        return failing(self.content)

    @property
    def findings(self) -> list[str]:
        """The ids of the findings as they are told: what another explains is not among them."""
        return [each.requirement["id"] for each in findings(self.content)]

    def __getitem__(self, key: str) -> dict[str, Any]:
        return next(each for each in self.content["requirements"] if each["id"] == key)


Twist = Callable[[Scope, bytes], ASGIApp | None]


def run(twist: Twist | None, folder: Path, *only: str, **how: Any) -> Run:
    """Judge the mock with `twist` around it, as `run_at` does."""
    with mock(twist=twist) as url:
        return run_at(url, folder, *only, **how)


def run_at(
    url: str, folder: Path, *only: str, last: bool = False, generated: Sequence[Case] = (),
    **settings: Any,
) -> Run:  # fmt: skip
    """Judge a target in this process; the results are read from disk.

    `generated` are cases to be sent as a generating phase would, after the deterministic ones.
    """
    told = Settings(
        target=url, report_dir=str(folder / "report"), only=only, phases="deterministic",
        **settings,
    )  # fmt: skip
    session = Session(told, CONTRACT, new(told, url), KEY)
    session.preflight()
    for chapter in CHAPTERS:
        session.conduct(session.chapter(chapter), "deterministic")
    session.conduct(generated, "hypothesis")
    if last:
        session.last()
    session.finish()
    return Run(session, load(folder / "report"))


def error(status: int) -> ASGIApp:
    """A refusal as the contract has it."""
    told = [{"source": "body", "errors": ["refused"]}]
    return JSONResponse({"errors": told, "error_code": "no", "status_code": status}, status)


def holds(raw: bytes, name: str) -> bool:
    """Whether a body has a member of this name."""
    try:
        return name in json.loads(raw)
    except (ValueError, TypeError):
        return False


Change = Callable[[dict[str, str], Any, int, Any], tuple[int, Any] | ASGIApp]
"""From the request's headers and body and the mock's status and body to what is answered."""


def answering(change: Change) -> Twist:
    """A twist that changes what the mock answers; bodies are parsed JSON, None where there is none.

    The mock's own attributes and profile ids are those of one server for the whole run.
    """
    inner = create_app(CONTRACT, key=KEY)

    def twist(scope: Scope, raw: bytes) -> ASGIApp:
        async def app(_: Scope, receive: Receive, send: Send) -> None:
            status, body = 0, b""

            async def collect(message: Message) -> None:
                nonlocal status, body
                status = message.get("status", status)
                body += message.get("body", b"")

            await inner(scope, receive, collect)
            headers = {name.decode(): value.decode("latin-1") for name, value in scope["headers"]}
            made = change(headers, _parsed(raw), status, _parsed(body))
            answer = _json(*made) if isinstance(made, tuple) else made
            await answer(scope, receive, send)

        return app

    return twist


def _json(status: int, body: Any) -> ASGIApp:
    """A JSON answer that any text can stand in, a lone surrogate too."""
    return Response(json.dumps(body), status, media_type="application/json")


def _parsed(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except ValueError:
        return None
