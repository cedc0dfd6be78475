"""The search for nearest training images, and the sheet of pairs."""

from __future__ import annotations

from pathlib import Path

import torch

from gan_core.data.dataset import ImageData, ignore_progress
from gan_core.quality import memorisation


def greys(*values: int) -> torch.Tensor:
    """Images of 2 x 2, each of one grey level."""
    return torch.tensor(values, dtype=torch.uint8).view(-1, 1, 1, 1).expand(-1, 1, 2, 2)


def data(name: str, *values: int) -> ImageData:
    return ImageData(name, greys(*values), torch.zeros(len(values), dtype=torch.int64), (), name)


def test_samples_and_new_images_are_set_against_the_training_images(tmp_path: Path) -> None:
    train, test = data("train", 0, 100, 200), data("test", 90, 210)
    search = memorisation.search(greys(1, 150), train, test, "test", tmp_path, ignore_progress)
    assert search.samples.index.tolist() == [0, 1]
    assert search.samples.distance.tolist() == [1, 50]
    assert sorted(search.real.distance.tolist()) == [10, 10]
    assert search.n_samples == 2
    again = memorisation.search(greys(1), train, test, "test", tmp_path, ignore_progress)
    assert torch.equal(again.real.distance, search.real.distance)  # from the cache


def test_training_images_are_set_against_all_others(tmp_path: Path) -> None:
    train = data("train", 0, 10, 30)
    search = memorisation.search(greys(1), train, train, "train", tmp_path, ignore_progress)
    assert sorted(search.real.distance.tolist()) == [10, 10, 20]


def test_a_double_counts_once(tmp_path: Path) -> None:
    once, twice = data("once", 0, 100, 200), data("twice", 0, 0, 100, 200, 100, 200)
    for split in ("train", "test"):
        real = data("test", 90, 210)
        expected = memorisation.search(
            greys(100, 190), once, once if split == "train" else real, split, tmp_path,
            ignore_progress,
        )  # fmt: skip
        search = memorisation.search(
            greys(100, 190), twice, twice if split == "train" else real, split, tmp_path,
            ignore_progress,
        )  # fmt: skip
        assert search.samples.index.tolist() == [2, 3]
        assert search.samples.distance.tolist() == expected.samples.distance.tolist() == [0, 10]
        assert search.samples.second.tolist() == expected.samples.second.tolist() == [100, 90]
        assert sorted(search.real.distance) == sorted(expected.real.distance)


def test_the_sheet_begins_with_what_is_nearest_to_one_image_alone(tmp_path: Path) -> None:
    train = data("train", 0, 100, 200)
    images = greys(150, 148, 101)
    search = memorisation.search(images, train, train, "train", tmp_path, ignore_progress)
    sheet = memorisation.sheet(images, train.images, search.samples)[..., 0]
    assert sheet[0, ::4].tolist()[:6] == [101, 100, 150, 100, 148, 100]
