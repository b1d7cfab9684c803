"""The key: written symbolically, resolved only on its way to the wire, redacted on the way back.

A proxy's credential is redacted too.
"""

from __future__ import annotations

import base64
import re
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

SYMBOL = "${ADAPTY_API_KEY}"
_SYMBOLIC = re.compile(r"\$\{ADAPTY_API_KEY([^}]*)\}")
# Shorter credentials turn up in innocent text by chance: they count only where the scheme precedes.
TELLING = 8


class Key(str):
    """A key that no traceback shows."""

    def __repr__(self) -> str:
        return repr(SYMBOL)


def resolve(text: str, key: str) -> str:
    """`text` with each `${ADAPTY_API_KEY…}` replaced as a shell would.

    Known are the whole key, `%?` and `#?` (last and first character cut), `^^` and `,,` (letter
    case), `:0:N` (the first N characters), `/_/%5F` (the first underscore percent-encoded), `//_/-`
    (dashes for underscores) and, which no shell has, `@base64` (as the user's name under Basic).
    Raises ValueError for any other form.
    """

    def value(match: re.Match[str]) -> str:
        form = match[1]
        if form.startswith(":0:"):
            return key[: int(form[3:])]
        forms = {
            "": key, "%?": key[:-1], "#?": key[1:], "^^": key.upper(), ",,": key.lower(),
            "/_/%5F": key.replace("_", "%5F", 1), "//_/-": key.replace("_", "-"),
            "@base64": base64.b64encode(f"{key}:".encode("utf-8", "surrogateescape")).decode(),
        }  # fmt: skip
        if form not in forms:
            raise ValueError(f"unknown form of the key: {match[0]}")
        return forms[form]

    return _SYMBOLIC.sub(value, text)


@dataclass(frozen=True)
class Login:
    """What a proxy is told of who asks, and the environment variable that it stands in."""

    variable: str
    user: str = field(repr=False)
    password: str = field(repr=False)

    @property
    def symbol(self) -> str:
        """What is written in its place."""
        return f"${{{self.variable}}}"

    def secrets(self) -> list[_Secret]:
        """The password, and both as they go out; what is short only as it goes out."""
        both = f"{self.user}:{self.password}"
        basic = base64.b64encode(both.encode("utf-8", "surrogateescape")).decode().rstrip("=")
        telling = [each for each in (both, self.password) if len(each) >= TELLING]
        return [_secret(each, "Basic") for each in (basic, *telling)]


class Redactor:
    """Replaces a key, and what is as good as the key, in everything that came back.

    Found are the key, without its first or last character, and with dashes for underscores, in any
    letter case: plain, percent-encoded, escaped as in JSON or HTML, each character as it may be,
    and in base64, alone or within a longer text. So are the password of a proxy's `login`, and the
    user's name with it, which stand for no key: to tell them breaks no promise.
    """

    def __init__(self, key: str, scheme: str, login: Login | None = None) -> None:
        self._key, self._scheme = key, scheme
        near = dict.fromkeys((key, key[:-1], key[1:], key.replace("_", "-")))
        self._secrets = [(SYMBOL, _secret(each, scheme)) for each in near if each]
        if login is not None:
            self._secrets += [(login.symbol, each) for each in login.secrets()]

    def redact(self, raw: bytes) -> bytes:
        """`raw` with every form of a secret replaced by its symbol."""
        text = _Text(raw)
        for symbol, secret in self._secrets:
            if secret.may_stand_in(text):
                raw = secret.pattern.sub(symbol.encode(), raw)
        return raw

    def spans(self, raw: bytes) -> list[tuple[int, int, str]]:
        """Where in `raw` forms of a secret begin and end, and its symbol."""
        text = _Text(raw)
        return [
            (*match.span(), symbol)
            for symbol, secret in self._secrets
            if secret.may_stand_in(text)
            for match in secret.pattern.finditer(raw)
        ]

    def redact_text(self, text: str) -> str:
        """As `redact`, for text such as a header or an error message."""
        return self.redact(text.encode("utf-8", "surrogateescape")).decode(
            "utf-8", "surrogateescape"
        )

    def suspects(self, raw: bytes, presented: Iterable[str]) -> bool:
        """Whether `raw` may hold a secret or what was presented; False is certain, and quick."""
        told = (_secret(each, self._scheme) for each in presented if len(each) >= TELLING)
        text = _Text(raw)
        return any(each.may_stand_in(text) for each in (*(s for _, s in self._secrets), *told))

    def quoted(self, presented: str, raw: bytes) -> bool:
        """Whether a response holds the key, or the credential that the request presented."""
        suspects = [self._key, *([presented] if len(presented) >= TELLING else [])]
        found = (_secret(each, self._scheme) for each in suspects)
        text = _Text(raw)
        return any(each.may_stand_in(text) and each.pattern.search(raw) for each in found)


class _Text:
    """What came back, made ready for a quick look: patterns are slow on megabytes."""

    def __init__(self, raw: bytes) -> None:
        self.spelled = raw.lower() + b"\n" + _ESCAPED.sub(_unescaped, raw).lower()
        self.encoded = raw.translate(_PLAIN_BASE64)


@dataclass(frozen=True)
class _Secret:
    """A secret as it is looked for: quickly by what must be there, then by its pattern.

    The needle is its second half, for what precedes may seem to escape the first characters, or
    nothing at all where the secret itself may seem to hold escapes.
    """

    needles: tuple[bytes, ...]
    cores: tuple[bytes, ...]
    spelled: Callable[[], str]

    def may_stand_in(self, text: _Text) -> bool:
        return any(each in text.spelled for each in self.needles) or any(
            each in text.encoded for each in self.cores
        )

    @cached_property
    def pattern(self) -> re.Pattern[bytes]:
        """Compiled when it is needed first: most secrets never stand in any answer."""
        return re.compile(self.spelled().encode("latin-1"))


@lru_cache(maxsize=64)
def _secret(secret: str, scheme: str) -> _Secret:
    """Every way in which a secret may be written."""
    if len(secret) < TELLING:
        before = f"{scheme} ".lstrip()
        needles = _bytes(before + secret) + _bytes(before.replace(" ", "+") + secret)
        user = "Basic " + base64.b64encode(f"{secret}:".encode("utf-8", "surrogateescape")).decode()
        return _Secret(
            (*needles, *_bytes(user)), (),
            lambda: f"{_spelled(before + secret)}(?![A-Za-z0-9])|{re.escape(user)}",
        )  # fmt: skip
    cores = sorted(
        {
            core
            for each in (secret, secret.upper(), secret.lower())
            for core in _base64_cores(each.encode("utf-8", "surrogateescape"))
        }
    )
    encoded = [re.sub("[+/]", lambda found: f"[{found[0]}{_URL_SAFE[found[0]]}]", c) for c in cores]
    half = "" if set(secret) & set("\\%&") else secret[len(secret) // 2 :]
    return _Secret(
        _bytes(half), tuple(core.encode() for core in cores),
        lambda: "|".join([_spelled(secret), *sorted(encoded)]),
    )  # fmt: skip


def _spelled(text: str) -> str:
    return "".join(map(_spellings, text))


def _bytes(text: str) -> tuple[bytes, ...]:
    return (
        text.encode("utf-8", "surrogateescape").lower(),
        text.encode("latin-1", "replace").lower(),
    )


_URL_SAFE = {"+": "-", "/": "_"}
_PLAIN_BASE64 = bytes.maketrans(b"-_", b"+/")
_NAMED = {'"': "quot", "'": "apos", "&": "amp", "<": "lt", ">": "gt"}
_ESCAPED = re.compile(
    rb'%[0-9A-Fa-f]{2}|\\(?:u[0-9A-Fa-f]{4}|["\\/])'
    rb"|&(?:#[0-9]{1,9}|#[xX][0-9A-Fa-f]{1,9}|quot|apos|amp|lt|gt);"
)


def _unescaped(match: re.Match[bytes]) -> bytes:
    """The character that an escape stands for."""
    text = match[0].decode("ascii")
    if text[0] == "%":
        return bytes.fromhex(text[1:])
    if text[0] == "\\" and text[1] != "u":
        return text[1:].encode()
    if text[0] == "\\":
        code = int(text[2:], 16)
    elif text[1] != "#":
        return next(char for char, name in _NAMED.items() if name == text[1:-1]).encode()
    else:
        code = int(text[3:-1], 16) if text[2] in "xX" else int(text[2:-1])
    return chr(code).encode("utf-8", "replace") if code <= sys.maxunicode else b""


def _spellings(char: str) -> str:
    """One character in either letter case, as it is or escaped."""
    ways = set()
    for each in {char, char.upper(), char.lower()}:
        code = each.encode("utf-8", "surrogateescape")
        ways |= {re.escape(code.decode("latin-1")), "".join(f"%{_hex(byte, 2)}" for byte in code)}
        if len(each) == 1:
            ways |= {re.escape(each)} if ord(each) < 256 else set()
            ways |= {
                rf"\\u{_hex(ord(each), 4)}",
                f"&#0*{ord(each)};",
                f"&#[xX]0*{_hex(ord(each))};",
            }
    if char in '"\\/':
        ways.add(r"\\" + re.escape(char))
    if char in _NAMED:
        ways.add(f"&{_NAMED[char]};")
    if char == " ":
        ways.add(r"\+")
    return f"(?:{'|'.join(sorted(ways))})"


def _hex(number: int, digits: int = 1) -> str:
    """A number in hexadecimal digits of either letter case."""
    return "".join(f"[{d}{d.upper()}]" if d.isalpha() else d for d in f"{number:0{digits}x}")


def _base64_cores(raw: bytes) -> list[str]:
    """The characters of base64 that depend on `raw` alone, wherever in a longer text it stands."""
    cores = []
    for shift, start in ((0, 0), (1, 2), (2, 3)):
        text = base64.b64encode(b"\0" * shift + raw).decode("ascii")
        cores.append(text[start : (shift + len(raw)) * 8 // 6])
    return cores
