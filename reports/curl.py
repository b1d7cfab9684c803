"""A recorded request as something to paste: a curl line for bash, a snippet of Python (HTTPX).

The credential is recorded as a shell parameter (`${ADAPTY_API_KEY}`, or a near miss of it such as
`${ADAPTY_API_KEY%?}`). It is the only thing in a line that the shell expands.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from reports.text import has_hidden

KEY_ENV = "ADAPTY_API_KEY"

# What curl writes itself; repeating the recorded value could only contradict it.
_OWN = {"content-length", "host", "connection", "transfer-encoding"}
# Beyond this a word is too long for the argument of a program; printf is built into bash.
_LONGEST_WORD = 100_000


def curl(request: Mapping[str, Any], key_env: str = KEY_ENV) -> str:
    """One line for bash that sends the recorded method, headers and body bytes again.

    Line feeds, controls and invisible characters are spelled as escapes, so the line stays one
    line and shows what it sends.
    """
    url = str(request["url"])
    words = ["curl", "-i"]
    if re.search(r"[\[\]{}]", url):
        words.append("--globoff")
    if re.search(r"/\.\.?(?:/|$)", urlsplit(url).path):
        words.append("--path-as-is")
    words += ["-X", _word(str(request["method"])), _word(url)]
    names = {name.lower() for name, _ in request["headers"]}
    for name, value in request["headers"]:
        if name.lower() not in _OWN:
            line = f"{name};" if not value.strip() else f"{name}: {value}"
            words += ["-H", _word(line, key_env)]
    if "content-type" not in names:
        words += ["-H", "'Content-Type:'"]
    if "accept-encoding" in names:
        words.append("--compressed")
    text, encoded = request.get("body"), request.get("body_base64")
    if text is None and encoded:
        return f"printf %s {_word(encoded)} | base64 -d | {' '.join(words)} --data-binary @-"
    text = text or ""
    if text.startswith("@") or len(text) > _LONGEST_WORD or "\n" in text or _is_hidden(text):
        return f"printf {_format(text)} | {' '.join(words)} --data-binary @-"
    return f"{' '.join(words)} --data-binary {_word(text)}"


def on_one_connection(lines: Sequence[str]) -> str:
    """curl lines as one, which sends their requests over one connection.

    Where one of them needs another program to make its body, the last line alone.
    """
    plain = all(line.startswith("curl ") for line in lines)
    return " --next ".join([lines[0], *(line[5:] for line in lines[1:])]) if plain else lines[-1]


def http_snippet(request: Mapping[str, Any], key_env: str = KEY_ENV) -> str:
    """A few lines of Python that send the request with HTTPX."""
    headers = [
        f"    ({name!a}, {_expression(value, key_env)}),"
        for name, value in request["headers"]
        if name.lower() not in _OWN
    ]
    text, encoded = request.get("body"), request.get("body_base64")
    imports = ["import os"] if any("os." in line for line in headers) else []
    if text is None and encoded:
        imports.insert(0, "import base64")
        content = f"base64.b64decode({encoded!r})"
    else:
        content = repr(_bytes(text or ""))
    lines = [
        *imports,
        "import httpx",
        "",
        "response = httpx.request(",
        f"    {request['method']!a},",
        f"    {request['url']!a},",
        *(["    headers=[", *(f"    {line}" for line in headers), "    ],"] if headers else []),
        f"    content={content},",
        ")",
        "print(response.status_code, response.text)",
    ]
    return "\n".join(lines)


# The key as it is recorded, or a near miss of it, with nothing inside that a shell would run.
_RECORDED = re.compile(r"\$\{" + KEY_ENV + r"((?:[%#^,~:/@][\w?*.:%#^,~/@ -]*)?)\}")


def _split(text: str, key_env: str) -> Iterator[tuple[str, bool]]:
    """`text` in pieces, each with whether it is the key, which is in the variable `key_env`."""
    end = 0
    for found in _RECORDED.finditer(text):
        if found.start() > end:
            yield text[end : found.start()], False
        yield f"${{{key_env}{found[1]}}}", True
        end = found.end()
    if end < len(text):
        yield text[end:], False


def _word(text: str, key_env: str | None = None) -> str:
    """`text` as one word of bash in which only the key is expanded."""
    pieces = list(_split(text, key_env)) if key_env else [(text, False)]
    if any(secret for _, secret in pieces):
        # `!` would call up the history of an interactive shell, even in double quotes.
        if not _is_hidden(text) and "!" not in text:
            inner = (_expanded(p) if s else re.sub(r'([$`\\"])', r"\\\1", p) for p, s in pieces)
            return '"' + "".join(inner) + '"'
        return "".join(f'"{_expanded(p)}"' if secret else _word(p) for p, secret in pieces)
    if re.fullmatch(r"[\w@%+=:,./-]+", text, re.ASCII):
        return text
    if _is_hidden(text) or "\n" in text:
        octal = _octal(text, {"\\": r"\\", "'": r"\'"})
        return f"$'{octal}'"
    return "'" + text.replace("'", r"'\''") + "'"


def _expanded(key: str) -> str:
    """The key as bash expands it within double quotes."""
    plain = key.removesuffix(_BASIC)
    if plain == key:
        return key
    return f"$(printf %s: \"{plain}}}\" | base64 | tr -d '\\n')"


def _format(text: str) -> str:
    """`text` as a format for printf, in single quotes."""
    octal = _octal(text, {"\\": r"\\", "%": "%%", "'": r"'\''", "\n": r"\n"})
    return "'" + (r"\055" + octal[1:] if octal.startswith("-") else octal) + "'"


def _octal(text: str, replaced: Mapping[str, str]) -> str:
    parts = []
    for char in text:
        if char in replaced:
            parts.append(replaced[char])
        elif char < " " or _is_hidden(char):
            parts += [f"\\{byte:03o}" for byte in _bytes(char)]
        else:
            parts.append(char)
    return "".join(parts)


def _is_hidden(text: str) -> bool:
    return "\t" in text or has_hidden(text)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


_BASIC = "@base64}"
_DERIVED = {
    "%?": "[:-1]",
    "#?": "[1:]",
    "^^": ".upper()",
    ",,": ".lower()",
    "~~": ".swapcase()",
    "/_/%5F": '.replace("_", "%5F", 1)',
    "//_/-": '.replace("_", "-")',
}


def _expression(value: str, key_env: str) -> str:
    """A header's value as a Python expression; the key comes from the environment."""
    terms = []
    for piece, secret in _split(value, key_env):
        if not secret:
            terms.append(ascii(piece))
            continue
        operator = piece[2 + len(key_env) : -1]
        derived = _DERIVED.get(operator)
        if found := re.fullmatch(r":(\d+)(?::(\d+))?", operator):
            start, length = int(found[1]), found[2]
            derived = f"[{start}:{start + int(length) if length else ''}]"
        if operator and derived is None:
            terms.append(f"os.popen({f'printf %s {chr(34)}{_expanded(piece)}{chr(34)}'!r}).read()")
        else:
            terms.append(f"os.environ[{key_env!r}]{derived or ''}")
    return " + ".join(terms) or "''"


def decoded(request: Mapping[str, Any]) -> bytes:
    """The body's bytes as they were sent."""
    if request.get("body") is None and request.get("body_base64"):
        return base64.b64decode(request["body_base64"])
    return _bytes(request.get("body") or "")
