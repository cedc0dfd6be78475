"""Maps of the latent space: a plane as a grid of pictures, and samples laid out by likeness."""

from __future__ import annotations

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from gan_core.latent import maps
from gan_core.latent.points import SIGMA
from pages.explore.latent_state import Key, random_seed
from pages.explore.picture_choice import pick_from
from pages.explore.subject import Subject
from pages.explore.widgets.scatter.scatter import scatter
from pages.shared.forms.choice import choice
from pages.shared.forms.downloads import export_row
from pages.shared.fragments import fragment
from pages.shared.server import latent_space, urls
from pages.shared.text import plain

KINDS = {
    "points": "Through three points",
    "directions": "Along two directions",
    "samples": "Samples",
}
CORNERS = ("Top left", "Top right", "Bottom left")
SIDES = (5, 7, 9, 11, 13)


@fragment
def latent_map(subject: Subject) -> None:
    """Choose a map, and go to what is picked on it."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        kind = choice("Map", KINDS, "explore_map")
        place = st.container(horizontal=True, vertical_alignment="bottom")
    if kind == "samples":
        _samples(subject, place)
        return
    with place:
        st.session_state.setdefault("explore_map_side", 9)
        side = st.selectbox(
            "Grid size", SIDES, key="explore_map_side", persist_state="session", width=140
        )
    plane = _through_points if kind == "points" else _along_directions
    vectors, about = plane(subject, side)
    places = [(i // side + 1, i % side + 1) for i in range(len(vectors))]
    pictures = pick_from(
        subject,
        vectors,
        [f"Row {row}, column {column}" for row, column in places],
        label="Map",
        key="explore_map_grid",
        describe=lambda i: f"row {places[i][0]}, column {places[i][1]} of {about}",
        columns=[""] * side,
    )
    st.caption("Pick a picture to explore it.")
    name = f"{subject.source.name}-plane"
    export_row(pictures.export(name, side, moving=False), key="explore_map_file")


def _through_points(subject: Subject, side: int) -> tuple[np.ndarray, str]:
    """Three points, each to be set; the plane through them (side^2, latent_dim), and its name."""
    exploration = subject.exploration
    corners = exploration.corners
    if not corners:
        corners.extend(Key(exploration.draw(seed), f"seed {seed}") for seed in (1, 2, 3))
    pictures = subject.draw(np.stack([corner.vector for corner in corners]))

    def take(index: int) -> None:
        corners[index] = Key(exploration.point.vector, exploration.point.about)

    def draw(index: int) -> None:
        seed = random_seed()
        corners[index] = Key(exploration.draw(seed), f"seed {seed}")

    width = subject.thumbnail(56)
    for index, (name, picture) in enumerate(zip(CORNERS, pictures, strict=True)):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.image(urls.data_url(picture, width), width=width)
            st.markdown(f"{name}: {plain(corners[index].about)}", width=260)
            st.button(
                "Take the point above",
                key=f"explore_corner_{index}",
                on_click=take,
                args=(index,),
            )
            st.button(
                "Random",
                key=f"explore_corner_random_{index}",
                icon=":material/casino:",
                on_click=draw,
                args=(index,),
            )
    a, b, c = (corner.vector for corner in corners)
    grid = maps.plane(a, b, c, side, keep_length=exploration.noise == "normal")
    return grid, "the plane through three points"


def _along_directions(subject: Subject, side: int) -> tuple[np.ndarray, str]:
    """Two directions; the plane through the point along them (side^2, latent_dim), and its name."""
    exploration = subject.exploration
    vectors: dict[tuple[str, int], np.ndarray] = {}
    titles: dict[tuple[str, int], str] = {}
    with st.spinner("Looking for directions ..."):
        for family, title in latent_space.axes().items():
            directions = subject.directions(family)
            for i, vector in enumerate(directions.vectors):
                vectors[family, i] = vector
                titles[family, i] = f"{title}: {directions.title(i)}"
    ways = list(titles)
    for key, default in (("explore_across", ways[0]), ("explore_up", ways[1])):
        if st.session_state.get(key) not in ways:
            st.session_state[key] = default
    st.session_state.setdefault("explore_map_reach", 3.0)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        across, up = (
            st.selectbox(
                label,
                ways,
                format_func=lambda way: titles[way],
                key=key,
                persist_state="session",
                width=260,
            )
            for label, key in (
                ("Horizontal direction", "explore_across"),
                ("Vertical direction", "explore_up"),
            )
        )
        reach = st.slider(
            "Edges at (sigma)", 1.0, 5.0, step=0.5, key="explore_map_reach", width=200
        )
        st.button("Around the point above", icon=":material/my_location:")
    grid = maps.span(
        exploration.point.vector,
        vectors[across],
        vectors[up],
        reach * SIGMA[exploration.noise],
        side,
    )
    return grid, f"the plane of {titles[across]} and {titles[up]}"


def _samples(subject: Subject, place: DeltaGenerator) -> None:
    """Two thousand samples as points; the one that is picked becomes the point."""
    with place:
        kind = choice("Layout", maps.LAYOUTS, "explore_layout", default="pca")
    wait = "t-SNE takes about ten seconds ..." if kind == "tsne" else "Drawing samples ..."
    with st.spinner(wait):
        samples = latent_space.sample_map(subject.version, kind)
    names = list(subject.classes or samples.names)
    index = scatter(
        samples.places,
        samples.classes.tolist(),
        names,
        sprite_url=urls.sprite_url(subject.source, subject.version.number),
        columns=latent_space.SPRITE_COLUMNS,
        side=subject.model.info.image_shape[1],
        revision=f"{subject.version_name} {kind}",
        label=f"Map of {len(samples.z):,} samples; arrow keys move, Enter takes one",
        key="explore_scatter",
    )
    whose = "it is drawn as" if subject.classes else "the digit classifier reads in its picture"
    colours = f" A sample's colour is the class that {whose}." if names else ""
    st.caption(
        f"{len(samples.z):,} samples, alike pictures near one another.{colours} Point at one to "
        "see it, pick it to explore it."
    )
    if index is not None:
        label = int(samples.classes[index]) if subject.classes else None
        subject.exploration.go_to(samples.z[index], f"sample {index + 1} of the map", label)
        st.rerun()
