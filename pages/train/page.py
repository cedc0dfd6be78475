"""The Train page: choose a recipe, start it, watch it.

The training belongs to the server: every tab looks at the same job, and none of them owns it.
"""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import streamlit as st

from gan_core.config import TrainConfig
from gan_core.errors import GanError
from gan_core.training.snapshot import Phase
from pages.shared.errors import run_safely
from pages.shared.forms.length_input import length_input
from pages.shared.forms.moved_folder import moved_folder
from pages.shared.fragments import fragment, redraw_page
from pages.shared.runs import by_hand, charts, files, findings
from pages.shared.runs.job_buttons import job_buttons
from pages.shared.runs.live_controls import live_controls
from pages.shared.runs.other_tabs import notice_other_tabs
from pages.shared.runs.plane_view import plane_link
from pages.shared.runs.progress import describe_phase, progress_panel
from pages.shared.runs.state import RunState, job_states, read_state, runs_to_watch
from pages.shared.server import process, sources, viewers
from pages.shared.server.sources import Source
from pages.shared.text import plain
from pages.train.setup import downloading, setup, setup_while_downloading

LOOK_EVERY = 1  # seconds, while data are being loaded


def watched_run() -> Source | None:
    """The run to show: the one in the address, else that of the current or last job."""
    name = st.query_params.get("run", "")
    if name:
        return Source("runs", name)
    names = [source.name for source in runs_to_watch()]
    if len(names) < 2:
        return Source("runs", names[0]) if names else None
    name = st.segmented_control(
        "Run",
        names,
        format_func=plain,
        default=names[0],
        required=True,
        key=f"train/watched/{names}",
    )
    return Source("runs", name)


class DrawnFor(NamedTuple):
    """What a page that shows a run was drawn for: it is drawn anew where any of it changes."""

    active: bool  # whether the run trains
    on_disk: bool
    pace: int | None  # seconds between two looks at it; None where it does not train


def drawn_for(state: RunState) -> DrawnFor:
    """What a page is drawn for that shows a run now."""
    return DrawnFor(state.active, state.on_disk, viewers.look() if state.active else None)


def view(source: Source, before: DrawnFor) -> None:
    """All that is known of a run. Ticks while it trains.

    Args:
        before: what the page was drawn for.
    """
    key = f"view/{source.name}"
    try:
        state = read_state(source)
    except GanError as error:
        st.error(f"{plain(error)} The Runs page lists those that there are.")
        return
    if drawn_for(state) != before:
        redraw_page()
    if state.damage:
        st.error(f"{plain(state.damage)} The Runs page lists those that there are.")
        return
    if state.config is not None:
        st.caption(plain(_settings_in_short(state.config)))
    progress_panel(state)
    with st.container(horizontal=True, vertical_alignment="center"):
        job = process.trainings().job
        if state.active and job is not None:
            job_buttons(job, key="train/")
            findings.permission_while_training(job, key=f"train/may-act/{source.name}")
            plane_link(state, key=f"train/plane/{source.name}")
        elif state.on_disk:
            _links(state)
    with st.container(horizontal=True, vertical_alignment="center"):
        live_controls(job if state.active else None, state, key=f"train/live/{source.name}")
    # Boxes that are always there: what comes later than the rest would move the charts below to
    # another place in the page, where they begin anew.
    with st.container():
        if state.error or state.phase is Phase.FAILED:
            st.error(plain(state.error or "It is not known why."))
        if state.notice:
            st.info(plain(state.notice))
    if state.on_disk:
        _history(state, key)


def _history(state: RunState, key: str) -> None:
    """Pictures, curves, findings and log."""
    with st.container():
        findings.in_short(state)
        by_hand.in_short(state)
    with st.container():
        charts.show_pictures(state, key=key)
    charts.show_curves(state, key=key)
    with st.container():
        charts.show_quality(state, key=key)
    with st.container():  # below the charts, which it would move as it grows
        findings.in_full(state.findings)
    files.show_log(state)


def _settings_in_short(config: TrainConfig) -> str:
    """What a recipe's name does not say once its settings were changed."""
    broken = f" · broken on purpose: {config.breakage}" if config.breakage else ""
    return (
        f"Recipe {config.preset or 'none'} · data {config.dataset} · network "
        f"{config.architecture} · objective {config.objective} · seed {config.seed}{broken}"
    )


def _links(state: RunState) -> None:
    source = state.source
    plane_link(state, key=f"train/plane/{source.name}")
    st.page_link(
        "explore/page.py",
        label="Explore it",
        query_params={"g": source.id},
        icon=":material/explore:",
    )
    st.page_link(
        "compare/page.py",
        label="Compare it",
        query_params={"a": source.id},
        icon=":material/compare:",
    )
    if state.resumable:
        with st.popover(
            "Continue training", icon=":material/play_arrow:", key=f"train/on/{source.name}"
        ):
            _resume(state)
    if source.kind == "runs" and state.info is not None and not state.info.parent:
        _repeat_button(state)


def _repeat_button(state: RunState) -> None:
    """Train it once more from its beginning."""
    if not st.button(
        "Repeat it",
        key=f"train/repeat/{state.name}",
        icon=":material/replay:",
        help="Trains a new run with the same settings and seed, and does again what was done to "
        "this one by hand, at the same steps: bit for bit the same on a CPU.",
    ):
        return
    if problem := run_safely(process.trainings().repeat, state.name):
        st.error(plain(problem))
        return
    st.query_params.pop("run", None)
    st.rerun()


def _resume(state: RunState) -> None:
    """Go on with a run that has ended, to the length it had or to another one."""
    key = f"train/more/{state.name}/{state.step}"
    steps = length_input(state.step, state.total, key=key)
    again = by_hand.again_choice(state, key=f"train/again/{state.name}/{state.step}")
    place = moved_folder(state.config, key=f"train/folder/{state.name}")
    if not st.button("Resume training", key=f"train/go-on/{state.name}", type="primary"):
        return
    resume = partial(process.trainings().resume, again=again)
    if problem := run_safely(resume, state.name, {"steps": steps, **place}):
        st.error(plain(problem))
        return
    st.rerun()


def nothing_yet() -> None:
    """What to do where no run is chosen and nothing was trained since the server began."""
    st.info(
        "Nothing is being trained. Choose a recipe and press Start training: the curves and the "
        "pictures appear here."
    )
    runs = sources.store("runs").list()
    if runs:
        st.page_link(
            "train/page.py",
            label=f"Open the latest run, {plain(runs[-1].name)}",
            query_params={"run": runs[-1].name},
            icon=":material/history:",
        )


def other_run_note(source: Source) -> None:
    """Where the address names a run and another one is being trained: a way to that one."""
    others = [state for state in job_states() if state.active]
    if not others or any(state.name == source.name for state in others):
        return
    state = others[0]
    if st.button(
        f"{plain(state.name)}: {describe_phase(state)}. Watch it", key="train/watch-active"
    ):
        st.query_params.pop("run", None)
        st.rerun()


def run_panel(source: Source) -> None:
    """The run's name, its view that ticks while it trains, and its files."""
    st.subheader(plain(source.name), anchor=False)
    other_run_note(source)
    try:
        state = read_state(source)
    except GanError as error:
        st.error(f"{plain(error)} The Runs page lists those that there are.")
        return
    now = drawn_for(state)
    fragment(view, every=now.pace)(source, now)
    if state.on_disk and not state.damage:
        files.downloads(source, key=f"view/{source.name}")
        files.resolved_settings(state)


st.title("Train")
left, right = st.columns([3, 7], gap="large")
with left:
    if downloading():
        fragment(setup_while_downloading, every=LOOK_EVERY)()
    else:
        fragment(setup)()
with right:
    run = watched_run()
    if run is None:
        nothing_yet()
    else:
        run_panel(run)
notice_other_tabs()
