"""What each direction does: a strip of pictures from -3 to +3 sigma, and a name of one's own."""

from __future__ import annotations

import numpy as np
import streamlit as st

from pages.explore.point_panel import NOTHING_FOUND, group_choice
from pages.explore.subject import Subject
from pages.explore.widgets.gallery.gallery import gallery
from pages.shared.errors import run_safely
from pages.shared.forms.downloads import export_of, export_row
from pages.shared.server import latent_space, urls

SIGMAS = range(-3, 4)


@st.fragment
def direction_strips(room: Subject) -> None:
    """Show a family of directions as strips through the point; a picture picked becomes it."""
    from gan_core.latent.directions import SIGMA

    explored = room.exploration
    families = room.families
    if st.session_state.get("explore_family") not in families:
        st.session_state["explore_family"] = "measured"
    with st.container(horizontal=True, vertical_alignment="bottom"):
        family = (
            st.segmented_control(
                "Family",
                list(families),
                format_func=lambda name: families[name],
                required=True,
                key="explore_family",
                persist_state="session",
            )
            or "pca"
        )
        with st.spinner("Looking for directions ..."):
            directions = room.directions(family)
        indices = list(range(len(directions.vectors)))
        if directions.groups:
            indices = group_choice(directions, key="explore_strip_group")
        st.button(
            "Through the point above",
            icon=":material/my_location:",
            help="Draws the strips through the point as its sliders stand now.",
        )
    if not indices:
        st.info(NOTHING_FOUND)
        return
    base, sigma = explored.point.vector, SIGMA[explored.noise]
    vectors = np.concatenate(
        [[base + directions.vectors[i] * np.float32(k * sigma) for k in SIGMAS] for i in indices]
    ).astype(np.float32)
    titles = [directions.title(i) for i in indices]
    columns = [f"{k:+d} sigma" if k else "0" for k in SIGMAS]
    pictures = room.draw(vectors)
    picked = gallery(
        [
            {
                "url": urls.data_url(picture),
                "label": f"{titles[i // len(columns)]}, {columns[i % len(columns)]}",
            }
            for i, picture in enumerate(pictures)
        ],
        label="Strips of directions",
        key="explore_strips",
        columns=columns,
        rows=titles,
        size=room.thumbnail(56),
    )
    st.caption(
        f"Found as {directions.method}. Sigma is the deviation of the latent prior along a "
        "direction. Pick a picture to explore it."
    )
    _naming(room, family, indices, titles)
    taken = export_of(pictures, f"{room.item.name}-directions", len(columns), moving=False)
    export_row(taken, key="explore_strips_file")
    if picked is not None:
        title, column = titles[picked // len(columns)], columns[picked % len(columns)]
        explored.point.start(vectors[picked], f"{title}, {column}", truncation=1.0)
        st.rerun()


def _naming(room: Subject, family: str, indices: list[int], titles: list[str]) -> None:
    """The row that gives a direction a name, kept with the run."""
    from gan_core.latent.direction_files import MAX_NAME

    key = f"explore_naming_{family}_{indices[0]}"  # another list is another widget

    def keep() -> None:
        index = st.session_state[key]
        name = st.session_state["explore_name"]
        st.session_state["explore_name_error"] = run_safely(
            latent_space.name_direction, room.item, room.version, family, index, name
        )
        st.session_state["explore_name"] = ""

    by_index = dict(zip(indices, titles, strict=True))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.selectbox("Direction", indices, format_func=lambda i: by_index[i], key=key, width=260)
        st.text_input(
            "Call it",
            key="explore_name",
            max_chars=MAX_NAME,
            placeholder="empty: its own name again",
            width=260,
        )
        st.button("Keep the name", icon=":material/label:", on_click=keep)
    note = st.session_state.pop("explore_name_error", "")
    if note:
        st.error(note)
