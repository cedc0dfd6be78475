from __future__ import annotations

import pytest
import torch
from torch import Tensor

from gan_core.errors import ConfigError
from gan_core.networks import Verdict
from gan_core.objectives import OBJECTIVES, Batch, objective


def itself(x: Tensor, y: Tensor | None) -> Verdict:
    """A critic whose score of an image is the image: a batch of numbers."""
    return Verdict(score=x)


def scores(*values: float) -> Tensor:
    return torch.tensor(values, dtype=torch.float64, requires_grad=True)


@pytest.mark.parametrize("name", ["gan", "gan-minimax"])
def test_discriminator_loss_by_hand(name: str) -> None:
    real, fake = scores(0, 2), scores(-1, 1)
    loss = objective(name).d_loss(itself, Batch(real), Batch(fake))
    # -log sigmoid(0) = 0.693147, -log sigmoid(2) = 0.126928
    assert loss.parts["d/real"].item() == pytest.approx((0.693147 + 0.126928) / 2, abs=1e-6)
    # -log(1 - sigmoid(-1)) = 0.313262, -log(1 - sigmoid(1)) = 1.313262
    assert loss.parts["d/fake"].item() == pytest.approx((0.313262 + 1.313262) / 2, abs=1e-6)
    assert loss.total.item() == pytest.approx(0.4100375 + 0.813262, abs=1e-6)
    # sigmoid(0) = 0.5, sigmoid(2) = 0.880797; sigmoid(-1) + sigmoid(1) = 1
    assert loss.parts["d/D(x)"].item() == pytest.approx((0.5 + 0.880797) / 2, abs=1e-6)
    assert loss.parts["d/D(G(z))"].item() == pytest.approx(0.5, abs=1e-6)
    loss.total.backward()
    # d/ds softplus(-s) = -sigmoid(-s), d/ds softplus(s) = sigmoid(s), each over N = 2
    assert real.grad is not None
    assert fake.grad is not None
    assert real.grad.tolist() == pytest.approx([-0.25, -0.119203 / 2], abs=1e-6)
    assert fake.grad.tolist() == pytest.approx([0.268941 / 2, 0.731059 / 2], abs=1e-6)


@pytest.mark.parametrize(
    ("name", "value", "gradient"),
    [
        # softplus(1) = 1.313262, softplus(-3) = 0.048587; -sigmoid(1)/2, -sigmoid(-3)/2
        ("gan", (1.313262 + 0.048587) / 2, [-0.731059 / 2, -0.047426 / 2]),
        # -softplus(-1) = -0.313262, -softplus(3) = -3.048587; -sigmoid(-1)/2, -sigmoid(3)/2
        ("gan-minimax", -(0.313262 + 3.048587) / 2, [-0.268941 / 2, -0.952574 / 2]),
    ],
)
def test_generator_loss_by_hand(name: str, value: float, gradient: list[float]) -> None:
    fake = scores(-1, 3)
    loss = objective(name).g_loss(itself, Batch(fake))
    assert loss.total.item() == pytest.approx(value, abs=1e-6)
    assert loss.parts["g/D(G(z))"].item() == pytest.approx((0.268941 + 0.952574) / 2, abs=1e-6)
    loss.total.backward()
    assert fake.grad is not None
    assert fake.grad.tolist() == pytest.approx(gradient, abs=1e-6)


def test_a_sure_discriminator_leaves_a_gradient_only_to_the_non_saturating_generator() -> None:
    for name, expected in (("gan", -1.0), ("gan-minimax", 0.0)):
        fake = torch.tensor([-200.0], requires_grad=True)
        total = objective(name).g_loss(itself, Batch(fake)).total
        total.backward()
        assert total.isfinite()
        assert fake.grad is not None
        assert fake.grad.item() == pytest.approx(expected, abs=1e-30)


@pytest.mark.parametrize("name", OBJECTIVES)
def test_losses_are_scalars_with_detached_parts(name: str) -> None:
    chosen = objective(name)
    assert chosen.title
    assert chosen.source
    real, fake = scores(300, -300, 0.5), scores(-300, 300, 0.5)
    for loss in (
        chosen.d_loss(itself, Batch(real), Batch(fake)),
        chosen.g_loss(itself, Batch(fake)),
    ):
        assert loss.total.shape == ()
        assert loss.total.isfinite()
        assert loss.total.requires_grad
        assert all(part.shape == () and not part.requires_grad for part in loss.parts.values())


def test_an_unknown_objective_is_answered_with_all_known_ones() -> None:
    with pytest.raises(ConfigError, match=r"objective is 'lsgan'; choose one of gan, gan-minimax"):
        objective("lsgan")
