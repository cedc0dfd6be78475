"""Latent vectors: noise, the points of a grid of samples, and truncation."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from gan_core.devices import own_defaults
from gan_core.latent.points import MAX_COLUMNS

_WHOLE = 16  # vectors


def draw_latent(n: int, latent_dim: int, kind: str, random: torch.Generator) -> Tensor:
    """Latent vectors (n, latent_dim) from a random stream, on its device.

    ``kind`` is ``normal``, of mean 0 and deviation 1, or ``uniform`` from -1 to 1.
    """
    if kind == "uniform":
        uniform = torch.rand(n, latent_dim, device=random.device, generator=random)
        return uniform.mul_(2).sub_(1)
    return torch.randn(n, latent_dim, device=random.device, generator=random)


@own_defaults()
def noise(n: int, latent_dim: int, seed: int, kind: str = "normal") -> Tensor:
    """Latent vectors (n, latent_dim) that depend on the arguments alone, each on its place and not
    on ``n``; ``kind`` as in :func:`draw_latent`."""
    # torch draws normal numbers 16 at a time, and a last part of fewer in another way.
    whole = -(-n // _WHOLE) * _WHOLE
    return draw_latent(whole, latent_dim, kind, torch.Generator().manual_seed(seed))[:n].clone()


class Sheet(NamedTuple):
    """What a grid of samples is drawn from."""

    z: Tensor  # (N, latent_dim)
    y: Tensor | None  # (N,) labels, for a conditional generator
    columns: int | None  # None: as square as can be


@own_defaults()
def sheet(n: int, latent_dim: int, seed: int, kind: str = "normal", n_classes: int = 0) -> Sheet:
    """Points for a grid of about n samples that depends on the arguments alone.

    For a conditional generator a row is a noise vector and a column a class, the first
    :data:`.points.MAX_COLUMNS` of them, with n / columns rows.
    """
    if not n_classes:
        return Sheet(noise(n, latent_dim, seed, kind), None, None)
    columns = min(n_classes, MAX_COLUMNS)
    rows = max(1, n // columns)
    z = noise(rows, latent_dim, seed, kind).repeat_interleave(columns, 0)
    return Sheet(z, torch.arange(columns).repeat(rows), columns)


def truncate(z: Tensor, psi: float) -> Tensor:
    """Latent vectors scaled towards the mean of the prior, which is zero.

    ``psi`` = 1 leaves them as they are, 0 gives the mean itself: less variety, more typical
    pictures (the truncation of StyleGAN, Karras et al. 2019, arXiv:1812.04948, appendix B,
    applied to z).
    """
    return z * psi
