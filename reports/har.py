"""exchanges.har: every exchange of a journal as HAR 1.2, for browsers' tools and other clients."""

from __future__ import annotations

import base64
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import IO, Any
from urllib.parse import parse_qsl

import harfile

from conformance.exchanges import Exchange, Headers, Received, Sent
from conformance.journal import Record
from reports.words import Item, Results, headline

NAME = "adapty-conformance"

_NO_MIME_TYPE = "x-unknown"  # what browsers write where a response has no Content-Type
_UNKNOWN = "unknown"  # likewise for a protocol that was not noted


def write_har(record: Record, results: Results, file: IO[str]) -> None:
    """Write the exchanges of a record to `file` as HAR 1.2, one after the other, in plain ASCII.

    What was sent and received is told as it was, apart from lone surrogates, which not every reader
    of JSON takes. An exchange without an answer has the status 0 and `_error`. `_id`, `_phase`,
    `_role`, `_cases` and, where it shows promises broken, `_breaks` are members of the request.
    """
    breaks = _breaks(record, results)
    creator = harfile.Creator(NAME, _sound(results["suite"]["version"]))
    comment = f"{headline(results)}: {results['target']['url']}"
    with harfile.open(file, creator=creator, comment=_sound(comment)) as har:
        for exchange in record.exchanges:
            took = round(max(0.0, exchange.received - exchange.sent) * 1000, 3)
            har.add_entry(
                startedDateTime=_utc(datetime.fromtimestamp(exchange.sent, UTC)),
                time=took,
                request=_request(exchange, breaks.get(exchange.id, [])),
                response=_response(exchange),
                timings=harfile.Timings(
                    send=0, wait=took, receive=0, comment="Only the whole was measured."
                ),
                comment=_sound(_comment(exchange, record)),
            )


def _breaks(record: Record, results: Results) -> dict[str, list[str]]:
    """The promises that each exchange shows broken, by the exchange's id."""
    found: dict[str, dict[str, None]] = {}
    before = {each.follows for each in record.exchanges}
    for item in results["requirements"]:
        for failure in item["failures"]:
            for exchange in _offending(failure, before):
                found.setdefault(exchange["id"], {})[_sound(item["id"])] = None
    return {key: list(ids) for key, ids in found.items()}


def _offending(failure: Item, before: Collection[str | None]) -> list[Item]:
    """The exchanges that show a failure: not what only went before on the connection."""
    shown = failure["exchanges"]
    return [each for each in shown if each is shown[-1] or each["id"] not in before]


def _comment(exchange: Exchange, record: Record) -> str:
    """What the request was sent for, in the words of its cases."""
    words = [record.cases[case].words for case in exchange.cases if case in record.cases]
    return f"{exchange.phase}, {exchange.role}" + (f": {'; '.join(words)}" if words else "")


@dataclass
class _Request(harfile.Request):
    custom: dict[str, Any] = field(default_factory=dict)

    def asdict(self) -> dict[str, Any]:
        return super().asdict() | self.custom


@dataclass
class _PostData(harfile.PostData):
    custom: dict[str, Any] = field(default_factory=dict)

    def asdict(self) -> dict[str, Any]:
        return super().asdict() | self.custom


@dataclass
class _Response(harfile.Response):
    custom: dict[str, Any] = field(default_factory=dict)

    def asdict(self) -> dict[str, Any]:
        return super().asdict() | self.custom


def _request(exchange: Exchange, breaks: list[str]) -> harfile.Request:
    sent = exchange.request
    url = _sound(sent.url).partition("#")[0]
    custom: dict[str, Any] = {
        "_id": _sound(exchange.id),
        "_phase": _sound(exchange.phase),
        "_role": exchange.role,
        "_cases": [_sound(case) for case in exchange.cases],
    }
    return _Request(
        method=_sound(sent.method),
        url=url,
        httpVersion="HTTP/1.1",
        cookies=[
            harfile.Cookie(*_pair(each))
            for each in (sent.header("cookie") or "").split(";")
            if each.strip()
        ],
        headers=_records(sent.headers),
        queryString=_records(parse_qsl(url.partition("?")[2], keep_blank_values=True)),
        postData=_post_data(sent) if sent.body else None,
        bodySize=len(sent.body),
        custom=custom | ({"_breaks": breaks} if breaks else {}),
    )


def _post_data(sent: Sent) -> harfile.PostData:
    kind = _sound(sent.header("content-type") or "")
    text, encoding = _text(sent.body)
    if encoding is None:
        return harfile.PostData(kind, text=text)
    # HAR knows encoded bodies of responses only.
    return _PostData(
        kind, text=text, comment="not UTF-8, in Base64", custom={"_encoding": encoding}
    )


def _response(exchange: Exchange) -> harfile.Response:
    received, trouble = exchange.response, exchange.trouble
    told = ": ".join(each for each in (trouble, exchange.detail) if each)
    custom = {"_error": _sound(told or "nothing was recorded")} if trouble or not received else {}
    if received is None:
        return _Response(
            status=0,
            statusText="",
            httpVersion=_UNKNOWN,
            content=harfile.Content(mimeType=_NO_MIME_TYPE),
            bodySize=0,
            custom=custom,
        )
    is_whole = trouble in (None, "throttled") and not received.truncated
    return _Response(
        status=received.status,
        statusText=_sound(received.reason),
        httpVersion=_UNKNOWN,
        cookies=[_cookie(v) for name, v in received.headers if name.lower() == "set-cookie"],
        headers=_records(received.headers),
        content=_content(received, is_whole),
        redirectURL=_sound(received.header("location") or ""),
        bodySize=len(received.body) if is_whole and not received.header("content-encoding") else -1,
        custom=custom,
    )


def _content(received: Received, is_whole: bool) -> harfile.Content:
    text, encoding = _text(received.body)
    return harfile.Content(
        size=len(received.body),
        mimeType=_sound(received.header("content-type") or _NO_MIME_TYPE),
        text=text,
        encoding=encoding,
        comment=None if is_whole else "not the whole body",
    )


def _text(body: bytes) -> tuple[str, str | None]:
    """A body as text, and `base64` where it is no UTF-8."""
    try:
        return body.decode("utf-8"), None
    except UnicodeDecodeError:
        return base64.b64encode(body).decode("ascii"), "base64"


def _records(pairs: Headers | Iterable[tuple[str, str]]) -> list[harfile.Record]:
    return [harfile.Record(_sound(name), _sound(value)) for name, value in pairs]


def _cookie(line: str) -> harfile.Cookie:
    """A Set-Cookie header; a date that is none is left out."""
    first, *rest = line.split(";")
    attributes = {name.lower(): value for name, value in map(_pair, rest)}
    return harfile.Cookie(
        *_pair(first),
        path=attributes.get("path"),
        domain=attributes.get("domain"),
        expires=_expires(attributes),
        httpOnly="httponly" in attributes,
        secure="secure" in attributes,
    )


def _expires(attributes: Mapping[str, str]) -> str | None:
    try:
        return _utc(parsedate_to_datetime(attributes.get("expires", "")))
    except (ValueError, OverflowError):
        return None


def _pair(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    return _sound(name.strip()), _sound(value.strip())


def _utc(time: datetime) -> str:
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _sound(text: str) -> str:
    """`text` with U+FFFD for each lone surrogate."""
    return re.sub("[\ud800-\udfff]", "\ufffd", text)
