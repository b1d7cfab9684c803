"""Cases about the credential: everything near the key that is not the key."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from spec.contract import Contract
from strategies.cases import KEY, PLATFORM, RETURNED_PROFILE_ID, Case, words_of_id

# Near misses of the key in a header value. What the shell makes of `${NAME…}` is what is sent.
_CREDENTIALS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("auth.missing", "no-header", ()),
    ("auth.missing", "empty-header", ("",)),
    ("auth.scheme", "bare-key", (KEY,)),
    ("auth.scheme", "bearer", (f"Bearer {KEY}",)),
    ("auth.scheme", "token", (f"Token {KEY}",)),
    ("auth.scheme", "another-word-before", (f"X-<scheme> {KEY}",)),
    ("auth.scheme", "letters-alone", (f"<letters> {KEY}",)),
    ("auth.scheme", "basic", (f"Basic {KEY}",)),
    ("auth.scheme", "basic-as-user", ("Basic ${ADAPTY_API_KEY@base64}",)),
    ("auth.scheme", "without-blank", ("<scheme>" + KEY,)),
    ("auth.scheme", "colon-for-blank", (f"<scheme>:{KEY}",)),
    ("auth.wrong_key", "another-key", ("<scheme> secret_live_another.key000000000000",)),
    ("auth.wrong_key", "scheme-alone", ("<scheme>",)),
    ("auth.wrong_key", "last-letter-changed", ("<scheme> ${ADAPTY_API_KEY%?}~",)),
    ("auth.wrong_key", "last-letter-cut", ("<scheme> ${ADAPTY_API_KEY%?}",)),
    ("auth.wrong_key", "first-letter-cut", ("<scheme> ${ADAPTY_API_KEY#?}",)),
    ("auth.wrong_key", "extended", (f"<scheme> {KEY}{'x' * 80}",)),
    ("auth.wrong_key", "prefixed", (f"<scheme> x{KEY}",)),
    ("auth.wrong_key", "in-quotes", (f'<scheme> "{KEY}"',)),
    ("auth.wrong_key", "second-word", (f"<scheme> {KEY} x",)),
    ("auth.wrong_key", "capitals", ("<scheme> ${ADAPTY_API_KEY^^}",)),
    ("auth.wrong_key", "small-letters", ("<scheme> ${ADAPTY_API_KEY,,}",)),
    ("auth.wrong_key", "percent-encoded", ("<scheme> ${ADAPTY_API_KEY/_/%5F}",)),
    ("auth.wrong_key", "dashes-for-underscores", ("<scheme> ${ADAPTY_API_KEY//_/-}",)),
    ("auth.wrong_key", "wildcard", ("<scheme> %",)),
    ("auth.wrong_key", "word-null", ("<scheme> null",)),
    ("auth.wrong_key", "sql", ("<scheme> ' OR '1'='1",)),
)  # fmt: skip
_OPEN_CREDENTIALS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("scheme-in-small-letters", ("<small> " + KEY,)),
    ("two-blanks", (f"<scheme>  {KEY}",)),
    ("header-twice", (f"<scheme> {KEY}", f"<scheme> {KEY}")),
    ("not-utf-8", ("<scheme> \xff\xfe",)),
)


def credentials(contract: Contract) -> Iterator[Case]:
    """Everything near the key that is not the key, and what the contract leaves open about it."""
    header, scheme = contract.credential.header, contract.credential.scheme

    def spelled(values: tuple[str, ...]) -> tuple[str, ...]:
        spellings = {
            "<scheme>": scheme, "<small>": scheme.lower(), "<letters>": re.sub(r"\W", "", scheme)
        }  # fmt: skip
        for mark, word in spellings.items():
            values = tuple(value.replace(mark, word) for value in values)
        return tuple(value if scheme else value.strip() for value in values)

    def case(
        key: str, label: str, values: tuple[str, ...], expect: Any = "unauthorized", **more: Any
    ) -> Case:
        shown = " and ".join(spelled(values)) if values else "none"
        return Case(
            words_of_id(key, label), (key,) if expect != "open" else (), expect,
            "authentication", f"{header}: {label.replace('-', ' ')} ({shown})",
            headers=((header, spelled(values)),), **more,
        )  # fmt: skip

    for key, label, values in _CREDENTIALS:
        # The scheme's own word in any letter case is no near miss of it.
        if spelled(values)[:1] and spelled(values)[0].lower() == f"{scheme} {KEY}".strip().lower():
            continue
        yield case(key, label, values)
    wrong = ("<scheme> ${ADAPTY_API_KEY%?}~",)
    yield case("auth.wrong_key", "after-the-right-one-on-one-connection", wrong, after_control=True)
    yield case("auth.missing", "after-the-right-one-on-one-connection", (), after_control=True)
    customer, profile = contract.header("customer"), contract.header("profile")
    if customer and profile:
        # Not checked for whoever has no customer, or is on a device: one request shows either.
        alone = case("auth.wrong_key", "for-a-profile-id-alone", wrong)
        identity = ((customer.name, ()), (profile.name, (RETURNED_PROFILE_ID,)))
        platform = contract.header("platform")
        device = ((platform.name, (PLATFORM,)),) if platform else ()
        yield replace(alone, headers=(*alone.headers, *identity, *device))
    for label, values in _OPEN_CREDENTIALS:
        yield case("auth.header", label, values, "open", choice="auth.header")
