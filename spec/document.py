"""The vendor's document: YAML in, plain data and the line of every JSON Pointer out."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import Any

import yaml
from jsonpointer import JsonPointer, JsonPointerException

VENDOR_DOCUMENT = Path(__file__).with_name("create-profile.openapi.yaml")


EXCERPT = 8  # nested lines that are shown with the one that matters
LONGEST = 400  # characters of a line that is shown


class SpecError(Exception):
    """The document cannot be used as a contract; the message is one sentence for the operator."""


@dataclass(frozen=True)
class Document:
    """A parsed OpenAPI document.

    `lines` maps a JSON Pointer (`#/info/title`) to the 1-based line of its key or item, `sha256` is
    the digest of the bytes that were read, and `text` are the lines as they stand there.
    """

    data: dict[str, Any]
    lines: dict[str, int]
    sha256: str
    path: Path
    text: tuple[str, ...] = ()

    def get(self, pointer: str, default: Any = None) -> Any:
        """The value at `pointer` (`#/…`), or `default` where there is none."""
        try:
            return JsonPointer(pointer.removeprefix("#")).resolve(self.data)
        except JsonPointerException:
            return default

    def line(self, pointer: str) -> int:
        """The line of `pointer`, or of its nearest ancestor that the document spells out."""
        while pointer not in self.lines and "/" in pointer:
            pointer = pointer.rpartition("/")[0]
        return self.lines.get(pointer, 1)

    def excerpt(self, line: int) -> str:
        """What stands at a 1-based line: it, and what is nested under it if that is short."""
        first, *rest = self.text[line - 1 :] or ("",)
        if len(first) > LONGEST:  # a document on one line, such as minified JSON
            return ""
        depth = _depth(first)
        nested = list(takewhile(lambda each: _depth(each) > depth or not each.strip(), rest))
        if not _is_item(first) and not nested:  # a list may stand as deep as its key
            nested = list(takewhile(lambda each: _depth(each) == depth and _is_item(each), rest))
        lines = [first, *nested] if len(nested) <= EXCERPT else [first]
        return "\n".join(each[depth:].rstrip() for each in lines).strip()


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip())


def _is_item(line: str) -> bool:
    return line.lstrip().startswith("- ")


def escape(segment: str | int) -> str:
    """One JSON Pointer segment, escaped after RFC 6901."""
    return str(segment).replace("~", "~0").replace("/", "~1")


def join(pointer: str, *segments: str | int) -> str:
    """`pointer` extended by raw segments."""
    return "/".join([pointer, *(escape(segment) for segment in segments)])


_SafeLoader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_SafeLoader):  # type: ignore[misc]
    """YAML 1.2's core schema, as OpenAPI asks: `no` and `2000-12-31` are text, 1e3 is a number."""


def _construct_integer(_: Any, node: yaml.ScalarNode) -> int:
    return int(node.value, 0 if node.value[:2] in ("0o", "0x") else 10)


def _construct_mapping(loader: Any, node: yaml.MappingNode) -> Iterator[dict[str, Any]]:
    """A mapping whose keys are text as in JSON, so that a status may be written without quotes."""
    data: dict[str, Any] = {}
    yield data
    loader.flatten_mapping(node)
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise yaml.constructor.ConstructorError(problem_mark=key.start_mark)
        data[key.value] = loader.construct_object(value)


_Loader.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("int", r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", "-+0123456789"),
    ("float", r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?", "-+.0123456789"),
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("merge", r"<<", "<"),
):
    _Loader.add_implicit_resolver(
        f"tag:yaml.org,2002:{_tag}", re.compile(rf"^(?:{_pattern})$"), list(_first)
    )
_Loader.add_constructor("tag:yaml.org,2002:int", _construct_integer)
_Loader.add_constructor("tag:yaml.org,2002:map", _construct_mapping)


def read_yaml(text: str) -> Any:
    """`text` as plain data, by the rules of YAML 1.2."""
    return yaml.load(text, Loader=_Loader)


# JSON's tabs between tokens, and its escapes for half a character, which YAML does not have.
_JSON_ONLY = re.compile(r"\t|\\(?:u[dD][89a-fA-F][0-9a-fA-F]{2}|.)")


def _as_yaml(token: re.Match[str]) -> str:
    if token[0] == "\t":
        return " "
    return r"\ufffd" if len(token[0]) > 2 else token[0]


def composed(text: str, kind: type[yaml.SafeLoader]) -> tuple[yaml.Node | None, Any]:
    """The nodes of a text of YAML, which know their lines, and what they hold, read once.

    Raises yaml.YAMLError, and whatever the constructors of this kind of loader raise.
    """
    loader = kind(text)
    try:
        node = loader.get_single_node()
        return node, None if node is None else loader.construct_document(node)
    finally:
        loader.dispose()


def _read(text: str) -> tuple[Any, dict[str, int]]:
    """JSON or YAML as plain data, and the line of each pointer."""
    lines: dict[str, int] = {}
    try:
        data = json.loads(text)
    except ValueError:
        node, data = composed(text, _Loader)
    else:
        node = yaml.compose(_JSON_ONLY.sub(_as_yaml, text), Loader=_Loader)
    if node is not None:
        _collect_lines(node, "#", node.start_mark.line + 1, lines)
    return data, lines


def load_document(path: Path = VENDOR_DOCUMENT) -> Document:
    """Read an OpenAPI document.

    Raises SpecError when the file is missing, is not UTF-8 YAML (or JSON), or is no mapping.
    """
    try:
        raw = path.read_bytes()
        data, lines = _read(raw.decode("utf-8-sig"))
    except OSError as error:
        raise SpecError(f"cannot read the contract {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise SpecError(f"the contract {path} is not UTF-8 text: byte {error.start}") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        where = getattr(getattr(error, "problem_mark", None), "line", None)
        place = "" if where is None else f" (line {where + 1})"
        raise SpecError(f"the contract {path} is not readable YAML or JSON{place}") from error
    if not isinstance(data, dict):
        raise SpecError(f"the contract {path} is not an OpenAPI document: its root is no mapping")
    text = tuple(raw.decode("utf-8-sig").splitlines())
    return Document(data, lines, hashlib.sha256(raw).hexdigest(), path, text)


def _collect_lines(node: yaml.Node, pointer: str, line: int, lines: dict[str, int]) -> None:
    lines[pointer] = line
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            _collect_lines(value, join(pointer, key.value), key.start_mark.line + 1, lines)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            _collect_lines(value, join(pointer, index), value.start_mark.line + 1, lines)
