"""The Train page: choose a recipe, start it, watch it.

The training belongs to the server: every tab looks at the same job, and none of them owns it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from gan_core.errors import GanError
from pages.shared.errors import run_safely
from pages.shared.forms.length_input import length_input
from pages.shared.runs import charts, findings, state
from pages.shared.runs.files import downloads, log, resolved_settings
from pages.shared.runs.job_buttons import job_buttons
from pages.shared.runs.progress import phase_words, progress_panel
from pages.shared.server import process, sources
from pages.train.setup import downloading, setup, setup_while_downloading

if TYPE_CHECKING:
    from gan_core.config import TrainConfig
    from gan_core.training.snapshot import Snapshot


LOOK_EVERY = 1  # seconds, while a training runs
LOOK_FOR_OTHERS_EVERY = 3  # seconds, at whether another tab began one


def watched() -> sources.Source | None:
    """The run to show: the one in the address, else that of the current or last job."""
    asked = st.query_params.get("run", "")
    if asked:
        return sources.Source("runs", asked)
    job = process.trainings().job
    if job is None:
        return None
    names = [
        snapshot.run
        for snapshot in job.snapshots
        # What has trained and is no longer there was renamed or deleted.
        if snapshot.phase.active
        or snapshot.curves is None
        or state.has_folder(sources.Source("runs", snapshot.run))
    ]
    if not names:
        return None
    if len(names) == 1:
        return sources.Source("runs", names[0])
    chosen = st.segmented_control(
        "Run", names, default=names[0], required=True, key=f"train/watched/{names}"
    )
    return sources.Source("runs", chosen)


def view(item: sources.Source, ticking: bool, saved: bool) -> None:
    """All that is known of a run. Ticks while it trains.

    The page is drawn anew once when the run's folder appears, and once when the training ends.
    """
    key = f"view/{item.name}"
    try:
        snapshot = state.snapshot_of(item)
    except GanError as error:
        st.error(f"{error} The Runs page lists those that there are.")
        return
    if (snapshot.phase.active, state.has_folder(item)) != (ticking, saved):
        st.rerun()
    st.caption(_settings_in_short(snapshot.config))
    progress_panel(snapshot)
    with st.container(horizontal=True, vertical_alignment="center"):
        job = process.trainings().job
        if snapshot.phase.active and job is not None:
            job_buttons(job, key="train/")
            findings.permission_while_training(job, key=f"train/may-act/{item.name}")
        elif saved:
            _links(item, snapshot)
    # Boxes that are always there: what comes later than the rest would move the charts below to
    # another place in the page, where they begin anew.
    with st.container():
        if snapshot.error or snapshot.phase.value == "failed":
            st.error(snapshot.error or "It is not known why.")
        if snapshot.notice:
            st.info(snapshot.notice)
    if not saved:
        return
    curves = snapshot.curves or {}
    tick = state.latest_step(curves)
    found = findings.found(item, snapshot.config, curves)
    with st.container():
        findings.in_short(found, logged=tick > 0)
    with st.container():
        charts.pictures(item, snapshot.grids, key=key)
    charts.curves(item, snapshot.config, tick, found, key=key)
    with st.container():
        charts.quality(item, key=key)
    with st.container():  # below the charts, which it would move as it grows
        findings.in_full(found)
    log(snapshot)


def _settings_in_short(config: TrainConfig) -> str:
    """What a recipe's name does not say once its settings were changed."""
    broken = f" · broken on purpose: {config.breakage}" if config.breakage else ""
    return (
        f"Recipe {config.preset or 'none'} · data {config.dataset} · network "
        f"{config.architecture} · objective {config.objective} · seed {config.seed}{broken}"
    )


def _links(item: sources.Source, snapshot: Snapshot) -> None:
    st.page_link(
        "explore/page.py",
        label="Explore it",
        query_params={"g": item.id},
        icon=":material/explore:",
    )
    st.page_link(
        "compare/page.py",
        label="Compare it",
        query_params={"a": item.id},
        icon=":material/compare:",
    )
    if item.folder.resumable:
        with st.popover("Train on", icon=":material/play_arrow:", key=f"train/on/{item.name}"):
            _resume(item, snapshot)


def _resume(item: sources.Source, snapshot: Snapshot) -> None:
    """Go on with a run that has ended, to the length it had or to another one."""
    key = f"train/more/{item.name}/{snapshot.step}"
    steps = length_input(snapshot.step, snapshot.total, key=key)
    if not st.button("Resume training", key=f"train/go-on/{item.name}", type="primary"):
        return
    if problem := run_safely(process.trainings().resume, item.name, {"steps": steps}):
        st.error(problem)
        return
    st.rerun()


def files(item: sources.Source) -> None:
    """Downloads and settings of a run; none where it cannot be read, and the view says why."""
    try:
        snapshot = state.snapshot_of(item)
    except GanError:
        return
    downloads(item, key=f"view/{item.name}")
    resolved_settings(snapshot)


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
            label=f"Open the latest run, {runs[-1].name}",
            query_params={"run": runs[-1].name},
            icon=":material/history:",
        )


@st.fragment(run_every=LOOK_FOR_OTHERS_EVERY)
def notice_other_tabs(known: tuple[object, bool]) -> None:
    """Show a training that another tab began, or a run that it resumed."""
    if _now() != known:
        st.rerun()


def _now() -> tuple[object, bool]:
    trainings = process.trainings()
    return id(trainings.job), trainings.active is not None


def other_run_note(item: sources.Source) -> None:
    """Where the address names a run and another one is being trained: a way to that one."""
    active = process.trainings().active
    if active is None or any(snapshot.run == item.name for snapshot in active.snapshots):
        return
    snapshot = active.snapshot
    if st.button(f"{snapshot.run}: {phase_words(snapshot)}. Watch it", key="train/watch-active"):
        st.query_params.pop("run", None)
        st.rerun()


st.title("Train")
left, right = st.columns([3, 7], gap="large")
with left:
    if downloading():
        st.fragment(setup_while_downloading, run_every=LOOK_EVERY)()
    else:
        st.fragment(setup)()
with right:
    notice_other_tabs(_now())
    run = watched()
    if run is None:
        nothing_yet()
    else:
        st.subheader(run.name, anchor=False)
        other_run_note(run)
        ticking = process.trainings().is_active(run.name)
        saved = state.has_folder(run)
        st.fragment(view, run_every=LOOK_EVERY if ticking else None)(run, ticking, saved)
        if saved:
            files(run)
