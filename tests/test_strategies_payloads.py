"""The Hypothesis strategies: valid payloads are valid, violations break exactly theirs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import warnings
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import NonInteractiveExampleWarning

from spec.contract import Contract
from spec.document import VENDOR_DOCUMENT
from spec.formats import Validity
from spec.loader import load
from spec.schema import ITEM, Location, Schema, types, walk
from strategies import generated, payloads
from strategies.controls import breaks_exactly

CONTRACT: Contract = load()
VALID = 600  # examples of valid payloads
EACH = 8  # examples of each violation
BREAKABLE = [
    key
    for key, each in CONTRACT.requirements.items()
    if each.subject == "request.body" and "refuse" in each.sides
]
quietly = settings(
    database=None,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


def test_a_thousand_examples_are_drawn() -> None:
    assert VALID + EACH * len(BREAKABLE) >= 1000


@cache
def valid_payloads() -> list[Any]:
    """What Hypothesis draws, each looked at as it is drawn."""
    drawn: list[Any] = []

    @settings(quietly, max_examples=VALID)
    @given(payloads.valid(CONTRACT))
    def holds(payload: Any) -> None:
        drawn.append(payload)
        assert CONTRACT.request_reading.validity(payload) is Validity.VALID
        assert json.loads(json.dumps(payload, allow_nan=False)) == payload

    holds()
    return drawn


def test_valid_payloads_satisfy_every_reading_of_the_contract() -> None:
    assert len(valid_payloads()) >= VALID


@pytest.mark.parametrize("requirement", BREAKABLE)
def test_a_violation_breaks_its_requirement_and_no_other(requirement: str) -> None:
    drawn: list[Any] = []

    @settings(quietly, max_examples=EACH)
    @given(payloads.violating(CONTRACT, requirement))
    def holds(payload: Any) -> None:
        drawn.append(payload)
        assert CONTRACT.request_reading.validity(payload) is Validity.VIOLATION
        assert breaks_exactly(CONTRACT, payload, requirement)
        assert requirement in generated.broken_by(CONTRACT, payload)
        assert json.loads(json.dumps(payload, allow_nan=False)) == payload

    holds()
    assert len(drawn) >= EACH
    assert len({json.dumps(payload) for payload in drawn}) > 1


def standing(location: Location) -> Iterator[Any]:
    """Every value at a location of the drawn payloads; a missing member as Ellipsis."""
    found: list[Any] = list(valid_payloads())
    for step in location:
        if step == ITEM:
            found = [item for value in found if isinstance(value, list) for item in value]
        else:
            found = [value.get(step, ...) for value in found if isinstance(value, dict)]
    return iter(found)


@pytest.mark.parametrize("location", [where for where, _ in walk(CONTRACT.request) if where])
def test_every_property_comes_present_absent_and_null(location: Location) -> None:
    base = ".".join(["request.body", *location]).replace(ITEM, "item")
    found = list(standing(location))
    assert any(value is not ... and value is not None for value in found)
    if location[-1] != ITEM:
        assert any(value is ... for value in found) == (f"{base}.optional" in CONTRACT.requirements)
    assert any(value is None for value in found) == (f"{base}.nullable" in CONTRACT.requirements)


def test_every_enum_member_comes() -> None:
    enums = [(where, node["enum"]) for where, node in walk(CONTRACT.request) if "enum" in node]
    assert len(enums) == 4
    for where, members in enums:
        assert {value for value in standing(where) if value is not ...} == set(members)


def plain_text(node: Schema) -> bool:
    return "string" in types(node) and not {"enum", "format", "maxLength", "pattern"} & set(node)


def test_values_reach_their_limits() -> None:
    attributes = [value for value in standing(("custom_attributes",)) if isinstance(value, list)]
    assert {0, 1, 30} <= {len(value) for value in attributes}
    keys = {len(value) for value in standing(("custom_attributes", ITEM, "key"))}
    assert {1, 30} <= keys
    values = list(standing(("custom_attributes", ITEM, "value")))
    assert {0, 50} <= {len(value) for value in values if isinstance(value, str)}
    assert {int, float} <= {type(value) for value in values}
    free = [where for where, node in walk(CONTRACT.request) if plain_text(node)]
    assert len(free) == 19
    texts = [value for where in free for value in standing(where) if isinstance(value, str)]
    assert {0, 255} <= {len(value) for value in texts}
    assert any(not value.isascii() for value in texts)
    assert max(map(len, texts)) == 255


def test_unknown_members_come_at_every_level() -> None:
    for where, node in walk(CONTRACT.request):
        if "properties" in node:
            objects = (value for value in standing(where) if isinstance(value, dict))
            assert any(value.keys() - node["properties"].keys() for value in objects), where


def test_unknown_ids_and_unbreakable_ones_are_told_at_once() -> None:
    for unknown in ("request.body.gender.enums", "", "request.body.gender.nullable"):
        with pytest.raises(KeyError):
            payloads.violating(CONTRACT, unknown)
    for unbreakable in (
        "request.body.gender.optional",
        "request.body.additionalProperties",
        "request.body.required",
        "request.json",
        "auth.missing",
        "response.200.data.required",
    ):
        with pytest.raises(ValueError, match=f"no payload breaks {unbreakable}"):
            payloads.violating(CONTRACT, unbreakable)


def test_a_requirement_that_another_always_breaks_with_is_unbreakable(tmp_path: Path) -> None:
    text = VENDOR_DOCUMENT.read_text("utf-8")
    member = "        phone_number:\n          type: string\n"
    assert text.count(member) == 1
    path = tmp_path / "edition.yaml"
    limits = '          pattern: "^[0-9+]+$"\n          minLength: 1\n'
    path.write_text(text.replace(member, member + limits), "utf-8")
    contract = load(path)
    with pytest.raises(ValueError, match=r"no payload is known that breaks .*minLength alone"):
        payloads.violating(contract, "request.body.phone_number.minLength")
    assert payloads.draw(payloads.violating(contract, "request.body.phone_number.pattern"), 3, 1)


FRESH = """
import hashlib, sys
from spec.loader import load
from strategies import payloads
contract = load()
drawn = payloads.draw(payloads.valid(contract), 25, int(sys.argv[1]))
drawn += payloads.draw(payloads.violating(contract, "request.body.email.format"), 10, 3)
print(hashlib.sha256(repr(drawn).encode()).hexdigest())
"""
# A failing example that Hypothesis saves, to be tried first ever after.
SAVED = """
import os
from hypothesis import given, settings, Phase
from hypothesis.database import DirectoryBasedExampleDatabase
from strategies import payloads
from spec.loader import load
# Named, for on a machine that looks like CI Hypothesis keeps none by itself.
saved = DirectoryBasedExampleDatabase(os.environ["HYPOTHESIS_STORAGE_DIRECTORY"] + "/examples")
@settings(max_examples=20, phases=[Phase.generate], database=saved)
@given(payloads.valid(load()))
def fails(payload):
    assert len(payload) < 3
try:
    fails()
except AssertionError:
    pass
"""


def fresh(folder: Path, code: str, *words: str, hash_seed: str = "0") -> str:
    """What a new process prints, in a folder with an example database of its own."""
    environment = {
        **os.environ,
        "PYTHONHASHSEED": hash_seed,
        "HYPOTHESIS_STORAGE_DIRECTORY": str(folder / "saved"),
    }
    environment.pop("CI", None)
    done = subprocess.run(
        [sys.executable, "-c", code, *words],
        cwd=folder, env=environment, capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    return done.stdout


def test_a_seed_always_draws_the_same(tmp_path: Path) -> None:
    first = fresh(tmp_path, FRESH, "1", hash_seed="1")
    fresh(tmp_path, SAVED)
    assert list((tmp_path / "saved" / "examples").iterdir())
    assert fresh(tmp_path, FRESH, "1", hash_seed="2") == first
    assert fresh(tmp_path, FRESH, "2", hash_seed="1") != first


def test_draw_gives_as_many_as_asked_for() -> None:
    strategy = payloads.valid(CONTRACT)
    assert payloads.draw(strategy, 7, 1) == payloads.draw(strategy, 7, 1)
    assert len(payloads.draw(strategy, 7, 1)) == 7
    assert payloads.draw(strategy, 7, 1) != payloads.draw(strategy, 7, 2)


def test_the_examples_of_the_documentation_work() -> None:
    lines = [line[4:] for line in str(payloads.__doc__).splitlines() if line.startswith(">>> ")]
    assert [line for line in lines if "violating" in line]
    assert [line for line in lines if "valid(" in line]
    names: dict[str, Any] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NonInteractiveExampleWarning)
        for line in lines:
            if line.endswith(".example()"):
                names["found"] = eval(line, names)
                broken = generated.broken_by(CONTRACT, names["found"])
                assert broken == (["request.body.gender.enum"] if "gender" in line else [])
            else:
                exec(line, names)
    assert "found" in names
