from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from gan_core.errors import ConfigError
from gan_core.latent import attributes, direction_files, directions, vectors
from gan_core.latent.directions import Directions
from gan_core.networks.build import build
from tests.gan_core.helpers import random_states

# SeFa


def test_sefa_gives_the_axes_that_a_first_layer_stretches_most() -> None:
    # Lengths 2, 3 and 1 along the axes: gains 4, 9 and 1 of 14.
    weight = torch.tensor([[2.0, 0, 0], [0, -3.0, 0], [0, 0, 1.0], [0, 0, 0]])
    found = directions.sefa(weight, k=2)
    np.testing.assert_allclose(found.vectors, [[0, 1, 0], [1, 0, 0]], atol=1e-6)
    np.testing.assert_allclose(found.explained, [9 / 14, 4 / 14], rtol=1e-6)


def test_principal_directions_of_first_layer_activations_are_those_of_sefa() -> None:
    weight = torch.randn(6, 3, generator=torch.Generator().manual_seed(0))
    weight *= torch.tensor([3.0, 2.0, 1.0])
    z = vectors.noise(20_000, 3, seed=1)
    sampled = directions.principal_directions(z.numpy(), (z @ weight.T).numpy(), k=3)
    closed = directions.sefa(weight, k=3)
    agreement = np.abs((sampled.vectors * closed.vectors).sum(1))
    np.testing.assert_allclose(agreement, 1, atol=5e-3)


@pytest.mark.parametrize("architecture", ["mlp-small", "dcgan-28", "hybrid"])
def test_the_first_layer_is_what_z_meets_first(architecture: str) -> None:
    generator = build(architecture, 5, (1, 28, 28), n_classes=3).generator
    weight = directions.first_layer(generator)
    assert weight.shape[1] == 5
    seen: list[torch.Tensor] = []
    layer = next(m for m in generator.modules() if isinstance(m, nn.Linear | nn.ConvTranspose2d))
    layer.register_forward_hook(lambda module, given, made: seen.append(made.flatten(1).clone()))
    z, y = vectors.noise(2, 5, seed=0), torch.tensor([1, 1])
    with torch.no_grad():
        generator.eval()(z, y)
    # Biases and the label cancel in the difference.
    (made,) = seen
    np.testing.assert_allclose(made[0] - made[1], weight @ (z[0] - z[1]), atol=1e-4)


# Attributes


def bar(rows: slice, columns: slice) -> np.ndarray:
    picture = np.zeros((1, 28, 28), np.float32)
    picture[0, rows, columns] = 1
    return picture


def test_thickness_is_the_width_of_a_long_stroke() -> None:
    # A bar of 24 x 3: twice the area by the outline, 144 / 54, less where corners are cut short.
    value = attributes.thickness(bar(slice(2, 26), slice(10, 13)))[0]
    assert value == pytest.approx(144 / 54, rel=0.02)
    assert attributes.thickness(bar(slice(2, 26), slice(10, 14)))[0] > value
    assert attributes.thickness(np.zeros((1, 28, 28), np.float32))[0] == 0


def test_slant_counts_columns_for_a_row_upwards() -> None:
    leaning = np.zeros((1, 28, 28), np.float32)
    for row in range(28):
        leaning[0, row, 27 - row] = 1  # up and to the right by one
    assert attributes.slant(leaning)[0] == pytest.approx(1)
    assert attributes.slant(leaning[:, :, ::-1])[0] == pytest.approx(-1)
    assert attributes.slant(bar(slice(2, 26), slice(10, 13)))[0] == pytest.approx(0)


def test_width_is_the_deviation_along_a_row() -> None:
    # Columns 10, 11 and 12: the deviation of -1, 0, 1.
    value = attributes.width(bar(slice(2, 26), slice(10, 13)))[0]
    assert value == pytest.approx(math.sqrt(2 / 3), rel=1e-5)


def test_least_squares_finds_the_gradient_and_how_much_it_explains() -> None:
    z = np.array([[1, 1], [1, -1], [-1, 1], [-1, -1]], np.float32)
    # 3 x + 4 y + 7, and 5 x y that no line explains: variances 25 and 25.
    values = 3 * z[:, 0] + 4 * z[:, 1] + 7 + 5 * z[:, 0] * z[:, 1]
    vector, share = directions.least_squares(z, values)
    np.testing.assert_allclose(vector, [0.6, 0.8], atol=1e-6)
    assert share == pytest.approx(0.5)
    vector, share = directions.least_squares(z, np.ones(4))
    assert (vector.tolist(), share) == ([0, 0], 0.0)


def test_what_sets_classes_apart_is_no_measured_direction() -> None:
    z = vectors.noise(400, 2, seed=0).numpy()
    labels = np.arange(400) % 2
    # Class 1 is far brighter; within a class the second number of z makes the light.
    light = 60 + 100 * labels + 10 * z[:, 1]
    pictures = np.broadcast_to(light[:, None, None, None], (400, 4, 4, 3)).astype(np.uint8)
    found = directions.measured_directions(z, pictures, labels)
    assert found.titles == ("Brighter",)
    np.testing.assert_allclose(found.vectors, [[0, 1]], atol=0.02)
    assert found.explained[0] > 0.99


def test_strokes_are_measured_on_a_dark_ground_alone() -> None:
    z = vectors.noise(64, 2, seed=0).numpy()
    random = np.random.default_rng(0)
    pictures = np.zeros((64, 12, 12, 1), np.uint8)
    pictures[:, 3:9, 3:9] = random.integers(0, 256, (64, 6, 6, 1))
    assert len(directions.measured_directions(z, pictures).vectors) == 4
    assert directions.measured_directions(z, 255 - pictures).titles == ("Brighter",)


# Classes


def test_a_direction_leads_from_one_class_mean_to_the_other() -> None:
    z = np.repeat(np.array([[3, 0], [0, 4], [9, 9]], np.float32), [20, 20, 19], 0)
    labels = np.repeat([0, 2, 1], [20, 20, 19])
    found = directions.class_directions(z, labels, ["zero", "one", "two"])
    # One has too few samples.
    assert found.titles == ("From zero to two", "From two to zero")
    assert found.groups == ("From zero", "From two")
    np.testing.assert_allclose(found.vectors, [[-0.6, 0.8], [0.6, -0.8]], atol=1e-6)
    assert not len(directions.class_directions(z, np.full(59, -1), ["zero", "one"]).vectors)


def test_samples_for_directions_move_no_random_state() -> None:
    generator = build("mlp-small", 4, (1, 28, 28), n_classes=3).generator
    before = random_states()
    drawn = directions.sample_prior(generator, "uniform", 7)
    assert random_states() == before
    assert drawn.pixels.shape == (7, 28, 28, 1)
    assert drawn.labels is not None
    assert drawn.labels.tolist() == [0, 1, 2, 0, 1, 2, 0]


# Files


FOUND = Directions(
    np.eye(2, 3, dtype=np.float32),
    np.array([0.5, np.nan]),
    "by hand",
    titles=("a", "b"),
    unit="of it",
    groups=("g", "g"),
)


@pytest.fixture(autouse=True)
def state(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GAN_STATE_DIR", str(tmp_path_factory.mktemp("state")))


def same(a: Directions, b: Directions) -> bool:
    return (
        a.vectors.tobytes() == b.vectors.tobytes()
        and np.array_equal(a.explained, b.explained, equal_nan=True)
        and (a.method, a.titles, a.unit, a.groups) == (b.method, b.titles, b.unit, b.groups)
    )


def test_kept_directions_come_back_for_the_same_weights_alone(tmp_path: Path) -> None:
    folder = tmp_path
    assert direction_files.load(folder, "f", 3) == {}
    assert direction_files.save(folder, "f", {"pca": FOUND})
    (name, found), *rest = direction_files.load(folder, "f", 3).items()
    assert (name, rest) == ("pca", []) and same(found, FOUND)
    assert direction_files.load(folder, "other", 3) == {}
    assert direction_files.load(folder, "f", 4) == {}


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff" * 100, None])
def test_damaged_directions_are_found_again(tmp_path: Path, content: bytes | None) -> None:
    folder = tmp_path
    direction_files.save(folder, "f", {"pca": FOUND})
    path = folder / "directions.safetensors"
    path.write_bytes(path.read_bytes()[:-3] if content is None else content)
    assert direction_files.load(folder, "f", 3) == {}


def test_vectors_that_are_not_finite_are_not_used(tmp_path: Path) -> None:
    folder = tmp_path
    bad = Directions(np.full((1, 3), np.nan, np.float32), np.ones(1), "by hand")
    direction_files.save(folder, "f", {"pca": bad})
    assert direction_files.load(folder, "f", 3) == {}


def test_a_folder_that_takes_no_files_has_its_directions_and_names_in_the_state_folder(
    tmp_path: Path,
) -> None:
    folder = tmp_path
    for name in ("directions.safetensors", "direction-names.json"):
        (folder / name).mkdir()  # nothing can be renamed onto a folder
    assert direction_files.save(folder, "f", {"pca": FOUND})
    direction_files.keep_name(folder, "f", "pca/0", "a loop")
    assert same(direction_files.load(folder, "f", 3)["pca"], FOUND)
    assert direction_files.names(folder, "f") == {"pca/0": "a loop"}


def test_names_are_kept_changed_and_given_back(tmp_path: Path) -> None:
    folder = tmp_path
    direction_files.keep_name(folder, "f", "pca/0", "  a loop ")
    direction_files.keep_name(folder, "f", "sefa/1", "a tail")
    assert direction_files.names(folder, "f") == {"pca/0": "a loop", "sefa/1": "a tail"}
    direction_files.keep_name(folder, "f", "pca/0", " ")
    assert direction_files.names(folder, "f") == {"sefa/1": "a tail"}
    assert direction_files.names(folder, "other weights") == {}
    for name in ("x" * 61, "two\nlines"):
        with pytest.raises(ConfigError, match="printable"):
            direction_files.keep_name(folder, "f", "pca/0", name)
    (folder / "direction-names.json").write_text('{"generator": "f", "names": [1]}')
    assert direction_files.names(folder, "f") == {}


def test_the_fingerprint_changes_with_any_weight() -> None:
    generator = build("mlp-small", 4, (1, 28, 28), n_classes=0).generator
    before = directions.fingerprint(generator)
    assert before == directions.fingerprint(generator)
    with torch.no_grad():
        next(generator.parameters()).view(-1)[0] += 1e-3
    assert directions.fingerprint(generator) != before
