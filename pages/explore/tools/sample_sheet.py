"""A sheet of random samples to pick a point from."""

from __future__ import annotations

import math

import streamlit as st

from gan_core.config import MAX_SEED
from pages.explore.picture_choice import pick_from
from pages.explore.subject import Subject
from pages.shared.forms.classes import grid_words, in_columns
from pages.shared.forms.downloads import export_row
from pages.shared.fragments import fragment
from pages.shared.text import plain

MAX_SAMPLES, MAX_ROWS = 100, 10


@fragment
def sample_sheet(subject: Subject) -> None:
    """Show the samples of a seed; the one that is picked becomes the point.

    A conditional generator's stand in a grid, a row a noise vector and a column a class.
    """
    from gan_core.latent import vectors as latent_vectors

    exploration, classes = subject.exploration, subject.classes
    columns = in_columns(classes)
    n, seed, truncation = _controls(columns)
    sheet = latent_vectors.sheet(n, exploration.latent_dim, seed, exploration.noise, len(classes))
    titles = [f"Sample {i}" for i in range(1, n + 1)]
    words = "Pick a sample to explore it."
    labels = None
    if sheet.y is not None:
        labels = sheet.y.numpy()
        titles = [
            f"Noise {i // len(columns) + 1}, class {columns[label]}"
            for i, label in enumerate(labels)
        ]
        words += f" {grid_words(classes)}"
    st.markdown(plain(words))
    pictures = pick_from(
        subject,
        latent_vectors.truncate(sheet.z, truncation).numpy(),
        titles,
        label="Samples",
        key="explore_sheet",
        describe=lambda index: f"sample {index + 1} of {n} from seed {seed}",
        labels=labels,
        size=56 if columns else 84,
        columns=columns,
    )
    across = sheet.columns or math.ceil(math.sqrt(n))
    name = f"{subject.source.name}-samples"
    export_row(pictures.export(name, across, moving=False), key="explore_sheet_file")


def _controls(columns: list[str]) -> tuple[int, int, float]:
    """How many samples, of which seed, and their truncation."""
    count_key, count, limit = "explore_n", 36, MAX_SAMPLES
    if columns:
        count_key, count, limit = "explore_rows", 4, MAX_ROWS
    defaults = {count_key: count, "explore_sheet_seed": 0, "explore_sheet_truncation": 1.0}
    for key, value in defaults.items():
        st.session_state.setdefault(key, value)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        count = st.number_input(
            "Rows" if columns else "Samples",
            1,
            limit,
            step=1,
            key=count_key,
            persist_state="session",
            width=130,
        )
        seed = st.number_input(
            "Seed of the sheet",
            0,
            MAX_SEED,
            step=1,
            key="explore_sheet_seed",
            persist_state="session",
            width=170,
        )
        truncation = st.slider(
            "Truncation of the sheet",
            0.0,
            1.0,
            step=0.05,
            key="explore_sheet_truncation",
            persist_state="session",
            width=220,
        )
    return int(count) * max(1, len(columns)), int(seed), truncation
