"""The key goes to the target and nowhere else; what comes back is searched for every form of it."""

from __future__ import annotations

import base64
import html
import json
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from conformance.journal import Record
from conformance.judge import judge
from conformance.secrets import SYMBOL, TELLING, Key, Login, Redactor, resolve
from conformance.sending import Route
from strategies.cases import RETURNED_PROFILE_ID, Request, build
from strategies.controls import full
from strategies.credentials import credentials
from tests.support import CONTRACT, KEY, ask, opened, raw_server, says, sent

SCHEME = CONTRACT.credential.scheme
ODD = r"""a$b`c"d'e\f*g?h[i]j{k}l;m&n|o<p>q%r#s!t~u^v,w.(x)+/="""
KEYS = ["k", "five5", "seven77", "eight888", "9876543210", "z" * 40, KEY, ODD]
FORMS = ["", "%?", "#?", "^^", ",,", ":0:1", ":0:8", "/_/%5F", "//_/-"]
BASIC = "Basic ${ADAPTY_API_KEY@base64}"  # which no shell has: see the curl lines
AUTH = [case for case in credentials(CONTRACT) if not case.after_control]


def in_bash(text: str, key: str) -> str:
    quoted = text.replace('"', '\\"')
    script = f'printf %s "{quoted}"'
    run = subprocess.run(
        ["bash", "-c", script], env={"ADAPTY_API_KEY": key}, capture_output=True, check=True
    )
    return run.stdout.decode()


@pytest.mark.parametrize("key", KEYS)
def test_symbols_mean_what_they_mean_in_a_shell(key: str) -> None:
    texts = [f"${{ADAPTY_API_KEY{form}}}" for form in FORMS]
    headers = {value for case in AUTH for _, values in case.headers for value in values}
    headers -= {BASIC}
    everything = "|".join([*texts, *sorted(filter(str.isascii, headers))])
    assert resolve(everything, key) == in_bash(everything, key)


@pytest.mark.parametrize("key", KEYS)
def test_the_key_as_the_user_of_basic(key: str) -> None:
    assert BASIC in {value for case in AUTH for _, values in case.headers for value in values}
    user = base64.b64decode(resolve(BASIC, key).removeprefix("Basic ")).decode()
    assert user == f"{key}:"


@pytest.mark.parametrize("key", [key for key in KEYS if len(key) < TELLING])
def test_a_short_key_as_the_user_of_basic_is_found(key: str) -> None:
    redactor = Redactor(key, SCHEME)
    sent_back = f'{{"got": "{resolve(BASIC, key)}"}}'.encode()
    assert redactor.redact(sent_back) == b'{"got": "${ADAPTY_API_KEY}"}'
    assert redactor.quoted("", sent_back)
    alone = resolve(BASIC, key).removeprefix("Basic ").encode()
    assert redactor.redact(alone) == alone, "so short a text comes up by chance"


def test_an_unknown_symbol_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown form of the key"):
        resolve("${ADAPTY_API_KEY/a/b}", KEY)


@pytest.mark.parametrize("key", KEYS)
def test_no_near_miss_is_the_key_itself(key: str, tmp_path: Path) -> None:
    """For a short or plain key some near misses are the key: those are not sent."""
    right = f"{SCHEME} {key}"
    with opened("http://127.0.0.1:9", tmp_path, key=key) as client:
        sent_cases = [
            case for case in AUTH if client.applies(build(CONTRACT, [case], {}, "customer"))
        ]
    wrong = [case for case in sent_cases if case.expect == "unauthorized"]
    for case in wrong:
        assert [resolve(v, key).strip() for _, vs in case.headers for v in vs] != [right], case.id
    for promise in ("auth.missing", "auth.scheme", "auth.wrong_key"):
        assert any(promise in case.requirements for case in wrong)
    assert [case for case in AUTH if case.expect == "open"] == [
        case for case in sent_cases if case.expect == "open"
    ]


@pytest.mark.parametrize("key", KEYS)
def test_near_misses_go_out_resolved_and_are_recorded_symbolically(
    key: str, tmp_path: Path
) -> None:
    got: list[bytes] = []
    control = full(CONTRACT)
    requests = [build(CONTRACT, [case], control, "customer") for case in AUTH]
    with (
        raw_server(lambda _, request: got.append(request)) as url,
        opened(url, tmp_path, key=key) as client,
    ):
        exchanges = ask(client, *requests)
    assert {each.trouble for each in exchanges} == {"connection"}
    lines = {line for request in got for line in request.split(b"\r\n")}
    for case in AUTH:
        for name, values in case.headers:
            for value in values:
                sent = resolve(value, key).replace(RETURNED_PROFILE_ID, "")
                line = f"{name}: {sent}".rstrip().encode("latin-1")
                assert line in {each.rstrip() for each in lines}, case.id
    written = (tmp_path / "journal.ndjson").read_text()
    for near in (key, key[:-1], key[1:]):
        if len(near) >= TELLING:
            assert near not in written.replace("\\\\", "\\").replace('\\"', '"')
    assert "${ADAPTY_API_KEY%?}" in written


def wholly_escaped(text: str) -> str:
    return "".join(f"\\u{ord(char):04X}" for char in text)


SPELLINGS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "percent-encoded": lambda text: quote(text, safe=""),
    "percent-encoded in small letters": lambda text: "".join(f"%{ord(c):02x}" for c in text),
    "as in a form": quote_plus,
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64 of a longer text": lambda text: base64.b64encode(f"x{text}y".encode()).decode(),
    "base64 for URLs": lambda text: base64.urlsafe_b64encode(text.encode()).decode().rstrip("="),
    "JSON": lambda text: json.dumps(text).replace("/", "\\/"),
    "JSON with every character escaped": wholly_escaped,
    "HTML": html.escape,
    "capitals": str.upper,
    "small letters": str.lower,
}


@pytest.mark.parametrize("name", SPELLINGS)
@pytest.mark.parametrize("key", [k for k in KEYS if len(k) >= TELLING])
def test_every_form_is_found_and_redacted(key: str, name: str) -> None:
    redactor = Redactor(key, SCHEME)
    echo = SPELLINGS[name](f"{SCHEME} {key}")
    text = f'{{"error": "{echo}"}}'.encode()
    assert redactor.quoted("", text)
    redacted = redactor.redact(text).decode()
    assert SYMBOL in redacted
    for near in (key, key[:-1], key[1:]):
        if len(near) >= TELLING:
            assert near.lower() not in redacted.lower()


@pytest.mark.parametrize("key", [k for k in KEYS if len(k) > TELLING])
def test_the_key_cut_by_a_letter_is_as_secret(key: str) -> None:
    for near in (key[:-1], key[1:]):
        redacted = Redactor(key, SCHEME).redact(f'{{"error": "no such key: {near}"}}'.encode())
        assert redacted == f'{{"error": "no such key: {SYMBOL}"}}'.encode()


keys = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=TELLING, max_size=50)


@settings(deadline=None)
@given(keys, st.binary(), st.binary(), st.sampled_from(sorted(SPELLINGS)))
@example("Ea]=S(POB", b"%", b"", "percent-encoded")
@example("abcd]=S(P", b"\\u", b"", "percent-encoded")
def test_no_key_is_missed(key: str, before: bytes, after: bytes, name: str) -> None:
    redactor = Redactor(key, SCHEME)
    raw = before + SPELLINGS[name](key).encode() + after
    assert redactor.quoted("", raw)
    assert key.encode() not in redactor.redact(raw).replace(SYMBOL.encode(), b"\0")


@pytest.mark.parametrize("key", ["k", "1", "key", "200", "value", "seven77"])
def test_a_short_key_is_secret_only_beside_its_scheme(key: str) -> None:
    redactor = Redactor(key, SCHEME)
    innocent = f'{{"key": "{key}", "value": 200, "1": "seven77", "n": {len(key)}}}'.encode()
    assert redactor.redact(innocent) == innocent
    assert not redactor.quoted("", innocent)
    echo = f'{{"error": "not valid: {SCHEME} {key}"}}'.encode()
    assert redactor.quoted("", echo)
    assert f"{SCHEME} {key}".encode() not in redactor.redact(echo)


LONG = Login("PROXY_LOGIN", "me", "a long p/ssword+")


@pytest.mark.parametrize("name", SPELLINGS)
@pytest.mark.parametrize("echo", ["me:a long p/ssword+", "a long p/ssword+"])
def test_every_form_of_a_proxy_s_password_is_written_as_what_it_is(echo: str, name: str) -> None:
    redactor = Redactor(KEY, SCHEME, LONG)
    text = f'{{"error": "{SPELLINGS[name](echo)}"}}'.encode()
    redacted = redactor.redact(text).decode()
    assert "${PROXY_LOGIN}" in redacted
    assert SYMBOL not in redacted
    assert LONG.password.lower() not in redacted.lower()
    assert not redactor.quoted("", text)


@pytest.mark.parametrize("password", ["", "1", "200", "word", "a word", LONG.password])
@pytest.mark.parametrize("user", ["m", "me", "operator"])
def test_what_a_proxy_is_told_is_found_however_short(user: str, password: str) -> None:
    redactor = Redactor(KEY, SCHEME, Login("PROXY", user, password))
    told = base64.b64encode(f"{user}:{password}".encode()).decode()
    text = f'{{"got": "Basic {told}", "and": "{quote_plus("Basic " + told)}"}}'.encode()
    redacted = redactor.redact(text).decode()
    assert redacted.count("${PROXY}") == 2
    assert told.rstrip("=") not in redacted
    assert not redactor.quoted("", text)


@pytest.mark.parametrize("password", ["", "1", "200", "value", "null"])
def test_a_short_password_of_a_proxy_takes_nothing_from_what_is_innocent(password: str) -> None:
    redactor = Redactor(KEY, SCHEME, Login("PROXY", "me", password))
    innocent = f'{{"me": "{password}", "value": 200, "1": null, "n": "me {password}"}}'.encode()
    assert redactor.redact(innocent) == innocent


def test_no_repr_shows_a_password() -> None:
    assert LONG.password not in f"{LONG!r} {Route(login=LONG)!r}"


def test_a_proxy_that_echoes_is_blamed_for_the_key_only(tmp_path: Path) -> None:
    """Whole in one header, and split over two."""
    told = base64.b64encode(f"me:{LONG.password}".encode())
    halves = b"\r\nX-More: ".join([told[:12], told[12:]])
    head = b"HTTP/1.1 401 No\r\nContent-Length: 2\r\nX-Got: Basic "
    for echo in (told, halves):
        with raw_server(says(head, echo, b"\r\n\r\n{}")) as url:
            route = Route(proxy=url, login=LONG)
            exchange = sent("http://sandbox.invalid", tmp_path, route=route)
        assert not exchange.quotes_credential
        assert exchange.response is not None
        got = [value for name, value in exchange.response.headers if name.startswith("X-")]
        assert all("${PROXY_LOGIN}" in value for value in got), got
        written = (tmp_path / "journal.ndjson").read_text()
        assert SYMBOL not in "".join(got)
        assert not any(part.decode() in written for part in echo.split(b"\r\nX-More: "))


def test_the_credential_that_was_presented_counts_too() -> None:
    redactor = Redactor(KEY, SCHEME)
    assert redactor.quoted("another key 000", b"no such key: another key 000")
    assert not redactor.quoted("null", b'{"a": null}')


ESCAPES = [b"%41", b"\\u0041", b"\\/", b"&#65;", b"&#x41;", b"&#999999999;", b"&quot;", b"\\ud800"]


@settings(deadline=None)
@given(keys, st.lists(st.sampled_from(ESCAPES)), st.sampled_from(sorted(SPELLINGS)))
def test_no_escape_before_or_after_hides_a_key(key: str, around: list[bytes], name: str) -> None:
    raw = b"".join([*around, SPELLINGS[name](key).encode(), *around])
    assert Redactor(key, SCHEME).quoted("", raw)
    assert SYMBOL.encode() in Redactor(key, SCHEME).redact(raw)


def test_megabytes_are_searched_quickly() -> None:
    redactor = Redactor(KEY, SCHEME)
    for part in (b"secret_live_", b"[" * 12, b"c2VjcmV0X2xp", b"S%65\\u0063ret"):
        raw = part * (2**22 // len(part))
        began = time.process_time()
        assert redactor.redact(raw) is raw
        assert not redactor.quoted("", raw)
        assert time.process_time() - began < 5


def test_no_traceback_shows_a_key() -> None:
    assert KEY not in f"{Key(KEY)!r} {[Key(KEY)]}"
    assert Key(KEY) == KEY


@pytest.mark.parametrize("name", SPELLINGS)
@pytest.mark.parametrize("where", ["body", "header", "reason", "split", "folded"])
def test_a_target_that_echoes_the_credential_is_found_out(
    name: str, where: str, tmp_path: Path
) -> None:
    echo = SPELLINGS[name](f"{SCHEME} {KEY}").encode()
    body = b'{"error":"' + echo + b'"}' if where == "body" else b"{}"
    head = b"HTTP/1.1 401 " + (echo if where == "reason" else b"No")
    halves = [echo[: len(echo) // 2], echo[len(echo) // 2 :]]
    header = {"header": [echo], "split": [b"\r\nX-More: ".join(halves)],
              "folded": [b"\r\n ".join(halves)]}.get(where, [])  # fmt: skip
    headers = b"".join(b"\r\nX-Got: " + each for each in header)
    length = b"\r\nContent-Length: %d\r\n\r\n" % len(body)
    with raw_server(says(head, headers, length, body)) as url:
        exchange = sent(url, tmp_path)
    assert exchange.quotes_credential
    verdicts = judge(CONTRACT, Record({}, (exchange,), {})).verdicts
    assert verdicts["secrecy.credential"].name == "fail"
    written = (tmp_path / "journal.ndjson").read_text()
    assert all(near not in written for near in (KEY, KEY[:-1], KEY[1:]))
    if where in ("split", "folded"):
        assert not any(half.decode().removeprefix("Api-Key ") in written for half in halves)


def test_an_error_of_ours_does_not_show_the_key(tmp_path: Path) -> None:
    request = Request(((CONTRACT.credential.header, "Api-Key ${ADAPTY_API_KEY}\n"),), b"")
    with raw_server(says(b"")) as url:
        exchange = sent(url, tmp_path, request)
    assert exchange.trouble == "ours"
    assert KEY not in (tmp_path / "journal.ndjson").read_text()
