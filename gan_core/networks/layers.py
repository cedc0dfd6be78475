"""Layers that several families share, beside torch's own."""

from __future__ import annotations

from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

BATCH_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d)


class Dropout(nn.Module):
    """Dropout that draws its masks from a generator that :meth:`draw_from` names.

    torch's dropout uses the global random state, which anything else in the process may move; a
    training could then not be repeated or resumed bit for bit.
    """

    def __init__(self, p: float, channels: bool = False) -> None:
        super().__init__()
        self.p = p
        self.channels = channels  # drop whole feature maps
        self.random: torch.Generator | None = None

    def draw_from(self, random: torch.Generator) -> None:
        """Draw all masks from that generator, which its owner saves."""
        self.random = random

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return x
        shape = (*x.shape[:2], *(1 for _ in x.shape[2:])) if self.channels else x.shape
        keep = torch.empty(shape, dtype=x.dtype, device=x.device)
        keep.bernoulli_(1 - self.p, generator=self.random)
        return x * keep.div_(1 - self.p)


class GainConv2d(nn.Conv2d):
    """A convolution whose weights begin so many times as large as its network's others do."""

    def __init__(self, before: int, width: int, kernel: int, gain: float, **options: Any) -> None:
        super().__init__(before, width, kernel, **options)
        self.gain = gain


RELU = partial(nn.ReLU, inplace=True)
LEAKY_RELU = partial(nn.LeakyReLU, 0.2, inplace=True)


def norm_if(layer: nn.Module, norm: bool) -> list[nn.Module]:
    """The layer in a list, where batch norm is wanted: to be unpacked between others."""
    return [layer] if norm else []


LinearOrConv = nn.Linear | nn.Conv2d | nn.ConvTranspose2d
