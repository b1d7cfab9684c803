"""Servers whose every refusal proves nothing: they refuse what is valid too, for another reason."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.power.battery.changes import Change, refused_as, required, tightened
from benchmarks.power.battery.core import PROFILE
from benchmarks.power.battery.rules import CONTRACT, Json
from benchmarks.power.battery.server import Server, faulty

_fault = faulty("wrong-reason")
_REFUSED = "response.status"
_NOTHING = "nothing that needs an accepted request can be said"

ORDINARY = (
    "first_name", "email", "birthday", "store", "analytics_disabled", "custom_attributes",
    "installation_meta.locale", "installation_meta.platform", "installation_meta.idfa",
)  # fmt: skip


def _everything(status: int) -> Change:
    """With 400 before the body is looked at, otherwise after it."""
    if status == 400:
        return tightened("", lambda _: True)
    return refused_as("other", lambda _: True, status=status)


def _needs_header(name: str) -> Change:
    return refused_as("identity", lambda request: not request.values(name))


def _all() -> Iterator[Server]:
    # 401, 403, 404 and 405 to everything are a wrong key or address, as far as one can see.
    for status in (400, 409, 422):
        yield _fault(
            f"everything-{status}",
            f"Every request with the right credential is refused with {status}.",
            (_REFUSED, "request.body.*"),
            _everything(status),
            several=_NOTHING,
        )
    for place in ORDINARY:
        yield _fault(
            f"without-{place}",
            f"Every body with {place} is refused, unless it is null.",
            (f"request.body.{place}.type", f"request.body.{place}.*"),
            tightened(place, _given),
            several="no valid value of the member is taken",
        )
    for name in ("x-api-version", "idempotency-key"):
        yield _fault(
            f"needs-{name}",
            f"Nothing is accepted without the header {name}, which is not documented.",
            (_REFUSED, "request.body.*"),
            _needs_header(name),
            several=_NOTHING,
        )
    yield _fault(
        "needs-profile-id",
        "A customer id alone is not enough: a profile id is required.",
        (f"request.header.{PROFILE}.optional", _REFUSED, "request.header.identity"),
        _needs_header(PROFILE),
        several=_NOTHING,
    )
    yield _fault(
        "needs-undocumented-member",
        "Nothing is accepted without the member app_id, which is not documented.",
        (_REFUSED, "request.body.*"),
        tightened("", lambda body: not isinstance(body, dict) or "app_id" not in body),
        several=_NOTHING,
    )
    members = CONTRACT.request.get("properties", {})
    yield _fault(
        "needs-every-member",
        "Nothing is accepted but a body with every member.",
        "request.body.*.optional",
        *(required(name) for name in members),
        several="every optional member is one",
    )
    yield _fault(
        "few-members",
        "A body with more than five members is refused.",
        (_REFUSED, "request.body.*"),
        tightened("", _many),
        several="no member is to blame",
    )


def _given(value: Json) -> bool:
    return value is not None


def _many(body: Json) -> bool:
    return isinstance(body, dict) and len(body) > 5


WRONG_REASON: tuple[Server, ...] = tuple(_all())
