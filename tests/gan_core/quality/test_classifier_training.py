"""Training of the digit classifier."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from gan_core.data.dataset import ImageData, to_unit_range
from gan_core.data.loading import load
from gan_core.errors import DataError
from gan_core.quality import classifier_training
from gan_core.quality.digit_classifier import open_classifier
from tests.gan_core.data.files import write_mnist
from tests.gan_core.helpers import random_states


@pytest.fixture(scope="module")
def digits() -> ImageData:
    return load("digits", Path("nowhere"))


def test_the_weights_follow_from_the_seed_alone(digits: ImageData) -> None:
    before = random_states()
    one, again, other = (
        classifier_training.train(digits, steps=3, batch_size=16, seed=seed) for seed in (1, 1, 2)
    )
    assert random_states() == before
    weights = [torch.cat([p.flatten() for p in net.parameters()]) for net in (one, again, other)]
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])


def test_it_learns(digits: ImageData) -> None:
    shares: list[float] = []
    network = classifier_training.train(
        digits, steps=40, batch_size=64, progress=lambda share, what: shares.append(share)
    )
    assert classifier_training.accuracy(network, digits) > 0.7
    assert shares == sorted(shares)
    assert 0 <= shares[0] < shares[-1] < 1


def test_distortions_keep_the_shape_and_the_range(digits: ImageData) -> None:
    images = to_unit_range(digits.images[:50])
    distorted = classifier_training._distorted(images, torch.Generator().manual_seed(0))
    assert distorted.shape == images.shape
    assert distorted.abs().max() <= 1
    assert not torch.equal(distorted, images)
    # the ink stays about where it was: nothing is flipped
    assert torch.corrcoef(torch.stack([distorted.flatten(), images.flatten()]))[0, 1] > 0.6


def test_pictures_that_are_no_digits(digits: ImageData) -> None:
    images = to_unit_range(digits.images[:23])
    for count in (1, 4, 23):
        scraps = classifier_training._no_digits(images[:count], torch.Generator().manual_seed(0))
        assert scraps.shape == (count, 1, 28, 28)
        assert scraps.abs().max() <= 1


def test_training_a_checkpoint(tmp_path: Path) -> None:
    write_mnist(tmp_path, images=6)
    done = classifier_training.train_checkpoint(
        tmp_path / "c", tmp_path, epochs=2, batch_size=2, seed=4
    )
    assert open_classifier(tmp_path / "c").facts == done.facts
    assert (done.facts.steps, done.facts.seed, done.facts.test_images) == (6, 4, 6)
    with pytest.raises(DataError, match="MNIST cannot be read"):
        classifier_training.train_checkpoint(tmp_path / "c", tmp_path / "gone", epochs=1)
