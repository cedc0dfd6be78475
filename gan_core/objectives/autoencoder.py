"""Critics that are autoencoders: EBGAN and BEGAN."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any

from gan_core.config import Setting
from gan_core.libraries import functional, torch
from gan_core.networks.needs import Head
from gan_core.objectives.base import Batch, CriticCall, Loss, Objective, score_both
from gan_core.objectives.readings import HALFWAY, Reading
from gan_core.objectives.watches import Target, Watch

if TYPE_CHECKING:
    from torch import Tensor, nn


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
    reading = Reading(
        "Energy, the squared error of its reconstruction",
        "Low is real: the critic reconstructs real images well. A generated image teaches it only "
        "below the margin.",
        level="margin",
        level_words="the margin",
        real_is_high=False,
    )
    head = Head.SQUARED_ERROR
    critic_norm = False
    watches: tuple[Watch, ...] = (
        Watch(
            "Energies against the margin",
            {"d/energy(x)": "real", "d/energy(G(z))": "generated"},
            "Real images sink to a small energy; generated ones lie between them and the margin. "
            "Stuck at the margin, the generator learns nothing.",
        ),
        Watch(
            "Pull-away term",
            {"g/pull_away": "mean squared cosine"},
            "1 says that all generated images have one code, 0 that their codes are orthogonal. "
            "Rising towards 1 it tells of mode collapse.",
            bounds=(0.0, 1.0),
        ),
    )
    targets: Mapping[str, Target] = MappingProxyType({"d/energy(G(z))": Target("margin", "margin")})

    def __init__(
        self,
        margin: Annotated[
            float,
            Setting(
                "Margin",
                "Energy above which generated images no longer teach the critic (m), in mean "
                "squared error a pixel.",
                minimum=0.0,
                maximum=4.0,
            ),
        ] = 0.2,
        pull_away: Annotated[
            float,
            Setting(
                "Pull-away weight",
                "Weight of the term that keeps the codes of generated images apart.",
                minimum=0.0,
                maximum=100.0,
            ),
        ] = 0.1,
    ) -> None:
        self.margin = margin
        self.pull_away = pull_away

    def d_loss(self, critic: CriticCall, real: Batch, fake: Batch) -> Loss:
        energy_real, energy_fake = score_both(critic, real, fake)
        on_real, on_fake = energy_real.mean(), functional.relu(self.margin - energy_fake).mean()
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
    reading = Reading(
        "Energy, the absolute error of its reconstruction",
        "Low is real: the critic reconstructs real images well.",
        level=None,
        level_words=HALFWAY,
        real_is_high=False,
    )
    head = Head.ABSOLUTE_ERROR
    critic_norm = False
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

    def __init__(
        self,
        diversity: Annotated[
            float,
            Setting(
                "Diversity ratio",
                "The energy of generated images that the critic aims at, as a share of that of "
                "real ones (gamma): more is more varied and less sharp. The paper stays below 1; "
                "above it the critic minds generated images more and more.",
                minimum=0.0,
                maximum=2.0,
            ),
        ] = 0.5,
        k_rate: Annotated[
            float,
            Setting(
                "Balance rate",
                "Step size of the balance k (lambda_k).",
                minimum=0.0,
                maximum=1.0,
            ),
        ] = 0.001,
    ) -> None:
        self.diversity = diversity
        self.k_rate = k_rate
        self.k = torch.zeros(())

    def d_loss(self, critic: CriticCall, real: Batch, fake: Batch) -> Loss:
        on_real, on_fake = (energy.mean() for energy in score_both(critic, real, fake))
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
        k = self.k + self.k_rate * (self.diversity * energy_real - energy_fake)
        self.k.copy_(k.clamp(0.0, 1.0))

    def state_dict(self) -> dict[str, Any]:
        return {"k": self.k.clone()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.k = state["k"].clone()


def pull_away_term(codes: Tensor) -> Tensor:
    """Mean squared cosine over the pairs of different samples: codes (N, K), N at least 2.

    ``1 / (N (N - 1)) sum_{i != j} (s_i . s_j / (|s_i| |s_j|))^2`` (EBGAN, equation 14): 1 where
    all codes are parallel, 0 where they are orthogonal.
    """
    units = functional.normalize(codes, dim=1)
    cosines = units @ units.T
    n = len(codes)
    off_diagonal = cosines - torch.diag(cosines.diagonal())
    return off_diagonal.square().sum() / (n * (n - 1))


def _energies(on_real: Tensor, on_fake: Tensor, energy_fake: Tensor) -> dict[str, Tensor]:
    return {
        "d/real": on_real.detach(),
        "d/fake": on_fake.detach(),
        "d/energy(x)": on_real.detach(),
        "d/energy(G(z))": energy_fake.detach().mean(),
    }
