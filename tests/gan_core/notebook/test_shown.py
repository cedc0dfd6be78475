"""What shows itself in a notebook."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from gan_core.errors import ConfigError
from gan_core.images import pixels
from gan_core.notebook.shown import Pictures


@pytest.fixture
def pictures() -> Pictures:
    values = np.arange(5 * 8 * 8, dtype=np.uint8).reshape(5, 8, 8, 1)
    return Pictures(values, np.zeros((5, 3), np.float32), np.arange(5))


def test_they_are_a_sequence(pictures: Pictures) -> None:
    assert repr(pictures) == "5 pictures of 8 x 8 x 1"
    last = pictures[-1]
    assert np.array_equal(last.pixels, pictures.pixels[4:])
    assert last.labels is not None
    assert last.labels.tolist() == [4]
    assert len(pictures[1:3]) == 2
    assert [len(one) for one in pictures] == [1] * 5
    with pytest.raises(IndexError, match="there are 5 pictures, and none has the number 5"):
        pictures[5]


def test_they_are_shown_large_enough_to_see(pictures: Pictures) -> None:
    shown = pixels.from_png(pictures._repr_png_())
    assert shown.shape == (18 * 6, 28 * 6, 1)  # 3 columns and 2 rows of 8, lines of 2 between


def test_they_are_kept_as_files(pictures: Pictures, tmp_path: Path) -> None:
    sheet = pixels.from_png(pictures.save(tmp_path / "a.png").read_bytes())
    assert np.array_equal(sheet, pictures.sheet)
    assert np.array_equal(np.load(pictures.save(tmp_path / "a.npy")), pictures.pixels)
    assert pictures.save(tmp_path / "a.gif").read_bytes().startswith(b"GIF")
    with pytest.raises(ConfigError, match=r"its name must end in one of .png, .npy, "):
        pictures.save(tmp_path / "a.txt")
