"""The objectives: what each player minimises, and what that needs of the networks.

No optimizer, no data, no files. To add an objective, write a class and add a line to
:data:`OBJECTIVES`. Scores are logits (N,); losses are means over the batch.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import softplus

from gan_core.errors import ConfigError
from gan_core.networks import Verdict


class Batch(NamedTuple):
    """Images (N, C, H, W) in [-1, 1] and their labels (N,), where there are any."""

    images: Tensor
    labels: Tensor | None = None


class Loss(NamedTuple):
    """A scalar to differentiate, and detached scalars to plot by name."""

    total: Tensor
    parts: dict[str, Tensor]


CriticCall = Callable[[Tensor, Tensor | None], Verdict]


class Objective:
    """Hyperparameters in the constructor, mathematics in the methods, nothing else."""

    title: str
    source: str
    critic_norm: bool = True  # whether the critic may use batch norm

    def d_loss(self, critic: CriticCall, real: Batch, fake: Batch) -> Loss:
        """The discriminator's loss on a real and a generated batch."""
        raise NotImplementedError

    def g_loss(self, critic: CriticCall, fake: Batch) -> Loss:
        """The generator's loss on a generated batch."""
        raise NotImplementedError


class NonSaturatingGAN(Objective):
    """The original game with the generator loss that its authors advise (section 3).

    Discriminator: minimise ``-E[log D(x)] - E[log(1 - D(G(z)))]`` (equation 1).
    Generator: minimise ``-E[log D(G(z))]``, which keeps a gradient where D is sure of itself.
    With D = sigmoid(s), ``-log D = softplus(-s)`` and ``-log(1 - D) = softplus(s)``, exact for
    any logit, where the logarithm of a rounded probability is not.

    Source: Goodfellow et al. 2014, "Generative Adversarial Nets", arXiv:1406.2661.
    """

    title = "GAN, non-saturating"
    source = "Goodfellow et al. 2014 (arXiv:1406.2661), section 3"

    def d_loss(self, critic: CriticCall, real: Batch, fake: Batch) -> Loss:
        score_real = critic(*real).score
        score_fake = critic(*fake).score
        on_real = softplus(-score_real).mean()
        on_fake = softplus(score_fake).mean()
        parts = {
            "d/real": on_real.detach(),
            "d/fake": on_fake.detach(),
            "d/D(x)": torch.sigmoid(score_real.detach()).mean(),
            "d/D(G(z))": torch.sigmoid(score_fake.detach()).mean(),
        }
        return Loss(on_real + on_fake, parts)

    def g_loss(self, critic: CriticCall, fake: Batch) -> Loss:
        score = critic(*fake).score
        return Loss(self._adversarial(score), {"g/D(G(z))": torch.sigmoid(score.detach()).mean()})

    def _adversarial(self, score: Tensor) -> Tensor:
        return softplus(-score).mean()


class MinimaxGAN(NonSaturatingGAN):
    """The original game as it is written: both players on the value function V (equation 1).

    The generator minimises ``E[log(1 - D(G(z)))]``, whose gradient vanishes where the
    discriminator rejects its samples with confidence: the reason for the variant above.

    Source: Goodfellow et al. 2014, "Generative Adversarial Nets", arXiv:1406.2661.
    """

    title = "GAN, minimax (saturating)"
    source = "Goodfellow et al. 2014 (arXiv:1406.2661), equation 1"

    def _adversarial(self, score: Tensor) -> Tensor:
        return -softplus(score).mean()


OBJECTIVES: dict[str, type[Objective]] = {
    "gan": NonSaturatingGAN,
    "gan-minimax": MinimaxGAN,
}


def objective(name: str) -> Objective:
    """The objective of that name, with its default hyperparameters.

    Raises:
        ConfigError: there is none.
    """
    if name not in OBJECTIVES:
        raise ConfigError(f"objective is {name!r}; choose one of {', '.join(OBJECTIVES)}.")
    return OBJECTIVES[name]()
