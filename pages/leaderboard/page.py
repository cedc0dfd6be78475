"""The Leaderboard page: all generators of one data set, ordered by a measurement."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from gan_core.quality.record import MEASURES
from pages.leaderboard import standings
from pages.leaderboard.measured_sheet import measured_sheet
from pages.leaderboard.standings import Entry, Standing
from pages.shared.errors import run_safely
from pages.shared.server import process, urls
from pages.shared.text import describe_duration

LOOK_EVERY = 1  # seconds, while something is measured
WATCHED = "measuring_watched"  # whether this visitor saw a measurement under way
ROW_HEIGHT = 56
MAX_TABLE_HEIGHT = 700


def choose(entries: Sequence[Entry]) -> tuple[str, str, bool]:
    """The data set, the measurement that orders, and whether seeds stand together."""
    counts: dict[str, int] = {}
    for entry in entries:
        counts[entry.dataset] = counts.get(entry.dataset, 0) + 1
    names = sorted(counts, key=lambda name: -counts[name])
    with st.container(horizontal=True, vertical_alignment="bottom"):
        dataset = st.selectbox(
            "Data set",
            names,
            format_func=lambda name: f"{name} ({counts[name]})",
            key="data",
            width=240,
        )
        order = st.selectbox(
            "Order by",
            list(MEASURES),
            format_func=lambda name: f"{MEASURES[name].title} ({MEASURES[name].better} is better)",
            key="order",
            persist_state="session",
            width=320,
        )
        together = st.toggle(
            "Seeds of one recipe together",
            value=True,
            key="together",
            help="Runs whose settings differ in the seed alone become one line with their mean.",
        )
    return dataset, order, together


def table(shown: Sequence[Standing], order: str) -> None:
    """The board. A click on the head of a column sorts by it."""
    config = st.column_config
    measures = [order, *(name for name in MEASURES if name != order)]
    made = [name for name in measures if any(one.mean(name) is not None for one in shown)]
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
    for name in made:
        measure = MEASURES[name]
        shape = "percent" if measure.shown(0).endswith("%") else "%.3g"
        columns[name] = config.NumberColumn(measure.title, format=shape, help=measure.meaning)
    grouped = any(len(one.entries) > 1 for one in shown)
    st.dataframe(
        [_cells(one, order, made, grouped) for one in shown],
        row_height=ROW_HEIGHT,
        height=min(MAX_TABLE_HEIGHT, 40 + ROW_HEIGHT * len(shown)),
        hide_index=True,
        placeholder="-",
        column_config=columns,
        key="leaderboard",
        alt="Generators of one data set, the best first",
    )


def _cells(one: Standing, order: str, made: Sequence[str], grouped: bool) -> dict[str, Any]:
    first = one.entries[0]
    picture = urls.grid_url(first.item, first.grid) if first.grid is not None else None
    spread = {"Spread": one.spread(order)} if grouped else {}
    best, *others = made or [""]
    values = {name: one.mean(name) for name in others}
    return {
        "Name": one.name,
        "Picture": picture,
        **({best: one.mean(best)} if best else {}),
        **spread,
        "Measured with": one.words,
        **values,
        "Updates": first.step,
        "Images": first.images,
        "Seconds": round(sum(e.seconds for e in one.entries) / len(one.entries)),
        "Parameters": first.parameters,
        "Multiply-adds": first.multiply_adds,
    }


def seeds(one: Standing) -> None:
    """The members of a line of several seeds, and what they have in common."""
    made = [name for name in MEASURES if one.mean(name) is not None]
    with st.expander(one.name, icon=":material/casino:"):
        rows = [
            {
                "Run": entry.item.label,
                "Seed": str(entry.config.seed),
                **{
                    MEASURES[name].title: MEASURES[name].shown(entry.measured.values[name])
                    for name in made
                    if name in entry.measured.values
                },
                "Training time": describe_duration(entry.seconds),
            }
            for entry in one.entries
        ]
        means = {MEASURES[name].title: _with_spread(one, name) for name in made}
        rows.append({"Run": "Mean ± standard deviation", "Seed": "", **means})
        st.dataframe(rows, hide_index=True, placeholder="-", key=f"seeds/{one.entries[0].item.id}")


def _with_spread(one: Standing, name: str) -> str:
    mean, spread, shown = one.mean(name), one.spread(name), MEASURES[name].shown
    if mean is None:
        return ""
    return shown(mean) if spread is None else f"{shown(mean)} ± {shown(spread)}"


def measuring(mine: Sequence[Entry]) -> None:
    """Measure a generator in full, and how far that is. Ticks meanwhile."""
    trainings = process.trainings()
    current = trainings.measurement
    if current is not None and current.active:
        st.session_state[WATCHED] = True
        st.progress(current.share, text=f"Measuring {current.name}: {current.doing} ...")
        return
    if st.session_state.pop(WATCHED, False):
        st.rerun()  # the board shows what came of it
    if current is not None and current.error:
        st.warning(f"{current.name} was not measured. {current.error}")
    missing = [e for e in mine if not e.measured.full or e.measured.older]
    if not missing:
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.selectbox(
            "Not measured in full yet",
            missing,
            format_func=lambda entry: entry.item.label,
            key="measure_which",
            width=320,
        )
        pressed = st.button("Measure", icon=":material/straighten:", key="measure")
    st.caption(
        "Draws 10,000 samples and measures them against the test images, in the background; on a "
        "CPU that takes a minute or more."
    )
    if pressed:
        if problem := run_safely(trainings.measure, chosen.item.folder):
            st.warning(problem)
            return
        st.rerun()


def closer(mine: Sequence[Entry]) -> None:
    """Everything that was measured of one generator, in words too."""
    measured = [entry for entry in mine if entry.measured.full]
    if not measured:
        return
    st.subheader("One generator in full", anchor=False)
    chosen = st.selectbox(
        "Generator",
        measured,
        format_func=lambda entry: entry.item.label,
        key="closer",
        persist_state="session",
        width=320,
    )
    measured_sheet(chosen.item)


def board(entries: Sequence[Entry]) -> None:
    """The board of the data set that is chosen."""
    dataset, order, together = choose(entries)
    mine = [entry for entry in entries if entry.dataset == dataset]
    shown = standings.standings(mine, order, together)
    if all(one.mean(order) is None for one in shown):
        st.info(
            f"{MEASURES[order].title} was not measured yet for any generator of {dataset}. Order "
            "by another measurement, or measure one below the table."
        )
    table(shown, order)
    distances = sorted({entry.measured.distance for entry in mine} - {""})
    st.caption(
        "Full measurements come first, those made while training after them: distances fall with "
        "the number of samples, so only equal numbers compare."
        + (f" The Frechet distance is {' or '.join(distances)}." if distances else "")
    )
    st.fragment(measuring, run_every=LOOK_EVERY if process.trainings().measuring else None)(mine)
    for one in shown:
        if len(one.entries) > 1:
            seeds(one)
    closer([entry for one in shown for entry in one.entries])


st.title("Leaderboard")
known, damages = standings.entries()
if known:
    board(known)
else:
    st.info("There is no generator yet. Train one on the Train page; it will be listed here.")
for damage in damages:
    st.warning(f"Left out: {damage}")
