"""Games with a gradient penalty: DRAGAN and R3GAN."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated

from gan_core.config import Setting
from gan_core.libraries import functional, torch
from gan_core.objectives.base import Batch, CriticCall, Loss, Objective, join
from gan_core.objectives.classic import NonSaturatingGAN
from gan_core.objectives.gradients import (
    GradientPenalty,
    gradient_norms,
    scores_and_slopes,
    with_penalty,
)
from gan_core.objectives.readings import HALFWAY, Reading
from gan_core.objectives.watches import PROBABILITIES, Target, Watch


class DRAGAN(NonSaturatingGAN):
    """The original game with a gradient penalty around real images.

    Discriminator: that of the original game plus ``lambda E[(||grad D(x + delta)||_2 - 1)^2]``
    (section 2), which keeps it from growing sharp peaks on the data; the gradient is that of the
    logit. delta is that of the authors' code: half the deviation of the batch, times uniform noise
    in [0, 1]. Published with lambda = 10.

    Source: Kodali et al. 2017, "On Convergence and Stability of GANs", arXiv:1705.07215.
    """

    title = "DRAGAN, gradient penalty around the data"
    source = "Kodali et al. 2017 (arXiv:1705.07215), section 2"
    critic_norm = False
    watches: tuple[Watch, ...] = (
        PROBABILITIES,
        Watch(
            "Norm of the discriminator's gradient near real images",
            {"d/gradient_norm": "mean norm"},
            "Held near 1 by the penalty.",
        ),
    )
    targets: Mapping[str, Target] = MappingProxyType({"d/gradient_norm": Target(1.0)})

    def __init__(self, gradient_penalty: GradientPenalty = 10.0) -> None:
        self.gradient_penalty = gradient_penalty

    def d_loss(self, critic: CriticCall, real: Batch, fake: Batch) -> Loss:
        loss = super().d_loss(critic, real, fake)
        x = real.images
        noise = torch.rand(x.shape, dtype=x.dtype, device=x.device, generator=self.random)
        norms = gradient_norms(critic, Batch(x + 0.5 * x.std() * noise, real.labels))
        return with_penalty(loss, self.gradient_penalty, norms)


class R3GAN(Objective):
    """The relativistic game with zero-centred gradient penalties on both sides.

    Discriminator: minimise ``E[f(D(G(z)) - D(x))] + gamma/2 E||grad D(x)||^2 + gamma/2
    E||grad D(G(z))||^2`` with ``f(t) = softplus(t)``, the game of equation 2 with the penalties R1
    and R2 of equation 3; generator: minimise ``E[f(D(x) - D(G(z)))]``. A real and a generated
    image are judged in pairs, so that each generated image is compared with the data and modes are
    not forgotten (section 2.2); the penalties make the game converge (section 2.3). Published for
    Stacked MNIST with gamma falling from 1 to 0.1, Adam 2e-4, beta1 0 and beta2 rising from 0.9 to
    0.99 (appendix D).

    Source: Huang et al. 2024, "The GAN is dead; long live the GAN! A Modern Baseline GAN",
    arXiv:2501.05441; the relativistic pairing is Jolicoeur-Martineau's, arXiv:1807.00734.
    """

    title = "R3GAN, relativistic with zero-centred penalties"
    source = "Huang et al. 2024 (arXiv:2501.05441), equations 2 and 3"
    reading = Reading(
        "D(x), the relativistic score",
        "Only differences have a meaning: the sigmoid of D(x) - D(x') is the probability that x is "
        "more real than x'.",
        level=None,
        level_words=HALFWAY,
    )
    critic_norm = False
    watches: tuple[Watch, ...] = (
        Watch(
            "How far real images are ahead",
            {"d/lead": "E[D(x) - D(G(z))]"},
            "The lead of a real image over a generated one: near 0 the two cannot be told apart.",
            {"level": 0.0},
        ),
        Watch(
            "Norm of the discriminator's gradient",
            {"d/gradient_norm(x)": "at real images", "d/gradient_norm(G(z))": "at generated"},
            "Pulled to 0 by the penalties; it shrinks as the two distributions meet.",
        ),
    )
    targets: Mapping[str, Target] = MappingProxyType(
        {"d/gradient_norm(x)": Target(0.0), "d/gradient_norm(G(z))": Target(0.0)}
    )
    chance: Mapping[str, float] = MappingProxyType({"d/game": math.log(2)})

    def __init__(
        self,
        zero_penalty: Annotated[
            float,
            Setting(
                "Zero-centred penalty",
                "Weight of the penalties on the squared gradient norm at real and at generated "
                "images (gamma).",
                minimum=0.0,
                maximum=1000.0,
            ),
        ] = 1.0,
    ) -> None:
        self.zero_penalty = zero_penalty

    def d_loss(self, critic: CriticCall, real: Batch, fake: Batch) -> Loss:
        sizes = [len(real.images), len(fake.images)]
        scores, slopes = scores_and_slopes(critic, join(real, fake))
        score_real, score_fake = scores.split(sizes)
        slope_real, slope_fake = slopes.split(sizes)
        lead = score_real - score_fake
        game = functional.softplus(-lead).mean()
        penalty = slope_real.square().mean() + slope_fake.square().mean()
        parts = {
            "d/game": game.detach(),
            "d/penalty": penalty.detach(),
            "d/lead": lead.detach().mean(),
            "d/gradient_norm(x)": slope_real.detach().mean(),
            "d/gradient_norm(G(z))": slope_fake.detach().mean(),
        }
        return Loss(game + 0.5 * self.zero_penalty * penalty, parts)

    def g_loss(self, critic: CriticCall, real: Batch, fake: Batch) -> Loss:
        score_real, score_fake = critic(*real).score, critic(*fake).score
        pairs = torch.arange(len(score_fake), device=score_fake.device) % len(score_real)
        return Loss(functional.softplus(score_real[pairs] - score_fake).mean(), {})
