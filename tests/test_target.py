"""Whether the operator can mean a target, and the way to it: the right app, TLS, a proxy."""

from __future__ import annotations

import base64
import csv
import json
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Scope

from mock_server.app import create_app
from mock_server.profiles import app_id
from runner.cli import cli
from runner.settings import Settings, UsageError, checked
from runner.target import check, route
from tests.running import Twist
from tests.support import CONTRACT, KEY, command, failing, mock, raw_server, results
from tests.tls import pem, serving_tls

OURS = "3fa85f64-5717-4562-b3fc-2c963f66afa6"
LIVE = "14c3d623-2f3a-455a-aa86-ef83dff6913b"
ONLY = ("--phases", "deterministic", "--only", "request.body.gender.*")


def at(url: str | None, **more: Any) -> Settings:
    return Settings(target=url, **more)


@pytest.mark.parametrize(
    ("settings", "missing"),
    [
        (at("https://api.adapty.io"), "--expect-app-id UUID and a limit with --requests N"),
        (at("https://API.adapty.io.:443/x"), "--expect-app-id UUID and"),
        (at("http://api.adapty.io", requests=9), "the app with --expect-app-id UUID"),
        (at("https://api.adapty.io", expect_app_id=OURS), "name a limit with --requests N"),
    ],
)
def test_the_vendor_s_host_asks_for_the_app_and_a_limit(settings: Settings, missing: str) -> None:
    with pytest.raises(UsageError) as error:
        check(checked(settings), CONTRACT, settings.target)
    assert missing in str(error.value)
    assert "real record" in str(error.value)


@pytest.mark.parametrize(
    "settings",
    [
        at("https://api.adapty.io", expect_app_id=OURS, requests=500),
        at("https://api.adapty.io.example.com"),
        at("http://localhost:4010"),
        at(None),
    ],
)
def test_every_other_target_may_be_meant(settings: Settings) -> None:
    check(settings, CONTRACT, settings.target)


@pytest.mark.parametrize("line", [["run"], ["fuzz"], ["replay", "x", "--target"]])
def test_nothing_is_sent_there_without(
    line: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ADAPTY_API_KEY", KEY)
    monkeypatch.setattr(socket.socket, "connect", None)
    if line[0] == "replay":
        with mock() as url:
            monkeypatch.undo()
            run = command("run", url, *ONLY, cwd=tmp_path)
        assert run.returncode == 0
        line = ["replay", _a_case(tmp_path), "--target"]
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("ADAPTY_API_KEY", KEY)
        monkeypatch.setattr(socket.socket, "connect", None)
    assert cli.main([*line, "https://api.adapty.io"]) == 2
    assert "--expect-app-id" in capsys.readouterr().err


def _a_case(folder: Path) -> str:
    lines = (folder / "conformance-report/journal.ndjson").read_text().splitlines()
    exchanges = (json.loads(line) for line in lines)
    return next(
        str(each["cases"][0]) for each in exchanges
        if each["kind"] == "exchange" and each["role"] == "probe"
    )  # fmt: skip


def of_app(app: str | None, seen: list[bytes]) -> Twist:
    """Answers every request with a profile of this app."""

    def twist(_: Scope, body: bytes) -> ASGIApp:
        seen.append(body)
        return JSONResponse({"data": {"profile_id": OURS} | ({"app_id": app} if app else {})})

    return twist


@pytest.mark.parametrize("app", [LIVE, None, "=1+1"])
def test_another_app_ends_the_run_after_one_request(app: str | None, tmp_path: Path) -> None:
    seen: list[bytes] = []
    with mock(twist=of_app(app, seen)) as url:
        run = command("run", url, "--expect-app-id", OURS, "--workers", "2", cwd=tmp_path)
    assert run.returncode == 3
    assert len(seen) == 1
    says = f"the profile that was created is of app {app}, not of {OURS} (--expect-app-id): the key"
    none = f"conformance: no answer named the app, which is to be {OURS} (--expect-app-id); nothing"
    assert (says if app else none) in run.stderr
    made = (tmp_path / "conformance-report/profiles.csv").read_text("utf-8").splitlines()
    assert len(made) == 2
    assert OURS in made[1]


def test_another_app_that_shows_later_ends_the_run_too(tmp_path: Path) -> None:
    """The first request is refused, so that nobody knows the app before the control is found."""
    seen: list[bytes] = []

    def twist(_: Scope, body: bytes) -> ASGIApp:
        seen.append(body)
        if len(seen) < 2:
            return JSONResponse({"errors": []}, 400)
        return JSONResponse({"data": {"profile_id": OURS, "app_id": LIVE}})

    with mock(twist=twist) as url:
        run = command("run", url, *ONLY, "--expect-app-id", OURS, cwd=tmp_path)
    assert run.returncode == 3
    assert len(seen) == 2
    assert f"is of app {LIVE}, not of {OURS}" in run.stdout + run.stderr


def test_the_right_app_is_judged_and_every_customer_can_be_found(tmp_path: Path) -> None:
    with mock() as url:
        first = command("run", url, *ONLY, cwd=tmp_path)
        assert first.returncode == 0
        app = app_id(CONTRACT)
        run = command("run", url, "--expect-app-id", app.upper(), "--phases", "deterministic",
                      cwd=tmp_path)  # fmt: skip
    assert run.returncode == 0, run.stdout
    content = results(tmp_path)
    with (tmp_path / "conformance-report/profiles.csv").open(newline="", encoding="utf-8") as file:
        head, *rows = csv.reader(file)
    assert head == ["customer_user_id", "profile_id", "first", "made"]
    assert len(rows) > 90
    prefix = f"conformance-{content['run']['id']}-"
    assert [row[0] for row in rows if row[0] and not row[0].startswith(prefix)] == []


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def secure(authority: trustme.CA, tmp_path: Path) -> Iterator[str]:
    with serving_tls(create_app(CONTRACT, key=KEY), tmp_path, authority) as url:
        yield url


def test_an_authority_of_one_s_own(secure: str, authority: trustme.CA, tmp_path: Path) -> None:
    run = command("run", secure, *ONLY, "--ca", pem(authority, tmp_path), cwd=tmp_path)
    assert run.returncode == 0, run.stderr


def test_a_certificate_that_nobody_trusts(secure: str, tmp_path: Path) -> None:
    run = command("run", secure, *ONLY, cwd=tmp_path)
    assert run.returncode == 3
    assert "shows a certificate that is not trusted" in run.stderr
    assert "--ca names an authority" in run.stderr


def test_a_certificate_for_another_host(authority: trustme.CA, tmp_path: Path) -> None:
    app = create_app(CONTRACT, key=KEY)
    with serving_tls(app, tmp_path, authority, "sandbox.example.com") as url:
        run = command("run", url, *ONLY, "--ca", pem(authority, tmp_path), cwd=tmp_path)
    assert run.returncode == 3
    assert "IP address mismatch" in run.stderr


def test_a_certificate_of_our_own(authority: trustme.CA, tmp_path: Path) -> None:
    trusted = pem(authority, tmp_path)
    mine = tmp_path / "mine.pem"
    authority.issue_cert("client.example.com").private_key_and_cert_chain_pem.write_to_path(mine)
    with serving_tls(
        create_app(CONTRACT, key=KEY), tmp_path, authority,
        ssl_ca_certs=trusted, ssl_cert_reqs=ssl.CERT_REQUIRED,
    ) as url:  # fmt: skip
        without = command("run", url, *ONLY, "--ca", trusted, cwd=tmp_path)
        assert without.returncode == 3
        run = command("run", url, *ONLY, "--ca", trusted, "--client-cert", str(mine), cwd=tmp_path)
    assert run.returncode == 0, run.stderr


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (at("http://localhost", ca="nowhere.pem"), "cannot use --ca nowhere.pem: No such file"),
        (at("http://localhost", ca="text.pem"), "cannot use --ca text.pem"),
        (
            at("http://localhost", client_cert="nowhere.pem"),
            "cannot use --client-cert nowhere.pem: No such file",
        ),
        (
            at("http://localhost", client_cert="text.pem", client_key="text.pem"),
            "--client-key text.pem",
        ),
        (
            at("http://localhost", proxy="http://proxy", proxy_auth_env="NOWHERE"),
            "set NOWHERE to the proxy's",
        ),
    ],
)
def test_what_cannot_be_used_on_the_way(
    settings: Settings, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "text.pem").write_text("no certificate")
    with pytest.raises(UsageError) as error:
        route(settings, {})
    assert words in str(error.value)


def test_a_key_that_asks_for_a_passphrase(authority: trustme.CA, tmp_path: Path) -> None:
    """Nobody is asked for it: a job has no terminal, and a person would wonder."""
    issued = authority.issue_cert("client.example.com")
    issued.cert_chain_pems[0].write_to_path(tmp_path / "cert.pem")
    key = load_pem_private_key(issued.private_key_pem.bytes(), None)
    (tmp_path / "key.pem").write_bytes(
        key.private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"a passphrase")
        )
    )
    cert, encrypted = str(tmp_path / "cert.pem"), str(tmp_path / "key.pem")
    with pytest.raises(UsageError) as error:
        route(at("https://localhost", client_cert=cert, client_key=encrypted), {})
    assert str(error.value) == (
        f"cannot use --client-cert {cert} or --client-key {encrypted}: "
        "the key is encrypted; give one without a passphrase"
    )


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (at("http://localhost", proxy="proxy:3128"), "takes a URL such as"),
        (at("http://localhost", proxy="socks5://proxy"), "takes a URL such as"),
        (at("http://localhost", proxy="http://me:word@proxy"), "--proxy-auth-env"),
        (at("http://localhost", proxy_auth_env="X"), "has no proxy"),
        (at("http://localhost", client_key="x"), "has no certificate"),
        (at("http://localhost", expect_app_id="sandbox"), "it takes the UUID of an app"),
    ],
)
def test_what_makes_no_sense_on_the_way(settings: Settings, words: str) -> None:
    with pytest.raises(UsageError) as error:
        checked(settings)
    assert words in str(error.value)


def test_everything_goes_through_the_proxy(tmp_path: Path) -> None:
    """It tells what it was told; in no artefact does its credential stand, and nobody is blamed."""
    asked: list[bytes] = []

    def proxy(connection: socket.socket, request: bytes) -> bool:
        asked.append(request)
        told = next(line for line in request.split(b"\r\n") if line.startswith(b"Proxy-Auth"))
        user = base64.b64decode(told.rpartition(b" ")[2]).decode()
        echo = {"headers": told.decode(), "user": user}
        profile = json.dumps({"data": {"profile_id": OURS, "app_id": OURS}, "got": echo}).encode()
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n"
        connection.sendall(head % len(profile) + b"X-Got: " + told + b"\r\n\r\n" + profile)
        return True

    with raw_server(proxy) as url:
        run = command(
            "run", "http://sandbox.invalid", *ONLY, "--only", "secrecy.*", "--proxy", url,
            "--proxy-auth-env", "PROXY", cwd=tmp_path, env={"PROXY": "me:a word"},
        )  # fmt: skip
    assert len(asked) > 3
    told = base64.b64encode(b"me:a word")
    for each in asked:
        assert each.startswith(b"POST http://sandbox.invalid/api/v2/")
        assert b"Basic " + told in each
    written = {
        path.name: path.read_bytes()
        for path in (tmp_path / "conformance-report").iterdir() if path.is_file()
    }  # fmt: skip
    everything = b"".join([*written.values(), run.stdout.encode(), run.stderr.encode()])
    assert told not in everything
    assert b"a word" not in everything
    assert b"Basic ${PROXY}" in written["exchanges.har"]
    assert b"Basic ${PROXY}" in written["journal.ndjson"]
    assert "secrecy.credential" not in failing(results(tmp_path))
