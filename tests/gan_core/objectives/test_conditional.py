from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from gan_core.networks.needs import Verdict
from gan_core.objectives.base import Batch
from tests.gan_core.objectives.losses import FAKE, REAL, check, named_objective, sloped


def critic(x: Tensor, y: Tensor | None) -> Verdict:
    """A critic whose score is an image's first pixel, and whose class logits are the other two."""
    return Verdict(x[:, 0], classes=x[:, 1:])


def test_auxiliary_classifier() -> None:
    labels = torch.tensor([0, 1]), torch.tensor([1, 0])
    real = Batch(torch.tensor([[0.0, 0, 0], [2, 0, math.log(3)]]), labels[0])
    fake = Batch(torch.tensor([[-1.0, math.log(4), 0], [1, 0, 0]]), labels[1])
    objective = named_objective("acgan", class_weight=2.0)
    # the original game's discriminator as above: 0.4100375 + 0.813262
    # -log of the share of the right class: 1/2 and 3/4 (0.693147, 0.287682) on real images,
    # 1/5 and 1/2 (1.609438, 0.693147) on generated ones
    game = {"d/real": 0.4100375, "d/fake": 0.813262, "d/D(x)": 0.6903985, "d/D(G(z))": 0.5}
    classes = {"d/classes(x)": 0.4904145, "d/classes(G(z))": 1.1512925}
    total = 0.4100375 + 0.813262 + 2 * (0.4904145 + 1.1512925)
    check(objective.d_loss(critic, real, fake), total, {**game, **classes})
    # softplus(1) = 1.313262, softplus(-1) = 0.313262
    parts = {"g/D(G(z))": 0.5, "g/classes": 1.1512925}
    check(objective.g_loss(critic, real, fake), 0.813262 + 2 * 1.1512925, parts)


def test_told_the_class_both_players_judge_an_image_by_its_own_label() -> None:
    # scores: 0.6 and 2.4 for the real labels, 0 and 4.2 for those of the generated images
    parts = named_objective("cgan").d_loss(sloped, REAL, FAKE).parts
    assert parts["d/real"].item() == pytest.approx((0.437488 + 0.086836) / 2, abs=1e-6)
    assert parts["d/fake"].item() == pytest.approx((0.693147 + 4.214885) / 2, abs=1e-6)
    # softplus(0) = 0.693147, softplus(-4.2) = 0.014885
    total = named_objective("cgan").g_loss(sloped, REAL, FAKE).total.item()
    assert total == pytest.approx((0.693147 + 0.014885) / 2, abs=1e-6)
