from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from gan_core.errors import ConfigError
from gan_core.networks.build import build, build_generator
from gan_core.networks.layers import BATCH_NORMS
from gan_core.networks.needs import Head, Hidden, Needs
from gan_core.networks.summary import parameter_count
from gan_core.networks.table import ARCHITECTURES
from tests.gan_core.helpers import differences, random_states


@pytest.mark.parametrize(
    ("name", "latent_dim", "needs", "in_generator", "in_critic"),
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
    name: str, latent_dim: int, needs: dict[str, Any], in_generator: int, in_critic: int
) -> None:
    generator, critic = build(name, latent_dim, (1, 28, 28), Needs(**needs))
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


UNITS = (nn.ReLU, nn.LeakyReLU, nn.Sigmoid, nn.Tanh)


def linear_runs(network: nn.Module, *inputs: Tensor | None) -> list[str]:
    """Linear layers and convolutions that are followed by another with no nonlinearity between."""
    runs: list[str] = []
    last = ""

    def note(name: str, module: nn.Module) -> None:
        nonlocal last
        if isinstance(module, UNITS):
            last = ""
        elif isinstance(module, nn.Linear | nn.Conv2d | nn.ConvTranspose2d):
            if last:
                runs.append(last)
            last = name

    for name, module in network.named_modules():
        module.register_forward_hook(lambda m, x, y, name=name: note(name, m))
    network.eval()(*inputs)
    return runs


# In residual networks the sums stand between: what a block adds begins at nothing.
@pytest.mark.parametrize("name", [name for name in ARCHITECTURES if not name.startswith("resnet")])
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


def test_depth_and_width_of_the_network_for_points() -> None:
    # z-32-32-32-2: 2*32+32 + 2 * (32*32+32) + 32*2+2; the critic ends in a score
    networks = build("points", 2, (2, 1, 1), hidden=Hidden(3, 32))
    assert [parameter_count(network) for network in networks] == [2274, 2241]
    same = build("points", 2, (2, 1, 1), hidden=Hidden(2, 64), seed=3)
    for one, other in zip(same, build("points", 2, (2, 1, 1), seed=3), strict=True):
        assert differences(one.state_dict(), other.state_dict()) == []
    one_layer = build_generator("points", 1, (2, 1, 1), 0, Hidden(1))
    layers = [module for module in one_layer.modules() if isinstance(module, nn.Linear)]
    assert [layer.out_features for layer in layers] == [64, 2]
