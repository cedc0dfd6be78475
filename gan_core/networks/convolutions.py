"""Convolutions recast where torch's library takes several times as long on a CPU.

The layers are torch's own: the same weights and, but for the order of additions, the same results.
What is recast: convolutions from and onto a single map, which are the first layer of a critic and
the last of a generator of grey pictures; transposed convolutions of a single pixel, which are the
first of a generator; and convolutions of doubled maps.

Paddings are numbers of zeros; groups and dilation are not for these layers.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import conv_transpose2d, fold, unfold


class Conv2d(nn.Conv2d):
    """A convolution (N, C, H, W) to (N, O, H', W')."""

    def forward(self, x: Tensor) -> Tensor:
        if x.device.type == "cpu" and self.in_channels == 1 and x.requires_grad:
            return self._of_patches(x)
        if x.device.type == "cpu" and self.out_channels == 1 and self.stride == (1, 1):
            return self._onto_one_map(x)
        return super().forward(x)

    def _of_patches(self, x: Tensor) -> Tensor:
        (high, wide), (down, right) = self.kernel_size, self.stride
        above, aside = _numbers(self.padding)
        sides = (
            (x.shape[2] + 2 * above - high) // down + 1,
            (x.shape[3] + 2 * aside - wide) // right + 1,
        )
        columns = unfold(x, self.kernel_size, padding=(above, aside), stride=self.stride)
        weight = self.weight.flatten(1).expand(len(x), -1, -1)
        if self.bias is None:
            return (weight @ columns).unflatten(2, sides)
        return torch.baddbmm(self.bias[None, :, None], weight, columns).unflatten(2, sides)

    def _onto_one_map(self, x: Tensor) -> Tensor:
        # What a pixel gives to its neighbours, in place of what these take from it.
        (high, wide), (above, aside) = self.kernel_size, _numbers(self.padding)
        sides = (x.shape[2] + 2 * above - high + 1, x.shape[3] + 2 * aside - wide + 1)
        weight = self.weight.flip(2, 3).transpose(0, 1)
        padding = (high - 1 - above, wide - 1 - aside)
        return _spread(x, weight, self.bias, sides, padding, self.stride)


class ConvTranspose2d(nn.ConvTranspose2d):
    """A transposed convolution (N, C, H, W) to (N, O, H', W')."""

    def forward(self, x: Tensor, output_size: list[int] | None = None) -> Tensor:
        if x.device.type == "cpu" and output_size is None:
            if self.out_channels == 1:
                return self._onto_one_map(x)
            if x.shape[2:] == (1, 1) and not any((*self.padding, *self.output_padding)):
                return self._of_one_pixel(x)
        return super().forward(x, output_size)

    def _onto_one_map(self, x: Tensor) -> Tensor:
        (high, wide), (down, right) = self.kernel_size, self.stride
        (above, aside), (more_below, more_right) = _numbers(self.padding), self.output_padding
        sides = (
            (x.shape[2] - 1) * down - 2 * above + high + more_below,
            (x.shape[3] - 1) * right - 2 * aside + wide + more_right,
        )
        return _spread(x, self.weight, self.bias, sides, (above, aside), self.stride)

    def _of_one_pixel(self, x: Tensor) -> Tensor:
        maps = x.flatten(1) @ self.weight.permute(0, 2, 3, 1).flatten(1)
        maps = maps.unflatten(1, (*self.kernel_size, -1)).permute(0, 3, 1, 2)
        return maps if self.bias is None else maps + self.bias[:, None, None]


class UpsampledConv2d(nn.Conv2d):
    """Maps (N, C, H, W) doubled by nearest-neighbour upsampling, then a convolution of stride 1.

    Computed at the lower resolution, as the transposed convolution of stride 2 that it is. Where a
    kernel of k x k meets the doubled pixels it meets every pixel of x twice, so that its weights
    add up in pairs to one of (k + 1) x (k + 1), of which each output pixel needs a quarter: 4
    multiplications in place of 9 for a kernel of 3 x 3. Odena et al. 2016, "Deconvolution and
    Checkerboard Artifacts", on why generators upsample.
    """

    def forward(self, x: Tensor) -> Tensor:
        weight = self.weight.flip(2, 3).transpose(0, 1)
        tall = nn.functional.pad(weight, (0, 0, 0, 1)) + nn.functional.pad(weight, (0, 0, 1, 0))
        both = nn.functional.pad(tall, (0, 1)) + nn.functional.pad(tall, (1, 0))
        (high, wide), (above, aside) = self.kernel_size, _numbers(self.padding)
        return conv_transpose2d(
            x, both, self.bias, stride=2, padding=(high - 1 - above, wide - 1 - aside)
        )


def _numbers(padding: str | tuple[int, ...]) -> tuple[int, ...]:
    assert not isinstance(padding, str)
    return padding


def _spread(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    sides: tuple[int, int],
    padding: tuple[int, ...],
    stride: tuple[int, ...],
) -> Tensor:
    """The transposed convolution of maps (N, C, H, W) with weights (C, 1, h, w): what each pixel
    gives to each place of the kernel as one matrix product, then the sums of what meets."""
    columns = weight.flatten(1).t() @ x.flatten(2)
    maps = fold(columns, sides, weight.shape[2:], padding=padding, stride=stride)
    return maps if bias is None else maps + bias[:, None, None]
