from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from gan_core.errors import GanError
from gan_core.networks.base import Generator
from gan_core.networks.residual import ResidualBlock
from gan_core.runs.program import to_program


def generator(*layers: nn.Module, shape: tuple[int, int, int] = (1, 1, 2)) -> Generator:
    return Generator(nn.Sequential(*layers), 2, shape).eval()


def read(content: bytes) -> tuple[dict[str, Any], np.ndarray]:
    """The header of a program, and its blob."""
    start = 8 + int.from_bytes(content[:8], "little")
    header = json.loads(content[8:start])
    return header, np.frombuffer(content[start:], np.dtype(header["precision"]))


def linear(weight: list[list[float]], bias: list[float]) -> nn.Linear:
    layer = nn.Linear(len(weight[0]), len(weight))
    with torch.no_grad():
        layer.weight.copy_(torch.tensor(weight))
        layer.bias.copy_(torch.tensor(bias))
    return layer


def norm(
    layer: nn.BatchNorm1d | nn.BatchNorm2d, mean: list[float], var: list[float]
) -> nn.BatchNorm1d | nn.BatchNorm2d:
    assert layer.running_mean is not None and layer.running_var is not None
    layer.running_mean.copy_(torch.tensor(mean))
    layer.running_var.copy_(torch.tensor(var))
    layer.eps = 0.0
    return layer


def test_a_linear_layer_and_its_unit() -> None:
    content = to_program(generator(linear([[1, 2], [3, 4]], [5, 6]), nn.LeakyReLU(0.25)))
    header, numbers = read(content)
    assert header["latent_dim"] == 2 and header["classes"] == 0 and header["shape"] == [1, 2, 1]
    first, *others = header["operations"]
    assert (first["op"], first["inputs"], first["outputs"], first["at"]) == ("linear", 2, 2, 0)
    assert others == [
        {"op": "unit", "unit": "leaky", "slope": 0.25},
        {"op": "unit", "unit": "tanh"},
        {"op": "reshape", "height": 1, "width": 2},
    ]
    assert numbers.tolist() == [1, 3, 2, 4, 5, 6]  # input by input, then the biases
    assert (len(content) - numbers.nbytes) % 4 == 0


def test_batch_norm_becomes_part_of_the_layer_before() -> None:
    layers = linear([[1, 2], [3, 4]], [5, 6]), norm(nn.BatchNorm1d(2), [1, 2], [4, 16])
    _, numbers = read(to_program(generator(*layers)))
    # halved and quartered, the biases less the means before
    assert numbers.tolist() == [0.5, 0.75, 1, 1, 2, 1]


def test_batch_norm_of_maps_that_a_linear_layer_made() -> None:
    layers = [
        linear([[1, 0], [2, 0], [3, 0], [4, 0]], [0, 0, 0, 0]),
        nn.Unflatten(1, (2, 1, 2)),  # maps of two pixels
        norm(nn.BatchNorm2d(2), [0, 8], [1, 4]),
    ]
    _, numbers = read(to_program(generator(*layers, shape=(2, 1, 2))))
    assert numbers.tolist() == [1, 2, 1.5, 2, 0, 0, 0, 0, 0, 0, -4, -4]


def test_the_class_joins_as_a_vector() -> None:
    body = nn.Sequential(nn.Linear(5, 2))
    header, _ = read(to_program(Generator(body, 2, (1, 1, 2), n_classes=3)))
    assert header["classes"] == 3
    assert header["operations"][0] == {"op": "label", "classes": 3}
    assert header["operations"][1]["inputs"] == 5


def test_a_residual_block_keeps_what_it_adds_to() -> None:
    header, _ = read(to_program(generator(nn.Unflatten(1, (2, 1, 1)), ResidualBlock(2, 1))))
    kinds = [operation["op"] for operation in header["operations"]]
    unit = ["convolution", "unit"]
    assert kinds == ["reshape", "keep", *unit, *unit, "convolution", "add", "unit"]


def test_half_precision_takes_half_the_room() -> None:
    header, numbers = read(to_program(generator(linear([[1, 2], [3, 0.1]], [0, 0])), "float16"))
    assert header["precision"] == "float16"
    assert numbers.tolist() == [1, 3, 2, np.float16(0.1), 0, 0]


def test_what_cannot_be_said_is_refused_by_name() -> None:
    with pytest.raises(GanError, match=r"^The layer GELU \(body\.1\) has no counterpart"):
        to_program(generator(nn.Linear(2, 2), nn.GELU()))
    with pytest.raises(GanError, match=r"^The layer BatchNorm1d \(body\.2\) follows no layer"):
        to_program(generator(nn.Linear(2, 2), nn.ReLU(), nn.BatchNorm1d(2)))
    dilated = nn.Conv2d(2, 2, 3, dilation=2)
    with pytest.raises(GanError, match=r"^The layer Conv2d \(body\.1\) pads or dilates"):
        to_program(generator(nn.Unflatten(1, (2, 1, 1)), dilated))


def test_numbers_that_do_not_fit_are_refused() -> None:
    large = generator(linear([[1e6, 0], [0, 0]], [0, 0]))
    to_program(large)
    with pytest.raises(GanError, match="too large for float16"):
        to_program(large, "float16")
    with pytest.raises(GanError, match="not finite"):
        to_program(generator(linear([[float("nan"), 0], [0, 0]], [0, 0])))
