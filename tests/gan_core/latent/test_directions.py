"""Directions of latent space, each way of finding them by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from gan_core.latent import directions, vectors
from gan_core.networks.build import build
from gan_core.networks.needs import Needs
from tests.gan_core.helpers import random_states


def test_sefa_gives_the_axes_that_a_first_layer_stretches_most() -> None:
    # Lengths 2, 3 and 1 along the axes: gains 4, 9 and 1 of 14.
    weight = torch.tensor([[2.0, 0, 0], [0, -3.0, 0], [0, 0, 1.0], [0, 0, 0]])
    family = directions.sefa(weight, k=2)
    np.testing.assert_allclose(family.vectors, [[0, 1, 0], [1, 0, 0]], atol=1e-6)
    np.testing.assert_allclose(family.explained, [9 / 14, 4 / 14], rtol=1e-6)


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
    generator = build(architecture, 5, (1, 28, 28), Needs(n_classes=3)).generator
    weight = directions.first_layer(generator)
    assert weight.shape[1] == 5
    outputs: list[torch.Tensor] = []
    layer = next(m for m in generator.modules() if isinstance(m, nn.Linear | nn.ConvTranspose2d))
    layer.register_forward_hook(
        lambda module, inputs, output: outputs.append(output.flatten(1).clone())
    )
    z, y = vectors.noise(2, 5, seed=0), torch.tensor([1, 1])
    with torch.no_grad():
        generator.eval()(z, y)
    # Biases and the label cancel in the difference.
    (output,) = outputs
    np.testing.assert_allclose(output[0] - output[1], weight @ (z[0] - z[1]), atol=1e-4)


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
    family = directions.measured_directions(z, pictures, labels)
    assert family.titles == ("Brighter",)
    np.testing.assert_allclose(family.vectors, [[0, 1]], atol=0.02)
    assert family.explained[0] > 0.99


def test_strokes_are_measured_on_a_dark_ground_alone() -> None:
    z = vectors.noise(64, 2, seed=0).numpy()
    random = np.random.default_rng(0)
    pictures = np.zeros((64, 12, 12, 1), np.uint8)
    pictures[:, 3:9, 3:9] = random.integers(0, 256, (64, 6, 6, 1))
    assert len(directions.measured_directions(z, pictures).vectors) == 4
    assert directions.measured_directions(z, 255 - pictures).titles == ("Brighter",)


def test_a_direction_leads_from_one_class_mean_to_the_other() -> None:
    z = np.repeat(np.array([[3, 0], [0, 4], [9, 9]], np.float32), [20, 20, 19], 0)
    labels = np.repeat([0, 2, 1], [20, 20, 19])
    family = directions.class_directions(z, labels, ["zero", "one", "two"])
    # One has too few samples.
    assert family.titles == ("From zero to two", "From two to zero")
    assert family.groups == ("From zero", "From two")
    np.testing.assert_allclose(family.vectors, [[-0.6, 0.8], [0.6, -0.8]], atol=1e-6)
    assert not len(directions.class_directions(z, np.full(59, -1), ["zero", "one"]).vectors)


def test_samples_for_directions_move_no_random_state() -> None:
    generator = build("mlp-small", 4, (1, 28, 28), Needs(n_classes=3)).generator
    before = random_states()
    samples = directions.sample_prior(generator, "uniform", 7)
    assert random_states() == before
    assert samples.pixels.shape == (7, 28, 28, 1)
    assert samples.labels is not None
    assert samples.labels.tolist() == [0, 1, 2, 0, 1, 2, 0]


def test_the_fingerprint_changes_with_any_weight() -> None:
    generator = build("mlp-small", 4, (1, 28, 28)).generator
    before = directions.fingerprint(generator)
    assert before == directions.fingerprint(generator)
    with torch.no_grad():
        next(generator.parameters()).view(-1)[0] += 1e-3
    assert directions.fingerprint(generator) != before


def test_principal_directions_find_what_moves_the_pictures() -> None:
    z = vectors.noise(400, 6, seed=0).numpy()
    pictures = np.stack([10 * z[:, 2], 3 * z[:, 4], 0 * z[:, 0]], axis=1).reshape(400, 1, 3, 1)
    family = directions.principal_directions(z, pictures, k=2)
    assert family.vectors.shape == (2, 6)
    assert np.linalg.norm(family.vectors, axis=1) == pytest.approx(1, abs=1e-5)
    assert np.abs(family.vectors).argmax(1).tolist() == [2, 4]
    assert family.explained.tolist() == pytest.approx([100 / 109, 9 / 109], abs=0.03)
    again = directions.principal_directions(z, pictures, k=2)
    assert np.array_equal(family.vectors, again.vectors)
    assert len(directions.principal_directions(z, pictures, k=50).vectors) == 3
