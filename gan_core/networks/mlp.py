"""Fully connected networks."""

from __future__ import annotations

import math

from torch import nn

from gan_core.networks.base import Trunk
from gan_core.networks.layers import Dropout, norm_if
from gan_core.networks.needs import ImageShape


def hidden_layers(
    before: int, widths: tuple[int, ...], slope: float = 0.2, dropout: float = 0.0
) -> list[nn.Module]:
    """Fully connected layers of those widths, each with its unit and, where asked for, dropout."""
    layers: list[nn.Module] = []
    for width in widths:
        rectifier = nn.LeakyReLU(slope, inplace=True) if slope else nn.ReLU(inplace=True)
        layers += [nn.Linear(before, width), rectifier]
        if dropout:
            layers.append(Dropout(dropout))
        before = width
    return layers


def mlp_body(
    latent_dim: int,
    shape: ImageShape,
    widths: tuple[int, ...],
    slope: float = 0.2,
    dropout: float = 0.0,
) -> nn.Module:
    """Latent vectors to pixels through fully connected layers."""
    hidden = hidden_layers(latent_dim, widths, slope, dropout)
    return nn.Sequential(*hidden, nn.Linear(widths[-1], math.prod(shape)))


def mlp_trunk(
    shape: ImageShape, widths: tuple[int, ...], slope: float = 0.2, dropout: float = 0.0
) -> Trunk:
    """Pixels to features through fully connected layers."""
    hidden = hidden_layers(math.prod(shape), widths, slope, dropout)
    return nn.Sequential(nn.Flatten(), *hidden), widths[-1]


def mlp_norm_body(latent_dim: int, shape: ImageShape, norm: bool) -> nn.Module:
    """Fully connected, z-128-256-512-1024-pixels, batch norm on all hidden layers but the first."""
    layers: list[nn.Module] = []
    before = latent_dim
    for width in (128, 256, 512, 1024):
        has_norm = norm and bool(layers)
        layers += [
            nn.Linear(before, width),
            *norm_if(nn.BatchNorm1d(width, eps=0.8), has_norm),
            nn.LeakyReLU(0.2, inplace=True),
        ]
        before = width
    return nn.Sequential(*layers, nn.Linear(before, math.prod(shape)))


def mlp_dropout_trunk(shape: ImageShape) -> Trunk:
    """Pixels to 512-512-512, with dropout of 0.4 on all but the first."""
    first = hidden_layers(math.prod(shape), (512,))
    return nn.Sequential(nn.Flatten(), *first, *hidden_layers(512, (512, 512), dropout=0.4)), 512
