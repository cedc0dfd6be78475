from __future__ import annotations

import numpy as np
import pytest

from gan_core.errors import ConfigError
from gan_core.latent import maps

A, B, C = (np.array(values, np.float32) for values in ([1, 0], [3, 0], [1, 4]))


def test_a_plane_has_its_three_points_in_three_corners() -> None:
    grid = maps.plane(A, B, C, 3).reshape(3, 3, 2)
    assert grid[0].tolist() == [[1, 0], [2, 0], [3, 0]]
    assert grid[1].tolist() == [[1, 2], [2, 2], [3, 2]]
    assert grid[2].tolist() == [[1, 4], [2, 4], [3, 4]]


def test_a_plane_can_keep_the_length_of_its_points() -> None:
    x, y = np.array([2, 0], np.float32), np.array([0, 2], np.float32)
    grid = maps.plane(x, -x + 1e-3 * y, y, 3, keep_length=True).reshape(3, 3, 2)
    lengths = np.linalg.norm(grid, axis=2)
    np.testing.assert_allclose(lengths, 2, rtol=1e-5)  # the middle of the first row too
    np.testing.assert_allclose(grid[1, 0], [2**0.5, 2**0.5], rtol=1e-5)


def test_a_span_has_its_point_in_the_middle_and_grows_to_the_right_and_upwards() -> None:
    x, y = np.eye(2, dtype=np.float32)
    grid = maps.span(np.array([10, 20], np.float32), x, y, 2.0, 3).reshape(3, 3, 2)
    assert grid[0].tolist() == [[8, 22], [10, 22], [12, 22]]
    assert grid[1, 1].tolist() == [10, 20]
    assert grid[2, 0].tolist() == [8, 18]


@pytest.mark.parametrize("kind", list(maps.LAYOUTS))
def test_alike_pictures_lie_near_one_another(kind: str) -> None:
    random = np.random.default_rng(0)
    dark, light = random.integers(0, 40, (2, 30, 6, 6, 1))
    pictures = np.concatenate([dark, light + 200]).astype(np.uint8)
    places = maps.layout(pictures, kind)
    assert places.shape == (60, 2)
    np.testing.assert_allclose([places.min(0), places.max(0)], [[0, 0], [1, 1]], atol=1e-6)
    np.testing.assert_array_equal(places, maps.layout(pictures, kind))
    apart = np.linalg.norm(places[:30].mean(0) - places[30:].mean(0))
    assert apart > 2 * places[:30].std(0).max()


def test_a_layout_that_cannot_be_is_refused() -> None:
    with pytest.raises(ConfigError, match="at least 3"):
        maps.layout(np.zeros((2, 4, 4, 1)), "pca")
    with pytest.raises(ConfigError, match="umap"):
        maps.layout(np.zeros((9, 4, 4, 1)), "umap")
