from __future__ import annotations

import math
from typing import Any, TypeVar

import pytest
import torch
from torch import Tensor, nn

from gan_core.errors import ConfigError
from gan_core.networks.base import AutoencoderCritic, Critic, Head, ImageShape, LabelPlane, Needs
from gan_core.networks.build import build, build_generator
from gan_core.networks.convolutions import UpsampledConv2d
from gan_core.networks.layers import BATCH_NORMS, Dropout
from gan_core.networks.summary import multiply_adds, parameter_count
from gan_core.networks.table import ARCHITECTURES
from tests.gan_core.helpers import differences, random_states

ModuleT = TypeVar("ModuleT", bound=nn.Module)

# Worked out by hand, layer by layer: weights + biases (+ 2 a channel of batch norm).
COUNTS = [
    # 100*128+128 + 128*256+256 + 256*512+512 + 512*784+784; 784*512+512 + 512*256+256 + 256+1
    ("mlp", 100, (1, 28, 28), 579_728, 533_505),
    # 100*32+32 + 32*64+64 + 64*128+128 + 128*784+784; 784*128+128 + 128*64+64 + 64*32+32 + 32+1
    ("mlp-small", 100, (1, 28, 28), 114_800, 110_849),
    # 100*1024+1024 + 1024*1024+1024 + 1024*784+784; 784*256+256 + 256*256+256 + 256+1
    ("mlp-wide", 100, (1, 28, 28), 1_956_624, 267_009),
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
    # 64 * 192*16 + 192*16 * 96*9 + 96*49 * 48*16 + 48*196 * 16
    assert multiply_adds(build_generator("dcgan-28", 64, (1, 28, 28))) == 6_614_016
    # ten more numbers in: 10 * 192*16
    assert multiply_adds(build_generator("dcgan-28", 64, (1, 28, 28), 10)) == 6_644_736


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
    found: Sizes = []
    for module in network.modules():
        if isinstance(module, nn.Linear):
            found.append((module.in_features, module.out_features))
        elif isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
            channels = (module.in_channels, module.out_channels)
            found.append((*channels, module.kernel_size[0], module.stride[0]))
    return found


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


# Heads


@pytest.mark.parametrize(
    ("name", "latent_dim", "wanted", "in_generator", "in_critic"),
    [
        # the label: 10*192*16 more in the generator; a plane, 10*784, and its channel, 24*16,
        # more in the critic
        ("dcgan-28", 64, {"n_classes": 10}, 468_385, 70_361),
        # a classifier beside the score: 1536*10+10
        ("dcgan-28", 64, {"n_classes": 10, "head": Head.CLASSES}, 468_385, 77_507),
        # the trunk without batch norm 24*16+24 + 24*48*16+48 + 48*96*9+96, the code 1536*64+64,
        # the decoder 64*192*16+192 + 192*96*9+96 + 96*48*16+48 + 48*16+1
        ("dcgan-28", 64, {"head": Head.SQUARED_ERROR, "critic_norm": False}, 437_665, 596_153),
        ("dcgan-28", 64, {"head": Head.ABSOLUTE_ERROR, "critic_norm": False}, 437_665, 596_153),
        # the generator 64*128 in place of 100*128; 784*512+512 + 512*256+256, 256*64+64, decoder
        ("mlp", 64, {"head": Head.SQUARED_ERROR, "critic_norm": False}, 575_120, 1_124_816),
        ("mlp", 100, {"n_classes": 10}, 581_008, 942_753),
    ],
)
def test_parameters_of_each_head(
    name: str, latent_dim: int, wanted: dict[str, Any], in_generator: int, in_critic: int
) -> None:
    generator, critic = build(name, latent_dim, (1, 28, 28), Needs(**wanted))
    assert parameter_count(generator) == in_generator
    assert parameter_count(critic) == in_critic


@pytest.mark.parametrize("head", Head)
@pytest.mark.parametrize("name", ARCHITECTURES)
def test_what_each_head_gives(name: str, head: Head) -> None:
    size = ARCHITECTURES[name].image_size or 8
    critic = build(name, 5, (3, size, size), Needs(head, 4, critic_norm=False)).critic
    x = torch.rand(2, 3, size, size, generator=torch.Generator().manual_seed(0)) * 2 - 1
    verdict = critic(x, torch.tensor([3, 0]))
    assert verdict.score.shape == (2,)
    is_autoencoder = head in (Head.SQUARED_ERROR, Head.ABSOLUTE_ERROR)
    assert (verdict.classes is not None) == (head is Head.CLASSES)
    assert (verdict.code is not None) == is_autoencoder
    if verdict.classes is not None:
        assert verdict.classes.shape == (2, 4)
    if verdict.code is not None:
        assert verdict.code.shape == (2, 5)
        assert verdict.score.min() > 0


def test_a_critic_sees_the_plane_of_the_label() -> None:
    critic = Critic(nn.Flatten(), 2 * 4)
    told = LabelPlane(critic, n_classes=3, side=2)
    with torch.no_grad():
        told.planes.weight.copy_(torch.arange(12).view(3, 4))
        critic.head.weight.copy_(torch.tensor([[1.0, 1, 1, 1, 10, 10, 10, 10]]))
        critic.head.bias.zero_()
    x = torch.ones(3, 1, 2, 2)
    # 4 for the image, 10 * (0+1+2+3), 10 * (4+5+6+7), 10 * (8+9+10+11) for the planes
    assert told(x, torch.tensor([0, 1, 2])).score.tolist() == [64, 224, 384]
    with pytest.raises(AssertionError, match="needs labels"):
        told(x, None)


def test_a_conditional_generator_needs_labels() -> None:
    generator = build("mlp", 4, (1, 8, 8), Needs(n_classes=3)).generator
    with pytest.raises(AssertionError, match="needs labels"):
        generator(torch.zeros(2, 4), None)


class Half(nn.Module):
    def forward(self, code: Tensor) -> Tensor:
        return code / 2


@pytest.mark.parametrize(("power", "energies"), [(2, [0.125, 0.625]), (1, [0.25, 0.75])])
def test_energies_by_hand(power: int, energies: list[float]) -> None:
    critic = AutoencoderCritic(nn.Flatten(), 2, 2, Half(), power)
    with torch.no_grad():
        critic.encode.weight.copy_(torch.eye(2))
        critic.encode.bias.copy_(torch.tensor([0.0, 1.0]))
    images = torch.tensor([[1.0, 1.0], [1.0, -1.0]]).view(2, 2, 1, 1)
    verdict = critic(images, None)
    # codes (1, 2) and (1, 0), reconstructions (0.5, 1) and (0.5, 0): errors 0.5 and 0, 0.5 and 1
    assert verdict.score.tolist() == energies
    assert verdict.code.tolist() == [[1, 2], [1, 0]]


UNITS = (nn.ReLU, nn.LeakyReLU, nn.Sigmoid, nn.Tanh)


def linear_runs(network: nn.Module, *inputs: Tensor | None) -> list[str]:
    """Linear layers and convolutions that are followed by another with no nonlinearity between."""
    found: list[str] = []
    last = ""

    def note(name: str, module: nn.Module) -> None:
        nonlocal last
        if isinstance(module, UNITS):
            last = ""
        elif isinstance(module, nn.Linear | nn.Conv2d | nn.ConvTranspose2d):
            if last:
                found.append(last)
            last = name

    for name, module in network.named_modules():
        module.register_forward_hook(lambda m, x, y, name=name: note(name, m))
    network.eval()(*inputs)
    return found


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_a_nonlinearity_stands_between_all_layers_save_at_the_code(name: str) -> None:
    size = ARCHITECTURES[name].image_size or 8
    generator, critic = build(
        name, 5, (1, size, size), Needs(Head.ABSOLUTE_ERROR, critic_norm=False)
    )
    # the projection to maps is linear in this recipe, as in BEGAN's own decoder
    linear = ["0"] if name == "dcgan-upsample" else []
    assert linear_runs(generator, torch.zeros(1, 5)) == [f"body.{place}" for place in linear]
    assert linear_runs(critic, torch.zeros(1, 1, size, size), None) == [
        "encode", *(f"decoder.{place}" for place in linear)
    ]  # fmt: skip


# Initialisation


@pytest.mark.parametrize("name", ["dcgan-28", "dcgan-upsample"])
def test_convolutions_without_batch_norm_start_larger(name: str) -> None:
    size = ARCHITECTURES[name].image_size
    assert size is not None
    shape = (1, size, size)
    critic = build(name, 64, shape, Needs(Head.SQUARED_ERROR, critic_norm=False), seed=3).critic
    found = [
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
    for weight, n in zip(found, reaching[name], strict=True):
        assert_normal(weight, mean=0.0, deviation=math.sqrt(2 / n))


def test_a_critic_without_batch_norm_passes_its_signal_on() -> None:
    noise = torch.randn(64, 1, 28, 28, generator=torch.Generator().manual_seed(0))
    free = (
        build("dcgan-28", 4, (1, 28, 28), Needs(critic_norm=False)).critic(noise, None).score.std()
    )
    assert 0.3 < free < 3


def test_counting_multiply_adds_leaves_the_generator_as_it_was() -> None:
    generator = build("dcgan-28", 64, (1, 28, 28)).generator
    multiply_adds(generator)
    assert generator.training
    assert not any(module._forward_hooks for module in generator.modules())
    assert next(generator.parameters()).device.type == "cpu"


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
    critic = build(name, 8, (1, size, size), Needs(critic_norm=False)).critic
    for module in critic.modules():
        assert not isinstance(module, BATCH_NORMS)
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
    random = torch.Generator().manual_seed(1)
    dropout.draw_from(random)
    before = random_states()
    first = dropout(x)
    assert random_states() == before
    random.manual_seed(1)
    assert torch.equal(first, dropout(x))
    assert first.unique().tolist() == pytest.approx([0.0, 1 / 0.75])
    assert (first == 0).float().mean() == pytest.approx(0.25, abs=0.02)
    assert torch.equal(dropout.eval()(x), x)


def test_dropout_of_channels_drops_whole_maps() -> None:
    dropped = Dropout(0.5, channels=True)(torch.ones(20, 8, 3, 3))
    kept = dropped.flatten(2)
    assert ((kept == 0).all(2) | (kept == 2).all(2)).all()
