"""Whatever a target says of the key it was given, no kind of run writes any form of it anywhere."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from conformance.secrets import SYMBOL
from mock_server.app import create_app
from mock_server.serve import serving
from tests.support import CONTRACT, command, verdicts
from tests.support import results as results_of

KEY = "secret_live_+0123/456789=abcdefghi"
HALVES = KEY[:17], KEY[17:]
BASE64 = base64.b64encode(KEY.encode()).decode()
FORMS = (*HALVES, quote(KEY, safe=""), BASE64, BASE64.rstrip("="))
SAID = {
    "x-plain": f"your key is {KEY}, as you know",
    "x-quoted": quote(KEY, safe=""),
    "x-base64": BASE64,
}
SPLIT = {"x-first": f"it begins {HALVES[0]}", "x-second": f"{HALVES[1]} is how it ends"}
SOME = ("--phases", "deterministic", "--only", "secrecy.*", "--only", "request.body.gender.*")


class Telling:
    """ASGI middleware: what a server that keeps no secret adds to every answer, bodies too."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started: Message = {}

        async def tell(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = message
                return
            content = json.loads(message["body"])
            if "errors" in content:
                content["errors"].append({"source": "key", "errors": list(SAID.values())})
            body = json.dumps(content).encode()
            kept = [(n, v) for n, v in started["headers"] if n != b"content-length"]
            more = [(n.encode(), v.encode()) for n, v in (SAID | SPLIT).items()]
            length = (b"content-length", str(len(body)).encode())
            await send({**started, "headers": [*kept, *more, length]})
            await send({**message, "body": body})

        await self.app(scope, receive, tell)


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    app = create_app(CONTRACT, key=KEY)
    app.add_middleware(Telling)
    with serving(app) as url:
        yield url


KINDS: dict[str, list[tuple[int, list[str]]]] = {
    "run": [
        (1, ["run", "URL", *SOME]),
        (1, ["run", "URL", *SOME, "--workers", "2"]),
        (1, ["replay", "request.body.gender.enum/padded"]),
        (0, ["diff", "conformance-report"]),
        (0, ["report", "conformance-report"]),
        (0, ["known", "--from", "conformance-report/results.json", "--output", "known.yaml"]),
        (0, ["matrix", "one=conformance-report", "two=conformance-report/previous"]),
        (0, ["run", "URL", *SOME, "--known", "known.yaml"]),
    ],
    "fuzz": [
        (1, ["fuzz", "URL", "--requests", "300", "--workers", "2"]),
        (1, ["fuzz", "URL", "--requests", "100"]),
    ],
    "shards": [
        (1, ["run", "URL", *SOME, "--shard", "1/2", "--report-dir", "one"]),
        (1, ["run", "URL", *SOME, "--shard", "2/2", "--report-dir", "two"]),
        (1, ["merge", "one", "two"]),
    ],
    "no requests": [
        (0, ["run", "--dry-run", *SOME, "--report-dir", "dry"]),
        (0, ["config"]),
        (2, ["run", "URL", "--known", "absent.yaml"]),
    ],
}


@pytest.mark.parametrize("kind", KINDS)
def test_no_form_of_the_key_is_written_anywhere(kind: str, url: str, tmp_path: Path) -> None:
    said = ""
    for code, arguments in KINDS[kind]:
        given = [url if each == "URL" else each for each in arguments]
        run = command(*given, cwd=tmp_path, key=KEY)
        said += run.stdout + run.stderr
        assert run.returncode == code, (arguments, run.stdout, run.stderr)
    written = {p: p.read_bytes().decode("latin-1") for p in tmp_path.rglob("*") if p.is_file()}
    if kind != "no requests":
        told = verdicts(results_of(tmp_path))["secrecy.credential"]
        assert told == ("known" if kind == "run" else "fail")  # the last run was given a list
        assert {"profiles.csv", "exchanges.har", "index.html"} <= {path.name for path in written}
        assert any(SYMBOL in text for text in written.values())
    assert {(p.name, f) for p, text in written.items() for f in FORMS if f in text} == set()
    assert [form for form in FORMS if form in said] == []
