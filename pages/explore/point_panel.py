"""One point of latent space: its sliders and picture, what moves it, and files of its vector."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from gan_core.config import MAX_SEED
from gan_core.latent import vector_files
from gan_core.latent.points import RAW, REACH
from pages.explore.latent_state import RAW_REACH, Exploration, hold, random_seed
from pages.explore.subject import Subject
from pages.explore.vector_files_row import vector_files_row
from pages.explore.widgets.latent_panel.latent_panel import committed_coordinates, latent_panel
from pages.shared.forms.choice import choice
from pages.shared.fragments import fragment
from pages.shared.server import urls
from pages.shared.text import plain

if TYPE_CHECKING:
    from gan_core.latent.family import Directions

NO_DIRECTIONS = (
    "This generator's samples show no such directions: they do not vary enough, or the digit "
    "classifier reads too few classes in them. Choose other directions."
)
SLIDER_STEPS = 50  # from the middle to either end
_UNITS = {
    "normal": "A slider's unit is the deviation of the latent prior",
    "uniform": "The latent prior is uniform from -1 to 1 in each number",
}


@fragment
def point_panel(subject: Subject) -> None:
    """Explore one point: the row of controls, the sliders with the picture, the files."""
    exploration = subject.exploration
    point = exploration.point
    if exploration.label is not None and subject.label not in (None, exploration.label):
        st.rerun()  # a vector was loaded that is of another class
    basis, directions, indices = _controls(subject)
    # Another saved state has other directions: what the sliders had added stays in the point.
    vectors = np.empty((0, exploration.latent_dim)) if directions is None else directions.vectors
    point.measure(subject.frame(basis), basis, vectors)
    revision = f"{point.revision} {point.frame} {indices[:1]} {len(indices)}"

    def move() -> None:
        values = committed_coordinates("explore_panel", revision)
        if values is not None:
            point.move(indices, values)

    latent_panel(
        pictures=_pictures(subject),
        base=point.base_under(indices).tolist(),
        basis=basis,
        directions=[_slider(exploration, directions, index) for index in indices],
        truncation=point.truncation,
        revision=revision,
        key="explore_panel",
        on_change=move,
        size=subject.thumbnail(400 if subject.beside is None else 280),
    )
    if directions is None:
        st.caption("Each slider is one number of the latent vector, before truncation.")
    elif indices:
        unit = _UNITS[exploration.noise]
        st.caption(f"Directions: {plain(directions.method)}. {_shares(subject, basis)}{unit}.")
    else:
        st.info(NO_DIRECTIONS)
    vector_files_row(subject)


def _pictures(subject: Subject) -> list[dict[str, Any]]:
    """Where the pictures of the point come from: the generator's, and that of the one beside it."""
    source, number = subject.source, subject.version.number
    second = subject.beside
    if second is None:
        return [_picture(subject, urls.picture_url(source, number, subject.label), "")]
    beside = urls.picture_url(
        second.source,
        second.version.number,
        second.label,
        along=(source, number),  # the sliders move along the directions of the first
    )
    return [
        _picture(subject, urls.picture_url(source, number, subject.label), source.title),
        _picture(second, beside, second.source.title),
    ]


def _picture(subject: Subject, url: str, label: str) -> dict[str, Any]:
    return {
        "url": url,
        "label": label,
        "program": subject.program_url,
        "class": subject.label or 0,
    }


def _shares(subject: Subject, basis: str) -> str:
    """What the percentages beside the sliders are, as a sentence."""
    if basis != "pca":
        return ""
    within = " within a class" if subject.classes else ""
    return f"A share is that of the pictures' variance{within}. "


def _controls(subject: Subject) -> tuple[str, Directions | None, list[int]]:
    """The row above the panel: what the sliders move along, and which of them are shown."""
    exploration = subject.exploration
    point = exploration.point
    with st.container(horizontal=True, vertical_alignment="bottom"):
        _where(exploration)
        basis = choice("Directions", {**subject.families, RAW: "Raw coordinates"}, "explore_basis")
        directions = None
        if basis != RAW:
            with st.spinner("Looking for directions ..."):
                directions = subject.directions(basis)
        indices = _indices(directions, basis, exploration.latent_dim)
        st.button(
            "Start over",
            icon=":material/restart_alt:",
            help="Back to the point as it was drawn or loaded, with truncation 1.",
            on_click=lambda: point.start(point.origin, point.about, truncation=1.0),
        )
    return basis, directions, indices


def _where(exploration: Exploration) -> None:
    """What takes the point elsewhere: a random draw, a seed, the truncation."""
    point = exploration.point
    hold("explore_seed", exploration.seed)
    hold("explore_truncation", point.truncation)

    def truncate() -> None:
        point.truncation = st.session_state["explore_truncation"]

    st.button(
        "New random point",
        type="primary",
        icon=":material/casino:",
        on_click=lambda: exploration.go_to_seed(random_seed()),
    )
    st.number_input(
        "Seed",
        0,
        MAX_SEED,
        step=1,
        key="explore_seed",
        on_change=lambda: exploration.go_to_seed(st.session_state["explore_seed"]),
        width=170,
    )
    st.slider(
        "Truncation",
        0.0,
        1.0,
        step=0.05,
        key="explore_truncation",
        on_change=truncate,
        help="Scales the latent vector towards zero, the mean of the prior: less variety, more "
        "typical pictures.",
        width=180,
    )


def _indices(directions: Directions | None, basis: str, latent_dim: int) -> list[int]:
    """Which directions or coordinates have a slider: those of a group, or the first so many."""
    if directions is not None and directions.groups:
        return group_choice(directions, key="explore_group")
    limit = latent_dim if directions is None else len(directions.vectors)
    if not limit:
        return []
    count_key = f"explore_count_{basis}_{limit}"
    st.session_state.setdefault(count_key, limit)
    count = st.number_input(
        "How many", 1, limit, step=1, key=count_key, persist_state="session", width=130
    )
    return list(range(int(count)))


def group_choice(directions: Directions, *, key: str) -> list[int]:
    """A choice of the class that directions lead away from; the indices of those that do."""
    groups = list(dict.fromkeys(directions.groups))
    if st.session_state.get(key) not in groups:
        st.session_state[key] = groups[0]
    name = st.selectbox("Source class", groups, key=key, persist_state="session", width=130)
    return [index for index, group in enumerate(directions.groups) if group == name]


def _slider(exploration: Exploration, directions: Directions | None, index: int) -> dict[str, Any]:
    point, noise, vector = exploration.point, exploration.noise, ""
    if directions is not None:
        vector = vector_files.to_text(directions.vectors[index])
        reach = REACH[noise]
        share = float(directions.explained[index])
        label = directions.title(index)
        if math.isfinite(share):
            label += f" · {share:.1%} {directions.unit}"
    else:
        label = f"z[{index}]"
        # Loaded vectors may hold any number, and no slider may cut one off.
        reach = max(RAW_REACH[noise], math.ceil(abs(point.rest(index))))
    return {
        "index": index,
        "label": label,
        "min": -reach,
        "max": reach,
        "step": reach / SLIDER_STEPS,
        "value": point.value(index),
        "home": point.rest(index),
        "vector": vector,
    }
