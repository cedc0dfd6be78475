"""The real images that a run trains on, read anew: what it keeps of them itself comes first."""

from __future__ import annotations

from pathlib import Path

from gan_core import catalog
from gan_core.config import TrainConfig
from gan_core.data.dataset import ImageData, Progress, ignore_progress
from gan_core.data.loading import load
from gan_core.data.table import dataset_spec
from gan_core.runs.folder import RunFolder


def real_data(
    config: TrainConfig,
    data_dir: Path,
    progress: Progress = ignore_progress,
    *,
    kept_by: RunFolder | None = None,
    channels: int = 0,
) -> ImageData:
    """The data set of these settings, at the size of their network.

    Args:
        kept_by: a run of these settings. Where it keeps what a person gave in a file, that is read.
        channels: that a run began with, whatever pictures there are now; 0 for the settings' own.

    Raises:
        ConfigError, DataError: it cannot be read.
    """
    folder = config.folder
    if kept_by is not None and dataset_spec(config.dataset).in_file:
        kept = kept_by.distribution_path
        folder = str(kept.resolve()) if kept.is_file() else folder
    return load(
        config.dataset,
        data_dir,
        image_size=catalog.image_size(config),
        channels=channels or config.channels,
        folder=folder,
        points=config.points,
        deviation=config.deviation,
        progress=progress,
    )
