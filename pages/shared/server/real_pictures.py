"""Real pictures of a generator's data set."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from gan_core.config import TrainConfig
from gan_core.data.dataset import Split
from gan_core.data.loading import load
from gan_core.data.table import dataset_spec
from pages.shared.server import process

_MAX_PICTURES = 1000


@dataclass(frozen=True)
class RealPictures:
    """Real pictures of a data set."""

    title: str
    split: str
    pixels: np.ndarray  # (N, H, W, C) uint8
    labels: np.ndarray  # (N,), its classes


def real_pictures(config: TrainConfig, image_shape: tuple[int, int, int]) -> RealPictures:
    """Some pictures of the data set of a training, from its test split where there is one.

    Raises:
        DataError: it is not on disk.
    """
    return _read(config.dataset, config.folder, image_shape)


@lru_cache(maxsize=4)
def _read(dataset: str, folder: str, image_shape: tuple[int, int, int]) -> RealPictures:
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
    every = max(1, len(data) // _MAX_PICTURES)
    pixels = data.images[::every].permute(0, 2, 3, 1).contiguous().numpy()
    return RealPictures(spec.title, split, pixels, data.labels[::every].numpy())
