from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from gan_core.networks.build import Networks, build, build_generator
from gan_core.networks.needs import Head, Needs
from gan_core.networks.summary import Layer, layers, multiply_adds, parameter_count
from gan_core.networks.table import ARCHITECTURES

LABEL = torch.zeros(1, dtype=torch.long)
OTHERWISE = [name for name in ARCHITECTURES if name.startswith("dcgan-28-")]


def pair(name: str, head: Head = Head.SCORE, n_classes: int = 0) -> Networks:
    side = ARCHITECTURES[name].image_size or 12
    return build(name, 8, (1, side, side), Needs(head, n_classes))


def both(networks: Networks) -> tuple[list[Layer], list[Layer]]:
    generator, critic = networks
    return (
        layers(generator, torch.zeros(1, 8), LABEL),
        layers(critic, torch.zeros(1, *generator.image_shape), LABEL),
    )


def kinds(rows: list[Layer]) -> set[str]:
    return {row.kind for row in rows}


def test_layers_by_hand() -> None:
    module = nn.Sequential(
        nn.Conv2d(1, 4, 3, 2, 1), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(16, 2, bias=False)
    )
    assert layers(module, torch.zeros(1, 1, 4, 4)) == [
        # 4 maps of 2 x 2, each number from 1 x 3 x 3 inputs
        Layer("0", "Conv2d", "1 to 4, kernel 3 x 3, stride 2", (4, 2, 2), 4 * 9 + 4, 16 * 9),
        Layer("1", "BatchNorm2d", "", (4, 2, 2), 8, 0),
        Layer("2", "Flatten", "", (16,), 0, 0),
        Layer("3", "Linear", "16 to 2", (2,), 32, 32),
    ]


def test_a_transposed_convolution_works_for_each_number_of_its_input() -> None:
    (row,) = layers(nn.ConvTranspose2d(3, 2, 4, 2, 1), torch.zeros(1, 3, 5, 5))
    assert (row.shape, row.multiply_adds) == ((2, 10, 10), 3 * 25 * 2 * 16)


@pytest.mark.parametrize("name", ARCHITECTURES)
@pytest.mark.parametrize("head", Head)
def test_the_rows_add_up_to_the_networks(name: str, head: Head) -> None:
    networks = pair(name, head, n_classes=3)
    generator, critic = both(networks)
    assert sum(row.parameters for row in generator) == parameter_count(networks.generator)
    assert sum(row.parameters for row in critic) == parameter_count(networks.critic)
    assert sum(row.multiply_adds for row in generator) == multiply_adds(networks.generator)
    assert math.prod(generator[-1].shape) == math.prod(networks.generator.image_shape)


def test_looking_leaves_the_network_as_it_was() -> None:
    generator = pair("dcgan-28").generator
    before = generator.state_dict()
    layers(generator, torch.zeros(1, 8))
    assert generator.training
    assert not any(module._forward_hooks for module in generator.modules())
    assert all(torch.equal(value, before[name]) for name, value in generator.state_dict().items())


def test_a_critic_that_is_told_the_class_begins_with_its_planes() -> None:
    first, second, *_ = both(pair("dcgan-28", n_classes=3))[1]
    assert (first.kind, first.shape, first.parameters) == ("Embedding", (784,), 3 * 784)
    assert second.details.startswith("2 to ")


# ---------------------------------------------------------------- DCGAN and its opposites


def test_the_light_dcgan_makes_all_points_of_the_paper() -> None:
    generator, critic = both(pair("dcgan-28"))
    assert kinds(generator) == {"Unflatten", "ConvTranspose2d", "BatchNorm2d", "ReLU", "Tanh"}
    assert kinds(critic) == {"Conv2d", "BatchNorm2d", "LeakyReLU", "Flatten", "Linear"}
    assert [row.name for row in critic if row.kind == "Linear"] == ["head"]
    assert critic[1].kind == "LeakyReLU"  # no batch norm on the first layer


def test_saved_weights_of_the_light_dcgan_keep_their_names() -> None:
    generator, critic = pair("dcgan-28")
    names = [key for key in generator.state_dict() if key.endswith("weight")]
    assert names == [f"body.{place}.weight" for place in (1, 2, 4, 5, 7, 8, 10)]
    names = [key for key in critic.state_dict() if key.endswith("weight")]
    assert names == [*(f"trunk.{place}.weight" for place in (0, 2, 3, 5, 6)), "head.weight"]


@pytest.mark.parametrize("name", OTHERWISE)
def test_each_opposite_draws_and_judges_pictures_of_the_same_size(name: str) -> None:
    generator, critic = pair(name)
    pictures = generator(torch.randn(2, 8, generator=torch.Generator().manual_seed(0)))
    assert pictures.shape == (2, 1, 28, 28)
    assert critic(pictures).score.shape == (2,)


def test_each_opposite_undoes_one_point() -> None:
    right = both(pair("dcgan-28"))
    differences: dict[str, tuple[set[str], set[str]]] = {}
    for name in OTHERWISE:
        wrong = both(pair(name))
        differences[name] = (
            kinds(wrong[0]) ^ kinds(right[0]),
            kinds(wrong[1]) ^ kinds(right[1]),
        )
    assert differences == {
        "dcgan-28-pooling": ({"UpsampledConv2d"}, {"MaxPool2d"}),
        "dcgan-28-no-norm": ({"BatchNorm2d"}, {"BatchNorm2d"}),
        "dcgan-28-dense": ({"Linear", "BatchNorm1d"}, {"BatchNorm1d"}),
        "dcgan-28-sigmoid": ({"ReLU", "Sigmoid"}, set()),
        "dcgan-28-relu": (set(), {"LeakyReLU", "ReLU"}),
    }
    strides = [row.details for network in both(pair("dcgan-28-pooling")) for row in network]
    assert not any("stride 2" in details for details in strides)
    dense = both(pair("dcgan-28-dense"))[1]
    assert [row.kind for row in dense].count("Linear") == 2


def test_multiply_adds() -> None:
    # 100*128 + 128*256 + 256*512 + 512*784
    assert multiply_adds(build_generator("mlp", 100, (1, 28, 28))) == 578_048
    # 64 * 192*16 + 192*16 * 96*9 + 96*49 * 48*16 + 48*196 * 16
    assert multiply_adds(build_generator("dcgan-28", 64, (1, 28, 28))) == 6_614_016
    # ten more numbers in: 10 * 192*16
    assert multiply_adds(build_generator("dcgan-28", 64, (1, 28, 28), 10)) == 6_644_736


def test_counting_multiply_adds_leaves_the_generator_as_it_was() -> None:
    generator = build("dcgan-28", 64, (1, 28, 28)).generator
    multiply_adds(generator)
    assert generator.training
    assert not any(module._forward_hooks for module in generator.modules())
    assert next(generator.parameters()).device.type == "cpu"
