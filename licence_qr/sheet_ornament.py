"""The frame of a sheet: guilloche bands, corners and a pale rosette, drawn by formula; no emblem, no seal.

Fine interlaced lines are what a photocopier blurs first; the proof is the code, the frame is there to be looked at.
"""

import math
from collections.abc import Iterable
from functools import cache

GOLD, PALE, TINT = "#b08a3e", "#efe4cc", "#fdfbf5"
_BAND = 7.5  # mm on the 副本
_MARGIN = 9.0
_PERIOD = 9.0


@cache
def frame(width: float, height: float, *, rosette: bool) -> str:
    """Return the SVG elements of the frame of a sheet of that size in mm; `rosette` adds the pale one in the middle."""
    u = width / 297
    margin, band = _MARGIN * u, _BAND * u
    inner = margin + band
    corner = band + 2.4 * u
    parts = [f'<rect width="{width:g}" height="{height:g}" fill="#fff"/>']
    parts.append(_box(inner, width, height, f'fill="{TINT}" stroke="none"'))
    if rosette:
        parts.append(_rosette(width / 2, height * 0.56, 56 * u, u))
    for offset, stroke in ((margin, 0.55), (inner, 0.55), (inner + 1.5 * u, 0.18)):
        parts.append(_box(offset, width, height, f'fill="none" stroke="{GOLD}" stroke-width="{stroke * u:.2f}"'))
    middle = margin + band / 2
    long, high = width - 2 * (margin + corner), height - 2 * (margin + corner)
    waves = "".join(
        _wave(x, y, length, (band / 2 - 0.7 * u) * share, phase, u, upright=upright)
        for x, y, length, upright in (
            (margin + corner, middle, long, False),
            (margin + corner, height - middle, long, False),
            (middle, margin + corner, high, True),
            (width - middle, margin + corner, high, True),
        )
        for share, phase in ((1.0, 0), (1.0, 1), (0.62, 0), (0.62, 1), (0.26, 0), (0.26, 1))
    )
    parts.append(f'<path d="{waves}" fill="none" stroke="{GOLD}" stroke-width="{0.2 * u:.2f}"/>')
    parts += [
        _corner(x, y, corner, u)
        for x in (margin - 0.6 * u, width - margin + 0.6 * u - corner)
        for y in (margin - 0.6 * u, height - margin + 0.6 * u - corner)
    ]
    return "".join(parts)


def _box(offset: float, width: float, height: float, style: str) -> str:
    size = f'width="{width - 2 * offset:.2f}" height="{height - 2 * offset:.2f}"'
    return f'<rect x="{offset:.2f}" y="{offset:.2f}" {size} {style}/>'


def _wave(x: float, y: float, length: float, height: float, phase: int, u: float, *, upright: bool) -> str:
    """Return a sine of whole half-waves from crest to trough as cubic curves (control points at 0.364 of the step)."""
    count = 2 * round(length / (_PERIOD * u))
    step = length / count
    sign = 1 if phase else -1
    points = []
    for number in range(count):
        rise = -2 * height * sign * (1 if number % 2 == 0 else -1)
        curve = ((0.364 * step, 0.0), (0.636 * step, rise), (step, rise))
        points.append("c" + " ".join(f"{b:.2f} {a:.2f}" if upright else f"{a:.2f} {b:.2f}" for a, b in curve))
    start = (x + sign * height, y) if upright else (x, y + sign * height)
    return f"M{start[0]:.2f} {start[1]:.2f}" + "".join(points)


def _corner(x: float, y: float, side: float, u: float) -> str:
    """Return a square with a rose of eight leaves."""
    middle, radius = side / 2, side / 2 - 0.9 * u
    leaves = _closed(
        (
            x + middle + radius * math.cos(4 * turn) * math.cos(turn),
            y + middle + radius * math.cos(4 * turn) * math.sin(turn),
        )
        for turn in _turns(160)
    )
    ring = _closed(
        (
            x + middle + radius * (0.78 + 0.2 * math.cos(12 * turn)) * math.cos(turn),
            y + middle + radius * (0.78 + 0.2 * math.cos(12 * turn)) * math.sin(turn),
        )
        for turn in _turns(144)
    )
    box = f'<rect x="{x:.2f}" y="{y:.2f}" width="{side:.2f}" height="{side:.2f}" fill="#fff" stroke="{GOLD}" '
    return (
        f'{box}stroke-width="{0.5 * u:.2f}"/><path d="{leaves}{ring}" fill="none" stroke="{GOLD}" '
        f'stroke-width="{0.2 * u:.2f}"/>'
    )


def _rosette(x: float, y: float, radius: float, u: float) -> str:
    """Return nested roses whose leaves lie between each other's."""
    lines = "".join(
        _closed(
            (
                x + radius * share * (0.86 + 0.14 * math.cos(leaves * turn + shift)) * math.cos(turn),
                y + radius * share * (0.86 + 0.14 * math.cos(leaves * turn + shift)) * math.sin(turn),
            )
            for turn in _turns(leaves * 14)
        )
        for share, leaves in ((1.0, 24), (0.86, 24), (0.7, 18), (0.54, 18), (0.38, 12), (0.24, 12))
        for shift in (0.0, math.pi / 2, math.pi, math.pi * 1.5)
    )
    return f'<path d="{lines}" fill="none" stroke="{PALE}" stroke-width="{0.22 * u:.2f}"/>'


def _turns(count: int) -> list[float]:
    return [2 * math.pi * number / count for number in range(count)]


def _closed(points: Iterable[tuple[float, float]]) -> str:
    """Return a closed line, its steps relative so that the file stays small; rounding does not add up."""
    drawn: list[str] = []
    at = (0.0, 0.0)
    for x, y in points:
        dx, dy = round(x - at[0], 2), round(y - at[1], 2)
        drawn.append(f"{'l' if drawn else 'M'}{dx:g} {dy:g}")
        at = (at[0] + dx, at[1] + dy)
    return "".join(drawn) + "z"
