from __future__ import annotations

import threading

import numpy as np
import pytest
import torch
from torch import nn

from gan_core.networks.base import Generator
from gan_core.networks.build import build_generator
from gan_core.networks.convolutions import ConvTranspose2d
from gan_core.networks.feature_maps import FeatureMaps, feature_maps, map_shape
from gan_core.networks.sampling import draw
from gan_core.networks.summary import layers
from gan_core.networks.table import ARCHITECTURES


def generator_of(body: nn.Module, latent_dim: int, shape: tuple[int, int, int]) -> Generator:
    return Generator(body, latent_dim, shape).eval()


def made(name: str, n_classes: int = 0) -> Generator:
    side = ARCHITECTURES[name].image_size or 12
    channels = 2 if side == 1 else 1
    generator = build_generator(name, 8, (channels, side, side), n_classes)
    random = torch.Generator().manual_seed(1)
    for tensor in [*generator.parameters(), *generator.buffers()]:
        if tensor.is_floating_point():
            tensor.data.uniform_(0.1, 0.3, generator=random)
    return generator.eval()


def linear(weights: list[list[float]]) -> nn.Linear:
    layer = nn.Linear(len(weights[0]), len(weights), bias=False)
    layer.weight.data = torch.tensor(weights, dtype=torch.float32)
    return layer


def test_maps_by_hand() -> None:
    # z = (1, 2): the numbers are -1, 0, 1 and 3, and the unit works in place on them.
    body = nn.Sequential(linear([[-1, 0], [-2, 1], [-1, 1], [1, 1]]), nn.ReLU(inplace=True))
    rows = feature_maps(generator_of(body, 2, (1, 2, 2)), np.array([1.0, 2.0]))
    assert [(row.layer.name, row.layer.kind) for row in rows] == [
        ("body.0", "Linear"), ("body.1", "ReLU"), ("output", "Tanh"),
    ]  # fmt: skip
    first, second, last = rows
    # Half a per cent lies beyond either end: of four numbers that is 0.015 of a step inwards.
    assert (first.low, first.high) == pytest.approx((-0.985, 2.97))
    assert first.maps.tolist() == [[[0, 64], [128, 255]]]  # 0.985 and 1.985 of 3.955
    assert (second.low, second.high) == pytest.approx((0, 2.97))
    assert second.maps.tolist() == [[[0, 0], [86, 255]]]  # 1 of 2.97
    assert (last.low, last.high) == (-1, 1)
    assert last.maps.tolist() == [[[128, 128], [225, 254]]]  # tanh of 0, 0, 1, 3


def test_a_convolution_has_a_map_a_channel() -> None:
    up = nn.ConvTranspose2d(2, 2, 2, bias=False)
    up.weight.data = torch.tensor(
        [[[[1.0, 2], [3, 4]], [[0, 0], [0, 0]]], [[[0, 0], [0, 0]], [[4, 3], [2, 1]]]]
    )
    body = nn.Sequential(nn.Unflatten(1, (2, 1, 1)), up)
    _, row, _ = feature_maps(generator_of(body, 2, (2, 2, 2)), np.array([1.0, -1.0]))
    assert row.layer.shape == (2, 2, 2)
    assert (row.low, row.high) == pytest.approx((-3.965, 3.965))
    assert row.maps.tolist() == [[[160, 192], [224, 255]], [[0, 31], [63, 95]]]


@pytest.mark.parametrize("name", ARCHITECTURES)
@pytest.mark.parametrize("n_classes", [0, 3])
def test_the_words_are_those_of_the_network_sheet(name: str, n_classes: int) -> None:
    generator = made(name, n_classes)
    z, label = np.linspace(-1, 1, 8), 2 if n_classes else None
    rows = feature_maps(generator, z, label)
    sheet = layers(generator, torch.zeros(1, 8), torch.zeros(1, dtype=torch.long))
    assert [row.layer for row in rows] == sheet
    for row in rows:
        assert row.maps.shape == map_shape(row.layer.shape, generator.image_shape)
    # The last layer's maps are the picture.
    labels = None if label is None else np.array([label])
    (picture,) = draw(generator, z[None], labels)
    last = rows[-1].maps.reshape(generator.image_shape).transpose(1, 2, 0)
    assert np.abs(last.astype(int) - picture).max() <= 1


def test_the_generator_stays_as_it_is_and_draws_meanwhile() -> None:
    generator = made("dcgan-28").train()
    before = {name: value.clone() for name, value in generator.state_dict().items()}
    z = np.zeros(8)
    feature_maps(generator, z)
    assert generator.training
    assert not any(module._forward_hooks for module in generator.modules())
    assert all(torch.equal(value, before[name]) for name, value in generator.state_dict().items())

    expected = [row.maps for row in feature_maps(generator, z)]
    answers: list[list[FeatureMaps]] = []
    threads = [
        threading.Thread(target=lambda: answers.append(feature_maps(generator, z)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 4
    for rows in answers:
        assert len(rows) == len(expected)
        assert all((row.maps == maps).all() for row, maps in zip(rows, expected, strict=True))


def test_no_weight_is_copied() -> None:
    class Spy(ConvTranspose2d):
        def forward(self, x: torch.Tensor, output_size: list[int] | None = None) -> torch.Tensor:
            seen.append(self.weight.data_ptr())
            return super().forward(x, output_size)

    seen: list[int] = []
    spy = Spy(8, 1, 2)
    generator = generator_of(nn.Sequential(nn.Unflatten(1, (8, 1, 1)), spy), 8, (1, 2, 2))
    feature_maps(generator, np.zeros(8))
    assert seen == [spy.weight.data_ptr()]


@pytest.mark.parametrize(
    ("shape", "image_shape", "expected"),
    [
        ((192, 4, 4), (1, 28, 28), (192, 4, 4)),
        ((784,), (1, 28, 28), (1, 28, 28)),
        ((12,), (3, 2, 2), (3, 2, 2)),
        ((128,), (1, 28, 28), (1, 8, 16)),
        ((13,), (1, 28, 28), (1, 1, 13)),
        ((2,), (2, 1, 1), (2, 1, 1)),
    ],
)
def test_how_an_output_is_seen(
    shape: tuple[int, ...], image_shape: tuple[int, int, int], expected: tuple[int, int, int]
) -> None:
    assert map_shape(shape, image_shape) == expected


def test_numbers_that_are_none_are_black_and_one_alone_is_grey() -> None:
    body = nn.Sequential(linear([[float("nan"), 0], [0, 1]]), nn.Identity())
    rows = feature_maps(generator_of(body, 2, (1, 1, 2)), np.array([1.0, 2.0]))
    assert rows[0].maps.tolist() == [[[128, 128]]]
    assert (rows[0].low, rows[0].high) == (2, 2)
    body = nn.Sequential(linear([[float("nan"), 0]]), nn.Identity())
    (row, *_) = feature_maps(generator_of(body, 2, (1, 1, 1)), np.array([1.0, 2.0]))
    assert (row.low, row.high) == (0, 0)
