"""Each objective learns a distribution that can be looked at: eight Gaussians on a circle.

The whole library is at work: settings, networks with the head that the objective needs, trainer.
A point is a picture of one pixel with two channels.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import pytest
import torch
from torch import Tensor

from gan_core.config import TrainConfig
from gan_core.data.dataset import ImageData
from gan_core.latent import vectors
from gan_core.networks.base import Architecture
from gan_core.networks.initialisation import HE
from gan_core.networks.mlp import mlp_body, mlp_trunk
from gan_core.networks.table import ARCHITECTURES
from gan_core.objectives.table import OBJECTIVES
from gan_core.training.trainer import Trainer
from tests.gan_core.helpers import CPU

MODES, RADIUS, DEVIATION = 8, 0.7, 0.05
SAMPLES = 2000
STEPS = 700
ANGLES = torch.arange(MODES) * (2 * math.pi / MODES)
CENTRES = RADIUS * torch.stack([ANGLES.cos(), ANGLES.sin()], 1)


@dataclass(frozen=True)
class Bar:
    """What an objective must reach after :data:`STEPS` steps.

    A mode is found when at least 1% of the samples lie within three deviations of its centre.
    Points spread evenly over the square would find all modes, with a share of 0.14 near one.
    """

    modes: int  # found, of eight
    near: float  # share of the samples near any mode
    settings: dict[str, Any] = field(default_factory=dict)  # beside those that all share


# Stated at or below what four seeds gave: all eight modes and 0.52 or more near one, save for CGAN
# (seven with one seed), EBGAN (seven or eight) and BEGAN (three to seven, 0.42 or more). BEGAN's
# critic reconstructs a point between two modes as well as one in a mode, and its generator settles
# on some of them.
BARS = {
    "gan": Bar(8, 0.5),
    "gan-minimax": Bar(8, 0.5),
    "lsgan": Bar(8, 0.5),
    "hinge": Bar(8, 0.5),
    "wgan": Bar(8, 0.5, {"optimizer": "rmsprop", "clip": 0.1, "lr_d": 1e-3, "d_steps": 2}),
    "wgan-gp": Bar(8, 0.45, {"gradient_penalty": 0.1}),
    "dragan": Bar(8, 0.5, {"gradient_penalty": 0.1}),
    "cgan": Bar(7, 0.6),
    "acgan": Bar(7, 0.6),
    "ebgan": Bar(6, 0.35, {"margin": 0.05}),
    "began": Bar(3, 0.3, {"diversity": 1.0, "k_rate": 1.0, "latent_dim": 1, "noise": "uniform"}),
    "r3gan": Bar(8, 0.5, {"zero_penalty": 0.1}),
}
LOWEST = Bar(3, 0.3)  # for an objective that nobody has measured


def ring() -> ImageData:
    """Points (N, 2, 1, 1) around the centres in turn; the label is the mode."""
    noise = torch.Generator().manual_seed(0)
    labels = torch.arange(8192) % MODES
    points = CENTRES[labels] + DEVIATION * torch.randn(len(labels), 2, generator=noise)
    pictures = ((points + 1) * 127.5).round().to(torch.uint8).view(-1, 2, 1, 1)
    return ImageData("ring", pictures, labels, tuple("01234567"), "ring")


def train(name: str, settings: dict[str, Any], steps: int = STEPS) -> Trainer:
    shared = {
        "architecture": "ring", "latent_dim": 2, "batch_size": 128, "lr_g": 1e-3, "lr_d": 3e-3,
        "beta1": 0.0, "beta2": 0.9, "ema_decay": 0.99, "steps": STEPS,
    }  # fmt: skip
    trainer = Trainer(TrainConfig.from_dict({**shared, **settings, "objective": name}), ring(), CPU)
    for _ in range(steps):
        trainer.step()
    return trainer


def sampled(trainer: Trainer) -> tuple[Tensor, Tensor | None]:
    """Points (2000, 2), and the modes asked for where the generator is told them."""
    config = trainer.config
    z = vectors.noise(SAMPLES, config.latent_dim, 1, config.noise)
    labels = torch.arange(SAMPLES) % MODES if trainer.generator.n_classes else None
    return trainer.sample(z, labels).flatten(1), labels


@pytest.fixture(autouse=True)
def _ring_network(monkeypatch: pytest.MonkeyPatch) -> None:
    network = Architecture(
        title="Fully connected, for points",
        source="this test",
        body=lambda z, shape, norm: mlp_body(z, shape, (64, 64), slope=0.0),
        trunk=lambda shape, norm: mlp_trunk(shape, (64, 64)),
        initialisation=HE,
    )
    monkeypatch.setitem(ARCHITECTURES, "ring", network)


def test_every_bar_is_of_an_objective() -> None:
    assert set(BARS) <= set(OBJECTIVES)


def test_a_generator_that_has_not_learnt_passes_no_bar() -> None:
    points, _ = sampled(train("gan", {}, steps=0))
    near = torch.cdist(points, CENTRES).min(1).values < 3 * DEVIATION
    assert near.float().mean() < min(bar.near for bar in BARS.values())


@pytest.mark.parametrize("name", OBJECTIVES)
def test_modes_of_the_ring(name: str) -> None:
    bar = BARS.get(name, LOWEST)
    trainer = train(name, bar.settings)
    points, labels = sampled(trainer)
    distances, modes = torch.cdist(points, CENTRES).min(1)
    near = distances < 3 * DEVIATION
    counts = torch.bincount(modes[near], minlength=MODES)
    assert (counts >= SAMPLES / 100).sum() >= bar.modes, counts.tolist()
    assert near.float().mean() >= bar.near
    if labels is not None:  # and it is the mode that was asked for
        assert (near & (modes == labels)).float().mean() >= bar.near
        assert (modes == labels)[near].float().mean() > 0.85
