"""The point that sliders stand for."""

from __future__ import annotations

import numpy as np
import pytest

from gan_core.errors import ConfigError
from gan_core.latent import points
from gan_core.latent.points import latent_point


def test_principal_sliders_add_to_the_base_and_truncation_comes_last() -> None:
    base = np.array([1.0, 2.0, -1.0], np.float32)
    vectors = np.array([[1.0, 0.0, 0.0], [0.0, 0.6, 0.8]], np.float32)
    point = latent_point(base, "pca", {0: 2.0, 1: -5.0}, vectors, 0.5)
    # (1 + 2, 2 - 3, -1 - 4) / 2
    np.testing.assert_allclose(point, [1.5, -0.5, -2.5], rtol=1e-6)
    assert point.dtype == np.float32
    assert base.tolist() == [1.0, 2.0, -1.0]


def test_raw_sliders_take_the_place_of_the_numbers_of_the_base() -> None:
    base = np.array([1.0, 2.0, -1.0], np.float32)
    point = latent_point(base, "raw", {1: -4.0}, np.empty((0, 3)), 0.5)
    assert point.tolist() == [0.5, -2.0, -0.5]


def test_sliders_at_rest_leave_every_bit_of_the_base() -> None:
    base = np.random.default_rng(0).normal(size=100).astype(np.float32)
    vectors = np.random.default_rng(1).normal(size=(12, 100)).astype(np.float32)
    rest = dict.fromkeys(range(12), 0.0)
    assert latent_point(base, "pca", rest, vectors, 1.0).tobytes() == base.tobytes()
    rest = {index: float(base[index]) for index in range(100)}
    assert latent_point(base, "raw", rest, vectors, 1.0).tobytes() == base.tobytes()


@pytest.mark.parametrize(
    ("basis", "index", "words"),
    [("pca", 2, "there are 2"), ("raw", 3, "there are 3"), ("pca", -1, "-1")],
)
def test_a_slider_that_does_not_exist_is_refused(basis: str, index: int, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        latent_point(np.zeros(3, np.float32), basis, {index: 1.0}, np.zeros((2, 3)), 1.0)


def test_arithmetic_takes_the_means_of_groups_of_any_size() -> None:
    a, b, c = (
        np.array([[2.0, 4], [4, 8]]),
        np.array([[1.0, 1]]),
        np.array([[0.0, 3], [0, 0], [3, 3]]),
    )
    # (3, 6) - (1, 1) + (1, 2)
    assert points.arithmetic(a, b, c).tolist() == [3, 7]
