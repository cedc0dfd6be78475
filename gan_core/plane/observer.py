"""What is seen of two networks that learn points of the plane: a pure function of both.

The networks are left as they are: training flags, gradients and batch-norm statistics included.
Nothing is drawn from any random state, so that it makes no difference whether anybody looks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from gan_core.data.dataset import POINT, ImageData, Modes, to_unit_range
from gan_core.devices import own_defaults
from gan_core.latent import vectors
from gan_core.networks.base import Generator
from gan_core.networks.sampling import balanced_labels
from gan_core.objectives.base import Batch, Objective
from gan_core.plane.frame import Frame
from gan_core.quality.plane import coverage

POINTS = 512
ARROWS = 96  # of the points, the first ones
SIDE = 64  # of the landscape
SHEET = 17  # lines of the sheet each way
LINE = 129  # places along a line, for a latent vector of one number
SEED = 0  # of the fixed noise and of which real points are taken
_REACH = {"normal": 2.0, "uniform": 1.0}  # of the sheet; 95% of normal numbers lie within 2


class Observer:
    """What all frames of a training are made from: fixed noise, real points, the places of the
    landscape and the grid of z that the sheet is.

    Args:
        data: points, of which some are taken.
        latent_dim: numbers in z. Of more than two the sheet moves the first two, the others at 0.
        noise: how z is distributed, see :func:`gan_core.latent.vectors.noise`.
        n_classes: that the generator is told, else 0. The points are evenly of all of them.
        modes: of the distribution, where they are known.
    """

    @own_defaults()
    def __init__(
        self,
        data: ImageData,
        latent_dim: int,
        noise: str,
        n_classes: int,
        modes: Modes | None,
        device: torch.device,
    ) -> None:
        self.modes = modes
        self.n_classes = n_classes
        order = torch.randperm(len(data), generator=torch.Generator().manual_seed(SEED))
        rows = order[torch.arange(POINTS) % len(order)]
        real = to_unit_range(data.images[rows.to(data.images.device)]).to(device)
        labels = data.labels[rows.to(data.labels.device)].to(device) if n_classes else None
        self._real = Batch(real, labels)
        self._z = vectors.noise(POINTS, latent_dim, SEED, noise).to(device)
        y = balanced_labels(POINTS, n_classes)
        self._y = None if y is None else y.to(device)
        across = torch.from_numpy(Frame.places(SIDE))
        up, right = torch.meshgrid(across, across, indexing="ij")
        self._places = torch.stack([right, up], -1).view(-1, *POINT).to(device)
        self._sheet_z, self._sheet_shape = _sheet(latent_dim, _REACH[noise])
        self._sheet_z = self._sheet_z.to(device)

    @property
    def real_points(self) -> Tensor:
        """The real points (N, 2)."""
        return self._real.images.flatten(1).cpu()

    @own_defaults()
    def frame(
        self,
        generator: Generator,
        critic: nn.Module,
        objective: Objective,
        settings: Mapping[str, float],
        *,
        label: int = 0,
        step: int = 0,
        averaged: bool = False,
    ) -> Frame:
        """What is seen now.

        Args:
            generator: the one that is looked at: the current or the averaged.
            settings: the objective's own, by which its level may be told.
            label: the class that landscape and sheet are drawn for, where the networks are told
                one.
            step, averaged: what the frame says of itself.
        """
        with _in_eval_mode(generator, critic):
            with torch.no_grad():
                images = generator(self._z, self._y)
                sheet = generator(self._sheet_z, self._all_of(label, len(self._sheet_z)))
                landscape, on_real, on_fake = self._values(critic, objective, images, label)
            fake = Batch(images[:ARROWS], None if self._y is None else self._y[:ARROWS])
            arrows = _arrows(critic, objective, self._real, fake)
        real, generated = float(on_real.mean()), float(on_fake.mean())
        points = images.flatten(1).float().cpu()
        covered: tuple[bool, ...] = ()
        near = float("nan")
        if self.modes is not None:
            covered, near, *_ = coverage(points.nan_to_num(9.0), self.modes)
        return Frame(
            step=step,
            points=points.numpy(),
            landscape=landscape.view(SIDE, SIDE).float().cpu().numpy(),
            arrows=arrows.flatten(1).float().cpu().numpy(),
            sheet=sheet.view(*self._sheet_shape, 2).float().cpu().numpy(),
            level=objective.reading.level_at(settings, real, generated),
            on_real=real,
            on_generated=generated,
            label=-1 if self._y is None else label,
            covered=covered,
            near=near,
            averaged=averaged,
        )

    def _values(
        self, critic: nn.Module, objective: Objective, images: Tensor, label: int
    ) -> tuple[Tensor, Tensor, Tensor]:
        """What the critic says of the places of the landscape, of real and of generated points:
        in one pass, as in eval mode it judges each by itself."""
        everything = torch.cat([self._places, self._real.images, images])
        labels = None
        if self._y is not None and self._real.labels is not None:
            places = torch.full((len(self._places),), label, device=self._y.device)
            labels = torch.cat([places, self._real.labels, self._y])
        values = objective.value(critic(everything, labels).score)
        place, real, fake = values.split([len(self._places), len(self._real.images), len(images)])
        return place, real, fake

    def _all_of(self, label: int, n: int) -> Tensor | None:
        if self._y is None:
            return None
        return torch.full((n,), label, device=self._y.device)


def _arrows(critic: nn.Module, objective: Objective, real: Batch, fake: Batch) -> Tensor:
    """Where the generator's loss would have its images (N, 2, 1, 1) go: the negative gradient of
    each one's share of the loss, which is a mean over the batch."""
    images = fake.images.detach().requires_grad_(True)
    with torch.enable_grad():
        total = objective.g_loss(critic, real, Batch(images, fake.labels)).total
        (gradient,) = torch.autograd.grad(total, images)
    return -gradient * len(images)


def _sheet(latent_dim: int, reach: float) -> tuple[Tensor, tuple[int, int]]:
    """A regular grid of latent vectors (R * C, latent_dim), row by row from below, and (R, C)."""
    if latent_dim == 1:
        return torch.linspace(-reach, reach, LINE)[:, None], (1, LINE)
    along = torch.linspace(-reach, reach, SHEET)
    second, first = torch.meshgrid(along, along, indexing="ij")
    z = torch.zeros(SHEET**2, latent_dim)
    z[:, 0], z[:, 1] = first.flatten(), second.flatten()
    return z, (SHEET, SHEET)


@contextmanager
def _in_eval_mode(*networks: nn.Module) -> Iterator[None]:
    """Within: eval mode, whatever mode each layer was in, and that again behind it."""
    modules = [module for network in networks for module in network.modules()]
    flags = [module.training for module in modules]
    for network in networks:
        network.eval()
    try:
        yield
    finally:
        for module, flag in zip(modules, flags, strict=True):
            module.training = flag
