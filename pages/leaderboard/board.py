"""The board as a table, and the seeds of a line beneath it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from gan_core.quality.measures import MEASURES
from pages.leaderboard.standings import Standing, measures_of
from pages.shared.server import urls
from pages.shared.text import describe_duration, plain

ROW_HEIGHT = 56
MAX_TABLE_HEIGHT = 700


def board(standings: Sequence[Standing], order: str) -> None:
    """The board. A click on the head of a column sorts by it."""
    names = measures_of(standings, order)
    grouped = any(len(line.entries) > 1 for line in standings)
    st.dataframe(
        [_cells(line, order, names, grouped) for line in standings],
        row_height=ROW_HEIGHT,
        height=min(MAX_TABLE_HEIGHT, 40 + ROW_HEIGHT * len(standings)),
        hide_index=True,
        placeholder="-",
        column_config=_columns(order, names),
        key="leaderboard",
        alt="Generators of one data set, the best first",
    )


def _columns(order: str, names: Sequence[str]) -> dict[str, Any]:
    config = st.column_config
    columns: dict[str, Any] = {
        "Picture": config.ImageColumn(width=70, help="The last grid of samples."),
        "Name": config.TextColumn(width=190, pinned=True),
        "Measured with": config.TextColumn(width=190),
        "Updates": config.NumberColumn(format="localized", help="Generator updates."),
        "Images": config.NumberColumn(format="compact", help="Real images shown."),
        "Seconds": config.NumberColumn(format="localized", help="Of training."),
        "Parameters": config.NumberColumn(format="compact", help="Of the generator."),
        "Multiply-adds": config.NumberColumn(format="compact", help="Of the generator, an image."),
        "Spread": config.NumberColumn(
            f"± {MEASURES[order].title}", format="%.3g", help="Standard deviation over seeds."
        ),
    }
    for name in names:
        measure = MEASURES[name]
        shape = "percent" if measure.format(0).endswith("%") else "%.3g"
        columns[name] = config.NumberColumn(measure.title, format=shape, help=measure.meaning)
    return columns


def _cells(line: Standing, order: str, names: Sequence[str], grouped: bool) -> dict[str, Any]:
    """A line's cells, the order of the columns: what orders the board stands before the rest."""
    first = line.entries[0]
    picture = urls.grid_url(first.source, first.grid) if first.grid is not None else None
    spread = {"Spread": line.spread(order)} if grouped else {}
    best, *others = names or [""]
    return {
        "Name": line.name,
        "Picture": picture,
        **({best: line.mean(best)} if best else {}),
        **spread,
        "Measured with": line.words,
        **{name: line.mean(name) for name in others},
        "Updates": first.step,
        "Images": first.images,
        "Seconds": round(line.seconds),
        "Parameters": first.parameters,
        "Multiply-adds": first.multiply_adds,
    }


def seeds(line: Standing) -> None:
    """The members of a line of several seeds, and what they have in common."""
    names = measures_of([line])
    with st.expander(plain(line.name), icon=":material/casino:"):
        rows = [
            {
                "Run": entry.source.label,
                "Seed": str(entry.config.seed),
                **{
                    MEASURES[name].title: MEASURES[name].format(entry.quality.values[name])
                    for name in names
                    if name in entry.quality.values
                },
                "Training time": describe_duration(entry.seconds),
            }
            for entry in line.entries
        ]
        means = {MEASURES[name].title: _with_spread(line, name) for name in names}
        rows.append({"Run": "Mean ± standard deviation", "Seed": "", **means})
        key = f"seeds/{line.entries[0].source.id}"
        st.dataframe(rows, hide_index=True, placeholder="-", key=key)


def _with_spread(line: Standing, name: str) -> str:
    mean, spread, words = line.mean(name), line.spread(name), MEASURES[name].format
    if mean is None:
        return ""
    return words(mean) if spread is None else f"{words(mean)} ± {words(spread)}"
