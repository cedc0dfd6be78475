"""What every generator and critic is: ``G(z, y)`` and ``D(x, y)``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import one_hot

from gan_core.networks.initialisation import DEFAULT, Initialisation
from gan_core.networks.layers import BATCH_NORMS

ImageShape = tuple[int, int, int]  # channels, height, width
Trunk = tuple[nn.Module, int]  # images to features (N, F), and F
Kernels = tuple[int, ...]


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


class Generator(nn.Module):
    """A body from latent vectors (N, latent_dim) to as many numbers as an image has, and a tanh
    that makes them images (N, C, H, W) in [-1, 1].

    With classes, the label (N,) joins z as a one-hot vector (CGAN, Mirza and Osindero 2014).
    """

    def __init__(
        self, body: nn.Module, latent_dim: int, image_shape: ImageShape, n_classes: int = 0
    ) -> None:
        super().__init__()
        self.body = body
        self.output: nn.Module = nn.Tanh()
        self.latent_dim = latent_dim
        self.image_shape = image_shape
        self.n_classes = n_classes  # 0: it takes no labels

    def forward(self, z: Tensor, y: Tensor | None = None) -> Tensor:
        if self.n_classes:
            assert y is not None, "a conditional generator needs labels"
            z = torch.cat([z, one_hot(y, self.n_classes).to(z.dtype)], 1)
        images: Tensor = self.output(self.body(z))
        return images.view(-1, *self.image_shape)


class ImageCritic(nn.Module):
    """What all critics are: ``D(x, y)`` for images (N, C, H, W) and labels (N,) or None."""

    @cached_property
    def image_by_image(self) -> bool:
        """Whether what it says of an image hangs on that image alone, not on others beside it."""
        return not any(isinstance(module, BATCH_NORMS) for module in self.modules())


class Critic(ImageCritic):
    """A trunk from images to features (N, F), a linear head that scores them, and where wanted
    another that classifies them."""

    def __init__(self, trunk: nn.Module, features: int, aux_classes: int = 0) -> None:
        super().__init__()
        self.trunk = trunk
        self.head = nn.Linear(features, 1)
        self.classifier = nn.Linear(features, aux_classes) if aux_classes else None

    def forward(self, x: Tensor, y: Tensor | None = None) -> Verdict:
        features = self.trunk(x)
        score = self.head(features).squeeze(1)
        return Verdict(score, None if self.classifier is None else self.classifier(features))


class LabelPlane(ImageCritic):
    """A critic that is told the class: each has a learnt plane, one more channel of the image."""

    def __init__(self, critic: Critic, n_classes: int, side: int) -> None:
        super().__init__()
        self.critic = critic
        # Not by its size: torch would draw its numbers, which on the meta device takes a second.
        self.planes = nn.Embedding.from_pretrained(torch.empty(n_classes, side**2), freeze=False)
        self.side = side

    def forward(self, x: Tensor, y: Tensor | None = None) -> Verdict:
        assert y is not None, "a conditional critic needs labels"
        plane = self.planes(y).view(-1, 1, self.side, self.side)
        return self.critic(torch.cat([x, plane], 1))


class AutoencoderCritic(ImageCritic):
    """A trunk, a code, and a decoder, which is a generator's body without its tanh.

    Saturated, a tanh passes no gradient, and a critic that learnt to answer every image with the
    background would never leave that.

    The score is the mean over pixels of the reconstruction error to the given power (EBGAN: 2,
    BEGAN: 1). The image is input and target alike, and a gradient reaches it both ways.
    """

    def __init__(
        self, trunk: nn.Module, features: int, code_dim: int, decoder: nn.Module, power: int
    ) -> None:
        super().__init__()
        self.trunk = trunk
        self.encode = nn.Linear(features, code_dim)
        self.decoder = decoder
        self.power = power

    def forward(self, x: Tensor, y: Tensor | None = None) -> Verdict:
        code = self.encode(self.trunk(x))
        error = (self.decoder(code).view_as(x) - x).flatten(1)
        energy = error.square() if self.power == 2 else error.abs()
        return Verdict(energy.mean(1), code=code)


@dataclass(frozen=True)
class Architecture:
    """A pair of networks: how to build, initialise and describe them.

    ``norm`` says whether batch norm is wanted: never in a critic whose objective forbids it. A
    body ends with the numbers of an image as its last layer gives them: any shape, any range.
    """

    title: str
    source: str
    body: Callable[[int, ImageShape, bool], nn.Module]  # (numbers in, image shape, norm)
    trunk: Callable[[ImageShape, bool], Trunk]  # (image shape, norm)
    initialisation: Initialisation = DEFAULT
    image_size: int | None = None  # the only side it makes; None: any
    # The same pair with so many hidden layers of that width, each its own for 0; None where these
    # cannot be chosen.
    resize: Callable[[int, int], Architecture] | None = None

    def sized(self, hidden: Hidden) -> Architecture:
        """This pair, with the hidden layers that are asked for."""
        return self.resize(*hidden) if self.resize and any(hidden) else self
