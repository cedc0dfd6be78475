"""What every objective is: two losses, and what it needs of the networks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from gan_core.networks.base import Head, Verdict


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


def score_parts(on_real: Tensor, on_fake: Tensor, real: Tensor, fake: Tensor) -> dict[str, Tensor]:
    """What there is to plot of a loss on scores: its two halves, and the mean scores."""
    return {
        "d/real": on_real.detach(),
        "d/fake": on_fake.detach(),
        "d/score(x)": real.detach().mean(),
        "d/score(G(z))": fake.detach().mean(),
    }
