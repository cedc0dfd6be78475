"""Gradients of a critic with respect to images, and their penalty."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from gan_core.config import Setting
from gan_core.libraries import torch
from gan_core.objectives.base import Batch, CriticCall, Loss

if TYPE_CHECKING:
    from torch import Tensor

GradientPenalty = Annotated[
    float,
    Setting(
        "Gradient penalty",
        "Weight of the penalty that holds the norm of the critic's gradient at 1 (lambda).",
        minimum=0.0,
        maximum=1000.0,
    ),
]


def scores_and_slopes(critic: CriticCall, batch: Batch) -> tuple[Tensor, Tensor]:
    """Scores (N,) and the Euclidean norms (N,) of their gradients with respect to the images.

    Each norm is over one sample's own pixels, and can itself be differentiated.
    """
    images = batch.images.detach().requires_grad_(True)
    score = critic(images, batch.labels).score
    (gradient,) = torch.autograd.grad(score.sum(), images, create_graph=True)
    # the small number keeps the square root's own gradient finite where a gradient is zero
    return score, (gradient.flatten(1).square().sum(1) + 1e-12).sqrt()


def gradient_norms(critic: CriticCall, batch: Batch) -> Tensor:
    """The Euclidean norms (N,) of the scores' gradients with respect to the images."""
    return scores_and_slopes(critic, batch)[1]


def with_penalty(loss: Loss, weight: float, norms: Tensor) -> Loss:
    """A loss plus the penalty for gradient norms (N,) other than 1."""
    penalty = (norms - 1).square().mean()
    parts = {
        **loss.parts,
        "d/penalty": penalty.detach(),
        "d/gradient_norm": norms.detach().mean(),
    }
    return Loss(loss.total + weight * penalty, parts)
