"""What is measured of a picture."""

from __future__ import annotations

import math

import numpy as np
import pytest

from gan_core.latent import attributes


def bar(rows: slice, columns: slice) -> np.ndarray:
    picture = np.zeros((1, 28, 28), np.float32)
    picture[0, rows, columns] = 1
    return picture


def test_thickness_is_the_width_of_a_long_stroke() -> None:
    # A bar of 24 x 3: twice the area by the outline, 144 / 54, less where corners are cut short.
    value = attributes.thickness(bar(slice(2, 26), slice(10, 13)))[0]
    assert value == pytest.approx(144 / 54, rel=0.02)
    assert attributes.thickness(bar(slice(2, 26), slice(10, 14)))[0] > value
    assert attributes.thickness(np.zeros((1, 28, 28), np.float32))[0] == 0


def test_slant_counts_columns_for_a_row_upwards() -> None:
    leaning = np.zeros((1, 28, 28), np.float32)
    for row in range(28):
        leaning[0, row, 27 - row] = 1  # up and to the right by one
    assert attributes.slant(leaning)[0] == pytest.approx(1)
    assert attributes.slant(leaning[:, :, ::-1])[0] == pytest.approx(-1)
    assert attributes.slant(bar(slice(2, 26), slice(10, 13)))[0] == pytest.approx(0)


def test_width_is_the_deviation_along_a_row() -> None:
    # Columns 10, 11 and 12: the deviation of -1, 0, 1.
    value = attributes.width(bar(slice(2, 26), slice(10, 13)))[0]
    assert value == pytest.approx(math.sqrt(2 / 3), rel=1e-5)
