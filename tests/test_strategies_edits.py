"""One change: how it is applied, compared, written as JSON and told."""

from __future__ import annotations

import json

import pytest

from strategies import edits
from strategies.edits import ABSENT, APPEND, Edit, Raw


def test_edits_are_applied_to_a_copy() -> None:
    body = {"a": {"b": 1}, "list": [{"k": 1}, {"k": 2}]}
    before = json.dumps(body)
    made = edits.apply(
        body,
        [
            Edit(("a", "b"), ABSENT),
            Edit(("a", "c", "d"), None),
            Edit(("list", APPEND), {"k": 3}),
            Edit(("list", 0, "k"), 9),
            Edit(("new", APPEND, "k"), 4),
        ],
    )
    assert made == {
        "a": {"c": {"d": None}},
        "list": [{"k": 9}, {"k": 2}, {"k": 3}],
        "new": [{"k": 4}],
    }
    made["list"][1]["k"] = "changed"
    assert json.dumps(body) == before
    assert edits.apply(body, [Edit((), [])]) == []
    assert edits.apply(body, [Edit(("never", "there"), ABSENT)])["a"] == {"b": 1}


def test_values_are_got_or_absent() -> None:
    body = {"a": [{"b": None}]}
    assert edits.get(body, ("a", 0, "b")) is None
    assert edits.get(body, ()) is body
    for path in (("b",), ("a", 1), ("a", "0"), ("a", 0, "b", "c"), ("a", APPEND)):
        assert edits.get(body, path) is ABSENT


@pytest.mark.parametrize(
    ("left", "right", "touch"),
    [
        (("a",), ("a",), True),
        (("a",), ("a", "b"), True),
        (("a", "b"), ("a", "c"), False),
        ((), ("a",), True),
        (("a", APPEND), ("a", APPEND), False),
        (("a", APPEND), ("a",), True),
        (("a", APPEND), ("b", APPEND), False),
    ],
)
def test_overlaps(left: edits.Path, right: edits.Path, touch: bool) -> None:
    assert edits.overlaps(Edit(left, 1), Edit(right, 2)) is touch
    assert edits.overlaps(Edit(right, 1), Edit(left, 2)) is touch


def test_bodies_are_serialised_as_they_are() -> None:
    assert edits.serialise({"a": "é", "b": [1.0, None]}) == '{"a":"é","b":[1.0,null]}'.encode()
    nested = {"a": [Raw("NaN"), {"b": Raw("1e400")}], "c": Raw("NaN")}
    assert edits.serialise(nested) == b'{"a":[NaN,{"b":1e400}],"c":NaN}'
    assert edits.serialise(Raw("[1")) == b"[1"
    lone = edits.serialise({"a": "x\ud800", "b": Raw("NaN"), "c": "é"})
    assert lone == b'{"a":"x\\ud800","b":NaN,"c":"\\u00e9"}'
    with pytest.raises(TypeError, match="Absent is not JSON"):
        edits.serialise({"a": ABSENT})


def test_edits_are_told_in_words() -> None:
    control = {"a": "f", "list": [1], "deep": {"x": 1}}
    for path, value, words in [
        (("a",), "F", 'a "f" → "F"'),
        (("a",), ABSENT, "a left out"),
        (("a",), "f", 'a stays "f"'),
        (("b",), None, "b added: null"),
        (("deep", "x"), True, "deep.x 1 → true"),
        (("list", APPEND), {"k": Raw("NaN")}, 'list gets one more item {"k": NaN}'),
        (("list",), [1] * 31, "list: 1 → 31 items"),
        ((), [], "the whole body → []"),
    ]:
        assert edits.words(Edit(path, value), control) == words
    long = edits.show("x" * 100)
    assert len(long) == 60
    assert long.endswith("…")
    assert Edit(("a/b", "c~d", APPEND), 1).pointer == "/a~1b/c~0d/-"


def test_what_stands_beside_a_change_stays() -> None:
    body = {"list": [{"a": 1, "b": 2}], "deep": {"x": {"y": 1, "z": 2}}}
    assert edits.apply(body, [Edit(("list", 0, "a"), 9)])["list"] == [{"a": 9, "b": 2}]
    assert edits.apply(body, [Edit(("deep", "x", "y"), ABSENT)])["deep"] == {"x": {"z": 2}}


def test_what_is_shown_is_read_by_people() -> None:
    assert edits.show("é") == '"é"', "letters as they are"
    assert edits.show("x" * 58) == f'"{"x" * 58}"', "what just fits is not cut"
    assert edits.words(Edit(("new",), 7), {}) == "new added: 7"
    assert edits.words(Edit(("list",), [1, 2]), {"list": [1]}) == "list [1] → [1, 2]"
    assert edits.words(Edit(("a",), [1] * 9), {"a": "x"}).startswith('a "x" → [1, ')
