from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from gan_core.errors import ConfigError
from gan_core.latent import vectors
from gan_core.networks.table import ARCHITECTURES
from gan_core.objectives.base import Batch, Loss
from gan_core.objectives.table import OBJECTIVES
from gan_core.training.trainer import Trainer
from tests.gan_core.helpers import CPU, copied, differences, tiny_config, tiny_data
from tests.gan_core.training.trainers import SOME, new_trainer, run

CONDITIONAL = [name for name, kind in OBJECTIVES.items() if kind.conditional]


def note_batches(trainer: Trainer) -> list[tuple[str, Batch, Batch]]:
    """The batches that each player will learn from: who, real, generated."""
    notes: list[tuple[str, Batch, Batch]] = []
    d_loss, g_loss = trainer.objective.d_loss, trainer.objective.g_loss

    def note_d(critic: Any, real: Batch, fake: Batch) -> Loss:
        notes.append(("d", real, fake))
        return d_loss(critic, real, fake)

    def note_g(critic: Any, real: Batch, fake: Batch) -> Loss:
        notes.append(("g", real, fake))
        return g_loss(critic, real, fake)

    trainer.objective.d_loss = note_d  # type: ignore[method-assign]
    trainer.objective.g_loss = note_g  # type: ignore[method-assign]
    return notes


@pytest.mark.parametrize("name", CONDITIONAL)
def test_the_classes_of_generated_images_are_drawn_evenly_and_not_copied(name: str) -> None:
    trainer = new_trainer("mlp-small", classes=10, objective=name, batch_size_g=12)
    notes = note_batches(trainer)
    run(trainer, 60)
    for player in ("d", "g"):
        pairs = [(real.labels, fake.labels) for who, real, fake in notes if who == player]
        labels = torch.cat([fake for _, fake in pairs if fake is not None])
        assert len(labels) == 60 * (8 if player == "d" else 12)
        # each class a tenth of the draws, within four standard errors
        n = len(labels)
        counts = torch.bincount(labels, minlength=10)
        assert len(counts) == 10
        assert ((counts - n / 10).abs() < 4 * (n * 0.09) ** 0.5).all()
        real_labels = torch.cat([real for real, _ in pairs if real is not None])
        if player == "d":
            assert (real_labels == labels).float().mean() < 0.2  # a tenth by chance


@pytest.mark.parametrize("name", CONDITIONAL)
def test_real_images_keep_their_own_labels(name: str) -> None:
    trainer = new_trainer("mlp-small", classes=10, objective=name)
    data = tiny_data(classes=10)
    notes = note_batches(trainer)
    run(trainer, 3)
    for who, real, _ in notes:
        if who == "d":
            pictures = ((real.images + 1) * 127.5).round().to(torch.uint8)
            assert real.labels is not None
            for picture, label in zip(pictures, real.labels, strict=True):
                same = (data.images == picture).flatten(1).all(1)
                assert data.labels[same].tolist() == [label.item()]


@pytest.mark.parametrize("name", OBJECTIVES)
def test_only_a_conditional_generator_is_given_labels(name: str) -> None:
    trainer = new_trainer("mlp-small", objective=name)
    notes = note_batches(trainer)
    run(trainer, 2)
    assert trainer.generator.n_classes == (2 if name in CONDITIONAL else 0)
    assert all((fake.labels is not None) == (name in CONDITIONAL) for _, _, fake in notes)


@pytest.mark.parametrize("architecture", SOME)
@pytest.mark.parametrize("name", CONDITIONAL)
def test_a_label_changes_its_own_sample_and_no_other(architecture: str, name: str) -> None:
    trainer = run(new_trainer(architecture, classes=10, objective=name), 2)
    z, y = vectors.noise(6, 4, seed=1), torch.arange(6)
    other = y.clone()
    other[2] = 9
    before = copied(trainer.state_dict())
    one, two = trainer.sample(z, y), trainer.sample(z, other)
    differs = (one != two).flatten(1).any(1)
    assert differs.tolist() == [False, False, True, False, False, False]
    assert torch.equal(one, trainer.sample(z, y))
    assert differences(before, trainer.state_dict()) == []


def test_a_generator_without_classes_does_not_look_at_labels() -> None:
    trainer = run(new_trainer("mlp"), 2)
    z = vectors.noise(4, 4, seed=1)
    assert torch.equal(trainer.sample(z), trainer.sample(z, torch.arange(4)))


def test_labels_go_with_their_samples_through_every_chunk() -> None:
    trainer = new_trainer("mlp", objective="cgan", classes=10)
    z, y = vectors.noise(1100, 4, seed=1), torch.arange(1100) % 10
    whole = trainer.sample(z, y)
    assert torch.allclose(whole[1090:], trainer.sample(z[1090:], y[1090:]), atol=1e-6)
    assert not torch.allclose(whole[1090:], trainer.sample(z[1090:], y[1090:].flip(0)), atol=1e-6)


@pytest.mark.parametrize("name", OBJECTIVES)
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_every_objective_takes_steps_with_every_network(architecture: str, name: str) -> None:
    trainer = new_trainer(architecture, objective=name, batch_size=2, ema_decay=0.0)
    steps = 2 if architecture in ("mlp", "dcgan-28") else 1
    rows = []
    for _ in range(steps):
        trainer.step()
        rows.append(trainer.scalars())
    assert trainer.is_finite()
    assert {"d/loss", "g/loss"} <= set(rows[-1])
    assert all(np.isfinite(value) for row in rows for value in row.values())
    if steps == 2:
        columns = {column for watch in trainer.objective.watches for column in watch.columns}
        assert columns <= set(rows[-1])  # all that its charts are to show is reported


def test_a_network_that_cannot_make_the_pictures_is_refused() -> None:
    with pytest.raises(ConfigError, match="28 x 28"):
        Trainer(tiny_config(architecture="dcgan-28"), tiny_data(), CPU)


@pytest.mark.parametrize("name", CONDITIONAL)
def test_data_without_classes_is_refused_by_objectives_that_need_them(name: str) -> None:
    for classes in (0, 1):
        data = replace(tiny_data(classes=1), classes=("only",)[:classes])
        with pytest.raises(ConfigError, match=f"objective is '{name}'.* fewer than two classes"):
            Trainer(tiny_config(objective=name), data, CPU)
