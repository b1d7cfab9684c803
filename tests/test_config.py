"""The configuration file, variables and options: what comes before what, and what is refused."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from runner.cli import cli
from runner.config import Config, effective, find, read, variable
from runner.settings import Settings, UsageError, checked
from runner.target import check
from tests.support import CONTRACT, ROOT, command, results

FILE = """\
target = "sandbox"
gate = "must"
rate = 20
requests = 900
skip = "echo.*"

[targets.sandbox]
url = "https://sandbox.example.com"
requests = 50
known = "known/sandbox.yaml"
api-key-env = "SANDBOX_KEY"

[targets.mock]
url = "http://localhost:4010"
fail-fast = true
timeout = 2
"""


def written(folder: Path, text: str = FILE, name: str = "adapty-conformance.toml") -> Path:
    path = folder / name
    path.write_text(text, "utf-8")
    return path


def test_a_target_comes_before_what_is_said_of_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    config = read(written(tmp_path))
    made = effective(None, {}, config)
    told = made.settings
    assert told.target == "https://sandbox.example.com"
    assert (told.gate, told.rate, told.requests, told.skip) == ("must", "20", 50, ("echo.*",))
    assert told.api_key_env == "SANDBOX_KEY"
    assert told.known == os.path.join("known", "sandbox.yaml")
    assert made.sources["gate"] == "adapty-conformance.toml"
    assert made.sources["requests"] == "adapty-conformance.toml, targets.sandbox"
    assert made.sources["timeout"] == "default"
    other = effective("mock", {}, config).settings
    assert (other.target, other.requests, other.fail_fast) == ("http://localhost:4010", 900, True)
    assert other.timeout == 2.0
    elsewhere = effective("http://localhost:1", {}, config).settings
    assert (elsewhere.target, elsewhere.requests) == ("http://localhost:1", 900)


def test_what_is_given_comes_before_the_file(tmp_path: Path) -> None:
    made = effective("sandbox", {"requests": (7, "--requests")}, read(written(tmp_path)))
    assert made.settings.requests == 7
    assert made.sources["requests"] == "--requests"


def test_paths_are_where_the_file_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(tmp_path)
    (tmp_path / "a" / "b").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "a" / "b")
    found = find(Path.cwd())
    assert found == tmp_path / "adapty-conformance.toml"
    assert effective(None, {}, read(found)).settings.known == "../../known/sandbox.yaml"


def test_the_nearest_file_counts(tmp_path: Path) -> None:
    (tmp_path / "below").mkdir()
    written(tmp_path, "gate = 'must'")
    assert find(tmp_path / "below") == tmp_path / "adapty-conformance.toml"
    written(tmp_path / "below", "[tool.other]\n", "pyproject.toml")
    assert find(tmp_path / "below") == tmp_path / "adapty-conformance.toml"
    written(tmp_path / "below", "[tool.adapty-conformance]\nseed = 3\n", "pyproject.toml")
    assert find(tmp_path / "below") == tmp_path / "below" / "pyproject.toml"
    assert read(tmp_path / "below" / "pyproject.toml").values == {"seed": 3}
    assert read(None) == Config()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("gates = 'must'", "there is no setting gates; did you mean gate?"),
        ("api-key = 'secret'", "the key stands in a variable, which api-key-env names"),
        ("requests = 'many'", "requests is 'many'; it takes a whole number"),
        ("requests = 1.5", "requests is 1.5; it takes a whole number"),
        ("requests = true", "requests is True; it takes a whole number"),
        ("fail-fast = 1", "fail-fast is 1; it takes true or false"),
        ("only = [1]", "only is [1]; it takes text, or a list of texts"),
        ("gate = 1", "gate is 1; it takes text"),
        ("timeout = 'long'", "timeout is 'long'; it takes a number"),
        ("[targets.a]\nrate = 1", "the target a has no url"),
        ("[targets.a]\nurl = 'http://a'\nrates = 1", "there is no setting targets.a.rates"),
        ("targets = 1", "targets takes tables, such as [targets.sandbox]"),
        ("target = 1", "target takes a URL, or the name of one of its targets"),
        ("= 1", "is not readable TOML"),
        ("a = " + "[" * 9000, "is nested too deeply"),
        ("requests = 9223372036854775808", "it takes a whole number"),
        (f"timeout = 1{'0' * 400}", "it takes a number"),
        (f"gate = 0x{'f' * 5000}", "gate is a number of thousands of digits; it takes text"),
    ],
)
def test_what_a_file_cannot_say(text: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as error:
        read(written(tmp_path, text))
    assert words in str(error.value)
    assert str(tmp_path) in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("name", ["api-key-env", "proxy", "proxy-auth-env"])
def test_what_may_be_a_secret_is_not_shown(name: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=f"{name} is .*; it takes text") as error:
        read(written(tmp_path, f"{name} = ['geheim']"))
    assert "geheim" not in str(error.value)


@pytest.mark.parametrize("text", ["me:geheim@localhost", "http://me:geheim@localhost"])
def test_a_password_is_not_shown_beside_the_names_of_targets(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    written(tmp_path)
    monkeypatch.chdir(tmp_path)
    assert cli.main(["config", text]) == 2
    said = capsys.readouterr()
    assert "geheim" not in said.out + said.err


@pytest.mark.parametrize(
    ("text", "rate", "each"),
    [
        ("1000000", "1000000", 1e6),
        ("1234567.5", "1234567.5", 1234567.5),
        ("0.00001", "0.00001", 1e-5),
        ("20", "20", 20.0),
    ],
)
def test_a_number_is_read_without_an_exponent(
    text: str, rate: str, each: float, tmp_path: Path
) -> None:
    made = effective(None, {}, read(written(tmp_path, f"rate = {text}\ntime = {text}")))
    assert (made.settings.rate, made.settings.time) == (rate, rate)
    assert checked(made.settings).per_second == each


def test_an_empty_path_is_none(tmp_path: Path) -> None:
    text = "known = 'a.yaml'\nca = ''\n[targets.open]\nurl = 'http://localhost'\nknown = ''\n"
    made = checked(effective("open", {}, read(written(tmp_path, text))).settings)
    assert (made.known, made.ca) == (None, None)


def test_a_file_that_begins_with_a_mark_of_its_byte_order(tmp_path: Path) -> None:
    assert read(written(tmp_path, "\ufeffseed = 3\n")).values == {"seed": 3}


@pytest.mark.parametrize("name", ["fail-fast", "strict-known"])
@pytest.mark.parametrize("command", ["run", "fuzz"])
def test_an_option_takes_back_what_the_file_asks_for(
    name: str, command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    written(tmp_path, f"{name} = true\n")
    monkeypatch.chdir(tmp_path)
    assert cli.main(["config", f"--no-{name}"]) == 0
    said = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert [name, "no", f"--no-{name}"] in said
    monkeypatch.setenv(variable(name.replace("-", "_")), "0")
    assert cli.main(["config"]) == 0
    assert [name, "no", variable(name.replace("-", "_"))] in [
        line.split() for line in capsys.readouterr().out.splitlines()
    ]
    assert cli.main([command, "--help"]) == 0
    assert f"--{name} / --no-{name}" in capsys.readouterr().out


@pytest.mark.parametrize("command", ["run", "fuzz", "config", "replay"])
def test_a_variable_that_nobody_reads_is_an_error(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ADAPTY_CONFORMANCE_EXPECT_APPID", "3fa85f64")
    monkeypatch.setattr("runner.launch.launch", lambda *_, **__: 0)
    assert cli.main([command, *(["x"] if command == "replay" else [])]) == 2
    said = capsys.readouterr().err
    assert "the variable ADAPTY_CONFORMANCE_EXPECT_APPID" in said
    assert "nearest: ADAPTY_CONFORMANCE_EXPECT_APP_ID" in said
    assert "3fa85f64" not in said


def test_every_variable_of_every_option_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in {each.envvar for every in cli.commands.values() for each in every.params}:
        if name is not None:
            monkeypatch.setenv(str(name), "")
    assert cli.main(["config"]) == 0


def test_a_dry_run_by_its_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever asks every command for one must not find that another sent something."""
    asked: list[bool] = []

    def launch(_: Settings, *, dry: bool = False) -> int:
        asked.append(dry)
        return 0

    monkeypatch.setattr("runner.launch.launch", launch)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ADAPTY_CONFORMANCE_DRY_RUN", "1")
    assert cli.main(["run"]) == 0
    assert cli.main(["run", "--no-dry-run"]) == 0
    assert asked == [True, False]
    assert cli.main(["fuzz"]) == 2
    assert cli.main(["replay", "x"]) == 2
    assert "has no dry run; unset ADAPTY_CONFORMANCE_DRY_RUN" in capsys.readouterr().err
    assert cli.main(["config"]) == 0
    assert asked == [True, False]


def test_a_target_that_no_file_has(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="which has sandbox, mock"):
        effective("sandbx", {}, read(written(tmp_path)))


def test_a_named_target_is_run(kept: str, tmp_path: Path) -> None:
    text = f"[targets.here]\nurl = '{kept}'\nonly = ['request.body.gender.*']\nrequests = 300\n"
    written(tmp_path, f"phases = 'deterministic'\n{text}")
    run = command("run", "here", cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    content = results(tmp_path)
    assert content["target"]["url"].startswith(kept)
    judged = {each["id"] for each in content["requirements"] if each["verdict"] == "pass"}
    assert judged
    assert all(each.startswith("request.body.gender.") for each in judged)


def test_config_shows_each_value_and_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    written(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ADAPTY_CONFORMANCE_SEED", "5")
    monkeypatch.setenv("ADAPTY_CONFORMANCE_RATE", "9/s")
    assert cli.main(["config", "mock", "--rate", "3/s"]) == 0
    said = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert said[0] == ["setting", "value", "from"]
    assert ["seed", "5", "ADAPTY_CONFORMANCE_SEED"] in said
    assert ["rate", "3/s", "--rate"] in said
    assert ["gate", "must", "adapty-conformance.toml"] in said
    assert ["fail-fast", "yes", "adapty-conformance.toml,", "targets.mock"] in said
    assert ["target", "http://localhost:4010", "adapty-conformance.toml,", "targets.mock"] in said
    assert ["workers", "0", "default"] in said


def test_a_variable_may_name_the_target(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ADAPTY_CONFORMANCE_TARGET", "http://localhost:7")
    assert cli.main(["config"]) == 0
    said = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["target", "http://localhost:7", "ADAPTY_CONFORMANCE_TARGET"] in said


def test_an_empty_variable_is_no_target(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where a job does not have it, the embedded mock must not be judged in the target's place."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ADAPTY_CONFORMANCE_TARGET", "")
    assert cli.main(["run"]) == 2
    assert "the target is empty" in capsys.readouterr().err


def test_a_wrong_file_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    written(tmp_path, "gates = 'must'")
    monkeypatch.chdir(tmp_path)
    for line in (["run"], ["fuzz"], ["config"]):
        assert cli.main(line) == 2
        said = capsys.readouterr()
        assert said.out == ""
        assert said.err.splitlines() == [said.err.strip()]
        assert "did you mean gate?" in said.err
    assert cli.main(["run", "--config", "nowhere.toml"]) == 2
    assert "nowhere.toml" in capsys.readouterr().err


def test_the_settings_of_the_file_are_recorded(kept: str, tmp_path: Path) -> None:
    written(tmp_path, "only = ['request.body.gender.*']\nphases = 'deterministic'\nseed = 4\n")
    assert command("run", kept, cwd=tmp_path).returncode == 0
    with (tmp_path / "conformance-report/journal.ndjson").open() as lines:
        told = next(json.loads(line) for line in lines)
    assert told["settings"]["seed"] == 4
    assert told["settings"]["only"] == ["request.body.gender.*"]


def test_the_file_that_readme_shows_can_be_read(tmp_path: Path) -> None:
    shown = (ROOT / "README.md").read_text("utf-8").split("```toml\n")[1].split("```")[0]
    app = "3fa85f64-5717-4562-b3fc-2c963f66afa6"
    made = effective("sandbox", {}, read(written(tmp_path, shown.replace("<uuid>", app))))
    assert checked(made.settings).expect_app_id == app
    check(made.settings, CONTRACT, made.settings.target)
