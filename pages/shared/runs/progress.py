"""How far a training is, in words and as a bar: the same on every page."""

from __future__ import annotations

import math

import streamlit as st

from gan_core.training.snapshot import Phase
from pages.shared.runs.state import RunState
from pages.shared.text import describe_duration


def epoch_of(state: RunState) -> tuple[int, int] | None:
    """The epoch that is under way and their number; None before the data set is read."""
    if state.config is None or not state.dataset_size or not state.total:
        return None
    per_epoch = state.config.steps_per_epoch(state.dataset_size)
    epochs = math.ceil(state.total / per_epoch)
    return min(epochs, state.step // per_epoch + 1), epochs


def share_done(state: RunState) -> float:
    """How much is done, from 0 to 1: of the reading while it loads, else of the training."""
    if state.phase is Phase.LOADING:
        return min(1.0, max(0.0, state.share))
    return min(1.0, state.step / state.total) if state.total else 0.0


def describe_phase(state: RunState) -> str:
    """One short sentence on where a training stands or how it ended."""
    done = f"step {state.step:,} of {state.total:,}"
    match state.phase:
        case Phase.LOADING:
            return f"{state.doing or 'Preparing'} ..."
        case Phase.RUNNING:
            return f"Training: {done}"
        case Phase.PAUSED:
            return f"Paused at {done}" + (", and saved" if state.saved_step == state.step else "")
        case Phase.FINISHED:
            took = describe_duration(state.seconds)
            return f"Finished: all {state.total:,} steps in {took} of training"
        case Phase.STOPPED:
            return f"Stopped at {done}" if state.total else "Stopped before it began"
        case Phase.FAILED:
            return f"Failed at {done}" if state.step else "Failed before the first step"


def progress_line(state: RunState) -> None:
    """The bar with all there is to say, in one line."""
    parts = [describe_phase(state)]
    if state.phase is Phase.RUNNING:
        epoch = epoch_of(state)
        if epoch is not None:
            parts.append(f"epoch {epoch[0]:,} of {epoch[1]:,}")
        if state.images_per_second:
            parts.append(f"{state.images_per_second:,.0f} images/s")
        if state.seconds_left is not None:
            parts.append(f"about {describe_duration(state.seconds_left)} left")
    st.progress(share_done(state), text=", ".join(parts))


def progress_panel(state: RunState) -> None:
    """The bar, and under it epoch, step, speed and time left, each at a place of its own.

    The places do not grow with their numbers: the page below would move.
    """
    st.progress(share_done(state), text=describe_phase(state))
    epoch = epoch_of(state)
    left = state.seconds_left if state.active else None
    saved_step = state.saved_step
    cells: list[tuple[str, str, int]] = [  # label, value, pixels
        ("Epoch", f"{epoch[0]:,} / {epoch[1]:,}" if epoch else "-", 90),
        ("Step", f"{state.step:,} / {state.total:,}" if state.total else "-", 185),
        ("Images/s", f"{state.images_per_second:,.0f}" if state.images_per_second else "-", 80),
        ("Training time", describe_duration(state.seconds), 95),
        ("Time left", describe_duration(left) if left is not None else "-", 95),
        ("Saved at step", f"{saved_step:,}" if saved_step is not None else "-", 95),
    ]
    with st.container(horizontal=True, gap="small"):
        for label, value, width in cells:
            st.markdown(f":small[:gray[{label}]]  \n**{value}**", width=width)
