"""results.json: the judge's reading of a run, and the one thing every report is made from."""

from __future__ import annotations

import json
import math
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from reports.words import VERDICTS, Results

SCHEMA = Path(__file__).with_name("results.schema.json")


class ResultsError(ValueError):
    """The content is no results.json of this format; the message is one sentence."""


def validate(results: Results) -> None:
    """Raise ResultsError unless `results` follows the published schema and its counts agree."""
    error = best_match(_validator().iter_errors(results))
    if error is not None:
        raise ResultsError(f"{error.json_path}: {error.message[:500]}")
    counted = Counter(item["verdict"] for item in results["requirements"])
    told = results["summary"]["verdicts"]
    if any(counted[verdict] != told[verdict] for verdict in VERDICTS):
        raise ResultsError(f"$.summary.verdicts: says {told}, the requirements {dict(counted)}")
    ids = Counter(item["id"] for item in results["requirements"])
    if twice := [key for key, count in ids.items() if count > 1]:
        raise ResultsError(f"$.requirements: {twice[0]} is there twice")


def load(path: Path) -> dict[str, Any]:
    """Read a results.json, or the one in the directory `path`.

    Raises OSError when it cannot be read, ResultsError when it is not one.
    """
    path = path / "results.json" if path.is_dir() else path
    try:
        results = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise ResultsError(f"{path} is not JSON: {error}") from error
    validate(results)
    assert isinstance(results, dict)
    return results


def dumps(results: Results) -> str:
    """The text of results.json, a line for each requirement, so that two can be compared.

    A number that JSON has no word for becomes text.
    """
    try:
        return _lines(results)
    except ValueError:
        return _lines(_finite(dict(results)))


def _lines(results: Results) -> str:
    def text(value: Any) -> str:
        return json.dumps(value, allow_nan=False)

    members = []
    for key, value in results.items():
        shown = text(value)
        if isinstance(value, list) and value:
            shown = "[\n  " + ",\n  ".join(map(text, value)) + "\n ]"
        members.append(f" {text(key)}: {shown}")
    return "{\n" + ",\n".join(members) + "\n}\n"


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_finite(each) for each in value]
    return json.dumps(value) if isinstance(value, float) and not math.isfinite(value) else value


@cache
def _validator() -> Draft202012Validator:
    schema = json.loads(SCHEMA.read_text("utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)
