"""What is timed side by side does the same."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from benchmarks.ceiling import Work
from benchmarks.reference_loop import ReferenceLoop
from benchmarks.throughput import largest_difference
from gan_core import catalog, presets
from gan_core.data import loading
from gan_core.data.dataset import ImageData
from gan_core.networks.convolutions import UpsampledConv2d

CPU = torch.device("cpu")


def digits(side: int) -> ImageData:
    return loading.load("digits", loading.default_data_dir(), image_size=side)


@pytest.mark.parametrize(
    ("name", "steps"),
    [
        ("gan-mnist", 50),
        ("dcgan-mnist", 8),
        ("dcgan-upsample-mnist", 3),
        ("hybrid-mnist", 4),
        ("wgan-mnist", 2),
        ("wgan-gp-mnist", 2),
        ("acgan-mnist", 4),
        ("began-mnist", 4),
    ],
)
def test_the_trainer_has_the_losses_of_the_reference_loop(name: str, steps: int) -> None:
    config = presets.preset(name).with_settings(
        {"batch_size": 4, "batch_size_g": 0, "dataset": "digits"}
    )
    data = digits(catalog.image_size(config))
    assert largest_difference(config, data, CPU, steps) < 1e-9
    assert torch.get_default_dtype() == torch.float32


def test_the_reference_loop_has_torchs_own_layers_only() -> None:
    config = presets.preset("dcgan-upsample-mnist").with_settings({"dataset": "digits"})
    loop = ReferenceLoop(config, digits(32), CPU)
    layers = [*loop.generator.modules(), *loop.critic.modules()]
    assert not any(type(layer).__module__ == UpsampledConv2d.__module__ for layer in layers)
    assert sum(isinstance(layer, nn.Upsample) for layer in layers) == 2


def test_the_work_of_a_product_is_counted() -> None:
    a, b = torch.ones(2, 3), torch.ones(3, 5)
    with Work() as work:
        ((a @ b).view(-1) + 1).exp()
    assert work.operations == 2 * 2 * 3 * 5
    assert work.bytes == 4 * (2 * 3 + 3 * 5 + 2 * 5) + 2 * 4 * (10 + 10)
    with Work() as again:
        work.products()
    assert again.operations == work.operations
    assert again.bytes == 4 * (2 * 3 + 3 * 5 + 2 * 5)
