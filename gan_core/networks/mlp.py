"""Fully connected networks."""

from __future__ import annotations

import math

from torch import nn

from gan_core.networks.base import Trunk
from gan_core.networks.layers import Dropout
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
