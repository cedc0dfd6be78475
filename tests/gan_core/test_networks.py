from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor, nn

from gan_core.errors import ConfigError
from gan_core.networks import (
    ARCHITECTURES,
    Dropout,
    ImageShape,
    build,
    build_generator,
    multiply_adds,
    parameter_count,
)
from tests.gan_core.helpers import differences, random_states

# Worked out by hand, layer by layer: weights + biases (+ 2 a channel of batch norm).
COUNTS = [
    # 100*128+128 + 128*256+256 + 256*512+512 + 512*784+784; 784*512+512 + 512*256+256 + 256+1
    ("mlp", 100, (1, 28, 28), 579_728, 533_505),
    # 100*32+32 + 32*64+64 + 64*128+128 + 128*784+784; 784*128+128 + 128*64+64 + 64*32+32 + 32+1
    ("mlp-small", 100, (1, 28, 28), 114_800, 110_849),
    # 64*96*16+192 + 96*48*9+96 + 48*24*16+48 + 24*16+1;
    # 24*16+24 + 24*48*16+96 + 48*96*9+192 + 96*16+1
    ("dcgan-28", 64, (1, 28, 28), 158_929, 62_137),
    # 100*512*16+1024 + 512*256*16+512 + 256*128*16+256 + 128*64*16+128 + 64*16+1;
    # 64*16+64 + 64*128*16+256 + 128*256*16+512 + 256*512*16+1024 + 512*16+1
    ("dcgan-64", 100, (1, 64, 64), 3_574_657, 2_763_585),
    # the same with 64*3*16+3 at the end; 3*64*16+64 at the beginning
    ("dcgan-64", 100, (3, 64, 64), 3_576_707, 2_765_633),
]


def test_every_architecture_is_counted() -> None:
    assert {name for name, *_ in COUNTS} == set(ARCHITECTURES)


@pytest.mark.parametrize(("name", "latent_dim", "shape", "in_generator", "in_critic"), COUNTS)
def test_shapes_and_parameters(
    name: str, latent_dim: int, shape: ImageShape, in_generator: int, in_critic: int
) -> None:
    generator, critic = build(name, latent_dim, shape)
    assert parameter_count(generator) == in_generator
    assert parameter_count(critic) == in_critic
    z = torch.randn(3, latent_dim, generator=torch.Generator().manual_seed(0))
    pictures = generator(z, None)
    assert pictures.shape == (3, *shape)
    assert pictures.abs().max() <= 1
    assert critic(pictures, None).score.shape == (3,)
    assert all(p.isfinite().all() for p in [*generator.parameters(), *critic.parameters()])


def test_multiply_adds() -> None:
    # 100*128 + 128*256 + 256*512 + 512*784
    assert multiply_adds(build_generator("mlp", 100, (1, 28, 28))) == 578_048
    # 64 * 96*16 + 96*16 * 48*9 + 48*49 * 24*16 + 24*196 * 16
    assert multiply_adds(build_generator("dcgan-28", 64, (1, 28, 28))) == 1_740_288


def test_counting_multiply_adds_leaves_the_generator_as_it_was() -> None:
    generator = build("dcgan-28", 64, (1, 28, 28)).generator
    multiply_adds(generator)
    assert generator.training
    assert not any(module._forward_hooks for module in generator.modules())
    assert next(generator.parameters()).device.type == "cpu"


@pytest.mark.parametrize("name", ["dcgan-28", "dcgan-64"])
def test_dcgan_initialisation(name: str) -> None:
    size = ARCHITECTURES[name].image_size
    assert size is not None
    for network in build(name, 64, (1, size, size), seed=3):
        for module in network.modules():
            if isinstance(module, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
                assert_normal(module.weight, mean=0.0, deviation=0.02)
                assert module.bias is None or not module.bias.any()
            elif isinstance(module, nn.BatchNorm2d):
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


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_weights_follow_from_the_seed_alone(name: str) -> None:
    size = ARCHITECTURES[name].image_size or 8
    before = random_states()
    one = build(name, 8, (1, size, size), seed=5)
    assert random_states() == before
    torch.manual_seed(99)
    same = build(name, 8, (1, size, size), seed=5)
    other = build(name, 8, (1, size, size), seed=6)
    for a, b, c in zip(one, same, other, strict=True):
        assert differences(a.state_dict(), b.state_dict()) == []
        assert differences(a.state_dict(), c.state_dict())


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_a_critic_without_batch_norm_has_none(name: str) -> None:
    size = ARCHITECTURES[name].image_size or 8
    critic = build(name, 8, (1, size, size), critic_norm=False).critic
    for module in critic.modules():
        assert not isinstance(module, nn.BatchNorm2d)
        assert not isinstance(module, nn.Conv2d) or module.bias is not None


def test_shapes_that_an_architecture_cannot_make() -> None:
    with pytest.raises(ConfigError, match=r"image_size is 32; .*'dcgan-28'.* 28 x 28"):
        build("dcgan-28", 8, (1, 32, 32))
    with pytest.raises(ConfigError, match=r"architecture is 'unet'; choose one of mlp"):
        build("unet", 8, (1, 32, 32))
    with pytest.raises(ConfigError):
        build_generator("mlp", 8, (1, 8, 9))


def test_dropout_draws_from_its_own_generator() -> None:
    dropout, x = Dropout(0.25), torch.ones(200, 50)
    dropout.generator = torch.Generator().manual_seed(1)
    before = random_states()
    first = dropout(x)
    assert random_states() == before
    dropout.generator.manual_seed(1)
    assert torch.equal(first, dropout(x))
    assert first.unique().tolist() == pytest.approx([0.0, 1 / 0.75])
    assert (first == 0).float().mean() == pytest.approx(0.25, abs=0.02)
    assert torch.equal(dropout.eval()(x), x)


def test_dropout_of_channels_drops_whole_maps() -> None:
    dropped = Dropout(0.5, channels=True)(torch.ones(20, 8, 3, 3))
    kept = dropped.flatten(2)
    assert ((kept == 0).all(2) | (kept == 2).all(2)).all()
