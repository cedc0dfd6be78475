"""A generator as a program: a few operations and one blob of numbers, which plain loops can run.

``program.js`` beside this file runs it in a browser. A program in bytes is the length of its header
(8 bytes, the lowest first), the header as JSON in ASCII, filled up with spaces to a multiple of 4,
and the blob: little-endian float32 or float16. The header holds ``latent_dim``, ``classes`` (0: it
takes no label), ``shape`` (height, width, channels), ``precision`` and ``operations``.

Operations pass on one array of maps (height, width, maps), channels last; a vector is maps of
1 x 1, and z is the first. Only those of the first line have numbers in the blob:

    linear, convolution, transposed
                  weighted sums of maps, with inputs, outputs, kernel, stride, padding, extra (rows
                  and columns more), groups, and at: where in the blob the weights (inputs, height,
                  width, outputs of a group) begin; after them comes a bias for each output
    label         the class joins the vector as a one-hot vector
    unit          relu, leaky with a slope, sigmoid or tanh, of each number
    reshape       a vector whose numbers go map by map becomes maps of a height and width
    double        nearest-neighbour upsampling by two
    keep, add     the maps are kept as they are here; the last that were kept are added

Batch norm is folded, in double precision, into the sums before it, and what doubles maps before a
convolution becomes the transposed convolution that :class:`.UpsampledConv2d` describes.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor, nn

from gan_core.errors import GanError
from gan_core.networks.base import Generator
from gan_core.networks.convolutions import UpsampledConv2d
from gan_core.networks.layers import Dropout
from gan_core.networks.residual import ResidualBlock

SCRIPT = Path(__file__).with_suffix(".js")  # runs programs

Precision = Literal["float32", "float16"]
_WORD = 4  # bytes that the header's end is rounded up to
_UNITS: dict[type[nn.Module], Callable[[Any], dict[str, Any]]] = {
    nn.ReLU: lambda layer: {"unit": "relu"},
    nn.LeakyReLU: lambda layer: {"unit": "leaky", "slope": layer.negative_slope},
    nn.Sigmoid: lambda layer: {"unit": "sigmoid"},
    nn.Tanh: lambda layer: {"unit": "tanh"},
}


@dataclass
class _Sums:
    """Weighted sums on their way into a program, in double precision."""

    kind: str
    weight: Tensor  # (inputs, height, width, outputs of a group)
    bias: Tensor  # (outputs,)
    stride: tuple[int, ...] = (1, 1)
    padding: tuple[int, ...] = (0, 0)
    extra: tuple[int, ...] = (0, 0)
    groups: int = 1

    def scale(self, factor: Tensor, shift: Tensor) -> None:
        """Make of each output (outputs,) its product with a factor, and a shift more."""
        groups = self.weight.unflatten(0, (self.groups, -1))
        self.weight = (groups * factor.view(self.groups, 1, 1, 1, -1)).flatten(0, 1)
        self.bias = self.bias * factor + shift

    def numbers(self) -> np.ndarray:
        """Its part of the blob."""
        return torch.cat([self.weight.flatten(), self.bias]).numpy()

    def entry(self, at: int) -> dict[str, Any]:
        """Its line among the operations."""
        return {
            "op": self.kind,
            "inputs": len(self.weight),
            "outputs": len(self.bias),
            "kernel": list(self.weight.shape[1:3]),
            "stride": list(self.stride),
            "padding": list(self.padding),
            "extra": list(self.extra),
            "groups": self.groups,
            "at": at,
        }


_Operation = _Sums | dict[str, Any]


def to_program(generator: Generator, precision: Precision = "float32") -> bytes:
    """The generator, in eval mode, as a program.

    Raises:
        GanError: a layer has no counterpart, which the message names, or the weights hold numbers
            that are not finite or too large for the precision.
    """
    channels, height, width = generator.image_shape
    operations: list[_Operation] = []
    if generator.n_classes:
        operations.append({"op": "label", "classes": generator.n_classes})
    _translate(generator.body, "body", operations)
    _translate(generator.output, "output", operations)
    if not any(isinstance(one, dict) and one["op"] == "reshape" for one in operations):
        operations.append({"op": "reshape", "height": height, "width": width})
    entries: list[dict[str, Any]] = []
    parts: list[np.ndarray] = []
    at = 0
    for operation in operations:
        if isinstance(operation, _Sums):
            entries.append(operation.entry(at))
            parts.append(operation.numbers())
            at += len(parts[-1])
        else:
            entries.append(operation)
    with np.errstate(over="ignore"):
        numbers = np.concatenate(parts).astype("<f2" if precision == "float16" else "<f4")
    if not np.isfinite(numbers).all():
        raise GanError(
            f"The weights hold numbers that are not finite, or too large for {precision}."
        )
    header = {
        "latent_dim": generator.latent_dim,
        "classes": generator.n_classes,
        "shape": [height, width, channels],
        "precision": precision,
        "operations": entries,
    }
    text = json.dumps(header, separators=(",", ":")).encode("ascii")
    text = text.ljust(math.ceil(len(text) / _WORD) * _WORD)
    return len(text).to_bytes(8, "little") + text + numbers.tobytes()


def _translate(layer: nn.Module, place: str, operations: list[_Operation]) -> None:
    """Add to the operations what a layer does; ``place`` is its name in the generator."""
    match layer:
        case nn.Sequential():
            for name, part in layer.named_children():
                _translate(part, f"{place}.{name}", operations)
        case Dropout() | nn.Identity():
            pass
        case ResidualBlock():
            operations.append({"op": "keep"})
            _translate(layer.added, f"{place}.added", operations)
            operations.append({"op": "add"})
        case nn.Linear():
            weight = _double(layer.weight).t()[:, None, None]
            operations.append(_Sums("linear", weight, _bias(layer.bias, layer.out_features)))
        case nn.Conv2d() | nn.ConvTranspose2d():
            operations.append(_convolution(layer, place))
        case nn.BatchNorm1d() | nn.BatchNorm2d():
            _fold(layer, place, operations)
        case nn.Unflatten(dim=1, unflattened_size=(_, int(height), int(width))):
            operations.append({"op": "reshape", "height": height, "width": width})
        case nn.Upsample(scale_factor=2.0 | (2.0, 2.0), mode="nearest"):
            operations.append({"op": "double"})
        case _ if type(layer) in _UNITS:
            operations.append({"op": "unit", **_UNITS[type(layer)](layer)})
        case _:
            raise _refusal(layer, place, "has no counterpart in a program")


def _convolution(layer: nn.Conv2d | nn.ConvTranspose2d, place: str) -> _Sums:
    padding = layer.padding
    if isinstance(padding, str) or layer.dilation != (1, 1) or layer.padding_mode != "zeros":
        raise _refusal(layer, place, "pads or dilates as no program does")
    weight, bias = _double(layer.weight), _bias(layer.bias, layer.out_channels)
    if isinstance(layer, nn.ConvTranspose2d):  # (inputs, outputs of a group, height, width)
        weight = weight.permute(0, 2, 3, 1)
        return _Sums(
            "transposed", weight, bias, layer.stride, padding, layer.output_padding, layer.groups
        )
    # (outputs, inputs of a group, height, width)
    weight = weight.unflatten(0, (layer.groups, -1)).permute(0, 2, 3, 4, 1).flatten(0, 1)
    if not isinstance(layer, UpsampledConv2d):
        return _Sums("convolution", weight, bias, layer.stride, padding, groups=layer.groups)
    high, wide = layer.kernel_size
    flipped = weight.flip(1, 2)
    tall = nn.functional.pad(flipped, (0, 0, 0, 0, 0, 1)) + nn.functional.pad(
        flipped, (0, 0, 0, 0, 1, 0)
    )
    both = nn.functional.pad(tall, (0, 0, 0, 1)) + nn.functional.pad(tall, (0, 0, 1, 0))
    inner = (high - 1 - padding[0], wide - 1 - padding[1])
    return _Sums("transposed", both, bias, (2, 2), inner, groups=layer.groups)


def _fold(norm: nn.BatchNorm1d | nn.BatchNorm2d, place: str, operations: list[_Operation]) -> None:
    """Fold what batch norm does in eval mode into the sums before it."""
    before = list(operations)
    pixels = 1  # numbers of the sums that make up one map
    if before and isinstance(before[-1], dict) and before[-1]["op"] == "reshape":
        reshape = before.pop()
        assert isinstance(reshape, dict)
        pixels = reshape["height"] * reshape["width"]
    sums = before[-1] if before else None
    if not isinstance(sums, _Sums) or norm.running_mean is None or norm.running_var is None:
        raise _refusal(norm, place, "follows no layer that it could be folded into")
    factor = (_double(norm.running_var) + norm.eps).rsqrt()
    if norm.weight is not None:
        factor = factor * _double(norm.weight)
    shift = -_double(norm.running_mean) * factor
    if norm.bias is not None:
        shift = shift + _double(norm.bias)
    sums.scale(factor.repeat_interleave(pixels), shift.repeat_interleave(pixels))


def _double(values: Tensor) -> Tensor:
    return values.detach().cpu().double()


def _bias(bias: Tensor | None, outputs: int) -> Tensor:
    return torch.zeros(outputs, dtype=torch.double) if bias is None else _double(bias)


def _refusal(layer: nn.Module, place: str, reason: str) -> GanError:
    return GanError(f"The layer {type(layer).__name__} ({place}) {reason}.")
