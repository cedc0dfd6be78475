"""What each direction does: a strip of pictures from -3 to +3 sigma, and a name of one's own."""

from __future__ import annotations

import numpy as np
import streamlit as st

from gan_core.latent.direction_files import MAX_NAME
from gan_core.latent.points import SIGMA
from pages.explore.picture_choice import pick_from
from pages.explore.point_panel import NO_DIRECTIONS, group_choice
from pages.explore.subject import Subject
from pages.shared.errors import run_safely
from pages.shared.forms.choice import choice
from pages.shared.forms.downloads import export_row
from pages.shared.fragments import fragment
from pages.shared.server import latent_space
from pages.shared.text import plain

SIGMAS = range(-3, 4)
COLUMNS = [f"{k:+d} sigma" if k else "0" for k in SIGMAS]


@fragment
def direction_strips(subject: Subject) -> None:
    """Show a family of directions as strips through the point; a picture picked becomes it."""

    with st.container(horizontal=True, vertical_alignment="bottom"):
        family = choice("Family", subject.families, "explore_family", default="measured")
        with st.spinner("Looking for directions ..."):
            directions = subject.directions(family)
        indices = list(range(len(directions.vectors)))
        if directions.groups:
            indices = group_choice(directions, key="explore_strip_group")
        st.button(
            "Through the point above",
            icon=":material/my_location:",
            help="Draws the strips through the point as its sliders stand now.",
        )
    if not indices:
        st.info(NO_DIRECTIONS)
        return
    base, sigma = subject.exploration.point.vector, SIGMA[subject.exploration.noise]
    vectors = np.concatenate(
        [[base + directions.vectors[i] * np.float32(k * sigma) for k in SIGMAS] for i in indices]
    ).astype(np.float32)
    rows = [directions.title(i) for i in indices]
    titles = [f"{row}, {column}" for row in rows for column in COLUMNS]
    pictures = pick_from(
        subject,
        vectors,
        titles,
        label="Strips of directions",
        key="explore_strips",
        describe=titles.__getitem__,
        columns=COLUMNS,
        rows=rows,
    )
    st.caption(
        f"Found as {plain(directions.method)}. Sigma is the deviation of the latent prior along a "
        "direction. Pick a picture to explore it."
    )
    _naming(subject, family, dict(zip(indices, rows, strict=True)))
    name = f"{subject.source.name}-directions"
    export_row(pictures.export(name, len(COLUMNS), moving=False), key="explore_strips_file")


def _naming(subject: Subject, family: str, titles: dict[int, str]) -> None:
    """The row that gives a direction a name, kept with the run. Titles are by index."""

    key = f"explore_naming_{family}_{next(iter(titles))}"  # another list is another widget

    def save() -> None:
        index = st.session_state[key]
        name = st.session_state["explore_name"]
        st.session_state["explore_name_error"] = run_safely(
            latent_space.name_direction, subject.version, family, index, name
        )
        st.session_state["explore_name"] = ""

    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.selectbox("Direction", list(titles), format_func=lambda i: titles[i], key=key, width=260)
        st.text_input(
            "Name",
            key="explore_name",
            max_chars=MAX_NAME,
            placeholder="empty: its own name again",
            width=260,
        )
        st.button("Save the name", icon=":material/label:", on_click=save)
    note = st.session_state.pop("explore_name_error", "")
    if note:
        st.error(plain(note))
