"""A walk between key points: choosing them, and the pictures on the way as a strip and a film."""

from __future__ import annotations

import numpy as np
import streamlit as st

from gan_core.config import parse_seeds
from gan_core.errors import GanError
from pages.explore.latent_state import MAX_KEYS, MIN_KEYS, Exploration, Key, random_seed
from pages.explore.subject import Subject
from pages.explore.widgets.gallery.gallery import gallery
from pages.shared.forms.downloads import FRAMES_PER_SECOND, export_of, export_row
from pages.shared.server.urls import data_url
from pages.shared.widgets.player.player import player

METHODS = {"slerp": "Spherical", "lerp": "Linear"}
MAX_STEPS = 30


@st.fragment
def interpolation(room: Subject) -> None:
    """Choose key points, and watch, pick from and download the walk through them."""
    from gan_core.latent.paths import walk

    explored = room.exploration
    _add_keys(room)
    if explored.keys:
        _key_points(room)
    if len(explored.keys) < MIN_KEYS:
        st.info(
            f"An interpolation leads through {MIN_KEYS} to {MAX_KEYS} key points. Add the point "
            "above, random ones, or those of seeds you type."
        )
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.session_state.setdefault("explore_method", "slerp")
        st.session_state.setdefault("explore_steps", 12)
        method = st.segmented_control(
            "Path",
            list(METHODS),
            format_func=lambda name: METHODS[name],
            required=True,
            key="explore_method",
            persist_state="session",
            help="Spherical keeps vectors as long as random draws are; linear cuts through the "
            "middle, where pictures are less typical. Uniform noise knows no length: take linear.",
        )
        steps = st.slider(
            "Steps per leg", 2, MAX_STEPS, key="explore_steps", persist_state="session", width=240
        )
        closed = st.toggle("Closed loop", key="explore_closed", persist_state="session")
    vectors = walk([key.vector for key in explored.keys], steps, method or "slerp", closed)
    frames = room.draw(vectors)
    urls = [data_url(frame) for frame in frames]
    st.markdown(f"**Film strip** · {len(frames)} frames. Pick one to explore it.")
    picked = gallery(
        [{"url": url, "label": f"Frame {i}"} for i, url in enumerate(urls, 1)],
        label="Film strip",
        key="explore_strip",
        wrap=False,
        size=room.thumbnail(64),
    )
    player(
        [{"label": "", "frames": [{"at": i, "url": url} for i, url in enumerate(urls, 1)]}],
        key="explore_player",
        unit="frame",
        fps=FRAMES_PER_SECOND,
        follow=False,
        label="Frame",
        size=room.thumbnail(280),
    )
    taken = export_of(frames, f"{room.item.name}-walk", len(frames), moving=True)
    export_row(taken, key="explore_walk_file")
    if picked is not None:
        explored.point.start(vectors[picked], f"frame {picked + 1} of a walk", truncation=1.0)
        st.rerun()


def _add_keys(room: Subject) -> None:
    explored = room.exploration
    truncation = explored.point.truncation

    def add(keys: list[Key]) -> None:
        try:
            explored.add_keys(keys)
        except GanError as error:
            st.session_state["explore_key_error"] = str(error)

    def seeded(seeds: list[int]) -> list[Key]:
        scale = np.float32(truncation)
        return [Key(explored.draw(s) * scale, f"seed {s}") for s in seeds]

    def add_typed() -> None:
        try:
            seeds = parse_seeds(st.session_state["explore_typed"])
        except GanError as error:
            st.session_state["explore_key_error"] = str(error)
            return
        add(seeded(seeds))

    def add_random() -> None:
        explored.keys.clear()
        explored.selected = None
        add(seeded([random_seed() for _ in range(st.session_state["explore_random"])]))

    st.session_state.setdefault("explore_random", 4)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.button(
            "Add the point above",
            icon=":material/add:",
            on_click=lambda: add([Key(explored.point.vector, _described(explored))]),
        )
        st.text_input(
            "Seeds", key="explore_typed", placeholder="1, 2, 3", persist_state="session", width=170
        )
        st.button("Add seeds", icon=":material/add:", on_click=add_typed)
        st.number_input(
            "Random key points",
            MIN_KEYS,
            MAX_KEYS,
            step=1,
            key="explore_random",
            persist_state="session",
            width=150,
        )
        st.button(
            "Random keys",
            icon=":material/casino:",
            help="Takes the place of all key points.",
            on_click=add_random,
        )
    note = st.session_state.pop("explore_key_error", None)
    if note:
        st.error(note)


def _key_points(room: Subject) -> None:
    """The key points in order; the selected one can be moved, removed and explored."""
    explored = room.exploration
    keys = explored.keys
    pictures = room.draw(np.stack([key.vector for key in keys]))
    picked = gallery(
        [
            {"url": data_url(picture), "label": f"{number}. {key.about}"}
            for number, (key, picture) in enumerate(zip(keys, pictures, strict=True), 1)
        ],
        label="Key points",
        key="explore_keys",
        selected=-1 if explored.selected is None else explored.selected,
        captions=True,
        size=room.thumbnail(96),
    )
    if picked is not None:
        explored.selected = picked
        st.rerun(scope="fragment")
    selected = explored.selected
    if selected is None:
        st.caption("Pick a key point to move, remove or explore it.")
        return
    chosen = keys[selected]
    with st.container(horizontal=True):
        st.button(
            "Earlier",
            icon=":material/arrow_back:",
            disabled=selected == 0,
            on_click=lambda: explored.move_key(selected, -1),
        )
        st.button(
            "Later",
            icon=":material/arrow_forward:",
            disabled=selected == len(keys) - 1,
            on_click=lambda: explored.move_key(selected, 1),
        )
        st.button(
            "Remove", icon=":material/delete:", on_click=lambda: explored.remove_key(selected)
        )
        if st.button("Explore this key", icon=":material/explore:"):
            explored.point.start(chosen.vector, f"key point, {chosen.about}", truncation=1.0)
            st.rerun()


def _described(explored: Exploration) -> str:
    """Where the point on the sliders is, in a few words."""
    point = explored.point
    moved = any(value != point.rest(index) for index, value in point.coordinates.items())
    return f"{point.about}, moved" if moved else point.about
