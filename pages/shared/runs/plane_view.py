"""A run on points of the plane: the picture of it, and the way there from other pages."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
import streamlit as st

from gan_core import catalog
from gan_core.data.table import DATASETS
from gan_core.errors import GanError
from gan_core.images import films
from gan_core.objectives.readings import Reading
from gan_core.plane import picture
from gan_core.plane.frame import unpack
from gan_core.runs.frames import Frames
from gan_core.runs.history import thinned
from pages.shared.forms.classes import classes_of
from pages.shared.forms.downloads import Export, export_row
from pages.shared.runs.state import RunState
from pages.shared.server import histories, urls
from pages.shared.text import plain
from pages.shared.widgets.link_button import link_button
from pages.shared.widgets.plane.plane import plane

FILM_FRAMES, FILM_SIDE = 120, 384
FRAMES_PER_SECOND = 12


def is_on_points(state: RunState) -> bool:
    """Whether a run learns points, so that it can be seen in the plane."""
    spec = DATASETS.get(state.config.dataset) if state.config is not None else None
    return spec is not None and spec.points


def plane_link(state: RunState, *, key: str, label: str = "See it in the plane") -> None:
    """The way to the picture of a run; nothing where it learns pictures."""
    if state.source.kind == "runs" and is_on_points(state) and not state.damage:
        link_button(
            "plane/page.py",
            label,
            key=key,
            icon=":material/scatter_plot:",
            query_params={"run": state.name},
        )


def show_plane(state: RunState, *, key: str) -> None:
    """The picture of a run on points, live while this server trains it, and through its kept
    frames."""
    config = state.settings
    if config is None:
        return
    try:
        steps = histories.saved_frames(state.source) if state.on_disk else ()
        real_url = urls.plane_real_url(state.source) if state.on_disk else ""
        reading = catalog.declaration(config).reading
    except GanError as error:
        st.error(plain(error))
        return
    modes = DATASETS[config.dataset].modes(config.deviation)
    centres, deviation = modes if modes is not None else (np.zeros((0, 2)), 0.0)
    plane(
        name=state.name,
        live_url=urls.plane_live_url(state.source) if state.active else "",
        frames_url=urls.plane_frames_url(state.source),
        real_url=real_url,
        steps=steps,
        version=state.version,
        reading=reading,
        modes=centres.tolist(),
        deviation=deviation,
        classes=classes_of(config, state.info) if state.info is not None else (),
        key=key,
    )


def show_planes(states: Sequence[RunState], labels: Sequence[str], *, key: str) -> None:
    """The pictures of two runs on points side by side, live while they train."""
    columns = st.columns(len(states), gap="large")
    for state, label, column in zip(states, labels, columns, strict=True):
        with column:
            st.markdown(f"**{plain(label)}**")
            show_plane(state, key=f"{key}/{state.name}")


def film(state: RunState, *, key: str) -> None:
    """The kept frames of a run as a film to take away."""
    config = state.settings
    try:
        steps = histories.saved_frames(state.source) if state.on_disk else ()
    except GanError:  # deleted a moment ago
        return
    if config is None or len(steps) < 2:
        return
    frames = state.source.folder.frames
    chosen = thinned(steps, FILM_FRAMES)
    with st.expander("Film: the frames that were kept, to take away", icon=":material/movie:"):
        export_row(
            Export(
                f"{state.name}-plane",
                partial(_draw, frames, chosen, catalog.declaration(config).reading),
                films.Size(len(chosen), FILM_SIDE, FILM_SIDE),
                f"{state.version}/{steps[-1]}",
                columns=0,
                frames_per_second=FRAMES_PER_SECOND,
            ),
            key=key,
        )


def _draw(frames: Frames, steps: Sequence[int], reading: Reading) -> list[np.ndarray]:
    real = np.fromfile(frames.real_path, "<f2").astype(np.float32).reshape(-1, 2)
    return [picture.draw(unpack(frames.read(step)), real, reading, FILM_SIDE) for step in steps]
