"""The tables in one place: what settings may name, and which of them fit together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gan_core.config import TrainConfig
from gan_core.datasets import DATASETS, FOLDER_IMAGE_SIZE, dataset_spec
from gan_core.errors import ConfigError
from gan_core.networks import ARCHITECTURES, architecture
from gan_core.objectives import OBJECTIVES, objective
from gan_core.presets import PRESETS

TABLES: dict[str, Mapping[str, Any]] = {
    "presets": PRESETS,
    "architectures": ARCHITECTURES,
    "objectives": OBJECTIVES,
    "datasets": DATASETS,
}


def check(config: TrainConfig) -> None:
    """Refuse names that no table holds, and sizes that the network cannot make.

    Raises:
        ConfigError: one sentence naming the setting and what is allowed.
    """
    dataset_spec(config.dataset)
    objective(config.objective)
    fixed = architecture(config.architecture).image_size
    if fixed and config.image_size not in (0, fixed):
        raise ConfigError(
            f"image_size is {config.image_size}; the architecture {config.architecture!r} makes "
            f"pictures of {fixed} x {fixed}: set it to {fixed}, or to 0."
        )


def image_size(config: TrainConfig) -> int:
    """The side that pictures will have: asked for, the network's, or the data set's own."""
    shape = dataset_spec(config.dataset).shape
    return (
        config.image_size
        or architecture(config.architecture).image_size
        or (shape[1] if shape else FOLDER_IMAGE_SIZE)
    )
