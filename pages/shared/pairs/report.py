"""A run or a comparison as one HTML file that opens from disk, without a server or a network.

What it says is put together here as plain text; ``report.html.jinja`` escapes it and sets it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from gan_core import __version__, catalog
from gan_core.errors import GanError
from gan_core.html.parts import Picture, Table, grids
from gan_core.html.templates import render
from gan_core.quality import record
from gan_core.quality.measures import RANKING_MEASURES
from pages.shared.errors import reason
from pages.shared.pairs import sides as pair_sides
from pages.shared.pairs.report_charts import draw_charts
from pages.shared.pairs.sides import LETTERS, Side, read_side
from pages.shared.runs.by_hand import Moment, moments
from pages.shared.server.sources import Source
from pages.shared.text import describe_duration

if TYPE_CHECKING:
    from gan_core.training.findings import Finding


TEMPLATE = Path(__file__).with_name("report.html.jinja")


@dataclass(frozen=True)
class RunSection:
    """What a report says of each run under its name."""

    label: str
    findings: Sequence[Finding]
    pictures: Sequence[Picture]
    state: str  # how its training stands, in sentences
    done: Sequence[Moment]  # what was done to it while it ran


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


def report_button(sources: Sequence[Source], *, key: str) -> None:
    """Download the report of these; it is written when the button is pressed."""
    names = "-and-".join(source.name for source in sources)
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
    letters = LETTERS if len(sources) > 1 else ("Run",)
    try:
        return write_report([read_side(*one) for one in zip(letters, sources, strict=True)])
    except (GanError, OSError) as error:
        return f'<!DOCTYPE html><meta charset="utf-8"><p>No report: {escape(reason(error))}</p>'


def _table(columns: Mapping[str, Sequence[str]]) -> Table:
    """Columns by name as a table; the first is that of the rows' names."""
    return Table(list(columns), list(zip(*columns.values(), strict=True)))


def _measurements(sides: Sequence[Side]) -> Table | None:
    """What was measured of each side; None where nothing was."""
    qualities = [record.read_quality(side.source.folder, side.config.dataset) for side in sides]
    names = [
        name for name in RANKING_MEASURES if any(name in quality.values for quality in qualities)
    ]
    if not names:
        return None
    columns = {"": ["Measured with", *(RANKING_MEASURES[name].title for name in names)]}
    for side, quality in zip(sides, qualities, strict=True):
        values = quality.values
        columns[side.label] = [
            quality.words,
            *(
                RANKING_MEASURES[name].format(values[name]) if name in values else "-"
                for name in names
            ),
        ]
    return _table(columns)


def _run_section(side: Side) -> RunSection:
    state = side.state
    words = (
        f"{state.standing} at step {state.step:,} after {describe_duration(state.seconds)} of "
        f"training. {state.error}"
    )
    return RunSection(
        side.label,
        state.findings,
        list(grids(side.source.folder, state.grids)),
        words,
        moments(state.events),
    )


def _settings(sides: Sequence[Side]) -> Table:
    """All settings, those in which the sides differ first, and where each run comes from."""
    configs = [catalog.complete(side.config).to_dict() for side in sides]
    settings = [{name: str(value) for name, value in config.items()} for config in configs]
    names = list(dict.fromkeys(name for values in settings for name in values))
    names.sort(key=lambda name: len({values.get(name) for values in settings}) == 1)
    columns = {"": ["Forked from", "Created", *names]}
    for side, values in zip(sides, settings, strict=True):
        info = side.info
        origin = f"{info.parent} at step {info.forked_at:,}" if info.parent else "-"
        columns[side.label] = [origin, info.created, *(values.get(name, "-") for name in names)]
    return _table(columns)
