"""`diff`: what changed between two results."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from reports.results import ResultsError, load
from runner.settings import UsageError


def difference(old: Path, new: Path) -> int:
    """Print what was mended, broken and otherwise changed; 1 when a promise is newly broken."""
    before, after = _verdicts(old), _verdicts(new)
    console = Console(highlight=False, soft_wrap=True)
    changed = [
        (key, before.get(key, "absent"), after.get(key, "absent"))
        for key in [*before, *(key for key in after if key not in before)]
        if before.get(key) != after.get(key)
    ]
    for key, was, now in sorted(changed, key=lambda each: (each[2] != "fail", each[0])):
        console.print(Text.assemble((key, "bold"), f"  {was} → {now}"))
    broken = sum(1 for _, _, now in changed if now == "fail")
    mended = sum(1 for _, was, _ in changed if was == "fail")
    console.print(f"{broken} newly broken, {mended} mended, {len(changed) - broken - mended} other")
    return 1 if broken else 0


def _verdicts(path: Path) -> dict[str, str]:
    try:
        content: dict[str, Any] = load(path)
    except (OSError, ResultsError) as error:
        raise UsageError(f"cannot read the results {path}: {error}") from error
    return {each["id"]: each["verdict"] for each in content["requirements"]}
