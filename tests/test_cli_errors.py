"""Bad input: one sentence on stderr that says what to do, and the right exit code."""

from __future__ import annotations

import socket
import tempfile
from pathlib import Path

import pytest
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Scope

from mock_server.answers import silent
from runner.cli import cli
from tests.support import KEY, command, mock, raw_server, results, says, verdicts

WRONG_USAGE = [
    (["run", "localhost:4010"], "needs a scheme: http://localhost:4010?"),
    (["run", ""], "the target is empty"),
    (["run", "ftp://localhost"], "must be http or https"),
    (["run", "http://"], "names no host"),
    (["run", "http://localhost:99999"], "no valid port"),
    (["run", "http://[::1"], "is no URL"),
    (["run", "http://local host"], "take away its blanks"),
    (["run", "http://user:word@localhost"], "must not hold a user name or password"),
    (["run", "http://localhost/?a=b"], "take away its query"),
    (["run", "--spec", "missing.yaml"], "missing.yaml"),
    (["run", "--spec", "."], "."),
    (["run", "--spec", "garbage.yaml"], "garbage.yaml"),
    (["requirements", "--spec", "garbage.yaml"], "garbage.yaml"),
    (["run", "--only", "request.body.gendre.enum"], "nearest: request.body.gender.enum"),
    (["run", "--skip", "auth.mising"], "nearest: auth.missing"),
    (["requirements", "request.body.gendre.*"], "matches no promise"),
    (["run", "--known", "unknown.yaml"], "nearest: auth.missing"),
    (["run", "--known", "without-reason.toml"], "has no reason"),
    (["run", "--known", "without-date.yaml"], "is no date: soon"),
    (["run", "--known", "missing.yaml"], "cannot read --known missing.yaml"),
    (["run", "--known", "garbage.yaml"], "holds no list of deviations"),
    (["run", "--known", "broken.toml"], "is not readable YAML or TOML"),
    (["run", "--rate", "fast"], "such as 10/s"),
    (["run", "--rate", "0/s"], "such as 10/s"),
    (["run", "--shard", "4/3"], "with I from 1 to N"),
    (["merge"], "the report folder of each shard"),
    (["merge", "foreign"], "foreign holds no journal.ndjson"),
    (["run", "--time", "a minute"], "such as 90s or 5m"),
    (["run", "--phases", "deterministic,random"], "it takes deterministic, schemathesis"),
    (["run", "--gate", "may"], "it takes must or should"),
    (["run", "--workers", "-1"], "it takes 0 or more"),
    (["run", "--requests", "-1"], "it takes 0 or more"),
    (["run", "--timeout", "0"], "it takes 0.001 or more"),
    (["run", "--timeout", "nan"], "it takes 0.001 or more"),
    (["run", "--seed", "x"], "'x' is not a valid integer"),
    (["run", "--customer-prefix", "a b"], "letters, digits, dots"),
    (["run", "--seeded-customer", "Zoë"], "printable ASCII"),
    (["run", "--api-key-env", "A B"], "the name of a variable"),
    (["run", "http://localhost", "--api-key-env", "NOWHERE"], "set NOWHERE"),
    (["run", "--report-dir", "a-file"], "name a folder that can be written to"),
    (["run", "--report-dir", "a-file/below"], "name a folder that can be written to"),
    (["run", "--report-dir", "/proc/nowhere"], "name a folder that can be written to"),
    (["run", "--report-dir", "foreign"], "holds notes.txt, which is no report"),
    (["run", "--nonsense"], "No such option"),
    (["run", "http://a", "http://b"], "unexpected extra argument"),
    (["walk"], "No such command 'walk'"),
    (["mock", "--break", "auth.mising"], "auth.missing"),
    (["mock", "--port", "99999"], "not in the range"),
    (["mock", "--host", "203.0.113.1"], "cannot listen on 203.0.113.1"),
    (["mock", "--database", "a-file/below"], "cannot keep profiles in --database a-file/below"),
    (["replay", "auth.missing/no-header"], "holds no journal.ndjson"),
    (["replay"], "Missing argument 'CASE'"),
    (["diff", "a-file", "foreign"], "cannot read the results a-file"),
]  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with files that are wrong, each in its way."""
    path = tmp_path_factory.mktemp("errors")
    (path / "foreign").mkdir()
    for name, text in (
        ("a-file", "text"),
        ("garbage.yaml", "just: [text"),
        ("foreign/notes.txt", "mine"),
        ("unknown.yaml", "- {requirement: auth.mising, reason: known}"),
        ("without-reason.toml", "[[known]]\nrequirement = 'auth.missing'\n"),
        ("without-date.yaml", "- {requirement: auth.*, reason: known, until: soon}"),
        ("broken.toml", "[[known"),
    ):
        (path / name).write_text(text)
    (path / "garbage.yaml").write_text("just: text")
    return path


@pytest.mark.parametrize(("arguments", "words"), WRONG_USAGE, ids=lambda each: " ".join(each))
def test_wrong_usage(
    arguments: list[str], words: str, folder: Path,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    before = sorted(folder.rglob("*"))
    monkeypatch.chdir(folder)
    monkeypatch.setenv("ADAPTY_API_KEY", KEY)
    code = cli.main(arguments)
    said = capsys.readouterr()
    assert code == 2
    assert said.out == ""
    assert len(said.err.splitlines()) == 1, said.err
    assert said.err.startswith("adapty-conformance: ")
    assert words in said.err
    assert sorted(folder.rglob("*")) == before, "a wrong command leaves everything as it was"


def test_a_report_folder_that_is_read_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def denied(**_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(tempfile, "TemporaryFile", denied)
    assert cli.main(["run", "--report-dir", str(tmp_path)]) == 2
    assert "Permission denied; name a folder that can be written to" in capsys.readouterr().err


def test_no_key(tmp_path: Path) -> None:
    run = command("run", "http://127.0.0.1:9", cwd=tmp_path, key=None)
    assert (run.returncode, run.stdout) == (2, "")
    assert run.stderr == (
        "adapty-conformance: no API key: set ADAPTY_API_KEY, "
        "or name another variable with --api-key-env\n"
    )
    run = command("mock", cwd=tmp_path, key=None)
    assert (run.returncode, run.stdout) == (2, "")


@pytest.mark.parametrize("key", [" key", "two words", "line\nbreak", "schlüssel"])
def test_a_key_that_no_header_carries(key: str, tmp_path: Path) -> None:
    run = command("run", "http://127.0.0.1:9", cwd=tmp_path, key=key)
    assert run.returncode == 2
    assert run.stderr == (
        "adapty-conformance: the API key in ADAPTY_API_KEY must be printable ASCII without blanks\n"
    )


def test_a_port_that_is_taken(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        run = command("mock", "--port", str(port), cwd=tmp_path)
    assert run.returncode == 2
    assert run.stderr.startswith(f"adapty-conformance: cannot listen on 127.0.0.1:{port}: ")


HOPELESS = {
    "401": "answers 401 to the key in ADAPTY_API_KEY; is it the key of this target?",
    "404": "answers 404; the operation is not there: check the base URL",
    "silent": "gives no answer to a valid request (no whole answer within 0.5 s)",
    "nobody": "gives no HTTP answer (All connection attempts failed); is the server running there?",
    "no HTTP": "gives no HTTP answer (illegal status line",
}


@pytest.mark.parametrize("name", HOPELESS)
def test_a_target_that_cannot_be_judged(name: str, tmp_path: Path) -> None:
    asked: list[bytes] = []

    def twist(_: Scope, body: bytes) -> ASGIApp:
        asked.append(body)
        return silent if name == "silent" else JSONResponse({}, int(name))

    with mock(twist=twist) as served, raw_server(says(b"220 ESMTP\r\n\r\n")) as garbage:
        url = {"nobody": "http://127.0.0.1:9", "no HTTP": garbage}.get(name, served)
        run = command("run", url, "--timeout", "0.5", cwd=tmp_path)
    assert run.returncode == 3
    assert run.stderr.startswith(f"adapty-conformance: {url} {HOPELESS[name]}")
    assert run.stderr.endswith("; nothing was tested (exit 3)\n")
    assert len(run.stderr.splitlines()) == 1
    assert len(asked) == (name not in ("nobody", "no HTTP")), "one request is enough"
    content = results(tmp_path)
    assert content["run"]["stopped"].startswith(url)
    assert content["run"]["exit_code"] == 3
    assert set(verdicts(content).values()) == {"untested"}


def test_wrong_usage_as_a_user_sees_it(folder: Path) -> None:
    for arguments, words in (WRONG_USAGE[0], WRONG_USAGE[10]):
        run = command(*arguments, cwd=folder)
        assert (run.returncode, run.stdout) == (2, "")
        assert words in run.stderr
        assert len(run.stderr.splitlines()) == 1


def test_a_key_that_is_refused(tmp_path: Path) -> None:
    with mock() as url:
        run = command("run", url, cwd=tmp_path, key="another_key_0123456789")
    assert run.returncode == 3
    assert "answers 401 to the key in ADAPTY_API_KEY" in run.stderr
    assert (tmp_path / "conformance-report" / "index.html").is_file()
