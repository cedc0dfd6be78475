"""One generator's full measurement: every figure beside those of real images, and samples beside
the training images nearest to them."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from gan_core.errors import CheckpointError
from gan_core.quality import record
from gan_core.quality.record import Evaluation
from pages.leaderboard.standings import Entry
from pages.shared.server.sources import Source
from pages.shared.text import plain


def one_in_full(entries: Sequence[Entry]) -> None:
    """Everything that was measured of one generator, in words too."""
    candidates = [entry for entry in entries if entry.quality.full or entry.quality.damage]
    if not candidates:
        return
    st.subheader("One generator in full", anchor=False)
    entry = st.selectbox(
        "Generator",
        candidates,
        format_func=lambda entry: entry.source.label,
        key="closer",
        persist_state="session",
        width=320,
    )
    sheet(entry.source)


def sheet(source: Source) -> None:
    """What was measured of a generator in full, or a sentence where that cannot be read."""
    try:
        evaluation = record.read(source.folder)
    except CheckpointError as error:
        st.warning(plain(error))
        return
    if evaluation is None:
        st.caption(f"{plain(source.label)} was not measured in full yet.")
        return
    date = evaluation.measured.replace("T", " ")
    st.caption(plain(f"{evaluation.headline}, measured {date}. {evaluation.distances}"))
    rows = list(evaluation.rows())
    st.table(
        {
            "Measurement": [row.measure.title for row in rows],
            "Result": [row.result for row in rows],
            "Ceiling": [row.ceiling for row in rows],
            "Floor": [row.floor for row in rows],
            "What it says": [row.measure.meaning for row in rows],
        },
        hide_index=True,
    )
    if evaluation.shares:
        st.caption(f"Digits read in the samples: {plain(evaluation.class_shares)}.")
    st.caption(plain(f"{evaluation.bounds} {' '.join(evaluation.notes)}"))
    _memorisation(source, evaluation)


def _memorisation(source: Source, evaluation: Evaluation) -> None:
    st.markdown("**Has it memorised the training images?**")
    st.write(plain(evaluation.memorisation))
    path = source.folder.path / record.SHEET
    if path.is_file():
        with st.container(width=640):
            st.image(
                path.read_bytes(),
                caption="Pairs of a sample and, at its right, the training image nearest to it: "
                "above the samples that come nearest to one image alone, below others as they "
                "came.",
                width="stretch",
            )
