"""The figures of the HTML report, worked out so that a template only draws them as SVG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from reports.text import duration, milliseconds, plural
from reports.words import Item, Results

WIDE = 340  # of the drawing of a fuzz
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


def discoveries(results: Results) -> Mapping[str, Any] | None:
    """How a fuzz came by its findings over time, None for a run: whether it pays to go on.

    Two curves over the same time, each as high as it comes: promises exercised, a line from one
    point to the next, and broken promises found, a step each.
    """
    told = results.get("fuzz")
    if told is None:
        return None
    curve, found = told["curve"], told["discoveries"]
    whole = max(curve[-1]["seconds"], *(each["seconds"] for each in found), 0.001)
    most = max(1, curve[-1]["exercised"])

    def x(seconds: float) -> float:
        return float(round(min(1.0, seconds / whole) * WIDE, 1))

    exercised = [(x(p["seconds"]), round(HEIGHT * (1 - p["exercised"] / most), 1)) for p in curve]
    steps, height = [f"M0 {HEIGHT}"], float(HEIGHT)
    for number, each in enumerate(found, 1):
        height = round(HEIGHT * (1 - number / len(found)), 1)
        steps.append(f"H{x(each['seconds'])}V{height}")
    steps.append(f"H{WIDE}")
    return {
        "width": str(WIDE),
        "height": str(HEIGHT + 1),
        "box": f"0 -2 {WIDE} {HEIGHT + 4}",
        "base": f"M0 {HEIGHT + 0.5}h{WIDE}",
        "exercised": " ".join(f"{left},{top}" for left, top in exercised),
        "found": "".join(steps) if found else None,
        "last": duration(whole),
        "words": _pays(found, curve, whole),
    }


def _pays(found: Sequence[Item], curve: Sequence[Item], whole: float) -> str:
    """When something new was seen last."""
    requests = plural(curve[-1]["requests"], "request")
    if found:
        at = duration(found[-1]["seconds"])
        told = f"{plural(len(found), 'broken promise')} found, the last after {at}"
    else:
        told = "No broken promise found"
    last = next(p for p in curve if p["exercised"] == curve[-1]["exercised"])
    return (
        f"{told}; {plural(curve[-1]['exercised'], 'promise')} exercised, the newest after "
        f"{duration(last['seconds'])}; {requests} in {duration(whole)}."
    )
