"""A training as the command that begins it."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from gan_core import catalog
from gan_core.config import TrainConfig
from gan_core.presets import PRESETS, preset

_LENGTHS = {"steps": "epochs", "epochs": "steps"}


def train_command(config: TrainConfig, options: Sequence[str] = ()) -> str:
    """The command that trains exactly these settings: their recipe, and what is set otherwise.

    Args:
        options: words that follow, such as ``--device cpu``.
    """
    name = config.preset if config.preset in PRESETS else _nearest(config)
    base, wanted = catalog.complete(preset(name)).to_dict(), catalog.complete(config).to_dict()
    changes = {key: value for key, value in wanted.items() if base.get(key) != value}
    for length, other in _LENGTHS.items():
        if changes.get(length) and not wanted[other]:
            changes.pop(other, None)  # it follows
    if config.preset != name:
        changes["preset"] = config.preset
    words = ["python", "-m", "gan_core", "train", name]
    if changes:
        words += ["--set", *(f"{key}={value}" for key, value in changes.items())]
    return shlex.join([*words, *options])


def _nearest(config: TrainConfig) -> str:
    """The recipe from which the fewest settings differ."""
    wanted = catalog.complete(config).to_dict()

    def differences(name: str) -> int:
        base = catalog.complete(preset(name)).to_dict()
        return sum(base.get(key) != value for key, value in wanted.items())

    return min(PRESETS, key=differences)
