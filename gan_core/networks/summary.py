"""What a network is made of, read from the module itself."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor, nn

from gan_core.networks.base import Generator
from gan_core.networks.convolutions import UpsampledConv2d
from gan_core.networks.initialisation import allocate


def parameter_count(module: nn.Module) -> int:
    """Number of trainable parameters."""
    return sum(p.numel() for p in module.parameters())


def multiply_adds(generator: Generator) -> int:
    """Multiply-accumulate operations of linear and convolution layers for one generated image."""
    z = torch.zeros(1, generator.latent_dim)
    label = torch.zeros(1, dtype=torch.long)
    return sum(layer.multiply_adds for layer in layers(generator, z, label))


class Layer(NamedTuple):
    """One layer of a network, as it is called."""

    name: str  # its place in the module, as in the names of its weights
    kind: str  # the class that computes it
    details: str  # its sizes and constants, in words; empty where there are none
    shape: tuple[int, ...]  # of its output for one image, batch left out
    parameters: int  # trainable ones
    multiply_adds: int  # for one image; 0 for all but linear layers and convolutions


@torch.no_grad()
def layers(module: nn.Module, *inputs: Tensor) -> list[Layer]:
    """The layers of a module in the order in which they are called.

    A copy of the module runs on memory as it happens to be: what it computes is not looked at. (The
    meta device would compute nothing, but to run there torch loads its compiler: more than a
    second.) The module itself stays as it is.

    Args:
        module: in whatever mode, on whatever device; it is taken in eval mode.
        inputs: what it is called with, a batch of one, on any device.
    """
    rows: list[Layer] = []
    outline = copy.deepcopy(module).eval()
    allocate(outline)
    watch(outline, lambda layer, output: rows.append(layer), *(tensor.cpu() for tensor in inputs))
    return rows


def watch(module: nn.Module, note: Callable[[Layer, Tensor], None], *inputs: Tensor | None) -> None:
    """Call a module, and tell ``note`` of each layer with its output, in the order in which they
    are called.

    Args:
        module: the caller's own, for it is watched ever after.
        note: the output is its own only while it is called; the next layer may work in place.
        inputs: what the module is called with.
    """
    for name, part in module.named_modules():
        if not any(part.children()):

            def tell(
                part: nn.Module, arguments: tuple[Tensor, ...], output: Tensor, name: str = name
            ) -> None:
                shape = tuple(output.shape[1:])
                work = _multiply_adds(part, arguments[0].shape, shape)
                parameters = sum(p.numel() for p in part.parameters())
                kind = type(part).__name__
                note(Layer(name, kind, _details(part), shape, parameters, work), output)

            part.register_forward_hook(tell)
    module(*inputs)


def _multiply_adds(part: nn.Module, before: torch.Size, after: tuple[int, ...]) -> int:
    if isinstance(part, nn.Linear):
        return part.in_features * part.out_features
    if isinstance(part, UpsampledConv2d):  # as it is computed, at the lower resolution
        high, wide = part.kernel_size
        taps = part.in_channels * part.out_channels * (high + 1) * (wide + 1)
        return taps * math.prod(before[2:])
    if isinstance(part, nn.Conv2d):
        return part.weight[0].numel() * math.prod(after)
    if isinstance(part, nn.ConvTranspose2d):
        return part.weight[0].numel() * math.prod(before[1:])
    return 0


def _details(part: nn.Module) -> str:
    match part:
        case nn.Linear():
            return f"{part.in_features:,} to {part.out_features:,}"
        case nn.Conv2d() | nn.ConvTranspose2d():
            kernel = " x ".join(map(str, part.kernel_size))
            channels = f"{part.in_channels:,} to {part.out_channels:,}"
            suffix = " after doubling" if isinstance(part, UpsampledConv2d) else ""
            return f"{channels}, kernel {kernel}, stride {part.stride[0]}{suffix}"
        case nn.Embedding():
            return f"{part.num_embeddings:,} classes"
        case nn.LeakyReLU():
            return f"slope {part.negative_slope:g}"
        case nn.MaxPool2d():
            return f"{part.kernel_size} x {part.kernel_size}"
        case nn.Module(p=float(share)):  # dropout
            return f"{share:g} dropped"
        case _:
            return ""
