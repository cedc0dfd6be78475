from __future__ import annotations

import pytest
import torch
from torch import nn

from gan_core.networks.build import build
from gan_core.networks.layers import BATCH_NORMS
from gan_core.objectives.base import Batch, Loss
from tests.gan_core.objectives.losses import (
    FAKE,
    REAL,
    check,
    gradient,
    itself,
    named_objective,
    play,
    scores,
    sloped,
)


def test_wasserstein() -> None:
    real, fake = scores(1, 4), scores(-2, 1)
    d, g = play("wgan", real, fake)
    means = {"d/score(x)": 2.5, "d/score(G(z))": -0.5}
    check(d, -3, {"d/real": -2.5, "d/fake": -0.5, **means, "d/wasserstein": 3})
    check(g, 0.5, {})
    assert gradient(g, fake) == [-0.5, -0.5]


def test_wasserstein_with_a_penalty_on_each_samples_own_gradient() -> None:
    loss = named_objective("wgan-gp", gradient_penalty=10.0).d_loss(sloped, REAL, FAKE)
    # norms 1 and 3 (of the real labels): mean((1 - 1)^2, (3 - 1)^2) = 2. One norm over the batch
    # would be sqrt(1 + 9), and its penalty 4.675.
    parts = {"d/real": -1.5, "d/fake": 2.1, "d/score(x)": 1.5, "d/score(G(z))": 2.1}
    penalty = {"d/penalty": 2, "d/gradient_norm": 2}
    check(loss, 2.1 - 1.5 + 10 * 2, {**parts, "d/wasserstein": -0.6, **penalty})
    check(named_objective("wgan-gp").g_loss(sloped, REAL, FAKE), -2.1, {})


def test_weights_are_clipped_after_a_critic_step_and_batch_norm_is_not() -> None:
    critic = build("dcgan-28", 4, (1, 28, 28)).critic
    with torch.no_grad():
        for parameter in critic.parameters():
            parameter.add_(0.5)
    objective = named_objective("wgan", clip=0.02)
    objective.after_d_step(critic, Loss(torch.zeros(()), {}))
    norms = 0
    for module in critic.modules():
        for parameter in module.parameters(recurse=False):
            if isinstance(module, BATCH_NORMS):
                norms += 1
                assert parameter.min() > 0.02
            else:
                assert parameter.abs().max().item() == pytest.approx(0.02)
    assert norms == 4  # a scale and a shift for each of two layers


def test_the_share_of_weights_at_the_clip() -> None:
    linear, norm = nn.Linear(2, 2), nn.BatchNorm1d(2)
    critic = nn.Sequential(linear, norm)
    with torch.no_grad():
        linear.weight.copy_(torch.tensor([[0.5, -0.003], [0.01, -0.2]]))
        linear.bias.copy_(torch.tensor([0.0, 0.009]))
    objective = named_objective("wgan", clip=0.01)
    batches = Batch(scores(0)), Batch(scores(0))
    assert "d/clipped" not in objective.d_loss(itself, *batches).parts
    objective.after_d_step(critic, Loss(torch.zeros(()), {}))
    assert torch.equal(linear.weight, torch.tensor([[0.01, -0.003], [0.01, -0.01]]))
    assert linear.bias.tolist() == pytest.approx([0, 0.009])
    assert norm.weight.tolist() == [1, 1]
    # three of the six weights and biases of the linear layer
    assert objective.d_loss(itself, *batches).parts["d/clipped"].item() == 0.5
