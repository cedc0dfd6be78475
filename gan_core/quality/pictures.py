"""Pictures to be measured: drawn by a generator, or read from a file."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from gan_core.errors import ConfigError
from gan_core.images.pixels import to_tensor
from gan_core.latent.vectors import noise
from gan_core.networks.sampling import balanced_labels, draw
from gan_core.quality.record import weights_digest
from gan_core.runs.folder import RunFolder
from gan_core.runs.generators import OpenedGenerator

SEED = 2  # of the noise: not that of the grids, nor that of the measurements while training


class Pictures(NamedTuple):
    """What is measured."""

    images: Tensor  # (N, C, H, W) uint8
    labels: Tensor | None = None  # (N,) the classes that the generator was to draw
    seed: int | None = None  # of the noise
    weights: str = ""  # the generator's digest; empty for pictures from a file


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


def read_pictures(path: Path) -> Pictures:
    """Pictures that ``sample --out FILE.npy`` wrote, with FILE.labels.npy where it is there.

    Raises:
        ConfigError: no file, or other than uint8 (N, H, W, C) with one or three channels.
    """
    pixels = _read_array(path)
    shape = pixels.shape
    square = pixels.ndim == 4 and shape[3] in (1, 3) and shape[1] == shape[2]
    if pixels.dtype != np.uint8 or not square or not len(pixels):
        raise ConfigError(
            f"{path} holds {pixels.dtype} of the shape {shape}; pictures are uint8 (N, H, W, C), "
            "square, with one or three channels."
        )
    return Pictures(to_tensor(pixels), _read_labels(path.with_suffix(".labels.npy"), len(pixels)))


def _read_labels(path: Path, n: int) -> Tensor | None:
    """One label for each of n pictures; None where there is no such file."""
    if not path.is_file():
        return None
    labels = _read_array(path)
    if labels.shape != (n,) or labels.dtype.kind not in "iu":
        raise ConfigError(
            f"{path} holds {labels.dtype} of the shape {labels.shape}; it must be one whole "
            f"number for each of the {n} pictures."
        )
    return torch.from_numpy(labels.astype(np.int64))


def _read_array(path: Path) -> np.ndarray:
    try:
        array = np.load(path, allow_pickle=False)
    except FileNotFoundError:
        raise ConfigError(f"There is no file {path}.") from None
    except (OSError, ValueError, EOFError, MemoryError, SyntaxError) as error:
        raise ConfigError(f"{path} is damaged or no .npy file of numbers.") from error
    if not isinstance(array, np.ndarray):
        array.close()
        raise ConfigError(f"{path} is an archive; give a .npy file.")
    return array
