"""The key: written symbolically, resolved only on its way to the wire, redacted on the way back."""

from __future__ import annotations

import base64
import re
from functools import lru_cache

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
    case) and `:0:N` (the first N characters). Raises ValueError for any other form.
    """

    def value(match: re.Match[str]) -> str:
        form = match[1]
        if form.startswith(":0:"):
            return key[: int(form[3:])]
        forms = {"": key, "%?": key[:-1], "#?": key[1:], "^^": key.upper(), ",,": key.lower()}
        if form not in forms:
            raise ValueError(f"unknown form of the key: {match[0]}")
        return forms[form]

    return _SYMBOLIC.sub(value, text)


class Redactor:
    """Replaces a key, and what is as good as the key, in everything that came back.

    Found are the key, the key without its first or last character, and both in any letter case:
    plain, percent-encoded, escaped as in JSON or HTML, each character as it may be, and in base64,
    alone or within a longer text.
    """

    def __init__(self, key: str, scheme: str) -> None:
        self._key, self._scheme = key, scheme
        near = dict.fromkeys((key, key[:-1], key[1:]))
        self._patterns = [_pattern(secret, scheme) for secret in near if secret]

    def redact(self, raw: bytes) -> bytes:
        """`raw` with every form of the key replaced by its symbol."""
        for pattern in self._patterns:
            raw = pattern.sub(SYMBOL.encode(), raw)
        return raw

    def redact_text(self, text: str) -> str:
        """As `redact`, for text such as a header or an error message."""
        return self.redact(text.encode("utf-8", "surrogateescape")).decode(
            "utf-8", "surrogateescape"
        )

    def quoted(self, presented: str, raw: bytes) -> bool:
        """Whether a response holds the key, or the credential that the request presented."""
        suspects = [self._key, *([presented] if len(presented) >= TELLING else [])]
        return any(_pattern(secret, self._scheme).search(raw) for secret in suspects)


@lru_cache(maxsize=64)
def _pattern(secret: str, scheme: str) -> re.Pattern[bytes]:
    """Every way in which a secret may be written."""
    spelled = "".join(map(_spellings, secret))
    if len(secret) < TELLING:
        before = "".join(map(_spellings, f"{scheme} ".lstrip()))
        return re.compile(f"{before}{spelled}(?![A-Za-z0-9])".encode("latin-1"))
    encoded = {
        re.sub("[+/]", lambda found: {"+": "[+-]", "/": "[/_]"}[found[0]], core)
        for each in (secret, secret.upper(), secret.lower())
        for core in _base64_cores(each.encode("utf-8", "surrogateescape"))
    }
    return re.compile("|".join([spelled, *sorted(encoded)]).encode("latin-1"))


_NAMED = {'"': "quot", "'": "apos", "&": "amp", "<": "lt", ">": "gt"}


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
