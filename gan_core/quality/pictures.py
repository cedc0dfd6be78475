"""Pictures to be measured: drawn by a generator, or read from a file."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from gan_core.config import MAX_IMAGE_SIZE
from gan_core.devices import own_defaults
from gan_core.errors import ConfigError
from gan_core.images.pixels import to_tensor
from gan_core.latent.vectors import noise
from gan_core.networks.sampling import balanced_labels, draw
from gan_core.quality.record import weights_digest
from gan_core.runs.folder import RunFolder
from gan_core.runs.generators import OpenedGenerator

MAX_PICTURES = 100_000
SEED = 2  # of the noise: not that of the grids, nor that of the measurements while training


class Pictures(NamedTuple):
    """What is measured."""

    images: Tensor  # (N, C, H, W) uint8
    labels: Tensor | None = None  # (N,) the classes that the generator was to draw
    seed: int | None = None  # of the noise
    weights: str = ""  # the generator's digest; empty for pictures from a file


@own_defaults()
def draw_samples(
    model: OpenedGenerator, n: int, seed: int = SEED, run: RunFolder | None = None
) -> Pictures:
    """So many samples of a generator; of one that takes labels, as many of each class.

    Args:
        model: the generator.
        n: samples.
        seed: of the noise.
        run: where it was opened from, for a measurement that is to be kept there.
    """
    z = noise(n, model.config.latent_dim, seed, model.config.noise)
    labels = balanced_labels(n, model.generator.n_classes)
    weights = "" if run is None else weights_digest(run)
    return Pictures(to_tensor(draw(model.generator, z, labels)), labels, seed, weights)


@own_defaults()
def read_pictures(path: Path, labels: Path | None = None) -> Pictures:
    """Pictures that ``sample --out FILE.npy`` wrote.

    Args:
        path: the pictures.
        labels: FILE.labels.npy, where they were drawn as classes. It is not looked for: one that
            lies beside the pictures may be left from an earlier sample.

    Raises:
        ConfigError: no file, other than uint8 (N, H, W, C) with one or three channels, or larger
            than any network here makes.
    """
    pixels = _open_array(path)
    shape = pixels.shape
    square = pixels.ndim == 4 and shape[3] in (1, 3) and shape[1] == shape[2]
    if pixels.dtype != np.uint8 or not square or not len(pixels):
        raise ConfigError(
            f"{path} holds {pixels.dtype} of the shape {shape}; pictures are uint8 (N, H, W, C), "
            "square, with one or three channels."
        )
    if shape[1] > MAX_IMAGE_SIZE:
        raise ConfigError(
            f"{path} holds pictures of {shape[1]} x {shape[2]}; no network here makes any larger "
            f"than {MAX_IMAGE_SIZE} x {MAX_IMAGE_SIZE}, so scale them down first."
        )
    if len(pixels) > MAX_PICTURES:
        raise ConfigError(f"{path} holds {len(pixels):,} pictures; give {MAX_PICTURES:,} at most.")
    y = None if labels is None else _read_labels(labels, len(pixels))
    return Pictures(to_tensor(np.array(pixels)), y)


def _read_labels(path: Path, n: int) -> Tensor:
    """One label for each of n pictures."""
    labels = _open_array(path)
    if labels.shape != (n,) or labels.dtype.kind not in "iu":
        raise ConfigError(
            f"{path} holds {labels.dtype} of the shape {labels.shape}; it must be one whole "
            f"number for each of the {n} pictures."
        )
    return torch.from_numpy(labels.astype(np.int64))


def _open_array(path: Path) -> np.ndarray:
    """An array whose values are read from the disk when they are asked for."""
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except FileNotFoundError:
        raise ConfigError(f"There is no file {path}.") from None
    except (OSError, ValueError, EOFError, MemoryError, SyntaxError) as error:
        raise ConfigError(f"{path} is damaged or no .npy file of numbers.") from error
    if not isinstance(array, np.ndarray):
        array.close()
        raise ConfigError(f"{path} is an archive; give a .npy file.")
    return array
