"""The log in the form that DCGAN code prints."""

from __future__ import annotations

import math
from collections.abc import Mapping

from gan_core import catalog
from gan_core.config import TrainConfig


def log_line(row: Mapping[str, float], config: TrainConfig, dataset_size: int) -> str:
    """One line of the log in the form that DCGAN code prints.

    ``[epoch/epochs][batch/batches]``, the losses, and what there is to watch of the objective:
    for the original game D(x), and D(G(z)) twice, in the discriminator's update and as the
    generator's update sees it afterwards.
    """
    per_epoch = config.steps_per_epoch(dataset_size)
    step = int(row["step"])
    epoch, batch = divmod(step - 1, per_epoch)
    epochs = math.ceil(config.steps / per_epoch)
    values = {name: value for name, value in row.items() if math.isfinite(value)}
    line = f"[{epoch + 1}/{epochs}][{batch + 1}/{per_epoch}]"
    for label, name in (("Loss_D", "d/loss"), ("Loss_G", "g/loss")):
        if name in values:
            line += f" {label} {values[name]:.3f}"
    quantities: dict[str, list[str]] = {}
    kind = catalog.objectives().get(config.objective) or catalog.objective_class("gan")
    for watch in kind.watches:
        for name in watch.columns:
            if name in values:
                quantity = name.partition("/")[2]
                quantities.setdefault(quantity, []).append(_number(values[name], watch.bounds))
    return " ".join(
        [line, *(f"{name} {' / '.join(numbers)}" for name, numbers in quantities.items())]
    )


def _number(value: float, bounds: tuple[float, float] | None) -> str:
    """A number between known bounds with three decimals, any other with three digits at least."""
    return f"{value:.3f}" if bounds or abs(value) >= 1 else f"{value:.3g}"
