"""The recipes on the ring learn it: a distribution that can be looked at, eight Gaussians.

The whole library is at work: settings, data, networks with the head that the objective needs,
trainer.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
import torch
from torch import Tensor

from gan_core.data.loading import load
from gan_core.data.table import DATASETS
from gan_core.latent import vectors
from gan_core.objectives.table import OBJECTIVES
from gan_core.presets import preset
from gan_core.quality.plane import NEAR, coverage
from gan_core.training.trainer import Trainer
from tests.gan_core.helpers import CPU

RING = DATASETS["ring"].modes()
assert RING is not None
MODES = RING
SAMPLES = 2000
STEPS = 700


@dataclass(frozen=True)
class Bar:
    """What an objective must reach after :data:`STEPS` steps of its recipe.

    See :func:`gan_core.quality.plane.coverage`. Points spread evenly over the square would find
    all modes, with a share of 0.14 near one.
    """

    modes: int  # found, of eight
    near: float  # share of the samples near any mode


# Stated at or below what four seeds gave: all eight modes and 0.52 or more near one, save for CGAN
# (seven with one seed), EBGAN (seven or eight) and BEGAN (three to seven, 0.42 or more). BEGAN's
# critic reconstructs a point between two modes as well as one in a mode, and its generator settles
# on some of them.
BARS = {
    "gan": Bar(8, 0.5),
    "gan-minimax": Bar(8, 0.5),
    "lsgan": Bar(8, 0.5),
    "hinge": Bar(8, 0.5),
    "wgan": Bar(8, 0.5),
    "wgan-gp": Bar(8, 0.45),
    "dragan": Bar(8, 0.5),
    "cgan": Bar(7, 0.6),
    "acgan": Bar(7, 0.6),
    "ebgan": Bar(6, 0.35),
    "began": Bar(3, 0.3),
    "r3gan": Bar(8, 0.5),
}
LOWEST = Bar(3, 0.3)  # for an objective that nobody has measured


def train(objective: str, steps: int = STEPS) -> Trainer:
    trainer = Trainer(preset(f"ring-{objective}"), load("ring", Path("nowhere")), CPU)
    for _ in range(steps):
        trainer.step()
    return trainer


def sampled(trainer: Trainer) -> tuple[Tensor, Tensor | None]:
    """Points (2000, 2), and the modes asked for where the generator is told them."""
    config = trainer.config
    z = vectors.noise(SAMPLES, config.latent_dim, 1, config.noise)
    labels = torch.arange(SAMPLES) % len(MODES.centres) if trainer.generator.n_classes else None
    return trainer.sample(z, labels).flatten(1), labels


def test_every_bar_is_of_an_objective() -> None:
    assert set(BARS) <= set(OBJECTIVES)


def test_a_generator_that_has_not_learnt_passes_no_bar() -> None:
    points, _ = sampled(train("gan", steps=0))
    near = coverage(points, MODES).near
    assert near < min(bar.near for bar in BARS.values())


@pytest.mark.parametrize("name", OBJECTIVES)
def test_modes_of_the_ring(name: str) -> None:
    bar = BARS.get(name, LOWEST)
    trainer = train(name)
    points, labels = sampled(trainer)
    covered = coverage(points, MODES)
    assert covered.found >= bar.modes
    assert covered.near >= bar.near
    if labels is not None:  # and it is the mode that was asked for
        distances, modes = torch.cdist(points, MODES.centres).min(1)
        near = distances < NEAR * MODES.deviation
        assert (near & (modes == labels)).float().mean() >= bar.near
        assert (modes == labels)[near].float().mean() > 0.85
