from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor, nn

from gan_core.networks.build import build
from gan_core.networks.layers import BATCH_NORMS
from gan_core.networks.needs import Head, Needs
from gan_core.networks.table import ARCHITECTURES


@pytest.mark.parametrize("name", ["dcgan-28", "dcgan-upsample"])
def test_convolutions_without_batch_norm_start_larger(name: str) -> None:
    size = ARCHITECTURES[name].image_size
    assert size is not None
    shape = (1, size, size)
    critic = build(name, 64, shape, Needs(Head.SQUARED_ERROR, critic_norm=False), seed=3).critic
    weights = [
        module.weight
        for module in critic.modules()
        if isinstance(module, nn.Linear | nn.Conv2d | nn.ConvTranspose2d)
    ]
    # sqrt(2 / n), n the numbers that reach one output: in * kernel^2; of a transposed convolution
    # only one in stride^2 of them
    reaching: dict[str, list[float]] = {
        "dcgan-28": [16, 24 * 16, 48 * 9, 1536, 64 * 16, 192 * 9 / 4, 96 * 4, 48 * 4],
        "dcgan-upsample": [9, 16 * 9, 32 * 9, 64 * 9, 512, 64, 128 * 9, 128 * 9, 64 * 9],
    }
    for weight, n in zip(weights, reaching[name], strict=True):
        assert_normal(weight, mean=0.0, deviation=math.sqrt(2 / n))


def test_a_critic_without_batch_norm_passes_its_signal_on() -> None:
    noise = torch.randn(64, 1, 28, 28, generator=torch.Generator().manual_seed(0))
    free = (
        build("dcgan-28", 4, (1, 28, 28), Needs(critic_norm=False)).critic(noise, None).score.std()
    )
    assert 0.3 < free < 3


@pytest.mark.parametrize("name", ["dcgan-28", "dcgan-64", "dcgan-upsample", "infogan"])
def test_dcgan_initialisation(name: str) -> None:
    size = ARCHITECTURES[name].image_size
    assert size is not None
    for network in build(name, 64, (1, size, size), seed=3):
        for module in network.modules():
            if isinstance(module, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
                assert_normal(module.weight, mean=0.0, deviation=0.02)
                assert module.bias is None or not module.bias.any()
            elif isinstance(module, BATCH_NORMS):
                assert_normal(module.weight, mean=1.0, deviation=0.02)
                assert not module.bias.any()
                statistics = dict(module.named_buffers())
                assert not statistics["running_mean"].any()
                assert bool((statistics["running_var"] == 1).all())


def assert_normal(values: Tensor, mean: float, deviation: float) -> None:
    """Within four standard errors."""
    n = values.numel()
    assert values.mean().item() == pytest.approx(mean, abs=4 * deviation / math.sqrt(n))
    assert values.std().item() == pytest.approx(deviation, rel=4 / math.sqrt(2 * n))


def test_fully_connected_initialisation_stays_within_its_bound() -> None:
    for network in build("mlp", 16, (1, 8, 8)):
        for module in network.modules():
            if isinstance(module, nn.Linear):
                bound = 1 / math.sqrt(module.in_features)
                assert 0.9 * bound < module.weight.abs().max() <= bound
                assert 0 < module.bias.abs().max() <= bound
