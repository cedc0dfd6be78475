"""How far a training is, in words and as a bar: the same on every page."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import streamlit as st

from pages.shared.text import duration

if TYPE_CHECKING:
    from gan_core.training.snapshot import Snapshot


def epoch_of(snapshot: Snapshot) -> tuple[int, int] | None:
    """The epoch that is under way and their number; None before the data set is read."""
    if not snapshot.dataset_size or not snapshot.total:
        return None
    per_epoch = snapshot.config.steps_per_epoch(snapshot.dataset_size)
    epochs = math.ceil(snapshot.total / per_epoch)
    return min(epochs, snapshot.step // per_epoch + 1), epochs


def share_done(snapshot: Snapshot) -> float:
    """How much is done, from 0 to 1: of the reading while it loads, else of the training."""
    if snapshot.phase.value == "loading":
        return min(1.0, max(0.0, snapshot.share))
    return min(1.0, snapshot.step / snapshot.total) if snapshot.total else 0.0


def phase_words(snapshot: Snapshot) -> str:
    """One short sentence on where a training stands or how it ended."""
    done = f"step {snapshot.step:,} of {snapshot.total:,}"
    match snapshot.phase.value:
        case "loading":
            return f"{snapshot.doing or 'Preparing'} ..."
        case "running":
            return f"Training: {done}"
        case "paused":
            return f"Paused at {done}, and saved"
        case "finished":
            took = duration(snapshot.seconds)
            return f"Finished: all {snapshot.total:,} steps in {took} of training"
        case "stopped":
            return f"Stopped at {done}" if snapshot.total else "Stopped before it began"
        case _:
            return f"Failed at {done}" if snapshot.step else "Failed before the first step"


def progress_line(snapshot: Snapshot) -> None:
    """The bar with all there is to say, in one line."""
    parts = [phase_words(snapshot)]
    if snapshot.phase.value == "running":
        epoch = epoch_of(snapshot)
        if epoch is not None:
            parts.append(f"epoch {epoch[0]:,} of {epoch[1]:,}")
        if snapshot.images_per_second:
            parts.append(f"{snapshot.images_per_second:,.0f} images/s")
        if snapshot.seconds_left is not None:
            parts.append(f"about {duration(snapshot.seconds_left)} left")
    st.progress(share_done(snapshot), text=", ".join(parts))


def progress_panel(snapshot: Snapshot) -> None:
    """The bar, and under it epoch, step, speed and time left, each at a place of its own.

    The places do not grow with their numbers: the page below would move.
    """
    st.progress(share_done(snapshot), text=phase_words(snapshot))
    epoch = epoch_of(snapshot)
    left = snapshot.seconds_left if snapshot.phase.active else None
    saved = snapshot.saved_step
    shown: list[tuple[str, str, int]] = [  # label, value, pixels
        ("Epoch", f"{epoch[0]:,} / {epoch[1]:,}" if epoch else "-", 90),
        ("Step", f"{snapshot.step:,} / {snapshot.total:,}" if snapshot.total else "-", 185),
        (
            "Images/s",
            f"{snapshot.images_per_second:,.0f}" if snapshot.images_per_second else "-",
            80,
        ),
        ("Training time", duration(snapshot.seconds), 95),
        ("Time left", duration(left) if left is not None else "-", 95),
        ("Saved at step", f"{saved:,}" if saved is not None else "-", 95),
    ]
    with st.container(horizontal=True, gap="small"):
        for label, value, width in shown:
            st.markdown(f":small[:gray[{label}]]  \n**{value}**", width=width)
