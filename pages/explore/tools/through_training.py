"""One latent point as every saved state of a run draws it."""

from __future__ import annotations

import numpy as np
import streamlit as st

from gan_core.errors import GanError
from pages.explore.animation import animation
from pages.explore.generator_choice import choose_step
from pages.explore.picture_choice import pick
from pages.explore.pictures import GivenPictures
from pages.explore.subject import Subject
from pages.shared.fragments import fragment
from pages.shared.server import generators
from pages.shared.text import plain

FRAMES_PER_SECOND = 4


@fragment
def through_training(subject: Subject) -> None:
    """Show the point through all saved states, to play and to save; a state picked is explored."""
    source = subject.source
    saved_steps, latest = source.folder.kept_steps(), source.folder.status().step
    if not saved_steps:
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
    by_step = _draw(subject, [*saved_steps, latest], latest)
    if not by_step:
        return
    steps, pictures = list(by_step), GivenPictures(np.stack(list(by_step.values())))
    st.markdown(
        f"**The point above through {len(steps)} saved states.** Pick one to explore that state."
    )
    step = latest if source.step is None else source.step
    index = pick(
        subject,
        pictures,
        [f"Step {step:,}{' (latest)' * (step == latest)}" for step in steps],
        label="Saved states",
        key="explore_states",
        selection=steps.index(step) if step in steps else None,
        wrap=False,
        captions=True,
        size=84,
    )
    if index is not None:
        choose_step(source, None if steps[index] == latest else steps[index])
        st.rerun()
    animation(
        subject,
        pictures,
        steps,
        unit="step",
        name="through-training",
        key="explore_states",
        frames_per_second=FRAMES_PER_SECOND,
    )


def _draw(subject: Subject, steps: list[int], latest: int) -> dict[int, np.ndarray]:
    """The picture (H, W, C) uint8 of the point by each saved state that can be opened, by step."""
    vector = subject.exploration.point.vector
    bar = st.progress(0.0, "Opening the saved states ...")
    pictures: dict[int, np.ndarray] = {}
    for count, step in enumerate(steps, 1):
        try:
            state = subject.source.at(None if step == latest else step)
            pictures[step] = generators.draw_picture(state, vector, subject.label)
        except GanError as error:  # damaged, or dropped meanwhile by a training that runs
            st.warning(f"Step {step:,} is left out. {plain(error)}")
        bar.progress(count / len(steps), f"Opening the saved states: {count} of {len(steps)} ...")
    bar.empty()
    return pictures
