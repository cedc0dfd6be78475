from __future__ import annotations

import math
from dataclasses import dataclass

import pytest
import torch
from torch import Tensor, nn
from torch.func import functional_call

from gan_core.networks.base import Critic
from gan_core.networks.build import build
from gan_core.networks.dcgan import dcgan_trunk
from gan_core.networks.mlp import mlp_trunk
from gan_core.networks.needs import Needs, Verdict
from gan_core.networks.residual import residual_trunk
from gan_core.networks.table import ARCHITECTURES
from gan_core.objectives.base import Batch
from tests.gan_core.helpers import random_states
from tests.gan_core.objectives.losses import PENALISED, named_objective

# Whose layers others have as well, or a tiny critic.
LARGE = {"dcgan-64", "infogan", "hybrid", "dcgan-28-dense", "dcgan-wide"}
LARGE |= {name for name in ARCHITECTURES if name.startswith("resnet-")}


@dataclass
class Witness:
    """A critic that remembers what it was shown."""

    images: list[Tensor]

    def __call__(self, x: Tensor, y: Tensor | None) -> Verdict:
        self.images.append(x.detach().clone())
        return Verdict(x.flatten(1).sum(1))


def looked_at(name: str, real: Tensor, fake: Tensor, seed: int = 0) -> Tensor:
    """Where an objective takes its gradients."""
    objective, witness = named_objective(name), Witness([])
    objective.draw_from(torch.Generator().manual_seed(seed))
    objective.d_loss(witness, Batch(real), Batch(fake))
    return witness.images[-1]


def test_gradients_are_taken_on_the_lines_between_real_and_generated() -> None:
    real, fake = torch.full((50, 1, 2, 2), -1.0), torch.full((50, 1, 2, 2), 1.0)
    shares = looked_at("wgan-gp", real, fake).flatten(1)
    assert (shares == shares[:, :1]).all()  # one share for an image
    assert shares.unique().numel() == 50  # and another for the next
    assert -1 <= shares.min() < -0.8
    assert 0.8 < shares.max() <= 1


def test_gradients_are_taken_near_real_images() -> None:
    real, fake = torch.zeros(50, 1, 2, 2), torch.full((50, 1, 2, 2), 9.0)
    real[::2] = 2.0  # mean 1; 200 numbers of variance 1 * 200 / 199
    away = looked_at("dragan", real, fake) - real
    most = 0.5 * math.sqrt(200 / 199)
    assert 0 <= away.min() < 0.1 * most
    assert 0.9 * most < away.max() <= most
    assert away.mean().item() == pytest.approx(most / 2, rel=0.15)


@pytest.mark.parametrize("name", ["wgan-gp", "dragan"])
def test_where_gradients_are_taken_follows_from_the_objectives_own_stream(name: str) -> None:
    real, fake = torch.rand(6, 1, 2, 2), torch.rand(6, 1, 2, 2)
    before = random_states()
    first = looked_at(name, real, fake)
    assert random_states() == before
    assert torch.equal(first, looked_at(name, real, fake))
    assert not torch.equal(first, looked_at(name, real, fake, seed=1))


def is_the_gradient_of_its_loss(name: str, critic: nn.Module, images: Tensor, fast: bool) -> bool:
    """Whether the gradient of the discriminator's loss with respect to all of the critic's
    parameters, through the gradient inside the penalty, is that of finite differences."""
    objective = named_objective(name)
    names = [n for n, _ in critic.named_parameters()]
    real, fake = Batch(images[::2]), Batch(images[1::2])

    def loss(*values: Tensor) -> Tensor:
        objective.draw_from(torch.Generator().manual_seed(0))  # the same points at every call
        weights = dict(zip(names, values, strict=True))
        return objective.d_loss(
            lambda x, y: functional_call(critic, weights, (x, y)), real, fake
        ).total

    parameters = tuple(p.detach().clone().requires_grad_() for p in critic.parameters())
    return torch.autograd.gradcheck(loss, parameters, fast_mode=fast)


def noise(*shape: int) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


@pytest.mark.parametrize("name", PENALISED)
@pytest.mark.parametrize("family", ["fully connected", "convolutional", "residual"])
def test_double_backward_of_a_tiny_critic_against_finite_differences(
    name: str, family: str
) -> None:
    side = {"fully connected": 3, "convolutional": 8, "residual": 4}[family]
    if family == "residual":
        trunk, features = residual_trunk((1, side, side), (3, 2), 1)
    elif family == "convolutional":
        trunk, features = dcgan_trunk((1, side, side), False, (2,), (4,))
    else:
        trunk, features = mlp_trunk((1, side, side), (4, 3))
    critic = Critic(trunk, features).double()
    random = torch.Generator().manual_seed(2)
    for parameter in critic.parameters():
        nn.init.normal_(parameter, 0, 0.3, generator=random)
    assert is_the_gradient_of_its_loss(name, critic, noise(6, 1, side, side), fast=False)
    assert torch.autograd.gradgradcheck(
        lambda x: critic(x, None).score, (noise(2, 1, side, side).requires_grad_(),)
    )


@pytest.mark.parametrize("name", PENALISED)
@pytest.mark.parametrize("architecture", [a for a in ARCHITECTURES if a not in LARGE])
def test_double_backward_of_every_smaller_critic_against_finite_differences(
    name: str, architecture: str
) -> None:
    size = ARCHITECTURES[architecture].image_size or 8
    critic = (
        build(architecture, 4, (1, size, size), Needs(critic_norm=False)).critic.double().eval()
    )
    assert is_the_gradient_of_its_loss(name, critic, noise(4, 1, size, size), fast=True)
