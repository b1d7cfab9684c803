"""Near misses beside other valid requests: which, and that each stays the near miss it was."""

from __future__ import annotations

from typing import Any

from spec.formats import Validity
from strategies import edits, plan
from strategies.cases import Case, build
from strategies.controls import breaks_exactly, minimal
from strategies.surroundings import surrounded
from strategies.violations import refused
from tests.support import CONTRACT

PLAN = plan.deterministic(CONTRACT)
MISSES = list(refused(CONTRACT, PLAN.control))
SURROUNDED = [case for case in PLAN.cases if case.beside and case.edits]
VALID = [case for case in PLAN.cases if case.expect == "accept"]
BODY = "request.body"


def payload(case: Case) -> Any:
    """The body of the company alone."""
    return edits.apply(PLAN.control, [edit for each in case.beside for edit in each.edits])


def companies(requirement: str) -> set[str]:
    """What the near misses of a requirement stand beside; the sparse payload is `few`."""
    return {
        "few" if len(case.beside) > 1 else case.beside[0].id if case.beside else "nothing"
        for case in PLAN.cases
        if case.requirements == (requirement,) and case.expect == "refuse"
    }


def test_ids_and_requirements_stay_what_they_were() -> None:
    before = {case.id: (case.requirements, case.edits) for case in MISSES}
    after = {
        case.id: (case.requirements, case.edits)
        for case in surrounded(CONTRACT, PLAN.control, MISSES, VALID)
    }
    added = after.keys() - before.keys()
    assert {key: after[key] for key in before} == before
    assert added
    assert all(key.endswith("/missing-elsewhere") for key in added)


def test_what_a_near_miss_stands_beside_is_valid_and_it_breaks_the_same_there() -> None:
    assert len(SURROUNDED) > 60
    for case in SURROUNDED:
        assert CONTRACT.request_reading.validity(payload(case)) is Validity.VALID
        broken = edits.apply(payload(case), case.edits)
        assert breaks_exactly(CONTRACT, broken, case.requirements[0]), case.id
        assert {each.expect for each in case.beside} == {"accept"}


def test_what_is_sent_has_the_company_in_it() -> None:
    for case in SURROUNDED:
        request = build(CONTRACT, [case], PLAN.control, "jane", "an-id")
        assert request.body == edits.serialise(edits.apply(payload(case), case.edits))
        wanted = {header for each in case.beside for header in each.headers if header[1]}
        assert {name for name, _ in wanted} <= {name for name, _ in request.headers}


def test_the_first_near_miss_stands_alone() -> None:
    first: dict[str, Case] = {}
    for each in PLAN.of("profile_request"):
        if each.expect == "refuse":
            first.setdefault(each.requirements[0], each)
    assert len(first) > 40
    assert not [each.id for each in first.values() if each.beside]


def test_there_are_all_kinds_of_company() -> None:
    web, paddle = (
        f"{BODY}.installation_meta.platform.enum/member-web",
        f"{BODY}.store.enum/member-paddle",
    )
    profile = "request.header.identity/returned-profile-id-alone"
    device = companies(f"{BODY}.installation_meta.device_id.format")
    assert {"nothing", "few", web, profile} <= device
    assert paddle not in device, "an enum of its own object is nearer"
    assert {"nothing", "few", paddle, profile} <= companies(f"{BODY}.email.format")
    assert any("adapty-platform" in each for each in companies(f"{BODY}.birthday.format"))
    # Its own members change it, so it stands beside those of another.
    assert not any(".store." in each for each in companies(f"{BODY}.store.enum"))


def beside_of(valid: list[Case], requirement: str) -> set[str]:
    """The requirements of what near misses stand beside, with these valid cases alone."""
    misses = [case for case in MISSES if case.requirements == (requirement,)]
    found = surrounded(CONTRACT, PLAN.control, misses, valid)
    return {each.requirements[0] for case in found for each in case.beside}


def test_the_enum_beside_a_member_is_the_largest_of_the_nearest_object() -> None:
    members = [case for case in VALID if case.requirements[0].endswith(".enum")]

    def of(*names: str) -> list[Case]:
        wanted = {f"{BODY}.{name}.enum" for name in names}
        return [case for case in members if case.requirements[0] in wanted]

    mail, platform = f"{BODY}.email.format", "installation_meta.platform"
    assert beside_of(of("att_status", "gender"), mail) == {f"{BODY}.att_status.enum"}
    for valid in ([*of(platform)[:1], *of("gender")], [*of(platform), *of("gender")[:1]]):
        assert beside_of(valid, mail) == {f"{BODY}.gender.enum"}
    assert beside_of(of(platform), mail) == {f"{BODY}.{platform}.enum"}, "better than none"


def test_a_change_that_is_the_same_in_company_is_told_as_it_was() -> None:
    alone = {case.id: case for case in MISSES}
    seen = 0
    for case in SURROUNDED:
        own = case.edits[0].path
        if case.id in alone and edits.get(payload(case), own) == edits.get(PLAN.control, own):
            assert case.words.startswith(f"{alone[case.id].words} (with ")
            seen += alone[case.id].words != edits.words(case.edits[0], PLAN.control)
    assert seen, "some say more than what changes"


def test_required_members_alone_are_company_too() -> None:
    (few,) = {case.beside for case in SURROUNDED if len(case.beside) > 1}
    assert edits.apply(PLAN.control, [each.edits[0] for each in few]) == minimal(CONTRACT)


def test_what_must_be_there_is_left_out_in_two_places() -> None:
    key = f"{BODY}.installation_meta.device_id.required"
    alone, elsewhere = [
        case for case in PLAN.cases if "required/missing" in case.id and key in case.id
    ]
    assert not alone.beside
    assert elsewhere.beside
    assert alone.edits == elsewhere.edits


def test_without_company_there_is_none() -> None:
    found = list(surrounded(CONTRACT, PLAN.control, MISSES, []))
    assert sorted(found, key=lambda each: each.id) == sorted(MISSES, key=lambda each: each.id)


def test_words_say_where() -> None:
    words = [case.words for case in SURROUNDED]
    assert any(each == 'gender added: "f\\n" (with required members only)' for each in words)
    assert any(each.endswith('(with installation_meta.platform "iOS" → "web")') for each in words)
