"""Maps of the latent space: a plane as a grid of pictures, and samples laid out by likeness."""

from __future__ import annotations

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.explore.latent_state import Key, random_seed
from pages.explore.subject import Subject
from pages.explore.widgets.gallery.gallery import gallery
from pages.explore.widgets.scatter.scatter import scatter
from pages.shared.forms.downloads import export_of, export_row
from pages.shared.server import latent_space, urls

KINDS = {
    "points": "Through three points",
    "directions": "Along two directions",
    "samples": "Samples",
}
CORNERS = ("Top left", "Top right", "Bottom left")
SIDES = (5, 7, 9, 11, 13)


@st.fragment
def latent_map(room: Subject) -> None:
    """Choose a map, and go to what is picked on it."""
    st.session_state.setdefault("explore_map", "points")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        kind = st.segmented_control(
            "Map",
            list(KINDS),
            format_func=lambda name: KINDS[name],
            required=True,
            key="explore_map",
            persist_state="session",
        )
        place = st.container(horizontal=True, vertical_alignment="bottom")
    if kind == "samples":
        _samples(room, place)
        return
    with place:
        st.session_state.setdefault("explore_map_side", 9)
        side = st.selectbox(
            "Pictures a side", SIDES, key="explore_map_side", persist_state="session", width=140
        )
    _grid(room, side, *(_corners(room, side) if kind == "points" else _span(room, side)))


def _grid(room: Subject, side: int, vectors: np.ndarray, about: str) -> None:
    pictures = room.draw(vectors)
    picked = gallery(
        [
            {"url": urls.data_url(picture), "label": f"Row {i // side + 1}, column {i % side + 1}"}
            for i, picture in enumerate(pictures)
        ],
        label="Map",
        key="explore_map_grid",
        columns=[""] * side,
        size=room.thumbnail(56),
    )
    st.caption("Pick a picture to explore it.")
    export_row(
        export_of(pictures, f"{room.item.name}-plane", side, moving=False), key="explore_map_file"
    )
    if picked is not None:
        row, column = divmod(picked, side)
        words = f"row {row + 1}, column {column + 1} of {about}"
        room.exploration.point.start(vectors[picked], words, truncation=1.0)
        st.rerun()


def _corners(room: Subject, side: int) -> tuple[np.ndarray, str]:
    """Three points, each to be set; the plane through them."""
    from gan_core.latent import maps

    explored = room.exploration
    corners = explored.corners
    if not corners:
        corners.extend(Key(explored.draw(seed), f"seed {seed}") for seed in (1, 2, 3))
    pictures = room.draw(np.stack([corner.vector for corner in corners]))

    def take(index: int) -> None:
        corners[index] = Key(explored.point.vector, explored.point.about)

    def draw(index: int) -> None:
        seed = random_seed()
        corners[index] = Key(explored.draw(seed), f"seed {seed}")

    for index, (name, picture) in enumerate(zip(CORNERS, pictures, strict=True)):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.image(urls.data_url(picture, room.thumbnail(56)), width=room.thumbnail(56))
            st.markdown(f"{name}: {corners[index].about}", width=260)
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
    grid = maps.plane(a, b, c, side, keep_length=explored.noise == "normal")
    return grid, "the plane through three points"


def _span(room: Subject, side: int) -> tuple[np.ndarray, str]:
    """Two directions of one family; the plane through the point above along them."""
    from gan_core.latent import maps
    from gan_core.latent.directions import SIGMA

    explored = room.exploration
    with st.spinner("Looking for directions ..."):
        families = {
            name: found
            for name in room.families
            if name != "classes" and len((found := room.directions(name)).vectors)
        }
    titles = {
        (name, i): f"{room.families[name]}: {found.title(i)}"
        for name, found in families.items()
        for i in range(len(found.vectors))
    }
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
                ("Grows to the right", "explore_across"),
                ("Grows upwards", "explore_up"),
            )
        )
        reach = st.slider(
            "Edges at (sigma)", 1.0, 5.0, step=0.5, key="explore_map_reach", width=200
        )
        st.button("Around the point above", icon=":material/my_location:")

    def vector(way: tuple[str, int]) -> np.ndarray:
        return families[way[0]].vectors[way[1]]

    span = maps.span(
        explored.point.vector, vector(across), vector(up), reach * SIGMA[explored.noise], side
    )
    return span, f"the plane of {titles[across]} and {titles[up]}"


def _samples(room: Subject, place: DeltaGenerator) -> None:
    from gan_core.latent import maps

    explored = room.exploration
    st.session_state.setdefault("explore_layout", "pca")
    kind = (
        place.segmented_control(
            "Laid out by",
            list(maps.LAYOUTS),
            format_func=lambda name: maps.LAYOUTS[name],
            required=True,
            key="explore_layout",
            persist_state="session",
        )
        or "pca"
    )
    wait = "t-SNE takes about ten seconds ..." if kind == "tsne" else "Drawing samples ..."
    with st.spinner(wait):
        found = latent_space.sample_map(room.item, room.version, kind)
    names = [*room.classes] if room.classes else list(found.names)
    picked = scatter(
        found.places,
        found.classes.tolist(),
        names,
        sprite_url=urls.sprite_url(room.item, room.version),
        columns=latent_space.SPRITE_COLUMNS,
        side=room.opened.info.image_shape[1],
        revision=f"{room.saved} {kind}",
        label=f"Map of {len(found.z):,} samples; arrow keys move, Enter takes one",
        key="explore_scatter",
    )
    told = "it was told" if room.classes else "the digit classifier reads in its picture"
    colours = f" A sample's colour is the class that {told}." if names else ""
    st.caption(
        f"{len(found.z):,} samples, alike pictures near one another.{colours} Point at one to see "
        "it, pick it to explore it."
    )
    if picked is not None:
        explored.point.start(found.z[picked], f"sample {picked + 1} of the map", truncation=1.0)
        if room.classes:
            explored.label = int(found.classes[picked])
        st.rerun()
