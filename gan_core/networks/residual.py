"""Residual networks without batch norm: the block of R3GAN, its weights begun as it needs."""

from __future__ import annotations

import math

from torch import Tensor, nn

from gan_core.networks.base import Trunk
from gan_core.networks.layers import GainConv2d
from gan_core.networks.needs import ImageShape

_LINEAR = math.sqrt(1 / 2)  # a layer that no unit follows needs no more than this of He's weights


class ResidualBlock(nn.Module):
    """Maps (N, C, H, W) and what three convolutions add to them, 1 x 1, 3 x 3 and 1 x 1 (Huang et
    al. 2024, arXiv:2501.05441, section 3.2).

    The paper's 3 x 3 convolution has twice as many maps, in groups of 16; this one has one group,
    which a CPU computes in a third of the time.

    The last begins at 0 and the others smaller the more blocks a network has, so that a signal
    keeps its size where no batch norm restores it (Zhang et al. 2019, arXiv:1901.09321, section 3).
    """

    def __init__(self, width: int, blocks: int) -> None:
        super().__init__()
        gain = blocks ** (-1 / 4)
        self.added = nn.Sequential(
            GainConv2d(width, width, 1, gain=gain),
            nn.LeakyReLU(0.2, inplace=True),
            GainConv2d(width, width, 3, padding=1, gain=gain),
            nn.LeakyReLU(0.2, inplace=True),
            GainConv2d(width, width, 1, gain=0.0),
        )

    def forward(self, x: Tensor) -> Tensor:
        added: Tensor = self.added(x)
        return x + added


def residual_body(
    latent_dim: int, shape: ImageShape, widths: tuple[int, ...], blocks: int
) -> nn.Module:
    """z to small maps, then for each width some blocks, their maps doubled between."""
    side = shape[1] >> (len(widths) - 1)
    count = blocks * len(widths)
    layers: list[nn.Module] = [
        nn.Linear(latent_dim, widths[0] * side**2),
        nn.Unflatten(1, (widths[0], side, side)),
    ]
    before = widths[0]
    for index, width in enumerate(widths):
        if index:
            layers += [*_turn(before, width), nn.Upsample(scale_factor=2)]
        layers += [ResidualBlock(width, count) for _ in range(blocks)]
        before = width
    return nn.Sequential(*layers, GainConv2d(before, shape[0], 3, padding=1, gain=_LINEAR))


def residual_trunk(shape: ImageShape, widths: tuple[int, ...], blocks: int) -> Trunk:
    """The generator's way back, with the mean of four pixels between the widths."""
    side = shape[1] >> (len(widths) - 1)
    count = blocks * len(widths)
    before = widths[-1]
    layers: list[nn.Module] = [GainConv2d(shape[0], before, 3, padding=1, gain=_LINEAR)]
    for index, width in enumerate(reversed(widths)):
        if index:
            layers += [nn.AvgPool2d(2), *_turn(before, width)]
        layers += [ResidualBlock(width, count) for _ in range(blocks)]
        before = width
    return nn.Sequential(*layers, nn.Flatten()), before * side**2


def _turn(before: int, width: int) -> list[nn.Module]:
    """From so many maps to so many."""
    return [GainConv2d(before, width, 1, gain=_LINEAR)] if before != width else []
