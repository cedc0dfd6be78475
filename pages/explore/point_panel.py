"""One point of latent space: its sliders and picture, what moves it, and files of its vector."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from gan_core.config import MAX_SEED
from gan_core.errors import GanError
from pages.explore.latent_state import RAW, RAW_REACH, REACH, hold, random_seed
from pages.explore.subject import Subject
from pages.explore.view_link import view_link
from pages.explore.widgets.latent_panel.latent_panel import committed_coordinates, latent_panel
from pages.shared.server import urls

if TYPE_CHECKING:
    from gan_core.latent.directions import Directions


NOTHING_FOUND = (
    "This generator's samples show no such directions: they do not vary enough, or the digit "
    "classifier reads too few classes in them. Choose other directions."
)
SLIDER_STEPS = 50  # from the middle to either end
MAX_UPLOAD_MB = 1


@st.fragment
def point_panel(room: Subject) -> None:
    """Explore one point: the row of controls, the sliders with the picture, the files."""
    explored = room.exploration
    point = explored.point
    if explored.label is not None and room.label not in (None, explored.label):
        st.rerun()  # a vector was loaded that is of another class
    basis, directions, indices = _controls(room)
    # Another saved state has other directions: what the sliders had added stays in the point.
    vectors = np.empty((0, explored.latent_dim)) if directions is None else directions.vectors
    point.measure(room.frame(basis), basis, vectors)
    revision = f"{point.revision} {point.frame} {indices[:1]} {len(indices)}"

    def moved() -> None:
        values = committed_coordinates("explore_panel", revision)
        if values is not None:
            point.move(indices, values)

    latent_panel(
        pictures=_pictures(room),
        base=point.base_under(indices).tolist(),
        basis=basis,
        directions=[_slider(room, directions, index) for index in indices],
        truncation=point.truncation,
        revision=revision,
        key="explore_panel",
        on_change=moved,
        size=room.thumbnail(400 if room.beside is None else 280),
    )
    if directions is not None and not indices:
        st.info(NOTHING_FOUND)
    elif directions is not None:
        unit = {
            "normal": "a slider's unit is the deviation of the latent prior",
            "uniform": "the latent prior is uniform from -1 to 1 in each number",
        }[explored.noise]
        st.caption(
            f"Directions: {directions.method}. {_shares(room, basis)}{unit[:1].upper()}{unit[1:]}."
        )
    else:
        st.caption("Each slider is one number of the latent vector, before truncation.")
    _files(room)


def _pictures(room: Subject) -> list[dict[str, str]]:
    """Where the pictures of the point come from: the generator's, and that of the one beside it."""
    url = urls.picture_url(room.item, room.version, room.label)
    if room.beside is None:
        return [{"url": url, "label": ""}]
    second = room.beside
    guide = room.item, room.version  # the sliders move along its directions
    beside = urls.picture_url(second.item, second.version, second.label, along=guide)
    return [
        {"url": url, "label": room.item.title},
        {"url": beside, "label": second.item.title},
    ]


def _shares(room: Subject, basis: str) -> str:
    """What the percentages beside the sliders are, as a sentence."""
    if basis != "pca":
        return ""
    within = " within a class" if room.classes else ""
    return f"A share is that of the pictures' variance{within}. "


def _controls(room: Subject) -> tuple[str, Directions | None, list[int]]:
    """The row above the panel: what the sliders move along, and which of them are shown."""
    explored = room.exploration
    point = explored.point
    hold("explore_seed", explored.seed)
    hold("explore_truncation", point.truncation)
    bases = {**room.families, RAW: "Raw coordinates"}
    if st.session_state.get("explore_basis") not in bases:
        st.session_state["explore_basis"] = "pca"

    def take_truncation() -> None:
        point.truncation = st.session_state["explore_truncation"]

    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.button(
            "New random point",
            type="primary",
            icon=":material/casino:",
            on_click=lambda: explored.go_to_seed(random_seed()),
        )
        st.number_input(
            "Seed",
            0,
            MAX_SEED,
            step=1,
            key="explore_seed",
            on_change=lambda: explored.go_to_seed(st.session_state["explore_seed"]),
            width=170,
        )
        st.slider(
            "Truncation",
            0.0,
            1.0,
            step=0.05,
            key="explore_truncation",
            on_change=take_truncation,
            help="Scales the latent vector towards zero, the mean of the prior: less variety, more "
            "typical pictures.",
            width=180,
        )
        basis = (
            st.segmented_control(
                "Directions",
                list(bases),
                format_func=lambda name: bases[name],
                required=True,
                key="explore_basis",
                persist_state="session",
            )
            or "pca"
        )
        directions = None
        if basis != RAW:
            with st.spinner("Looking for directions ..."):
                directions = room.directions(basis)
        indices = _shown(directions, basis, explored.latent_dim)
        st.button(
            "Start over",
            icon=":material/restart_alt:",
            help="Back to the point as it was drawn or loaded, with truncation 1.",
            on_click=lambda: point.start(point.origin, point.about, truncation=1.0),
        )
    return basis, directions, indices


def _shown(directions: Directions | None, basis: str, latent_dim: int) -> list[int]:
    """Which directions or coordinates have a slider: those of a group, or the first so many."""
    if directions is not None and directions.groups:
        return group_choice(directions, key="explore_group")
    limit = latent_dim if directions is None else len(directions.vectors)
    if not limit:
        return []
    count_key = f"explore_count_{basis}_{limit}"
    st.session_state.setdefault(count_key, limit)
    shown = st.number_input(
        "How many", 1, limit, step=1, key=count_key, persist_state="session", width=130
    )
    return list(range(int(shown)))


def group_choice(directions: Directions, *, key: str) -> list[int]:
    """A choice among groups of directions; the indices of the one chosen."""
    groups = list(dict.fromkeys(directions.groups))
    if st.session_state.get(key) not in groups:
        st.session_state[key] = groups[0]
    chosen = st.selectbox("Lead", groups, key=key, persist_state="session", width=130)
    return [index for index, group in enumerate(directions.groups) if group == chosen]


def _slider(room: Subject, directions: Directions | None, index: int) -> dict[str, Any]:
    point = room.exploration.point
    value, noise = point.value(index), room.exploration.noise
    if directions is not None:
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
        "value": value,
        "home": point.rest(index),
    }


def _files(room: Subject) -> None:
    """The row below the panel: where the point came from, and files of its vector."""
    from gan_core.latent import vector_files

    explored = room.exploration
    point = explored.point
    vector = point.vector
    name = f"{room.item.name}-latent"
    note = st.session_state.pop("explore_upload_error", None)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.text(f"Base: {point.about}")
        st.download_button(
            "Latent vector (JSON)",
            vector_files.to_json(
                vector, generator=room.item.id, origin=point.about, **_drawn_as(room)
            ),
            f"{name}.json",
            "application/json",
            icon=":material/download:",
            on_click="ignore",
        )
        st.download_button(
            "Latent vector (.npy)",
            vector_files.to_npy(vector),
            f"{name}.npy",
            "application/octet-stream",
            icon=":material/download:",
            on_click="ignore",
        )
        with st.popover("Load a latent vector", icon=":material/upload:"):
            # A new key after each upload empties the uploader, so that a file can be loaded again.
            key = f"explore_upload_{explored.uploads}"
            st.file_uploader(
                f"JSON or .npy with {explored.latent_dim} numbers",
                ["json", "npy"],
                key=key,
                max_upload_size=MAX_UPLOAD_MB,
                on_change=lambda: _load(room, key),
            )
        view_link(room)
    if note:
        st.error(note)


def _drawn_as(room: Subject) -> dict[str, object]:
    """The class and the saved step of the picture, as they stand in a file of its vector."""
    told = {} if room.label is None else {"label": room.label, "class": room.classes[room.label]}
    return told if room.item.step is None else {**told, "step": room.item.step}


def _load(room: Subject, key: str) -> None:
    from gan_core.latent import vector_files

    explored = room.exploration
    upload = st.session_state[key]
    if upload is None:
        return
    explored.uploads += 1
    name, content, label = upload.name, upload.getvalue(), None
    try:
        vector = vector_files.from_file(name, content, explored.latent_dim)
        if room.classes:
            label = vector_files.label_from_file(name, content, len(room.classes))
    except GanError as error:
        st.session_state["explore_upload_error"] = str(error)
        return
    explored.point.start(vector, name, truncation=1.0)
    if label is not None:
        explored.label = label
