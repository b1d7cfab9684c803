"""The charts of the page, as SVG that is light or dark as its reader is."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from benchmarks.speed.figures import number

WIDTH = 720
_LABELS, _VALUES, _ROW, _TOP = 250, 80, 30, 40
_STEPS = 5  # of a grid
_STYLE = """\
text { font: 13px system-ui, sans-serif; fill: #1f2328 }
.title { font-weight: 600; font-size: 15px }
.faint { fill: #59636e }
.suite { fill: #1a7f64; stroke: #1a7f64 }
.other { fill: #8c959f; stroke: #8c959f }
.line { fill: none; stroke-width: 2 }
.grid { stroke: #d1d9e0; stroke-width: 1 }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 }
  .faint { fill: #9198a1 }
  .suite { fill: #3fb58f; stroke: #3fb58f }
  .other { fill: #6e7681; stroke: #6e7681 }
  .grid { stroke: #3d444d }
}"""

Bar = tuple[str, float, bool]
"""Its label, its value, and whether it is the suite's."""
Line = tuple[str, Sequence[tuple[float, float]], bool]
"""Its label, its points, and whether it is the suite's."""


def bars(title: str, unit: str, rows: Sequence[Bar]) -> str:
    """Horizontal bars from nothing to the largest value."""
    room, most = WIDTH - _LABELS - _VALUES, max((value for _, value, _ in rows), default=0) or 1
    parts = []
    for index, (label, value, own) in enumerate(rows):
        y, length = _TOP + index * _ROW, max(1.0, room * value / most)
        parts += [
            f'<text x="{_LABELS - 10}" y="{y + 16}" text-anchor="end">{escape(label)}</text>',
            f'<rect class="{_kind(own)}" x="{_LABELS}" y="{y + 2}" width="{length:.1f}" '
            f'height="{_ROW - 10}" rx="3"/>',
            f'<text class="faint" x="{_LABELS + length + 8:.1f}" y="{y + 16}">'
            f"{number(value)}</text>",
        ]
    return _svg(f"{title}, {unit}", parts, _TOP + len(rows) * _ROW + 6)


def lines(title: str, across: str, most: tuple[float, float], drawn: Sequence[Line]) -> str:
    """Lines from the origin to `most`, across and up; the title says what goes up."""
    left, top, height = 60, _TOP, 240
    room, bottom = WIDTH - left - 150, _TOP + 240
    parts = []
    for step in range(_STEPS + 1):
        y = bottom - height * step / _STEPS
        parts += [
            f'<line class="grid" x1="{left}" y1="{y:.1f}" x2="{left + room}" y2="{y:.1f}"/>',
            f'<text class="faint" x="{left - 8}" y="{y + 4:.1f}" text-anchor="end">'
            f"{number(most[1] * step / _STEPS)}</text>",
            f'<text class="faint" x="{left + room * step / _STEPS:.1f}" y="{bottom + 20}" '
            f'text-anchor="middle">{number(most[0] * step / _STEPS)}</text>',
        ]
    for label, points, own in drawn:
        places = [
            (left + room * x / most[0], bottom - (bottom - top) * y / most[1]) for x, y in points
        ]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        x, y = places[-1] if places else (left, bottom)
        parts += [
            f'<polyline class="line {_kind(own)}" style="fill: none" points="{path}"/>',
            f'<text x="{x + 8:.1f}" y="{y + 4:.1f}">{escape(label)}</text>',
        ]
    middle = left + room / 2
    parts.append(
        f'<text class="faint" x="{middle:.1f}" y="{bottom + 42}" text-anchor="middle">'
        f"{escape(across)}</text>"
    )
    return _svg(title, parts, bottom + 54)


def steps(seconds: Sequence[float], budget: float) -> list[tuple[float, float]]:
    """How many of some things had come by when, as the corners of a staircase."""
    corners = [(0.0, 0.0)]
    for count, each in enumerate(sorted(seconds), 1):
        corners += [(each, count - 1.0), (each, float(count))]
    return [*corners, (budget, float(len(seconds)))]


def _kind(own: bool) -> str:
    return "suite" if own else "other"


def _svg(title: str, parts: Sequence[str], height: float) -> str:
    inside = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0f}" '
        f'width="{WIDTH}" height="{height:.0f}" role="img">\n<title>{escape(title)}</title>\n'
        f"<style>{_STYLE}</style>\n"
        f'<text class="title" x="0" y="20">{escape(title)}</text>\n{inside}\n</svg>\n'
    )
