"""Line charts as SVG, in a few lines: panels side by side that say the same thing at any size."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from xml.sax.saxutils import escape

import numpy as np

COLOURS = ("#1f5fbf", "#d1600a", "#2b8a3e")  # told apart by lightness too
WIDTH, HEIGHT = 420, 230  # of a panel, in pixels
LEFT, RIGHT, TOP, BOTTOM = 52, 12, 48, 34
COLUMNS = 2
POINTS = 160  # of a curve: more cannot be seen apart
SPREAD = (1, 99)  # percentiles that a panel shows; single spikes beyond them are cut off


@dataclass(frozen=True)
class Panel:
    """Curves over one x axis, and levels to draw as dotted lines, all by label."""

    title: str
    x: np.ndarray  # (N,)
    curves: Mapping[str, np.ndarray]  # (N,) each, NaN where there is no value
    levels: Mapping[str, float] = field(default_factory=dict)
    x_title: str = ""


def svg(panels: Sequence[Panel]) -> str:
    """The panels, two in a row, on white, which reads well on light and dark pages alike."""
    columns = min(COLUMNS, len(panels))
    rows = math.ceil(len(panels) / COLUMNS)
    width, height = columns * WIDTH, rows * HEIGHT
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" font-family="sans-serif" font-size="11">',
        f'<rect width="{width}" height="{height}" rx="6" fill="#fff"/>',
    ]
    for index, panel in enumerate(panels):
        row, column = divmod(index, COLUMNS)
        parts.append(f'<g transform="translate({column * WIDTH} {row * HEIGHT})">')
        parts += _panel(panel, index)
        parts.append("</g>")
    return "\n".join([*parts, "</svg>\n"])


def _panel(panel: Panel, index: int) -> list[str]:
    curves = {label: _thin(panel.x, values) for label, values in panel.curves.items()}
    curve_values = [y for _, y in curves.values() if len(y)]
    low, high = _range(curve_values, panel.levels)
    last = float(panel.x.max()) if len(panel.x) else 1.0
    inside = (LEFT, TOP, WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM)

    def across(value: float) -> float:
        return inside[0] + inside[2] * value / last

    def down(value: float) -> float:
        return inside[1] + inside[3] * (high - value) / (high - low)

    right, bottom = inside[0] + inside[2], inside[1] + inside[3]
    parts = [f'<text x="{LEFT}" y="18" font-size="13" fill="#222">{escape(panel.title)}</text>']
    for value in ticks(low, high):
        parts.append(
            f'<path d="M{LEFT} {down(value):.1f}H{right}" stroke="#e3e3e3"/><text x="{LEFT - 6}" '
            f'y="{down(value) + 4:.1f}" text-anchor="end" fill="#555">{value:.4g}</text>'
        )
    for value in ticks(0, last, 4):
        parts.append(
            f'<text x="{across(value):.1f}" y="{bottom + 15}" text-anchor="middle" fill="#555">'
            f"{value:,.0f}</text>"
        )
    parts.append(
        f'<text x="{right}" y="{bottom + 28}" text-anchor="end" fill="#555">'
        f"{escape(panel.x_title)}</text>"
    )
    clip = f"inside{index}"
    parts.append(
        f'<clipPath id="{clip}"><rect x="{LEFT}" y="{TOP}" width="{inside[2]}" '
        f'height="{inside[3]}"/></clipPath>'
    )
    at = LEFT
    for (label, (x, y)), colour in zip(curves.items(), COLOURS, strict=False):
        line = " ".join(f"{across(a):.1f},{down(b):.1f}" for a, b in zip(x, y, strict=True))
        parts.append(
            f'<polyline points="{line}" clip-path="url(#{clip})" fill="none" stroke="{colour}" '
            'stroke-width="1.5"/>'
        )
        at = _legend(parts, at, label, f'stroke="{colour}" stroke-width="2.5"')
    for label, level in panel.levels.items():
        parts.append(
            f'<path d="M{LEFT} {down(level):.1f}H{right}" stroke="#777" stroke-dasharray="2 3"/>'
        )
        at = _legend(parts, at, f"{label} {level:.4g}", 'stroke="#777" stroke-dasharray="2 3"')
    return parts


def _legend(parts: list[str], at: int, label: str, stroke: str) -> int:
    """Add an entry; returns where the next one begins."""
    parts.append(
        f'<path d="M{at} 33h14" {stroke}/><text x="{at + 18}" y="37" fill="#333">'
        f"{escape(label)}</text>"
    )
    return at + 32 + round(5.8 * len(label))


def _thin(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A curve as means over equal numbers of its points, with gaps left out."""
    finite = np.isfinite(y)
    x, y = x[finite], y[finite]
    parts = min(POINTS, len(x))
    if not parts:
        return x, y
    means = [[part.mean() for part in np.array_split(values, parts)] for values in (x, y)]
    return np.array(means[0]), np.array(means[1])


def _range(curves: Sequence[np.ndarray], levels: Mapping[str, float]) -> tuple[float, float]:
    values = [float(bound) for y in curves for bound in np.percentile(y, SPREAD)]
    values += levels.values()
    low, high = min(values, default=0.0), max(values, default=1.0)
    margin = 0.06 * (high - low) or 0.1 * abs(high) or 1.0
    return low - margin, high + margin


def ticks(low: float, high: float, most: int = 5) -> list[float]:
    """Round numbers in a range, at most so many steps apart."""
    rough = (high - low) / most
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough * 0.999)
    first, last = math.ceil(low / step), math.floor(high / step)
    return [round(number * step, 10) for number in range(first, last + 1)]
