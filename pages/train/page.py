"""The Train page: choose a recipe, start it, watch it.

The training belongs to the server: every tab looks at the same job, and none of them owns it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from gan_core.data.loading import dataset_spec
from gan_core.errors import ConfigError, GanError
from pages.shared.attempt import attempt
from pages.shared.forms import settings
from pages.shared.forms.length_input import more_steps
from pages.shared.runs import charts, findings
from pages.shared.runs.job_buttons import job_buttons
from pages.shared.runs.progress import phase_words, progress_panel
from pages.shared.server import sources

if TYPE_CHECKING:
    from gan_core.config import TrainConfig
    from gan_core.training.job import Snapshot

LOOK_EVERY = 1  # seconds, while a training runs
LOOK_FOR_OTHERS_EVERY = 3  # seconds, at whether another tab began one


def setup() -> None:
    """Recipe, settings and the start button."""
    data_dir = sources.options().data_dir
    recipe = settings.recipe_chooser(settings.default_recipe(data_dir))
    title, details = settings.recipe_words(recipe)
    st.markdown(title)
    st.caption(details)
    start = st.container()
    try:
        config = settings.settings(recipe)
        problem = ""
    except ConfigError as error:
        config, problem = None, str(error)
    st.button(
        "Back to the recipe's settings",
        key="train/reset",
        on_click=settings.reset,
        args=(recipe,),
        icon=":material/restart_alt:",
    )
    dataset = st.session_state[settings.setting_key(recipe, "dataset")]
    with start:
        _data_state(recipe, dataset)
        may_act = findings.permission("train/may-act")
        if not st.button(
            "Start training", key="train/start", type="primary", icon=":material/play_arrow:"
        ):
            return
        if config is None:
            st.error(problem)
        else:
            _start(config, may_act)


def _start(config: TrainConfig, may_act: str) -> None:
    if config.dataset != "folder" and not settings.on_disk(
        config.dataset, sources.options().data_dir
    ):
        spec = dataset_spec(config.dataset)
        first = "Download it" if spec.torchvision_class else "Put it into the data folder"
        st.error(
            f"{spec.title} is not on this machine yet. {first} first, or use the bundled digits."
        )
        return
    if problem := attempt(sources.trainings().start, [config], may_act):
        st.error(problem)
        return
    st.query_params.pop("run", None)
    st.rerun()


def _data_state(recipe: str, dataset: str) -> None:
    """Where the data set is not on disk: say so, and offer the download."""
    data_dir = sources.options().data_dir
    spec = dataset_spec(dataset)
    download = sources.trainings().downloads.get(dataset)
    if download is not None and download.active:
        st.progress(download.share, f"Downloading {spec.title}: {download.share:.0%}")
        return
    if dataset == "folder":
        folder = data_dir / st.session_state[settings.setting_key(recipe, "folder")]
        if not folder.is_dir():
            st.warning(f"There is no folder {folder}; give the path of one under Data.")
        return
    if settings.on_disk(dataset, data_dir):
        return
    if download is not None and download.error:
        st.error(download.error)
    else:
        st.warning(f"{spec.title} is not on this machine ({data_dir}).")
    with st.container(horizontal=True):
        if spec.torchvision_class and st.button(
            f"Download {spec.download_bytes / 1e6:,.0f} MB",
            key="train/download",
            icon=":material/download:",
        ):
            sources.trainings().download(dataset)
            st.rerun()
        st.button(
            "Use the bundled digits",
            key="train/use-digits",
            on_click=st.session_state.__setitem__,
            args=(settings.setting_key(recipe, "dataset"), "digits"),
        )


def downloading() -> bool:
    """Whether a data set is being fetched, for whichever tab."""
    return any(download.active for download in sources.trainings().downloads.values())


def setup_while_downloading() -> None:
    """The same, looking every second until the download has ended."""
    if not downloading():
        st.rerun()
    setup()


def watched() -> sources.Source | None:
    """The run to show: the one in the address, else that of the current or last job."""
    asked = st.query_params.get("run", "")
    if asked:
        return sources.Source("runs", asked)
    job = sources.trainings().job
    if job is None:
        return None
    names = [
        snapshot.run
        for snapshot in job.snapshots
        # What has trained and is no longer there was renamed or deleted.
        if snapshot.phase.active
        or snapshot.curves is None
        or charts.has_folder(sources.Source("runs", snapshot.run))
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
        snapshot = charts.snapshot_of(item)
    except GanError as error:
        st.error(f"{error} The Runs page lists those that there are.")
        return
    if (snapshot.phase.active, charts.has_folder(item)) != (ticking, saved):
        st.rerun()
    st.caption(_settings_in_short(snapshot.config))
    progress_panel(snapshot)
    with st.container(horizontal=True, vertical_alignment="center"):
        job = sources.trainings().job
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
    tick = charts.latest_step(curves)
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
    charts.log(snapshot)


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
    steps = more_steps(snapshot.step, snapshot.total, key=key)
    if not st.button("Resume training", key=f"train/go-on/{item.name}", type="primary"):
        return
    if problem := attempt(sources.trainings().resume, item.name, {"steps": steps}):
        st.error(problem)
        return
    st.rerun()


def files(item: sources.Source) -> None:
    """Downloads and settings of a run; none where it cannot be read, and the view says why."""
    try:
        snapshot = charts.snapshot_of(item)
    except GanError:
        return
    charts.downloads(item, key=f"view/{item.name}")
    charts.resolved_settings(snapshot)


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
    trainings = sources.trainings()
    return id(trainings.job), trainings.active is not None


def other_run_note(item: sources.Source) -> None:
    """Where the address names a run and another one is being trained: a way to that one."""
    active = sources.trainings().active
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
        ticking = sources.trainings().is_active(run.name)
        saved = charts.has_folder(run)
        st.fragment(view, run_every=LOOK_EVERY if ticking else None)(run, ticking, saved)
        if saved:
            files(run)
