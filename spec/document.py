"""The vendor's document: YAML in, plain data and the line of every JSON Pointer out."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from jsonpointer import JsonPointer, JsonPointerException

VENDOR_DOCUMENT = Path(__file__).with_name("create-profile.openapi.yaml")


class SpecError(Exception):
    """The document cannot be used as a contract; the message is one sentence for the operator."""


@dataclass(frozen=True)
class Document:
    """A parsed OpenAPI document.

    `lines` maps a JSON Pointer (`#/info/title`) to the 1-based line of its key or item, and
    `sha256` is the digest of the bytes that were read.
    """

    data: dict[str, Any]
    lines: dict[str, int]
    sha256: str
    path: Path

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


def escape(segment: str | int) -> str:
    """One JSON Pointer segment, escaped after RFC 6901."""
    return str(segment).replace("~", "~0").replace("/", "~1")


def join(pointer: str, *segments: str | int) -> str:
    """`pointer` extended by raw segments."""
    return "/".join([pointer, *(escape(segment) for segment in segments)])


class _Loader(yaml.SafeLoader):
    """YAML 1.2's JSON-like scalars, as OpenAPI asks: `no` is text, `2000-12-31` is text."""


_Loader.yaml_implicit_resolvers = {
    first: [
        (tag, pattern)
        for tag, pattern in resolvers
        if tag not in ("tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:bool")
    ]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:bool", re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF")
)


def read_yaml(text: str) -> Any:
    """`text` as plain data, by the rules of YAML 1.2 for booleans and dates."""
    return yaml.load(text, Loader=_Loader)


def load_document(path: Path = VENDOR_DOCUMENT) -> Document:
    """Read an OpenAPI document.

    Raises SpecError when the file is missing, is not UTF-8 YAML (or JSON), or is no mapping.
    """
    try:
        raw = path.read_bytes()
        node = yaml.compose(raw.decode("utf-8"), Loader=_Loader)
        data = read_yaml(raw.decode("utf-8"))
    except OSError as error:
        raise SpecError(f"cannot read the contract {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise SpecError(f"the contract {path} is not UTF-8 text: byte {error.start}") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        where = getattr(getattr(error, "problem_mark", None), "line", None)
        place = "" if where is None else f" (line {where + 1})"
        raise SpecError(f"the contract {path} is not readable YAML or JSON{place}") from error
    if not isinstance(data, dict) or node is None:
        raise SpecError(f"the contract {path} is not an OpenAPI document: its root is no mapping")
    lines: dict[str, int] = {}
    _collect_lines(node, "#", node.start_mark.line + 1, lines)
    return Document(data, lines, hashlib.sha256(raw).hexdigest(), path)


def _collect_lines(node: yaml.Node, pointer: str, line: int, lines: dict[str, int]) -> None:
    lines[pointer] = line
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            _collect_lines(value, join(pointer, key.value), key.start_mark.line + 1, lines)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            _collect_lines(value, join(pointer, index), value.start_mark.line + 1, lines)
