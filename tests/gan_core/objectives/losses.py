"""Losses worked out by hand: what the tests of the objectives share."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from gan_core.networks.needs import Verdict
from gan_core.objectives.base import Batch, Loss, Objective
from gan_core.objectives.build import build as build_objective
from tests.gan_core.helpers import tiny_config

PENALISED = ["wgan-gp", "dragan", "r3gan"]


def named_objective(name: str, **settings: Any) -> Objective:
    """The objective of that name with a random stream of its own, as the trainer gives it one."""
    objective = build_objective(tiny_config(objective=name, **settings))
    objective.draw_from(torch.Generator().manual_seed(3))
    return objective


def itself(x: Tensor, y: Tensor | None) -> Verdict:
    """A critic whose score of an image is the image: a batch of numbers."""
    return Verdict(score=x)


def scores(*values: float) -> Tensor:
    return torch.tensor(values, dtype=torch.float64, requires_grad=True)


def play(name: str, real: Tensor, fake: Tensor, **settings: Any) -> tuple[Loss, Loss]:
    """Both players' losses where the critic's score of an image is the image."""
    objective = named_objective(name, **settings)
    batches = Batch(real), Batch(fake)
    return objective.d_loss(itself, *batches), objective.g_loss(itself, *batches)


def check(loss: Loss, total: float, parts: dict[str, float]) -> None:
    assert loss.total.item() == pytest.approx(total, abs=2e-6)
    assert {n: p.item() for n, p in loss.parts.items()} == pytest.approx(parts, abs=2e-6)


def gradient(loss: Loss, inputs: Tensor) -> list[float]:
    (slopes,) = torch.autograd.grad(loss.total, inputs)
    return slopes.flatten().tolist()


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
