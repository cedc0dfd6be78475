from __future__ import annotations

from typing import TypeVar

import pytest
import torch
from torch import nn

from gan_core.networks.build import build
from gan_core.networks.convolutions import UpsampledConv2d
from gan_core.networks.layers import Dropout
from gan_core.networks.needs import ImageShape
from gan_core.networks.summary import parameter_count
from gan_core.networks.table import ARCHITECTURES

ModuleT = TypeVar("ModuleT", bound=nn.Module)

# Worked out by hand, layer by layer: weights + biases (+ 2 a channel of batch norm).
COUNTS = [
    # 100*128+128 + 128*256+256 + 256*512+512 + 512*784+784; 784*512+512 + 512*256+256 + 256+1
    ("mlp", 100, (1, 28, 28), 579_728, 533_505),
    # 100*32+32 + 32*64+64 + 64*128+128 + 128*784+784; 784*128+128 + 128*64+64 + 64*32+32 + 32+1
    ("mlp-small", 100, (1, 28, 28), 114_800, 110_849),
    # 100*1024+1024 + 1024*1024+1024 + 1024*784+784; 784*256+256 + 256*256+256 + 256+1
    ("mlp-wide", 100, (1, 28, 28), 1_956_624, 267_009),
    # 100*128+128 + 128*256+256+512 + 256*512+512+1024 + 512*1024+1024+2048 + 1024*784+784;
    # 784*512+512 + 512*256+256 + 256+1
    ("mlp-norm", 100, (1, 28, 28), 1_510_032, 533_505),
    # the same; 784*512+512 + 2*(512*512+512) + 512+1
    ("mlp-norm-dropout", 100, (1, 28, 28), 1_510_032, 927_745),
    # 64*192*16+384 + 192*96*9+192 + 96*48*16+96 + 48*16+1;
    # 24*16+24 + 24*48*16+96 + 48*96*9+192 + 96*16+1
    ("dcgan-28", 64, (1, 28, 28), 437_665, 62_137),
    # 100*512*16+1024 + 512*256*16+512 + 256*128*16+256 + 128*64*16+128 + 64*16+1;
    # 64*16+64 + 64*128*16+256 + 128*256*16+512 + 256*512*16+1024 + 512*16+1
    ("dcgan-64", 100, (1, 64, 64), 3_574_657, 2_763_585),
    # the same with 64*3*16+3 at the end; 3*64*16+64 at the beginning
    ("dcgan-64", 100, (3, 64, 64), 3_576_707, 2_765_633),
    # 100*8192+8192 + 256 + 128*128*9+128+256 + 128*64*9+64+128 + 64*9+1;
    # 16*9+16 + 16*32*9+32+64 + 32*64*9+64+128 + 64*128*9+128+256 + 512+1
    ("dcgan-upsample", 100, (1, 32, 32), 1_049_985, 98_113),
    # 64*128+128+256 + 128*1152+1152+2304 + 1152*6272+6272+12544 + 128*64*9+64+128 + 64*9+1;
    # 32*9+32 + 32*64*9+64 + 1600*1024+1024 + 1024*128+128 + 128+1
    ("hybrid", 64, (1, 28, 28), 7_478_145, 1_789_569),
    # 62*1024+1024+2048 + 1024*6272+6272+12544 + 128*64*16+64+128 + 64*16+1;
    # 64*16+64 + 64*128*16+128+256 + 6272*1024+1024+2048 + 1024+1
    ("infogan", 62, (1, 28, 28), 6_640_193, 6_559_169),
    # as dcgan-28, with 192*96*16, 96*48*9 and 48*9 in place of 192*96*9, 96*48*16 and 48*16;
    # 24*9 and 24*48*9 in place of 24*16 and 24*48*16
    ("dcgan-28-pooling", 64, (1, 28, 28), 534_097, 53_905),
    # as dcgan-28, with 192+96+48 biases in place of 2*(192+96+48); 48+96 in place of 2*(48+96)
    ("dcgan-28-no-norm", 64, (1, 28, 28), 437_329, 61_993),
    # as dcgan-28, with 64*512+1024 + 512*192*16 in place of 64*192*16;
    # 1536*512+1024 + 512+1 in place of 1536+1
    ("dcgan-28-dense", 64, (1, 28, 28), 1_847_713, 848_569),
    ("dcgan-28-sigmoid", 64, (1, 28, 28), 437_665, 62_137),
    ("dcgan-28-relu", 64, (1, 28, 28), 437_665, 62_137),
]


def test_what_is_counted_is_an_architecture() -> None:
    assert {name for name, *_ in COUNTS} <= set(ARCHITECTURES)


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


Sizes = list[tuple[int, ...]]  # of linear layers: in, out; of convolutions: in, out, kernel, stride

PUBLISHED: list[tuple[str, int, ImageShape, Sizes, Sizes]] = [
    (
        "mlp-wide", 100, (1, 28, 28),
        [(100, 1024), (1024, 1024), (1024, 784)],
        [(784, 256), (256, 256), (256, 1)],
    ),
    (
        "dcgan-upsample", 100, (1, 32, 32),
        [(100, 128 * 8 * 8), (128, 128, 3, 1), (128, 64, 3, 1), (64, 1, 3, 1)],
        [(1, 16, 3, 2), (16, 32, 3, 2), (32, 64, 3, 2), (64, 128, 3, 2), (128 * 2 * 2, 1)],
    ),
    (
        "hybrid", 64, (1, 28, 28),
        [(64, 128), (128, 1152), (1152, 6272), (128, 64, 3, 1), (64, 1, 3, 1)],
        [(1, 32, 3, 1), (32, 64, 3, 1), (1600, 1024), (1024, 128), (128, 1)],
    ),
    (
        "infogan", 62, (1, 28, 28),
        [(62, 1024), (1024, 128 * 7 * 7), (128, 64, 4, 2), (64, 1, 4, 2)],
        [(1, 64, 4, 2), (64, 128, 4, 2), (128 * 7 * 7, 1024), (1024, 1)],
    ),
    (
        "dcgan-28", 64, (1, 28, 28),
        [(64, 192, 4, 1), (192, 96, 3, 2), (96, 48, 4, 2), (48, 1, 4, 2)],
        [(1, 24, 4, 2), (24, 48, 4, 2), (48, 96, 3, 2), (96 * 4 * 4, 1)],
    ),
    (
        "dcgan-64", 100, (3, 64, 64),
        [(100, 512, 4, 1), (512, 256, 4, 2), (256, 128, 4, 2), (128, 64, 4, 2), (64, 3, 4, 2)],
        [(3, 64, 4, 2), (64, 128, 4, 2), (128, 256, 4, 2), (256, 512, 4, 2), (512 * 4 * 4, 1)],
    ),
]  # fmt: skip


def sizes(network: nn.Module) -> Sizes:
    shapes: Sizes = []
    for module in network.modules():
        if isinstance(module, nn.Linear):
            shapes.append((module.in_features, module.out_features))
        elif isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
            channels = (module.in_channels, module.out_channels)
            shapes.append((*channels, module.kernel_size[0], module.stride[0]))
    return shapes


@pytest.mark.parametrize(("name", "latent_dim", "shape", "in_generator", "in_critic"), PUBLISHED)
def test_layers_are_the_published_ones(
    name: str, latent_dim: int, shape: ImageShape, in_generator: Sizes, in_critic: Sizes
) -> None:
    generator, critic = build(name, latent_dim, shape)
    assert sizes(generator) == in_generator
    assert sizes(critic) == in_critic


def modules_of(network: nn.Module, kind: type[ModuleT]) -> list[ModuleT]:
    return [module for module in network.modules() if isinstance(module, kind)]


def test_units_of_the_wide_network() -> None:
    generator, critic = build("mlp-wide", 100, (1, 28, 28))
    assert len(modules_of(generator, nn.ReLU)) == 2
    assert [unit.negative_slope for unit in modules_of(critic, nn.LeakyReLU)] == [0.01, 0.01]


def test_norms_and_dropout_of_the_upsampling_network() -> None:
    generator, critic = build("dcgan-upsample", 100, (1, 32, 32))
    assert len(modules_of(generator, UpsampledConv2d)) == 2
    assert [norm.eps for norm in modules_of(generator, nn.BatchNorm2d)] == [1e-5, 0.8, 0.8]
    assert [norm.eps for norm in modules_of(critic, nn.BatchNorm2d)] == [0.8, 0.8, 0.8]
    assert [(d.p, d.channels) for d in modules_of(critic, Dropout)] == [(0.25, True)] * 4


def test_norms_and_pooling_of_the_other_networks() -> None:
    generator, critic = build("hybrid", 64, (1, 28, 28))
    assert [n.num_features for n in modules_of(generator, nn.BatchNorm1d)] == [128, 1152, 6272]
    assert [n.num_features for n in modules_of(generator, nn.BatchNorm2d)] == [64]
    assert [pool.kernel_size for pool in modules_of(critic, nn.MaxPool2d)] == [2, 2]
    assert not modules_of(critic, nn.BatchNorm2d)
    generator, critic = build("infogan", 62, (1, 28, 28))
    assert [n.num_features for n in modules_of(generator, nn.BatchNorm1d)] == [1024, 6272]
    assert [n.num_features for n in modules_of(generator, nn.BatchNorm2d)] == [64]
    assert [n.num_features for n in modules_of(critic, nn.BatchNorm2d)] == [128]
    assert [n.num_features for n in modules_of(critic, nn.BatchNorm1d)] == [1024]
    assert {unit.negative_slope for unit in modules_of(critic, nn.LeakyReLU)} == {0.1}
