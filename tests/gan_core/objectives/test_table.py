from __future__ import annotations

import pytest
import torch
from torch import Tensor

from gan_core import catalog
from gan_core.errors import ConfigError
from gan_core.networks.layers import BATCH_NORMS
from gan_core.networks.needs import Head, Verdict
from gan_core.networks.table import ARCHITECTURES
from gan_core.objectives.base import Batch
from gan_core.objectives.penalised import R3GAN
from gan_core.objectives.settings import own_settings
from gan_core.objectives.table import OBJECTIVES, objective_class
from tests.gan_core.helpers import tiny_config
from tests.gan_core.objectives.losses import PENALISED, named_objective


@pytest.mark.parametrize("name", [n for n, kind in OBJECTIVES.items() if not kind.critic_norm])
def test_a_critic_that_may_not_mix_samples_has_no_batch_norm(name: str) -> None:
    for architecture, spec in ARCHITECTURES.items():
        size = spec.image_size or 8
        config = tiny_config(objective=name, architecture=architecture)
        critic = catalog.outline(config, (1, size, size), ("even", "odd")).critic
        assert not [m for m in critic.modules() if isinstance(m, BATCH_NORMS)]


# Others may come, which need what they need.
SHIPPED = [
    "gan",
    "gan-minimax",
    "lsgan",
    "hinge",
    "wgan",
    "wgan-gp",
    "dragan",
    "cgan",
    "acgan",
    "ebgan",
    "began",
    "r3gan",
]


def test_which_critics_may_not_mix_samples() -> None:
    without = {name for name in SHIPPED if not OBJECTIVES[name].critic_norm}
    assert without == {*PENALISED, "ebgan", "began"}


def whole(x: Tensor, y: Tensor | None) -> Verdict:
    """A critic that gives all there is; its score of an image is its first number."""
    flat = x.flatten(1)
    return Verdict(flat[:, 0], classes=flat, code=flat)


@pytest.mark.parametrize("name", OBJECTIVES)
def test_losses_are_scalars_with_detached_parts(name: str) -> None:
    objective = named_objective(name)
    assert objective.title
    assert objective.source
    real = torch.tensor([[300.0, 1], [-300, 1], [0.5, 1]]).view(3, 2, 1, 1).requires_grad_()
    fake = torch.tensor([[-300.0, 1], [300, 1], [0.5, 1]]).view(3, 2, 1, 1).requires_grad_()
    labels = torch.tensor([0, 1, 1])
    batches = Batch(real, labels), Batch(fake, labels)
    for side, loss in (
        ("d/", objective.d_loss(whole, *batches)),
        ("g/", objective.g_loss(whole, *batches)),
    ):
        assert loss.total.shape == ()
        assert loss.total.isfinite()
        assert loss.total.requires_grad
        for part_name, part in loss.parts.items():
            assert part_name.startswith(side)
            assert part.shape == ()
            assert not part.requires_grad


def test_what_each_objective_needs_of_the_networks() -> None:
    kinds = {name: OBJECTIVES[name] for name in SHIPPED}
    heads = {name: kind.head for name, kind in kinds.items() if kind.head is not Head.SCORE}
    assert heads == {
        "acgan": Head.CLASSES,
        "ebgan": Head.SQUARED_ERROR,
        "began": Head.ABSOLUTE_ERROR,
    }
    assert {name for name, kind in kinds.items() if kind.conditional} == {"cgan", "acgan"}
    assert objective_class("r3gan") is R3GAN


@pytest.mark.parametrize("name", OBJECTIVES)
def test_targets_are_levels_or_settings_of_columns_that_are_watched(name: str) -> None:
    kind = OBJECTIVES[name]
    assert kind.watches
    assert set(kind.targets) <= {column for watch in kind.watches for column in watch.columns}
    levels = [target.level for target in kind.targets.values()]
    assert {level for level in levels if isinstance(level, str)} <= set(own_settings(kind))


def test_an_unknown_objective_is_answered_with_all_known_ones() -> None:
    with pytest.raises(ConfigError) as caught:
        named_objective("lsgam")
    message = str(caught.value)
    assert message.startswith("objective is 'lsgam'; choose one of ")
    assert all(name in message for name in OBJECTIVES)
