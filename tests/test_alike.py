"""Which failures have one face: the same slip of a server at another place."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from conformance.alike import face_of
from conformance.exchanges import Exchange
from conformance.verdicts import Failure
from spec.requirements import Side
from tests.handmade import answer, exchange, profile, refusal
from tests.support import CONTRACT

BODY, DATA, ERROR = "request.body", "response.200.data", "rejection.body"


def face(
    requirement: str,
    case: str = "control/full",
    side: Side = "observe",
    answered: Any = None,
    place: str | None = None,
) -> Hashable | None:
    """The face of a failure of a requirement; `answered` as the body in which it was seen."""
    shown: tuple[Exchange, ...] = ()
    if answered is not None:
        shown = (exchange("1", answer(200, answered)),)
    failure = Failure(requirement, case, "", "", "", shown, 1, 1, place=place, side=side)
    return face_of(CONTRACT, CONTRACT.requirements[requirement], failure)


def taken(requirement: str, label: str, side: Side = "refuse") -> Hashable | None:
    return face(requirement, f"{requirement}/{label}", side)


def test_the_same_near_miss_in_two_members_is_one_slip() -> None:
    first = taken(f"{BODY}.first_name.type", "number")
    assert first is not None
    assert first == taken(f"{BODY}.last_name.type", "number")
    assert first == taken(f"{BODY}.custom_attributes.item.value.oneOf", "number")
    assert first == taken(f"{BODY}.birthday.type", "number"), "the format is another promise"


def test_another_near_miss_side_or_keyword_is_another_slip() -> None:
    first = taken(f"{BODY}.first_name.type", "number")
    assert first != taken(f"{BODY}.first_name.type", "boolean")
    assert first != taken(f"{BODY}.first_name.type", "number", side="accept")
    assert first != taken(f"{BODY}.gender.enum", "number")


def test_the_empty_text_is_one_slip_whatever_is_not_checked_of_it() -> None:
    first = taken(f"{BODY}.gender.enum", "empty")
    assert first is not None
    assert (
        first == taken(f"{BODY}.birthday.format", "empty") == taken(f"{BODY}.email.format", "empty")
    )
    assert first != taken(f"{BODY}.gender.enum", "empty", side="accept")
    assert first != taken(f"{BODY}.gender.enum", "padded")


def test_formats_are_alike_where_they_are_the_same() -> None:
    device, token = "installation_meta.device_id", "store_account_token"
    same = taken(f"{BODY}.{device}.format", "no-dashes")
    assert same == taken(f"{BODY}.{token}.format", "no-dashes")
    assert same != taken(f"{BODY}.birthday.format", "no-dashes")
    assert taken(f"{BODY}.gender.enum", "upper") == taken(f"{BODY}.store.enum", "upper")


def test_a_failure_of_no_case_or_of_another_side_has_no_face() -> None:
    assert face(f"{BODY}.gender.enum", "control") is None
    assert face("auth.missing", "auth.missing/no-header", "refuse") is None
    assert face("echo.custom_attributes") is None
    assert face(f"{DATA}.app_id.format", "a/b", side="refuse") is None
    assert face("response.200.media_type") is None
    assert face(f"{DATA}.subscriptions.item.offer.type.enum", answered=profile()) is None


def test_members_that_are_missing_side_by_side_are_one_slip() -> None:
    missing = face(f"{DATA}.app_id.required")
    assert missing == face(f"{DATA}.profile_id.required")
    assert missing != face("response.200.data.required")
    offer = f"{DATA}.subscriptions.item.offer"
    assert missing != face(f"{offer}.type.required") == face(f"{offer}.category.required")
    assert face("response.401.errors.required") == face("rejection.body.errors.required")
    assert face("response.200.data.required") != face("rejection.body.errors.required")


def test_the_same_wrong_format_in_an_answer() -> None:
    assert face(f"{DATA}.app_id.format") == face(f"{DATA}.profile_id.format")
    item = f"{DATA}.access_levels.item"
    assert face(f"{item}.starts_at.format") == face(f"{item}.expires_at.format")
    assert face(f"{DATA}.app_id.format") != face(f"{item}.starts_at.format")


def test_the_same_wrong_type_for_the_same_right_one() -> None:
    levels = [{"a/b~c": "x"}]
    body = profile(app_id=1, profile_id=2.5, segment_hash=None, access_levels=levels)

    def at(name: str, place: str | None) -> Hashable | None:
        return face(f"{DATA}.{name}.type", answered=body, place=place)

    number = at("app_id", "/data/app_id")
    assert number == at("profile_id", "/data/profile_id"), "any number is a number"
    assert number != at("segment_hash", "/data/segment_hash")
    assert number != at("total_revenue_usd", "/data/profile_id"), "a number is wanted there"
    assert at("app_id", "/data/access_levels/0/a~1b~0c") == at("app_id", "/data/customer_user_id")
    assert at("app_id", "/data/access_levels") != at("app_id", "/data/access_levels/0")
    assert at("app_id", None) == at("app_id", "")


def test_null_beside_a_type_makes_no_difference() -> None:
    body = refusal(400, errors=[{"source": 1}], error_code=1)
    assert face(f"{ERROR}.error_code.type", answered=body, place="/error_code") == face(
        f"{ERROR}.errors.item.source.type", answered=body, place="/errors/0/source"
    )


def test_a_success_and_an_error_are_two_places_in_a_server() -> None:
    assert face("response.200.type", answered=[]) != face(f"{ERROR}.type", answered=[])
    assert face("response.401.type", answered=[]) == face(f"{ERROR}.type", answered=[])


def test_where_the_value_cannot_be_found_its_type_is_unknown() -> None:
    unseen = face(f"{DATA}.app_id.type", answered=b"no json", place="/data/app_id")
    for body, place in (({}, "/x"), ([], "/0"), ([], "/x"), (7, "/x"), (None, "/x")):
        assert face(f"{DATA}.app_id.type", answered=body, place=place) == unseen
    assert unseen != face(f"{DATA}.app_id.type", answered=profile(), place="/data/app_id")
