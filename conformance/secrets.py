"""The key: written symbolically, resolved only on its way to the wire, redacted on the way back."""

from __future__ import annotations

import base64
import re
from urllib.parse import quote, quote_plus

SYMBOL = "${ADAPTY_API_KEY}"
_SYMBOLIC = re.compile(r"\$\{ADAPTY_API_KEY([^}]*)\}")
# Shorter credentials turn up in innocent text by chance, so finding one proves nothing.
TELLING = 8


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


def forms(secret: str) -> list[bytes]:
    """A secret as it may come back: plain, percent-encoded, in base64; the longest first."""
    raw = secret.encode("utf-8", "surrogateescape")
    found = {
        raw,
        quote(secret, safe="").encode(),
        quote_plus(secret).encode(),
        base64.b64encode(raw),
        base64.b64encode(raw).rstrip(b"="),
        base64.urlsafe_b64encode(raw).rstrip(b"="),
    }
    return sorted(found, key=len, reverse=True)


class Redactor:
    """Replaces a key, and what is as good as the key, in everything that came back."""

    def __init__(self, key: str) -> None:
        self._key = key
        near = [key, key[:-1], key[1:], key.upper(), key.lower()]
        secrets = [secret for secret in dict.fromkeys(near) if secret]
        self._patterns = [
            re.compile(re.escape(form))
            for secret in secrets
            if secret == key or len(secret) >= TELLING
            for form in forms(secret)
            if form
        ]

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
        suspects = [secret for secret in (self._key, presented) if len(secret) >= TELLING]
        return any(form in raw for secret in suspects for form in forms(secret))
