"""The Leaderboard page: all generators of one data set, ordered by a measurement."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import streamlit as st

from gan_core.data.dataset import POINT
from gan_core.quality.measures import RANKING_MEASURES
from pages.leaderboard.board import board, seeds
from pages.leaderboard.entries import read_entries
from pages.leaderboard.measuring import measuring
from pages.leaderboard.sheet import one_in_full
from pages.leaderboard.standings import Entry, rank
from pages.shared.text import plain


def choose(entries: Sequence[Entry]) -> tuple[str, str, bool]:
    """The data set, the measurement that orders, and whether seeds stand together."""
    counts = Counter(entry.dataset for entry in entries)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        dataset = st.selectbox(
            "Data set",
            [name for name, _ in counts.most_common()],
            format_func=lambda name: f"{name} ({counts[name]})",
            key="data",
            width=240,
        )
        of_points = any(e.info.image_shape == POINT for e in entries if e.dataset == dataset)
        order = st.selectbox(
            "Order by",
            [name for name, m in RANKING_MEASURES.items() if m.points == of_points],
            format_func=_measure_words,
            key="order/points" if of_points else "order",
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


def _measure_words(name: str) -> str:
    measure = RANKING_MEASURES[name]
    return f"{measure.title} ({measure.better} is better)"


def show(generators: Sequence[Entry]) -> None:
    """The board of a data set, and what there is to see and to do below it."""
    dataset, order, together = choose(generators)
    entries = [entry for entry in generators if entry.dataset == dataset]
    standings = rank(entries, order, together)
    if all(line.mean(order) is None for line in standings):
        st.info(
            f"{RANKING_MEASURES[order].title} was not measured yet for any generator of "
            f"{plain(dataset)}. Order by another measurement, or measure one below the table."
        )
    board(standings, order)
    distances = sorted({entry.quality.distance for entry in entries} - {""})
    st.caption(
        "Full measurements come first, those made while training after them: distances fall with "
        "the number of samples, so only equal numbers compare."
        + (f" The Frechet distance is {plain(' or '.join(distances))}." if distances else "")
    )
    measuring(entries)
    for line in standings:
        if len(line.entries) > 1:
            seeds(line)
    one_in_full([entry for line in standings for entry in line.entries])


st.title("Leaderboard")
generators, damages = read_entries()
if generators:
    show(generators)
else:
    st.info("There is no generator yet. Train one on the Train page; it will be listed here.")
for damage in damages:
    st.warning(f"Left out: {plain(damage)}")
