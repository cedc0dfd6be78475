"""The objectives: what each player minimises, and what that needs of the networks.

No optimizer, no data, no files. To add an objective, write a class and add a line to
:data:`OBJECTIVES`. Scores are (N,): logits, critic values, or energies of an autoencoder critic.
Losses are means over the batch.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, normalize, relu, softplus

from gan_core.config import TrainConfig
from gan_core.errors import ConfigError
from gan_core.networks.build import BATCH_NORMS, Head, Verdict


class Batch(NamedTuple):
    """Images (N, C, H, W) in [-1, 1] and their labels (N,), where there are any."""

    images: Tensor
    labels: Tensor | None = None


class Loss(NamedTuple):
    """A scalar to differentiate, and detached scalars to plot by name."""

    total: Tensor
    parts: dict[str, Tensor]


CriticCall = Callable[[Tensor, Tensor | None], Verdict]


@dataclass(frozen=True)
class Watch:
    """What to watch while an objective trains: a chart of some of its parts.

    ``targets`` are levels to draw as lines, by name: numbers, or the name of a setting.
    """

    title: str
    columns: Mapping[str, str]  # name of a part -> its label
    words: str  # what healthy curves look like
    targets: Mapping[str, float | str] = field(default_factory=dict)
    bounds: tuple[float, float] | None = None


PROBABILITIES = Watch(
    "What the discriminator says",
    {"d/D(x)": "D(x)", "d/D(G(z))": "D(G(z)) before", "g/D(G(z))": "D(G(z)) after"},
    "D(G(z)) is taken twice a step, on the same pictures: before the discriminator's update, and "
    "after it, when the generator learns from it.",
    {"chance": 0.5},
    (0.0, 1.0),
)
VALUES = Watch(
    "What the critic says",
    {"d/score(x)": "D(x)", "d/score(G(z))": "D(G(z))"},
    "The two curves stay apart while the critic still tells real from generated; only their "
    "distance has a meaning, not their height.",
)
DISTANCE = Watch(
    "Wasserstein estimate",
    {"d/wasserstein": "E[D(x)] - E[D(G(z))]"},
    "Falls slowly as the pictures get better, in units that depend on the critic.",
)


class Objective:
    """Hyperparameters in the constructor, mathematics in the methods, nothing else.

    Every constructor argument is a setting of :class:`~gan_core.config.TrainConfig` of the same
    name, listed in ``settings``.
    """

    title: str
    source: str
    head: Head = Head.SCORE
    conditional: bool = False  # whether the generator is told the class it is to draw
    critic_norm: bool = True  # whether the critic may use batch norm
    settings: tuple[str, ...] = ()
    watches: tuple[Watch, ...] = ()
    # The discriminator's losses where it cannot tell at all, for those that are 0 where it has won.
    chance: Mapping[str, float] = MappingProxyType({})
    random: torch.Generator | None = None  # of the trainer, for what an objective draws

    def d_loss(self, critic: CriticCall, real: Batch, fake: Batch) -> Loss:
        """The discriminator's loss on a real and a generated batch of equal size."""
        raise NotImplementedError

    def g_loss(self, critic: CriticCall, real: Batch, fake: Batch) -> Loss:
        """The generator's loss on a generated batch; few objectives look at the real one."""
        raise NotImplementedError

    def after_d_step(self, critic: nn.Module, loss: Loss) -> None:
        """What follows a discriminator update."""

    def state_dict(self) -> dict[str, Any]:
        """What the objective itself has learnt."""
        return {}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take up what was learnt."""


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
    watches: tuple[Watch, ...] = (PROBABILITIES,)
    chance: Mapping[str, float] = MappingProxyType({"d/real": math.log(2), "d/fake": math.log(2)})

    def d_loss(self, critic: CriticCall, real: Batch, fake: Batch) -> Loss:
        return self._discriminate(critic(*real).score, critic(*fake).score)

    def g_loss(self, critic: CriticCall, real: Batch, fake: Batch) -> Loss:
        return self._generate(critic(*fake).score)

    def _discriminate(self, score_real: Tensor, score_fake: Tensor) -> Loss:
        on_real = softplus(-score_real).mean()
        on_fake = softplus(score_fake).mean()
        parts = {
            "d/real": on_real.detach(),
            "d/fake": on_fake.detach(),
            "d/D(x)": torch.sigmoid(score_real.detach()).mean(),
            "d/D(G(z))": torch.sigmoid(score_fake.detach()).mean(),
        }
        return Loss(on_real + on_fake, parts)

    def _generate(self, score: Tensor) -> Loss:
        return Loss(softplus(-score).mean(), {"g/D(G(z))": torch.sigmoid(score.detach()).mean()})


class MinimaxGAN(NonSaturatingGAN):
    """The original game as it is written: both players on the value function V (equation 1).

    ``min_G max_D V = E[log D(x)] + E[log(1 - D(G(z)))]``. The generator minimises
    ``E[log(1 - D(G(z)))]``, whose gradient vanishes where the discriminator rejects its samples
    with confidence: the reason for the variant above.

    Source: Goodfellow et al. 2014, "Generative Adversarial Nets", arXiv:1406.2661.
    """

    title = "GAN, minimax (saturating)"
    source = "Goodfellow et al. 2014 (arXiv:1406.2661), equation 1"

    def _generate(self, score: Tensor) -> Loss:
        return Loss(-softplus(score).mean(), {"g/D(G(z))": torch.sigmoid(score.detach()).mean()})


class LSGAN(Objective):
    """Least squares: scores are pulled to 1 on real and 0 on generated images.

    Discriminator: minimise ``1/2 E[(D(x) - b)^2] + 1/2 E[(D(G(z)) - a)^2]``; generator:
    ``1/2 E[(D(G(z)) - c)^2]`` (equation 2), with a = 0 and b = c = 1 (equation 9). A sample far
    on the right side of the boundary is still pulled towards it, so gradients do not vanish.

    Source: Mao et al. 2016, "Least Squares Generative Adversarial Networks", arXiv:1611.04076.
    """

    title = "LSGAN, least squares"
    source = "Mao et al. 2016 (arXiv:1611.04076), equations 2 and 9"
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
        score_real, score_fake = critic(*real).score, critic(*fake).score
        on_real = 0.5 * (score_real - 1).square().mean()
        on_fake = 0.5 * score_fake.square().mean()
        return Loss(on_real + on_fake, _parts(on_real, on_fake, score_real, score_fake))

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
        score_real, score_fake = critic(*real).score, critic(*fake).score
        on_real = relu(1 - score_real).mean()
        on_fake = relu(1 + score_fake).mean()
        return Loss(on_real + on_fake, _parts(on_real, on_fake, score_real, score_fake))

    def g_loss(self, critic: CriticCall, real: Batch, fake: Batch) -> Loss:
        return Loss(-critic(*fake).score.mean(), {})


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
    settings: tuple[str, ...] = ("clip",)
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

    def __init__(self, clip: float = 0.01) -> None:
        self.clip = clip
        self._share: Tensor | None = None  # of the weights at the clip, after the last update

    def d_loss(self, critic: CriticCall, real: Batch, fake: Batch) -> Loss:
        loss = _wasserstein(critic(*real).score, critic(*fake).score)
        if self._share is not None:
            loss.parts["d/clipped"] = self._share.clone()
        return loss

    def g_loss(self, critic: CriticCall, real: Batch, fake: Batch) -> Loss:
        return Loss(-critic(*fake).score.mean(), {})

    @torch.no_grad()
    def after_d_step(self, critic: nn.Module, loss: Loss) -> None:
        weights: list[Tensor] = [
            parameter
            for module in critic.modules()
            if not isinstance(module, BATCH_NORMS)
            for parameter in module.parameters(recurse=False)
        ]
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
    critic_norm = False
    settings: tuple[str, ...] = ("gradient_penalty",)
    watches: tuple[Watch, ...] = (
        DISTANCE,
        Watch(
            "Norm of the critic's gradient",
            {"d/gradient_norm": "mean norm"},
            "Held near 1 by the penalty; far above it the critic is no longer Lipschitz.",
            {"target": 1.0},
        ),
        VALUES,
    )

    def __init__(self, gradient_penalty: float = 10.0) -> None:
        self.gradient_penalty = gradient_penalty

    def d_loss(self, critic: CriticCall, real: Batch, fake: Batch) -> Loss:
        loss = _wasserstein(critic(*real).score, critic(*fake).score)
        x = real.images
        share = torch.rand(len(x), 1, 1, 1, dtype=x.dtype, device=x.device, generator=self.random)
        between = torch.lerp(x, fake.images, share)
        norms = _gradient_norms(critic, Batch(between, real.labels))
        return _penalised(loss, self.gradient_penalty, norms)

    def g_loss(self, critic: CriticCall, real: Batch, fake: Batch) -> Loss:
        return Loss(-critic(*fake).score.mean(), {})


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
    settings: tuple[str, ...] = ("gradient_penalty",)
    watches: tuple[Watch, ...] = (
        PROBABILITIES,
        Watch(
            "Norm of the discriminator's gradient near real images",
            {"d/gradient_norm": "mean norm"},
            "Held near 1 by the penalty.",
            {"target": 1.0},
        ),
    )

    def __init__(self, gradient_penalty: float = 10.0) -> None:
        self.gradient_penalty = gradient_penalty

    def d_loss(self, critic: CriticCall, real: Batch, fake: Batch) -> Loss:
        loss = super().d_loss(critic, real, fake)
        x = real.images
        noise = torch.rand(x.shape, dtype=x.dtype, device=x.device, generator=self.random)
        norms = _gradient_norms(critic, Batch(x + 0.5 * x.std() * noise, real.labels))
        return _penalised(loss, self.gradient_penalty, norms)


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
    critic_norm = False
    settings: tuple[str, ...] = ("zero_penalty",)
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
            {"target": 0.0},
        ),
    )
    chance: Mapping[str, float] = MappingProxyType({"d/game": math.log(2)})

    def __init__(self, zero_penalty: float = 1.0) -> None:
        self.zero_penalty = zero_penalty

    def d_loss(self, critic: CriticCall, real: Batch, fake: Batch) -> Loss:
        score_real, slope_real = _with_gradient(critic, real)
        score_fake, slope_fake = _with_gradient(critic, fake)
        lead = score_real - score_fake
        game = softplus(-lead).mean()
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
        return Loss(softplus(score_real[pairs] - score_fake).mean(), {})


class CGAN(NonSaturatingGAN):
    """The original game with both players told the class.

    ``min_G max_D E[log D(x|y)] + E[log(1 - D(G(z|y)))]`` (equation 2), with the non-saturating
    generator loss. Real images come with their labels, generated ones with labels drawn evenly
    from all classes.

    Source: Mirza and Osindero 2014, "Conditional Generative Adversarial Nets", arXiv:1411.1784.
    """

    title = "CGAN, conditional"
    source = "Mirza and Osindero 2014 (arXiv:1411.1784), equation 2"
    conditional = True


class ACGAN(NonSaturatingGAN):
    """A generator told the class, and a discriminator that must name it.

    With ``L_S`` the original game and ``L_C = E[log P(C = c | x)] + E[log P(C = c | G(z, c))]``
    (equations 2 and 3), the discriminator maximises ``L_S + L_C`` and the generator ``L_C - L_S``.
    What the classifier loses on real and on generated images is reported apart.

    Source: Odena et al. 2016, "Conditional Image Synthesis with Auxiliary Classifier GANs",
    arXiv:1610.09585.
    """

    title = "ACGAN, auxiliary classifier"
    source = "Odena et al. 2016 (arXiv:1610.09585), equations 2 and 3"
    head = Head.CLASSES
    conditional = True
    settings: tuple[str, ...] = ("class_weight",)
    watches: tuple[Watch, ...] = (
        PROBABILITIES,
        Watch(
            "Loss of the auxiliary classifier",
            {"d/classes(x)": "on real images", "d/classes(G(z))": "on generated images"},
            "Both fall towards 0. Generated far below real says that the generator draws what is "
            "easy to name rather than what is real.",
            {"chance of ten classes": 2.303},
        ),
    )

    def __init__(self, class_weight: float = 1.0) -> None:
        self.class_weight = class_weight

    def d_loss(self, critic: CriticCall, real: Batch, fake: Batch) -> Loss:
        on_real, on_fake = critic(*real), critic(*fake)
        game = self._discriminate(on_real.score, on_fake.score)
        classes_real, classes_fake = _classes(on_real, real), _classes(on_fake, fake)
        parts = {
            **game.parts,
            "d/classes(x)": classes_real.detach(),
            "d/classes(G(z))": classes_fake.detach(),
        }
        return Loss(game.total + self.class_weight * (classes_real + classes_fake), parts)

    def g_loss(self, critic: CriticCall, real: Batch, fake: Batch) -> Loss:
        verdict = critic(*fake)
        game, classes = self._generate(verdict.score), _classes(verdict, fake)
        parts = {**game.parts, "g/classes": classes.detach()}
        return Loss(game.total + self.class_weight * classes, parts)


class EBGAN(Objective):
    """An autoencoder for a critic: its reconstruction error is the energy of an image.

    Critic: minimise ``E[D(x)] + E[max(0, m - D(G(z)))]``, the hinge on each sample (equation 1);
    generator: minimise ``E[D(G(z))]`` (equation 2) plus the pull-away term on the critic's codes
    (equation 14) with weight 0.1. The image is both the input and the target of the
    reconstruction, and the generator's gradient flows through both. Here the energy is the mean
    squared error a pixel; the paper's m of 10 in the Euclidean norm of a 28 x 28 image is 0.13.

    Source: Zhao et al. 2016, "Energy-based Generative Adversarial Network", arXiv:1609.03126.
    """

    title = "EBGAN, energy-based with pull-away"
    source = "Zhao et al. 2016 (arXiv:1609.03126), equations 1, 2 and 14"
    head = Head.SQUARED_ERROR
    critic_norm = False
    settings: tuple[str, ...] = ("margin", "pull_away")
    watches: tuple[Watch, ...] = (
        Watch(
            "Energies against the margin",
            {"d/energy(x)": "real", "d/energy(G(z))": "generated"},
            "Real images sink to a small energy; generated ones lie between them and the margin. "
            "Stuck at the margin, the generator learns nothing.",
            {"margin": "margin"},
        ),
        Watch(
            "Pull-away term",
            {"g/pull_away": "mean squared cosine"},
            "1 says that all generated images have one code, 0 that their codes are orthogonal. "
            "Rising towards 1 it tells of mode collapse.",
            bounds=(0.0, 1.0),
        ),
    )

    def __init__(self, margin: float = 0.2, pull_away: float = 0.1) -> None:
        self.margin = margin
        self.pull_away = pull_away

    def d_loss(self, critic: CriticCall, real: Batch, fake: Batch) -> Loss:
        energy_real, energy_fake = critic(*real).score, critic(*fake).score
        on_real, on_fake = energy_real.mean(), relu(self.margin - energy_fake).mean()
        return Loss(on_real + on_fake, _energies(on_real, on_fake, energy_fake))

    def g_loss(self, critic: CriticCall, real: Batch, fake: Batch) -> Loss:
        verdict = critic(*fake)
        assert verdict.code is not None, "an autoencoder critic gives a code"
        apart = pull_away_term(verdict.code)
        return Loss(verdict.score.mean() + self.pull_away * apart, {"g/pull_away": apart.detach()})


class BEGAN(Objective):
    """An autoencoder for a critic, with its two errors held in balance.

    With the energy ``L(v) = |v - D(v)|``, the mean absolute error a pixel (section 3.1 with
    eta = 1), the critic minimises ``L(x) - k L(G(z))``, the generator ``L(G(z))``, and after each
    update ``k <- k + lambda_k (gamma L(x) - L(G(z)))``, held in [0, 1] (section 3.4). k moves on
    the raw energies. ``M = L(x) + |gamma L(x) - L(G(z))|`` (section 3.4.1) measures convergence.

    Source: Berthelot et al. 2017, "BEGAN: Boundary Equilibrium Generative Adversarial Networks",
    arXiv:1703.10717.
    """

    title = "BEGAN, boundary equilibrium"
    source = "Berthelot et al. 2017 (arXiv:1703.10717), section 3.4"
    head = Head.ABSOLUTE_ERROR
    critic_norm = False
    settings: tuple[str, ...] = ("diversity", "k_rate")
    watches: tuple[Watch, ...] = (
        Watch(
            "Convergence measure M",
            {"d/M": "M"},
            "Falls as the pictures get better; a plateau is the end of what this run will learn.",
        ),
        Watch(
            "Balance k",
            {"d/k": "k"},
            "How much the critic minds the generated images. It starts at 0 and settles; at a "
            "bound for long the balance is lost.",
            bounds=(0.0, 1.0),
        ),
        Watch(
            "Energies",
            {"d/energy(x)": "real", "d/energy(G(z))": "generated"},
            "In balance, generated images have gamma times the energy of real ones.",
        ),
    )

    def __init__(self, diversity: float = 0.5, k_rate: float = 0.001) -> None:
        self.diversity = diversity
        self.k_rate = k_rate
        self.k = torch.zeros(())

    def d_loss(self, critic: CriticCall, real: Batch, fake: Batch) -> Loss:
        on_real, on_fake = critic(*real).score.mean(), critic(*fake).score.mean()
        self.k = self.k.to(on_real.device)
        distance = (self.diversity * on_real - on_fake).detach()
        parts = {
            "d/energy(x)": on_real.detach(),
            "d/energy(G(z))": on_fake.detach(),
            "d/k": self.k.clone(),
            "d/M": on_real.detach() + distance.abs(),
        }
        return Loss(on_real - self.k * on_fake, parts)

    def g_loss(self, critic: CriticCall, real: Batch, fake: Batch) -> Loss:
        return Loss(critic(*fake).score.mean(), {})

    def after_d_step(self, critic: nn.Module, loss: Loss) -> None:
        energy_real, energy_fake = loss.parts["d/energy(x)"], loss.parts["d/energy(G(z))"]
        moved = self.k + self.k_rate * (self.diversity * energy_real - energy_fake)
        self.k.copy_(moved.clamp(0.0, 1.0))

    def state_dict(self) -> dict[str, Any]:
        return {"k": self.k.clone()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.k = state["k"]


def pull_away_term(codes: Tensor) -> Tensor:
    """Mean squared cosine over the pairs of different samples: codes (N, K), N at least 2.

    ``1 / (N (N - 1)) sum_{i != j} (s_i . s_j / (|s_i| |s_j|))^2`` (EBGAN, equation 14): 1 where
    all codes are parallel, 0 where they are orthogonal.
    """
    units = normalize(codes, dim=1)
    cosines = units @ units.T
    n = len(codes)
    off_diagonal = cosines - torch.diag(cosines.diagonal())
    return off_diagonal.square().sum() / (n * (n - 1))


def _parts(on_real: Tensor, on_fake: Tensor, real: Tensor, fake: Tensor) -> dict[str, Tensor]:
    return {
        "d/real": on_real.detach(),
        "d/fake": on_fake.detach(),
        "d/score(x)": real.detach().mean(),
        "d/score(G(z))": fake.detach().mean(),
    }


def _energies(on_real: Tensor, on_fake: Tensor, energy_fake: Tensor) -> dict[str, Tensor]:
    return {
        "d/real": on_real.detach(),
        "d/fake": on_fake.detach(),
        "d/energy(x)": on_real.detach(),
        "d/energy(G(z))": energy_fake.detach().mean(),
    }


def _wasserstein(score_real: Tensor, score_fake: Tensor) -> Loss:
    on_real, on_fake = -score_real.mean(), score_fake.mean()
    parts = _parts(on_real, on_fake, score_real, score_fake)
    return Loss(on_real + on_fake, {**parts, "d/wasserstein": -(on_real + on_fake).detach()})


def _with_gradient(critic: CriticCall, batch: Batch) -> tuple[Tensor, Tensor]:
    """Scores (N,) and the Euclidean norms (N,) of their gradients with respect to the images.

    Each norm is over one sample's own pixels, and can itself be differentiated.
    """
    images = batch.images.detach().requires_grad_(True)
    score = critic(images, batch.labels).score
    (gradient,) = torch.autograd.grad(score.sum(), images, create_graph=True)
    # the small number keeps the square root's own gradient finite where a gradient is zero
    return score, (gradient.flatten(1).square().sum(1) + 1e-12).sqrt()


def _gradient_norms(critic: CriticCall, batch: Batch) -> Tensor:
    return _with_gradient(critic, batch)[1]


def _penalised(loss: Loss, weight: float, norms: Tensor) -> Loss:
    """A loss plus the penalty for gradient norms (N,) other than 1."""
    penalty = (norms - 1).square().mean()
    parts = {
        **loss.parts,
        "d/penalty": penalty.detach(),
        "d/gradient_norm": norms.detach().mean(),
    }
    return Loss(loss.total + weight * penalty, parts)


def _classes(verdict: Verdict, batch: Batch) -> Tensor:
    assert verdict.classes is not None and batch.labels is not None, "ACGAN needs both"
    return cross_entropy(verdict.classes, batch.labels)


OBJECTIVES: dict[str, type[Objective]] = {
    "gan": NonSaturatingGAN,
    "gan-minimax": MinimaxGAN,
    "lsgan": LSGAN,
    "hinge": Hinge,
    "wgan": WGAN,
    "wgan-gp": WGANGP,
    "dragan": DRAGAN,
    "cgan": CGAN,
    "acgan": ACGAN,
    "ebgan": EBGAN,
    "began": BEGAN,
    "r3gan": R3GAN,
}


def objective_class(name: str) -> type[Objective]:
    """The objective of that name.

    Raises:
        ConfigError: there is none.
    """
    if name not in OBJECTIVES:
        raise ConfigError(f"objective is {name!r}; choose one of {', '.join(OBJECTIVES)}.")
    return OBJECTIVES[name]


def objective(config: TrainConfig, kind: type[Objective] | None = None) -> Objective:
    """The objective of a configuration, or another kind of it, with those of its settings that it
    has.

    Raises:
        ConfigError: there is none of that name.
    """
    kind = kind or objective_class(config.objective)
    return kind(**{name: getattr(config, name) for name in kind.settings})
