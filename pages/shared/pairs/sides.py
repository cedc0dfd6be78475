"""Two generators in numbers: the moments of their grids and the table of what sets them apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gan_core import catalog
from gan_core.config import TrainConfig
from gan_core.errors import CheckpointError
from gan_core.runs.folder import RunInfo
from gan_core.runs.history import Curves, thinned
from gan_core.runs.sizes import network_sizes
from gan_core.runs.watches import levels, watches_of
from pages.shared.charts.figures import PALETTE, Dash, Mark, Trace, XAxis, live_figure
from pages.shared.forms.classes import classes_of, in_columns
from pages.shared.runs import by_hand, findings
from pages.shared.runs.files import MAX_FRAMES
from pages.shared.runs.state import RunState, read_state
from pages.shared.server import urls
from pages.shared.server.sources import Source
from pages.shared.text import describe_duration

if TYPE_CHECKING:
    from gan_core.objectives.watches import Watch

LETTERS = ("A", "B")
UNITS: dict[XAxis, str] = {"step": "Steps", "images": "Images seen", "seconds": "Seconds"}
_DASHES: tuple[Dash, ...] = ("solid", "dash")


@dataclass(frozen=True)
class Side:
    """One of the two that are compared, as it stands now."""

    letter: str  # "A" or "B"
    state: RunState
    config: TrainConfig
    info: RunInfo

    @property
    def source(self) -> Source:
        """The run or checkpoint."""
        return self.state.source

    @property
    def curves(self) -> Curves:
        """Its history."""
        return self.state.curves

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes that its generator is told apart; none where it takes no label."""
        return classes_of(self.config, self.info)

    @property
    def label(self) -> str:
        """How it is called in pictures, charts and the table."""
        return f"{self.letter}: {self.source.name}"


def read_side(letter: str, source: Source) -> Side:
    """One of two, read from memory where it is being trained.

    Raises:
        CheckpointError: it is gone or damaged.
    """
    state = read_state(source)
    if state.config is None or state.info is None:
        raise CheckpointError(state.damage or f"{source.name} is not yet a run.")
    return Side(letter, state, state.config, state.info)


def moments(curves: Curves, steps: tuple[int, ...], unit: XAxis) -> list[float]:
    """When those steps were reached, in steps, images seen or seconds.

    Between two points of the curves time is taken to pass evenly, and after the last one at the
    run's mean speed.
    """
    if unit == "step" or not len(curves.get(unit, ())):
        return [float(step) for step in steps]
    steps_known = np.concatenate([[0.0], curves["step"]])
    moments_known = np.concatenate([[0.0], curves[unit]])
    last, end = float(steps_known[-1]), float(moments_known[-1])
    return [
        end * step / last
        if last and step > last
        else float(np.interp(step, steps_known, moments_known))
        for step in steps
    ]


def track(side: Side, unit: XAxis) -> dict[str, Any]:
    """Its recorded grids as a track of the player."""
    steps = tuple(thinned(side.state.grids, MAX_FRAMES))
    return {
        "label": side.label,
        "columns": in_columns(side.classes),
        "frames": [
            {"at": at, "url": urls.grid_url(side.source, step), "caption": f"step {step:,}"}
            for at, step in zip(moments(side.curves, steps, unit), steps, strict=True)
        ],
    }


def noise_of(side: Side) -> tuple[int, str, int]:
    """What decides the latent vectors of its grids, beside the seed: size, kind, and columns."""
    return side.config.latent_dim, side.config.noise, len(in_columns(side.classes))


def describe_noise(sides: Sequence[Side], only: str) -> str:
    """What the pictures that two generators draw from one seed have in common.

    ``only`` is the class that is drawn where one is told; empty for all of them.
    """
    sizes = [side.config.latent_dim for side in sides]
    kinds = [side.config.noise for side in sides]
    for what, (a, b) in (("latent sizes", sizes), ("kinds of noise", kinds)):
        if a != b:
            return (
                f"The {what} differ (A {a}, B {b}), so each generator has noise of its own: "
                "pictures at the same place have nothing in common but the seed."
            )
    equal = f"Both latent sizes are {sizes[0]}: "
    conditional = [side for side in sides if side.classes]
    if only or not conditional:
        return f"{equal}pictures at the same place come from the same latent vector."
    if len(conditional) == 1:
        (one,) = conditional
        other = next(side for side in sides if side is not one)
        return (
            f"{one.letter} draws each latent vector as every class, a column a class; "
            f"{other.letter} is told none. Choose one class to put both on the same latent vectors."
        )
    return f"{equal}rows at the same height come from the same latent vector. A column is a class."


def loss_figure(
    states: Sequence[RunState], unit: XAxis = "step", marks: Sequence[Mark] = ()
) -> dict[str, Any]:
    """Both players' losses of all runs on one axis."""
    columns = {"d/loss": "discriminator", "g/loss": "generator"}
    sources = [state.source for state in states]
    lettered = list(zip(LETTERS, sources, PALETTE, strict=False))
    return _figure("Losses", lettered, columns, unit, y_title="loss", marks=marks)


def marks_of(states: Sequence[RunState]) -> list[Mark]:
    """The steps at which the doctor's findings began and at which something was done by hand, each
    with its side's letter."""
    return [
        mark
        for letter, state in zip(LETTERS, states, strict=False)
        for mark in (*by_hand.marks(state, letter), *findings.marks(state, letter))
    ]


def watch_figures(
    sides: Sequence[Side], unit: XAxis = "step", marks: Sequence[Mark] = ()
) -> list[tuple[dict[str, Any], str]]:
    """What there is to watch first of each side's objective, with the words for it: one chart for
    those that share it."""
    groups: list[tuple[Watch, list[tuple[Side, str]]]] = []
    for one, color in zip(sides, PALETTE, strict=False):
        for watch in watches_of(one.config, one.curves)[:1]:
            group = next((those for other, those in groups if other == watch), None)
            if group is None:
                groups.append((watch, [(one, color)]))
            else:
                group.append((one, color))
    return [
        (
            _figure(
                watch.title if len(groups) == 1 else f"{those[0][0].letter}: {watch.title}",
                [(one.letter, one.source, color) for one, color in those],
                dict(list(watch.columns.items())[: len(_DASHES)]),
                unit,
                y_range=watch.bounds,
                levels=_levels(watch, [one for one, _ in those]),
                marks=[
                    mark
                    for mark in marks
                    if mark.source in {urls.curves_url(one.source) for one, _ in those}
                ],
            ),
            watch.words,
        )
        for watch, those in groups
    ]


def _levels(watch: Watch, sides: Sequence[Side]) -> dict[str, float]:
    """The levels of a chart; where the sides' settings differ, each with its letter."""
    by_side = [levels(watch, one.state.settings or one.config) for one in sides]
    if all(other == by_side[0] for other in by_side):
        return by_side[0]
    return {
        f"{one.letter} {name}": value
        for one, level_by_name in zip(sides, by_side, strict=True)
        for name, value in level_by_name.items()
    }


def table(sides: Sequence[Side]) -> dict[str, list[str]]:
    """Rows of the comparison: a column of names, and a column of words for each side.

    Raises:
        ConfigError: a network that this program does not know.
    """
    columns = {one.label: _measures(one) for one in sides}
    names = list(next(iter(columns.values())))
    return {"": names, **{label: [values[n] for n in names] for label, values in columns.items()}}


def _measures(side: Side) -> dict[str, str]:
    config = side.config
    generator, critic, work = network_sizes(config, side.info)
    images = side.state.images
    channels, height, width = side.info.image_shape
    return {
        "Recipe": config.preset or "none",
        "Network": config.architecture,
        "Objective": catalog.objective_class(config.objective).title,
        "Conditional": "yes" if side.classes else "no",
        "Data set": config.dataset,
        "Image size": f"{height} x {width}, {'grey' if channels == 1 else 'colour'}",
        "Latent size": f"{config.latent_dim:,}",
        "Noise": config.noise,
        "Batch size": f"{config.batch_size:,}",
        "Seed": str(config.seed),
        "Generator parameters": f"{generator:,}",
        "Discriminator parameters": f"{critic:,}",
        "Generator multiply-adds per image": f"{work:,}",
        "Steps": f"{side.state.step:,} of {config.steps:,}",
        "Images seen": f"{images:,}",
        "Training time": describe_duration(side.state.seconds),
        "Images/s": f"{images / side.state.seconds:,.0f}" if side.state.seconds else "not measured",
        "Last discriminator loss": _last(side.curves, "d/loss"),
        "Last generator loss": _last(side.curves, "g/loss"),
        "Done by hand while it trained": by_hand.in_numbers(side.state.events),
        "Trained on": side.info.device or "not recorded",
    }


def _last(curves: Curves, column: str) -> str:
    values = curves.get(column, np.empty(0))
    steps_known = values[np.isfinite(values)]
    return f"{steps_known[-1]:.3f}" if len(steps_known) else "not recorded"


def _figure(
    title: str,
    lettered: Sequence[tuple[str, Source, str]],  # letter, source, colour
    columns: Mapping[str, str],  # column -> its name
    unit: XAxis,
    **options: Any,
) -> dict[str, Any]:
    traces = [
        Trace(urls.curves_url(source), column, f"{letter} {name}", color, dash)
        for letter, source, color in lettered
        for (column, name), dash in zip(columns.items(), _DASHES, strict=False)
    ]
    return live_figure(title, traces, x=unit, **options)
