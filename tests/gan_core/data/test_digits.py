"""The digits that scikit-learn ships, and this program with it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from gan_core.data.digits import FILE
from gan_core.data.loading import load
from tests.gan_core.data.files import is_present


def test_digits_need_no_files() -> None:
    digits = load("digits", Path("nowhere"))
    assert is_present("digits", Path("nowhere"))
    assert len(digits) == 1797
    assert digits.image_shape == (1, 28, 28)
    assert digits.images.dtype == torch.uint8
    assert digits.labels.bincount().tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    assert digits.classes == tuple("0123456789")
    # White on black: the left edge is ground, the strokes reach full white.
    assert digits.images[:, :, :, 0].float().mean() < 5
    assert digits.images.max() == 255


def test_they_are_those_of_scikit_learn() -> None:
    from sklearn.datasets import load_digits  # which takes a second: for this test alone

    theirs = load_digits()
    with np.load(FILE) as ours:
        assert np.array_equal(ours["images"], theirs.images)
        assert np.array_equal(ours["labels"], theirs.target)
