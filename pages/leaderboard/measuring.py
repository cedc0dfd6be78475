"""A generator measured in full from the page, and how far that is."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from pages.leaderboard.standings import Entry
from pages.shared.errors import run_safely
from pages.shared.fragments import fragment, redraw_page
from pages.shared.server import process
from pages.shared.text import plain

LOOK_EVERY = 1  # seconds, while something is measured
WATCHED = "measuring_watched"  # whether this visitor saw a measurement under way


def measuring(entries: Sequence[Entry]) -> None:
    """Offer to measure a generator that was not, or say how far one is: every second meanwhile."""
    tick = LOOK_EVERY if process.trainings().measuring else None
    fragment(_measuring, every=tick)(entries)


def _measuring(entries: Sequence[Entry]) -> None:
    trainings = process.trainings()
    current = trainings.measurement
    if current is not None and current.active:
        st.session_state[WATCHED] = True
        st.progress(
            current.share, text=f"Measuring {plain(current.name)}: {plain(current.doing)} ..."
        )
        return
    if st.session_state.pop(WATCHED, False):
        redraw_page()  # the board shows what came of it
    if current is not None and current.error:
        st.warning(f"{plain(current.name)} was not measured. {plain(current.error)}")
    missing = [entry for entry in entries if not entry.quality.full or entry.quality.older]
    if missing:
        _choose(missing)


def _choose(missing: Sequence[Entry]) -> None:
    """The generators that were not measured, one of them to be measured now."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        entry = st.selectbox(
            "Not measured in full yet",
            missing,
            format_func=lambda entry: entry.source.label,
            key="measure_which",
            width=320,
        )
        pressed = st.button("Measure", icon=":material/straighten:", key="measure")
    st.caption(
        "Draws 10,000 samples and measures them against the test images, in the background; on a "
        "CPU that takes a minute or more."
    )
    if pressed:
        if problem := run_safely(process.trainings().measure, entry.source.folder):
            st.warning(plain(problem))
            return
        st.rerun()
