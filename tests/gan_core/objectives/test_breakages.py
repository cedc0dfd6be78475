from __future__ import annotations

import pytest
import torch

from gan_core.config import TrainConfig
from gan_core.errors import ConfigError
from gan_core.networks.layers import BATCH_NORMS
from gan_core.networks.needs import Verdict
from gan_core.objectives import breakages
from gan_core.objectives.base import Batch
from gan_core.objectives.breakages import BREAKAGES, fitting, with_breakage
from gan_core.objectives.build import build, declaration
from gan_core.objectives.classic import NonSaturatingGAN
from gan_core.objectives.table import OBJECTIVES
from gan_core.training.doctor import CHECKS
from gan_core.training.trainer import Trainer
from tests.gan_core import helpers
from tests.gan_core.helpers import tiny_config, tiny_data

EVERY = [(name, game) for name, mistake in BREAKAGES.items() for game in mistake.objectives]


@pytest.mark.parametrize(("name", "game"), EVERY)
def test_every_breakage_trains_and_is_not_the_recipe(name: str, game: str) -> None:
    right = tiny_config(objective=game, architecture="mlp", d_steps=2)
    wrong = with_breakage(right, name)
    trainer = Trainer(wrong, tiny_data(), helpers.CPU)
    trainer.step()
    assert trainer.is_finite()
    assert set(trainer.scalars()) >= {"d/loss", "g/loss"}
    settings = wrong.with_settings({"breakage": ""})
    assert settings != right or declaration(wrong) is not declaration(right)


def test_a_hinge_on_the_mean_is_shut_by_one_sample_alone() -> None:
    def critic(x: torch.Tensor, y: torch.Tensor | None) -> Verdict:
        return Verdict(x.flatten(1).sum(1))

    real, fake = Batch(torch.zeros(2, 1, 1, 1)), Batch(torch.tensor([0.1, 0.5]).view(2, 1, 1, 1))
    config = TrainConfig(objective="ebgan", objective_settings={"margin": 0.2}, steps=1)
    right = build(config)
    wrong = build(with_breakage(config, "batch-hinge"))
    assert right.d_loss(critic, real, fake).total.item() == pytest.approx(0.05)
    assert wrong.d_loss(critic, real, fake).total.item() == 0.0


@pytest.mark.parametrize("name", BREAKAGES)
def test_a_breakage_says_what_is_broken_and_what_the_doctor_may_find(name: str) -> None:
    mistake = BREAKAGES[name]
    assert mistake.settings or mistake.objective
    assert mistake.fault.endswith(".") and mistake.expect.endswith(".")
    assert set(mistake.objectives) <= set(OBJECTIVES)
    assert set(mistake.findings) <= set(CHECKS)


def test_every_objective_can_be_broken() -> None:
    assert all(fitting(game) for game in OBJECTIVES)


def test_a_broken_configuration_survives_json_and_names_itself() -> None:
    wrong = with_breakage(TrainConfig(objective="wgan-gp", steps=5), "no-penalty")
    again = TrainConfig.from_dict(wrong.to_dict())
    assert again == wrong
    assert (again.breakage, again.objective_settings["gradient_penalty"]) == ("no-penalty", 0.0)


def test_batch_norm_reaches_the_critic_that_must_not_have_it() -> None:
    data = tiny_data(shape=(1, 28, 28))
    right = tiny_config(objective="wgan-gp", architecture="dcgan-28")
    counts = [
        sum(
            isinstance(module, BATCH_NORMS)
            for module in Trainer(config, data, helpers.CPU).critic.modules()
        )
        for config in (right, with_breakage(right, "critic-batch-norm"))
    ]
    assert counts[0] == 0 < counts[1]


def test_one_sided_labels_teach_the_critic_nothing_of_generated_images() -> None:
    kind = declaration(with_breakage(tiny_config(objective="gan"), "one-sided"))
    weight = torch.zeros(1, requires_grad=True)

    def critic(x: torch.Tensor, y: torch.Tensor | None) -> Verdict:
        return Verdict((x.flatten(1) * weight).sum(1))

    zeros, ones = torch.zeros(4, 1, 1, 1), torch.ones(4, 1, 1, 1)
    slopes = []
    for player in (kind(), NonSaturatingGAN()):
        total = player.d_loss(critic, Batch(zeros), Batch(ones)).total
        slopes.append(torch.autograd.grad(total, weight)[0].item())
    assert slopes == pytest.approx([0.0, 0.5])


def test_one_gradient_norm_over_a_batch_holds_each_far_below_one() -> None:
    def critic(x: torch.Tensor, y: torch.Tensor | None) -> Verdict:
        return Verdict(x.flatten(1).sum(1) * 0.5)  # slope 0.5 in each of four pixels: norm 1

    penalised = breakages.BatchNormWGANGP(10.0)
    penalised.draw_from(torch.Generator().manual_seed(0))
    batch = Batch(torch.zeros(9, 1, 2, 2))
    loss = penalised.d_loss(critic, batch, batch)
    assert loss.parts["d/gradient_norm"].item() == pytest.approx(1.0)
    assert loss.parts["d/penalty"].item() == pytest.approx((3.0 - 1) ** 2)  # sqrt(9) samples of 1


@pytest.mark.parametrize(
    ("game", "name"), [("gan", "no-clip"), ("gan", "nonsense"), ("wgan", "one-sided")]
)
def test_a_mistake_that_cannot_be_made_is_refused(game: str, name: str) -> None:
    with pytest.raises(ConfigError, match=f"breakage is '{name}'"):
        with_breakage(TrainConfig(objective=game, steps=5), name)
