"""How well generated points of the plane match a distribution: its modes, where it has some, its
density on a grid, and its projections."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from gan_core.data.dataset import ImageData, Modes, to_unit_range
from gan_core.quality.measures import FOUND, MEASURES

SAMPLES = 2000  # points that are measured, where the data set has twice as many
CELLS = 25  # on each side of the grid: a mode of ring or grid lies in the middle of one
_SMOOTH = 0.01  # of the points, spread evenly before a Kullback-Leibler divergence is taken
DIRECTIONS = 128
NEAR = 3.0  # deviations from a centre, within which a point counts to its mode


class Coverage(NamedTuple):
    """Which modes points lie at.

    The two figures of Srivastava et al. 2017 (VEEGAN, arXiv:1705.07761): modes, and the share of
    points within three deviations. There one point is enough for a mode; here it takes a tenth of
    its fair share.
    """

    covered: tuple[bool, ...]  # of each mode, whether it has a tenth of its fair share (K,)
    near: float  # share of the points near any mode
    shares: tuple[float, ...]  # and near each (K,)
    nearest: tuple[float, ...]  # share of the points that each is the nearest to, near or not (K,)

    @property
    def found(self) -> int:
        """How many modes are covered."""
        return sum(self.covered)


def coverage(points: Tensor, modes: Modes) -> Coverage:
    """The modes that points (N, 2) cover.

    Raises:
        ValueError: there are no points.
    """
    if not len(points):
        raise ValueError("no points cover nothing")
    distance, mode = torch.cdist(points, modes.centres.to(points)).min(1)
    near = distance < NEAR * modes.deviation
    k = len(modes.centres)
    counts = torch.bincount(mode[near], minlength=k)
    covered = (counts >= FOUND * len(points) / k).tolist()
    shares, nearest = (
        tuple((numbers.double() / len(points)).tolist())
        for numbers in (counts, torch.bincount(mode, minlength=k))
    )
    return Coverage(tuple(covered), float(near.double().mean()), shares, nearest)


def sliced_wasserstein(points: Tensor, others: Tensor, directions: int = DIRECTIONS) -> float:
    """The mean over directions of the Wasserstein-1 distance between projections of two sets of
    equally many points (N, 2), in the units of the plane (Rabin et al. 2011).

    The directions are spread evenly over the half circle, so that nothing is drawn.

    Raises:
        ValueError: the sets differ in number.
    """
    if len(points) != len(others):
        raise ValueError(f"{len(points)} points cannot be set against {len(others)}")
    return _apart(_projections(points, directions), _projections(others, directions))


def _projections(points: Tensor, directions: int = DIRECTIONS) -> np.ndarray:
    """Points (N, 2) projected on so many directions, each in rising order, (directions, N)."""
    angles = torch.arange(directions, dtype=points.dtype) * (math.pi / directions)
    axes = torch.stack([angles.cos(), angles.sin()], 1)
    return np.sort((axes @ points.T).numpy(), axis=1)  # thirty times as fast as torch's


def _apart(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.abs(one - other).mean())


def density(points: Tensor, cells: int = CELLS) -> Tensor:
    """The share of points (N, 2) in each cell of a grid over the plane from -1 to 1, (cells^2,) in
    double precision, row by row from below; what lies beyond counts to the cell at the edge."""
    across, up = ((points + 1) * (cells / 2)).long().clamp(0, cells - 1).T
    return torch.bincount(up * cells + across, minlength=cells**2).double() / len(points)


def kullback_leibler(real: Tensor, other: Tensor) -> float:
    """``sum p log(p / q)`` of two densities (K,) in nats, after a hundredth of each was spread
    evenly over the cells: without that a single empty cell would make it infinite."""
    p, q = ((1 - _SMOOTH) * shares + _SMOOTH / len(shares) for shares in (real, other))
    return float(torch.xlogy(p, p / q).sum())


def jensen_shannon(one: Tensor, other: Tensor) -> float:
    """The mean of the Kullback-Leibler divergences of two densities (K,) from their mean, in nats
    (Lin 1991): from 0, where they are equal, to log 2, where no cell holds points of both."""
    middle = (one + other) / 2
    parts = (torch.xlogy(p, p) - torch.xlogy(p, middle) for p in (one, other))
    return max(0.0, float(sum(part.sum() for part in parts)) / 2)


class PlaneMeasures:
    """Measures points against a data set in the plane, and what a fresh sample of the real ones
    gets: real points that are not among those that both are measured against.

    Args:
        data: points of the plane, at least two.
        modes: where they gather, if anywhere.

    Attributes:
        size: how many points are measured.
        real: what as many real points get, by the names of
            :data:`gan_core.quality.measures.MEASURES`.
    """

    def __init__(self, data: ImageData, modes: Modes | None) -> None:
        self.size = min(SAMPLES, len(data) // 2)
        self._modes = modes
        order = torch.randperm(len(data), generator=torch.Generator().manual_seed(2))
        points = to_unit_range(data.images.cpu()[order]).flatten(1)
        reference = points[self.size :]
        self._density = density(reference)
        self._projections = _projections(reference[: self.size])
        real = self.of(points[: self.size])
        self.real = {name: real[name] for name in MEASURES if name in real}

    def of(self, points: Tensor) -> dict[str, float]:
        """What points (size, 2) get, by name; as ``mode/0``, ``mode/1``, ... which share of them
        lies near each mode, and as ``nearest/0``, ... of how many it is the nearest."""
        cells = density(points)
        values = {
            "sliced_wasserstein": _apart(_projections(points), self._projections),
            "jensen_shannon": jensen_shannon(self._density, cells),
            "kullback_leibler": kullback_leibler(self._density, cells),
        }
        if self._modes is None:
            return values
        covered = coverage(points, self._modes)
        values = {"modes": covered.found, "near_mode": covered.near, **values}
        for name, shares in (("mode", covered.shares), ("nearest", covered.nearest)):
            values |= {f"{name}/{mode}": share for mode, share in enumerate(shares)}
        return values
