"""What the digit classifier reads, and its checkpoints."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
import torch

from gan_core.data.dataset import ImageData, to_unit_range
from gan_core.data.loading import default_data_dir, load, on_disk
from gan_core.errors import CheckpointError, ConfigError
from gan_core.places import CHECKPOINTS_DIR
from gan_core.quality import classifier_training, digit_classifier
from gan_core.quality.digit_classifier import Classifier, Facts, as_digits, open_classifier, view
from gan_core.runs.generators import open_generator
from gan_core.runs.store import RunStore
from tests.gan_core.helpers import random_states


@pytest.fixture(scope="module")
def digits() -> ImageData:
    return load("digits", Path("nowhere"))


@pytest.fixture(scope="module")
def shipped() -> Classifier:
    return open_classifier()


def test_it_is_sure_of_digits_and_not_of_noise(shipped: Classifier, digits: ImageData) -> None:
    noise = torch.rand(100, 1, 28, 28, generator=torch.Generator().manual_seed(0)) * 2 - 1
    blank = torch.linspace(-1, 1, 20).view(-1, 1, 1, 1).expand(-1, 1, 28, 28)
    assert shipped.view(torch.cat([noise, blank])).readable < 0.02
    assert shipped.view(to_unit_range(digits.images[:300])).readable > 0.2


def test_probabilities_and_features(shipped: Classifier, digits: ImageData) -> None:
    images = to_unit_range(digits.images[:70])
    before = random_states()
    probabilities, features = shipped.predict(images), shipped.features(images)
    assert random_states() == before
    assert probabilities.shape == (70, 10)
    assert torch.allclose(probabilities.sum(1), torch.ones(70), atol=1e-5)
    assert features.shape == (70, digit_classifier.FEATURES)
    # the features are what the last layer sees, and no picture changes another's
    assert torch.allclose(shipped.network.head(features).softmax(1), probabilities, atol=1e-5)
    assert torch.allclose(shipped.predict(images[:1]), probabilities[:1], atol=1e-5)


def test_what_is_a_digit_already_is_left_alone() -> None:
    images = torch.rand(3, 1, 28, 28)
    assert torch.equal(as_digits(images), images)


def test_colour_becomes_luma_and_other_sizes_are_scaled() -> None:
    red, green, blue = torch.eye(3).view(3, 3, 1, 1).expand(-1, -1, 28, 28) * 2 - 1
    grey = as_digits(torch.stack([red, green, blue]))
    assert grey.shape == (3, 1, 28, 28)
    assert grey[:, 0, 0, 0].tolist() == pytest.approx([-0.402, 0.174, -0.772], abs=1e-4)
    for side in (8, 32, 64):
        digits = as_digits(torch.full((2, 3, side, side), 0.25))
        assert digits.shape == (2, 1, 28, 28)
        assert digits.flatten().tolist() == pytest.approx([0.25] * 2 * 28 * 28, abs=1e-5)


def test_the_classes_survive_colour_and_size(shipped: Classifier, digits: ImageData) -> None:
    small = to_unit_range(digits.images[:200])
    large = torch.nn.functional.interpolate(small, (64, 64), mode="bilinear").expand(-1, 3, -1, -1)
    same = shipped.predict(small).argmax(1) == shipped.predict(large).argmax(1)
    assert same.float().mean() > 0.95


def test_what_is_no_picture_is_refused(shipped: Classifier) -> None:
    for shape in ((2, 2, 28, 28), (1, 28, 28)):
        with pytest.raises(ConfigError, match="one channel or three"):
            shipped.predict(torch.zeros(shape))


TABLE = torch.tensor(
    [
        [0.95, 0.05, 0.00, 0.00],  # surely 0
        [0.50, 0.30, 0.20, 0.00],  # 0, not surely
        [0.00, 0.92, 0.08, 0.00],  # surely 1
        [0.10, 0.00, 0.90, 0.00],  # just surely 2
    ]
)


def test_a_view_worked_out_by_hand() -> None:
    reading = view(TABLE, torch.tensor([0, 1, 1, 2]))
    assert reading.images == 4
    assert reading.readable == 0.75
    assert reading.shares == (0.5, 0.25, 0.25, 0.0)
    assert reading.present == 3
    # log 4 minus the entropy of (1/2, 1/4, 1/4): 2 log 2 - 1.5 log 2
    assert reading.kl == pytest.approx(0.5 * math.log(2))
    assert reading.as_asked == 0.75
    assert view(TABLE).as_asked is None


def test_even_shares_and_a_single_class() -> None:
    assert view(torch.eye(4)).kl == 0
    alone = view(torch.eye(4)[[2, 2, 2]])
    assert alone.present == 1
    assert alone.kl == pytest.approx(math.log(4))


def test_a_class_is_present_from_one_in_a_hundred() -> None:
    for others, present in ((99, 2), (100, 1)):
        table = torch.eye(2)[[0] * others + [1]]
        assert view(table).present == present


def test_a_view_of_nothing_and_labels_that_do_not_fit() -> None:
    with pytest.raises(ConfigError, match="no pictures"):
        view(torch.zeros(0, 10))
    with pytest.raises(ConfigError, match="4 pictures were read, but 3 classes asked for"):
        view(TABLE, torch.zeros(3, dtype=torch.int64))


def test_the_one_that_ships_says_how_good_it_is(shipped: Classifier) -> None:
    assert shipped.facts.dataset == "mnist"
    assert shipped.facts.test_images == 10_000
    assert shipped.facts.test_accuracy >= 0.99
    size = sum(path.stat().st_size for path in digit_classifier.CLASSIFIER_DIR.iterdir())
    assert size < 1_500_000


def test_the_one_that_ships_reads_other_peoples_digits(
    shipped: Classifier, digits: ImageData
) -> None:
    """Of 8 x 8 pixels, from other pens, in another frame: far from what it was trained on."""
    assert classifier_training.accuracy(shipped.network, digits) > 0.7


@pytest.mark.skipif(not on_disk("mnist", default_data_dir()), reason="MNIST is not on disk")
def test_the_accuracy_is_as_stated(shipped: Classifier) -> None:
    test = load("mnist", default_data_dir(), split="test")
    share = classifier_training.accuracy(shipped.network, test)
    assert share == pytest.approx(shipped.facts.test_accuracy, abs=3e-4)


def test_it_is_no_run(shipped: Classifier) -> None:
    names = [run.name for run in RunStore(CHECKPOINTS_DIR).list()]
    assert digit_classifier.CLASSIFIER_DIR.name not in names
    with pytest.raises(CheckpointError, match="mnist-classifier is no run or checkpoint"):
        open_generator(digit_classifier.CLASSIFIER_DIR)


def test_a_checkpoint_comes_back(tmp_path: Path) -> None:
    facts = Facts("mnist", 5, 16, 3, 100, 0.75, "1.2.3")
    digit_classifier.save(tmp_path / "c", Classifier(digit_classifier.build(3).eval(), facts))
    classifier = open_classifier(tmp_path / "c")
    assert classifier.facts == facts
    images = torch.rand(2, 1, 28, 28)
    assert torch.equal(
        classifier.predict(images),
        digit_classifier.predict(digit_classifier.build(3).eval(), images),
    )


@pytest.mark.parametrize("name", ["classifier.json", "classifier.safetensors"])
@pytest.mark.parametrize("content", [None, b"", b"{}", b"[1]", b'{"dataset": 3, "steps": []}'])
def test_damaged_checkpoints(tmp_path: Path, name: str, content: bytes | None) -> None:
    facts = Facts("mnist", 5, 16, 3, 100, 0.75, "1.2.3")
    digit_classifier.save(tmp_path, Classifier(digit_classifier.build(), facts))
    if content is None:
        (tmp_path / name).unlink()
    else:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(CheckpointError, match=f"{name} is missing" if content is None else "damag"):
        open_classifier(tmp_path)


def test_weights_of_another_network(tmp_path: Path) -> None:
    from safetensors.torch import save_file

    facts = Facts("mnist", 5, 16, 3, 100, 0.75, "1.2.3")
    digit_classifier.save(tmp_path, Classifier(digit_classifier.build(), facts))
    save_file({"weight": torch.zeros(2)}, tmp_path / "classifier.safetensors")
    with pytest.raises(CheckpointError, match="damaged"):
        open_classifier(tmp_path)
    assert json.loads((tmp_path / "classifier.json").read_text())["steps"] == 5
