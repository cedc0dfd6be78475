from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from gan_core.errors import ConfigError
from gan_core.images import pixels
from gan_core.latent import vectors
from gan_core.latent.projection import Projector
from gan_core.networks.base import Generator
from gan_core.networks.build import build
from gan_core.networks.sampling import sample
from tests.gan_core.helpers import random_states


def straight(classes: int = 0) -> Generator:
    """Four pixels that are the numbers of z itself; a class adds 0.5 to its own pixel."""
    layer = nn.Linear(4 + classes, 4, bias=False)
    with torch.no_grad():
        layer.weight.copy_(torch.cat([torch.eye(4), 0.5 * torch.eye(4)[:, :classes]], 1))
    generator = Generator(layer, 4, (1, 2, 2), classes).eval()
    generator.output = nn.Identity()
    return generator


def test_the_vector_of_a_linear_generator_is_found_to_the_last_grey_level() -> None:
    target = np.array([0, 64, 128, 255], np.uint8).reshape(2, 2, 1)
    projector = Projector(straight(), target)
    projector.advance()
    assert projector.done
    # A pixel of 0..255 is the number v / 127.5 - 1.
    np.testing.assert_allclose(
        projector.best.z, [-1, 64 / 127.5 - 1, 128 / 127.5 - 1, 1], atol=0.01
    )
    assert projector.best.error < 1e-5
    assert np.abs(projector.picture.astype(int) - target).max() <= 1


def test_the_error_is_the_mean_square_over_pixels_from_zero_to_one() -> None:
    target = np.array([0, 0, 0, 255], np.uint8).reshape(2, 2, 1)
    projector = Projector(straight(), target, restarts=1, steps=1)
    image = (torch.from_numpy(projector.best.z) + 1) / 2
    expected = (image - torch.tensor([0.0, 0, 0, 1])).square().mean().item()
    assert projector.best.error == pytest.approx(expected, rel=1e-5)


def test_uniform_noise_stays_where_it_was_drawn() -> None:
    generator = straight()
    with torch.no_grad():
        next(generator.parameters()).mul_(0.5)  # white would need a number of 2
    projector = Projector(generator, np.full((2, 2, 1), 255, np.uint8), "uniform")
    projector.advance()
    np.testing.assert_allclose(projector.best.z, 1, atol=1e-5)


def test_a_conditional_generator_is_asked_for_every_class() -> None:
    generator = straight(classes=3)
    z, y = torch.tensor([[0.3, -0.2, 0.1, 0.9]]), torch.tensor([2])
    target = pixels.to_uint8(sample(generator, z, y))[0]
    projector = Projector(generator, target)
    assert projector.label in (0, 1, 2)
    projector.advance()
    assert projector.best.error < 1e-4


def test_slices_change_nothing() -> None:
    generator = build("mlp-small", 4, (1, 28, 28), seed=3).generator.eval()
    target = pixels.to_uint8(sample(generator, vectors.noise(1, 4, seed=98)))[0]
    whole = Projector(generator, target, steps=24, restarts=6)
    whole.advance()
    sliced = Projector(generator, target, steps=24, restarts=6)
    calls = 0
    while not sliced.done:
        sliced.advance(0.0)  # one step at a time
        calls += 1
    assert calls == 24
    assert sliced.best.z.tobytes() == whole.best.z.tobytes()
    assert [m.step for m in whole.path] == sorted({m.step for m in whole.path})
    assert whole.path[-1] == whole.best
    assert whole.path[0].step == 0 and whole.best.error < whole.path[0].error


def test_projecting_leaves_weights_gradients_mode_and_random_states_alone() -> None:
    generator = build("dcgan-28", 4, (1, 28, 28)).generator.train()
    weights = {name: tensor.clone() for name, tensor in generator.state_dict().items()}
    before = random_states()
    projector = Projector(generator, np.zeros((28, 28, 1), np.uint8), steps=3, restarts=2)
    projector.advance()
    assert random_states() == before
    assert generator.training
    assert all(parameter.grad is None for parameter in generator.parameters())
    for name, tensor in generator.state_dict().items():
        assert torch.equal(tensor, weights[name]), name


@pytest.mark.parametrize(
    "picture", [np.zeros((3, 2, 1), np.uint8), np.zeros((2, 2, 3), np.uint8), np.zeros((2, 2, 1))]
)
def test_a_picture_of_another_shape_is_refused(picture: np.ndarray) -> None:
    with pytest.raises(ConfigError, match="2 x 2 x 1"):
        Projector(straight(), picture)
