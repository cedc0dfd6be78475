"""Distributions in the plane, whose points can all be seen at once.

A point is a picture of one pixel with two channels: across from the left, and upwards. 256 levels
a side, as pictures have them, are finer than the narrowest mode here. The same points at each call.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from gan_core.data.dataset import POINT, DatasetSpec, Modes, Request, Rows

if TYPE_CHECKING:
    from torch import Generator, Tensor

POINTS = 8192
RING_MODES, RING_RADIUS, RING_DEVIATION = 8, 0.7, 0.05
GRID_SIDE, GRID_STEP, GRID_DEVIATION = 5, 0.4, 0.02
TWO_DEVIATION = 0.1

# Points (N, 2) in [-1, 1], and which mode each belongs to (N,).
Draw = Callable[[int, "Generator"], tuple["Tensor", "Tensor"]]


def ring_centres() -> Tensor:
    """Of the eight modes, (8, 2)."""
    import torch

    angles = torch.arange(RING_MODES) * (2 * math.pi / RING_MODES)
    return RING_RADIUS * torch.stack([angles.cos(), angles.sin()], 1)


def grid_centres() -> Tensor:
    """Of the 25 modes, (25, 2), row by row from below."""
    import torch

    places = (torch.arange(GRID_SIDE) - GRID_SIDE // 2) * GRID_STEP
    return torch.cartesian_prod(places, places).flip(1)


def _gaussians(
    centres: Callable[[], Tensor], deviation: float, n: int, random: Generator
) -> tuple[Tensor, Tensor]:
    import torch

    places = centres()
    labels = torch.arange(n) % len(places)
    return places[labels] + deviation * torch.randn(n, 2, generator=random), labels


def _two_centres() -> Tensor:
    import torch

    return torch.tensor([[-0.5, 0.0], [0.5, 0.0]])


def _spiral(n: int, random: Generator) -> tuple[Tensor, Tensor]:
    """Two arms that wind once and a half around the middle."""
    import torch

    labels = torch.arange(n) % 2
    along = torch.rand(n, generator=random).sqrt()  # as dense outside as inside
    angle = 3 * math.pi * along + math.pi * labels
    points = 0.85 * along[:, None] * torch.stack([angle.cos(), angle.sin()], 1)
    return points + 0.02 * torch.randn(n, 2, generator=random), labels


def _moons(n: int, random: Generator) -> tuple[Tensor, Tensor]:
    """Two half circles that reach into one another."""
    import torch

    labels = torch.arange(n) % 2
    angle = math.pi * torch.rand(n, generator=random)
    upper = torch.stack([angle.cos() - 0.5, angle.sin() - 0.25], 1)
    points = torch.where(labels[:, None] == 0, upper, -upper)
    return 0.55 * points + 0.03 * torch.randn(n, 2, generator=random), labels


def _line(n: int, random: Generator) -> tuple[Tensor, Tensor]:
    """From the lower left to the upper right."""
    import torch

    along = 1.6 * torch.rand(n, generator=random) - 0.8
    points = torch.stack([along, 0.6 * along], 1) + 0.02 * torch.randn(n, 2, generator=random)
    return points, torch.zeros(n, dtype=torch.int64)


def _checkerboard(n: int, random: Generator) -> tuple[Tensor, Tensor]:
    """The eight dark squares of a board of 4 x 4."""
    import torch

    labels = torch.arange(n) % 8
    row = labels // 2
    column = 2 * (labels % 2) + row % 2
    corner = torch.stack([column, row], 1) * 0.45 - 0.9
    return corner + 0.45 * torch.rand(n, 2, generator=random), labels


def _pinwheel(n: int, random: Generator) -> tuple[Tensor, Tensor]:
    """Five arms, bent the more the farther out (Johnson et al. 2016, arXiv:1603.06277)."""
    import torch

    labels = torch.arange(n) % 5
    out = 0.45 + 0.13 * torch.randn(n, generator=random)
    aside = 0.045 * torch.randn(n, generator=random)
    angle = 2 * math.pi * labels / 5 + 0.8 * (2.8 * out).exp() / math.e
    across = torch.stack([angle.cos(), angle.sin()], 1)
    upright = torch.stack([-angle.sin(), angle.cos()], 1)
    return out[:, None] * across + aside[:, None] * upright, labels


def _read(draw: Draw, classes: tuple[str, ...], request: Request) -> Rows:
    import torch

    points, labels = draw(POINTS, torch.Generator().manual_seed(0))
    levels = (points.clamp(-1, 1) + 1).mul(127.5).round().to(torch.uint8)
    return Rows(levels.view(-1, *POINT), labels, classes)


def _spec(title: str, draw: Draw, n_classes: int, *, source: str = "made here") -> DatasetSpec:
    classes = tuple(str(number) for number in range(n_classes))
    return DatasetSpec(
        title=title,
        source=source,
        licence="none needed",
        images=POINTS,
        shape=POINT,
        classes=classes,
        read=partial(_read, draw, classes),
    )


def _mixture(
    title: str,
    centres: Callable[[], Tensor],
    deviation: float,
    modes: int,
    source: str = "made here",
) -> DatasetSpec:
    """A mixture of Gaussians, whose modes are its classes."""
    spec = _spec(title, partial(_gaussians, centres, deviation), modes, source=source)
    return replace(spec, modes=lambda: Modes(centres(), deviation))


_METZ = "as in Metz et al. 2016 (arXiv:1611.02163)"
RING = _mixture("Points: a ring of 8 Gaussians", ring_centres, RING_DEVIATION, RING_MODES, _METZ)
GRID = _mixture(
    "Points: a grid of 25 Gaussians",
    grid_centres,
    GRID_DEVIATION,
    GRID_SIDE**2,
    "as in Dumoulin et al. 2016 (arXiv:1606.00704)",
)
TWO_GAUSSIANS = _mixture("Points: two Gaussians", _two_centres, TWO_DEVIATION, 2)
SPIRAL = _spec("Points: a spiral with two arms", _spiral, 2)
MOONS = _spec("Points: two moons", _moons, 2)
LINE = _spec("Points: a line", _line, 1)
CHECKERBOARD = _spec("Points: a checkerboard", _checkerboard, 8)
PINWHEEL = _spec("Points: a pinwheel with five arms", _pinwheel, 5)
