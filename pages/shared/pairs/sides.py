"""Two generators in numbers: the moments of their grids and the table of what sets them apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gan_core.config import TrainConfig
from gan_core.runs.folder import RunInfo
from gan_core.runs.history import Curves
from pages.shared.charts.figures import PALETTE, Dash, Mark, Trace, XAxis, live_figure
from pages.shared.charts.watches import levels, watches_of
from pages.shared.forms.classes import classes_of, in_columns
from pages.shared.runs import findings as doctor
from pages.shared.runs.files import MAX_FRAMES, thinned
from pages.shared.runs.state import latest_step
from pages.shared.server import histories, sources, urls
from pages.shared.text import duration

if TYPE_CHECKING:
    from gan_core.objectives.base import Watch
    from gan_core.training.findings import Finding


LETTERS = ("A", "B")
UNITS: dict[XAxis, str] = {"step": "Steps", "images": "Images seen", "seconds": "Seconds"}
_DASHES: tuple[Dash, ...] = ("solid", "dash")


@dataclass(frozen=True)
class Side:
    """One of the two that are compared, as it stands now."""

    letter: str  # "A" or "B"
    item: sources.Source
    config: TrainConfig
    info: RunInfo
    step: int
    seconds: float
    grids: tuple[int, ...]
    curves: Curves
    active: bool

    @property
    def tick(self) -> int:
        """The latest step of its curves."""
        return latest_step(self.curves)

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes that its generator is told apart; none where it takes no label."""
        return classes_of(self.config, self.info)

    @property
    def label(self) -> str:
        """How it is called in pictures, charts and the table."""
        return f"{self.letter}: {self.item.name}"


def side(letter: str, item: sources.Source) -> Side:
    """Read it, from memory where it is being trained.

    Raises:
        CheckpointError: it is gone or damaged.
    """
    folder = item.folder
    config, info = folder.config(), folder.info()
    live = histories.snapshot(item)
    training = live is not None and live.phase.active
    if live is not None and live.curves is not None:
        step, seconds, grids = live.step, live.seconds, live.grids
    else:
        status = folder.status()
        step, seconds, grids = status.step, status.seconds, tuple(folder.grids())
    config = config.with_steps(info.dataset_size)
    return Side(
        letter,
        item,
        config,
        info,
        step,
        seconds,
        grids,
        histories.read_curves(item),
        active=training,
    )


def moments(curves: Curves, steps: tuple[int, ...], unit: XAxis) -> list[float]:
    """When those steps were reached, in steps, images seen or seconds.

    Between two points of the curves time is taken to pass evenly, and after the last one at the
    run's mean speed.
    """
    if unit == "step" or not len(curves.get(unit, ())):
        return [float(step) for step in steps]
    known = np.concatenate([[0.0], curves["step"]])
    reached = np.concatenate([[0.0], curves[unit]])
    last, end = float(known[-1]), float(reached[-1])
    return [
        end * step / last if last and step > last else float(np.interp(step, known, reached))
        for step in steps
    ]


def track(of: Side, unit: XAxis) -> dict[str, Any]:
    """Its recorded grids as a track of the player."""
    steps = tuple(thinned(of.grids, MAX_FRAMES))
    return {
        "label": of.label,
        "columns": in_columns(of.classes),
        "frames": [
            {"at": at, "url": urls.grid_url(of.item, step), "caption": f"step {step:,}"}
            for at, step in zip(moments(of.curves, steps, unit), steps, strict=True)
        ],
    }


def noise_of(side: Side) -> tuple[int, str, int]:
    """What decides the latent vectors of its grids, beside the seed: size, kind, and columns."""
    return side.config.latent_dim, side.config.noise, len(in_columns(side.classes))


def noise_words(sides: Sequence[Side], only: str) -> str:
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
    told = [side for side in sides if side.classes]
    if only or not told:
        return f"{equal}pictures at the same place come from the same latent vector."
    if len(told) == 1:
        (one,) = told
        other = next(side for side in sides if side is not one)
        return (
            f"{one.letter} draws each latent vector as every class, a column a class; "
            f"{other.letter} is told none. Choose one class to put both on the same latent vectors."
        )
    return f"{equal}rows at the same height come from the same latent vector. A column is a class."


def loss_figure(
    items: Sequence[sources.Source], unit: XAxis = "step", marks: Sequence[Mark] = ()
) -> dict[str, Any]:
    """Both players' losses of all items on one axis."""
    columns = {"d/loss": "discriminator", "g/loss": "generator"}
    lettered = list(zip(LETTERS, items, PALETTE, strict=False))
    return _figure("Losses", lettered, columns, unit, y_title="loss", marks=marks)


def marks(items: Sequence[sources.Source], found: Sequence[Sequence[Finding]]) -> list[Mark]:
    """The steps at which the doctor's findings began, each with its side's letter."""
    return [
        mark
        for letter, item, findings in zip(LETTERS, items, found, strict=True)
        for mark in doctor.marks(item, findings, letter)
    ]


def watch_figures(
    sides: Sequence[Side], unit: XAxis = "step", marks: Sequence[Mark] = ()
) -> list[tuple[dict[str, Any], str]]:
    """What there is to watch first of each side's objective, with the words for it: one chart for
    those that share it."""
    shown: list[tuple[Watch, list[tuple[Side, str]]]] = []
    for one, color in zip(sides, PALETTE, strict=False):
        for watch in watches_of(one.config, one.curves)[:1]:
            known = next((those for other, those in shown if other == watch), None)
            if known is None:
                shown.append((watch, [(one, color)]))
            else:
                known.append((one, color))
    return [
        (
            _figure(
                watch.title if len(shown) == 1 else f"{those[0][0].letter}: {watch.title}",
                [(one.letter, one.item, color) for one, color in those],
                dict(list(watch.columns.items())[: len(_DASHES)]),
                unit,
                y_range=watch.bounds,
                levels=_levels(watch, [one for one, _ in those]),
                marks=[
                    mark
                    for mark in marks
                    if mark.source in {urls.curves_url(one.item) for one, _ in those}
                ],
            ),
            watch.words,
        )
        for watch, those in shown
    ]


def _levels(watch: Watch, sides: Sequence[Side]) -> dict[str, float]:
    """The levels of a chart; where the sides' settings differ, each with its letter."""
    found = [levels(watch, one.config) for one in sides]
    if all(other == found[0] for other in found):
        return found[0]
    return {
        f"{one.letter} {name}": value
        for one, named in zip(sides, found, strict=True)
        for name, value in named.items()
    }


def table(sides: Sequence[Side]) -> dict[str, list[str]]:
    """Rows of the comparison: a column of names, and a column of words for each side.

    Raises:
        ConfigError: a network that this program does not know.
    """
    columns = {one.label: _measures(one) for one in sides}
    names = list(next(iter(columns.values())))
    return {"": names, **{label: [values[n] for n in names] for label, values in columns.items()}}


def _measures(of: Side) -> dict[str, str]:
    from gan_core.catalog import network_sizes
    from gan_core.objectives.table import objective_class

    config = of.config
    generator, critic, work = network_sizes(config, of.info.image_shape, of.info.classes)
    seen = config.images_at(of.step)
    channels, height, width = of.info.image_shape
    return {
        "Recipe": config.preset or "none",
        "Network": config.architecture,
        "Objective": objective_class(config.objective).title,
        "Told the class": "yes" if of.classes else "no",
        "Data set": config.dataset,
        "Image size": f"{height} x {width}, {'grey' if channels == 1 else 'colour'}",
        "Latent size": f"{config.latent_dim:,}",
        "Noise": config.noise,
        "Batch size": f"{config.batch_size:,}",
        "Seed": str(config.seed),
        "Generator parameters": f"{generator:,}",
        "Discriminator parameters": f"{critic:,}",
        "Generator multiply-adds per image": f"{work:,}",
        "Steps": f"{of.step:,} of {config.steps:,}",
        "Images seen": f"{seen:,}",
        "Training time": duration(of.seconds),
        "Images/s": f"{seen / of.seconds:,.0f}" if of.seconds else "not measured",
        "Last discriminator loss": _last(of.curves, "d/loss"),
        "Last generator loss": _last(of.curves, "g/loss"),
        "Trained on": of.info.device or "not recorded",
    }


def _last(curves: Curves, column: str) -> str:
    values = curves.get(column, np.empty(0))
    known = values[np.isfinite(values)]
    return f"{known[-1]:.3f}" if len(known) else "not recorded"


def _figure(
    title: str,
    items: Sequence[tuple[str, sources.Source, str]],  # letter, item, colour
    columns: Mapping[str, str],  # column -> its name
    unit: XAxis,
    **options: Any,
) -> dict[str, Any]:
    traces = [
        Trace(urls.curves_url(item), column, f"{letter} {name}", color, dash)
        for letter, item, color in items
        for (column, name), dash in zip(columns.items(), _DASHES, strict=False)
    ]
    return live_figure(title, traces, plotly_url=urls.plotly_url(), x=unit, **options)
