"""The curves of a report: Plotly's own HTML, with its script in the first chart alone."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from gan_core.runs.history import Curves, thinned
from gan_core.runs.watches import levels, watches_of
from pages.shared.charts.figures import PALETTE, X_TITLES
from pages.shared.pairs.sides import Side

if TYPE_CHECKING:
    import plotly.graph_objects as go


MAX_POINTS = 2000  # of one curve
_DASHES = ("solid", "dash", "dot")


@dataclass(frozen=True)
class Chart:
    """A chart, and what healthy curves look like in it."""

    html: str
    words: str


def draw_charts(sides: Sequence[Side]) -> list[Chart]:
    """The losses, and what there is to watch of each side's objective; none where no side has
    logged anything."""
    if all(not len(side.curves.get("step", ())) for side in sides):
        return []
    return [
        Chart(_to_html(figure, with_script=number == 0), words)
        for number, (figure, words) in enumerate(_figures(sides))
    ]


def _figures(sides: Sequence[Side]) -> Iterator[tuple[go.Figure, str]]:
    losses = {"d/loss": "discriminator", "g/loss": "generator"}
    yield _figure("Losses", sides, losses), ""
    for side in sides:
        for watch in watches_of(side.config, side.curves):
            figure = _figure(f"{side.label}: {watch.title}", [side], watch.columns)
            for name, value in levels(watch, side.state.settings or side.config).items():
                figure.add_hline(value, line_dash="dot", annotation_text=escape(name))
            if watch.bounds:
                figure.update_yaxes(range=list(watch.bounds))
            yield figure, watch.words


def _figure(title: str, sides: Sequence[Side], columns: Mapping[str, str]) -> go.Figure:
    """Columns of the curves as lines: a colour a side, or a column where there is one side.

    Plotly reads its texts as HTML of a kind, so they are escaped here.
    """
    import plotly.graph_objects as go

    figure = go.Figure()
    for place, side in enumerate(sides):
        for number, (column, name) in enumerate(columns.items()):
            steps, values = _points(side.curves, column)
            color = PALETTE[(place if len(sides) > 1 else number) % len(PALETTE)]
            dash = _DASHES[number % len(_DASHES)]
            label = f"{side.letter} {name}" if len(sides) > 1 else name
            figure.add_scatter(
                x=steps,
                y=values,
                mode="lines",
                name=escape(label),
                line={"color": color, "dash": dash, "width": 1.5},
            )
    figure.update_layout(
        title=escape(title),
        xaxis_title=X_TITLES["step"],
        template="plotly_white",
        height=360,
        margin={"l": 60, "r": 20, "t": 50, "b": 50},
    )
    return figure


def _points(curves: Curves, column: str) -> tuple[list[int], list[float | None]]:
    """A curve as steps and values, thinned evenly; None where a value is missing."""
    if column not in curves:
        return [], []
    places = thinned(range(len(curves[column])), MAX_POINTS)
    values = [float(curves[column][place]) for place in places]
    return (
        [int(curves["step"][place]) for place in places],
        [value if math.isfinite(value) else None for value in values],
    )


def _to_html(figure: go.Figure, *, with_script: bool) -> str:
    options: dict[str, Any] = {"displaylogo": False, "responsive": True}
    html: str = figure.to_html(full_html=False, include_plotlyjs=with_script, config=options)
    return html
