"""Targets to put side by side, made of the samples of results.json."""

from __future__ import annotations

from collections.abc import Callable

from reports.matrix import Target
from tests import reports_sample as sample


def three() -> list[Target]:
    """A reference that keeps everything, a mock, and an older one that breaks more."""
    return [
        Target("sandbox", sample.conformant(), "sandbox/index.html"),
        Target("mock", sample.three_findings()),
        Target("old", sample.folded()),
    ]


def another() -> sample.Results:
    """A run by another edition, which leaves one promise out and makes one more."""
    results = sample.conformant()
    results["contract"].update(version="1.1.0", sha256="f" * 64)
    items = results["requirements"]
    first = items[0]
    items.insert(1, {**first, "id": "request.body.new", "statement": "new is there."})
    items[:] = [item for item in items if item["id"] != "auth.missing"]
    return sample.counted(results)


def enemies() -> list[Target]:
    """Targets that send, and are named, what no page should believe."""
    odd = sample.conformant()
    odd["suite"]["version"] = "9"
    return [
        Target("a|b", sample.hostile()),
        Target(sample.HOSTILE, sample.hostile()),
        Target("down", sample.nobody()),
        Target("other", {**another(), "suite": {"version": sample.HOSTILE}}),
        Target("odd", odd),
    ]


def twenty() -> list[Target]:
    """As many as a page is made for, all of them bad."""
    results = sample.all_failing(each=5)
    return [Target(f"target-{n}", results, f"target-{n}/index.html") for n in range(1, 21)]


def few(targets: list[Target]) -> list[Target]:
    """The targets with some of what they keep, so that looking at all of a page takes no minute."""
    for target in targets:
        items = target.results["requirements"]
        items[:] = [
            item
            for n, item in enumerate(items)
            if not n % 20 or item["verdict"] not in ("pass", "untested")
        ]
    return targets


SIDES: dict[str, Callable[[], list[Target]]] = {
    "three": three,
    "editions": lambda: [*three(), Target("next", another())],
    "hostile": enemies,
    "twenty": twenty,
}
