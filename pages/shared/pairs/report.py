"""A run or a comparison as one HTML file that opens from disk, without a server or a network.

What it says is put together here as plain text; ``report.html.jinja`` escapes it and sets it.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from gan_core import __version__
from gan_core.errors import GanError
from gan_core.quality import record
from gan_core.quality.measures import RANKING_MEASURES
from gan_core.runs.history import Curves
from pages.shared.charts.figures import PALETTE, X_TITLES
from pages.shared.charts.watches import levels, watches_of
from pages.shared.pairs import sides as pair_sides
from pages.shared.pairs.report_charts import draw_charts
from pages.shared.pairs.sides import Side
from pages.shared.runs.files import thinned
from pages.shared.server.sources import Source
from pages.shared.templates import render
from pages.shared.text import describe_duration

if TYPE_CHECKING:
    from gan_core.training.findings import Finding


TEMPLATE = Path(__file__).with_name("report.html.jinja")
MAX_GRIDS = 6  # of one run, spread over its training


@dataclass(frozen=True)
class Table:
    """A row of heads, then rows that begin with their names."""

    heads: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True)
class Picture:
    """A grid as it was drawn."""

    caption: str
    png: str  # in base64


@dataclass(frozen=True)
class RunSection:
    """What a report says of each run under its name."""

    label: str
    findings: Sequence[Finding]
    pictures: Sequence[Picture]
    state: str  # how its training stands, in sentences


def write_report(sides: Sequence[Side]) -> str:
    """The HTML of one run or of several beside each other.

    Raises:
        GanError: a run is gone or damaged.
    """
    return render(
        TEMPLATE,
        title=" and ".join(side.source.name for side in sides),
        version=__version__,
        numbers=_table(pair_sides.table(sides)),
        measurements=_measurements(sides),
        runs=[_run_section(side) for side in sides],
        charts=draw_charts(sides),
        settings=_settings(sides),
    )


def _section(title: str, content: str) -> str:
    return f"<h2>{escape(title)}</h2>\n{content}\n" if content else ""


def _table(columns: Mapping[str, Sequence[str]]) -> str:
    """Columns by name as a table; the first is that of the rows' names."""
    heads = "".join(f'<th scope="col">{escape(name)}</th>' for name in columns)
    rows = [
        f'<tr><th scope="row">{escape(name)}</th>'
        + "".join(f"<td>{escape(value)}</td>" for value in values)
        + "</tr>"
        for name, *values in zip(*columns.values(), strict=True)
    ]
    return f'<div class="wide"><table><tr>{heads}</tr>{"".join(rows)}</table></div>'


def _measurements(sides: Sequence[Side]) -> str:
    known = [record.read_quality(side.item.folder, side.config.dataset) for side in sides]
    if not any(one.values for one in known):
        return "<p>Nothing was measured yet.</p>"
    made = [name for name in RANKING_MEASURES if any(name in one.values for one in known)]
    columns = {"": ["Measured with", *(RANKING_MEASURES[name].title for name in made)]}
    for side, one in zip(sides, known, strict=True):
        columns[side.label] = [
            one.words,
            *(RANKING_MEASURES[n].format(one.values[n]) if n in one.values else "-" for n in made),
        ]
    return _table(columns)


def _findings(side: Side) -> str:
    """What the doctor says of a run."""
    findings = found(side.item, side.config, side.curves)
    said = "".join(
        f"<li><strong>{escape(one.title)}</strong> ({escape(one.severity)}, since step "
        f"{one.step:,}). {escape(one.evidence)} {escape(one.meaning)} {escape(one.advice)}</li>"
        for one in findings
    )
    words = f"<ul>{said}</ul>" if said else "<p>No findings.</p>"
    return f"<h3>{escape(side.label)}</h3>{words}"


def _pictures(side: Side) -> str:
    folder = side.item.folder
    shown: list[int | None] = list(thinned(side.grids, MAX_GRIDS))
    figures = []
    for step in [*shown, None]:
        path = folder.grid_path(step)
        if not path.is_file():
            continue
        words = "Real images" if step is None else f"Step {step:,}"
        data = base64.b64encode(path.read_bytes()).decode()
        figures.append(
            f'<figure><img src="data:image/png;base64,{data}" alt="{escape(side.label)}: '
            f'{words}"><figcaption>{words}</figcaption></figure>'
        )
    return f"<h3>{escape(side.label)}</h3>{''.join(figures)}" if figures else ""


def _charts(sides: Sequence[Side]) -> str:
    """The losses, and what there is to watch of each side's objective; plotly's script once."""
    losses = {"d/loss": "discriminator", "g/loss": "generator"}
    charts = [(_figure("Losses", sides, losses), "")]
    for side in sides:
        for watch in watches_of(side.config, side.curves):
            figure = _figure(f"{side.label}: {watch.title}", [side], watch.columns)
            for name, value in levels(watch, side.config).items():
                figure.add_hline(value, line_dash="dot", annotation_text=escape(name))
            if watch.bounds:
                figure.update_yaxes(range=list(watch.bounds))
            charts.append((figure, watch.words))
    if all(not len(side.curves.get("step", ())) for side in sides):
        return "<p>Nothing was logged yet.</p>"
    return "".join(
        f'<div class="chart">{_html(figure, first=number == 0)}'
        f'<p class="note">{escape(words)}</p></div>'
        for number, (figure, words) in enumerate(charts)
    )


def _figure(title: str, sides: Sequence[Side], columns: Mapping[str, str]) -> go.Figure:
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


def _html(figure: go.Figure, *, first: bool) -> str:
    options: dict[str, Any] = {"displaylogo": False, "responsive": True}
    html: str = figure.to_html(full_html=False, include_plotlyjs=first, config=options)
    return html


def _settings(sides: Sequence[Side]) -> str:
    """All settings, those in which the sides differ first, and where each run comes from."""
    values = [{name: str(v) for name, v in side.config.to_dict().items()} for side in sides]
    names = sorted(values[0], key=lambda name: len({one[name] for one in values}) == 1)
    columns = {"": ["Forked from", "Created", *names]}
    for side, one in zip(sides, values, strict=True):
        info = side.info
        origin = f"{info.parent} at step {info.forked_at:,}" if info.parent else "-"
        columns[side.label] = [origin, info.created, *(one[name] for name in names)]
    words = [
        f"<p>{escape(side.label)}: {escape(status.phase)} at step {status.step:,} after "
        f"{escape(duration(status.seconds))} of training. {escape(status.message)}</p>"
        for side in sides
        for status in [side.item.folder.status()]
    ]
    return "".join(words) + _table(columns)


def report_button(items: Sequence[sources.Source], *, key: str) -> None:
    """Download the report of these; it is made when the button is pressed."""
    names = "-and-".join(item.name for item in items)
    st.download_button(
        "Report (HTML)",
        lambda: write_report_or_reason(sources),
        file_name=f"report-{names}.html",
        mime="text/html",
        key=key,
        on_click="ignore",
        icon=":material/description:",
        help="Settings, curves, pictures and measurements in one file that opens offline.",
    )


def write_report_or_reason(sources: Sequence[Source]) -> str:
    """The report, or a page that says in one sentence why there is none."""
    letters = pair_sides.LETTERS if len(sources) > 1 else ("Run",)
    try:
        return write_report(
            [pair_sides.read_side(*one) for one in zip(letters, sources, strict=True)]
        )
    except (GanError, OSError) as error:
        return f'<!DOCTYPE html><meta charset="utf-8"><p>No report: {escape(str(error))}</p>'


def _table(columns: Mapping[str, Sequence[str]]) -> Table:
    """Columns by name as a table; the first is that of the rows' names."""
    return Table(list(columns), list(zip(*columns.values(), strict=True)))


def _measurements(sides: Sequence[Side]) -> Table | None:
    """What was measured of each side; None where nothing was."""
    qualities = [record.measured(side.source.folder, side.config.dataset) for side in sides]
    names = [name for name in MEASURES if any(name in quality.values for quality in qualities)]
    if not names:
        return None
    columns = {"": ["Measured with", *(MEASURES[name].title for name in names)]}
    for side, quality in zip(sides, qualities, strict=True):
        values = quality.values
        columns[side.label] = [
            record.measured_words(quality),
            *(MEASURES[name].shown(values[name]) if name in values else "-" for name in names),
        ]
    return _table(columns)


def _run_section(side: Side) -> RunSection:
    state = side.state
    words = (
        f"{state.standing} at step {state.step:,} after {describe_duration(state.seconds)} of "
        f"training. {state.error}"
    )
    return RunSection(side.label, state.findings, _pictures(side), words)


def _pictures(side: Side) -> list[Picture]:
    """Its grids, thinned evenly, and the real images."""
    steps: list[int | None] = [*thinned(side.state.grids, MAX_GRIDS), None]
    pictures = []
    for step in steps:
        path = side.source.folder.grid_path(step)
        if path.is_file():
            caption = "Real images" if step is None else f"Step {step:,}"
            pictures.append(Picture(caption, base64.b64encode(path.read_bytes()).decode()))
    return pictures


def _settings(sides: Sequence[Side]) -> Table:
    """All settings, those in which the sides differ first, and where each run comes from."""
    settings = [{name: str(v) for name, v in side.config.to_dict().items()} for side in sides]
    names = sorted(settings[0], key=lambda name: len({values[name] for values in settings}) == 1)
    columns = {"": ["Forked from", "Created", *names]}
    for side, values in zip(sides, settings, strict=True):
        info = side.info
        origin = f"{info.parent} at step {info.forked_at:,}" if info.parent else "-"
        columns[side.label] = [origin, info.created, *(values[name] for name in names)]
    return _table(columns)
