"""The point that sliders stand for."""

from __future__ import annotations

import numpy as np
import pytest

from gan_core.errors import ConfigError
from gan_core.latent.points import latent_point

BASE = np.array([1, 2, 3], np.float32)
AXES = np.array([[0, 1, 0], [0.6, 0, 0.8]], np.float32)


def test_raw_coordinates_replace_numbers() -> None:
    point = latent_point(BASE, "raw", {0: -4.0, 2: 0.5}, AXES, psi=1.0)
    assert point.tolist() == [-4, 2, 0.5]
    assert BASE.tolist() == [1, 2, 3]


def test_coordinates_of_a_family_are_added_along_it_and_truncation_comes_last() -> None:
    point = latent_point(BASE, "pca", {0: 2.0, 1: 5.0}, AXES, psi=0.5)
    np.testing.assert_allclose(point, [2, 2, 3.5])


@pytest.mark.parametrize(("basis", "index"), [("raw", 3), ("pca", 2), ("pca", -1)])
def test_a_coordinate_that_does_not_exist(basis: str, index: int) -> None:
    with pytest.raises(ConfigError, match=f"coordinate {index} does not exist"):
        latent_point(BASE, basis, {index: 1.0}, AXES, psi=1.0)
