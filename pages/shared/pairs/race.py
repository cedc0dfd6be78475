"""Two recipes trained in turns on the same data, from the same seed, for the same budget."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypedDict

import streamlit as st

from gan_core import catalog
from gan_core.config import SETTINGS, TrainConfig
from gan_core.data.loading import default_dataset, on_disk
from gan_core.data.table import DATASETS, dataset_spec
from gan_core.presets import PRESETS, preset
from gan_core.training.snapshot import Phase
from pages.shared.errors import run_safely
from pages.shared.fragments import redraw_page
from pages.shared.pairs.sides import LETTERS, loss_figure, marks_of
from pages.shared.runs import findings
from pages.shared.runs.job_buttons import job_buttons
from pages.shared.runs.plane_view import is_on_points, show_planes
from pages.shared.runs.progress import describe_phase, progress_line
from pages.shared.runs.state import RunState, job_states
from pages.shared.server import process, urls
from pages.shared.server.sources import Source
from pages.shared.text import describe_duration, plain
from pages.shared.widgets.live_chart.live_chart import live_chart
from pages.shared.widgets.player.player import player

if TYPE_CHECKING:
    from gan_core.training.job import TrainingJob

DEFAULT_RECIPES = ("gan-mnist", "dcgan-mnist")
DEFAULT_STEPS = 1000
WATCHED = "race_watched"  # whether this visitor saw the race that runs or ran last
LOOK_EVERY = 1  # seconds, while a race runs
_POINTS, _GRIDS, _SAVES = 100, 40, 4  # recorded in a whole race


def racing() -> TrainingJob | None:
    """The race that runs, for whichever tab."""
    job = process.trainings().active
    return job if job is not None and len(job.snapshots) > 1 else None


def last_race() -> tuple[RunState, ...]:
    """How the last race ended; empty where the last training was no race, or still runs."""
    job = process.trainings().job
    ended = job is not None and not job.phase.active and len(job.snapshots) > 1
    return job_states() if ended else ()


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
    configs = [preset(name).with_settings(same) for name in recipes]
    if breakage:
        configs.append(catalog.with_breakage(configs[-1], breakage))
    return configs


def form() -> None:
    """Two recipes, what they share, and the button that starts both."""
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
    shared = _shared_settings(recipes)
    problem = _problem(recipes, shared["dataset"], breaking)
    if problem:
        st.warning(plain(problem))
    if not st.button(
        "Train both" if breaking else "Start the race",
        key="race_start",
        type="primary",
        icon=":material/sports_score:",
        disabled=bool(problem),
    ):
        return

    def start() -> None:
        process.trainings().start(race_configs(recipes, **shared, breakage=breakage))

    if failure := run_safely(start):
        st.warning(plain(failure))
        return
    st.rerun()


class SharedSettings(TypedDict):
    """What both recipes of a race have in common."""

    dataset: str
    steps: int
    batch_size: int
    seed: int


def _shared_settings(recipes: Sequence[str]) -> SharedSettings:
    """The row of widgets for what both have in common, and which data sets do not fit."""
    # What a person names would need a place to say where it lies.
    unfit = _unfit(recipes)
    names = [n for n, spec in DATASETS.items() if not spec.named and n not in unfit]
    left, middle, right, last = st.columns(4)
    likely = (default_dataset(process.options().data_dir), preset(recipes[0]).dataset)
    first = next((name for name in likely if name in names), None)
    if st.session_state.get("race_dataset") not in names:
        st.session_state.pop("race_dataset", None)  # it was chosen for other recipes
    dataset = left.selectbox(
        SETTINGS["dataset"].label,
        names,
        index=names.index(first) if first else None,
        placeholder="None fits both",
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
        st.caption("Data sets not offered:  \n" + "  \n".join(map(plain, unfit.values())))
    return {"dataset": dataset or "", "steps": steps, "batch_size": batch_size, "seed": seed}


def _problem(recipes: Sequence[str], dataset: str, breaking: bool) -> str:
    """Why the race cannot start, in a sentence; empty where it can."""
    data_dir = process.options().data_dir
    if len(set(recipes)) == 1 and not breaking:
        return "Both recipes are the same; choose two different ones."
    if not dataset:
        return "No data set fits both recipes: one learns points, the other pictures."
    if not on_disk(dataset, data_dir):
        return (
            f"{dataset_spec(dataset).title} is not on this machine ({data_dir}). Download it on "
            "the Train page, or choose the bundled digits."
        )
    return ""


def live(names: Sequence[str] = ()) -> None:
    """The race as it stands. When it ends the page shows what came of it.

    ``names`` are what the two are called; without them the runs and their recipes are named, and
    a broken twin by what is wrong with it.
    """
    job = racing()
    if job is None:
        redraw_page()
        return
    st.session_state[WATCHED] = True
    states = job_states()
    titles = names or [state.name for state in states]
    recipes = [_label(state) for state in states]
    labels = names or (recipes if len(set(recipes)) == len(recipes) else titles)
    for column, letter, title, state in zip(st.columns(2), LETTERS, titles, states, strict=True):
        with column:
            st.markdown(f"**{letter}: {plain(title)}**")
            progress_line(state)
            findings.in_short(state)
    with st.container(horizontal=True):
        job_buttons(job, key="race_", which="both", stop="Stop the race")
    if not all(state.grids for state in states):
        return  # still loading: the folders are not yet runs
    titles = [f"{letter}: {label}" for letter, label in zip(LETTERS, labels, strict=True)]
    if all(is_on_points(state) for state in states):
        show_planes(states, titles, key="race_plane")
        curves = st.container()
    else:
        pictures, curves = st.columns(2, gap="medium")
        with pictures:
            player(
                [_latest(title, state) for title, state in zip(titles, states, strict=True)],
                key="race_player",
                size=240,
                show_controls=False,
            )
    with curves:
        live_chart(
            loss_figure(states, marks=marks_of(states)),
            tick=[state.logged_step for state in states],
            key="race_chart",
        )
    with st.container():
        for column, state in zip(st.columns(2), states, strict=True):
            with column:
                findings.in_full(state.findings)


def examination(race: Sequence[RunState]) -> None:
    """What was broken in a race of a recipe and its twin, and what the doctor says of both."""
    config = race[-1].config
    if config is not None and config.breakage:
        breakage = catalog.breakages()[config.breakage]
        st.markdown(f"**B is broken: {breakage.fault}** {breakage.expect}")
    findings.side_by_side(
        [(f"{letter}: {state.name}", state) for letter, state in zip(LETTERS, race, strict=True)]
    )


def examined(pair: Sequence[Source]) -> bool:
    """Whether these are the runs of the race that ended, of which the findings are told already."""
    return list(pair) == [state.source for state in last_race()]


def _label(state: RunState) -> str:
    config = state.config
    if config is None:
        return state.name
    if config.breakage:
        return catalog.breakages()[config.breakage].title
    return config.preset or state.name


def _recipe(letter: str) -> str:
    names = list(PRESETS)
    default = DEFAULT_RECIPES[LETTERS.index(letter)]
    return st.selectbox(
        f"Recipe {letter}",
        names,
        index=names.index(default),
        key=f"race_{letter}",
        persist_state="session",
    )


def _breakage(recipe: str) -> str:
    """The choice of a mistake that can be made in a recipe, and what to expect of it."""
    breakages = catalog.breakages(preset(recipe).objective)
    name = st.selectbox(
        "What is broken in B",
        list(breakages),
        format_func=lambda name: breakages[name].title,
        key=f"race_breakage_{preset(recipe).objective}",
        persist_state="session",
    )
    st.caption(f"{breakages[name].fault} {breakages[name].expect}")
    return name


def verdict(race: Sequence[RunState]) -> None:
    """Who took how long, or what went wrong."""
    for state in race:
        if state.phase is Phase.FAILED:
            st.error(f"The race failed: {plain(state.error or 'it is not known why.')}")
            return
    if any(state.phase is not Phase.FINISHED for state in race):
        words = "; ".join(f"{state.name}: {describe_phase(state)}" for state in race)
        st.info(f"The race was stopped. {words}. Each can be resumed on the Runs page.")
        return
    fast, slow = sorted(race, key=lambda state: state.seconds)
    times = slow.seconds / fast.seconds if fast.seconds else 1.0
    st.success(
        f"The race is over: {plain(fast.name)} took {describe_duration(fast.seconds)} for "
        f"{fast.total:,} steps, {plain(slow.name)} took {describe_duration(slow.seconds)}, "
        f"{times:.1f} times as long."
    )


def _unfit(recipes: Sequence[str]) -> dict[str, str]:
    """The data sets that do not fit one of the recipes, with the reason."""
    return {
        n: why for name in recipes for n, why in catalog.misfits(preset(name), "dataset").items()
    }


def _latest(label: str, state: RunState) -> dict[str, object]:
    """The latest grid as a track of the player."""
    step = state.grids[-1]
    frame = {"at": step, "url": urls.grid_url(state.source, step), "caption": f"step {step:,}"}
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
