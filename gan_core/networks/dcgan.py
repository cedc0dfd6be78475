"""DCGAN's networks, with strides and with upsampling."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import nn

from gan_core.networks.base import Kernels, Trunk
from gan_core.networks.convolutions import Conv2d, ConvTranspose2d, UpsampledConv2d
from gan_core.networks.layers import LEAKY_RELU, RELU, Dropout, norm_if
from gan_core.networks.needs import ImageShape


@dataclass(frozen=True)
class DCGANStyle:
    """The points that DCGAN makes (section 3). The defaults are the paper's; each field, changed
    alone, gives a network that the paper argues against."""

    strides: bool = True  # else upsampling in the generator and max pooling in the discriminator
    norm: bool = True  # batch norm in both
    hidden: int = 0  # units of a fully connected hidden layer in each
    generator_unit: Callable[[], nn.Module] = RELU
    critic_unit: Callable[[], nn.Module] = LEAKY_RELU

    def grow(self, before: int, width: int, kernel: int, bias: bool) -> list[nn.Module]:
        """To maps of twice the side with a kernel of 4, of one less with a kernel of 3."""
        if self.strides:
            return [ConvTranspose2d(before, width, kernel, 2, 1, bias=bias)]
        # after a doubling, a kernel of 3 keeps the side and a kernel of 4 takes one off
        return [UpsampledConv2d(before, width, 7 - kernel, 1, 1, bias=bias)]

    def shrink(self, before: int, width: int, kernel: int, bias: bool) -> list[nn.Module]:
        """To maps of half the side, rounded up."""
        if self.strides:
            return [Conv2d(before, width, kernel, 2, 1, bias=bias)]
        pool = nn.MaxPool2d(2, ceil_mode=True)
        return [Conv2d(before, width, 3, 1, 1, bias=bias), pool]


def dcgan_body(
    latent_dim: int,
    shape: ImageShape,
    norm: bool,
    widths: tuple[int, ...],
    kernels: Kernels,
    style: DCGANStyle = DCGANStyle(),
) -> nn.Module:
    """Project z to 4 x 4 maps, then a strided transposed convolution for each kernel; batch norm
    and ReLU between (DCGAN, section 3). A kernel of 4 doubles the side, a kernel
    of 3 makes it one less than double, which is how 4 becomes 7."""
    norm = norm and style.norm
    layers: list[nn.Module] = []
    before = latent_dim
    if style.hidden:
        layers += [
            nn.Linear(latent_dim, style.hidden, bias=not norm),
            *norm_if(nn.BatchNorm1d(style.hidden), norm),
            style.generator_unit(),
        ]
        before = style.hidden
    layers += [
        nn.Unflatten(1, (before, 1, 1)),
        ConvTranspose2d(before, widths[0], 4, bias=not norm),
        *norm_if(nn.BatchNorm2d(widths[0]), norm),
        style.generator_unit(),
    ]
    for before, width, kernel in zip(widths, widths[1:], kernels, strict=False):
        layers += [
            *style.grow(before, width, kernel, bias=not norm),
            *norm_if(nn.BatchNorm2d(width), norm),
            style.generator_unit(),
        ]
    last = style.grow(widths[-1], shape[0], kernels[-1], bias=True)
    return nn.Sequential(*layers, *last)


def dcgan_trunk(
    shape: ImageShape,
    norm: bool,
    widths: tuple[int, ...],
    kernels: Kernels,
    style: DCGANStyle = DCGANStyle(),
) -> Trunk:
    """The generator's way back to 4 x 4 maps: convolutions of stride 2 with LeakyReLU 0.2; batch
    norm on all but the first (DCGAN, section 3), or on none where the objective forbids it."""
    norm = norm and style.norm
    layers: list[nn.Module] = []
    before = shape[0]
    for width, kernel in zip(widths, kernels, strict=True):
        has_norm = norm and bool(layers)
        layers += [
            *style.shrink(before, width, kernel, bias=not has_norm),
            *norm_if(nn.BatchNorm2d(width), has_norm),
            style.critic_unit(),
        ]
        before = width
    layers.append(nn.Flatten())
    features = before * 4 * 4
    if style.hidden:
        layers += [
            nn.Linear(features, style.hidden, bias=not norm),
            *norm_if(nn.BatchNorm1d(style.hidden), norm),
            style.critic_unit(),
        ]
        features = style.hidden
    return nn.Sequential(*layers), features


def upsample_body(latent_dim: int, shape: ImageShape, norm: bool) -> nn.Module:
    """Linear to 128 x 8 x 8, then nearest-neighbour upsampling and 3 x 3 convolutions: what
    transposed convolutions draw as a checkerboard, this cannot."""

    def block(before: int, width: int) -> list[nn.Module]:
        return [
            UpsampledConv2d(before, width, 3, 1, 1),
            *norm_if(nn.BatchNorm2d(width, eps=0.8), norm),
            nn.LeakyReLU(0.2, inplace=True),
        ]

    return nn.Sequential(
        nn.Linear(latent_dim, 128 * 8 * 8),
        nn.Unflatten(1, (128, 8, 8)),
        *norm_if(nn.BatchNorm2d(128), norm),
        *block(128, 128),
        *block(128, 64),
        Conv2d(64, shape[0], 3, 1, 1),
    )


def upsample_trunk(shape: ImageShape, norm: bool) -> Trunk:
    """Four strided convolutions with dropout, down to 128 x 2 x 2."""
    layers: list[nn.Module] = []
    before = shape[0]
    for width in (16, 32, 64, 128):
        first = before == shape[0]
        layers += [
            Conv2d(before, width, 3, 2, 1),
            nn.LeakyReLU(0.2, inplace=True),
            Dropout(0.25, channels=True),
            *norm_if(nn.BatchNorm2d(width, eps=0.8), norm and not first),
        ]
        before = width
    return nn.Sequential(*layers, nn.Flatten()), 128 * 2 * 2
