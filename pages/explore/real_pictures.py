"""Real pictures of a generator's data set."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from gan_core.config import TrainConfig
from gan_core.data.dataset import Split
from pages.shared.server import process

_KEPT_PICTURES = 1000


@dataclass(frozen=True)
class Pictures:
    """Real pictures of a data set."""

    title: str
    split: str
    pictures: np.ndarray  # (N, H, W, C) uint8


def pictures_of(config: TrainConfig, image_shape: tuple[int, int, int]) -> Pictures:
    """Some pictures of the data set of a training, kept for tests where there are such.

    Raises:
        DataError: it is not on disk.
    """
    return _pictures_of(config.dataset, config.folder, image_shape)


@lru_cache(maxsize=4)
def _pictures_of(dataset: str, folder: str, image_shape: tuple[int, int, int]) -> Pictures:
    from gan_core.data.loading import load
    from gan_core.data.table import dataset_spec

    channels, side, _ = image_shape
    spec = dataset_spec(dataset)
    split: Split = "test" if spec.has_test else "train"
    data = load(
        dataset,
        process.options().data_dir,
        image_size=side,
        channels=channels,
        folder=folder,
        split=split,
    )
    some = data.images[:: max(1, len(data) // _KEPT_PICTURES)]
    return Pictures(spec.title, split, some.permute(0, 2, 3, 1).contiguous().numpy())
