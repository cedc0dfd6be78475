"""DiffAugment: what the critic is shown is changed at random, real and generated alike.

A critic of few pictures learns them by heart. Shown another version at every look, it cannot; and
as the change can be differentiated, the generator learns through it and draws unchanged pictures
(Zhao et al. 2020, arXiv:2006.10738, section 3.3, whose strengths these are).

To add a change, write a function here and a line in :data:`CHANGES`, and name
it in :data:`gan_core.config.AUGMENTATIONS`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor

from gan_core.networks.base import ImageCritic
from gan_core.networks.needs import Verdict

Random = torch.Generator


def translation(images: Tensor, random: Random) -> Tensor:
    """Images (N, C, H, W) moved by up to an eighth of their side each way, grey where nothing
    comes. As products with matrices of zeros and ones, whose gradients add up in one order."""
    n, _, height, width = images.shape
    down, across = (_shifts(n, side, round(side / 8), images, random) for side in (height, width))
    return down[:, None] @ images @ across[:, None].mT


def cutout(images: Tensor, random: Random) -> Tensor:
    """Images (N, C, H, W) with a square of half their side grey, which may stand out at a rim."""
    n, _, height, width = images.shape
    above, aside = (_band(n, side, images, random) for side in (height, width))
    return images * (1 - above[:, None, :, None] * aside[:, None, None, :])


def colour(images: Tensor, random: Random) -> Tensor:
    """Images (N, C, H, W) brighter or darker by up to half, of other saturation and contrast."""
    brightness, saturation, contrast = (
        torch.rand(3, len(images), 1, 1, 1, device=images.device, generator=random)
        .to(images.dtype)
        .unbind()
    )
    images = images + (brightness - 0.5)
    grey = images.mean(1, keepdim=True)
    images = grey + (images - grey) * (2 * saturation)
    mean = images.mean((1, 2, 3), keepdim=True)
    return mean + (images - mean) * (contrast + 0.5)


CHANGES: Mapping[str, Callable[[Tensor, Random], Tensor]] = {
    "colour": colour,
    "translation": translation,
    "cutout": cutout,
}


def augment(images: Tensor, names: Sequence[str], random: Random) -> Tensor:
    """Images (N, C, H, W) with these changes, each image with its own."""
    for name in names:
        images = CHANGES[name](images, random)
    return images


class AugmentedCritic:
    """A critic that sees changed images: what the losses are computed with, in its place."""

    def __init__(self, critic: ImageCritic, names: Sequence[str], random: Random) -> None:
        self._critic = critic
        self._names = names
        self._random = random
        self.image_by_image = critic.image_by_image

    def __call__(self, x: Tensor, y: Tensor | None = None) -> Verdict:
        verdict: Verdict = self._critic(augment(x, self._names, self._random), y)
        return verdict


def _shifts(n: int, side: int, most: int, like: Tensor, random: Random) -> Tensor:
    """Matrices (N, side, side) that move what they are applied to by -most to most."""
    shift = torch.randint(-most, most + 1, (n, 1, 1), device=like.device, generator=random)
    places = torch.arange(side, device=like.device)
    return (places[:, None] + shift == places).to(like.dtype)


def _band(n: int, side: int, like: Tensor, random: Random) -> Tensor:
    """Ones (N, side) where a band of half the side lies whose middle may be anywhere, else 0."""
    middle = torch.randint(side, (n, 1), device=like.device, generator=random)
    distance = torch.arange(side, device=like.device) - (middle - side // 4)
    return ((distance >= 0) & (distance < side // 2)).to(like.dtype)
