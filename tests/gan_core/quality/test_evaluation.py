"""A whole measurement: what it says of real images, of copies and of noise, and what it keeps."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from gan_core.data.dataset import ImageData
from gan_core.data.loading import load
from gan_core.errors import ConfigError
from gan_core.images.pixels import from_png
from gan_core.quality import evaluation, features, record
from gan_core.quality.evaluation import Evaluated
from gan_core.quality.measures import MEASURES
from gan_core.quality.pictures import Pictures
from gan_core.runs.folder import RunFolder
from tests.gan_core import helpers


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def digits(cache: Path) -> ImageData:
    return load("digits", cache)


@pytest.fixture(scope="module")
def copies(digits: ImageData, cache: Path) -> Evaluated:
    """300 digits taken from the training images themselves."""
    pictures = Pictures(digits.images[100:400], digits.labels[100:400], weights="w")
    return evaluation.evaluate(pictures, digits, cache)


def test_copies_are_called_copies(copies: Evaluated) -> None:
    values = copies.evaluation
    assert values.result["copies"] == 1.0
    assert values.result["distance"] == 0.0
    assert values.result["real_copies"] < 0.01
    assert values.near_samples == 300


def test_real_digits_score_as_real_digits(copies: Evaluated) -> None:
    values = copies.evaluation
    assert (values.distance, values.reference) == (
        "FD on digit-classifier features",
        "train",
    )
    assert "keeps no test images" in values.notes[0]
    assert values.ceiling["fd"] < 1e-2 < values.floor["fd"]
    assert (
        values.result["precision"] == values.ceiling["precision"] == values.ceiling["recall"] == 1
    )
    assert values.result["present"] == 10
    # The classifier was trained on MNIST, and reads these coarser digits less well.
    assert values.result["as_asked"] == pytest.approx(values.ceiling["as_asked"], abs=0.1)
    assert values.result["readable"] == pytest.approx(values.ceiling["readable"], abs=0.05)
    assert sum(values.shares) == pytest.approx(1, abs=1e-4)
    assert set(values.result) <= set(MEASURES)
    assert 0.9 < values.result["diversity"] < 1.1


def test_one_digit_and_noise_score_worse(digits: ImageData, cache: Path) -> None:
    one = digits.images[digits.labels == 1][:50]
    random = torch.Generator().manual_seed(0)
    noise = torch.randint(0, 256, (50, 1, 28, 28), dtype=torch.uint8, generator=random)
    collapsed = evaluation.evaluate(Pictures(one), digits, cache).evaluation
    scraps = evaluation.evaluate(Pictures(noise), digits, cache).evaluation
    assert collapsed.result["fd"] > 10 * collapsed.floor["fd"]
    assert collapsed.result["recall"] < 0.5
    assert collapsed.result["diversity"] < 0.9
    assert scraps.result["readable"] == 0 < collapsed.result["readable"]
    assert scraps.result["recall"] < 0.05
    assert scraps.result["copies"] == 0
    assert "as_asked" not in scraps.result and "as_asked" not in scraps.ceiling


def test_a_measurement_is_kept_and_read(copies: Evaluated, tmp_path: Path) -> None:
    run = RunFolder(tmp_path / "run")
    assert record.read(run) is None
    evaluation.save(run, copies)
    assert record.read(run) == copies.evaluation
    sheet = from_png((run.path / record.SHEET).read_bytes())
    assert sheet.shape == (4 * 30 - 2, 12 * 30 - 2, 1)
    assert (sheet[:28, :28] == sheet[:28, 30:58]).all()  # a copy beside what it was copied from


def test_sets_that_are_no_digits_say_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GAN_INCEPTION_WEIGHTS", str(tmp_path / "none.pth"))
    features._inception.cache_clear()
    data = helpers.tiny_data()
    values = evaluation.evaluate(Pictures(data.images[:10]), data, tmp_path).evaluation
    assert "fd" not in values.result and values.result["copies"] == 1
    assert any("torch-fidelity and its weights" in note for note in values.notes)


def test_samples_are_scaled_to_the_data(digits: ImageData, cache: Path) -> None:
    large = digits.images[:40].repeat_interleave(2, 2).repeat_interleave(2, 3)
    train = evaluation.training_images("digits", Pictures(large), cache)
    assert train.image_shape == (1, 28, 28)
    values = evaluation.evaluate(Pictures(large), train, cache).evaluation
    assert values.result["distance"] < 3  # each is a digit again, but for the smoothing
    assert "56 x 56, were scaled to the data's size, 28 x 28" in values.notes[0]
    own = evaluation.training_images("digits", Pictures(large), cache, own=True)
    assert own.image_shape == (1, 56, 56)  # as its generator saw them


@pytest.mark.parametrize("label", [-1, 10, 2**40])
def test_a_label_that_the_data_do_not_have(digits: ImageData, cache: Path, label: int) -> None:
    labels = digits.labels[:10].clone()
    labels[3] = label
    with pytest.raises(ConfigError, match=f"The labels go from .*{label}.* from 0 to 9"):
        evaluation.evaluate(Pictures(digits.images[:10], labels), digits, cache)


def test_pictures_of_another_shape_or_too_few(digits: ImageData, cache: Path) -> None:
    colour = digits.images[:10].expand(-1, 3, -1, -1)
    with pytest.raises(ConfigError, match="have 3 channels, those of digits 1 channel"):
        evaluation.evaluate(Pictures(colour), digits, cache)
    with pytest.raises(ConfigError, match="5 pictures are too few"):
        evaluation.evaluate(Pictures(digits.images[:5]), digits, cache)
