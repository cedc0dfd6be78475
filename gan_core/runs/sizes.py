"""How large a run's networks are, as it says itself: to count them takes torch."""

from __future__ import annotations

from gan_core import catalog
from gan_core.config import TrainConfig
from gan_core.runs.folder import RunInfo


def network_sizes(config: TrainConfig, info: RunInfo) -> tuple[int, int, int]:
    """Parameters of generator and discriminator, and multiply-adds of the generator: as they were
    written when the run began, else counted.

    Raises:
        ConfigError: a network or an objective that this program does not know.
    """
    catalog.architecture(config.architecture)
    catalog.class_count(config, info.classes)
    return info.network_sizes or catalog.network_sizes(config, info.image_shape, info.classes)
