"""The addresses of the app's routes."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from gan_core.networks.build import Generator


def pictures(
    generator: Generator, vectors: np.ndarray, labels: np.ndarray | None = None
) -> np.ndarray:
    """What a generator makes of latent vectors (N, latent_dim), and labels (N,) where it is told a
    class: (N, H, W, C) uint8."""
    import torch

    from gan_core.images import pixels
    from gan_core.training.trainer import sample

    y = None if labels is None else torch.from_numpy(labels)
    return pixels.to_uint8(sample(generator, torch.from_numpy(vectors), y))


def walk(keys: Sequence[np.ndarray], steps: int, method: str, closed: bool) -> np.ndarray:
    """The latent vectors (frames, latent_dim) of a walk through key points.

    Raises:
        ConfigError: as :func:`gan_core.latent.vectors.path`.
    """
    import torch

    from gan_core.latent.vectors import path

    return path(torch.from_numpy(np.stack(keys)), steps, method, closed).numpy()


def data_url(picture: np.ndarray, width: int = 0) -> str:
    """A picture (H, W, C) as an address that holds it, enlarged to about a width in pixels."""
    from gan_core.images import pixels

    content = pixels.png(picture, max(1, width // picture.shape[1]))
    return f"data:image/png;base64,{base64.b64encode(content).decode()}"
