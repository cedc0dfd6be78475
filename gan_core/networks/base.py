"""What every generator and critic is: ``G(z, y)`` and ``D(x, y)``."""

from __future__ import annotations

from functools import cached_property

import torch
from torch import Tensor, nn
from torch.nn.functional import one_hot

from gan_core.networks.layers import BATCH_NORMS
from gan_core.networks.needs import ImageShape, Verdict

Trunk = tuple[nn.Module, int]  # images to features (N, F), and F
Kernels = tuple[int, ...]


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
