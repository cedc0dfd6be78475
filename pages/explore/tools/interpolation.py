"""A walk between key points: choosing them, and the pictures on the way, to play and to save."""

from __future__ import annotations

import numpy as np
import streamlit as st

from gan_core.config import parse_seeds
from gan_core.errors import GanError
from pages.explore.animation import animation
from pages.explore.latent_state import MAX_KEYS, MIN_KEYS, Exploration, Key, random_seed
from pages.explore.picture_choice import pick, pick_from
from pages.explore.pictures import PointPictures
from pages.explore.subject import Subject
from pages.shared.forms.choice import choice
from pages.shared.fragments import fragment
from pages.shared.text import plain

METHODS = {"slerp": "Spherical", "lerp": "Linear"}
MAX_STEPS = 30


@fragment
def interpolation(subject: Subject) -> None:
    """Choose key points, and watch, pick from and download the walk through them."""
    keys = subject.exploration.keys
    _add_keys(subject.exploration)
    if keys:
        _key_points(subject)
    if len(keys) < MIN_KEYS:
        st.info(
            f"An interpolation leads through {MIN_KEYS} to {MAX_KEYS} key points. Add the point "
            "above, random ones, or those of seeds you type."
        )
        return
    vectors = _walk(keys)
    st.markdown(f"**Film strip** · {len(vectors)} frames. Pick one to explore it.")
    numbers = range(1, len(vectors) + 1)
    pictures = pick_from(
        subject,
        vectors,
        [f"Frame {number}" for number in numbers],
        label="Film strip",
        key="explore_strip",
        describe=lambda index: f"frame {index + 1} of a walk",
        size=64,
        wrap=False,
    )
    animation(subject, pictures, numbers, unit="frame", name="walk", key="explore_walk")


def _walk(keys: list[Key]) -> np.ndarray:
    """The latent vectors (frames, latent_dim) of the walk, by the controls for it."""
    from gan_core.latent.paths import walk

    st.session_state.setdefault("explore_steps", 12)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        method = choice(
            "Path",
            METHODS,
            "explore_method",
            help="Spherical keeps vectors as long as random draws are; linear cuts through the "
            "middle, where pictures are less typical. Uniform noise knows no length: take linear.",
        )
        steps = st.slider(
            "Steps per leg", 2, MAX_STEPS, key="explore_steps", persist_state="session", width=240
        )
        loop = st.toggle("Closed loop", key="explore_closed", persist_state="session")
    return walk([key.vector for key in keys], steps, method, loop)


def _add_keys(exploration: Exploration) -> None:
    """The row that adds key points: the point, those of seeds, random ones."""

    def add(keys: list[Key]) -> None:
        try:
            exploration.add_keys(keys)
        except GanError as error:
            st.session_state["explore_key_error"] = str(error)

    def add_seeds(seeds: list[int]) -> None:
        scale = np.float32(exploration.point.truncation)
        add([Key(exploration.draw(seed) * scale, f"seed {seed}") for seed in seeds])

    def add_typed() -> None:
        try:
            add_seeds(parse_seeds(st.session_state["explore_typed"]))
        except GanError as error:
            st.session_state["explore_key_error"] = str(error)

    def draw_keys() -> None:
        exploration.keys.clear()
        exploration.selection = None
        add_seeds([random_seed() for _ in range(st.session_state["explore_random"])])

    st.session_state.setdefault("explore_random", 4)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.button(
            "Add the point above",
            icon=":material/add:",
            on_click=lambda: add([Key(exploration.point.vector, _describe(exploration))]),
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
            on_click=draw_keys,
        )
    note = st.session_state.pop("explore_key_error", None)
    if note:
        st.error(plain(note))


def _key_points(subject: Subject) -> None:
    """The key points in order; the selected one can be moved, removed and explored."""
    exploration = subject.exploration
    keys, selection = exploration.keys, exploration.selection
    index = pick(
        subject,
        PointPictures(subject, np.stack([key.vector for key in keys])),
        [f"{number}. {key.about}" for number, key in enumerate(keys, 1)],
        label="Key points",
        key="explore_keys",
        selection=-1 if selection is None else selection,
        captions=True,
        size=96,
    )
    if index is not None:
        exploration.selection = index
        st.rerun(scope="fragment")
    if selection is None:
        st.caption("Pick a key point to move, remove or explore it.")
        return
    with st.container(horizontal=True):
        st.button(
            "Earlier",
            icon=":material/arrow_back:",
            disabled=selection == 0,
            on_click=lambda: exploration.move_key(selection, -1),
        )
        st.button(
            "Later",
            icon=":material/arrow_forward:",
            disabled=selection == len(keys) - 1,
            on_click=lambda: exploration.move_key(selection, 1),
        )
        st.button(
            "Remove", icon=":material/delete:", on_click=lambda: exploration.remove_key(selection)
        )
        if st.button("Explore this key", icon=":material/explore:"):
            exploration.go_to(keys[selection].vector, f"key point, {keys[selection].about}")
            st.rerun()


def _describe(exploration: Exploration) -> str:
    """Where the point on the sliders is, in a few words."""
    point = exploration.point
    away = any(value != point.rest(index) for index, value in point.coordinates.items())
    return f"{point.about}, moved" if away else point.about
