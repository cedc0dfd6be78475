"""The Wasserstein distance, by clipping and by a gradient penalty."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated

from gan_core.config import Setting
from gan_core.libraries import torch
from gan_core.objectives.base import Batch, CriticCall, Loss, Objective, score_both, score_parts
from gan_core.objectives.gradients import GradientPenalty, gradient_norms, with_penalty
from gan_core.objectives.readings import CRITIC_VALUE
from gan_core.objectives.watches import DISTANCE, VALUES, Target, Watch

if TYPE_CHECKING:
    from torch import Tensor, nn


class WGAN(Objective):
    """The Wasserstein distance, with a critic kept Lipschitz by clipping its weights.

    Critic: maximise ``E[D(x)] - E[D(G(z))]`` (equation 2) with every weight clipped to [-c, c]
    after each update; generator: minimise ``-E[D(G(z))]`` (algorithm 1). Batch norm's scale and
    shift are not clipped: at 0.01 they would shrink the signal a hundredfold at every layer.
    Published with c = 0.01, RMSprop 5e-5 and 5 critic steps.

    Source: Arjovsky et al. 2017, "Wasserstein GAN", arXiv:1701.07875, algorithm 1.
    """

    title = "WGAN, weight clipping"
    source = "Arjovsky et al. 2017 (arXiv:1701.07875), algorithm 1"
    reading = CRITIC_VALUE
    watches: tuple[Watch, ...] = (
        DISTANCE,
        Watch(
            "Share of the critic's weights at the clip",
            {"d/clipped": "at the clip"},
            "Most weights at the clip says that the critic is a crude function: the known cost of "
            "clipping, and the reason for WGAN-GP.",
            bounds=(0.0, 1.0),
        ),
        VALUES,
    )

    def __init__(
        self,
        clip: Annotated[
            float,
            Setting(
                "Weight clip",
                "The critic's weights are held between minus this and this.",
                minimum=1e-6,
                maximum=100.0,
            ),
        ] = 0.01,
    ) -> None:
        self.clip = clip
        self._share: Tensor | None = None  # of the weights at the clip, after the last update

    def d_loss(self, critic: CriticCall, real: Batch, fake: Batch) -> Loss:
        total, parts = _wasserstein(*score_both(critic, real, fake))
        shares = {} if self._share is None else {"d/clipped": self._share.clone()}
        return Loss(total, {**parts, **shares})

    def g_loss(self, critic: CriticCall, real: Batch, fake: Batch) -> Loss:
        return Loss(-critic(*fake).score.mean(), {})

    def after_d_step(self, critic: nn.Module, loss: Loss) -> None:
        from gan_core.networks.layers import BATCH_NORMS

        weights: list[Tensor] = [
            parameter
            for module in critic.modules()
            if not isinstance(module, BATCH_NORMS)
            for parameter in module.parameters(recurse=False)
        ]
        with torch.no_grad():
            torch._foreach_clamp_min_(weights, -self.clip)
            torch._foreach_clamp_max_(weights, self.clip)
            at_clip = torch.stack([(weight.abs() >= self.clip).sum() for weight in weights]).sum()
            share = at_clip / sum(weight.numel() for weight in weights)
            self._share = share if self._share is None else self._share.copy_(share)


class WGANGP(Objective):
    """The Wasserstein distance, with a critic kept Lipschitz by a penalty on its gradient.

    Critic: minimise ``E[D(G(z))] - E[D(x)] + lambda E[(||grad D(u)||_2 - 1)^2]`` (equation 3),
    u uniform on the lines between real and generated images; the norm is each sample's own.
    Generator: minimise ``-E[D(G(z))]``. Batch norm in the critic would tie the samples of a batch
    together, so that a sample's gradient is not its own (section 4). Published with lambda = 10,
    Adam 1e-4, betas (0, 0.9), 5 critic steps.

    Source: Gulrajani et al. 2017, "Improved Training of Wasserstein GANs", arXiv:1704.00028.
    """

    title = "WGAN-GP, gradient penalty"
    source = "Gulrajani et al. 2017 (arXiv:1704.00028), equation 3"
    reading = CRITIC_VALUE
    critic_norm = False
    watches: tuple[Watch, ...] = (
        DISTANCE,
        Watch(
            "Norm of the critic's gradient",
            {"d/gradient_norm": "mean norm"},
            "Held near 1 by the penalty; far above it the critic is no longer Lipschitz.",
        ),
        VALUES,
    )
    targets: Mapping[str, Target] = MappingProxyType({"d/gradient_norm": Target(1.0)})

    def __init__(self, gradient_penalty: GradientPenalty = 10.0) -> None:
        self.gradient_penalty = gradient_penalty

    def d_loss(self, critic: CriticCall, real: Batch, fake: Batch) -> Loss:
        loss = _wasserstein(*score_both(critic, real, fake))
        x = real.images
        share = torch.rand(len(x), 1, 1, 1, dtype=x.dtype, device=x.device, generator=self.random)
        between = torch.lerp(x, fake.images, share)
        norms = gradient_norms(critic, Batch(between, real.labels))
        return with_penalty(loss, self.gradient_penalty, norms)

    def g_loss(self, critic: CriticCall, real: Batch, fake: Batch) -> Loss:
        return Loss(-critic(*fake).score.mean(), {})


def _wasserstein(score_real: Tensor, score_fake: Tensor) -> Loss:
    on_real, on_fake = -score_real.mean(), score_fake.mean()
    parts = score_parts(on_real, on_fake, score_real, score_fake)
    return Loss(on_real + on_fake, {**parts, "d/wasserstein": -(on_real + on_fake).detach()})
