"""What an objective needs of its networks, and what it is told by a critic. To import this loads no
torch."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from torch import Tensor

ImageShape = tuple[int, int, int]  # channels, height, width


class Hidden(NamedTuple):
    """The hidden layers of an architecture that lets them be chosen; 0: its own."""

    depth: int = 0
    width: int = 0


class Head(Enum):
    """What a critic gives for an image."""

    SCORE = "a score"
    CLASSES = "a score and the logits of an auxiliary classifier"
    SQUARED_ERROR = "the mean squared error of its reconstruction"
    ABSOLUTE_ERROR = "the mean absolute error of its reconstruction"


@dataclass(frozen=True)
class Needs:
    """What an objective needs of its networks.

    Attributes:
        head: what the critic is to give.
        n_classes: of a conditional objective, else 0. The generator takes labels; so does the
            critic, unless its head is to name the class itself.
        critic_norm: whether the critic may use batch norm; objectives with a gradient penalty or
            an autoencoder critic say no.
    """

    head: Head = Head.SCORE
    n_classes: int = 0
    critic_norm: bool = True


class Verdict(NamedTuple):
    """What a critic says of a batch of N images."""

    score: Tensor  # (N,) logit, or energy for an autoencoder critic
    classes: Tensor | None = None  # (N, n_classes) logits of an auxiliary classifier
    code: Tensor | None = None  # (N, k) bottleneck of an autoencoder critic
