"""How well generated points of the plane match a distribution whose modes are known."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor

NEAR = 3.0  # deviations from a centre, within which a point counts to its mode
_FOUND = 0.1  # of its fair share of the points: what a mode needs to be found


class Coverage(NamedTuple):
    """Which modes points lie at.

    The two figures of Srivastava et al. 2017 (VEEGAN, arXiv:1705.07761): modes, and the share of
    points within three deviations. There one point is enough for a mode; here it takes a tenth of
    its fair share.
    """

    found: int  # modes with at least a tenth of their fair share of the points
    near: float  # share of the points near any mode


def coverage(points: Tensor, centres: Tensor, deviation: float) -> Coverage:
    """The modes that points (N, 2) cover, of centres (K, 2) with a deviation in each direction.

    Raises:
        ValueError: there are no points.
    """
    covered, near = modes_covered(points, centres, deviation)
    return Coverage(int(covered.sum()), near)


def modes_covered(points: Tensor, centres: Tensor, deviation: float) -> tuple[Tensor, float]:
    """Whether points (N, 2) cover each of the modes, (K,), and their share near any.

    Raises:
        ValueError: there are no points.
    """
    if not len(points):
        raise ValueError("no points cover nothing")
    distance, mode = torch.cdist(points, centres).min(1)
    near = distance < NEAR * deviation
    counts = torch.bincount(mode[near], minlength=len(centres))
    return counts >= _FOUND * len(points) / len(centres), float(near.double().mean())


def sliced_wasserstein(points: Tensor, others: Tensor, directions: int = 128) -> float:
    """The mean over directions of the Wasserstein-1 distance between projections of two sets of
    equally many points (N, 2), in the units of the plane (Rabin et al. 2011).

    The directions are spread evenly over the half circle, so that nothing is drawn.

    Raises:
        ValueError: the sets differ in number.
    """
    if len(points) != len(others):
        raise ValueError(f"{len(points)} points cannot be set against {len(others)}")
    angles = torch.arange(directions, dtype=points.dtype) * (math.pi / directions)
    axes = torch.stack([angles.cos(), angles.sin()])
    one, other = (some @ axes for some in (points, others.to(points)))
    return float((one.sort(0).values - other.sort(0).values).abs().mean())
