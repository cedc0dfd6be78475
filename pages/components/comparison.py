"""Two generators in numbers: the moments of their grids and the table of what sets them apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from gan_core.config import TrainConfig
from gan_core.runs import Curves, RunInfo
from pages.components import api, session
from pages.components.figures import PALETTE, Dash, Trace, XAxis, live_figure
from pages.components.progress import duration
from pages.components.run_view import MAX_FRAMES, latest_step, thinned

LETTERS = ("A", "B")
UNITS: dict[XAxis, str] = {"step": "Steps", "images": "Images seen", "seconds": "Seconds"}


@dataclass(frozen=True)
class Side:
    """One of the two that are compared, as it stands now."""

    letter: str  # "A" or "B"
    item: session.Source
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
    def label(self) -> str:
        """How it is called in pictures, charts and the table."""
        return f"{self.letter}: {self.item.name}"


def side(letter: str, item: session.Source) -> Side:
    """Read it, from memory where it is being trained.

    Raises:
        CheckpointError: it is gone or damaged.
    """
    folder = item.folder
    config, info = folder.config(), folder.info()
    live = session.snapshot(item)
    training = live is not None and live.phase.active
    if live is not None and live.curves is not None:
        step, seconds, grids = live.step, live.seconds, live.grids
    else:
        status = folder.status()
        step, seconds, grids = status.step, status.seconds, tuple(folder.grids())
    config = config.with_steps(info.dataset_size)
    return Side(
        letter, item, config, info, step, seconds, grids, session.curves(item), active=training
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
        "frames": [
            {"at": at, "url": api.grid_url(of.item, step), "caption": f"step {step:,}"}
            for at, step in zip(moments(of.curves, steps, unit), steps, strict=True)
        ],
    }


def loss_figure(items: Sequence[session.Source], unit: XAxis = "step") -> dict[str, Any]:
    """Both players' losses of all items on one axis."""
    columns = (("discriminator", "d/loss"), ("generator", "g/loss"))
    return _figure(items, unit, "Losses", "loss", columns)


def verdict_figure(items: Sequence[session.Source], unit: XAxis = "step") -> dict[str, Any]:
    """What the discriminators say of real and of generated images."""
    columns = (("D(x)", "d/D(x)"), ("D(G(z))", "d/D(G(z))"))
    return _figure(items, unit, "What the discriminators say", "mean of D", columns, (0.0, 1.0))


def table(sides: Sequence[Side]) -> dict[str, list[str]]:
    """Rows of the comparison: a column of names, and a column of words for each side.

    Raises:
        ConfigError: a network that this program does not know.
    """
    columns = {one.label: _measures(one) for one in sides}
    names = list(next(iter(columns.values())))
    return {"": names, **{label: [values[n] for n in names] for label, values in columns.items()}}


def _measures(of: Side) -> dict[str, str]:
    config = of.config
    generator, critic, work = _network_sizes(config, of.info.image_shape, of.info.classes)
    seen = config.images_at(of.step)
    channels, height, width = of.info.image_shape
    return {
        "Recipe": config.preset or "none",
        "Network": config.architecture,
        "Objective": config.objective,
        "Data set": config.dataset,
        "Image size": f"{height} x {width}, {'grey' if channels == 1 else 'colour'}",
        "Latent size": f"{config.latent_dim:,}",
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


@lru_cache(maxsize=32)
def _network_sizes(
    config: TrainConfig, shape: tuple[int, int, int], classes: tuple[str, ...]
) -> tuple[int, int, int]:
    """Parameters of generator and discriminator, and multiply-adds of the generator."""
    from gan_core import catalog, networks

    pair = catalog.networks(config, shape, classes)
    return (
        networks.parameter_count(pair.generator),
        networks.parameter_count(pair.critic),
        networks.multiply_adds(pair.generator),
    )


def _figure(
    items: Sequence[session.Source],
    unit: XAxis,
    title: str,
    y_title: str,
    columns: tuple[tuple[str, str], ...],
    y_range: tuple[float, float] | None = None,
) -> dict[str, Any]:
    dashes: tuple[Dash, ...] = ("solid", "dash")
    traces = [
        Trace(api.curves_url(item), column, f"{letter} {name}", color, dash)
        for letter, item, color in zip(LETTERS, items, PALETTE, strict=False)
        for (name, column), dash in zip(columns, dashes, strict=True)
    ]
    return live_figure(
        title, traces, plotly_url=api.plotly_url(), x=unit, y_title=y_title, y_range=y_range
    )
