"""Curves as line charts that an HTML file draws without any script."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from gan_core.config import TrainConfig
from gan_core.runs.history import Curves, thinned
from gan_core.runs.watches import levels, watches_of

WIDTH, HEIGHT = 640.0, 240.0
LEFT, RIGHT, TOP, BOTTOM = 52.0, 8.0, 8.0, 24.0  # room around the lines
MAX_POINTS = 300  # of one line
_TICKS = 5  # or fewer, on an axis
_LOSSES = {"d/loss": "discriminator", "g/loss": "generator"}


@dataclass(frozen=True)
class Tick:
    """A place on an axis, in the chart's own units, and what stands there."""

    at: float
    label: str


@dataclass(frozen=True)
class Line:
    """A curve: the pieces that its gaps leave, each as the points of an SVG polyline."""

    name: str
    pieces: Sequence[str]


@dataclass(frozen=True)
class Chart:
    """A chart over the steps of a training."""

    title: str
    words: str  # what healthy curves look like; may be empty
    lines: Sequence[Line]
    levels: Sequence[Tick]  # horizontal lines
    x: Sequence[Tick]
    y: Sequence[Tick]


def draw(curves: Curves, config: TrainConfig) -> list[Chart]:
    """The losses of a training, and what there is to watch of its objective; none where nothing
    was logged."""
    if not len(curves.get("step", ())):
        return []
    charts = [_chart("Losses", "", curves, _LOSSES, {}, None)]
    for watch in watches_of(config, curves):
        lines = levels(watch, config)
        charts.append(_chart(watch.title, watch.words, curves, watch.columns, lines, watch.bounds))
    return charts


def _chart(
    title: str,
    words: str,
    curves: Curves,
    columns: Mapping[str, str],
    level_values: Mapping[str, float],
    bounds: tuple[float, float] | None,
) -> Chart:
    present = {label: curves[name] for name, label in columns.items() if name in curves}
    steps = curves["step"]
    values = np.concatenate([*present.values(), [*level_values.values()]])
    low, high = bounds or _extent(values[np.isfinite(values)])
    last = float(steps[-1]) or 1.0

    def x(step: float) -> float:
        return LEFT + step / last * (WIDTH - LEFT - RIGHT)

    def y(value: float) -> float:
        share = (min(max(value, low), high) - low) / (high - low)
        return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)

    def line(label: str, column: np.ndarray) -> Line:
        pieces: list[list[str]] = [[]]
        for place in thinned(range(len(steps)), MAX_POINTS):
            value = float(column[place])
            if math.isfinite(value):
                pieces[-1].append(f"{x(float(steps[place])):.1f},{y(value):.1f}")
            elif pieces[-1]:
                pieces.append([])
        return Line(label, [" ".join(piece) for piece in pieces if piece])

    return Chart(
        title,
        words,
        [line(label, column) for label, column in present.items()],
        [Tick(y(value), name) for name, value in level_values.items()],
        [Tick(x(value), f"{value:,.0f}") for value in _round_values(0, last)],
        [Tick(y(value), f"{value:,.4g}") for value in _round_values(low, high)],
    )


def _extent(values: np.ndarray) -> tuple[float, float]:
    """From the lowest to the highest, and a little where they are one."""
    low, high = (float(values.min()), float(values.max())) if len(values) else (0.0, 1.0)
    return (low, high) if high > low else (low - 0.5, high + 0.5)


def _round_values(low: float, high: float) -> list[float]:
    """At most :data:`_TICKS` values in between, by 1, 2 or 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10((high - low) / _TICKS))
    gap = next(
        power * times for times in (1, 2, 5, 10, 20) if (high - low) / (power * times) < _TICKS
    )
    first = math.ceil(low / gap)
    return [gap * number for number in range(first, math.floor(high / gap) + 1)]
