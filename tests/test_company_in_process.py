"""Near misses beside other valid requests: sent where the target took those, else alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from conformance.bench import Bench
from conformance.conduct import conduct
from conformance.exchanges import Exchange
from strategies import edits
from strategies.cases import Case
from strategies.controls import minimal
from tests.inprocess import CASES, FULL, PLAN, at_work, conducted
from tests.support import CONTRACT

BODY = "request.body"
SPARSE = CASES[f"{BODY}.gender.enum/trailing-newline"]
ON_THE_WEB = CASES[f"{BODY}.installation_meta.device_id.required/missing-elsewhere"]
FOR_A_PROFILE = next(
    case for case in PLAN.cases if case.beside and case.beside[0].headers and not case.beside[1:]
)


def strict(_: Any, body: Any) -> int | None:
    """Refuses the near misses of this module."""
    if not isinstance(body, dict):
        return 422
    meta = body["installation_meta"]
    return 422 if body.get("gender") == "f\n" or "device_id" not in meta else None


def probe_of(bench: Bench, case: Case) -> Exchange:
    (found,) = [each for each in bench.journal.exchanges if each.cases == (case.id,)]
    return found


def test_a_near_miss_stands_beside_what_the_target_took(tmp_path: Path) -> None:
    bench = conducted(strict, tmp_path, [SPARSE])
    probe = probe_of(bench, SPARSE)
    assert json.loads(probe.request.body) == {**minimal(CONTRACT), "gender": "f\n"}
    (company,) = [each for each in bench.journal.exchanges if each.id == probe.control]
    assert company.role == "pool"
    assert json.loads(company.request.body) == minimal(CONTRACT)
    assert company.cases == tuple(each.id for each in SPARSE.beside)
    record = bench.journal.cases[SPARSE.id]
    assert record.beside == company.cases
    assert record.change["after"] == "f\n"
    assert "before" not in record.change, "it is not there in what it is one change away from"


def test_one_case_of_company_is_sent_as_itself_and_once(tmp_path: Path) -> None:
    (web,) = ON_THE_WEB.beside
    bench = conducted(strict, tmp_path, [ON_THE_WEB, web])
    pooled = [each for each in bench.journal.exchanges if web.id in each.cases]
    assert [each.role for each in pooled] == ["probe"]
    assert probe_of(bench, ON_THE_WEB).control == pooled[0].id
    meta = json.loads(probe_of(bench, ON_THE_WEB).request.body)["installation_meta"]
    assert meta["platform"] == "web"
    assert "device_id" not in meta


def test_company_of_another_chapter_is_not_sent_again_there(tmp_path: Path) -> None:
    (profile,) = FOR_A_PROFILE.beside

    async def work(bench: Bench) -> None:
        await conduct(bench, [FOR_A_PROFILE])
        await conduct(bench, [profile])

    bench = at_work(strict, tmp_path, work)
    assert len([each for each in bench.journal.exchanges if profile.id in each.cases]) == 1


def test_company_of_the_same_chapter_is_sent_once(tmp_path: Path) -> None:
    """A header's case that others stand beside shares no request, and needs none of its own."""
    nobody = CASES["request.header.identity/no-identity"]
    (platform,) = nobody.beside
    bench = conducted(lambda *_: None, tmp_path, [nobody, platform])
    sent = [each for each in bench.journal.exchanges if each.cases == (platform.id,)]
    assert [each.role for each in sent] == ["probe"]
    assert bench.journal.accepting([platform.id]) == sent[0]


def test_where_the_company_is_refused_a_near_miss_stands_alone(tmp_path: Path) -> None:
    def demands(_: Any, body: Any) -> int | None:
        return 422 if "first_name" not in body else strict(_, body)

    bench = conducted(demands, tmp_path, [SPARSE])
    probe = probe_of(bench, SPARSE)
    assert json.loads(probe.request.body) == {**FULL, "gender": "f\n"}
    assert bench.control_exchange is not None
    assert probe.control == bench.control_exchange.id
    record = bench.journal.cases[SPARSE.id]
    assert (record.beside, record.words) == ((), r'gender "f" → "f\n"')
    left_out = CASES[f"{BODY}.first_name.optional/left-out"]
    assert {each.status for each in bench.journal.exchanges if each.cases == (left_out.id,)} == {
        422
    }


def test_company_that_was_refused_is_not_sent_again_for_that(tmp_path: Path) -> None:
    (web,) = ON_THE_WEB.beside

    def no_web(_: Any, body: Any) -> int | None:
        meta = body["installation_meta"]
        return 422 if meta.get("platform") == "web" or "device_id" not in meta else None

    bench = conducted(no_web, tmp_path, [web, ON_THE_WEB])
    assert len([each for each in bench.journal.exchanges if web.id in each.cases]) == 3
    assert bench.journal.cases[ON_THE_WEB.id].beside == ()


def test_without_a_control_nothing_stands_beside_anything(tmp_path: Path) -> None:
    bench = conducted(lambda *_: 422, tmp_path, [SPARSE])
    assert json.loads(probe_of(bench, SPARSE).request.body) == {**FULL, "gender": "f\n"}
    assert bench.journal.cases[SPARSE.id].beside == ()


def test_an_object_that_brings_a_refused_member_back_proves_nothing(tmp_path: Path) -> None:
    camel = CASES[f"{BODY}.installation_meta.device_id.required/in-camel-case"]

    def no_idfa(_: Any, body: Any) -> int | None:
        meta = body["installation_meta"]
        return 422 if "idfa" in meta or not {"device_id", "deviceId"} & set(meta) else None

    bench = conducted(no_idfa, tmp_path, [camel])
    refused = bench.refused[("installation_meta", "idfa")]
    (tried,) = {each.control for each in bench.journal.exchanges if each.cases == (camel.id,)}
    assert tried == refused


def test_company_is_applied_before_the_near_miss() -> None:
    made = edits.apply(FULL, [edit for each in SPARSE.beside for edit in each.edits])
    assert "gender" not in made
    assert edits.apply(made, SPARSE.edits)["gender"] == "f\n"
