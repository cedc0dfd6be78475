"""Distributions in the plane, whose points can all be seen at once.

A point is a picture of one pixel with two channels: across from the left, and upwards. 256 levels
a side, as pictures have them, are finer than the narrowest mode here. The same points at each call.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from gan_core.data.dataset import POINT, DatasetSpec, Request, Rows

if TYPE_CHECKING:
    from torch import Generator, Tensor

POINTS = 8192
RING_MODES, RING_RADIUS = 8, 0.7
GRID_SIDE, GRID_STEP = 5, 0.4

# Of so many points with that deviation: (N, 2) in [-1, 1], and which mode each belongs to (N,).
Draw = Callable[[int, float, "Generator"], tuple["Tensor", "Tensor"]]


def ring_centres() -> Tensor:
    """Of the eight modes, (8, 2), against the clock from the right."""
    import torch

    angles = torch.arange(RING_MODES) * (2 * math.pi / RING_MODES)
    return RING_RADIUS * torch.stack([angles.cos(), angles.sin()], 1)


def grid_centres() -> Tensor:
    """Of the 25 modes, (25, 2), row by row from below."""
    import torch

    places = (torch.arange(GRID_SIDE) - GRID_SIDE // 2) * GRID_STEP
    return torch.cartesian_prod(places, places).flip(1)


def _gaussians(
    centres: Callable[[], Tensor], n: int, deviation: float, random: Generator
) -> tuple[Tensor, Tensor]:
    import torch

    places = centres()
    labels = torch.arange(n) % len(places)
    return places[labels] + deviation * torch.randn(n, 2, generator=random), labels


def _two_centres() -> Tensor:
    import torch

    return torch.tensor([[-0.5, 0.0], [0.5, 0.0]])


def _spiral(n: int, deviation: float, random: Generator) -> tuple[Tensor, Tensor]:
    """Two arms that wind once and a half around the middle."""
    import torch

    labels = torch.arange(n) % 2
    along = torch.rand(n, generator=random).sqrt()  # as dense outside as inside
    angle = 3 * math.pi * along + math.pi * labels
    points = 0.85 * along[:, None] * torch.stack([angle.cos(), angle.sin()], 1)
    return points + deviation * torch.randn(n, 2, generator=random), labels


def _moons(n: int, deviation: float, random: Generator) -> tuple[Tensor, Tensor]:
    """Two half circles that reach into one another."""
    import torch

    labels = torch.arange(n) % 2
    angle = math.pi * torch.rand(n, generator=random)
    upper = torch.stack([angle.cos() - 0.5, angle.sin() - 0.25], 1)
    points = torch.where(labels[:, None] == 0, upper, -upper)
    return 0.55 * points + deviation * torch.randn(n, 2, generator=random), labels


def _line(n: int, deviation: float, random: Generator) -> tuple[Tensor, Tensor]:
    """From the lower left to the upper right."""
    import torch

    along = 1.6 * torch.rand(n, generator=random) - 0.8
    points = torch.stack([along, 0.6 * along], 1)
    points += deviation * torch.randn(n, 2, generator=random)
    return points, torch.zeros(n, dtype=torch.int64)


def _checkerboard(n: int, deviation: float, random: Generator) -> tuple[Tensor, Tensor]:
    """The eight dark squares of a board of 4 x 4."""
    import torch

    labels = torch.arange(n) % 8
    row = labels // 2
    column = 2 * (labels % 2) + row % 2
    corner = torch.stack([column, row], 1) * 0.45 - 0.9
    points = corner + 0.45 * torch.rand(n, 2, generator=random)
    return points + deviation * torch.randn(n, 2, generator=random), labels


def _pinwheel(n: int, deviation: float, random: Generator) -> tuple[Tensor, Tensor]:
    """Five arms, bent the more the farther out (Johnson et al. 2016, arXiv:1603.06277)."""
    import torch

    labels = torch.arange(n) % 5
    out = 0.45 + 0.13 * torch.randn(n, generator=random)
    aside = deviation * torch.randn(n, generator=random)
    angle = 2 * math.pi * labels / 5 + 0.8 * (2.8 * out).exp() / math.e
    across = torch.stack([angle.cos(), angle.sin()], 1)
    upright = torch.stack([-angle.sin(), angle.cos()], 1)
    return out[:, None] * across + aside[:, None] * upright, labels


def to_levels(points: Tensor) -> Tensor:
    """Points (N, 2) as pictures (N, 2, 1, 1) uint8; what lies beyond the plane is put at its
    edge."""
    import torch

    levels = (points.clamp(-1, 1) + 1).mul(127.5).round().to(torch.uint8)
    return levels.view(-1, *POINT)


def _read(draw: Draw, deviation: float, classes: tuple[str, ...], request: Request) -> Rows:
    import torch

    random = torch.Generator().manual_seed(0)
    points, labels = draw(request.points or POINTS, request.deviation or deviation, random)
    return Rows(to_levels(points), labels, classes)


def _spec(
    title: str,
    draw: Draw,
    modes: int,
    deviation: float,
    *,
    centres: Callable[[], Tensor] | None = None,
    source: str = "made here",
) -> DatasetSpec:
    classes = tuple(str(mode) for mode in range(modes))
    return DatasetSpec(
        title=title,
        source=source,
        licence="none needed",
        images=POINTS,
        shape=POINT,
        classes=classes,
        read=partial(_read, draw, deviation, classes),
        deviation=deviation,
        centres=centres,
    )


def _of_gaussians(
    title: str, centres: Callable[[], Tensor], modes: int, deviation: float, source: str
) -> DatasetSpec:
    draw = partial(_gaussians, centres)
    return _spec(title, draw, modes, deviation, centres=centres, source=source)


RING = _of_gaussians(
    "Points: a ring of 8 Gaussians",
    ring_centres,
    RING_MODES,
    0.05,
    "as in Metz et al. 2016 (arXiv:1611.02163)",
)
GRID = _of_gaussians(
    "Points: a grid of 25 Gaussians",
    grid_centres,
    GRID_SIDE**2,
    0.02,
    "as in Dumoulin et al. 2016 (arXiv:1606.00704)",
)
TWO_GAUSSIANS = _of_gaussians("Points: two Gaussians", _two_centres, 2, 0.1, "made here")
SPIRAL = _spec("Points: a spiral with two arms", _spiral, 2, 0.02)
MOONS = _spec("Points: two moons", _moons, 2, 0.03)
LINE = _spec("Points: a line", _line, 1, 0.02)
CHECKERBOARD = _spec("Points: a checkerboard", _checkerboard, 8, 0.0)
PINWHEEL = _spec("Points: a pinwheel with five arms", _pinwheel, 5, 0.045)
