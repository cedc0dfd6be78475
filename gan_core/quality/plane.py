"""How well generated points of the plane match a distribution whose modes are known."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor

from gan_core.data.dataset import Modes

NEAR = 3.0  # deviations from a centre, within which a point counts to its mode
FOUND = 0.1  # of its fair share of the points: what a mode needs to be found


class Coverage(NamedTuple):
    """Which modes points lie at.

    The two figures of Srivastava et al. 2017 (VEEGAN, arXiv:1705.07761): modes, and the share of
    points within three deviations. There one point is enough for a mode; here it takes a tenth of
    its fair share.
    """

    found: int  # modes with at least a tenth of their fair share of the points
    near: float  # share of the points near any mode
    shares: tuple[float, ...]  # and near each (K,)


def coverage(points: Tensor, modes: Modes) -> Coverage:
    """The modes that points (N, 2) cover.

    Raises:
        ValueError: there are no points.
    """
    if not len(points):
        raise ValueError("no points cover nothing")
    distance, mode = torch.cdist(points, modes.centres.to(points)).min(1)
    near = distance < NEAR * modes.deviation
    counts = torch.bincount(mode[near], minlength=len(modes.centres))
    found = int((counts >= FOUND * len(points) / len(modes.centres)).sum())
    shares = (counts.double() / len(points)).tolist()
    return Coverage(found, float(near.double().mean()), tuple(shares))


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
