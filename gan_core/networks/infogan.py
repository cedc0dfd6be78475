"""The MNIST networks of InfoGAN."""

from __future__ import annotations

from torch import nn

from gan_core.networks.base import Trunk
from gan_core.networks.convolutions import Conv2d, ConvTranspose2d
from gan_core.networks.layers import norm_if
from gan_core.networks.needs import ImageShape


def infogan_body(latent_dim: int, shape: ImageShape, norm: bool) -> nn.Module:
    """Fully connected to 1024 and to 128 x 7 x 7, then two transposed convolutions."""
    return nn.Sequential(
        nn.Linear(latent_dim, 1024),
        *norm_if(nn.BatchNorm1d(1024), norm),
        nn.ReLU(inplace=True),
        nn.Linear(1024, 128 * 7 * 7),
        *norm_if(nn.BatchNorm1d(128 * 7 * 7), norm),
        nn.ReLU(inplace=True),
        nn.Unflatten(1, (128, 7, 7)),
        ConvTranspose2d(128, 64, 4, 2, 1),
        *norm_if(nn.BatchNorm2d(64), norm),
        nn.ReLU(inplace=True),
        ConvTranspose2d(64, shape[0], 4, 2, 1),
    )


def infogan_trunk(shape: ImageShape, norm: bool) -> Trunk:
    """Two strided convolutions to 128 x 7 x 7, then fully connected to 1024."""
    return nn.Sequential(
        Conv2d(shape[0], 64, 4, 2, 1),
        nn.LeakyReLU(0.1, inplace=True),
        Conv2d(64, 128, 4, 2, 1),
        *norm_if(nn.BatchNorm2d(128), norm),
        nn.LeakyReLU(0.1, inplace=True),
        nn.Flatten(),
        nn.Linear(128 * 7 * 7, 1024),
        *norm_if(nn.BatchNorm1d(1024), norm),
        nn.LeakyReLU(0.1, inplace=True),
    ), 1024
