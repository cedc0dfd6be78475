from __future__ import annotations

import numpy as np
import pytest
import torch

from gan_core.images import pixels


def pictures(n: int, channels: int = 1) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (n, 4, 4, channels), dtype=np.uint8)


def test_tensors_become_bytes() -> None:
    values = torch.tensor([-1.0, -0.5, 0.0, 1.0]).view(1, 1, 2, 2)
    result = pixels.to_uint8(values)
    assert result.dtype == np.uint8
    assert result.shape == (1, 2, 2, 1)
    assert result.ravel().tolist() == [0, 64, 128, 255]
    assert pixels.to_uint8(torch.tensor([-9.0, 9.0]).view(1, 1, 1, 2)).ravel().tolist() == [0, 255]
    assert pixels.to_uint8(torch.zeros(5, 3, 2, 6)).shape == (5, 2, 6, 3)


def test_every_byte_survives_the_way_through_the_unit_range() -> None:
    from gan_core.data.dataset import to_unit_range

    values = torch.arange(256, dtype=torch.uint8).view(1, 1, 16, 16)
    assert pixels.to_uint8(to_unit_range(values)).ravel().tolist() == list(range(256))


@pytest.mark.parametrize("channels", [1, 3])
def test_a_grid_holds_its_pictures_row_by_row(channels: int) -> None:
    tiles = pictures(5, channels)
    sheet = pixels.grid(tiles, columns=3, gap=2)
    assert sheet.shape == (2 * 4 + 2, 3 * 4 + 2 * 2, channels)
    assert np.array_equal(sheet[0:4, 6:10], tiles[1])
    assert np.array_equal(sheet[6:10, 0:4], tiles[3])
    assert (sheet[6:10, 12:] == 128).all()  # where the sixth would be
    assert (sheet[4:6] == 128).all()


def test_a_grid_is_as_square_as_it_can_be() -> None:
    assert pixels.grid(pictures(64)).shape == (8 * 6 - 2, 8 * 6 - 2, 1)
    assert pixels.grid(pictures(1)).shape == (4, 4, 1)


@pytest.mark.parametrize("channels", [1, 3])
def test_png_round_trip(channels: int) -> None:
    picture = pictures(1, channels)[0]
    assert np.array_equal(pixels.from_png(pixels.png(picture)), picture)
    large = pixels.from_png(pixels.png(picture, scale=3))
    assert large.shape == (12, 12, channels)
    assert np.array_equal(large[1::3, 1::3], picture)


def test_points_are_pictured_in_one_plane_up_being_up() -> None:
    points = np.array([[0, 0], [255, 255], [255, 0]], np.uint8).reshape(-1, 1, 1, 2)
    sheet = pixels.sheet(points)
    assert sheet.shape == (256, 256, 1)
    # Lower left, upper right, lower right; nothing in the middle or in the upper left.
    assert [sheet[y, x, 0] for y, x in ((255, 0), (0, 255), (255, 255), (128, 128), (0, 0))] == [
        255, 255, 255, 0, 0,
    ]  # fmt: skip
    assert pixels.grid(points).shape == (58, 58, 1)
    assert pixels.to_pil(points[0]).size == (28, 28)


def test_pictures_are_put_on_a_sheet_as_on_a_grid() -> None:
    pictures = np.zeros((4, 3, 3, 1), np.uint8)
    assert np.array_equal(pixels.sheet(pictures, 2), pixels.grid(pictures, 2))
