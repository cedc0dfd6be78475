"""What a generator draws: in eval mode, without gradients, and off every random state."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from gan_core.devices import own_defaults
from gan_core.images.pixels import to_uint8
from gan_core.networks.base import Generator

_AT_ONCE = 512  # images, which bounds the memory used


@own_defaults()
@torch.no_grad()
def sample(generator: Generator, z: Tensor, y: Tensor | None = None) -> Tensor:
    """Images (N, C, H, W) in [-1, 1] of latent vectors (N, latent_dim) and, where the generator
    is told a class, labels (N,), on its device."""
    return torch.cat(list(_parts(generator, z, y)))


@own_defaults()
@torch.no_grad()
def draw(
    generator: Generator, z: Tensor | np.ndarray, labels: Tensor | np.ndarray | None = None
) -> np.ndarray:
    """The same images as pixels (N, H, W, C) uint8."""
    z = torch.as_tensor(z)
    y = None if labels is None else torch.as_tensor(labels)
    return np.concatenate([to_uint8(part) for part in _parts(generator, z, y)])


@own_defaults()
def balanced_labels(n: int, n_classes: int) -> Tensor | None:
    """Labels (n,) of as many of each class, in turn; None for a generator that takes none."""
    return torch.arange(n) % n_classes if n_classes else None


def _parts(generator: Generator, z: Tensor, y: Tensor | None) -> Iterator[Tensor]:
    weight = next(generator.parameters())
    was_training = generator.training
    generator.eval()
    try:
        for start in range(0, len(z), _AT_ONCE):
            some = slice(start, start + _AT_ONCE)
            yield generator(z[some].to(weight), None if y is None else y[some].to(weight.device))
    finally:
        generator.train(was_training)
