"""MNIST from a MATLAB file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from gan_core.data.loading import download, load
from gan_core.errors import ConfigError, DataError
from tests.gan_core.data.files import is_present, write_mat


def test_the_matlab_file(tmp_path: Path) -> None:
    write_mat(tmp_path)
    assert is_present("mat", tmp_path)
    for split, offset in (("train", 0), ("test", 100)):
        data = load("mat", tmp_path, split=split)  # type: ignore[arg-type]
        assert data.images.shape == (55, 1, 28, 28)
        assert data.labels.bincount().tolist() == list(range(1, 11))
        assert data.classes == tuple("0123456789")
        # a row of the array is a picture line by line
        assert torch.equal(data.images[:, 0, 0, 1].long(), data.labels + offset)
        assert data.images.flatten(1).count_nonzero(1).max() == 1


def test_a_matlab_file_that_is_not_there(tmp_path: Path) -> None:
    assert not is_present("mat", tmp_path)
    with pytest.raises(DataError, match=r"There is no mnist_all\.mat in .*'digits'") as refusal:
        load("mat", tmp_path)
    assert str(tmp_path) in str(refusal.value)
    with pytest.raises(ConfigError, match="'mat' needs no download"):
        download("mat", tmp_path)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"train3": None}, "is not MNIST: it has no array train3"),
        ({"train3": np.zeros((5, 700), np.uint8)}, r"train3 is uint8 of the shape \(5, 700\)"),
        ({"train3": np.zeros((0, 784), np.uint8)}, "train3 is uint8 of the shape"),
        ({"train3": np.zeros((5, 784))}, "train3 is float64 .* it must be uint8"),
    ],
)
def test_a_matlab_file_of_something_else(
    tmp_path: Path, changes: dict[str, np.ndarray | None], message: str
) -> None:
    write_mat(tmp_path, **changes)
    assert not is_present("mat", tmp_path)
    with pytest.raises(DataError, match=message) as refusal:
        load("mat", tmp_path)
    assert "\n" not in str(refusal.value)


def test_a_matlab_file_that_is_damaged(tmp_path: Path) -> None:
    write_mat(tmp_path)
    path = tmp_path / "mnist_all.mat"
    whole = path.read_bytes()
    flipped = bytearray(whole)
    flipped[len(whole) // 4] ^= 0xFF
    for content in (whole[: len(whole) // 4], whole[:130], whole[:100], b"", b"no" * 400):
        path.write_bytes(content)
        assert not is_present("mat", tmp_path)
        with pytest.raises(DataError, match=r"damaged or no MATLAB file|has no array"):
            load("mat", tmp_path)
    path.write_bytes(flipped)
    with pytest.raises(DataError, match="damaged or no MATLAB file"):
        load("mat", tmp_path)
    path.write_bytes(whole[:-40])
    assert not is_present("mat", tmp_path)
