"""Cases about the body as text: no JSON, hardly JSON, or JSON in an unusual dress."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from spec.contract import Contract
from spec.formats import Validity
from spec.schema import Location, Schema, types, walk
from strategies import edits
from strategies.cases import Case, words_of_id
from strategies.controls import place
from strategies.edits import Edit, Raw


def json_texts(contract: Contract, control: Any) -> Iterator[Case]:
    """Bodies that are no JSON, hardly JSON, or JSON in an unusual dress."""

    def case(
        label: str, change: Callable[[bytes], bytes], expect: Any = "refuse",
        key: str = "request.json", choice: str | None = None,
    ) -> Case:  # fmt: skip
        probes = (key,) if expect != "open" else ()
        return Case(
            words_of_id(choice or key, label), probes, expect, "json",
            f"the body: {label.replace('-', ' ')}", raw=change, choice=choice,
        )  # fmt: skip

    yield case("empty", lambda _: b"", key="request.body.required")
    yield case("last-byte-cut", lambda body: body[:-1])
    yield case("half", lambda body: body[: len(body) // 2])
    yield case("trailing-letter", lambda body: body + b"x")
    yield case("trailing-brace", lambda body: body + b"}")
    yield case("two-texts", lambda body: body + b"\n" + body)
    yield case("trailing-comma", lambda body: body[:-1] + b",}")
    yield case("comment", lambda body: b"/* comment */" + body)
    yield case("bare-names", lambda body: re.sub(rb'"(\w+)":', rb"\1:", body))
    yield case("single-quotes", lambda body: body.replace(b'"', b"'"))
    yield case("form-encoded", lambda _: b"first_name=Jane&last_name=Doe")
    yield case("bare-word", lambda _: b"undefined")
    yield case("form-feeds-around", lambda body: b"\f" + body + b"\f")
    for label, text in (
        ("nan", "NaN"),
        ("infinity", "Infinity"),
        ("leading-zero", "012"),
        ("unescaped-line-feed", '"a\nb"'),
        ("unknown-escapes", r'"\x41\'"'),
    ):
        yield case(f"{label}-in-an-unknown-member", _with_raw(text))
    yield case("white-space", lambda body: b" \r\n\t" + body + b"\n", "accept")
    yield replace(
        case("indented-and-in-another-order", _reversed, "accept"),
        edits=tuple(_told_apart(contract, control)),
    )
    yield case("escaped", _escaped, "accept")
    for label, change in (
        ("byte-order-mark", lambda body: b"\xef\xbb\xbf" + body),
        ("utf-16", lambda body: body.decode().encode("utf-16")),
        ("invalid-utf-8", lambda body: body.replace(b"Doe", b"D\xff")),
    ):
        yield case(label, change, "open", choice="request.encoding")
    yield case(
        "member-twice", lambda body: b'{"unknown_member":1,"unknown_member":2,' + body[1:], "open",
        choice="request.duplicate_member",
    )  # fmt: skip
    yield from _not_numbers(contract, control)


def _told_apart(contract: Contract, control: Any) -> Iterator[Edit]:
    """One more item, whose value is not what its key is: for whoever goes by their order."""
    for where in _free(contract):
        for value in ("other", 0.5):
            edit = place(contract, where, value, 410)
            payload = edits.apply(control, [edit])
            if contract.request_reading.validity(payload) is Validity.VALID:
                yield edit
                return


def _reversed(body: bytes) -> bytes:
    """The same JSON over many lines, the members of each object the last first."""
    members = json.loads(body, object_pairs_hook=lambda pairs: dict(reversed(pairs)))
    return json.dumps(members, indent=2).encode()


def _with_raw(text: str) -> Callable[[bytes], bytes]:
    return lambda body: b'{"unknown_member":' + text.encode() + b"," + body[1:]


def _escaped(body: bytes) -> bytes:
    """The same JSON with the name and the text of its first text member escaped, and a slash, but
    no others: a target with a limit of size is to be told of something else."""
    body = body.replace(b"/", rb"\/", 1)
    members = json.loads(body)
    name = next((name for name, value in members.items() if isinstance(value, str)), None)
    if name is None:
        return body
    plain = [json.dumps(text, ensure_ascii=False) for text in (name, members[name])]
    escaped = ["".join(f"\\u{ord(c):04x}" for c in text) for text in (name, members[name])]
    written = f'"{escaped[0]}":"{escaped[1]}"'
    return body.replace(":".join(plain).encode(), written.encode(), 1)


def _not_numbers(contract: Contract, control: Any) -> Iterator[Case]:
    """NaN and infinities where a value of the contract stands."""

    def case(label: str, key: str, edit: Edit) -> Case:
        return Case(
            words_of_id(key, label), (key,), "refuse", "json", edits.words(edit, control), (edit,)
        )

    members = contract.request.get("properties", {})
    numeric = next(
        (n for n, s in members.items() if "enum" in s and isinstance(s["enum"][0], int)), None
    )
    if numeric:
        for label, text, key in (
            ("nan", "NaN", "request.json"),
            ("infinity", "-Infinity", "request.json"),
            ("past-doubles", "1e400", f"request.body.{numeric}.enum"),
        ):
            yield case(f"{label}-for-{numeric}", key, Edit((numeric,), Raw(text)))
    # Where any number may stand, NaN is the one that a lax parser takes.
    for free in _free(contract):
        edit = place(contract, free, Raw("NaN"), 400)
        yield case(f"nan-for-any-number-{free[-1]}", "request.json", edit)


def _free(contract: Contract) -> list[Location]:
    """Where any number may stand: the first such place, or none."""
    return [where for where, node in walk(contract.request) if _takes_numbers(node)][:1]


def _takes_numbers(node: Schema) -> bool:
    branches = (*node.get("oneOf", ()), *node.get("anyOf", ()))
    return "enum" not in node and any("number" in types(each) for each in (node, *branches))
