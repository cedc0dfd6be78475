"""The Plane page: a training on points, where all that both networks do can be seen."""

from __future__ import annotations

import streamlit as st

from gan_core.errors import GanError
from gan_core.training.snapshot import Phase
from pages.plane.setup import setup
from pages.shared.fragments import fragment, redraw_page
from pages.shared.runs import by_hand, charts, findings
from pages.shared.runs.job_buttons import job_buttons
from pages.shared.runs.live_controls import live_controls
from pages.shared.runs.other_tabs import notice_other_tabs
from pages.shared.runs.plane_view import film, is_on_points, show_plane
from pages.shared.runs.progress import describe_phase, progress_line
from pages.shared.runs.state import RunState, job_states, read_state
from pages.shared.server import process
from pages.shared.server.sources import Source
from pages.shared.text import plain
from pages.shared.widgets.link_button import link_button

LOOK_EVERY = 3  # seconds, while a training runs; the picture comes by itself
LOADING_EVERY = 1  # and before it does
SETTLING = 0.5  # seconds that a click waits for what it asked for


def watched_run() -> Source | None:
    """The run to show: the one in the address, else that of the current or last job where it
    learns points."""
    name = st.query_params.get("run", "")
    if name:
        return Source("runs", name)
    names = [state.name for state in job_states() if is_on_points(state)]
    if len(names) < 2:
        return Source("runs", names[0]) if names else None
    name = st.segmented_control(
        "Run", names, format_func=plain, default=names[0], required=True, key=f"plane/run/{names}"
    )
    return Source("runs", name)


def look_every(state: RunState) -> float | None:
    """Seconds between two looks at a run; None where it does not train. To draw what stands around
    the picture takes as much from a training as the picture itself."""
    if not state.active:
        return None
    return LOADING_EVERY if state.phase is Phase.LOADING else LOOK_EVERY


def view(source: Source, drawn_for: tuple[float | None, bool]) -> None:
    """The picture of a run and what can be done with it. Ticks while it trains.

    Args:
        drawn_for: how often it ticked and whether it was on disk when the page was drawn: the page
            is drawn anew once when the run's folder appears, and once when the training ends.
    """
    job = process.trainings().active
    if job is not None:
        job.settle(SETTLING)
    try:
        state = read_state(source)
    except GanError as error:
        st.error(f"{plain(error)} The Runs page lists those that there are.")
        return
    if (look_every(state), state.on_disk) != drawn_for:
        redraw_page()
    if state.damage:
        st.error(f"{plain(state.damage)} The Runs page lists those that there are.")
        return
    if state.config is not None and not is_on_points(state):
        st.info(f"{plain(source.name)} learns pictures; the plane is for runs on points.")
        return
    progress_line(state)
    _controls(state)
    with st.container():
        if state.error or state.phase is Phase.FAILED:
            st.error(plain(state.error or "It is not known why."))
        if state.notice:
            st.info(plain(state.notice))
    show_plane(state, key=f"plane/{source.name}")
    with st.container():
        findings.in_short(state)
        by_hand.in_short(state)
    if state.on_disk:
        charts.show_curves(state, key=f"plane/curves/{source.name}")
        with st.container():
            findings.in_full(state.findings)


def _controls(state: RunState) -> None:
    """Time under one's hand, and the ways to other pages."""
    job = process.trainings().job
    with st.container(horizontal=True, vertical_alignment="center"):
        if state.active and job is not None:
            job_buttons(job, key="plane/")
        live_controls(job if state.active else None, state, key=f"plane/live/{state.name}")
        if state.on_disk and not state.active:
            link_button(
                "train/page.py",
                "Open on Train",
                key="plane-train",
                icon=":material/model_training:",
                query_params={"run": state.name},
            )
            link_button(
                "compare/page.py",
                "Compare it",
                key="plane-compare",
                icon=":material/compare:",
                query_params={"a": state.source.id},
            )


def other_run_note(source: Source) -> None:
    """Where the address names a run and another one on points is being trained: a way to it."""
    others = [state for state in job_states() if state.active and is_on_points(state)]
    if others and all(state.name != source.name for state in others):
        state = others[0]
        if st.button(f"{plain(state.name)}: {describe_phase(state)}. Watch it", key="plane/other"):
            st.query_params.pop("run", None)
            st.rerun()


def run_panel(source: Source) -> None:
    """The run's name, its picture that ticks while it trains, and its film."""
    st.subheader(plain(source.name), anchor=False)
    other_run_note(source)
    try:
        state = read_state(source)
    except GanError as error:
        st.error(f"{plain(error)} The Runs page lists those that there are.")
        return
    every = look_every(state)
    fragment(view, every=every)(source, (every, state.on_disk))
    if not state.active and is_on_points(state):
        film(state, key=f"plane/film/{source.name}")


st.title("Plane")
st.markdown(
    "A GAN on points of the plane, each a picture of one pixel with two channels: all that both "
    "networks do is seen while they learn."
)
fragment(setup)()
run = watched_run()
if run is None:
    st.info("Choose a distribution and an objective, and press Start: the points appear here.")
else:
    run_panel(run)
notice_other_tabs()
