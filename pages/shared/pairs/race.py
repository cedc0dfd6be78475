"""Two recipes trained in turns on the same data, from the same seed, for the same budget."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from gan_core.config import SETTINGS, TrainConfig
from gan_core.data.loading import on_disk
from gan_core.data.table import DATASETS, dataset_spec
from gan_core.errors import GanError
from gan_core.presets import PRESETS, preset
from pages.shared.errors import run_safely
from pages.shared.pairs import sides
from pages.shared.runs import findings as doctor
from pages.shared.runs.job_buttons import job_buttons
from pages.shared.runs.progress import phase_words, progress_line
from pages.shared.runs.state import latest_step
from pages.shared.server import process, sources, urls
from pages.shared.text import duration
from pages.shared.widgets.live_chart.live_chart import live_chart
from pages.shared.widgets.player.player import player

if TYPE_CHECKING:
    from gan_core.training.findings import Finding
    from gan_core.training.job import TrainingJob
    from gan_core.training.snapshot import Snapshot


DEFAULT_RECIPES = ("gan-mnist", "dcgan-mnist")
DEFAULT_STEPS = 1000
WATCHED = "race_watched"  # whether this visitor saw the race that runs or ran last
LOOK_EVERY = 1  # seconds, while a race runs
LOOK_FOR_OTHERS_EVERY = 3  # seconds, at whether another tab began one
_POINTS, _GRIDS, _SAVES = 100, 40, 4  # recorded in a whole race


def racing() -> TrainingJob | None:
    """The race that runs, for whichever tab."""
    job = process.trainings().active
    return job if job is not None and len(job.snapshots) > 1 else None


def last_race() -> tuple[Snapshot, ...]:
    """How the last race ended; empty where the last training was no race, or still runs."""
    job = process.trainings().job
    ended = job is not None and not job.phase.active and len(job.snapshots) > 1
    return job.snapshots if job is not None and ended else ()


def race_configs(
    recipes: Sequence[str],
    *,
    dataset: str,
    seed: int,
    steps: int,
    batch_size: int,
    breakage: str = "",
) -> list[TrainConfig]:
    """The recipes with one data set, seed, budget and rhythm of recording for all; with a breakage,
    the last one's broken twin beside it.

    Raises:
        ConfigError: an unknown recipe, or a value out of range.
    """
    same = {
        "dataset": dataset,
        "seed": seed,
        "steps": steps,
        "batch_size": batch_size,
        "log_every": max(1, steps // _POINTS),
        "sample_every": max(1, steps // _GRIDS),
        "save_every": max(1, steps // _SAVES),
    }
    configs = [preset(name).changed(same) for name in recipes]
    if breakage:
        from gan_core.objectives.breakages import broken

        configs.append(broken(configs[-1], breakage))
    return configs


def form() -> None:
    """Two recipes, what they share, and the button that starts both."""
    data_dir = process.options().data_dir
    st.caption(
        "Both train in turns, a tenth of a second each, on the same images in the same order. "
        "All that is not chosen here stays as the recipe has it."
    )
    breaking = st.toggle(
        "Break it: set a recipe beside its broken twin",
        key="race_break",
        persist_state="session",
        help="Both have the same settings, noise and images, but for one mistake in B.",
    )
    left, right = st.columns(2)
    with left:
        recipes = [_recipe("A")]
    breakage = ""
    with right:
        if breaking:
            breakage = _breakage(recipes[0])
        else:
            recipes.append(_recipe("B"))
    # A folder of pictures has no size and no name that two recipes could share without more words.
    unfit = _unfit(recipes)
    names = [n for n, spec in DATASETS.items() if spec.images is not None and n not in unfit]
    default = "mnist" if on_disk("mnist", data_dir) else "digits"
    left, middle, right, last = st.columns(4)
    dataset = left.selectbox(
        SETTINGS["dataset"].label,
        names,
        index=names.index(default),
        format_func=lambda name: dataset_spec(name).title,
        key="race_dataset",
        persist_state="session",
    )
    with middle:
        steps = _whole("steps", DEFAULT_STEPS, minimum=1)
    with right:
        batch_size = _whole("batch_size", 64)
    with last:
        seed = _whole("seed", 0)
    if unfit:
        st.caption("Data sets not offered:  \n" + "  \n".join(unfit.values()))
    problem = ""
    if len(set(recipes)) == 1 and not breaking:
        problem = "Both recipes are the same; choose two different ones."
    elif not on_disk(dataset, data_dir):
        problem = (
            f"{dataset_spec(dataset).title} is not on this machine ({data_dir}). Download it on "
            "the Train page, or choose the bundled digits."
        )
    if problem:
        st.warning(problem)
    pressed = st.button(
        "Train both" if breaking else "Start the race",
        key="race_start",
        type="primary",
        icon=":material/sports_score:",
        disabled=bool(problem),
    )
    if not pressed:
        return

    def start() -> None:
        configs = race_configs(
            recipes,
            dataset=dataset,
            seed=seed,
            steps=steps,
            batch_size=batch_size,
            breakage=breakage,
        )
        process.trainings().start(configs)

    if failure := run_safely(start):
        st.warning(failure)
        return
    st.rerun()


def live(names: Sequence[str] = ()) -> None:
    """The race as it stands. When it ends the page shows what came of it.

    ``names`` are what the two are called; without them the runs and their recipes are named, and
    a broken twin by what is wrong with it.
    """
    job = racing()
    if job is None:
        st.rerun()
    st.session_state[WATCHED] = True
    snapshots = job.snapshots
    titles = names or [snapshot.run for snapshot in snapshots]
    recipes = [_label(snapshot) for snapshot in snapshots]
    labels = names or (recipes if len(set(recipes)) == len(recipes) else titles)
    items = [sources.Source("runs", snapshot.run) for snapshot in snapshots]
    found = [_found(item, snapshot) for item, snapshot in zip(items, snapshots, strict=True)]
    for column, letter, title, snapshot, findings in zip(
        st.columns(2), sides.LETTERS, titles, snapshots, found, strict=True
    ):
        with column:
            st.markdown(f"**{letter}: {title}**")
            progress_line(snapshot)
            doctor.in_short(findings, logged=latest_step(snapshot.curves) > 0)
    with st.container(horizontal=True):
        job_buttons(job, key="race_", which="both", stop="Stop the race")
    if not all(snapshot.grids for snapshot in snapshots):
        return  # still loading: the folders are not yet runs
    pictures, curves = st.columns(2, gap="medium")
    with pictures:
        player(
            [
                _latest(f"{letter}: {label}", item, snapshot.grids[-1])
                for letter, label, item, snapshot in zip(
                    sides.LETTERS, labels, items, snapshots, strict=True
                )
            ],
            key="race_player",
            size=240,
            show_controls=False,
        )
    with curves:
        live_chart(
            sides.loss_figure(items, marks=sides.marks(items, found)),
            tick=[latest_step(snapshot.curves) for snapshot in snapshots],
            key="race_chart",
        )
    with st.container():
        _in_full(found)


def examination(snapshots: Sequence[Snapshot]) -> None:
    """What was broken in a race of a recipe and its twin, and what the doctor says of both."""
    items = [sources.Source("runs", snapshot.run) for snapshot in snapshots]
    found = [_found(item, snapshot) for item, snapshot in zip(items, snapshots, strict=True)]
    name = snapshots[-1].config.breakage
    if name:
        from gan_core.objectives.breakages import BREAKAGES

        st.markdown(f"**B is broken: {BREAKAGES[name].broken}** {BREAKAGES[name].expect}")
    doctor.side_by_side(
        [
            (f"{letter}: {snapshot.run}", findings, latest_step(snapshot.curves) > 0)
            for letter, findings, snapshot in zip(sides.LETTERS, found, snapshots, strict=True)
        ]
    )


def examined(items: Sequence[sources.Source]) -> bool:
    """Whether these are the runs of the race that ended, of which the findings are told already."""
    ended = last_race()
    return [item.id for item in items] == [f"runs/{snapshot.run}" for snapshot in ended]


def _label(snapshot: Snapshot) -> str:
    config = snapshot.config
    if config.breakage:
        from gan_core.objectives.breakages import BREAKAGES

        return f"{BREAKAGES[config.breakage].title}"
    return config.preset or snapshot.run


def _found(item: sources.Source, snapshot: Snapshot) -> tuple[Finding, ...]:
    """What the doctor finds; nothing where there is no folder, or not any more."""
    try:
        return doctor.found(item, snapshot.config, snapshot.curves or {})
    except GanError:
        return ()


def _in_full(found: Sequence[tuple[Finding, ...]]) -> None:
    for column, findings in zip(st.columns(2), found, strict=True):
        with column:
            doctor.in_full(findings)


def _recipe(letter: str) -> str:
    names = list(PRESETS)
    default = DEFAULT_RECIPES[sides.LETTERS.index(letter)]
    return st.selectbox(
        f"Recipe {letter}",
        names,
        index=names.index(default),
        key=f"race_{letter}",
        persist_state="session",
    )


def _breakage(recipe: str) -> str:
    """The choice of a mistake that can be made in a recipe, and what to expect of it."""
    from gan_core.objectives.breakages import fitting

    items = fitting(preset(recipe).objective)
    name = st.selectbox(
        "What is broken in B",
        list(items),
        format_func=lambda name: items[name].title,
        key=f"race_breakage_{preset(recipe).objective}",
        persist_state="session",
    )
    st.caption(f"{items[name].broken} {items[name].expect}")
    return name


def verdict(snapshots: Sequence[Snapshot]) -> None:
    """Who took how long, or what went wrong."""
    for snapshot in snapshots:
        if snapshot.phase.value == "failed":
            st.error(f"The race failed: {snapshot.error or 'it is not known why.'}")
            return
    if any(snapshot.phase.value != "finished" for snapshot in snapshots):
        words = "; ".join(f"{s.run}: {phase_words(s)}" for s in snapshots)
        st.info(f"The race was stopped. {words}. Each can be resumed on the Runs page.")
        return
    fast, slow = sorted(snapshots, key=lambda snapshot: snapshot.seconds)
    times = slow.seconds / fast.seconds if fast.seconds else 1.0
    st.success(
        f"The race is over: {fast.run} took {duration(fast.seconds)} for {fast.total:,} steps, "
        f"{slow.run} took {duration(slow.seconds)}, {times:.1f} times as long."
    )


@st.fragment(run_every=LOOK_FOR_OTHERS_EVERY)
def notice_other_tabs(known: object) -> None:
    """Show a race that another tab began."""
    if racing() is not known:
        st.rerun()


def _unfit(recipes: Sequence[str]) -> dict[str, str]:
    """The data sets that do not fit one of the recipes, with the reason."""
    from gan_core.catalog import misfits

    return {n: why for name in recipes for n, why in misfits(preset(name), "dataset").items()}


def _latest(label: str, item: sources.Source, step: int) -> dict[str, object]:
    frame = {"at": step, "url": urls.grid_url(item, step), "caption": f"step {step:,}"}
    return {"label": label, "frames": [frame]}


def _whole(name: str, value: int, minimum: int | None = None) -> int:
    setting = SETTINGS[name]
    lowest = minimum if minimum is not None else int(setting.minimum or 0)
    return st.number_input(
        setting.label,
        min_value=lowest,
        max_value=int(setting.maximum or lowest),
        value=value,
        help=setting.help,
        key=f"race_{name}",
        persist_state="session",
    )
