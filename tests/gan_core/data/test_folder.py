"""A folder of pictures as a data set."""

from __future__ import annotations

from pathlib import Path

import pytest

from gan_core.data.loading import load
from gan_core.errors import DataError
from tests.gan_core.data.files import write_picture


def test_a_folder_takes_its_classes_from_its_subfolders(tmp_path: Path) -> None:
    write_picture(tmp_path / "cats" / "a.png", (255, 0, 0))
    write_picture(tmp_path / "dogs" / "b.JPG", (0, 0, 255))
    (tmp_path / "dogs" / "notes.txt").write_text("no picture")
    data = load("folder", tmp_path, image_size=6)
    assert data.images.shape == (2, 3, 6, 6)
    assert data.classes == ("cats", "dogs")
    assert data.labels.tolist() == [0, 1]
    assert data.images[0].flatten(1).float().mean(1).tolist() == [255, 0, 0]
    assert data.skipped == ()
    assert load("folder", tmp_path.parent, folder=tmp_path.name).image_shape == (3, 64, 64)
    assert load("folder", Path("nowhere"), folder=str(tmp_path)).image_shape == (3, 64, 64)


def test_pictures_in_grey_and_with_transparency(tmp_path: Path) -> None:
    write_picture(tmp_path / "clear.png", (255, 0, 0, 0), "RGBA")
    write_picture(tmp_path / "grey.png", (200,), "L")
    data = load("folder", tmp_path, image_size=4, channels=1)
    assert data.images.shape == (2, 1, 4, 4)
    assert data.images[0].unique().tolist() == [255]  # on white
    assert data.images[1].unique().tolist() == [200]


def test_a_broken_picture_is_skipped_and_named(tmp_path: Path) -> None:
    write_picture(tmp_path / "good.png", (9, 9, 9))
    good = (tmp_path / "good.png").read_bytes()
    (tmp_path / "empty.png").touch()
    (tmp_path / "half.png").write_bytes(good[: len(good) // 2])
    data = load("folder", tmp_path, image_size=4)
    assert len(data) == 1
    assert [name.split(" ")[0] for name in data.skipped] == ["empty.png", "half.png"]


def test_folders_that_hold_nothing(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="gone is not a folder"):
        load("folder", tmp_path, folder="gone")
    with pytest.raises(DataError, match=r"holds no pictures; put .*\.png"):
        load("folder", tmp_path)
    (tmp_path / "broken.png").write_text("no picture")
    with pytest.raises(DataError, match=r"None of the 1 pictures .* can be read: broken\.png"):
        load("folder", tmp_path)
