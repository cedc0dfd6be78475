"""A picture's way into latent space: the vector whose picture comes nearest to it.

Optimisation of z with the weights as they are (Zhu et al. 2016, arXiv:1609.03552, section 3.1;
Creswell and Bharath 2018, arXiv:1802.05701), from several starts at once.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from gan_core.errors import ConfigError
from gan_core.latent import vectors
from gan_core.networks.base import Generator
from gan_core.networks.sampling import balanced_labels, draw, sample

STEPS = 150
RESTARTS = 16
_CANDIDATES = 1024  # random vectors of which the best are the starts
_HALVED_AT = (0.2, 0.5)  # shares of the steps after which the worse half of the starts is given up
_RATE = 0.15
_PRIOR_WEIGHT = 0.002
_PATH_MOMENTS = 40


@dataclass(frozen=True)
class Moment:
    """Where the optimisation of one start stood: after a step, its vector and its error."""

    step: int
    z: np.ndarray  # (latent_dim,)
    error: float


class Projector:
    """Looks for the latent vector of a picture, a slice of time at a time.

    The loss is the mean squared error over pixels from 0 to 1. For normal noise a small penalty
    keeps ``|z|^2`` from growing beyond its mean, latent_dim, where pictures are of no sample any
    more; uniform noise is kept between -1 and 1. All starts are one batch, and the worse half of
    them is given up twice on the way. What comes out follows from the arguments alone, however the
    work is cut into slices.

    Args:
        generator: stays as it is; after each slice its mode is the one from before.
        target: (H, W, C) uint8, of the generator's image shape.
        kind: of noise, as in :func:`gan_core.latent.vectors.draw_latent`.
        steps: updates of z.
        restarts: starts.
        seed: of the starts.

    Raises:
        ConfigError: the picture is of another shape, or steps or restarts are below 1.
    """

    def __init__(
        self,
        generator: Generator,
        target: np.ndarray,
        kind: str = "normal",
        *,
        steps: int = STEPS,
        restarts: int = RESTARTS,
        seed: int = 0,
    ) -> None:
        channels, height, width = generator.image_shape
        if target.shape != (height, width, channels) or target.dtype != np.uint8:
            raise ConfigError(
                f"the picture is {' x '.join(map(str, target.shape))}; this generator's are "
                f"{height} x {width} x {channels}."
            )
        if steps < 1 or restarts < 1:
            raise ConfigError("steps and restarts must be 1 or more.")
        self.generator, self.kind, self.steps = generator, kind, steps
        self.target_picture = target
        self._target = torch.tensor(target).permute(2, 0, 1).float().div_(255)[None]
        self.step = 0
        self._start(restarts, seed)

    def _start(self, restarts: int, seed: int) -> None:
        """The best of many random vectors, for a conditional generator of every class."""
        z = vectors.noise(_CANDIDATES, self.generator.latent_dim, seed, self.kind)
        y = balanced_labels(len(z), self.generator.n_classes)
        errors = torch.cat(
            [
                self._errors(
                    sample(self.generator, z[i : i + 256], None if y is None else y[i : i + 256])
                )
                for i in range(0, len(z), 256)
            ]
        )
        best = errors.argsort()[:restarts]
        self._z = z[best].clone().requires_grad_()
        self._y = None if y is None else y[best]
        self._optimizer = torch.optim.Adam([self._z], lr=_RATE, betas=(0.9, 0.99))
        self._best = [
            Moment(0, self._z[i].detach().numpy().copy(), math.inf) for i in range(len(best))
        ]
        self._paths: list[list[Moment]] = [[] for _ in best]
        self._note(errors[best])

    def _errors(self, images: Tensor) -> Tensor:
        """Mean squared errors (N,) of images in [-1, 1] over pixels from 0 to 1."""
        return (images.add(1).div(2) - self._target).square().flatten(1).mean(1)

    @property
    def done(self) -> bool:
        """Whether all steps are made."""
        return self.step >= self.steps

    def advance(self, seconds: float = math.inf) -> None:
        """Go on for about so long, by one step at least; no further than to the end."""
        until = time.monotonic() + seconds
        was_training = self.generator.training
        self.generator.eval()
        try:
            with torch.enable_grad():
                while not self.done:
                    self._one_step()
                    if time.monotonic() >= until:
                        break
        finally:
            self.generator.train(was_training)

    def _one_step(self) -> None:
        rate = _RATE * (0.05 + 0.95 * 0.5 * (1 + math.cos(math.pi * self.step / self.steps)))
        self._optimizer.param_groups[0]["lr"] = rate
        errors = self._errors(self.generator(self._z, self._y))
        loss = errors.sum()
        if self.kind == "normal":
            excess = self._z.square().mean(1).sub(1).clamp(min=0)
            loss = loss + _PRIOR_WEIGHT * excess.sum()
        (self._z.grad,) = torch.autograd.grad(loss, self._z)  # the weights get no gradients
        if self.step:
            self._note(errors.detach())
        self._optimizer.step()
        if self.kind == "uniform":
            with torch.no_grad():
                self._z.clamp_(-1, 1)
        self.step += 1
        if self.done:
            with torch.no_grad():
                self._note(self._errors(self.generator(self._z, self._y)))
        elif self.step in {round(share * self.steps) for share in _HALVED_AT}:
            self._give_up_half()

    def _note(self, errors: Tensor) -> None:
        """Remember where each start stands, and where it was best."""
        every = max(1, self.steps // _PATH_MOMENTS)
        for i, error in enumerate(errors.tolist()):
            moment = Moment(self.step, self._z[i].detach().numpy().copy(), error)
            if self.step % every == 0 or self.done:
                self._paths[i].append(moment)
            if error < self._best[i].error:
                self._best[i] = moment

    def _give_up_half(self) -> None:
        errors = torch.tensor([moment.error for moment in self._best])
        better = errors.argsort()[: max(1, (len(errors) + 1) // 2)]
        state = self._optimizer.state[self._z]
        z = self._z.detach()[better].requires_grad_()
        self._optimizer = torch.optim.Adam([z], lr=_RATE, betas=(0.9, 0.99))
        self._optimizer.state[z] = {
            name: value[better] if value.ndim else value for name, value in state.items()
        }
        self._z = z
        self._y = None if self._y is None else self._y[better]
        self._best = [self._best[i] for i in better.tolist()]
        self._paths = [self._paths[i] for i in better.tolist()]

    @property
    def _winner(self) -> int:
        return min(range(len(self._best)), key=lambda i: self._best[i].error)

    @property
    def best(self) -> Moment:
        """The nearest found so far."""
        return self._best[self._winner]

    @property
    def label(self) -> int | None:
        """The class of the best, where the generator takes labels."""
        return None if self._y is None else int(self._y[self._winner])

    @property
    def path(self) -> list[Moment]:
        """The way of the best start, about forty moments, and its best one at the end."""
        winner = self._winner
        return [*(m for m in self._paths[winner] if m.step < self.best.step), self.best]

    @property
    def picture(self) -> np.ndarray:
        """What the generator makes of the best, (H, W, C) uint8."""
        y = None if self.label is None else torch.tensor([self.label])
        return draw(self.generator, self.best.z[None], y)[0]
