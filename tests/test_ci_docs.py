"""The YAML of the documentation: it parses, and names inputs, options and variables that exist."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from runner.cli import cli
from runner.config import variable
from runner.settings import fields
from tests.composite import ACTION
from tests.support import ROOT

PAGES = [ROOT / "README.md", ROOT / "docs/ci.md"]
BLOCK = re.compile(r"```yaml\n(.*?)```", re.DOTALL)
BLOCKS = [(page.name, each) for page in PAGES for each in BLOCK.findall(page.read_text("utf-8"))]


def _mappings(data: Any) -> list[dict[str, Any]]:
    """Every mapping in a document."""
    if isinstance(data, list):
        return [found for each in data for found in _mappings(each)]
    if isinstance(data, dict):
        return [data, *_mappings(list(data.values()))]
    return []


ALL = [each for _, block in BLOCKS for each in _mappings(yaml.safe_load(block))]


def test_the_gate_is_ten_lines() -> None:
    gates = [(page, each) for page, each in BLOCKS if "jobs:" in each]
    told = [next(e for page, e in gates if page == name) for name in ("README.md", "ci.md")]
    assert told[0] == told[1]
    assert told[0].count("\n") <= 10
    gitlab = next(each for _, each in BLOCKS if "extends:" in each)
    assert gitlab.count("\n") <= 10


def test_the_action_is_used_with_inputs_that_it_has() -> None:
    used = [e for e in ALL if str(e.get("uses", "")).startswith("<owner>/adapty-conformance@")]
    assert len(used) == 4
    for each in used:
        assert set(each["with"]) <= set(ACTION["inputs"])
        assert "target" in each["with"]
        assert set(each["env"]) == {"ADAPTY_API_KEY"}


def test_every_input_and_output_is_explained() -> None:
    page = PAGES[1].read_text("utf-8")
    assert re.findall(r"^\| `([a-z-]+)` \|", page, re.MULTILINE) == list(ACTION["inputs"])
    assert [name for name in ACTION["outputs"] if f"`{name}`" not in page] == []


def test_variables_are_of_settings() -> None:
    told = {found for _, each in BLOCKS for found in re.findall(r"ADAPTY_CONFORMANCE_\w+", each)}
    there = {variable(each.name) for each in fields()} | {variable("target")}
    assert len(told) == 2
    assert told <= there


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_have_the_options_that_are_named(page: Path) -> None:
    text = page.read_text("utf-8")
    lines = re.findall(r"adapty-conformance (run|merge|known)\b(.*)", text)
    lines += [("run", found) for found in re.findall(r"args: (.*)", text)]
    assert lines
    for name, rest in lines:
        there = {option for each in cli.commands[name].params for option in each.opts}
        assert set(re.findall(r"(?<!\S)--[a-z][a-z-]*", rest)) <= there
