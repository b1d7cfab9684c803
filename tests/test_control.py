"""Finding the control: the most of the full payload that a target accepts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from conformance.bench import Bench
from conformance.control import TRIES, find_control
from conformance.exchanges import Exchange
from strategies import controls
from tests.inprocess import FULL, Decides, at_work
from tests.support import CONTRACT

MINIMAL = controls.minimal(CONTRACT)


def searched(decides: Decides, folder: Path, times: int = 1) -> Bench:
    """What a process knows after it looked for a control, so many times."""

    async def find(bench: Bench) -> None:
        for _ in range(times):
            await find_control(bench, "deterministic")

    return at_work(decides, folder, find)


def without(*names: str) -> Any:
    """The full payload without members, `a.b` for one in an object."""
    left = json.loads(json.dumps(FULL))
    for name in names:
        *outer, last = name.split(".")
        del (left[outer[0]] if outer else left)[last]
    return left


def sent(exchange: Exchange) -> Any:
    return json.loads(exchange.request.body)


def refusing(*names: str) -> Decides:
    """Refuses what has one of these members."""

    def decides(_: Any, body: Any) -> int | None:
        everything = {*body, *(f"installation_meta.{n}" for n in body["installation_meta"])}
        return 422 if everything & set(names) else None

    return decides


def test_the_full_payload_where_it_is_accepted(tmp_path: Path) -> None:
    bench = searched(lambda *_: None, tmp_path)
    (exchange,) = bench.journal.exchanges
    assert bench.control == FULL == sent(exchange)
    assert bench.control_exchange == exchange
    assert (exchange.role, exchange.phase, exchange.cases) == ("control", "deterministic", ())
    assert (bench.refused, bench.extra, bench.flaky) == ({}, {}, False)


def test_all_but_what_is_refused(tmp_path: Path) -> None:
    for names in (("birthday",), ("first_name",), ("email", "installation_meta.os", "store")):
        folder = tmp_path / names[0]
        folder.mkdir()
        bench = searched(refusing(*names), folder)
        assert bench.control == without(*names)
        assert bench.control_exchange is not None
        assert bench.control_exchange.accepted
        assert sent(bench.control_exchange) == bench.control
        assert set(bench.refused) == {tuple(name.split(".")) for name in names}


def test_what_was_refused_as_a_whole_is_not_offered_again(tmp_path: Path) -> None:
    bench = searched(refusing("birthday"), tmp_path)
    assert [sent(each) for each in bench.journal.exchanges].count(FULL) == 1


def test_what_is_refused_is_a_case_beside_what_was_accepted(tmp_path: Path) -> None:
    """Two tries, each for a customer of its own, that add the member to the most that passed."""
    bench = searched(refusing("birthday"), tmp_path)
    ((path, ident),) = bench.refused.items()
    (case,) = bench.journal.cases.values()
    assert path == ("birthday",)
    assert case.id == "request.body.birthday.format/control-value"
    assert (case.requirements, case.expect) == (("request.body.birthday.format",), "accept")
    assert case.pointer == "/birthday"
    assert case.words.startswith("birthday added: ")
    tries = [each for each in bench.journal.exchanges if each.cases]
    by_id = {each.id: each for each in bench.journal.exchanges}
    assert [each.role for each in tries] == ["probe", "probe"]
    assert len({each.customer for each in tries}) == 2
    assert tries[-1].id == ident
    for each in tries:
        control = by_id[each.control or ""]
        assert control.accepted
        assert sent(each) == {**sent(control), "birthday": FULL["birthday"]}


def test_only_what_is_needed_where_everything_else_is_refused(tmp_path: Path) -> None:
    bench = searched(lambda _, body: None if body == MINIMAL else 400, tmp_path)
    assert bench.control == MINIMAL
    optional = {(n,) for n in FULL if n != "installation_meta"} | {
        ("installation_meta", n) for n in FULL["installation_meta"] if n != "device_id"
    }
    assert set(bench.refused) == optional


def test_a_failure_is_no_refusal(tmp_path: Path) -> None:
    count = 0

    def fails(*_: Any) -> int | None:
        nonlocal count
        count += 1
        return 500 if count < TRIES else None

    bench = searched(fails, tmp_path)
    assert bench.control == FULL
    assert bench.flaky
    assert len(bench.journal.exchanges) == TRIES == 3


def test_a_refusal_is_not_asked_again(tmp_path: Path) -> None:
    bench = searched(refusing("birthday"), tmp_path)
    assert [sent(each) for each in bench.journal.exchanges[:2]] == [FULL, MINIMAL]
    assert not bench.flaky


def test_no_control_where_every_payload_is_refused_or_fails(tmp_path: Path) -> None:
    for status in (422, 500):
        folder = tmp_path / str(status)
        folder.mkdir()
        bench = searched(lambda *_, told=status: told, folder)
        assert bench.control is None
        assert bench.control_exchange is not None
        assert bench.control_exchange.status == status
        assert sent(bench.control_exchange) == FULL
        assert (bench.refused, bench.extra, bench.journal.cases) == ({}, {}, {})


def test_a_header_that_may_be_left_out_but_is_needed(tmp_path: Path) -> None:
    bench = searched(lambda headers, _: None if headers.get("adapty-platform") else 400, tmp_path)
    assert bench.control == FULL
    assert list(bench.extra) == ["adapty-platform"]
    assert bench.control_exchange is not None
    assert bench.control_exchange.accepted
    (case,) = bench.journal.cases.values()
    assert case.requirements == ("request.header.adapty-platform.optional",)
    assert (case.id, case.expect) == (f"{case.requirements[0]}/left-out", "accept")
    assert case.words == "no adapty-platform"
    assert sent(bench.control_exchange) == FULL
    tries = [each for each in bench.journal.exchanges if each.cases]
    assert len({each.customer for each in tries}) == len(tries) == 2
    for each in tries:
        assert each.role == "probe"
        assert each.request.header("adapty-platform") is None
        assert each.control == bench.control_exchange.id
        assert sent(each) == FULL


def test_a_control_that_was_found_is_asked_again_and_not_searched(tmp_path: Path) -> None:
    bench = searched(refusing("birthday"), tmp_path, times=2)
    last = bench.journal.exchanges[-1]
    assert bench.control == without("birthday") == sent(last)
    assert bench.control_exchange == last
    asked = 0

    def changes(*_: Any) -> int | None:
        nonlocal asked
        asked += 1
        return 422 if asked > 1 else None

    other = tmp_path / "other"
    other.mkdir()
    bench = searched(changes, other, times=2)
    assert bench.control is None
    assert len(bench.journal.exchanges) == 1 + TRIES, "what was taken before is asked for again"
