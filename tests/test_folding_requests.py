"""Each rule by which one finding about requests explains another, and where it must not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from conformance.exchanges import CaseRecord
from spec.requirements import Side
from strategies.sequences import AFTER
from tests.folding import BODY, EMAIL, GENDER, REFUSAL, Told, failure, lax, strict
from tests.handmade import NOON, answer, case, exchange, refused
from tests.support import CONTRACT

WEB = ("platform/web",)


DEVICE, OS = f"{BODY}.installation_meta.device_id.format", f"{BODY}.installation_meta.os.type"
ON_THE_WEB = [
    case(f"{DEVICE}/braces", "refuse", DEVICE, beside=WEB),
    case(f"{DEVICE}/dashes", "refuse", DEVICE),
    case(f"{OS}/number", "refuse", OS, beside=WEB),
]


def unchecked_on_the_web(*others: CaseRecord) -> Told:
    """Two members that are taken wrongly beside the platform web only."""
    return Told(lax(DEVICE, "braces"), lax(OS, "number"), cases=[*ON_THE_WEB, *others])


def test_a_check_that_is_left_out_in_one_company_is_told_once() -> None:
    found = unchecked_on_the_web()
    assert (found[DEVICE], found[OS]) == (None, DEVICE)


def test_what_is_left_out_there_may_lie_in_what_else_is() -> None:
    meta = f"{BODY}.installation_meta.required"
    tried = [case(f"{key}/number", "refuse", key, beside=WEB) for key in (meta, DEVICE)]
    found = Told(lax(meta, "number"), lax(DEVICE, "number"), cases=tried)
    assert {found[meta], found[DEVICE]} == {None, meta}


def test_what_is_taken_alone_is_another_and_changes_nothing_of_it() -> None:
    tried = [*ON_THE_WEB, case(f"{EMAIL}/two-at", "refuse", EMAIL)]
    found = Told(lax(DEVICE, "braces"), lax(OS, "number"), lax(EMAIL, "two-at"), cases=tried)
    assert (found[DEVICE], found[OS], found[EMAIL]) == (None, DEVICE, None)


def checked_on_the_web(labels: str) -> set[str | None]:
    """What explains two members of which these near misses are taken where there is no web."""
    keys = (DEVICE, GENDER)
    tried = [
        case(f"{key}/{label}", "refuse", key, beside=beside, pointer="/x")
        for key in keys
        for label, beside in (*((label, ()) for label in labels), ("kept", WEB))
    ]
    found = Told(*(lax(key, label) for key in keys for label in labels), cases=tried)
    return {found[key] for key in keys}


def test_one_near_miss_of_each_does_not_show_where_they_are_checked() -> None:
    assert len(checked_on_the_web("ab")) == 2, "one is the cause of the other"
    assert checked_on_the_web("a") == {None}


def test_where_most_is_checked_in_that_company_they_are_two() -> None:
    locale = f"{BODY}.installation_meta.locale.type"
    kept = [case(f"{locale}/{n}", "refuse", locale, beside=WEB) for n in range(2)]
    found = unchecked_on_the_web(*kept)
    assert (found[DEVICE], found[OS]) == (None, None)
    elsewhere = [case(f"{EMAIL}/{n}", "refuse", EMAIL, beside=WEB) for n in range(2)]
    found = unchecked_on_the_web(*elsewhere)
    assert found[OS] == DEVICE, "what is tried outside of what they share does not count"


def test_what_is_checked_in_one_company_only_is_told_once() -> None:
    device, gender, os = DEVICE, GENDER, OS
    tried = [
        case(f"{key}/{label}", "refuse", key, beside=WEB if label == "kept" else (), pointer="/x")
        for key, labels in ((device, "ab"), (gender, "cd"), (os, "e"))
        for label in (*labels, "kept")
    ]
    places = ((device, "a"), (device, "b"), (gender, "c"), (gender, "d"), (os, "e"))
    taken_all = [lax(key, label) for key, label in places]
    found = Told(*taken_all, cases=tried)
    first = next(key for key in CONTRACT.requirements if key in (device, gender))
    assert {found[device], found[gender]} == {None, first}
    assert found[os] == first
    others_too = case(f"{gender}/with-others", "refuse", gender, pointer=None)
    assert Told(*taken_all, cases=[*tried, others_too])[os] == first, "of another cause, maybe"
    some = Told(*taken_all[1:], cases=tried)
    assert some[device] is None, "what is kept elsewhere too is another slip"
    assert some[gender] is None


def test_what_is_taken_alone_too_has_nothing_to_do_with_its_company() -> None:
    lenient = (lax(DEVICE, "braces"), lax(DEVICE, "dashes"), lax(OS, "number"))
    found = Told(*lenient, cases=ON_THE_WEB)
    assert (found[DEVICE], found[OS]) == (None, None)


def test_whatever_is_refused_once_everything_is_has_that_cause() -> None:
    key = "response.status"
    before, since, after = (
        refused("1", 400, at=NOON), refused("2", 400, at=NOON + 1), refused("3", 400, at=NOON + 2)
    )  # fmt: skip
    found = Told(
        failure(key, "control/full", "observe", since),
        strict(GENDER, "m", after),
        strict(EMAIL, "plus", before, after),
        lax(f"{BODY}.store.enum", "upper", after),
    )
    assert found[GENDER] == key
    assert found[EMAIL] is None, "it was refused before, too"
    assert found[f"{BODY}.store.enum"] is None
    assert found[key] is None


def test_a_wrong_success_refuses_nothing() -> None:
    created = exchange("1", answer(201, {}), role="control", at=NOON)
    found = Told(
        failure("response.status", "control/full", "observe", created),
        strict(GENDER, "m", refused("2", 400, at=NOON + 1)),
    )
    assert found[GENDER] is None


def test_what_a_request_spoils_on_its_connection_is_told_of_what_always_follows_one() -> None:
    key, after = "response.status", f"{AFTER}auth.missing-no-header"
    flaky = replace(strict(GENDER, "m"), flaky=True)
    found = Told(flaky, strict(EMAIL, "plus"), failure(key, after, "accept"))
    assert (found[GENDER], found[EMAIL]) == (key, None)
    now_and_then = replace(failure(key, after, "accept"), flaky=True)
    assert Told(flaky, now_and_then)[GENDER] is None
    assert Told(flaky, failure(key, "identity.profile_id/x", "accept"))[GENDER] is None
    always = failure(key, after, "accept")
    unauthorized = replace(lax("auth.scheme", "token", actual="400"), flaky=True)
    assert Told(unauthorized, always)["auth.scheme"] == key
    by_chance = lax("auth.scheme", "basic", actual="400")
    found = Told(unauthorized, by_chance, lax("auth.wrong_key", "cut", actual="400"), always)
    assert (found["auth.scheme"], found["auth.wrong_key"]) == (key, None)
    was_taken = replace(lax(EMAIL, "two-at", actual="200 OK"), flaky=True)
    assert Told(was_taken, always)[EMAIL] is None
    hang = replace(failure("robustness.hang", "x/y"), flaky=True)
    assert Told(hang, always)["robustness.hang"] is None


MISSING, SCHEME, WRONG = "auth.missing", "auth.scheme", "auth.wrong_key"


@pytest.mark.parametrize(
    ("actual", "causes"),
    [
        ({MISSING: "200 OK", SCHEME: "200 OK", WRONG: "200 OK"}, {SCHEME: MISSING, WRONG: MISSING}),
        ({MISSING: "403", SCHEME: "403", WRONG: "400"}, {SCHEME: MISSING, WRONG: None}),
        ({MISSING: "403", SCHEME: "400", WRONG: "400"}, {SCHEME: None, WRONG: SCHEME}),
        ({SCHEME: "403", WRONG: "403"}, {WRONG: SCHEME}),
        ({SCHEME: "200 OK", WRONG: "200 OK"}, {WRONG: None}),
        ({WRONG: "403"}, {WRONG: None}),
    ],
)
def test_one_fault_of_credentials(actual: dict[str, str], causes: dict[str, str | None]) -> None:
    """One wrong status, or no look at all; but a scheme and a key that pass are two."""
    found = Told(*(lax(key, "x", actual=status) for key, status in actual.items()))
    assert {key: found[key] for key in causes} == causes


def test_a_credential_with_another_answer_too_is_its_own_fault() -> None:
    found = Told(
        lax(MISSING, "x", actual="403"),
        lax(WRONG, "a", actual="403"),
        lax(WRONG, "b", actual="400"),
    )
    assert found[WRONG] is None


def test_a_redirect_to_the_login_is_a_fault_of_credentials() -> None:
    login, other = exchange("1", answer(302, {})), exchange("2", answer(302, {}))
    failures = (lax(MISSING, "x", login, actual="302"), failure(REFUSAL, "x/y", "observe", login))
    found = Told(*failures, broken={REFUSAL: [login]}, expects={"1": "unauthorized"})
    assert found[REFUSAL] == MISSING
    found = Told(
        *failures, broken={REFUSAL: [login, other]}, expects={"1": "unauthorized", "2": "refuse"}
    )
    assert found[REFUSAL] is None


def unchecked(*labels: str, generated: bool = False) -> Told:
    """Where these wrong types of gender were taken, out of two that were sent."""
    name = f"{BODY}.gender.type"
    sent = [case(f"{name}/{label}", "refuse", name) for label in ("number", "object")]
    sent.append(case(f"{name}/f", "accept", name))
    if generated:
        sent.append(case("hypothesis/1", "refuse", name))
    return Told(
        *(lax(name, label) for label in labels),
        lax(GENDER, "upper"),
        strict(GENDER, "m"),
        lax(EMAIL, "two-at"),
        cases=sent,
    )


def test_where_no_type_is_checked_nothing_else_of_the_value_can_be() -> None:
    found = unchecked("number", "object")
    assert found[GENDER] == f"{BODY}.gender.type"
    assert found[EMAIL] is None
    assert unchecked("number", "object", generated=True)[GENDER] == f"{BODY}.gender.type"
    assert unchecked("number")[GENDER] is None, "an object was refused"


def test_a_body_that_is_refused_explains_nothing_that_is_taken() -> None:
    name = f"{BODY}.type"
    for sent in ([], [case(f"{name}/null", "refuse", name)]):
        found = Told(strict(name, "empty"), lax(GENDER, "upper"), cases=sent)
        assert found[GENDER] is None


def test_where_no_object_is_checked_nothing_in_it_can_be() -> None:
    name, inside = f"{BODY}.installation_meta.type", f"{BODY}.installation_meta.device_id.format"
    found = Told(lax(name, "text"), lax(inside, "x"), cases=[case(f"{name}/text", "refuse", name)])
    assert found[inside] == name
    assert found[name] is None


ITEM = f"{BODY}.custom_attributes.item.value"


def edges(*refused_labels: str, plain: bool = True, shrunk: bool = False) -> Told:
    """Where of two texts at the limit these are refused, and plain texts perhaps too."""
    limit, kind = f"{ITEM}.maxLength", f"{ITEM}.oneOf"
    sent = [case(f"{limit}/{label}", "accept", limit) for label in ("fifty", "emoji")]
    sent.append(case(f"{limit}/long", "refuse", limit))
    if shrunk:
        sent.append(case(f"{limit}/shrunk-from-1", "accept", limit))
    extra = [strict(kind, "emoji")] if plain else [lax(kind, "boolean")]
    return Told(*(strict(limit, each) for each in refused_labels), *extra, cases=sent)


def test_what_is_refused_at_a_limit_for_what_it_is() -> None:
    """Where another value of that length is taken."""
    assert edges("emoji")[f"{ITEM}.maxLength"] == f"{ITEM}.oneOf"
    assert edges("emoji", "fifty")[f"{ITEM}.maxLength"] is None
    assert edges("emoji", "fifty", shrunk=True)[f"{ITEM}.maxLength"] is None
    assert edges("emoji", plain=False)[f"{ITEM}.maxLength"] is None


def test_a_refused_member_of_an_enum_is_no_edge() -> None:
    kind, label = f"{BODY}.gender.type", "f"
    sent = [case(f"{GENDER}/{each}", "accept", GENDER) for each in ("m", "o")]
    sent.append(case(f"{kind}/number", "refuse", kind))
    found = Told(strict(GENDER, "m"), strict(kind, label), cases=sent)
    assert found[GENDER] is None


def test_an_edge_is_found_behind_other_failures() -> None:
    limit, kind = f"{ITEM}.maxLength", f"{ITEM}.oneOf"
    sent = [case(f"{limit}/{label}", "accept", limit) for label in ("fifty", "emoji")]
    found = Told(strict(GENDER, "m"), strict(limit, "emoji"), strict(kind, "emoji"), cases=sent)
    assert found[limit] == kind


def test_what_a_generated_payload_was_shrunk_to_is_told_of_the_planned_case() -> None:
    planned, shrunk = f"{BODY}.first_name.type/emoji", f"{EMAIL}/shrunk-from-hypothesis-1"

    def told(pointer: str | None, here: str | None, side: Side = "accept") -> dict[str, int]:
        found = Told(
            failure(f"{BODY}.first_name.type", planned, "accept"),
            failure(EMAIL, shrunk, side),
            cases=[
                case(planned, "accept", pointer=pointer), case(shrunk, "accept", pointer=here)
            ],
        )  # fmt: skip
        return {key: len(each) for key, each in found.failures.items()}

    name = f"{BODY}.first_name.type"
    moved, apart = {name: 2, EMAIL: 0}, {name: 1, EMAIL: 1}
    assert told("/first_name", "/first_name") == moved
    assert told("/custom_attributes/0/value", "/custom_attributes/17/value") == moved
    assert told("/custom_attributes/-", "/custom_attributes/3/value") == moved
    assert told("/custom_attributes/-/value", "/custom_attributes") == moved
    assert told("/first_name", "/last_name") == apart
    assert told("/first_name", None) == apart
    assert told(None, "/first_name") == apart
    assert told("/first_name", "/first_name", side="refuse") == apart


def test_each_generated_payload_is_told_of_its_planned_case() -> None:
    name, mail = f"{BODY}.first_name.type", f"{BODY}.email.nullable"
    planned, other = f"{name}/emoji", f"{mail}/null"
    shrunk = [f"{GENDER}/shrunk-from-{n}" for n in range(3)]
    places = dict(zip([planned, other, *shrunk], ["/a", "/b", "/c", "/a", "/b"], strict=True))
    found = Told(
        failure(GENDER, f"{GENDER}/upper", "refuse"),
        *(failure(GENDER, each, "accept") for each in shrunk),
        failure(name, planned, "accept"),
        failure(mail, other, "accept"),
        cases=[case(each, "accept", pointer=where) for each, where in places.items()],
    )
    for key, cases in ((name, [planned, shrunk[1]]), (mail, [other, shrunk[2]])):
        assert [each.case for each in found.failures[key]] == cases
        assert {each.requirement for each in found.failures[key]} == {key}
    assert len(found.failures[GENDER]) == 2


def test_what_two_generated_payloads_were_shrunk_to_stays_apart() -> None:
    names = [f"{GENDER}/shrunk-from-1", f"{EMAIL}/shrunk-from-2"]
    found = Told(
        *(failure(name.partition("/")[0], name, "accept") for name in names),
        cases=[case(name, "accept", pointer="/email") for name in names],
    )
    assert len(found.failures[GENDER]) == len(found.failures[EMAIL]) == 1


def test_the_same_slip_at_several_places_is_told_of_the_first() -> None:
    first, last = f"{BODY}.first_name.nullable", f"{BODY}.last_name.nullable"
    found = Told(strict(last, "null"), strict(first, "null"), strict(f"{BODY}.email.nullable", "x"))
    assert (found[first], found[last]) == (None, first)
    assert found[f"{BODY}.email.nullable"] is None


def test_what_is_explained_already_stays_so() -> None:
    first, last = f"{BODY}.first_name.nullable", f"{BODY}.last_name.nullable"
    found = Told(strict(last, "null", cause=GENDER), strict(first, "null", cause=EMAIL))
    assert (found[first], found[last]) == (EMAIL, GENDER)
