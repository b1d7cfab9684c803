"""Formats, three-valued and in one place: what surely is one, what surely is none, what is open.

A format is open where its RFC leaves corners that reasonable validators decide differently; an
open value is never called right or wrong.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable, Mapping
from enum import Enum
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import Any
from urllib.parse import urlsplit


class Validity(Enum):
    """What the contract says of a value."""

    VALID = "valid"
    OPEN = "open"
    VIOLATION = "violation"


_MONTH_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)", re.ASCII)
_TIME = re.compile(r"(\d\d):(\d\d):(\d\d)(?:\.\d+)?(?:[Zz]|[+-](\d\d):(\d\d))", re.ASCII)
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_DEFINED_UUID = re.compile(r".{14}[1-8].{4}[89abAB].{16}|[0-]+")
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_HOSTNAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_EMAIL = re.compile(
    rf"[A-Za-z0-9_+-]+(?:\.[A-Za-z0-9_+-]+)*@(?:{_LABEL}\.)+(?P<top>[A-Za-z]{{2,63}}|xn--[a-z0-9-]+)"
)
# Special-use names (RFC 6761 and later), where no mail is delivered.
_NO_MAIL = frozenset({"example", "internal", "invalid", "local", "localhost", "onion", "test"})


def _date(text: str) -> Validity:
    """RFC 3339 full-date; the years 0000 to 0999, which many libraries cannot hold, are open."""
    match = _DATE.fullmatch(text)
    if not match:
        return Validity.VIOLATION
    year, month, day = map(int, match.groups())
    if not 1 <= month <= 12:
        return Validity.VIOLATION
    last = 29 if month == 2 and calendar.isleap(year) else _MONTH_DAYS[month - 1]
    if not 1 <= day <= last:
        return Validity.VIOLATION
    return Validity.VALID if year >= 1000 else Validity.OPEN


def _date_time(text: str) -> Validity:
    """RFC 3339 date-time; a blank for the `T` and leap seconds are open."""
    if len(text) < 11 or text[10] not in "Tt ":
        return Validity.VIOLATION
    date, match = _date(text[:10]), _TIME.fullmatch(text[11:])
    if date is Validity.VIOLATION or not match:
        return Validity.VIOLATION
    hour, minute, second, off_hour, off_minute = (int(part or 0) for part in match.groups())
    if hour > 23 or minute > 59 or second > 60 or off_hour > 23 or off_minute > 59:
        return Validity.VIOLATION
    return Validity.OPEN if second == 60 or text[10] == " " else date


def _uuid(text: str) -> Validity:
    """RFC 9562 text in either letter case, of a version and variant that it defines, or nil; other
    versions and variants, and the `urn:uuid:` form, are open."""
    if _UUID.fullmatch(text):
        return Validity.VALID if _DEFINED_UUID.fullmatch(text) else Validity.OPEN
    urn = text[:9].lower() == "urn:uuid:" and _UUID.fullmatch(text[9:])
    return Validity.OPEN if urn else Validity.VIOLATION


def _email(text: str) -> Validity:
    """RFC 5321 Mailbox: plain addresses are valid, what no reading allows is none, corners open.

    A corner, too, is a domain that cannot have mail: with a special-use name or no name at the top.
    """
    plain = _EMAIL.fullmatch(text)
    if plain and len(text) <= 254 and len(text.partition("@")[0]) <= 64:
        return Validity.OPEN if plain["top"].lower() in _NO_MAIL else Validity.VALID
    if text.startswith('"') and re.fullmatch(r'"(?:[^"\\]|\\.)*"@[^@\s<>]+', text):
        return Validity.OPEN
    local, at, domain = text.partition("@")
    if not (local and at and domain) or "@" in domain or re.search(r"[\s<>(),;:\"\\]", local):
        return Validity.VIOLATION
    if domain.startswith("[") and domain.endswith("]"):
        return Validity.OPEN
    return Validity.VIOLATION if re.search(r"[\s<>(),;:\"\\\[\]]", domain) else Validity.OPEN


def _hostname(text: str) -> Validity:
    if _HOSTNAME.fullmatch(text) and len(text) <= 253:
        return Validity.VALID
    return Validity.OPEN if text and not text.isascii() else Validity.VIOLATION


def _address(kind: type[IPv4Address] | type[IPv6Address]) -> Callable[[str], Validity]:
    def check(text: str) -> Validity:
        try:
            kind(text)
        except (AddressValueError, ValueError):
            return Validity.VIOLATION
        return Validity.OPEN if "%" in text else Validity.VALID

    return check


def _uri(text: str) -> Validity:
    """RFC 3986 with a scheme; one without an authority, or with a bare `%`, is open."""
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9+.-]*:[\x21-\x7e]*", text) or re.search(
        r'[<>"{}|\\^`]', text
    ):
        return Validity.VIOLATION
    try:
        plain = urlsplit(text).netloc and not re.search(r"%(?![0-9A-Fa-f]{2})", text)
        return Validity.VALID if plain else Validity.OPEN
    except ValueError:
        return Validity.VIOLATION


def _integer(bits: int) -> Callable[[Any], Validity]:
    low, high = -(2 ** (bits - 1)), 2 ** (bits - 1) - 1

    def check(number: Any) -> Validity:
        return Validity.VALID if low <= number <= high else Validity.VIOLATION

    return check


_TEXT: Mapping[str, Callable[[str], Validity]] = {
    "date": _date,
    "date-time": _date_time,
    "uuid": _uuid,
    "email": _email,
    "hostname": _hostname,
    "ipv4": _address(IPv4Address),
    "ipv6": _address(IPv6Address),
    "uri": _uri,
}
_NUMBER: Mapping[str, Callable[[Any], Validity]] = {"int32": _integer(32), "int64": _integer(64)}

# Formats that tell a reader or a code generator something and forbid no JSON value.
UNCONSTRAINING = frozenset({"float", "double", "password", "binary", "byte"})
KNOWN = frozenset(_TEXT) | frozenset(_NUMBER)


def check(name: str, value: Any) -> Validity:
    """What format `name` says of a JSON value.

    Values of a type that the format does not speak of are VALID; a format that is neither known
    nor unconstraining makes every string OPEN.
    """
    if isinstance(value, str):
        if name in _TEXT:
            return _TEXT[name](value)
        return Validity.VALID if name in _NUMBER or name in UNCONSTRAINING else Validity.OPEN
    if name in _NUMBER and isinstance(value, int | float) and not isinstance(value, bool):
        return _NUMBER[name](value)
    return Validity.VALID
