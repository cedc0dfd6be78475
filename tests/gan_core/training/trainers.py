"""Trainers of small networks on noise: what the tests of the trainer share."""

from __future__ import annotations

from typing import Any

from gan_core.networks.table import ARCHITECTURES
from gan_core.training.trainer import Trainer
from tests.gan_core.helpers import CPU, tiny_config, tiny_data

SOME = ["mlp", "mlp-small", "dcgan-28"]  # plain, with dropout, with batch norm


def new_trainer(architecture: str = "mlp-small", classes: int = 2, **changes: Any) -> Trainer:
    config = tiny_config(architecture=architecture, **changes)
    side = ARCHITECTURES[architecture].image_size or 8
    return Trainer(config, tiny_data(shape=(1, side, side), classes=classes), CPU)


def run(trainer: Trainer, steps: int) -> Trainer:
    for _ in range(steps):
        trainer.step()
    return trainer
