"""Walks between latent vectors."""

from __future__ import annotations

import math

import pytest
import torch

from gan_core.errors import ConfigError
from gan_core.latent import paths, vectors

SHARES = torch.tensor([0.0, 0.25, 0.5, 1.0])


def test_lerp_by_hand() -> None:
    points = paths.lerp(torch.tensor([0.0, 0.0]), torch.tensor([4.0, 2.0]), SHARES)
    assert points.tolist() == [[0, 0], [1, 0.5], [2, 1], [4, 2]]


def test_slerp_by_hand() -> None:
    # A quarter turn from length 1 to length 3: angles grow evenly, and so do lengths.
    points = paths.slerp(torch.tensor([1.0, 0.0]), torch.tensor([0.0, 3.0]), SHARES)
    expected = [
        [length * math.cos(angle), length * math.sin(angle)]
        for length, angle in ((1, 0), (1.5, math.pi / 8), (2, math.pi / 4), (3, math.pi / 2))
    ]
    assert torch.allclose(points, torch.tensor(expected), atol=1e-6)


@pytest.mark.parametrize(
    ("a", "b"), [([0.0, 0.0], [1.0, 2.0]), ([1.0, 1.0], [2.0, 2.0]), ([1.0, 0.0], [-2.0, 0.0])]
)
def test_slerp_is_straight_where_the_arc_is_not_defined(a: list[float], b: list[float]) -> None:
    one, other = torch.tensor(a), torch.tensor(b)
    assert torch.allclose(paths.slerp(one, other, SHARES), paths.lerp(one, other, SHARES))


@pytest.mark.parametrize("method", paths.INTERPOLATIONS)
def test_a_path_passes_through_its_keys(method: str) -> None:
    keys = vectors.noise(3, 5, seed=0)
    walk = paths.path(keys, 4, method)
    assert walk.shape == (9, 5)
    assert torch.allclose(walk[[0, 4, 8]], keys, atol=1e-6)
    loop = paths.path(keys, 4, method, closed=True)
    assert loop.shape == (12, 5)
    assert torch.allclose(loop[[0, 4, 8]], keys, atol=1e-6)


def test_paths_that_cannot_be() -> None:
    keys = vectors.noise(3, 5, seed=0)
    with pytest.raises(ConfigError, match="at least 2 key points, not 1"):
        paths.path(keys[:1], 4)
    with pytest.raises(ConfigError, match="steps is 0; it must be 1 or more"):
        paths.path(keys, 0)
    with pytest.raises(ConfigError, match="method is 'cubic'; choose one of slerp, lerp"):
        paths.path(keys, 4, "cubic")
