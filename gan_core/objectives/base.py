"""What every objective is: two losses, and what it needs of the networks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from gan_core.libraries import torch
from gan_core.networks.needs import Head, Verdict
from gan_core.objectives.readings import CRITIC_VALUE, Reading
from gan_core.objectives.watches import Target, Watch

if TYPE_CHECKING:
    from torch import Tensor, nn


class Batch(NamedTuple):
    """Images (N, C, H, W) in [-1, 1] and their labels (N,), where there are any."""

    images: Tensor
    labels: Tensor | None = None


class Loss(NamedTuple):
    """A scalar to differentiate, and detached scalars to plot by name."""

    total: Tensor
    parts: dict[str, Tensor]


CriticCall = Callable[["Tensor", "Tensor | None"], Verdict]


class Objective:
    """Hyperparameters in the constructor, mathematics in the methods, nothing else.

    Every argument of the constructor is a setting: a number by default, explained and bounded by a
    :class:`~gan_core.config.Setting` in its annotation (see :mod:`gan_core.objectives.settings`).
    """

    title: str
    source: str
    head: Head = Head.SCORE
    conditional: bool = False  # whether the generator is told the class it is to draw
    critic_norm: bool = True  # whether the critic may use batch norm
    reading: Reading = CRITIC_VALUE  # what a score of the critic means
    watches: tuple[Watch, ...] = ()
    targets: Mapping[str, Target] = MappingProxyType({})  # by the column that is held there
    # The discriminator's losses where it cannot tell at all, for those that are 0 where it has won.
    chance: Mapping[str, float] = MappingProxyType({})
    random: torch.Generator | None = None  # what an objective draws comes from it

    def draw_from(self, random: torch.Generator) -> None:
        """Draw all random numbers from that generator, which its owner saves."""
        self.random = random

    def d_loss(self, critic: CriticCall, real: Batch, fake: Batch) -> Loss:
        """The discriminator's loss on a real and a generated batch of equal size."""
        raise NotImplementedError

    def g_loss(self, critic: CriticCall, real: Batch, fake: Batch) -> Loss:
        """The generator's loss on a generated batch; few objectives look at the real one."""
        raise NotImplementedError

    def after_d_step(self, critic: nn.Module, loss: Loss) -> None:
        """What follows a discriminator update."""

    @classmethod
    def value(cls, score: Tensor) -> Tensor:
        """What is to be read of scores, of any shape, as :attr:`reading` has it."""
        return score.sigmoid() if cls.reading.is_logit else score

    def state_dict(self) -> dict[str, Any]:
        """What the objective itself has learnt: tensors of its own, which nothing changes later."""
        return {}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take up what was learnt; the state stays as it is."""


def join(real: Batch, fake: Batch) -> Batch:
    """Both as one batch, the real one first."""
    labels = None
    if real.labels is not None and fake.labels is not None:
        labels = torch.cat([real.labels, fake.labels])
    return Batch(torch.cat([real.images, fake.images]), labels)


def judge_both(critic: CriticCall, real: Batch, fake: Batch) -> tuple[Verdict, Verdict]:
    """What the critic says of a real and of a generated batch.

    In one pass where it judges each image by itself, as fewer and larger operations. A critic with
    batch norm sees them apart, each batch with its own statistics.
    """
    if not getattr(critic, "image_by_image", False):
        return critic(*real), critic(*fake)
    verdict = critic(*join(real, fake))
    sizes = [len(real.images), len(fake.images)]
    parts = [(None, None) if part is None else part.split(sizes) for part in verdict]
    on_real, on_fake = (Verdict(*side) for side in zip(*parts, strict=True))
    return on_real, on_fake


def score_both(critic: CriticCall, real: Batch, fake: Batch) -> tuple[Tensor, Tensor]:
    """The scores (N,) of a real and of a generated batch, as :func:`judge_both` has them."""
    on_real, on_fake = judge_both(critic, real, fake)
    return on_real.score, on_fake.score


def score_parts(on_real: Tensor, on_fake: Tensor, real: Tensor, fake: Tensor) -> dict[str, Tensor]:
    """What there is to plot of a loss on scores: its two halves, and the mean scores."""
    return {
        "d/real": on_real.detach(),
        "d/fake": on_fake.detach(),
        "d/score(x)": real.detach().mean(),
        "d/score(G(z))": fake.detach().mean(),
    }
