from __future__ import annotations

import inspect
import math
from dataclasses import dataclass
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.func import functional_call

from gan_core import catalog
from gan_core.errors import ConfigError
from gan_core.networks.base import AutoencoderCritic, Critic, Head, Needs, Verdict
from gan_core.networks.build import build
from gan_core.networks.dcgan import dcgan_trunk
from gan_core.networks.layers import BATCH_NORMS
from gan_core.networks.mlp import mlp_trunk
from gan_core.networks.table import ARCHITECTURES
from gan_core.objectives.autoencoder import BEGAN, pull_away_term
from gan_core.objectives.base import Batch, Loss, Objective
from gan_core.objectives.build import build as build_objective
from gan_core.objectives.penalised import R3GAN
from gan_core.objectives.settings import own_settings, own_values
from gan_core.objectives.table import OBJECTIVES, objective_class
from gan_core.objectives.wasserstein import WGANGP
from tests.gan_core.helpers import random_states, tiny_config

PENALISED = ["wgan-gp", "dragan", "r3gan"]
LARGE = {"dcgan-64", "infogan", "hybrid", "dcgan-28-dense"}  # whose layers others have as well


def made(name: str, **settings: Any) -> Objective:
    """The objective of that name with a random stream of its own, as the trainer gives it one."""
    chosen = build_objective(tiny_config(objective=name, **settings))
    chosen.draw_from(torch.Generator().manual_seed(3))
    return chosen


def itself(x: Tensor, y: Tensor | None) -> Verdict:
    """A critic whose score of an image is the image: a batch of numbers."""
    return Verdict(score=x)


def scores(*values: float) -> Tensor:
    return torch.tensor(values, dtype=torch.float64, requires_grad=True)


def played(name: str, real: Tensor, fake: Tensor, **settings: Any) -> tuple[Loss, Loss]:
    """Both players' losses where the critic's score of an image is the image."""
    chosen = made(name, **settings)
    batches = Batch(real), Batch(fake)
    return chosen.d_loss(itself, *batches), chosen.g_loss(itself, *batches)


def check(loss: Loss, total: float, parts: dict[str, float]) -> None:
    assert loss.total.item() == pytest.approx(total, abs=2e-6)
    assert {n: p.item() for n, p in loss.parts.items()} == pytest.approx(parts, abs=2e-6)


def gradient(loss: Loss, of: Tensor) -> list[float]:
    (found,) = torch.autograd.grad(loss.total, of)
    return found.flatten().tolist()


# Every loss by hand


@pytest.mark.parametrize("name", ["gan", "gan-minimax", "cgan"])
def test_discriminator_of_the_original_game(name: str) -> None:
    real, fake = scores(0, 2), scores(-1, 1)
    loss, _ = played(name, real, fake)
    # -log sigmoid(0) = 0.693147, -log sigmoid(2) = 0.126928; their mean is 0.4100375
    # -log(1 - sigmoid(-1)) = 0.313262, -log(1 - sigmoid(1)) = 1.313262; their mean is 0.813262
    # sigmoid(0) = 0.5, sigmoid(2) = 0.880797; sigmoid(-1) + sigmoid(1) = 1
    parts = {"d/real": 0.4100375, "d/fake": 0.813262, "d/D(x)": 0.6903985, "d/D(G(z))": 0.5}
    check(loss, 0.4100375 + 0.813262, parts)
    # d/ds softplus(-s) = -sigmoid(-s), d/ds softplus(s) = sigmoid(s), each over N = 2
    assert gradient(loss, real) == pytest.approx([-0.25, -0.119203 / 2], abs=1e-6)
    loss, _ = played(name, real, fake)
    assert gradient(loss, fake) == pytest.approx([0.268941 / 2, 0.731059 / 2], abs=1e-6)


@pytest.mark.parametrize(
    ("name", "value", "slopes"),
    [
        # softplus(1) = 1.313262, softplus(-3) = 0.048587; -sigmoid(1)/2, -sigmoid(-3)/2
        ("gan", (1.313262 + 0.048587) / 2, [-0.731059 / 2, -0.047426 / 2]),
        ("dragan", (1.313262 + 0.048587) / 2, [-0.731059 / 2, -0.047426 / 2]),
        ("cgan", (1.313262 + 0.048587) / 2, [-0.731059 / 2, -0.047426 / 2]),
        # -softplus(-1) = -0.313262, -softplus(3) = -3.048587; -sigmoid(-1)/2, -sigmoid(3)/2
        ("gan-minimax", -(0.313262 + 3.048587) / 2, [-0.268941 / 2, -0.952574 / 2]),
    ],
)
def test_generator_of_the_original_game(name: str, value: float, slopes: list[float]) -> None:
    fake = scores(-1, 3)
    loss = made(name).g_loss(itself, Batch(scores(7, 7)), Batch(fake))
    check(loss, value, {"g/D(G(z))": (0.268941 + 0.952574) / 2})
    assert gradient(loss, fake) == pytest.approx(slopes, abs=1e-6)


def test_a_sure_discriminator_leaves_a_gradient_only_to_the_non_saturating_generator() -> None:
    for name, expected in (("gan", -1.0), ("gan-minimax", 0.0)):
        fake = torch.tensor([-200.0], requires_grad=True)
        loss = made(name).g_loss(itself, Batch(fake), Batch(fake))
        assert loss.total.isfinite()
        assert gradient(loss, fake)[0] == pytest.approx(expected, abs=1e-30)


def test_least_squares() -> None:
    real, fake = scores(0.5, 2), scores(-1, 0.5)
    d, g = played("lsgan", real, fake)
    # 1/2 mean(0.5^2, 1^2) = 0.3125; 1/2 mean(1^2, 0.5^2) = 0.3125
    means = {"d/score(x)": 1.25, "d/score(G(z))": -0.25}
    check(d, 0.625, {"d/real": 0.3125, "d/fake": 0.3125, **means})
    # 1/2 mean((-2)^2, (-0.5)^2) = 1.0625, with slopes (s - 1) / 2
    check(g, 1.0625, {})
    assert gradient(g, fake) == pytest.approx([-1, -0.25])


def test_hinge() -> None:
    real, fake = scores(0.5, 3), scores(-2, 0.25)
    d, g = played("hinge", real, fake)
    # max(0, 0.5), max(0, -2); max(0, -1), max(0, 1.25)
    means = {"d/score(x)": 1.75, "d/score(G(z))": -0.875}
    check(d, 0.25 + 0.625, {"d/real": 0.25, "d/fake": 0.625, **means})
    assert gradient(d, fake) == [0, 0.5]  # nothing is learnt beyond the margin
    check(g, 0.875, {})
    assert gradient(g, fake) == [-0.5, -0.5]


def test_wasserstein() -> None:
    real, fake = scores(1, 4), scores(-2, 1)
    d, g = played("wgan", real, fake)
    means = {"d/score(x)": 2.5, "d/score(G(z))": -0.5}
    check(d, -3, {"d/real": -2.5, "d/fake": -0.5, **means, "d/wasserstein": 3})
    check(g, 0.5, {})
    assert gradient(g, fake) == [-0.5, -0.5]


SLOPES = torch.tensor([0.2, 0.6])


def sloped(x: Tensor, y: Tensor | None) -> Verdict:
    """A critic of images of two pixels whose slope depends on the label: 0.2 or 0.6 times (3, 4),
    so that the gradient of a sample has the norm 1 or 3, wherever it is taken."""
    assert y is not None
    return Verdict(SLOPES[y] * (x.flatten(1) @ torch.tensor([3.0, 4.0])))


def pixels(*images: tuple[float, float]) -> Tensor:
    return torch.tensor(images, dtype=torch.float32).view(-1, 2, 1, 1)


REAL = Batch(pixels((1, 0), (0, 1)), torch.tensor([0, 1]))  # scores 0.6 and 2.4
FAKE = Batch(pixels((0, 0), (1, 1)), torch.tensor([1, 1]))  # scores 0 and 4.2


def test_wasserstein_with_a_penalty_on_each_samples_own_gradient() -> None:
    loss = made("wgan-gp", gradient_penalty=10.0).d_loss(sloped, REAL, FAKE)
    # norms 1 and 3 (of the real labels): mean((1 - 1)^2, (3 - 1)^2) = 2. One norm over the batch
    # would be sqrt(1 + 9), and its penalty 4.675.
    parts = {"d/real": -1.5, "d/fake": 2.1, "d/score(x)": 1.5, "d/score(G(z))": 2.1}
    penalty = {"d/penalty": 2, "d/gradient_norm": 2}
    check(loss, 2.1 - 1.5 + 10 * 2, {**parts, "d/wasserstein": -0.6, **penalty})
    check(made("wgan-gp").g_loss(sloped, REAL, FAKE), -2.1, {})


def test_original_game_with_a_penalty_on_each_samples_own_gradient() -> None:
    loss = made("dragan", gradient_penalty=10.0).d_loss(sloped, REAL, FAKE)
    # softplus(-0.6) = 0.437488, softplus(-2.4) = 0.086836; softplus(0) = 0.693147,
    # softplus(4.2) = 4.214885; sigmoid(0.6) = 0.645656, sigmoid(2.4) = 0.916827,
    # sigmoid(0) = 0.5, sigmoid(4.2) = 0.985226
    parts = {
        "d/real": (0.437488 + 0.086836) / 2,
        "d/fake": (0.693147 + 4.214885) / 2,
        "d/D(x)": (0.645656 + 0.916827) / 2,
        "d/D(G(z))": (0.5 + 0.985226) / 2,
        "d/penalty": 2,
        "d/gradient_norm": 2,
    }
    check(loss, 0.262162 + 2.454016 + 20, parts)


def test_relativistic_game_with_penalties_on_both_sides() -> None:
    loss = made("r3gan", zero_penalty=0.5).d_loss(sloped, REAL, FAKE)
    # leads 0.6 and -1.8: softplus(-0.6) = 0.437488, softplus(1.8) = 1.952978
    # squared norms: mean(1, 9) = 5 at the real images, mean(9, 9) = 9 at the generated ones
    parts = {
        "d/game": (0.437488 + 1.952978) / 2,
        "d/penalty": 14,
        "d/lead": -0.6,
        "d/gradient_norm(x)": 2,
        "d/gradient_norm(G(z))": 3,
    }
    check(loss, 1.195233 + 0.5 / 2 * 14, parts)
    # softplus(0.6) = 1.037488, softplus(-1.8) = 0.152978
    check(made("r3gan").g_loss(sloped, REAL, FAKE), (1.037488 + 0.152978) / 2, {})


def test_the_relativistic_generator_pairs_batches_of_different_sizes() -> None:
    few, many = Batch(scores(1, 3)), Batch(scores(0, 0, 0, 0, 0))
    loss = made("r3gan").g_loss(itself, few, many)
    # the real scores in turn, 1 3 1 3 1: softplus(1) = 1.313262, softplus(3) = 3.048587
    check(loss, (3 * 1.313262 + 2 * 3.048587) / 5, {})
    loss = made("r3gan").g_loss(itself, many, few)
    # softplus(-1) = 0.313262, softplus(-3) = 0.048587
    check(loss, (0.313262 + 0.048587) / 2, {})


def named(x: Tensor, y: Tensor | None) -> Verdict:
    """A critic whose score is an image's first pixel, and whose class logits are the other two."""
    return Verdict(x[:, 0], classes=x[:, 1:])


def test_auxiliary_classifier() -> None:
    labels = torch.tensor([0, 1]), torch.tensor([1, 0])
    real = Batch(torch.tensor([[0.0, 0, 0], [2, 0, math.log(3)]]), labels[0])
    fake = Batch(torch.tensor([[-1.0, math.log(4), 0], [1, 0, 0]]), labels[1])
    chosen = made("acgan", class_weight=2.0)
    # the original game's discriminator as above: 0.4100375 + 0.813262
    # -log of the share of the right class: 1/2 and 3/4 (0.693147, 0.287682) on real images,
    # 1/5 and 1/2 (1.609438, 0.693147) on generated ones
    game = {"d/real": 0.4100375, "d/fake": 0.813262, "d/D(x)": 0.6903985, "d/D(G(z))": 0.5}
    classes = {"d/classes(x)": 0.4904145, "d/classes(G(z))": 1.1512925}
    total = 0.4100375 + 0.813262 + 2 * (0.4904145 + 1.1512925)
    check(chosen.d_loss(named, real, fake), total, {**game, **classes})
    # softplus(1) = 1.313262, softplus(-1) = 0.313262
    parts = {"g/D(G(z))": 0.5, "g/classes": 1.1512925}
    check(chosen.g_loss(named, real, fake), 0.813262 + 2 * 1.1512925, parts)


def test_told_the_class_both_players_judge_an_image_by_its_own_label() -> None:
    # scores: 0.6 and 2.4 for the real labels, 0 and 4.2 for those of the generated images
    parts = made("cgan").d_loss(sloped, REAL, FAKE).parts
    assert parts["d/real"].item() == pytest.approx((0.437488 + 0.086836) / 2, abs=1e-6)
    assert parts["d/fake"].item() == pytest.approx((0.693147 + 4.214885) / 2, abs=1e-6)
    # softplus(0) = 0.693147, softplus(-4.2) = 0.014885
    total = made("cgan").g_loss(sloped, REAL, FAKE).total.item()
    assert total == pytest.approx((0.693147 + 0.014885) / 2, abs=1e-6)


def coded(x: Tensor, y: Tensor | None) -> Verdict:
    """A critic whose energy of an image is the image; the codes of its two images are 60 degrees
    apart, a squared cosine of 1/4."""
    return Verdict(x, code=torch.tensor([[2.0, 0.0], [1.0, math.sqrt(3)]]))


def test_energies_against_a_margin() -> None:
    real, fake = scores(0.1, 0.3), scores(0.05, 0.55)
    chosen = made("ebgan", margin=0.2, pull_away=0.1)
    d = chosen.d_loss(coded, Batch(real), Batch(fake))
    # the hinge of each sample: mean(0.2 - 0.05, 0) = 0.075; that of the mean energy, 0.3, is 0
    energies = {"d/energy(x)": 0.2, "d/energy(G(z))": 0.3}
    check(d, 0.2 + 0.075, {"d/real": 0.2, "d/fake": 0.075, **energies})
    assert gradient(d, fake) == [-0.5, 0]
    check(chosen.g_loss(coded, Batch(real), Batch(fake)), 0.3 + 0.1 * 0.25, {"g/pull_away": 0.25})


def test_balanced_energies() -> None:
    chosen = made("began", diversity=0.5, k_rate=0.1)
    assert isinstance(chosen, BEGAN)
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
        loss = chosen.d_loss(itself, Batch(scores(*real)), Batch(scores(*fake)))
        energies = {"d/energy(x)": sum(real) / 2, "d/energy(G(z))": sum(fake) / 2}
        check(loss, total, {**energies, "d/k": k, "d/M": measure})
        chosen.after_d_step(critic, loss)
    check(chosen.g_loss(itself, Batch(scores(1)), Batch(scores(0.2, 0.4))), 0.3, {})


def test_the_balance_is_held_below_one_and_is_remembered() -> None:
    chosen = made("began", diversity=1.0, k_rate=1.0)
    loss = chosen.d_loss(itself, Batch(scores(0.7)), Batch(scores(0.1)))
    for expected in (0.6, 1.0, 1.0):
        chosen.after_d_step(nn.Module(), loss)
        assert chosen.state_dict()["k"].item() == pytest.approx(expected)
    other = made("began")
    other.load_state_dict(chosen.state_dict())
    assert other.state_dict()["k"].item() == 1


# Gradient penalties


@dataclass
class Witness:
    """A critic that remembers what it was shown."""

    seen: list[Tensor]

    def __call__(self, x: Tensor, y: Tensor | None) -> Verdict:
        self.seen.append(x.detach().clone())
        return Verdict(x.flatten(1).sum(1))


def looked_at(name: str, real: Tensor, fake: Tensor, seed: int = 0) -> Tensor:
    """Where an objective takes its gradients."""
    chosen, witness = made(name), Witness([])
    chosen.draw_from(torch.Generator().manual_seed(seed))
    chosen.d_loss(witness, Batch(real), Batch(fake))
    return witness.seen[-1]


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
    chosen = made(name)
    names = [n for n, _ in critic.named_parameters()]
    real, fake = Batch(images[::2]), Batch(images[1::2])

    def loss(*values: Tensor) -> Tensor:
        chosen.draw_from(torch.Generator().manual_seed(0))  # the same points at every call
        weights = dict(zip(names, values, strict=True))
        return chosen.d_loss(
            lambda x, y: functional_call(critic, weights, (x, y)), real, fake
        ).total

    parameters = tuple(p.detach().clone().requires_grad_() for p in critic.parameters())
    return torch.autograd.gradcheck(loss, parameters, fast_mode=fast)


def noise(*shape: int) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


@pytest.mark.parametrize("name", PENALISED)
@pytest.mark.parametrize("family", ["fully connected", "convolutional"])
def test_double_backward_of_a_tiny_critic_against_finite_differences(
    name: str, family: str
) -> None:
    side = 8 if family == "convolutional" else 3
    if family == "convolutional":
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


@pytest.mark.parametrize("name", [n for n, kind in OBJECTIVES.items() if not kind.critic_norm])
def test_a_critic_that_may_not_mix_samples_has_no_batch_norm(name: str) -> None:
    for architecture, spec in ARCHITECTURES.items():
        size = spec.image_size or 8
        config = tiny_config(objective=name, architecture=architecture)
        critic = catalog.outline(config, (1, size, size), ("even", "odd")).critic
        assert not [m for m in critic.modules() if isinstance(m, BATCH_NORMS)]


def test_which_critics_may_not_mix_samples() -> None:
    without = {name for name, kind in OBJECTIVES.items() if not kind.critic_norm}
    assert without == {*PENALISED, "ebgan", "began"}


# Weight clipping


def test_weights_are_clipped_after_a_critic_step_and_batch_norm_is_not() -> None:
    critic = build("dcgan-28", 4, (1, 28, 28)).critic
    with torch.no_grad():
        for parameter in critic.parameters():
            parameter.add_(0.5)
    chosen = made("wgan", clip=0.02)
    chosen.after_d_step(critic, Loss(torch.zeros(()), {}))
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
    chosen = made("wgan", clip=0.01)
    batches = Batch(scores(0)), Batch(scores(0))
    assert "d/clipped" not in chosen.d_loss(itself, *batches).parts
    chosen.after_d_step(critic, Loss(torch.zeros(()), {}))
    assert torch.equal(linear.weight, torch.tensor([[0.01, -0.003], [0.01, -0.01]]))
    assert linear.bias.tolist() == pytest.approx([0, 0.009])
    assert norm.weight.tolist() == [1, 1]
    # three of the six weights and biases of the linear layer
    assert chosen.d_loss(itself, *batches).parts["d/clipped"].item() == 0.5


# Autoencoder critics


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
    loss = made(name, **settings).g_loss(critic, Batch(IMAGES), Batch(images))
    assert gradient(loss, images) == pytest.approx(slopes)


# What all objectives have in common


def whole(x: Tensor, y: Tensor | None) -> Verdict:
    """A critic that gives all there is; its score of an image is its first number."""
    flat = x.flatten(1)
    return Verdict(flat[:, 0], classes=flat, code=flat)


@pytest.mark.parametrize("name", OBJECTIVES)
def test_losses_are_scalars_with_detached_parts(name: str) -> None:
    chosen = made(name)
    assert chosen.title
    assert chosen.source
    real = torch.tensor([[300.0, 1], [-300, 1], [0.5, 1]]).view(3, 2, 1, 1).requires_grad_()
    fake = torch.tensor([[-300.0, 1], [300, 1], [0.5, 1]]).view(3, 2, 1, 1).requires_grad_()
    labels = torch.tensor([0, 1, 1])
    batches = Batch(real, labels), Batch(fake, labels)
    for side, loss in (
        ("d/", chosen.d_loss(whole, *batches)),
        ("g/", chosen.g_loss(whole, *batches)),
    ):
        assert loss.total.shape == ()
        assert loss.total.isfinite()
        assert loss.total.requires_grad
        for part_name, part in loss.parts.items():
            assert part_name.startswith(side)
            assert part.shape == ()
            assert not part.requires_grad


@pytest.mark.parametrize("name", OBJECTIVES)
def test_an_objective_takes_its_settings_from_the_configuration(name: str) -> None:
    kind = OBJECTIVES[name]
    arguments = inspect.signature(kind).parameters
    assert tuple(arguments) == tuple(own_settings(kind))
    for setting, default in own_values(kind, tiny_config(objective=name)).items():
        assert arguments[setting].default == default
        value = default / 2  # neither the default nor out of range
        assert getattr(made(name, **{setting: value}), setting) == value


def test_an_objective_has_its_own_settings_alone() -> None:
    chosen = made("wgan-gp", gradient_penalty=3.0, clip=5.0)
    assert isinstance(chosen, WGANGP)
    assert vars(chosen).keys() == {"gradient_penalty", "random"}


def test_published_defaults() -> None:
    defaults: dict[str, float] = {}
    for name, kind in OBJECTIVES.items():
        defaults |= own_values(kind, tiny_config(objective=name))
    published = {"gradient_penalty": 10, "clip": 0.01, "zero_penalty": 1, "class_weight": 1}
    published |= {"margin": 0.2, "pull_away": 0.1, "diversity": 0.5, "k_rate": 0.001}
    assert {name: defaults[name] for name in published} == published


def test_what_each_objective_needs_of_the_networks() -> None:
    heads = {name: kind.head for name, kind in OBJECTIVES.items() if kind.head is not Head.SCORE}
    assert heads == {
        "acgan": Head.CLASSES,
        "ebgan": Head.SQUARED_ERROR,
        "began": Head.ABSOLUTE_ERROR,
    }
    assert {name for name, kind in OBJECTIVES.items() if kind.conditional} == {"cgan", "acgan"}
    assert objective_class("r3gan") is R3GAN


@pytest.mark.parametrize("name", OBJECTIVES)
def test_targets_are_levels_or_settings_of_columns_that_are_watched(name: str) -> None:
    kind = OBJECTIVES[name]
    assert kind.watches
    assert set(kind.targets) <= {column for watch in kind.watches for column in watch.columns}
    levels = [target.level for target in kind.targets.values()]
    assert {level for level in levels if isinstance(level, str)} <= set(own_settings(kind))


def test_an_unknown_objective_is_answered_with_all_known_ones() -> None:
    with pytest.raises(ConfigError) as caught:
        made("lsgam")
    message = str(caught.value)
    assert message.startswith("objective is 'lsgam'; choose one of ")
    assert all(name in message for name in OBJECTIVES)
