"""Credentials that are taken although they are wrong, or refused otherwise than with a 401."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from urllib.parse import unquote_to_bytes

from benchmarks.power.battery.changes import Change, accepting, finished
from benchmarks.power.battery.core import CUSTOMER, PROFILE, Core, Crash, Problem, Request, Response
from benchmarks.power.battery.server import Server, faulty

_fault = faulty("authentication")

MISSING, SCHEME, WRONG = "auth.missing", "auth.scheme", "auth.wrong_key"
ALL = (MISSING, SCHEME, WRONG)
_WORD = b"Api-Key "


def _token(given: bytes) -> bytes | None:
    return given.removeprefix(_WORD) if given.startswith(_WORD) else None


def _on_token(accepts: Callable[[bytes, bytes], bool]) -> Callable[[bytes, bytes], bool]:
    """What of the key is taken, under the right scheme."""

    def outer(given: bytes, key: bytes) -> bool:
        token = _token(given)
        return token is not None and accepts(token, key)

    return outer


# What is taken beside the right header: words, about, what is broken, (header, key) -> taken.
LAX: tuple[tuple[str, str, str | tuple[str, ...], Callable[[bytes, bytes], bool]], ...] = (
    ("any-scheme", "any word before the key", SCHEME, lambda g, k: g.partition(b" ")[2] == k),
    ("bearer", "Bearer as the scheme", SCHEME, lambda g, k: g in (_WORD + k, b"Bearer " + k)),
    ("token", "Token as the scheme", SCHEME, lambda g, k: g in (_WORD + k, b"Token " + k)),
    ("bare-key", "the key without a scheme", SCHEME, lambda g, k: g in (_WORD + k, k)),
    ("glued", "the key glued to the scheme", (SCHEME, WRONG),
     lambda g, k: g.removeprefix(b"Api-Key").lstrip() == k and g.startswith(b"Api-Key")),
    ("colon", "a colon after the scheme", SCHEME,
     lambda g, k: g in (_WORD + k, b"Api-Key: " + k, b"Api-Key:" + k)),
    ("key-anywhere", "the key anywhere in the header", (WRONG, SCHEME), lambda g, k: k in g),
    ("end-of-header", "any header that ends in the key", (SCHEME, WRONG), lambda g,
     k: g.endswith(k)),
    ("header-in-key", "any part of the right header", (WRONG, SCHEME, MISSING),
     lambda g, k: g in _WORD + k),
    ("more-behind", "anything behind the key", WRONG, lambda g, k: g.startswith(_WORD + k)),
    ("more-before", "anything before the key", WRONG, _on_token(lambda t, k: t.endswith(k))),
    ("beginning", "a beginning of the key", (WRONG, SCHEME),
     _on_token(lambda t, k: k.startswith(t))),
    ("any-key", "any key", WRONG, _on_token(lambda t, _: bool(t))),
    ("empty-key", "an empty key", (WRONG, SCHEME, MISSING),
     lambda g, k: g == _WORD + k or g.strip() == b"Api-Key"),
    ("empty-header", "an empty header", ALL, lambda g, k: g == _WORD + k or not g.strip()),
    ("letter-case", "the key in any letter case", WRONG,
     _on_token(lambda t, k: t.lower() == k.lower())),
    ("length", "any key of the right length", WRONG, _on_token(lambda t, k: len(t) == len(k))),
    ("shape", "any key that begins with secret_live_", WRONG,
     _on_token(lambda t, _: t.startswith(b"secret_live_"))),
    ("first-twenty", "any key with the right first 20 characters", WRONG,
     _on_token(lambda t, k: t[:20] == k[:20])),
    ("last-part", "any key with the right part after its last underscore", WRONG,
     _on_token(lambda t, k: t.rpartition(b"_")[2] == k.rpartition(b"_")[2])),
    ("quotes", "the key in quotes", WRONG, _on_token(lambda t, k: t.strip(b"\"'") == k)),
    ("percent-decoded", "the key percent-encoded", WRONG,
     _on_token(lambda t, k: unquote_to_bytes(t) == k)),
    ("last-character", "the key but for its last character", WRONG,
     _on_token(lambda t, k: t[:-1] == k[:-1])),
)  # fmt: skip


def _unless(test: Callable[[Core, Request], bool]) -> Change:
    """The credential is not looked at where `test` is true."""

    def change(core: Core) -> Core:
        def authenticate(request: Request) -> None:
            if not test(core, request):
                core.authenticate(request)

        return replace(core, authenticate=authenticate)

    return change


def _known(core: Core, request: Request) -> bool:
    return request.text(CUSTOMER) in core.profiles.by_customer


def _profile_alone(_: Core, request: Request) -> bool:
    return bool(request.text(PROFILE)) and not request.text(CUSTOMER)


def _unchecked() -> Iterator[Server]:
    table: list[tuple[str, str, str | tuple[str, ...], Callable[[Core, Request], bool]]] = [
        ("none", "never", ALL, lambda *_: True),
        ("if-given", "only where there is one", MISSING,
         lambda _, request: not request.values("authorization")),
        ("new-customers", "only for customers that are new", ALL, _known),
        ("customers", "only where a customer is named, not for a profile id alone", ALL,
         _profile_alone),
    ]  # fmt: skip
    for words, about, breaks, test in table:
        yield _fault(
            f"checked-{words}", f"The credential is checked {about}.", breaks, _unless(test)
        )


def _remembered(core: Core) -> Core:
    """Checked once per connection."""
    seen: set[object] = set()

    def authenticate(request: Request) -> None:
        if request.connection not in seen:
            core.authenticate(request)
            seen.add(request.connection)

    return replace(core, authenticate=authenticate)


def _cached(core: Core) -> Core:
    """A right key opens the door to others for a second."""
    last = [0.0]

    def authenticate(request: Request) -> None:
        try:
            core.authenticate(request)
            last[0] = time.monotonic()
        except Problem:
            given = request.joined("authorization")
            if not given.startswith(_WORD) or time.monotonic() - last[0] > 1:
                raise

    return replace(core, authenticate=authenticate)


def _answered(status: int, *, missing: bool, wrong: bool) -> Change:
    """Another status than 401 for a missing or for a wrong credential."""

    def answer(given: Response, request: Request) -> Response:
        problem = request.problem
        if problem is None or problem.layer != "authentication":
            return given
        if not (missing if problem.code == "not_authenticated" else wrong):
            return given
        body = b'{"errors":[],"error_code":"refused","status_code":%d}' % status
        headers = given.headers if status >= 400 else ((b"location", b"/login"),)
        return Response(status, body if status >= 400 else b"", headers)

    return finished(answer)


def _statuses() -> Iterator[Server]:
    table: list[tuple[str, str, tuple[str, ...], Change]] = [
        ("403-for-wrong", "a wrong key is 403", (WRONG, SCHEME, MISSING),
         _answered(403, missing=False, wrong=True)),
        ("403-for-missing", "no credential is 403", (MISSING,),
         _answered(403, missing=True, wrong=False)),
        ("400-for-missing", "no credential is 400", (MISSING,),
         _answered(400, missing=True, wrong=False)),
        ("404-for-wrong", "a wrong key is 404", (WRONG, SCHEME, MISSING),
         _answered(404, missing=False, wrong=True)),
        ("302-to-login", "a redirect to a page to log in", (*ALL, "rejection.status"),
         _answered(302, missing=True, wrong=True)),
        ("500-for-missing", "no credential is a 500", ("robustness.server_error", MISSING),
         _answered(500, missing=True, wrong=False)),
    ]  # fmt: skip
    for words, about, breaks, change in table:
        several = "each kind of wrong credential is one" if len(breaks) > 2 else ""
        yield _fault(
            f"status-{words}", f"In place of a 401: {about}.", breaks, change, several=several
        )


def _crashes() -> Iterator[Server]:
    broken = "robustness.server_error"
    table: list[tuple[str, str, tuple[str, ...], Callable[[bytes], bool]]] = [
        ("one-word", "a header of one word", (broken, SCHEME), lambda g: b" " not in g.strip()),
        ("three-words", "a header of three words", (broken, *ALL), lambda g: len(g.split()) > 2),
        ("not-ascii", "a key beyond ASCII", (broken, WRONG), lambda g: not g.isascii()),
        ("empty", "an empty header", (broken, *ALL), lambda g: not g.strip()),
        ("other-scheme", "a scheme it does not know", (broken, SCHEME),
         lambda g: not g.startswith(b"Api-Key")),
    ]  # fmt: skip
    for words, about, breaks, test in table:

        def accepts(given: bytes, key: bytes, test: Callable[[bytes], bool] = test) -> bool:
            if test(given):
                raise Crash
            return given == _WORD + key

        yield _fault(f"crash-{words}", f"It crashes on {about}.", breaks, accepting(accepts))


AUTHENTICATION: tuple[Server, ...] = (
    *_unchecked(),
    *(
        _fault(f"takes-{words}", f"It takes {about}.", breaks, accepting(accepts))
        for words, about, breaks, accepts in LAX
    ),
    _fault(
        "once-per-connection",
        "The credential is checked once per connection and then remembered.",
        ALL,
        _remembered,
    ),
    _fault("cached", "Any key is taken within a second after a right one.", WRONG, _cached),
    *_statuses(),
    *_crashes(),
)
