"""The URLs that an operator gives: whether one can be sent to, and which host it means.

Of a URL that holds a user name and a password, no sentence shows anything.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import httpx

from reports.text import short
from runner.settings import UsageError

LONGEST = 8_000  # characters of a target
_SCHEMES = ("http", "https")


def host(url: str) -> str:
    """The host that a request to `url` goes to, as it is looked up, without a dot at its end.

    Raises ValueError for a URL that no request can have.
    """
    try:
        made = httpx.URL(url)
        _ = made.host  # refuses more than the URL itself did, and would do so at the first request
    except httpx.InvalidURL as error:
        raise ValueError(str(error)) from error
    return made.raw_host.decode("ascii").encode("idna").decode("ascii").rstrip(".")


def check_target(url: str) -> None:
    """Whether `url` can be a target. Raises UsageError with what is wrong."""
    if not url:  # such as a variable that a job does not have
        raise UsageError("the target is empty; name a URL, or leave it out for the embedded mock")
    if _holds_login(url):
        raise UsageError(
            "the target must not hold a user name or password; the key is in a variable"
        )
    if len(url) > LONGEST:
        raise UsageError(f"the target is longer than {LONGEST:,} characters; name a base URL")
    if "://" not in url:
        name = re.fullmatch(r"[\w-]+", url)
        hint = f" If it is a name, the configuration has no [targets.{url}]" if name else ""
        raise UsageError(f"the target needs a scheme: http://{_shown(url)}?{hint}")
    if any(char.isspace() or not char.isprintable() for char in url):
        raise UsageError("the target is a URL; take away its blanks and control characters")
    told = f"the target {_shown(url)}"
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise UsageError(f"{told} is no URL: {error}") from error
    if parts.scheme not in _SCHEMES:
        raise UsageError(f"the target's scheme is {parts.scheme}; it must be http or https")
    try:
        known, _ = parts.hostname, parts.port
    except ValueError as error:
        raise UsageError(f"{told} has no valid port") from error
    if not known:
        raise UsageError(f"{told} names no host")
    if "?" in url or "#" in url:
        raise UsageError("the target is a base URL; take away its query and fragment")
    try:
        host(url)
    except ValueError as error:
        why = "" if "@" in url else f": {error}"
        raise UsageError(f"{told} is no URL that can be asked{why}") from error


def check_proxy(url: str) -> None:
    """Whether `url` can be a proxy. Raises UsageError with what is wrong."""
    if _holds_login(url):
        raise UsageError(
            "--proxy must not hold a user name or password; name the variable that has them with "
            "--proxy-auth-env"
        )
    try:
        parts = urlsplit(url)
        right = parts.scheme in _SCHEMES and bool(parts.hostname) and parts.port != 0
        host(url)
    except ValueError:
        right = False
    if not right:
        raise UsageError("--proxy takes a URL such as http://proxy.example.com:3128")


def _holds_login(url: str) -> bool:
    """Whether there is an @ before the path, whatever else is wrong."""
    before = re.match(r"(?:[^/?#]*://)?[^/?#]*", url)
    return before is not None and "@" in before[0]


def _shown(url: str) -> str:
    """A URL as it may be told: a password with a slash in it looks as if a path had the @."""
    return "…" if "@" in url else short(url, 200)
