from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import torch
from torch import nn

from gan_core import catalog
from gan_core.config import TrainConfig
from gan_core.networks.base import Critic, Generator, ImageCritic, LabelPlane
from gan_core.networks.needs import Head
from gan_core.objectives import build as objectives
from gan_core.objectives.table import OBJECTIVES
from gan_core.quality import judgement
from gan_core.quality.judgement import Survey
from gan_core.runs.folder import RunInfo
from gan_core.runs.generators import OpenedCritic, OpenedGenerator
from tests.gan_core.helpers import tiny_config

SHAPE = (1, 1, 2)
WEIGHTS = [3.0, -1.0]
INFO = RunInfo(SHAPE, ("a", "b"), "", 1, "0", "CPU", "")


def linear_critic(weights: list[float], aux_classes: int = 0) -> Critic:
    """s(x) = w . x + 0.5."""
    critic = Critic(nn.Flatten(), len(weights), aux_classes)
    critic.head.weight.data = torch.tensor([weights])
    critic.head.bias.data = torch.tensor([0.5])
    return critic


def opened(critic: ImageCritic, objective: str = "wgan") -> OpenedCritic:
    config: TrainConfig = tiny_config(objective=objective)
    critic.eval().requires_grad_(False)
    return OpenedCritic(critic, objectives.build(config), config, INFO)


def generator() -> OpenedGenerator:
    body = nn.Linear(2, 2, bias=False)
    body.weight.data = torch.eye(2)
    return OpenedGenerator("g", Generator(body, 2, SHAPE).eval(), tiny_config(latent_dim=2), INFO)


def test_the_value_is_the_score_or_its_probability() -> None:
    images = torch.tensor([[[[1.0, 0.0]]], [[[0.0, 1.0]]]])  # scores 3.5 and -0.5
    critic = linear_critic(WEIGHTS)
    assert judgement.values(opened(critic), images).tolist() == [3.5, -0.5]
    likely = judgement.values(opened(critic, "gan"), images)
    assert likely == pytest.approx([1 / (1 + math.exp(-3.5)), 1 / (1 + math.exp(0.5))])


def test_the_slope_of_a_linear_critic_is_its_weights() -> None:
    said = judgement.opinion(opened(linear_critic(WEIGHTS)), torch.tensor([[[0.2, 0.1]]]))
    assert said.value == pytest.approx(0.6 - 0.1 + 0.5)
    assert said.classes == ()
    assert said.slope.tolist() == [[[3.0], [-1.0]]]
    # Of an energy less is real: what raises it speaks against.
    said = judgement.opinion(opened(linear_critic(WEIGHTS), "began"), torch.zeros(SHAPE))
    assert said.slope.tolist() == [[[-3.0], [1.0]]]


def test_the_slope_agrees_with_finite_differences() -> None:
    random = torch.Generator().manual_seed(0)
    critic = Critic(
        nn.Sequential(nn.Conv2d(3, 4, 3, 1, 1), nn.LeakyReLU(0.2, inplace=True), nn.Flatten()), 64
    ).double()
    for weight in critic.parameters():
        weight.data.normal_(0, 0.3, generator=random)
    judge = opened(critic)
    image = torch.rand((3, 4, 4), generator=random, dtype=torch.float64) * 2 - 1
    slope = judgement.opinion(judge, image).slope
    step = 1e-6
    for channel, row, column in ((0, 0, 0), (1, 2, 3), (2, 3, 1)):
        nudge = torch.zeros_like(image)
        nudge[channel, row, column] = step
        high, low = judgement.values(judge, torch.stack([image + nudge, image - nudge]))
        assert slope[row, column, channel] == pytest.approx((high - low) / (2 * step), abs=1e-6)
    assert all(weight.grad is None for weight in critic.parameters())


def test_a_critic_that_names_the_class_gives_probabilities() -> None:
    critic = linear_critic(WEIGHTS, aux_classes=2)
    assert critic.classifier is not None
    critic.classifier.weight.data = torch.tensor([[math.log(3.0), 0.0], [0.0, 0.0]])
    critic.classifier.bias.data.zero_()
    said = judgement.opinion(opened(critic, "acgan"), torch.tensor([[[1.0, 0.0]]]))
    assert said.classes == pytest.approx((0.75, 0.25))


def test_a_critic_that_is_told_the_class_judges_the_picture_as_one_of_it() -> None:
    # The plane of class 0 is 0, that of class 1 is 1; the head adds them up with weight 2.
    critic = LabelPlane(Critic(nn.Flatten(), 2), 2, 1)
    critic.critic.head.weight.data = torch.tensor([[3.0, 2.0]])
    critic.critic.head.bias.data.zero_()
    critic.planes.weight.data = torch.tensor([[0.0], [1.0]])
    judge = opened(critic)
    assert judgement.is_told_the_class(judge)
    image = torch.tensor([[[0.5]]])
    assert [judgement.opinion(judge, image, label).value for label in (0, 1)] == [1.5, 3.5]
    assert judgement.opinion(judge, image, 1).slope.tolist() == [[[3.0]]]


def test_the_overlay_is_orange_where_light_speaks_for_real_and_blue_where_dark() -> None:
    picture = np.array([[[80], [80], [80]]], np.uint8)
    slope = np.array([[[2.0], [-2.0], [0.0]]], np.float32)
    seen = judgement.overlay(picture, slope)
    # nine tenths of the colour, and a tenth of 44; the picture alone where nothing turns
    assert seen[0, 0].tolist() == [234, 123, 4]
    assert seen[0, 1].tolist() == [40, 130, 234]
    assert seen[0, 2].tolist() == [44, 44, 44]


def test_the_channel_with_the_most_to_say_counts() -> None:
    picture = np.full((1, 1, 3), 20, np.uint8)
    seen = judgement.overlay(picture, np.array([[[0.1, -0.5, 0.3]]], np.float32))
    assert seen.tolist() == [[[37, 127, 231]]]
    flat = judgement.overlay(picture, np.full((1, 1, 3), np.nan, np.float32))
    assert flat.tolist() == [[[11, 11, 11]]]


def test_a_survey_judges_real_and_generated_pictures_slice_by_slice() -> None:
    pixels = np.zeros((120, 1, 2, 1), np.uint8)  # -1 both: 3 * -1 + 1 + 0.5
    real = (pixels, np.zeros(120, np.int64))
    survey = Survey(opened(linear_critic(WEIGHTS)), generator(), *real)
    assert (survey.share, survey.done, len(survey.real)) == (0, False, 0)
    clock = itertools.count().__next__
    survey.advance(0.5, clock)
    assert survey.share == pytest.approx(50 / 120)
    assert len(survey.real) == len(survey.generated) == 50
    survey.advance()
    assert survey.done
    assert survey.real.tolist() == [-1.5] * 120
    images = torch.tanh(survey._z)
    expected = (3 * images[:, 0] - images[:, 1] + 0.5).numpy()
    np.testing.assert_allclose(survey.generated, expected, rtol=1e-5)
    # A critic's value means nothing by its height: it decides halfway between both means.
    assert survey.level == pytest.approx((-1.5 + expected.mean()) / 2, rel=1e-5)
    whole = Survey(opened(linear_critic(WEIGHTS)), generator(), *real)
    whole.advance()
    assert (whole.generated == survey.generated).all()


def test_a_survey_of_no_pictures_is_done_and_one_takes_no_more_than_asked() -> None:
    none = (np.zeros((0, 1, 2, 1), np.uint8), np.zeros(0, np.int64))
    assert Survey(opened(linear_critic(WEIGHTS)), generator(), *none).done
    some = (np.zeros((9, 1, 2, 1), np.uint8), np.zeros(9, np.int64))
    survey = Survey(opened(linear_critic(WEIGHTS), "gan"), generator(), *some, count=5)
    survey.advance()
    assert len(survey.real) == 5
    assert survey.level == 0.5


def test_batch_norm_is_averaged_over_real_and_generated_pictures_alike() -> None:
    trunk = nn.Sequential(nn.Flatten(), nn.BatchNorm1d(2), nn.Dropout(0.5))
    judge = opened(Critic(trunk, 2), "gan")
    before = {name: value.clone() for name, value in judge.critic.state_dict().items()}
    pixels = np.zeros((60, 1, 2, 1), np.uint8)
    pixels[:, :, 1] = 255  # (-1, 1) all of them
    model = generator()
    anew = judgement.with_norm_of_both(judge, model, pixels, np.zeros(60, np.int64))
    made = torch.tanh(Survey(judge, model, pixels, np.zeros(60, np.int64))._z)
    # Batches of 50 and of 10 of either kind, each counting as much.
    means = (torch.tensor([-2.0, 2.0]) + made[:50].mean(0) + made[50:].mean(0)) / 4
    norm = anew.critic.get_submodule("trunk.1")
    torch.testing.assert_close(norm.running_mean, means)
    assert not anew.critic.training and not norm.training
    after = judge.critic.state_dict()
    assert all(torch.equal(value, after[name]) for name, value in before.items())
    # From now on it is a function of the one picture.
    one = judgement.from_pixels(pixels[:1])
    both = judgement.from_pixels(np.concatenate([pixels[:1], 255 - pixels[:1]]))
    assert judgement.values(anew, one)[0] == pytest.approx(judgement.values(anew, both)[0])


@pytest.mark.parametrize(("count", "judged"), [(0, 0), (1, 0), (51, 50), (52, 52)])
def test_no_picture_stands_alone_where_batch_norm_is_averaged(count: int, judged: int) -> None:
    judge = opened(Critic(nn.Sequential(nn.Flatten(), nn.BatchNorm1d(2)), 2), "gan")
    pixels = np.zeros((count, 1, 2, 1), np.uint8)
    anew = judgement.with_norm_of_both(judge, generator(), pixels, np.zeros(count, np.int64))
    norm = anew.critic.get_submodule("trunk.1")
    assert norm.num_batches_tracked == 2 * math.ceil(judged / 50)


@pytest.mark.parametrize("architecture", ["mlp-small", "dcgan-28"])
@pytest.mark.parametrize("name", OBJECTIVES)
def test_every_objective_is_read(name: str, architecture: str) -> None:
    shape, classes = (1, 28, 28), ("a", "b")
    config = tiny_config(objective=name, architecture=architecture)
    objective = objectives.build(config)
    networks = catalog.networks(config, objective, shape, classes)
    assert isinstance(networks.critic, ImageCritic)
    info = RunInfo(shape, classes, "", 1, "0", "CPU", "")
    model = OpenedGenerator(name, networks.generator.eval(), config, info)
    judge = OpenedCritic(networks.critic.eval().requires_grad_(False), objective, config, info)
    pixels = np.random.default_rng(0).integers(0, 256, (6, 28, 28, 1), np.uint8)
    labels = np.arange(6) % 2
    judge = judgement.with_norm_of_both(judge, model, pixels, labels)
    survey = Survey(judge, model, pixels, labels)
    survey.advance()
    assert np.isfinite([*survey.real, *survey.generated, survey.level]).all()
    label = 1 if judgement.is_told_the_class(judge) else None
    said = judgement.opinion(judge, judgement.from_pixels(pixels[1:2])[0], label)
    assert said.value == pytest.approx(survey.real[1], rel=1e-4)
    assert said.slope.shape == (28, 28, 1) and said.slope.any()
    assert bool(said.classes) == (objective.head is Head.CLASSES)
    # No training has changed this one yet.
    before = judgement.untrained(judge)
    assert not before.critic.training
    begun = catalog.networks(config, objective, shape, classes).critic.state_dict()
    assert all(torch.equal(begun[k], value) for k, value in before.critic.state_dict().items())
