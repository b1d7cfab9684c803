"""`merge`: what shards saw makes the reports of one run, and nothing missing or foreign does."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from conformance.exchanges import Exchange
from conformance.journal import Record, read
from conformance.together import Shown, shown_together
from reports.results import load
from reports.words import findings
from reports.writing import JOURNAL
from runner.again import again
from runner.cli import cli
from runner.merging import FREE
from runner.settings import Settings
from tests.handmade import NOON, answer, exchange, profile, record, request
from tests.running import run_at
from tests.support import CONTRACT, command, mock, results

pytestmark = pytest.mark.long

Capture = pytest.CaptureFixture[str]
OF = 3
BROKEN = "request.header.identity"  # by cases of one shard only


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The reports of all cases (`whole`) and of three shards, against one faulty target."""
    return _reports(tmp_path_factory.mktemp("faulty"), BROKEN)


@pytest.fixture
def shards(faulty: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The folders of the shards, copied into the current one."""
    for name in ("1", "2", "3"):
        shutil.copytree(faulty / name, tmp_path / name)
    monkeypatch.chdir(tmp_path)
    return ["1", "2", "3"]


def _reports(folder: Path, broken: str | None, of: int = OF) -> Path:
    with mock(broken) as url:
        for name in ("whole", *map(str, range(1, of + 1))):
            shard = "" if name == "whole" else f"{name}/{of}"
            run_at(url, folder / "run", last=True, shard=shard)
            (folder / "run" / "report").rename(folder / name)
    return folder


def _told(content: dict[str, Any]) -> dict[str, Any]:
    """What a report says that shards must not change."""
    return {
        "promises": {
            each["id"]: (each["verdict"], each["level"], each["reason"])
            for each in content["requirements"]
        },
        "findings": [each.requirement["id"] for each in findings(content)],
        "choices": content["choices"],
        "complete": content["summary"]["complete"],
        "conformant": content["summary"]["conformant"],
        "run": [content["run"][name] for name in ("seed", "cases_sha256", "gate", "stopped")],
    }


def _edited(folder: str, change: Callable[[dict[str, Any]], object], kind: str = "run") -> None:
    """Change what a journal notes; a note of which nothing is left is taken away."""
    path = Path(folder, JOURNAL)
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    for line in lines:
        if line["kind"] == kind:
            change(line)
    path.write_text("".join(json.dumps(line) + "\n" for line in lines if line))


def _refused(capsys: Capture, *arguments: str) -> str:
    """The one sentence that `merge` says, when it writes nothing and exits with 2."""
    assert cli.main(["merge", *arguments]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert not Path("conformance-report").exists()
    assert captured.err.count("\n") == 1
    return captured.err.removeprefix("adapty-conformance: ").rstrip("\n")


@pytest.mark.parametrize("broken", [None, "timestamp.response_time", "identity.profile_id"])
def test_a_merged_run_says_what_a_whole_one_does(
    broken: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(_reports(tmp_path, broken, 2))
    assert cli.main(["merge", "1", "2"]) == (1 if broken else 0)
    whole, merged = load(Path("whole")), load(Path("conformance-report"))
    assert _told(merged) == _told(whole)
    assert merged["run"]["exit_code"] == whole["run"]["exit_code"]
    for item in merged["requirements"]:
        assert len(item["failures"]) == (item["id"] == broken), "told once, whatever the shards"


def test_a_fault_that_one_shard_saw_is_told(shards: list[str], capsys: Capture) -> None:
    exits = [load(Path(each))["run"]["exit_code"] for each in shards]
    assert sorted(exits) == [0, 0, 1]
    assert cli.main(["merge", *reversed(shards)]) == 1
    said = capsys.readouterr()
    assert said.err == ""
    assert said.out.startswith("Breaks 1 of 261 promises, a must\n")
    assert "shard" not in said.out
    assert "report  conformance-report/index.html\n" in said.out
    assert cli.main(["merge", *shards, "--report-dir", "in-order"]) == 1
    assert (
        Path("in-order", JOURNAL).read_bytes() == Path("conformance-report", JOURNAL).read_bytes()
    )


def test_what_shards_saw_is_the_whole_record(
    shards: list[str], faulty: Path, capsys: Capture
) -> None:
    cli.main(["merge", *shards])
    capsys.readouterr()
    whole, merged = load(faulty / "whole"), load(Path("conformance-report"))
    assert _told(merged) == _told(whole)
    parts = [load(Path(each)) for each in shards]
    assert merged["summary"]["requests"] == sum(each["summary"]["requests"] for each in parts)
    assert merged["run"]["started"] == min(each["run"]["started"] for each in parts)
    seconds = sum(each["run"]["seconds"] for each in parts)
    assert merged["run"]["seconds"] == pytest.approx(seconds, abs=0.01)
    assert merged["run"]["id"] == "+".join(each["run"]["id"] for each in parts)
    assert "shard" not in merged["run"]
    assert {path.name for path in Path("conformance-report").iterdir()} == {
        path.name for path in Path("1").iterdir()
    }


def test_each_exchange_has_an_id_of_its_own_and_speaks_of_its_shard(
    shards: list[str], capsys: Capture
) -> None:
    cli.main(["merge", *shards])
    capsys.readouterr()
    merged = _record("conformance-report")
    expected = {f"s{name}-{each.id}" for name in shards for each in _record(name).exchanges}
    ids = [each.id for each in merged.exchanges]
    assert set(ids) == expected
    assert len(ids) == len(expected)
    controls = {each.control for each in merged.exchanges} - {None}
    before = {each.follows for each in merged.exchanges} - {None}
    assert len(controls) >= OF
    assert before
    assert controls | before <= expected
    for each in merged.exchanges:
        told = (each.control, each.follows)
        assert all(key is None or key[:3] == each.id[:3] for key in told)
    failure = next(
        item for item in load(Path("conformance-report"))["requirements"] if item["id"] == BROKEN
    )["failures"][0]
    assert failure["control"] in expected


def _record(folder: str) -> Record:
    return read([Path(folder, JOURNAL)])


def test_the_merged_reports_can_be_made_again(shards: list[str], capsys: Capture) -> None:
    cli.main(["merge", *shards])
    before = {path.name: path.read_bytes() for path in Path("conformance-report").iterdir()}
    assert again(Path("conformance-report"), None) == 0
    assert capsys.readouterr().err == ""
    assert before == {path.name: path.read_bytes() for path in Path("conformance-report").iterdir()}


def test_the_reports_go_where_they_are_asked_to(shards: list[str], capsys: Capture) -> None:
    assert cli.main(["merge", *shards, "--report-dir", "out/all"]) == 1
    assert "report  out/all/index.html\n" in capsys.readouterr().out
    assert cli.main(["merge", *shards, "--report-dir", "out/all"]) == 1
    assert Path("out/all/previous/results.json").is_file()


def test_a_limit_that_was_reached_is_the_whole_run_s(shards: list[str], capsys: Capture) -> None:
    with Path("2", JOURNAL).open("a") as file:
        file.write('{"kind":"spent","why":"the limit of time (--time) is spent"}\n')
    assert cli.main(["merge", *shards]) == 1
    assert "The limit of time (--time) is spent.\n" in capsys.readouterr().out
    assert load(Path("conformance-report"))["summary"]["complete"] is False


def test_a_missing_shard_is_named(shards: list[str], capsys: Capture) -> None:
    assert _refused(capsys, "1", "3") == "shard 2/3 is missing; name its folder too"
    assert _refused(capsys, "2") == "shards 1/3, 3/3 are missing; name their folders too"
    assert _refused(capsys) == (
        "merge takes the report folder of each shard: adapty-conformance merge A B"
    )
    assert len(shards) == OF


def test_a_shard_that_is_there_twice_is_named(shards: list[str], capsys: Capture) -> None:
    assert _refused(capsys, *shards, "2") == "shard 2/3 is there twice: 2 and 2; name one of them"
    shutil.copytree("3", "again")
    assert _refused(capsys, "1", "3", "again") == (
        "shard 3/3 is there twice: 3 and again; name one of them"
    )


def _settings(**changed: Any) -> Callable[[dict[str, Any]], object]:
    return lambda line: line["settings"].update(changed)


def _run(**changed: Any) -> Callable[[dict[str, Any]], object]:
    return lambda line: line.update(changed)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (_run(sha256="0" * 64), f"document is 000000000000…, not {CONTRACT.sha256[:12]}…"),
        (_run(url="http://other:1/\u001b[31m"),
         f"target is http://other:1/\\x1b[31m{CONTRACT.path}, not URL{CONTRACT.path}"),
        (_settings(target=None), f"target is the embedded mock, not URL{CONTRACT.path}"),
        (_settings(shard="2/4"), "number of shards is 4, not 3"),
        (_settings(seed=7), "seed is 7, not 0"),
        (_run(suite="0.0.9"), "suite is 0.0.9, not 0.1.0"),
        (_run(known=[{"requirement": BROKEN, "reason": "later", "until": None, "level": None}]),
         f"list of known deviations is {BROKEN}, later, not empty"),
        (_settings(only=["auth.*", "echo.*"]), "--only is auth.*, echo.*, not empty"),
        (_settings(customer_prefix="mine-"), "--customer-prefix is mine-, not conformance-"),
        (_settings(timeout=9.0), "--timeout is 9.0, not 5.0"),
        (_settings(gate="must"), "--gate is must, not should"),
    ],
)  # fmt: skip
def test_a_shard_of_another_run_is_named(
    change: Callable[[dict[str, Any]], object], told: str, shards: list[str], capsys: Capture
) -> None:
    url = load(Path("1"))["target"]["url"]
    _edited("2", change)
    of = "4" if "number of shards" in told else "3"
    words = f"2 is shard 2/{of} of another run: its {told.replace('URL', url)}"
    assert _refused(capsys, *shards) == words


def test_other_generated_cases_are_those_of_another_run(shards: list[str], capsys: Capture) -> None:
    for name, digest in (("1", "a" * 64), ("2", "b" * 64)):
        with Path(name, JOURNAL).open("a") as file:
            file.write(f'{{"kind":"planned","phase":"hypothesis","sha256":"{digest}"}}\n')
    assert _refused(capsys, *shards) == (
        "2 is shard 2/3 of another run: its list of hypothesis cases is bbbbbbbbbbbb…, "
        "not aaaaaaaaaaaa…"
    )


def test_how_fast_and_where_shards_sent_does_not_matter(shards: list[str], capsys: Capture) -> None:
    free = {"workers": 2, "rate": "5/s", "concurrency": 1, "report_dir": "x", "known": "y"}
    _edited("2", _settings(**free))
    assert cli.main(["merge", *shards]) == 1
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (dict.clear, "it was killed before its end"),
        (_run(interrupted=True), "it was interrupted before its end"),
        (_run(hopeless="http://x answers \a"), "nothing was tested, for http://x answers \\x07"),
    ],
)
def test_a_shard_that_did_not_come_to_its_end_is_named(
    change: Callable[[dict[str, Any]], object], why: str, shards: list[str], capsys: Capture
) -> None:
    _edited("3", change, "end")
    assert _refused(capsys, *shards) == f"3 is shard 3/3, and {why}; run that shard again"


def test_what_is_no_shard_is_named(shards: list[str], faulty: Path, capsys: Capture) -> None:
    Path("empty").mkdir()
    expected = f"empty holds no {JOURNAL}; name the report folder of a shard"
    assert _refused(capsys, *shards, "empty") == expected
    whole = str(faulty / "whole")
    assert _refused(capsys, whole) == f"{whole} is no shard: that run was made without --shard"
    _edited("1", _settings(shard="5/3"))
    assert _refused(capsys, *shards).startswith("the journal in 1 is of no shard: --shard is '5/3'")
    _edited("1", dict.clear)
    assert _refused(capsys, *shards) == "the journal in 1 does not tell which run it is of"


def test_no_folder_of_a_shard_is_written_over(shards: list[str], capsys: Capture) -> None:
    expected = "--report-dir 2 holds 2; name another folder"
    before = Path("2", JOURNAL).read_bytes()
    assert _refused(capsys, *shards, "--report-dir", "2") == expected
    assert (
        _refused(capsys, *shards, "--report-dir", ".")
        == "--report-dir . holds 1; name another folder"
    )
    assert Path("2", JOURNAL).read_bytes() == before


def test_another_edition_is_asked_for(shards: list[str], capsys: Capture) -> None:
    for each in shards:
        _edited(each, _run(sha256="0" * 64))
    assert _refused(capsys, *shards).startswith(
        "1 is shard 1/3 of a run that was judged by another edition of the document; "
        "name it with --spec (SHA-256 000000000000…, not "
    )
    for each in shards:
        _edited(each, _settings(spec="gone.yaml"))
    told = _refused(capsys, *shards)
    assert "gone.yaml" in told
    assert told.endswith("; name it with --spec")


def test_the_settings_that_may_differ_are_settings() -> None:
    assert set(vars(Settings())) >= FREE


NOTES = [{"prefix": "s1-", "run": "a"}, {"prefix": "s2-", "run": "b"}]


def _given(shard: int, number: int, profile_id: int, offset: float = 0.0) -> Exchange:
    """A customer's profile, two seconds after the one before, by a clock that is `offset` off."""
    customer, at = f"customer-{shard}-{number}", NOON + 2 * number
    body = profile(
        profile_id=f"00000000-0000-4000-8000-{profile_id:012}", customer_user_id=customer,
        timestamp=int((at + offset) * 1000),
    )  # fmt: skip
    sent = request(customer=customer)
    return exchange(f"s{shard}-{number}", answer(200, body), role="control", sent=sent, at=at)


def _shown(*exchanges: Exchange, **notes: Any) -> list[Shown]:
    return list(shown_together(CONTRACT, record(exchanges, **notes), told=False))


def test_shards_may_have_targets_and_clocks_of_their_own() -> None:
    """Each target numbers its profiles from one, and one machine's clock is half a minute off."""
    found = [_given(shard, n, n, 30.0 * (shard == 2)) for shard in (1, 2) for n in (1, 2, 3)]
    judged = {each.requirement for each in _shown(*found, shard=NOTES) if each.ok}
    assert judged == {"identity.profile_id", "timestamp.response_time"}
    assert [each.requirement for each in _shown(*found, shard=NOTES) if not each.ok] == []
    assert [each.requirement for each in _shown(*found) if not each.ok] == [
        "identity.profile_id", "timestamp.response_time",
    ]  # fmt: skip


def test_what_several_shards_show_is_told_once_with_all_its_tries() -> None:
    found = [_given(shard, n, 7) for shard in (1, 2) for n in (1, 2, 3)]
    (wrong,) = [each for each in _shown(*found, shard=NOTES) if not each.ok]
    assert (wrong.requirement, wrong.failed, wrong.tries) == ("identity.profile_id", 6, 6)
    assert {each.id[:3] for each in wrong.exchanges} == {"s1-"}


def test_a_target_is_gone_for_the_shard_that_saw_it_gone() -> None:
    """The same case in another shard, whose target lives on, accuses nobody."""
    silent = [exchange(f"s1-{n}", None, "a/b", trouble="connection", at=NOON + n) for n in (1, 2)]
    fine = [_given(2, 1, 1), replace(_given(2, 2, 2), cases=("a/b",), role="probe")]
    found = _shown(*silent, *fine, shard=NOTES, dead=[{"case": "a/b", "shard": "s1-"}])
    (wrong,) = [each for each in found if not each.ok]
    assert (wrong.requirement, wrong.case) == ("robustness.connection", "a/b")
    assert [each.id for each in wrong.exchanges] == ["s1-1", "s1-2"]
    assert wrong.tries == 2


def test_shards_of_the_command_line(tmp_path: Path) -> None:
    """The generated phases too, and each shard by as many processes as it likes."""
    with mock(BROKEN) as url:
        for number, more in ((1, ("--workers", "1")), (2, ())):
            done = command(
                "run", url, "--shard", f"{number}/2", "--report-dir", f"s{number}", *more,
                cwd=tmp_path,
            )  # fmt: skip
            assert done.stderr == ""
            told = f"This is shard {number} of 2; adapty-conformance merge joins the reports of all"
            assert told in done.stdout
        whole = command("run", url, "--report-dir", "whole", cwd=tmp_path)
    merged = command("merge", "s1", "s2", cwd=tmp_path, key=None)
    assert (merged.returncode, merged.stderr) == (whole.returncode, "") == (1, "")
    assert _told(results(tmp_path)) == _told(load(tmp_path / "whole"))
    assert _told(results(tmp_path))["complete"] is True
    digests = {load(tmp_path / each)["run"]["cases_sha256"] for each in ("s1", "s2", "whole")}
    assert len(digests) == 1
