"""A training on points is begun: a distribution, an objective, and Start."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import streamlit as st

from gan_core import catalog
from gan_core.config import MAX_SEED, TrainConfig
from gan_core.data.drawing import save_drawing
from gan_core.data.folder import folder_path
from gan_core.data.table import DATASETS
from gan_core.errors import ConfigError
from gan_core.presets import PRESETS
from pages.plane.widgets.strokes.strokes import strokes
from pages.shared.errors import run_safely
from pages.shared.forms import own_points
from pages.shared.server import process
from pages.shared.text import link_papers, plain

OBJECTIVE, DISTRIBUTION = "gan", "ring"  # to begin with
_FILE = "plane/file"


def setup() -> None:
    """The choices and the button."""
    distributions = [name for name, spec in DATASETS.items() if spec.points]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        dataset = st.selectbox(
            "Distribution",
            distributions,
            _index("data", distributions, DISTRIBUTION),
            key="data",
            bind="query-params",
            width=220,
        )
        objectives = fitting(dataset)
        objective = st.selectbox(
            "Objective",
            objectives,
            _index("objective", objectives, OBJECTIVE),
            key="objective",
            bind="query-params",
            width=220,
        )
        seed = st.number_input(
            "Seed", 0, MAX_SEED, value=0, key="plane/seed", persist_state="session", width=120
        )
        is_started = st.button(
            "Start", key="plane/start", type="primary", icon=":material/play_arrow:"
        )
    config = recipe(dataset, objective)
    drawn: Any = None
    if DATASETS[dataset].in_file and DATASETS[dataset].made:
        st.markdown("Draw where the real points lie; each stroke is a class of its own.")
        drawn = strokes(key="plane/strokes")
    elif DATASETS[dataset].in_file:
        config = config.with_settings({"folder": _own_file(dataset)})
    distribution = DATASETS[dataset].title.removeprefix("Points: ")
    st.markdown(f"{plain(catalog.objective_class(objective).title)}, on {plain(distribution)}.")
    if config.dataset == PRESETS[config.preset].config.dataset:
        st.caption(link_papers(PRESETS[config.preset].details))
    else:
        st.caption(
            f"With the settings of the recipe {plain(config.preset)}, on another distribution. "
            "All of them can be changed on the Train page."
        )
    if is_started:
        problem = run_safely(_start, config.with_settings({"seed": seed}), drawn)
        if problem:
            st.error(plain(problem))
            return
        st.query_params.pop("run", None)
        st.rerun()


def _own_file(dataset: str) -> str:
    """The file of points that was uploaded, where it is kept; empty while there is none."""
    place: str = st.session_state.setdefault(_FILE, "")
    own_points.uploader(_FILE)
    if place:
        path = folder_path(process.options().data_dir, place)
        own_points.file_state(dataset, path)
    return place


def _start(config: TrainConfig, drawn: Any) -> None:
    """Begin a training; on a drawing, once that is kept in the data folder.

    Raises:
        ConfigError: the points are to come from a file, and none was given.
        DataError, OSError: it is no drawing, or cannot be kept.
        GanError: as the training's beginning raises.
    """
    if DATASETS[config.dataset].in_file and DATASETS[config.dataset].made:
        place = save_drawing(drawn, process.options().data_dir)
        config = config.with_settings({"folder": place})
    elif DATASETS[config.dataset].in_file and not config.folder:
        raise ConfigError("There is no file yet: give the CSV or .npy file of the points.")
    process.trainings().start([config])


def recipe(dataset: str, objective: str) -> TrainConfig:
    """The settings to train an objective on a distribution with: those of the recipe for both,
    where there is one, else those of the objective's recipe on other points.

    Raises:
        ConfigError: no recipe trains that objective on points.
    """
    for own in (dataset, None):
        for config in _on_points():
            if config.objective == objective and own in (config.dataset, None):
                return config.with_settings({"dataset": dataset})
    raise ConfigError(f"there is no recipe for the objective {objective!r} on points.")


def fitting(dataset: str) -> list[str]:
    """The objectives that there is a recipe for on points, and that fit a distribution."""
    names = dict.fromkeys(config.objective for config in _on_points())
    misfits = catalog.misfits(recipe(dataset, OBJECTIVE), "objective")
    return [name for name in names if name not in misfits]


def _on_points() -> Iterable[TrainConfig]:
    configs = (entry.config for entry in PRESETS.values())
    return (config for config in configs if DATASETS[config.dataset].points)


def _index(key: str, options: list[str], first: str) -> int:
    """Where a choice begins. One that is no longer there gives way."""
    if st.session_state.get(key, first) not in options:
        del st.session_state[key]
    return options.index(first)
