"""Credentials that are taken although they are wrong: what databases and gateways make of one."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from benchmarks.power.battery.changes import accepting, finished
from benchmarks.power.battery.core import PLATFORM, Core, Request
from benchmarks.power.battery.server import Server, faulty

_auth = faulty("authentication")
MISSING, SCHEME, WRONG = "auth.missing", "auth.scheme", "auth.wrong_key"
_WORD = b"Api-Key "


def _like(pattern: bytes, text: bytes) -> bool:
    """What SQL's LIKE says."""
    wild = {ord("%"): b".*", ord("_"): b"."}
    parts = [wild.get(each) or re.escape(bytes([each])) for each in pattern]
    return re.fullmatch(b"".join(parts), text, re.DOTALL) is not None


def _key(given: bytes) -> bytes:
    return given.removeprefix(_WORD) if given.startswith(_WORD) else b""


def _basic(given: bytes, key: bytes) -> bool:
    return given == b"Basic " + base64.b64encode(key + b":")


# What is taken beside the right credential.
LAX: tuple[tuple[str, str, tuple[str, ...], Callable[[bytes, bytes], bool]], ...] = (
    ("like-stored", "what SQL's LIKE finds with the key as pattern: any character for a _",
     (WRONG,), lambda g, k: _like(k, _key(g))),
    ("like-given", "what SQL's LIKE takes for a pattern of the key: %, or _ for a character",
     (WRONG,), lambda g, k: bool(_key(g)) and _like(_key(g), k)),
    ("injection", "a key with ' OR in it, as SQL made by hand", (WRONG,),
     lambda g, _: re.search(rb"'\s*or\s", _key(g), re.IGNORECASE) is not None),
    ("dashes", "a key with dashes for underscores", (WRONG,),
     lambda g, k: _key(g).replace(b"-", b"_") == k.replace(b"-", b"_")),
    ("basic", "the key as a user's name under Basic", (SCHEME,), _basic),
)  # fmt: skip


def _unless_platform(core: Core) -> Core:
    """An app on a device has no secret."""

    def authenticate(request: Request) -> None:
        if not request.text(PLATFORM):
            core.authenticate(request)

    return replace(core, authenticate=authenticate)


def _credentials() -> Iterator[Server]:
    for words, about, breaks, lax in LAX:

        def accepts(given: bytes, key: bytes, lax: Callable[[bytes, bytes], bool] = lax) -> bool:
            return given == _WORD + key or lax(given, key)

        yield _auth(f"takes-{words}", f"It takes {about}.", breaks, accepting(accepts))
    yield _auth(
        "checked-without-platform", "The credential is not checked where a header names the "
        "platform.", (MISSING, WRONG, SCHEME), _unless_platform,
    )  # fmt: skip
    yield _auth(
        "status-200-for-401", "In place of a 401: a 200 whose body says 401.",
        (MISSING, WRONG, SCHEME, "response.200.data.required"),
        finished(lambda given, _: replace(given, status=200) if given.status == 401 else given),
        several="each kind of wrong credential is one",
    )  # fmt: skip


CREDENTIALS: tuple[Server, ...] = tuple(_credentials())
