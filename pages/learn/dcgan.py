"""The points that the DCGAN paper makes, and the race of each against its opposite.

To add a point, give its opposite an architecture and add a line to :data:`POINTS`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from gan_core.config import TrainConfig
from gan_core.data.dataset import BUILT_IN
from gan_core.data.loading import default_dataset
from gan_core.data.table import dataset_spec
from gan_core.errors import GanError
from pages.shared.errors import run_safely
from pages.shared.forms.settings import whole_number
from pages.shared.pairs import race
from pages.shared.pairs import sides as pair_sides
from pages.shared.runs.progress import phase_words
from pages.shared.server import process, sources
from pages.shared.widgets.live_chart.live_chart import live_chart
from pages.shared.widgets.player.player import player

if TYPE_CHECKING:
    from gan_core.training.snapshot import Snapshot


RECIPE = "dcgan-mnist"
ARCHITECTURE = "dcgan-28"
DEFAULT_STEPS = 400
GRID_WIDTH = 360  # pixels


@dataclass(frozen=True)
class Point:
    """One point of section 3: what the paper advises, why, and the network that does otherwise."""

    advice: str
    why: str
    right: str  # what the paper's network has, as within a sentence
    wrong: str  # what the other one has in its place
    architecture: str  # the other one
    seen: str  # what a trial showed: MNIST, 400 steps, seed 0

    @property
    def versus(self) -> str:
        """Both in a few words."""
        return f"{self.right} against {self.wrong}"

    @property
    def names(self) -> tuple[str, str]:
        """What the two are called above their pictures."""
        return _capital(self.right), _capital(self.wrong)


POINTS: dict[str, Point] = {
    "Strides": Point(
        advice="Strided convolutions in the discriminator and transposed ones in the generator, in "
        "place of pooling and fixed upsampling.",
        why="A pooling layer throws away positions by a fixed rule, and its gradient reaches one "
        "pixel in four. A strided convolution learns how to shrink and how to grow, and does "
        "not compute what would be thrown away.",
        right="strides",
        wrong="pooling and upsampling",
        architecture="dcgan-28-pooling",
        seen="On digits this small, pooling draws as well, and early on even smoother, at three "
        "times the arithmetic for each image. The point weighs more on large pictures and deep "
        "networks; upsampling came back later, because transposed convolutions can leave a "
        "checkerboard.",
    ),
    "Batch norm": Point(
        advice="Batch norm in both networks, on all but the generator's last and the "
        "discriminator's first layer.",
        why="It gives every unit mean 0 and deviation 1 over the batch, so that gradients keep "
        "their size through the layers however the weights began. Because each image then depends "
        "on its batch, it also makes it harder to draw one image only.",
        right="batch norm",
        wrong="no batch norm",
        architecture="dcgan-28-no-norm",
        seen="Without it the generator draws blots for hundreds of steps, and digits come about "
        "twice as late.",
    ),
    "No dense layers": Point(
        advice="No fully connected hidden layers; z is projected straight to the first maps, and "
        "the last maps go straight to the score.",
        why="A fully connected layer has a weight for every pair of positions and no notion of "
        "place: many weights that learn quickly and unevenly, which makes the game less stable.",
        right="convolutions only",
        wrong="dense hidden layers",
        architecture="dcgan-28-dense",
        seen="With dense layers all pictures are nearly alike and none is a digit, at 400 steps "
        "and still at 800. At a quarter of the learning rate digits come by 800: less stable, not "
        "hopeless.",
    ),
    "ReLU and tanh": Point(
        advice="ReLU in the generator, and tanh at its end.",
        why="ReLU passes gradients on at full size wherever it is open, where a sigmoid scales "
        "them to a quarter or less in every layer. The tanh at the end is bounded like the images, "
        "so black and white are easy to reach.",
        right="ReLU units",
        wrong="sigmoid units",
        architecture="dcgan-28-sigmoid",
        seen="With sigmoids the pictures are grey and blurred at 200 steps and still rough at 400. "
        "Batch norm saves them: it keeps the sigmoids out of their flat ends.",
    ),
    "LeakyReLU": Point(
        advice="LeakyReLU in the discriminator, with a slope of 0.2 below 0.",
        why="All that the generator learns comes back through the discriminator. Where a ReLU is "
        "shut nothing comes back; a leaky one always lets a part through.",
        right="LeakyReLU",
        wrong="ReLU",
        architecture="dcgan-28-relu",
        seen="The smallest difference of the five: with ReLU strokes are more broken at 200 to 400 "
        "steps, and later hardly worse.",
    ),
}
_BY_ARCHITECTURE = {point.architecture: name for name, point in POINTS.items()}


def point_of(snapshots: Sequence[Snapshot]) -> str | None:
    """The point that a race is about; None for other races and trainings."""
    if len(snapshots) != 2 or snapshots[0].config.architecture != ARCHITECTURE:
        return None
    return _BY_ARCHITECTURE.get(snapshots[1].config.architecture)


def configs(name: str, *, dataset: str, steps: int, seed: int) -> list[TrainConfig]:
    """The paper's network and the one that does otherwise, all else being equal.

    Raises:
        ConfigError: a value is out of range.
    """
    right, wrong = race.race_configs(
        [RECIPE, RECIPE], dataset=dataset, seed=seed, steps=steps, batch_size=64
    )
    # without a recipe's name, the run is named by its network
    return [right, wrong.changed({"preset": "", "architecture": POINTS[name].architecture})]


def dcgan_points() -> None:
    """The topic: the points, one of them chosen, and its race."""
    st.markdown(
        "A DCGAN plays the same game as the first GAN, on networks of convolutions. What made it "
        "train were five choices, listed in section 3 of [Radford et al. 2015]"
        "(https://arxiv.org/abs/1511.06434). Undo one of them and see what it was for."
    )
    names = list(POINTS)
    name = st.radio(
        "The point to undo",
        names,
        captions=[point.advice for point in POINTS.values()],
        key="point",
        bind="query-params",
    )
    point = POINTS[name]
    st.markdown(f"**Why.** {point.why}")
    running = race.racing()
    race.notice_other_tabs(running)
    if running is not None and point_of(running.snapshots):
        _running(POINTS[str(point_of(running.snapshots))])
        return
    _form(name)
    ended = race.last_race()
    raced = point_of(ended)
    if raced is not None:
        _ended(raced, ended)


def _form(name: str) -> None:
    point = POINTS[name]
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
        pressed = st.button(
            f"Train {point.versus}",
            key="point_start",
            type="primary",
            icon=":material/sports_score:",
        )
    if not pressed:
        return

    def start() -> None:
        process.trainings().start(configs(name, dataset=dataset, steps=steps, seed=seed))

    if problem := run_safely(start):
        st.warning(problem)
        return
    st.rerun()


def _running(point: Point) -> None:
    with st.container(border=True):
        st.subheader(_capital(point.versus), anchor=False)
        st.fragment(race.live, run_every=race.LOOK_EVERY)(point.names)


def _ended(name: str, snapshots: Sequence[Snapshot]) -> None:
    """What came of the last race: every grid, both losses, and what to look for."""
    point = POINTS[name]
    names = point.names
    st.subheader(_capital(point.versus), anchor=False)
    for title, snapshot in zip(names, snapshots, strict=True):
        if snapshot.phase.value == "failed":
            st.error(f"{title}: {snapshot.error or 'it is not known why it failed.'}")
    st.caption("  \n".join(f"{t}: {phase_words(s)}" for t, s in zip(names, snapshots, strict=True)))
    items = [sources.Source("runs", snapshot.run) for snapshot in snapshots]
    try:
        sides = [
            pair_sides.side(letter, item)
            for letter, item in zip(pair_sides.LETTERS, items, strict=True)
        ]
    except GanError as error:
        st.info(f"{error} Train both again to see them.")
        return
    tracks = [
        {**pair_sides.track(side, "step"), "label": title}
        for title, side in zip(names, sides, strict=True)
    ]
    player(tracks, key="point_player", label="Training step of the grid", size=GRID_WIDTH)
    tick = [side.tick for side in sides]
    left, right = st.columns(2)
    with left:
        live_chart(pair_sides.loss_figure(items), tick=tick, key="point_loss")
    with right:
        for figure, _ in pair_sides.watch_figures(sides):
            live_chart(figure, tick=tick, key="point_watch")
    st.caption(f"In the charts A is {point.right}, B is {point.wrong}.")
    st.markdown(
        f"**What a trial showed** (MNIST, {DEFAULT_STEPS} steps, seed 0). {point.seen} Try another "
        "seed before you believe a small difference."
    )
    st.page_link(
        "compare/page.py",
        label="Compare the two in full",
        query_params={"a": items[0].id, "b": items[1].id},
        icon=":material/compare:",
    )


def _capital(words: str) -> str:
    return words[0].upper() + words[1:]
