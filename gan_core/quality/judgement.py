"""What a critic says of pictures: of one, with where its verdict turns, and of many."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from gan_core import catalog
from gan_core.data.dataset import to_unit_range
from gan_core.devices import own_defaults
from gan_core.images.pixels import to_tensor
from gan_core.latent.vectors import noise
from gan_core.networks.base import ImageCritic, LabelPlane
from gan_core.networks.layers import BATCH_NORMS
from gan_core.networks.sampling import balanced_labels, sample
from gan_core.objectives.settings import own_values
from gan_core.runs.generators import OpenedCritic, OpenedGenerator

PICTURES = 500  # real and as many generated ones, of which the critic is asked
SEED = 3  # of the noise: not that of the grids, nor that of measurements
NORM_PICTURES = 250  # of either kind, over which batch norm is averaged anew
_AT_ONCE = 50
_STRONG = 99.0  # per cent of the pixels of a map that are paler than the strongest colour
_LIGHTER, _DARKER = (255, 132, 0), (40, 140, 255)  # what would speak for real; told apart by all
_GROUND = 0.55  # of a picture's light, below the colours
_OPAQUE = 0.9


class Opinion(NamedTuple):
    """What a critic says of one picture."""

    value: float  # as the objective's reading has it
    classes: tuple[float, ...]  # the probability of each class, of a critic that names it
    slope: np.ndarray  # (H, W, C) float32, by how much it speaks for real where a pixel is lighter


def is_told_the_class(judge: OpenedCritic) -> bool:
    """Whether the critic judges a picture as one of a class."""
    return isinstance(judge.critic, LabelPlane)


def untrained(judge: OpenedCritic) -> OpenedCritic:
    """The same critic as its training began, with random weights: what its maps show as well is of
    the pictures, and not learnt (Adebayo et al. 2018, arXiv:1810.03292, section 3)."""
    info = judge.info
    critic = catalog.networks(judge.config, judge.objective, info.image_shape, info.classes).critic
    assert isinstance(critic, ImageCritic)
    return replace(judge, critic=critic.eval().requires_grad_(False))


@own_defaults()
def from_pixels(pixels: np.ndarray) -> Tensor:
    """Pictures (N, H, W, C) uint8 as a critic sees them: (N, C, H, W) in [-1, 1]."""
    return to_unit_range(to_tensor(pixels))


@own_defaults()
@torch.no_grad()
def values(judge: OpenedCritic, images: Tensor, labels: Tensor | None = None) -> np.ndarray:
    """What a critic says of images (N, C, H, W) in [-1, 1], (N,), as the objective's reading has
    it; in eval mode each is judged by itself.

    Args:
        labels: (N,) their classes, for a critic that is told them.
    """
    score = judge.critic(images, labels).score
    return np.asarray(judge.objective.value(score).numpy(), np.float64)


@own_defaults()
def opinion(judge: OpenedCritic, image: Tensor, label: int | None = None) -> Opinion:
    """What a critic says of an image (C, H, W) in [-1, 1], and where its verdict turns.

    That is the gradient of its score with respect to the pixels (Simonyan et al. 2014,
    arXiv:1312.6034, section 3), signed so that more of it always speaks for real.

    Args:
        label: the class that a critic is told which is told one.
    """
    images = image.detach()[None].requires_grad_(True)
    with torch.enable_grad():
        verdict = judge.critic(images, None if label is None else torch.tensor([label]))
        (slope,) = torch.autograd.grad(verdict.score.sum(), images)
    reading = judge.objective.reading
    if not reading.real_is_high:
        slope = -slope
    classes = () if verdict.classes is None else verdict.classes[0].softmax(0).tolist()
    value = judge.objective.value(verdict.score).item()
    return Opinion(value, tuple(classes), slope[0].permute(1, 2, 0).numpy())


def overlay(picture: np.ndarray, slope: np.ndarray) -> np.ndarray:
    """A picture (H, W, C) uint8 under the map of a slope (H, W, C): (H, W, 3) uint8.

    Orange is where a lighter pixel would speak for real, blue where a darker one would, the more
    the stronger; of the channels of a colour picture the one with the most to say counts.
    """
    channel = np.abs(slope).argmax(2, keepdims=True)
    strongest = np.take_along_axis(slope, channel, 2)
    sizes = np.nan_to_num(np.abs(strongest))
    most = np.percentile(sizes, _STRONG)
    share = np.clip(sizes / most, 0, 1) * _OPAQUE if most > 0 else np.zeros_like(sizes)
    colours = np.where(strongest > 0, np.array(_LIGHTER), np.array(_DARKER))
    ground = np.broadcast_to(picture, (*picture.shape[:2], 3)) * _GROUND
    return np.asarray(np.rint(ground * (1 - share) + colours * share), np.uint8)


@own_defaults()
@torch.no_grad()
def with_norm_of_both(
    judge: OpenedCritic, model: OpenedGenerator, pixels: np.ndarray, labels: np.ndarray
) -> OpenedCritic:
    """The same critic with batch norm by the averages over real and as many generated pictures.

    While it trains, it judges a batch by that batch's own; the averages that it keeps meanwhile are
    of generated batches more often than of real ones, and of weights that were others. By these a
    picture that is judged alone may seem far less real than it did, while rates are high: D(x) 0.04
    in place of 0.50 of dcgan-mnist after 700 steps. Where they have fallen it hardly matters.

    Args:
        judge: stays as it is.
        model: the generator that it was trained against.
        pixels: (N, H, W, C) uint8 real pictures, of which the first ones are taken.
        labels: (N,) their classes.
    """
    count = min(NORM_PICTURES, len(pixels))
    count -= count % _AT_ONCE == 1  # one picture alone has no deviation
    if not count:
        return judge
    critic = copy.deepcopy(judge.critic)
    for module in critic.modules():
        if isinstance(module, BATCH_NORMS):
            module.reset_running_stats()
            module.momentum = None  # the mean of all batches
            module.train()
    survey = Survey(replace(judge, critic=critic), model, pixels, labels, count)
    survey.advance()
    critic.eval()
    return replace(judge, critic=critic)


class Survey:
    """What a critic says of real and of generated pictures, as many of each: a slice of time at a
    time. What comes out follows from the arguments alone, however the work is cut into slices.

    Args:
        judge: the critic.
        model: the generator that it was trained against, averaged where that is what is kept.
        pixels: (N, H, W, C) uint8 real pictures, of which the first ones are judged.
        labels: (N,) their classes.
        count: pictures of each kind at most.
    """

    def __init__(
        self,
        judge: OpenedCritic,
        model: OpenedGenerator,
        pixels: np.ndarray,
        labels: np.ndarray,
        count: int = PICTURES,
    ) -> None:
        self._judge, self._model, self._pixels, self._labels = judge, model, pixels, labels
        self._count = min(count, len(pixels))
        self._z = noise(self._count, model.config.latent_dim, SEED, model.config.noise)
        self._y = balanced_labels(self._count, model.generator.n_classes)
        self._real: list[np.ndarray] = []
        self._generated: list[np.ndarray] = []

    @property
    def share(self) -> float:
        """How much of it is done, from 0 to 1."""
        return sum(map(len, self._real)) / self._count if self._count else 1.0

    @property
    def done(self) -> bool:
        """Whether all pictures are judged."""
        return self.share >= 1

    def advance(
        self, seconds: float = math.inf, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Go on for about so long, by some pictures at least; no further than to the end."""
        until = clock() + seconds
        while not self.done:
            self._go_on()
            if clock() >= until:
                break

    def _go_on(self) -> None:
        start = sum(map(len, self._real))
        some = slice(start, min(start + _AT_ONCE, self._count))
        is_told = is_told_the_class(self._judge)
        y = None if self._y is None else self._y[some]
        labels = torch.from_numpy(self._labels[some].astype(np.int64)) if is_told else None
        on_real = values(self._judge, from_pixels(self._pixels[some]), labels)
        images = sample(self._model.generator, self._z[some], y)
        self._generated.append(values(self._judge, images, y if is_told else None))
        self._real.append(on_real)

    @property
    def real(self) -> np.ndarray:
        """What it says of the real pictures judged so far, (N,)."""
        return np.concatenate([np.empty(0), *self._real])

    @property
    def generated(self) -> np.ndarray:
        """What it says of the generated pictures judged so far, (N,)."""
        return np.concatenate([np.empty(0), *self._generated])

    @property
    def level(self) -> float:
        """Where it decides neither way, as the objective's reading has it."""
        settings = own_values(type(self._judge.objective), self._judge.config)
        reading = self._judge.objective.reading
        return reading.level_at(settings, float(self.real.mean()), float(self.generated.mean()))
