from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor, nn

from gan_core.networks.base import AutoencoderCritic
from gan_core.networks.needs import Verdict
from gan_core.objectives.autoencoder import BEGAN, pull_away_term
from gan_core.objectives.base import Batch
from tests.gan_core.objectives.losses import (
    check,
    gradient,
    itself,
    named_objective,
    pixels,
    scores,
)


def coded(x: Tensor, y: Tensor | None) -> Verdict:
    """A critic whose energy of an image is the image; the codes of its two images are 60 degrees
    apart, a squared cosine of 1/4."""
    return Verdict(x, code=torch.tensor([[2.0, 0.0], [1.0, math.sqrt(3)]]))


def test_energies_against_a_margin() -> None:
    real, fake = scores(0.1, 0.3), scores(0.05, 0.55)
    objective = named_objective("ebgan", margin=0.2, pull_away=0.1)
    d = objective.d_loss(coded, Batch(real), Batch(fake))
    # the hinge of each sample: mean(0.2 - 0.05, 0) = 0.075; that of the mean energy, 0.3, is 0
    energies = {"d/energy(x)": 0.2, "d/energy(G(z))": 0.3}
    check(d, 0.2 + 0.075, {"d/real": 0.2, "d/fake": 0.075, **energies})
    assert gradient(d, fake) == [-0.5, 0]
    check(
        objective.g_loss(coded, Batch(real), Batch(fake)), 0.3 + 0.1 * 0.25, {"g/pull_away": 0.25}
    )


def test_balanced_energies() -> None:
    objective = named_objective("began", diversity=0.5, k_rate=0.1)
    assert isinstance(objective, BEGAN)
    critic = nn.Module()
    moves = [
        # energies of real and generated images; k before; L(x) - k L(G); M
        # 0.5 L(x) - L(G) = 0.15: k moves by 0.1 * 0.15
        ((0.4, 0.6), (0.05, 0.15), 0.0, 0.5, 0.65),
        # 0.5 * 0.5 - 0.1 = 0.15 again, though k weighs L(G) by 0.015 in the loss
        ((0.4, 0.6), (0.05, 0.15), 0.015, 0.5 - 0.0015, 0.65),
        # 0.5 * 0.4 - 0.7 = -0.5: back by 0.05, held at 0
        ((0.3, 0.5), (0.6, 0.8), 0.03, 0.4 - 0.021, 0.9),
        ((0.3, 0.5), (0.6, 0.8), 0.0, 0.4, 0.9),
    ]
    for real, fake, k, total, measure in moves:
        loss = objective.d_loss(itself, Batch(scores(*real)), Batch(scores(*fake)))
        energies = {"d/energy(x)": sum(real) / 2, "d/energy(G(z))": sum(fake) / 2}
        check(loss, total, {**energies, "d/k": k, "d/M": measure})
        objective.after_d_step(critic, loss)
    check(objective.g_loss(itself, Batch(scores(1)), Batch(scores(0.2, 0.4))), 0.3, {})


def test_the_balance_is_held_below_one_and_is_remembered() -> None:
    objective = named_objective("began", diversity=1.0, k_rate=1.0)
    loss = objective.d_loss(itself, Batch(scores(0.7)), Batch(scores(0.1)))
    for expected in (0.6, 1.0, 1.0):
        objective.after_d_step(nn.Module(), loss)
        assert objective.state_dict()["k"].item() == pytest.approx(expected)
    other = named_objective("began")
    other.load_state_dict(objective.state_dict())
    assert other.state_dict()["k"].item() == 1


def test_pull_away_term_by_hand() -> None:
    same = torch.tensor([[3.0, 4.0]]).repeat(5, 1)
    assert pull_away_term(same).item() == pytest.approx(1)
    assert pull_away_term(same * torch.tensor([[1.0], [2], [-3], [0.1], [5]])).item() == (
        pytest.approx(1)  # the cosine knows neither length nor sign
    )
    assert pull_away_term(torch.eye(4) * 7).item() == 0
    # two parallel codes and one across: 2 of the 6 ordered pairs have a squared cosine of 1
    assert pull_away_term(torch.tensor([[1.0, 0], [2, 0], [0, 3]])).item() == pytest.approx(1 / 3)
    # 60 degrees: 0.5^2
    assert pull_away_term(torch.tensor([[9.0, 0], [1, math.sqrt(3)]])).item() == pytest.approx(0.25)


def test_pull_away_term_turns_codes_from_each_other() -> None:
    codes = torch.tensor([[9.0, 0.0], [1.0, math.sqrt(3)]], requires_grad=True)
    pull_away_term(codes).backward()
    assert codes.grad is not None
    # cos^2 falls by sin(2 * 60 degrees) = 0.866025 for a turn of one radian; the second code, of
    # length 2, turns along (-0.866025, 0.5): -0.866025 / 2 * (-0.866025, 0.5); the first, of
    # length 9, turns the other way, along (0, -1)
    assert codes.grad[1].tolist() == pytest.approx([0.375, -0.216506], abs=1e-6)
    assert codes.grad[0].tolist() == pytest.approx([0, 0.866025 / 9], abs=1e-6)


class Constant(nn.Module):
    """A decoder that draws the same image whatever the code."""

    def forward(self, code: Tensor) -> Tensor:
        return torch.full((len(code), 2), 0.5)


def autoencoder(decoder: nn.Module, power: int) -> AutoencoderCritic:
    """An autoencoder of images of two pixels whose code is the image."""
    critic = AutoencoderCritic(nn.Flatten(), 2, 2, decoder, power)
    with torch.no_grad():
        critic.encode.weight.copy_(torch.eye(2))
        critic.encode.bias.zero_()
    return critic


class Half(nn.Module):
    """A decoder that draws half of the image."""

    def forward(self, code: Tensor) -> Tensor:
        return code / 2


IMAGES = pixels((1, 0), (0, -1))


@pytest.mark.parametrize(
    ("name", "decoder", "slopes"),
    [
        # mean of (0.5 - x)^2 over 2 pixels and 2 images: 2 (x - 0.5) / 4, all of it through the
        # target, so that it would be 0 with a target that is detached
        ("ebgan", Constant(), [0.25, -0.25, -0.25, -0.75]),
        # (x/2 - x)^2 / 4: x / 8; with a target that is detached, -x / 8
        ("ebgan", Half(), [0.125, 0, 0, -0.125]),
        # |0.5 - x| / 4
        ("began", Constant(), [0.25, -0.25, -0.25, -0.25]),
        # |x/2 - x| / 4: sign(x) / 8
        ("began", Half(), [0.125, 0, 0, -0.125]),
    ],
)
def test_the_target_of_the_reconstruction_is_not_detached(
    name: str, decoder: nn.Module, slopes: list[float]
) -> None:
    images = IMAGES.clone().requires_grad_()
    critic = autoencoder(decoder, 2 if name == "ebgan" else 1)
    settings = {"pull_away": 0.0} if name == "ebgan" else {}
    loss = named_objective(name, **settings).g_loss(critic, Batch(IMAGES), Batch(images))
    assert gradient(loss, images) == pytest.approx(slopes)
