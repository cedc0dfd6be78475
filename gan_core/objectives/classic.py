"""The original game, least squares and the hinge."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from gan_core.libraries import functional, torch
from gan_core.objectives.base import Batch, CriticCall, Loss, Objective, score_both, score_parts
from gan_core.objectives.readings import PROBABILITY, Reading
from gan_core.objectives.watches import PROBABILITIES, Watch

if TYPE_CHECKING:
    from torch import Tensor


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
    reading = PROBABILITY
    watches: tuple[Watch, ...] = (PROBABILITIES,)
    chance: Mapping[str, float] = MappingProxyType({"d/real": math.log(2), "d/fake": math.log(2)})

    def d_loss(self, critic: CriticCall, real: Batch, fake: Batch) -> Loss:
        return self.d_game(*score_both(critic, real, fake))

    def g_loss(self, critic: CriticCall, real: Batch, fake: Batch) -> Loss:
        return self.g_game(critic(*fake).score)

    def d_game(self, score_real: Tensor, score_fake: Tensor) -> Loss:
        """The discriminator's loss on logits (N,): what variants change, or add to."""
        on_real = functional.softplus(-score_real).mean()
        on_fake = functional.softplus(score_fake).mean()
        parts = {
            "d/real": on_real.detach(),
            "d/fake": on_fake.detach(),
            "d/D(x)": torch.sigmoid(score_real.detach()).mean(),
            "d/D(G(z))": torch.sigmoid(score_fake.detach()).mean(),
        }
        return Loss(on_real + on_fake, parts)

    def g_game(self, score: Tensor) -> Loss:
        """The generator's loss on the logits (N,) of its images."""
        return Loss(
            functional.softplus(-score).mean(), {"g/D(G(z))": torch.sigmoid(score.detach()).mean()}
        )


class MinimaxGAN(NonSaturatingGAN):
    """The original game as it is written: both players on the value function V (equation 1).

    ``min_G max_D V = E[log D(x)] + E[log(1 - D(G(z)))]``. The generator minimises
    ``E[log(1 - D(G(z)))]``, whose gradient vanishes where the discriminator rejects its samples
    with confidence: the reason for the variant above.

    Source: Goodfellow et al. 2014, "Generative Adversarial Nets", arXiv:1406.2661.
    """

    title = "GAN, minimax (saturating)"
    source = "Goodfellow et al. 2014 (arXiv:1406.2661), equation 1"

    def g_game(self, score: Tensor) -> Loss:
        return Loss(
            -functional.softplus(score).mean(), {"g/D(G(z))": torch.sigmoid(score.detach()).mean()}
        )


class LSGAN(Objective):
    """Least squares: scores are pulled to 1 on real and 0 on generated images.

    Discriminator: minimise ``1/2 E[(D(x) - b)^2] + 1/2 E[(D(G(z)) - a)^2]``; generator:
    ``1/2 E[(D(G(z)) - c)^2]`` (equation 2), with a = 0 and b = c = 1 (equation 9). A sample far
    on the right side of the boundary is still pulled towards it, so gradients do not vanish.

    Source: Mao et al. 2016, "Least Squares Generative Adversarial Networks", arXiv:1611.04076.
    """

    title = "LSGAN, least squares"
    source = "Mao et al. 2016 (arXiv:1611.04076), equations 2 and 9"
    reading = Reading(
        "D(x), the least-squares score",
        "Pulled to 1 on real images and to 0 on generated ones; it may lie beyond either.",
        level=0.5,
        level_words="one half: it cannot tell",
    )
    watches: tuple[Watch, ...] = (
        Watch(
            "What the discriminator says",
            {"d/score(x)": "D(x)", "d/score(G(z))": "D(G(z))"},
            "D(x) is pulled to 1 and D(G(z)) to 0; both near 1/2 says that D cannot tell.",
            {"real": 1.0, "generated": 0.0},
        ),
    )
    chance: Mapping[str, float] = MappingProxyType({"d/real": 1 / 8, "d/fake": 1 / 8})

    def d_loss(self, critic: CriticCall, real: Batch, fake: Batch) -> Loss:
        score_real, score_fake = score_both(critic, real, fake)
        on_real = 0.5 * (score_real - 1).square().mean()
        on_fake = 0.5 * score_fake.square().mean()
        return Loss(on_real + on_fake, score_parts(on_real, on_fake, score_real, score_fake))

    def g_loss(self, critic: CriticCall, real: Batch, fake: Batch) -> Loss:
        return Loss(0.5 * (critic(*fake).score - 1).square().mean(), {})


class Hinge(Objective):
    """The hinge: scores beyond the margin of 1 teach the discriminator nothing.

    Discriminator: minimise ``E[max(0, 1 - D(x))] + E[max(0, 1 + D(G(z)))]``; generator:
    ``-E[D(G(z))]``.

    Source: Lim and Ye 2017, "Geometric GAN", arXiv:1705.02894, section 3; Miyato et al. 2018,
    arXiv:1802.05957, equations 16 and 17.
    """

    title = "Hinge"
    source = "Lim and Ye 2017 (arXiv:1705.02894); Miyato et al. 2018 (arXiv:1802.05957)"
    reading = Reading(
        "D(x), the score",
        "Above 0 it takes an image for real, below for generated; beyond 1 and -1, the margins, an "
        "image on its own side teaches it nothing.",
        level=0.0,
        level_words="0: it cannot tell",
    )
    watches: tuple[Watch, ...] = (
        Watch(
            "What the discriminator says",
            {"d/score(x)": "D(x)", "d/score(G(z))": "D(G(z))"},
            "Beyond the margins a picture teaches the discriminator nothing; both curves past "
            "them for long says that it has won.",
            {"real margin": 1.0, "generated margin": -1.0},
        ),
    )
    chance: Mapping[str, float] = MappingProxyType({"d/real": 1.0, "d/fake": 1.0})

    def d_loss(self, critic: CriticCall, real: Batch, fake: Batch) -> Loss:
        score_real, score_fake = score_both(critic, real, fake)
        on_real = functional.relu(1 - score_real).mean()
        on_fake = functional.relu(1 + score_fake).mean()
        return Loss(on_real + on_fake, score_parts(on_real, on_fake, score_real, score_fake))

    def g_loss(self, critic: CriticCall, real: Batch, fake: Batch) -> Loss:
        return Loss(-critic(*fake).score.mean(), {})
