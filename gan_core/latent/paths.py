"""Walks between latent vectors."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from gan_core.errors import ConfigError


def lerp(a: Tensor, b: Tensor, t: Tensor) -> Tensor:
    """Points on the straight line from a to b, both (D,), at the shares t (S,): (S, D)."""
    return torch.lerp(a.expand(len(t), -1), b.expand(len(t), -1), t.unsqueeze(1))


def slerp(a: Tensor, b: Tensor, t: Tensor) -> Tensor:
    """Points on the great-circle arc from a to b, both (D,), at the shares t (S,): (S, D).

    Directions turn at constant speed, lengths change linearly, so that points between two draws
    from a normal prior stay as long as draws are (Shoemake 1985; White 2016, arXiv:1609.04468).
    Falls back on a straight line where the arc is not defined: a zero vector, or nearly parallel
    or opposite ones.
    """
    norm_a, norm_b = a.norm(), b.norm()
    if norm_a < 1e-8 or norm_b < 1e-8:
        return lerp(a, b, t)
    unit_a, unit_b = a / norm_a, b / norm_b
    omega = torch.arccos((unit_a @ unit_b).clamp(-1, 1))
    if omega.sin() < 1e-4:
        return lerp(a, b, t)
    share = t.unsqueeze(1)
    direction = (
        ((1 - share) * omega).sin() * unit_a + (share * omega).sin() * unit_b
    ) / omega.sin()
    return direction * torch.lerp(norm_a, norm_b, share)


INTERPOLATIONS = {"slerp": slerp, "lerp": lerp}


def path(keys: Tensor, steps: int, method: str = "slerp", closed: bool = False) -> Tensor:
    """A walk through key points.

    Args:
        keys: (K, D), K at least 2.
        steps: points on each leg, its first key included; the last key ends the walk.
        method: ``slerp`` or ``lerp``.
        closed: return from the last key to the first, and leave out the repeated first point.

    Returns:
        (legs * steps + 1, D), or (K * steps, D) where closed.

    Raises:
        ConfigError: fewer than two keys, fewer than one step, or an unknown method.
    """
    if len(keys) < 2:
        raise ConfigError(f"an interpolation needs at least 2 key points, not {len(keys)}.")
    if steps < 1:
        raise ConfigError(f"steps is {steps}; it must be 1 or more.")
    if method not in INTERPOLATIONS:
        raise ConfigError(f"method is {method!r}; choose one of {', '.join(INTERPOLATIONS)}.")
    between = INTERPOLATIONS[method]
    shares = torch.arange(steps, dtype=keys.dtype) / steps
    stops = torch.cat([keys, keys[:1]]) if closed else keys
    legs = [between(a, b, shares) for a, b in zip(stops, stops[1:], strict=False)]
    return torch.cat(legs if closed else [*legs, keys[-1:]])


def walk(keys: Sequence[np.ndarray], steps: int, method: str, closed: bool) -> np.ndarray:
    """The latent vectors (frames, latent_dim) of a walk through key points.

    Raises:
        ConfigError: as :func:`gan_core.latent.paths.path`.
    """
    return path(torch.from_numpy(np.stack(keys)), steps, method, closed).numpy()
