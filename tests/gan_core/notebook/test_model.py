"""Generators in a notebook."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

import gan_core as gan
from gan_core.data.table import DATASETS
from gan_core.errors import CheckpointError, ConfigError, GanError
from gan_core.images import pixels
from gan_core.latent import vectors
from gan_core.networks.sampling import draw
from gan_core.notebook.model import Model
from tests.gan_core import helpers


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("runs")


@pytest.fixture(scope="module")
def model(folder: Path) -> Model:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(DATASETS, "tiny", helpers.tiny_spec())
        return Model(helpers.trained(folder / "plain"))


@pytest.fixture(scope="module")
def conditional(folder: Path) -> Model:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(DATASETS, "tiny", helpers.tiny_spec())
        return Model(helpers.trained(folder / "conditional", objective="cgan"))


def test_load_takes_a_name_or_a_folder(
    model: Model, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert gan.load("plain", runs_dir=folder).run == model.run
    assert gan.load(folder / "plain").run.path == model.run.path
    monkeypatch.setenv("GAN_RUNS_DIR", str(folder))
    assert repr(gan.load("plain")) == "plain: gan, mlp-small on tiny, step 10"
    assert gan.load("gan-mnist").config.dataset == "mnist"
    with pytest.raises(CheckpointError, match="'gone' is neither a folder nor a shipped"):
        gan.load("gone")


def test_samples_are_those_of_the_seed(model: Model) -> None:
    pictures = model.sample(5, seed=3)
    z = vectors.noise(5, 4, 3)
    assert np.array_equal(pictures.z, z.numpy())
    assert np.array_equal(pictures.pixels, draw(model.generator, z))
    assert pictures.labels is None
    assert np.array_equal(model.draw(z).pixels, pictures.pixels)
    assert model._repr_png_() == model.sample(64)._repr_png_()


def test_classes_are_columns_or_the_one_asked_for(conditional: Model) -> None:
    pictures = conditional.sample(6)
    assert pictures.labels is not None
    assert pictures.labels.tolist() == [0, 1, 0, 1, 0, 1]
    assert pictures.columns == 2
    assert np.array_equal(pictures.z[0], pictures.z[1])
    for label in (1, "1", "class 1"):
        drawn = conditional.sample(3, label=label)
        assert drawn.labels is not None
        assert drawn.labels.tolist() == [1, 1, 1]
    walk = conditional.interpolate([1, 2], steps=2, label=1)
    assert walk.labels is not None
    assert walk.labels.tolist() == [1, 1, 1]


def test_a_walk_goes_through_its_seeds(model: Model) -> None:
    walk = model.interpolate([1, 2, 3], steps=4)
    assert len(walk) == 9
    assert np.allclose(walk.z[4], vectors.noise(1, 4, 2)[0].numpy())
    assert walk.sheet.shape[0] == 8


def test_directions_start_from_one_point(model: Model) -> None:
    steps = model.directions("sefa", count=3, seed=2, reach=3.0)
    assert (len(steps), len(steps.pictures)) == (3, 21)
    base = vectors.noise(1, 4, 2)[0].numpy()
    middle = steps.pictures.z.reshape(3, 7, 4)[:, 3]
    assert np.array_equal(middle, np.stack([base] * 3))
    last = steps.pictures.z.reshape(3, 7, 4)[1, 6]
    assert np.allclose(last, base + 3 * steps.vectors[1])
    assert steps._repr_png_().startswith(b"\x89PNG")


def test_what_cannot_be_is_a_sentence(model: Model, conditional: Model) -> None:
    with pytest.raises(ConfigError, match="takes no labels, because its objective 'gan' is not"):
        model.sample(4, label=1)
    with pytest.raises(ConfigError, match="label is 'seven'; choose a class of conditional"):
        conditional.sample(4, label="seven")
    with pytest.raises(ConfigError, match="at least 2 key points"):
        model.interpolate([1])
    with pytest.raises(ConfigError, match="family is 'x'; choose one of pca, sefa"):
        model.directions("x")
    with pytest.raises(ConfigError, match="has no directions between classes"):
        model.directions("classes")
    with pytest.raises(ConfigError, match=r"z has the shape \(2, 3\); it must be \(N, 4\)"):
        model.draw(torch.zeros(2, 3))
    with pytest.raises(CheckpointError, match="has no grid of step 7; it has 0, 5, 10"):
        model.grid(7)
    assert GanError("One sentence.")._render_traceback_() == ["One sentence."]


def test_what_was_logged_and_drawn(model: Model) -> None:
    assert model.curves["step"].tolist() == [2, 4, 5, 6, 8, 10]
    kept = pixels.from_png(model.run.grid_path(10).read_bytes())
    assert np.array_equal(model.grid().pixels[0], kept)


@pytest.mark.usefixtures("tiny_dataset")
def test_a_measurement_is_a_table(model: Model, tmp_path: Path) -> None:
    measured = model.evaluate(n=40, data_dir=tmp_path)
    assert measured.values["copies"] >= 0
    assert "| Copies |" in measured._repr_markdown_()
    assert "40 samples against the 40 training images of tiny" in measured._repr_markdown_()
    assert "Copies: " in repr(measured)
