"""One latent point as every saved state of a run draws it."""

from __future__ import annotations

import numpy as np
import streamlit as st

from gan_core.errors import GanError
from pages.explore import generator_choice
from pages.explore.subject import Subject
from pages.explore.widgets.gallery.gallery import gallery
from pages.shared.forms.downloads import export_of, export_row
from pages.shared.server import generators
from pages.shared.server.urls import data_url
from pages.shared.widgets.player.player import player

FRAMES_PER_SECOND = 4


@st.fragment
def through_training(room: Subject) -> None:
    """Show the point through all saved states as strip and film; a state picked is explored."""
    folder = room.item.folder
    kept, latest = folder.kept_steps(), folder.status().step
    if not kept:
        st.info(
            "This generator has one saved state, and a point is followed through several. Train a "
            "run with *Keep states* (`keep_states`) above 0: it saves states along the way, and "
            "each can be explored."
        )
        st.page_link("train/page.py", label="Train a generator", icon=":material/model_training:")
        return
    st.button(
        "Follow the point above",
        icon=":material/my_location:",
        help="Draws the strip anew for the point as its sliders stand now.",
    )
    frames = _drawn(room, [*kept, latest], latest)
    if not frames:
        return
    urls = {step: data_url(frame) for step, frame in frames.items()}
    steps = list(frames)
    st.markdown(
        f"**The point above through {len(steps)} saved states.** Pick one to explore that state."
    )
    shown = latest if room.item.step is None else room.item.step
    picked = gallery(
        [
            {"url": urls[step], "label": f"Step {step:,}{' (latest)' * (step == latest)}"}
            for step in steps
        ],
        label="Saved states",
        key="explore_states",
        selected=steps.index(shown) if shown in steps else None,
        wrap=False,
        captions=True,
        size=room.thumbnail(84),
    )
    player(
        [{"label": "", "frames": [{"at": step, "url": urls[step]} for step in steps]}],
        key="explore_states_player",
        unit="step",
        fps=FRAMES_PER_SECOND,
        follow=False,
        label="Step",
        size=room.thumbnail(280),
    )
    taken = export_of(
        np.stack(list(frames.values())),
        f"{room.item.name}-through-training",
        len(frames),
        moving=True,
        frames_per_second=FRAMES_PER_SECOND,
    )
    export_row(taken, key="explore_states_file")
    if picked is not None:
        generator_choice.choose_step(room.item, None if steps[picked] == latest else steps[picked])
        st.rerun()


def _drawn(room: Subject, steps: list[int], latest: int) -> dict[int, np.ndarray]:
    """The picture of the point by each saved state that can be opened, by step."""
    vector = room.exploration.point.vector
    bar = st.progress(0.0, "Opening the saved states ...")
    frames: dict[int, np.ndarray] = {}
    for done, step in enumerate(steps, 1):
        try:
            state = room.item.at(None if step == latest else step)
            frames[step] = generators.draw_picture(state, vector, room.label)
        except GanError as error:  # damaged, or dropped meanwhile by a training that runs
            st.warning(f"Step {step:,} is left out. {error}")
        bar.progress(done / len(steps), f"Opening the saved states: {done} of {len(steps)} ...")
    bar.empty()
    return frames
