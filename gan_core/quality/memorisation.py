"""Whether samples are copies: the training images nearest to them, and a sheet that shows these."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from gan_core.data.dataset import ImageData, Progress, Split
from gan_core.images.pixels import grid
from gan_core.quality import metrics
from gan_core.quality.features import from_cache, part
from gan_core.quality.metrics import Nearest

MAX_REAL = 10_000  # new real images that the nearest training image is looked for
SHEET_PAIRS, SHEET_COLUMNS = 24, 6  # the nearest half of them first, then as they came
_SEARCH_WORK = 1e11  # multiply-adds that the search for nearest images may take


class Search(NamedTuple):
    """The training images nearest to samples, and to new real images."""

    samples: Nearest
    real: Nearest

    @property
    def n_samples(self) -> int:
        """Samples that the nearest training image was looked for."""
        return len(self.samples.index)


def search(
    images: Tensor,
    train: ImageData,
    real: ImageData,
    split: Split,
    data_dir: Path,
    progress: Progress,
) -> Search:
    """Look for the nearest training images, of as many as reasonable time allows. One that lies in
    the set twice counts once.

    Args:
        images: (N, C, H, W) uint8 samples.
        train: the training images.
        real: new real images; the training images themselves where ``split`` says so.
        split: which part of the data set ``real`` is.
        data_dir: where what was found for real images is kept.
        progress: called with the share that is done and what is being done.
    """
    rows = _distinct(train.images)
    if len(rows) < len(train):  # a copy of a double is as near to the next image as to the nearest
        train = replace(
            train,
            images=train.images[rows],
            labels=train.labels[rows],
            fingerprint=f"{train.fingerprint}-distinct",
        )
        real = train if split == "train" else real
    work = train.images[0].numel() * len(train)
    most = max(100, int(_SEARCH_WORK / work))
    nearest_to_real = _search_real(train, real, split, min(most, MAX_REAL), data_dir, progress)
    nearest_to_samples = metrics.nearest(
        images[:most],
        train.images,
        progress=lambda share: progress(
            0.1 + 0.4 * share, "Looking for the nearest training images"
        ),
    )
    return Search(
        replace(nearest_to_samples, index=rows[nearest_to_samples.index]),
        replace(nearest_to_real, index=rows[nearest_to_real.index]),
    )


def _distinct(images: Tensor) -> Tensor:
    """Which of the images (N, C, H, W) are no doubles of an earlier one."""
    first: dict[bytes, int] = {}
    for index, image in enumerate(images.cpu().numpy()):
        first.setdefault(hashlib.blake2b(image.tobytes(), digest_size=16).digest(), index)
    return torch.tensor(list(first.values()))


def _search_real(
    train: ImageData,
    real: ImageData,
    split: Split,
    most: int,
    data_dir: Path,
    progress: Progress,
) -> Nearest:
    """The same for real images, from the cache where it was looked for before. Training images are
    set against all others."""
    count = min(len(real), most)
    some = part(real, slice(count), f"near-{count}")

    def compute() -> dict[str, Tensor]:
        progress(0.05, "Looking for the training images nearest to real ones")
        if split == "train":
            order = torch.randperm(len(real), generator=torch.Generator().manual_seed(0))[:count]
            all_images = metrics.nearest(real.images, real.images, apart=True)
            return {name: values[order] for name, values in vars(all_images).items()}
        return dict(vars(metrics.nearest(some.images, train.images)))

    shapes = dict.fromkeys(("index", "distance", "second"), (count,))
    name = f"nearest-{some.fingerprint}-{train.fingerprint}"
    return Nearest(**from_cache(data_dir, name, shapes, compute))


def sheet(images: Tensor, train: Tensor, nearest: Nearest) -> np.ndarray:
    """Samples, each with its nearest training image at its right: above those that lie nearest for
    how far the next one is, below others as they came.

    Args:
        images: (N, C, H, W) uint8 samples.
        train: (M, C, H, W) uint8 training images.
        nearest: to the first of the samples.

    Returns:
        (rows, columns, C) uint8.
    """
    count = min(SHEET_PAIRS, len(nearest.index))
    ratio = nearest.distance / nearest.second.clamp_min(1e-9)
    copies = ratio.argsort()[: count // 2].tolist()
    others = [index for index in range(len(ratio)) if index not in set(copies)]
    rows = torch.tensor([*copies, *others[: count - len(copies)]])
    pairs = torch.stack([images[rows], train[nearest.index[rows]]], 1).flatten(0, 1)
    return grid(pairs.permute(0, 2, 3, 1).numpy(), 2 * SHEET_COLUMNS)
