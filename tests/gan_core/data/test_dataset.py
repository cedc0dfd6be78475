"""The order of a data set, and its values."""

from __future__ import annotations

from itertools import chain, islice

import pytest
import torch

from gan_core.data import dataset
from gan_core.data.dataset import Batches, ImageData, class_index, to_unit_range
from tests.gan_core.helpers import random_states, tiny_data


def numbered(images: int) -> ImageData:
    """Images that are their own numbers."""
    pictures = torch.arange(images, dtype=torch.uint8).view(-1, 1, 1, 1)
    return ImageData("numbered", pictures, torch.arange(images), (), "")


def numbers(batches: Batches, count: int, start: int = 0) -> list[list[int]]:
    return [labels.tolist() for _, labels in islice(batches.starting_at(start), count)]


def test_every_image_comes_once_an_epoch_in_a_new_order() -> None:
    batches = Batches(numbered(24), 6, seed=1)
    order = numbers(batches, 12)
    epochs = [list(chain(*order[i : i + 4])) for i in (0, 4, 8)]
    assert all(sorted(epoch) == list(range(24)) for epoch in epochs)
    assert epochs[0] != epochs[1] != epochs[2]


def test_an_incomplete_last_batch_is_left_out() -> None:
    order = numbers(Batches(numbered(25), 6, seed=1), 4)
    assert len(set(chain(*order))) == 24


def test_batches_go_on_in_the_middle_of_an_epoch() -> None:
    batches = Batches(numbered(24), 6, seed=1)
    order = numbers(batches, 12)
    for start in range(12):
        assert numbers(batches, 12 - start, start) == order[start:]


def test_a_set_too_large_to_be_made_ready_at_once_gives_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    batches = Batches(tiny_data(), 5, seed=1)
    at_once = list(islice(batches.starting_at(2), 30))
    monkeypatch.setattr(dataset, "_AT_ONCE_LIMIT", 0)
    for (images, labels), (others, other_labels) in zip(
        at_once, batches.starting_at(2), strict=False
    ):
        assert torch.equal(images, others)
        assert torch.equal(labels, other_labels)


def test_the_order_follows_from_the_seed_alone() -> None:
    before = random_states()
    order = numbers(Batches(numbered(24), 6, seed=1), 8)
    assert random_states() == before
    torch.manual_seed(5)
    assert numbers(Batches(numbered(24), 6, seed=1), 8) == order
    assert numbers(Batches(numbered(24), 6, seed=2), 8) != order


def test_fewer_images_than_a_batch_are_repeated() -> None:
    order = numbers(Batches(numbered(5), 12, seed=1), 3)
    assert all(len(batch) == 12 and set(batch) == set(range(5)) for batch in order)


def test_images_and_labels_stay_together() -> None:
    data = tiny_data()
    images, labels = next(iter(Batches(data, 8, seed=0)))
    assert images.dtype == torch.float32
    for image, label in zip(images, labels, strict=True):
        same = [i for i in range(len(data)) if torch.equal(to_unit_range(data.images[i]), image)]
        assert [int(data.labels[i]) for i in same] == [int(label)]


def test_the_unit_range() -> None:
    assert to_unit_range(torch.tensor([0, 255], dtype=torch.uint8)).tolist() == [-1, 1]


@pytest.mark.parametrize(
    ("classes", "text", "index"),
    [
        (("0", "1", "2", "10", "11"), "2", 2),
        (("0", "1", "2", "10", "11"), "10", 3),
        (("1", "2", "3"), "1", 0),
        (("1", "2", "3"), "0", 0),
        (("1", "2", "3"), "3", 2),
        (("Cat", "dog"), "CAT", 0),
        (("CAT", "cat"), "cat", 1),
        (("cat", "dog"), "1", 1),
        (("cat", "dog"), "2", None),
        (("cat", "dog"), "-1", None),
        (("cat", "dog"), "٣", None),
        (("cat", "dog"), "9" * 5000, None),
        (("cat", "dog"), "", None),
    ],
)
def test_a_name_wins_over_a_number(classes: tuple[str, ...], text: str, index: int | None) -> None:
    assert class_index(classes, text) == index
