"""The points that the DCGAN paper makes, and the race of each against its opposite."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from gan_core.config import TrainConfig
from gan_core.data.dataset import BUILT_IN
from gan_core.data.loading import default_dataset
from gan_core.data.table import dataset_spec
from gan_core.errors import GanError
from gan_core.training.snapshot import Phase
from pages.learn.points import Point, read_points
from pages.shared.errors import run_safely
from pages.shared.forms.settings import whole_number
from pages.shared.fragments import fragment
from pages.shared.pairs import race
from pages.shared.pairs import sides as pair_sides
from pages.shared.pairs.sides import LETTERS, Side, read_side
from pages.shared.runs.other_tabs import notice_other_tabs
from pages.shared.runs.progress import describe_phase
from pages.shared.server import process
from pages.shared.text import plain
from pages.shared.widgets.live_chart.live_chart import live_chart
from pages.shared.widgets.player.player import player

RECIPE = "dcgan-mnist"
ARCHITECTURE = "dcgan-28"
DEFAULT_STEPS = 400
GRID_WIDTH = 360  # pixels


def find_point(configs: Sequence[TrainConfig], points: Mapping[str, Point]) -> Point | None:
    """The point that a race of these is about; None for other races and trainings."""
    if len(configs) != 2 or configs[0].architecture != ARCHITECTURE:
        return None
    opposite = configs[1].architecture
    return next((point for point in points.values() if point.architecture == opposite), None)


def race_configs(point: Point, *, dataset: str, steps: int, seed: int) -> list[TrainConfig]:
    """The paper's network and the one that does otherwise, all else being equal.

    Raises:
        ConfigError: a value is out of range.
    """
    paper, opposite = race.race_configs(
        [RECIPE, RECIPE], dataset=dataset, seed=seed, steps=steps, batch_size=64
    )
    # without a recipe's name, the run is named by its network
    return [paper, opposite.with_settings({"preset": "", "architecture": point.architecture})]


def dcgan_points() -> None:
    """The topic: the points, one of them chosen, and its race."""
    st.markdown(
        "A DCGAN plays the same game as the first GAN, on networks of convolutions. What made it "
        "train were five choices, listed in section 3 of [Radford et al. 2015]"
        "(https://arxiv.org/abs/1511.06434). Undo one of them and see what it was for."
    )
    points = read_points()
    name = st.radio(
        "The point to undo",
        list(points),
        captions=[point.advice for point in points.values()],
        key="point",
        bind="query-params",
    )
    st.markdown(f"**Why.** {points[name].why}")
    job = process.trainings().job
    configs = [snapshot.config for snapshot in job.snapshots] if job is not None else []
    point = find_point(configs, points)  # of the race that runs, or of the last one
    if point is not None and race.racing() is not None:
        _live_race(point)
    else:
        _form(points[name])
        if point is not None:
            _outcome(point)
    notice_other_tabs()


def _form(point: Point) -> None:
    """Length, seed and the button that trains both."""
    data_dir = process.options().data_dir
    dataset = default_dataset(data_dir)
    where = dataset_spec(dataset).title
    if dataset == BUILT_IN:
        where += ", because MNIST is not on this machine"
    st.caption(
        f"Trains `{ARCHITECTURE}` beside `{point.architecture}`, which differs in this point "
        f"alone: the recipe {RECIPE}, the same seed and the same images in the same order. Data: "
        f"{where}."
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        steps = whole_number("steps", key="point_steps", width=180, value=DEFAULT_STEPS, minimum=2)
        seed = whole_number("seed", key="point_seed", width=180, value=0, minimum=0)
        if not st.button(
            f"Train {point.versus}",
            key="point_start",
            type="primary",
            icon=":material/sports_score:",
        ):
            return

    def start() -> None:
        process.trainings().start(race_configs(point, dataset=dataset, steps=steps, seed=seed))

    if problem := run_safely(start):
        st.warning(plain(problem))
        return
    st.rerun()


def _live_race(point: Point) -> None:
    with st.container(border=True):
        st.subheader(point.title, anchor=False)
        fragment(race.live, every=race.LOOK_EVERY)(point.names)


def _outcome(point: Point) -> None:
    """What came of the last race: every grid, both losses, and what to look for."""
    states = race.last_race()
    st.subheader(point.title, anchor=False)
    if not states:
        st.info("A run of this race was deleted or renamed. Train both again to see them.")
        return
    lines = []
    for name, state in zip(point.names, states, strict=True):
        if state.phase is Phase.FAILED:
            st.error(f"{name}: {plain(state.error or 'it is not known why it failed.')}")
        lines.append(f"{name}: {describe_phase(state)}")
    st.caption("  \n".join(lines))
    try:
        sides = [
            read_side(letter, state.source) for letter, state in zip(LETTERS, states, strict=True)
        ]
    except GanError as error:
        st.info(f"{plain(error)} Train both again to see them.")
        return
    _side_by_side(point, sides)
    st.markdown(
        f"**What a trial showed** (MNIST, {DEFAULT_STEPS} steps, seed 0). {point.trial} Try "
        "another seed before you believe a small difference."
    )
    a, b = (state.source.id for state in states)
    st.page_link(
        "compare/page.py",
        label="Compare the two in full",
        query_params={"a": a, "b": b},
        icon=":material/compare:",
    )


def _side_by_side(point: Point, sides: Sequence[Side]) -> None:
    """The grids of both under one slider, and their curves on one axis."""
    tracks = [
        {**pair_sides.track(side, "step"), "label": name}
        for name, side in zip(point.names, sides, strict=True)
    ]
    player(tracks, key="point_player", label="Training step of the grid", size=GRID_WIDTH)
    states = [side.state for side in sides]
    tick = [state.logged_step for state in states]
    left, right = st.columns(2)
    with left:
        live_chart(pair_sides.loss_figure(states), tick=tick, key="point_loss")
    with right:
        for figure, _ in pair_sides.watch_figures(sides):
            live_chart(figure, tick=tick, key="point_watch")
    st.caption(f"In the charts A is {point.paper}, B is {point.opposite}.")
