"""A sheet of random samples to pick a point from."""

from __future__ import annotations

import math

import streamlit as st

from gan_core.config import MAX_SEED
from pages.explore.subject import Subject
from pages.explore.widgets.gallery.gallery import gallery
from pages.shared.forms.classes import grid_words, in_columns
from pages.shared.forms.downloads import export_of, export_row
from pages.shared.server import urls

MAX_SAMPLES, MAX_ROWS = 100, 10


@st.fragment
def sample_sheet(room: Subject) -> None:
    """Show the samples of a seed; the one that is picked becomes the point.

    A conditional generator's stand in a grid, a row a noise vector and a column a class.
    """
    from gan_core.latent import vectors as latent_vectors

    explored = room.exploration
    columns = in_columns(room.classes)
    defaults = {
        "explore_n": 36,
        "explore_rows": 4,
        "explore_sheet_seed": 0,
        "explore_sheet_truncation": 1.0,
    }
    for key, value in defaults.items():
        st.session_state.setdefault(key, value)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        n = int(
            st.number_input(
                "Rows" if columns else "Samples",
                1,
                MAX_ROWS if columns else MAX_SAMPLES,
                step=1,
                key="explore_rows" if columns else "explore_n",
                persist_state="session",
                width=130,
            )
        ) * max(1, len(columns))
        seed = int(
            st.number_input(
                "Seed of the sheet",
                0,
                MAX_SEED,
                step=1,
                key="explore_sheet_seed",
                persist_state="session",
                width=170,
            )
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
    sheet = latent_vectors.sheet(n, explored.latent_dim, seed, explored.noise, len(room.classes))
    vectors = latent_vectors.truncate(sheet.z, truncation).numpy()
    labels = None if sheet.y is None else sheet.y.numpy()
    pictures = room.draw(vectors, labels)
    names = [f"Sample {i}" for i in range(1, n + 1)]
    if labels is not None:
        names = [
            f"Noise {i // len(columns) + 1}, class {columns[label]}"
            for i, label in enumerate(labels)
        ]
    words = "Pick a sample to explore it."
    st.markdown(f"{words} {grid_words(room.classes)}" if columns else words)
    picked = gallery(
        [
            {"url": urls.data_url(picture), "label": name}
            for picture, name in zip(pictures, names, strict=True)
        ],
        label="Samples",
        key="explore_sheet",
        columns=columns,
        size=room.thumbnail(56 if columns else 84),
    )
    across = sheet.columns or math.ceil(math.sqrt(n))
    taken = export_of(pictures, f"{room.item.name}-samples", across, moving=False)
    export_row(taken, key="explore_sheet_file")
    if picked is not None:
        about = f"sample {picked + 1} of {n} from seed {seed}"
        explored.point.start(vectors[picked], about, truncation=1.0)
        if labels is not None:
            explored.label = int(labels[picked])
        st.rerun()
