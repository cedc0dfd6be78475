"""Convolutions from and onto a single map, as the matrix products that they are.

The layers are torch's own: the same weights and, but for the order of additions, the same results.
On a CPU, torch's library takes several times as long as a matrix product for a transposed
convolution onto one map. That is the last layer of a generator of grey pictures, and the gradient
that passes through a critic's first layer into the picture.

Paddings are numbers of zeros; groups and dilation are not for these layers.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import fold, unfold


class Conv2d(nn.Conv2d):
    """A convolution (N, C, H, W) to (N, O, H', W')."""

    def forward(self, x: Tensor) -> Tensor:
        if x.device.type != "cpu" or self.in_channels > 1 or not x.requires_grad:
            return super().forward(x)
        assert not isinstance(self.padding, str)
        (high, wide), (down, right) = self.kernel_size, self.stride
        (above, aside) = self.padding
        sides = (
            (x.shape[2] + 2 * above - high) // down + 1,
            (x.shape[3] + 2 * aside - wide) // right + 1,
        )
        columns = unfold(x, self.kernel_size, padding=self.padding, stride=self.stride)
        weight = self.weight.flatten(1).expand(len(x), -1, -1)
        if self.bias is None:
            return (weight @ columns).unflatten(2, sides)
        return torch.baddbmm(self.bias[None, :, None], weight, columns).unflatten(2, sides)


class ConvTranspose2d(nn.ConvTranspose2d):
    """A transposed convolution (N, C, H, W) to (N, O, H', W')."""

    def forward(self, x: Tensor, output_size: list[int] | None = None) -> Tensor:
        if x.device.type != "cpu" or self.out_channels > 1 or output_size is not None:
            return super().forward(x, output_size)
        assert not isinstance(self.padding, str)
        (high, wide), (down, right) = self.kernel_size, self.stride
        (above, aside) = self.padding
        (more_below, more_right) = self.output_padding
        sides = (
            (x.shape[2] - 1) * down - 2 * above + high + more_below,
            (x.shape[3] - 1) * right - 2 * aside + wide + more_right,
        )
        columns = self.weight.flatten(1).t() @ x.flatten(2)
        maps = fold(columns, sides, self.kernel_size, padding=self.padding, stride=self.stride)
        return maps if self.bias is None else maps + self.bias[:, None, None]
