"""The figures of the HTML report, worked out so that a template only draws them as SVG."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reports.text import milliseconds, plural
from reports.words import Results

WIDTH, HEIGHT, LEAST = 250, 44, 1.5  # of the drawing, and of a bar that is not empty


def latency(results: Results) -> Mapping[str, Any] | None:
    """How long answers took: words for who cannot see it, and bars; None when nothing answered.

    The steps of the histogram are logarithmic, 1, 2, 5, 10, …, so the bars are equally wide.
    """
    told = results["summary"]["latency_ms"]
    steps = told.get("histogram")
    if not steps:
        return None
    most = max(step["count"] for step in steps)
    width = WIDTH / len(steps)
    bars = []
    for index, step in enumerate(steps):
        height = max(LEAST, HEIGHT * step["count"] / most) if step["count"] else 0
        bars.append(
            {
                "x": round(index * width + 1, 2),
                "width": round(width - 2, 2),
                "y": round(HEIGHT - height, 2),
                "height": round(height, 2),
                "words": f"below {milliseconds(step['below'])}: {plural(step['count'], 'answer')}",
            }
        )
    return {
        "width": WIDTH,
        "height": HEIGHT,
        "bars": bars,
        "first": milliseconds(steps[0]["below"]),
        "last": milliseconds(steps[-1]["below"]),
        "marks": [(key, milliseconds(told[key])) for key in ("p50", "p95", "max")],
        "words": (
            f"Half of the answers came within {milliseconds(told['p50'])}, 95 % within "
            f"{milliseconds(told['p95'])}, the slowest after {milliseconds(told['max'])}."
        ),
    }
