"""Each rule by which one finding explains another, and where it must not: on failures by hand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from conformance.evidence import Evidence
from conformance.exchanges import CaseRecord, Exchange
from conformance.folding import fold
from conformance.observe import Observation
from conformance.verdicts import Failure
from spec.requirements import Side
from strategies.cases import Expect
from strategies.sequences import AFTER
from tests.handmade import NOON, answer, case, exchange, profile, record, refused, request, taken
from tests.support import CONTRACT

BODY, DATA = "request.body", "response.200.data"
REFUSAL = "rejection.status"


def failure(
    requirement: str, case: str = "control/full", side: Side = "observe", *exchanges: Exchange,
    actual: str = "", tries: int = 1, failed: int = 1, cause: str | None = None,
) -> Failure:  # fmt: skip
    return Failure(
        requirement, case, "", "", actual, exchanges, tries, failed, side=side, cause=cause
    )


class Told:
    """What folding makes of some failures."""

    def __init__(
        self,
        *failures: Failure,
        exchanges: Iterable[Exchange] = (),
        cases: Iterable[CaseRecord] = (),
        broken: Mapping[str, Iterable[Exchange]] | None = None,
        expects: Mapping[str, Expect] | None = None,
    ) -> None:
        self.failures: dict[str, list[Failure]] = {}
        for each in failures:
            self.failures.setdefault(each.requirement, []).append(each)
        where = {
            key: [(each, Observation(key, False)) for each in found]
            for key, found in (broken or {}).items()
        }
        for found in where.values():
            exchanges = [*exchanges, *(each for each, _ in found)]
        unique = {each.id: each for each in exchanges}
        told: dict[str, Expect] = dict.fromkeys(unique, "accept")
        known = record(unique.values(), *cases)
        fold(Evidence(CONTRACT, known, self.failures, where, told | dict(expects or {})))

    def __getitem__(self, key: str) -> str | None:
        """What explains the failures of a requirement, all of them."""
        (cause,) = {each.cause for each in self.failures[key]}
        return cause


def lax(requirement: str, label: str, *exchanges: Exchange, **more: Any) -> Failure:
    """A near miss that was taken."""
    return failure(requirement, f"{requirement}/{label}", "refuse", *exchanges, **more)


def strict(requirement: str, label: str, *exchanges: Exchange, **more: Any) -> Failure:
    """A valid value that was refused."""
    return failure(requirement, f"{requirement}/{label}", "accept", *exchanges, **more)


GENDER, EMAIL = f"{BODY}.gender.enum", f"{BODY}.email.format"


def test_an_error_under_a_success_status_is_neither_accepted_nor_a_profile() -> None:
    error, other = taken("1"), taken("2")
    found = Told(
        failure(REFUSAL, "x/y", "observe", error),
        lax(GENDER, "upper", error),
        lax(EMAIL, "two-at", error, other),
        strict(f"{BODY}.store.enum", "stripe", error),
        failure(f"{DATA}.required", "control/full", "observe", error),
        failure("response.200.json", "control/full", "observe", other),
        broken={REFUSAL: [error], f"{DATA}.required": [error, other], "response.200.json": [other]},
        expects={"1": "refuse", "2": "accept"},
    )
    assert found[GENDER] == REFUSAL
    assert found[f"{DATA}.required"] == REFUSAL
    assert found[EMAIL] is None, "one of its tries was accepted indeed"
    assert found[f"{BODY}.store.enum"] is None
    assert found["response.200.json"] is None
    assert found[REFUSAL] is None


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
        case(f"{key}/{label}", "refuse", key, beside=WEB if label == "kept" else ())
        for key, labels in ((device, "ab"), (gender, "cd"), (os, "e"))
        for label in (*labels, "kept")
    ]
    places = ((device, "a"), (device, "b"), (gender, "c"), (gender, "d"), (os, "e"))
    taken_all = [lax(key, label) for key, label in places]
    found = Told(*taken_all, cases=tried)
    first = next(key for key in CONTRACT.requirements if key in (device, gender))
    assert {found[device], found[gender]} == {None, first}
    assert found[os] == first
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
    was_taken = replace(lax(EMAIL, "two-at", actual="200 OK"), flaky=True)
    assert Told(was_taken, always)[EMAIL] is None
    hang = replace(failure("robustness.hang", "x/y"), flaky=True)
    assert Told(hang, always)["robustness.hang"] is None


def test_a_redirect_is_no_error_under_success() -> None:
    redirect, lenient = exchange("1", answer(302, {})), taken("2")
    found = Told(
        failure(REFUSAL, "x/y", "observe", redirect),
        lax(GENDER, "upper", redirect),
        failure("response.200.json", "control/full", "observe", lenient),
        broken={REFUSAL: [redirect], "response.200.json": [lenient, redirect]},
        expects={"1": "refuse", "2": "accept"},
    )
    assert found[GENDER] is None
    assert found["response.200.json"] is None


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


@pytest.mark.parametrize(
    ("expect", "cause"),
    [("refuse", GENDER), ("unauthorized", GENDER), ("accept", None), ("open", None)],
)
def test_an_answer_that_is_wrong_only_where_a_wrong_request_was_taken(
    expect: Expect, cause: str | None
) -> None:
    first, second = taken("1", f"{GENDER}/upper"), taken("2", "another/case")
    found = Told(
        lax(GENDER, "upper", first),
        failure(f"{DATA}.app_id.type", f"{GENDER}/upper", "observe", first),
        cases=[case(f"{GENDER}/upper", "refuse", GENDER), case("another/case", expect, EMAIL)],
        broken={f"{DATA}.app_id.type": [second, first]},
        expects={"1": "refuse", "2": expect},
    )
    assert found[f"{DATA}.app_id.type"] == cause


def test_an_answer_to_what_was_rightly_taken_blames_no_case() -> None:
    """Nor does an error that is wrong, nor a case that did not fail."""
    first = taken("1", f"{GENDER}/upper")
    error = refused("2", 400, f"{GENDER}/upper")
    found = Told(
        failure(f"{DATA}.app_id.type", f"{GENDER}/upper", "observe", first),
        failure("rejection.body.error_code.type", f"{GENDER}/upper", "observe", error),
        lax(EMAIL, "two-at", error),
        cases=[case(f"{GENDER}/upper", "refuse", EMAIL), case("control/full", "refuse", GENDER)],
        broken={"rejection.body.error_code.type": [error], f"{DATA}.app_id.type": [taken("9")]},
        expects={"1": "refuse", "2": "refuse", "9": "refuse"},
    )
    assert found[f"{DATA}.app_id.type"] is None
    assert found["rejection.body.error_code.type"] is None


def test_everything_that_is_wrong_with_such_an_answer_is_explained() -> None:
    """Whatever else is wrong, and though some of it was seen of right requests too."""
    first, right = taken("1", f"{GENDER}/upper"), taken("2", "another/case")
    keys = ("response.200.json", f"{DATA}.app_id.type", f"{DATA}.timestamp.type")
    error, often = "rejection.body.error_code.type", f"{DATA}.profile_id.type"
    found = Told(
        lax(GENDER, "upper", first),
        *(failure(key, "x/y", "observe", first) for key in (error, often, *keys)),
        cases=[case(f"{GENDER}/upper", "refuse", GENDER), case("another/case", "accept", EMAIL)],
        broken={error: [first], often: [first, right]} | {key: [first] for key in keys},
        expects={"1": "refuse"},
    )
    assert [found[key] for key in keys] == [GENDER] * 3
    assert (found[error], found[often]) == (None, None)


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


SHAPES = ("media_type", "json", "errors.required", "status_code.required")


@pytest.mark.parametrize("layer", ["rejection", "response.401"])
def test_an_error_of_another_shape_is_one_slip(layer: str) -> None:
    body = "rejection.body" if layer == "rejection" else layer
    keys = [f"{layer}.media_type", f"{layer}.json", f"{body}.errors.required"]
    inner = f"{body}.status_code.type"
    found = Told(*(failure(key) for key in (*keys, inner)))
    assert [found[key] for key in keys] == [None, keys[0], keys[0]]
    assert found[inner] is None


def test_what_every_layer_does_is_told_of_the_documented_one() -> None:
    found = Told(
        failure("response.401.media_type"), failure("rejection.media_type"),
        failure("response.401.error_code.type"), failure("rejection.body.error_code.type"),
        failure("rejection.body.errors.type"),
    )  # fmt: skip
    assert found["rejection.media_type"] == "response.401.media_type"
    assert found["rejection.body.error_code.type"] == "response.401.error_code.type"
    assert found["rejection.body.errors.type"] is None
    stated = "status_code.http_status"
    found = Told(failure(f"response.401.{stated}"), failure(f"rejection.body.{stated}"))
    assert found[f"rejection.body.{stated}"] == f"response.401.{stated}"


def test_the_documented_layer_is_never_told_of_another() -> None:
    found = Told(failure("response.401.media_type"), failure("rejection.media_type"))
    assert found["response.401.media_type"] is None


def test_a_success_that_is_a_page_has_no_json_media_type_either() -> None:
    page, other = taken("1"), taken("2")
    failures = (failure("response.200.media_type"), failure("response.200.json"))
    both = {"response.200.media_type": [page], "response.200.json": [page]}
    assert Told(*failures, broken=both)["response.200.json"] == "response.200.media_type"
    both["response.200.json"] = [page, other]
    assert Told(*failures, broken=both)["response.200.json"] is None
    missing = (failure("response.200.media_type"), failure("response.200.data.required"))
    assert Told(*missing)["response.200.data.required"] is None


ECHO, ATTRIBUTES = "echo.customer_user_id", "echo.custom_attributes"


def answered(ident: str, asked: str, told: str, **more: Any) -> Exchange:
    return exchange(
        ident, answer(200, profile(customer_user_id=told)), sent=request(customer=asked), **more
    )


def test_the_answer_to_another_request() -> None:
    swapped, right = answered("1", "ann", "bob"), answered("2", "bob", "bob")
    found = Told(
        failure(ECHO, "x/y", "observe", swapped, tries=2),
        failure(ATTRIBUTES, "x/y", "observe", swapped),
        failure("identity.profile_id", "x/y", "observe", swapped, right),
        failure("timestamp.response_time", "x/y", "observe", right),
        exchanges=[swapped, right],
        broken={ECHO: [swapped], ATTRIBUTES: [swapped]},
    )
    assert found[ATTRIBUTES] == ECHO
    assert found["identity.profile_id"] == ECHO
    assert found["timestamp.response_time"] is None
    late = Told(
        failure(ECHO, "x/y", "observe", swapped, tries=2),
        failure("timestamp.response_time", "x/y", "observe", right, swapped),
        exchanges=[swapped, right],
    )
    assert late["timestamp.response_time"] == ECHO


def test_a_customer_that_is_nobody_s_is_no_answer_to_another_request() -> None:
    wrong, right = answered("1", "ann", "ANN"), answered("2", "bob", "bob")
    found = Told(
        failure(ECHO, "x/y", "observe", wrong, tries=2),
        failure(ATTRIBUTES, "x/y", "observe", wrong),
        failure("identity.profile_id", "x/y", "observe", wrong, right),
        exchanges=[wrong, right],
        broken={ECHO: [wrong], ATTRIBUTES: [wrong]},
    )
    assert found[ATTRIBUTES] is None
    assert found["identity.profile_id"] is None


def test_an_answer_that_is_always_the_same() -> None:
    """Where no customer and no attribute ever comes back, nothing is made of the request."""
    first, second = answered("1", "ann", "x"), answered("2", "bob", "x")
    failures = [
        failure(ECHO, "x/y", "observe", first, tries=2, failed=2),
        failure("identity.profile_id", "x/y", "observe", first, second),
    ]
    attributes = failure(ATTRIBUTES, "x/y", "observe", second)
    more: dict[str, Any] = {
        "exchanges": [first, second],
        "broken": {ECHO: [first, second], ATTRIBUTES: [second]},
    }
    found = Told(*failures, attributes, **more)
    assert found[ATTRIBUTES] == ECHO
    assert found["identity.profile_id"] == ECHO
    assert Told(*failures, **more)["identity.profile_id"] is None
    partly = Told(*failures, replace(attributes, tries=2), **more)
    assert partly["identity.profile_id"] is None
    assert partly[ATTRIBUTES] is None
    alone = Told(attributes, failures[1], **more)
    assert alone["identity.profile_id"] is None


def test_an_attribute_that_comes_back_changed_may_break_a_limit() -> None:
    place = f"{DATA}.custom_attributes"
    limits = [
        key
        for key, each in CONTRACT.requirements.items()
        if key.startswith(f"{place}.") and each.keyword in ("maxItems", "maxLength", "pattern")
    ]
    assert limits
    types = f"{place}.item.key.type"
    found = Told(failure(ATTRIBUTES), *(failure(key) for key in limits), failure(types))
    assert [found[key] for key in limits] == [ATTRIBUTES] * len(limits)
    assert found[types] is None
    assert all(Told(failure(key))[key] is None for key in limits)


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
