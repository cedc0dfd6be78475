"""A sheet of random samples to pick a point from."""

from __future__ import annotations

import math

import streamlit as st

from pages.components import film
from pages.components.gallery import gallery
from pages.components.latent_state import MAX_SEED
from pages.components.room import Room

MAX_SAMPLES = 100


@st.fragment
def sample_sheet(room: Room) -> None:
    """Show the samples of a seed; the one that is picked becomes the point."""
    from gan_core import latent

    explored = room.exploration
    defaults = {"explore_n": 36, "explore_sheet_seed": 0, "explore_sheet_truncation": 1.0}
    for key, value in defaults.items():
        st.session_state.setdefault(key, value)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        n = int(
            st.number_input(
                "Samples",
                1,
                MAX_SAMPLES,
                step=1,
                key="explore_n",
                persist_state="session",
                width=130,
            )
        )
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
        place = st.container(width="content")
    vectors = latent.truncate(latent.noise(n, explored.latent_dim, seed), truncation).numpy()
    pictures = film.pictures(room.opened.generator, vectors)
    with place:
        st.download_button(
            "Sheet (PNG)",
            lambda: film.sheet_png(pictures, math.ceil(math.sqrt(n))),
            f"{room.item.name}-samples.png",
            "image/png",
            icon=":material/download:",
            on_click="ignore",
        )
    st.markdown("Pick a sample to explore it.")
    picked = gallery(
        [
            {"url": film.data_url(picture), "label": f"Sample {i}"}
            for i, picture in enumerate(pictures, 1)
        ],
        label="Samples",
        key="explore_sheet",
        size=room.thumbnail(84),
    )
    if picked is not None:
        about = f"sample {picked + 1} of {n} from seed {seed}"
        explored.point.start(vectors[picked], about, truncation=1.0)
        st.rerun()
