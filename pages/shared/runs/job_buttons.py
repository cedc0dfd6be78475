"""What can be done with a training while it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from gan_core.training.snapshot import Phase

if TYPE_CHECKING:
    from gan_core.training.job import TrainingJob


def job_buttons(job: TrainingJob, *, key: str, which: str = "", stop: str = "Stop") -> None:
    """Pause or resume, stop, and save.

    Args:
        key: what the keys of the buttons begin with.
        which: a word behind what is done, such as "both".
        stop: the words of the button that ends it.
    """
    phases = {snapshot.phase for snapshot in job.snapshots}
    if Phase.PAUSED in phases:
        st.button(
            f"Resume {which}".strip(),
            key=f"{key}resume",
            on_click=job.resume,
            icon=":material/play_arrow:",
            type="primary",
        )
    else:
        st.button(
            f"Pause {which}".strip(),
            key=f"{key}pause",
            on_click=job.pause,
            icon=":material/pause:",
            disabled=Phase.RUNNING not in phases,
        )
    st.button(
        stop,
        key=f"{key}stop",
        on_click=job.stop,  # type: ignore[arg-type]  # what it returns is for others
        icon=":material/stop:",
        help="Saves first. What is stopped can be resumed.",
    )
    st.button(
        f"Save {which or 'now'}",
        key=f"{key}save",
        on_click=job.save,
        icon=":material/save:",
        disabled=Phase.RUNNING not in phases,
    )
