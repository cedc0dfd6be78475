from __future__ import annotations

import pytest
import torch

from gan_core.objectives.base import Batch
from tests.gan_core.objectives.losses import check, gradient, itself, named_objective, play, scores


@pytest.mark.parametrize("name", ["gan", "gan-minimax", "cgan"])
def test_discriminator_of_the_original_game(name: str) -> None:
    real, fake = scores(0, 2), scores(-1, 1)
    loss, _ = play(name, real, fake)
    # -log sigmoid(0) = 0.693147, -log sigmoid(2) = 0.126928; their mean is 0.4100375
    # -log(1 - sigmoid(-1)) = 0.313262, -log(1 - sigmoid(1)) = 1.313262; their mean is 0.813262
    # sigmoid(0) = 0.5, sigmoid(2) = 0.880797; sigmoid(-1) + sigmoid(1) = 1
    parts = {"d/real": 0.4100375, "d/fake": 0.813262, "d/D(x)": 0.6903985, "d/D(G(z))": 0.5}
    check(loss, 0.4100375 + 0.813262, parts)
    # d/ds softplus(-s) = -sigmoid(-s), d/ds softplus(s) = sigmoid(s), each over N = 2
    assert gradient(loss, real) == pytest.approx([-0.25, -0.119203 / 2], abs=1e-6)
    loss, _ = play(name, real, fake)
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
    loss = named_objective(name).g_loss(itself, Batch(scores(7, 7)), Batch(fake))
    check(loss, value, {"g/D(G(z))": (0.268941 + 0.952574) / 2})
    assert gradient(loss, fake) == pytest.approx(slopes, abs=1e-6)


def test_a_sure_discriminator_leaves_a_gradient_only_to_the_non_saturating_generator() -> None:
    for name, expected in (("gan", -1.0), ("gan-minimax", 0.0)):
        fake = torch.tensor([-200.0], requires_grad=True)
        loss = named_objective(name).g_loss(itself, Batch(fake), Batch(fake))
        assert loss.total.isfinite()
        assert gradient(loss, fake)[0] == pytest.approx(expected, abs=1e-30)


def test_least_squares() -> None:
    real, fake = scores(0.5, 2), scores(-1, 0.5)
    d, g = play("lsgan", real, fake)
    # 1/2 mean(0.5^2, 1^2) = 0.3125; 1/2 mean(1^2, 0.5^2) = 0.3125
    means = {"d/score(x)": 1.25, "d/score(G(z))": -0.25}
    check(d, 0.625, {"d/real": 0.3125, "d/fake": 0.3125, **means})
    # 1/2 mean((-2)^2, (-0.5)^2) = 1.0625, with slopes (s - 1) / 2
    check(g, 1.0625, {})
    assert gradient(g, fake) == pytest.approx([-1, -0.25])


def test_hinge() -> None:
    real, fake = scores(0.5, 3), scores(-2, 0.25)
    d, g = play("hinge", real, fake)
    # max(0, 0.5), max(0, -2); max(0, -1), max(0, 1.25)
    means = {"d/score(x)": 1.75, "d/score(G(z))": -0.875}
    check(d, 0.25 + 0.625, {"d/real": 0.25, "d/fake": 0.625, **means})
    assert gradient(d, fake) == [0, 0.5]  # nothing is learnt beyond the margin
    check(g, 0.875, {})
    assert gradient(g, fake) == [-0.5, -0.5]
