"""A fully connected and convolutional pair."""

from __future__ import annotations

from torch import nn

from gan_core.networks.base import Trunk
from gan_core.networks.convolutions import Conv2d, UpsampledConv2d
from gan_core.networks.layers import norm_if
from gan_core.networks.mlp import hidden_layers
from gan_core.networks.needs import ImageShape


def hybrid_body(latent_dim: int, shape: ImageShape, norm: bool) -> nn.Module:
    """Fully connected up to 128 x 7 x 7, then upsampling and convolutions to 28 x 28."""
    layers: list[nn.Module] = []
    before = latent_dim
    for width in (128, 1152, 6272):
        layers += [
            nn.Linear(before, width),
            *norm_if(nn.BatchNorm1d(width), norm),
            nn.ReLU(inplace=True),
        ]
        before = width
    return nn.Sequential(
        *layers,
        nn.Unflatten(1, (128, 7, 7)),
        UpsampledConv2d(128, 64, 3, 1, 1),
        *norm_if(nn.BatchNorm2d(64), norm),
        nn.ReLU(inplace=True),
        UpsampledConv2d(64, shape[0], 3, 1, 1),
    )


def hybrid_trunk(shape: ImageShape) -> Trunk:
    """Two convolutions with max pooling to 64 x 5 x 5, then 1600-1024-128."""
    return nn.Sequential(
        Conv2d(shape[0], 32, 3),
        nn.LeakyReLU(0.2, inplace=True),
        nn.MaxPool2d(2),
        Conv2d(32, 64, 3),
        nn.LeakyReLU(0.2, inplace=True),
        nn.MaxPool2d(2),
        nn.Flatten(),
        *hidden_layers(1600, (1024, 128)),
    ), 128
