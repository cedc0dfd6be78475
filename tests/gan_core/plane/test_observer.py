import copy
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from gan_core.data.dataset import ImageData, Modes
from gan_core.data.loading import load
from gan_core.data.table import dataset_spec
from gan_core.networks.base import Critic, Generator
from gan_core.objectives.base import Batch, Objective
from gan_core.objectives.classic import NonSaturatingGAN
from gan_core.objectives.penalised import R3GAN
from gan_core.objectives.settings import own_values
from gan_core.objectives.wasserstein import WGAN
from gan_core.plane.frame import Frame, pack
from gan_core.plane.observer import LINE, POINTS, SHEET, SIDE, Observer
from gan_core.presets import PRESETS, preset
from gan_core.training.trainer import Trainer

CPU = torch.device("cpu")
RECIPES = [name for name in PRESETS if name.startswith("ring-")]


@pytest.fixture(scope="module")
def ring() -> ImageData:
    return load("ring", Path())


def observer(data: ImageData, latent_dim: int = 2, modes: Modes | None = None) -> Observer:
    return Observer(data, latent_dim, "normal", 0, modes, CPU)


def affine_generator(weight: list[list[float]], bias: list[float]) -> Generator:
    body = nn.Linear(len(weight[0]), 2)
    body.weight.data, body.bias.data = torch.tensor(weight), torch.tensor(bias)
    generator = Generator(body, len(weight[0]), (2, 1, 1))
    generator.output = nn.Identity()
    return generator


def linear_critic(weight: list[float], bias: float) -> Critic:
    critic = Critic(nn.Flatten(), 2)
    critic.head.weight.data, critic.head.bias.data = torch.tensor([weight]), torch.tensor([bias])
    return critic


def curved_critic() -> Critic:
    torch.manual_seed(3)
    return Critic(nn.Sequential(nn.Flatten(), nn.Linear(2, 16), nn.Tanh()), 16)


IDENTITY = [[0.5, 0.0], [0.0, 0.5]]


def look(data: ImageData, critic: nn.Module, objective: Objective) -> Frame:
    generator = affine_generator(IDENTITY, [0.0, 0.0])
    return observer(data).frame(generator, critic, objective, {})


def test_the_landscape_of_a_linear_critic_is_its_plane(ring: ImageData) -> None:
    frame = look(ring, linear_critic([2.0, -1.0], 0.5), WGAN())
    places = Frame.places(SIDE)
    expected = 2.0 * places[None, :] - places[:, None] + 0.5
    np.testing.assert_allclose(frame.landscape, expected, atol=1e-5)
    points = frame.points
    assert frame.on_generated == pytest.approx(float(points @ [2, -1] @ np.ones(512) / 512 + 0.5))
    assert frame.level == pytest.approx((frame.on_real + frame.on_generated) / 2)


def test_the_landscape_of_logits_is_a_probability_and_its_level_one_half(ring: ImageData) -> None:
    frame = look(ring, linear_critic([0.0, 1.0], 0.0), NonSaturatingGAN())
    middle = (frame.landscape[31, 0] + frame.landscape[32, 0]) / 2
    assert middle == pytest.approx(0.5, abs=1e-6)
    top = 1 / (1 + np.exp(-Frame.places(SIDE)[-1]))
    np.testing.assert_allclose(frame.landscape[-1], top, atol=1e-6)
    assert frame.level == 0.5


def test_a_wasserstein_critic_pushes_each_point_along_its_slope(ring: ImageData) -> None:
    frame = look(ring, linear_critic([2.0, -1.0], 0.5), WGAN())
    np.testing.assert_allclose(
        frame.arrows, np.tile([2.0, -1.0], (len(frame.arrows), 1)), rtol=1e-6
    )


@pytest.mark.parametrize("make", [NonSaturatingGAN, WGAN, R3GAN])
def test_arrows_are_what_finite_differences_say(
    make: Callable[[], Objective], ring: ImageData
) -> None:
    objective, critic = make(), curved_critic()
    frame = look(ring, critic, objective)
    real = Batch(observer(ring).real_points.double().view(-1, 2, 1, 1))
    critic.double()
    points = torch.from_numpy(frame.points[: len(frame.arrows)]).double()

    def loss(moved: Tensor) -> float:
        return float(objective.g_loss(critic, real, Batch(moved.view(-1, 2, 1, 1))).total.detach())

    small = 1e-5
    for index in (0, 17):
        for axis in (0, 1):
            step = torch.zeros_like(points)
            step[index, axis] = small
            slope = (loss(points + step) - loss(points - step)) / (2 * small)
            assert frame.arrows[index, axis] == pytest.approx(-slope * len(points), rel=1e-3)


def test_the_sheet_of_an_affine_generator_is_a_parallelogram(ring: ImageData) -> None:
    generator = affine_generator([[0.5, 0.25], [0.0, -0.25]], [0.1, -0.1])
    frame = observer(ring).frame(generator, linear_critic([1.0, 0.0], 0.0), WGAN(), {})
    assert frame.sheet.shape == (SHEET, SHEET, 2)
    corners = [frame.sheet[row, column] for row, column in ((0, 0), (0, -1), (-1, 0), (8, 8))]
    # z = (-2, -2), (2, -2), (-2, 2) and (0, 0)
    expected = [[-1.4, 0.4], [0.6, 0.4], [-0.4, -0.6], [0.1, -0.1]]
    np.testing.assert_allclose(corners, expected, atol=1e-6)


def test_the_sheet_of_one_number_is_a_line(ring: ImageData) -> None:
    generator = affine_generator([[0.5], [-0.25]], [0.0, 0.0])
    critic = linear_critic([1.0, 0.0], 0.0)
    uniform = Observer(ring, 1, "uniform", 0, None, CPU)
    sheet = uniform.frame(generator, critic, WGAN(), {}).sheet
    assert sheet.shape == (1, LINE, 2)
    np.testing.assert_allclose(sheet[0, [0, -1]], [[-0.5, 0.25], [0.5, -0.25]], atol=1e-6)


def test_the_sheet_of_four_numbers_moves_the_first_two(ring: ImageData) -> None:
    generator = affine_generator([[0.5, 0, 9, 9], [0, 0.5, 9, 9]], [0.0, 0.0])
    critic = linear_critic([1.0, 0.0], 0.0)
    sheet = observer(ring, latent_dim=4).frame(generator, critic, WGAN(), {}).sheet
    np.testing.assert_allclose(sheet[0, 0], [-1, -1], atol=1e-6)


def test_modes_that_points_lie_at_are_named(ring: ImageData) -> None:
    generator = affine_generator([[0.0, 0.0], [0.0, 0.0]], [0.7, 0.0])  # all at the first mode
    watcher = observer(ring, modes=dataset_spec("ring").modes())
    frame = watcher.frame(generator, linear_critic([1.0, 0.0], 0.0), WGAN(), {})
    assert frame.covered == (True, *[False] * 7)
    assert frame.near == 1.0
    assert np.isnan(look(ring, linear_critic([1.0, 0.0], 0.0), WGAN()).near)


def test_networks_are_left_as_they_are(ring: ImageData) -> None:
    generator = affine_generator(IDENTITY, [0.0, 0.0])
    generator.body = nn.Sequential(generator.body, nn.BatchNorm1d(2), nn.Dropout(0.5))
    critic = Critic(nn.Sequential(nn.Flatten(), nn.BatchNorm1d(2)), 2)
    critic.trunk[0].eval()  # type: ignore[index]
    critic.head.requires_grad_(False)
    critic.trunk[1].weight.grad = torch.ones(2)  # type: ignore[index]
    modules = [*generator.modules(), *critic.modules()]
    flags = [module.training for module in modules]
    before = copy.deepcopy([generator.state_dict(), critic.state_dict()])
    random = torch.get_rng_state()
    observer(ring).frame(generator, critic, NonSaturatingGAN(), {})
    assert [module.training for module in modules] == flags
    for old, network in zip(before, (generator, critic), strict=True):
        for name, value in network.state_dict().items():
            assert torch.equal(value, old[name]), name
    assert torch.equal(torch.get_rng_state(), random)
    assert not critic.head.weight.requires_grad
    gradients = [weight.grad for weight in [*generator.parameters(), *critic.parameters()]]
    assert sum(gradient is not None for gradient in gradients) == 1


@pytest.mark.parametrize("name", RECIPES)
def test_a_training_that_is_watched_gives_the_same_weights(name: str, ring: ImageData) -> None:
    config = preset(name).with_settings({"batch_size": 16})
    states = []
    for is_watched in (False, True):
        trainer = Trainer(config, ring, CPU)
        classes = trainer.generator.n_classes
        watcher = Observer(ring, config.latent_dim, config.noise, classes, None, CPU)
        own = own_values(type(trainer.objective), config)
        for _ in range(4):
            trainer.step()
            if is_watched:
                for generator in (trainer.generator, trainer.sampler):
                    frame = watcher.frame(generator, trainer.critic, trainer.objective, own)
                    assert len(frame.points) == POINTS and len(pack(frame)) < 12_000
        states.append(trainer.state_dict())
    for part in ("generator", "critic", "averaged"):
        for key, value in states[0][part].items():
            assert torch.equal(value, states[1][part][key]), (part, key)
    assert torch.equal(states[0]["random"], states[1]["random"])
