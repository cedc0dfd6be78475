"""The layers give what torch's own give, values and gradients of first and second order."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from gan_core.networks.convolutions import Conv2d, ConvTranspose2d, UpsampledConv2d

CONVOLUTIONS = [
    (1, 5, 4, 2, 1),
    (1, 5, 3, 2, 1),
    (1, 4, 3, 1, 0),
    (3, 4, 4, 2, 1),
    (5, 1, 3, 1, 1),
    (5, 1, 4, 1, 0),
    (5, 1, 3, 2, 1),
]
TRANSPOSED = [(6, 1, 4, 2, 1), (6, 1, 3, 2, 1), (6, 1, 3, 1, 0), (6, 2, 4, 2, 1)]


def twins(
    ours: type[nn.Module],
    plain: type[nn.Module],
    sizes: tuple[int, ...],
    bias: bool,
) -> tuple[nn.Module, nn.Module]:
    torch.manual_seed(0)
    layer, twin = ours(*sizes, bias=bias), plain(*sizes, bias=bias)
    twin.load_state_dict(layer.state_dict())
    return layer, twin


def all_of(layer: nn.Module, x: Tensor) -> list[Tensor]:
    """The output, and the gradients by input and weights of the output and of the norm of its
    gradient by the input, as a gradient penalty takes it."""
    x = x.clone().requires_grad_()
    output = layer(x)
    weights = list(layer.parameters())
    score = output.square().sum() / 10
    (slope,) = torch.autograd.grad(score, x, create_graph=True)
    first = torch.autograd.grad(score, [x, *weights], retain_graph=True)
    second = torch.autograd.grad(slope.square().sum(), [x, *weights])
    return [output, *first, *second]


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("sizes", CONVOLUTIONS)
def test_a_convolution_is_torchs(sizes: tuple[int, ...], bias: bool) -> None:
    x = torch.randn(3, sizes[0], 9, 11, generator=torch.Generator().manual_seed(1))
    ours, plain = twins(Conv2d, nn.Conv2d, sizes, bias)
    torch.testing.assert_close(all_of(ours, x), all_of(plain, x), rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(ours(x), plain(x))  # where no gradient by the input is wanted


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("sizes", TRANSPOSED)
def test_a_transposed_convolution_is_torchs(sizes: tuple[int, ...], bias: bool) -> None:
    x = torch.randn(3, sizes[0], 5, 7, generator=torch.Generator().manual_seed(1))
    ours, plain = twins(ConvTranspose2d, nn.ConvTranspose2d, sizes, bias)
    torch.testing.assert_close(all_of(ours, x), all_of(plain, x), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("maps", [1, 3])
def test_a_single_pixel_is_transposed_as_torch_does(maps: int, bias: bool) -> None:
    x = torch.randn(3, 6, 1, 1, generator=torch.Generator().manual_seed(1))
    ours, plain = twins(ConvTranspose2d, nn.ConvTranspose2d, (6, maps, 4), bias)
    torch.testing.assert_close(all_of(ours, x), all_of(plain, x), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("sizes", [(3, 4, 3, 1, 1), (3, 1, 4, 1, 1), (2, 3, 5, 1, 2)])
def test_doubled_maps_are_convolved_as_torch_does(sizes: tuple[int, ...], bias: bool) -> None:
    x = torch.randn(3, sizes[0], 5, 7, generator=torch.Generator().manual_seed(1))
    ours, plain = twins(UpsampledConv2d, nn.Conv2d, sizes, bias)
    doubled = nn.Sequential(nn.Upsample(scale_factor=2), plain)
    torch.testing.assert_close(all_of(ours, x), all_of(doubled, x), rtol=1e-4, atol=1e-4)


def test_output_padding_is_kept() -> None:
    layer = ConvTranspose2d(2, 1, 3, 2, 1, output_padding=1)
    x = torch.randn(2, 2, 4, 4, generator=torch.Generator().manual_seed(1))
    plain = nn.functional.conv_transpose2d(x, layer.weight, layer.bias, 2, 1, 1)
    torch.testing.assert_close(layer(x), plain)
