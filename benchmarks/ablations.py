"""What made EBGAN and WGAN-GP learn: each change undone alone, the rest as the recipe has it.

    python benchmarks/ablations.py --steps 800

Each variant trains on MNIST from the same seed for the same number of generator updates, and the
shipped classifier reads 2,000 of its samples. Prints a Markdown table.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

import torch
from torch import Tensor
from torch.nn.functional import relu

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from gan_core import datasets, latent, objectives
from gan_core.classifier import open_classifier
from gan_core.networks import AutoencoderCritic
from gan_core.objectives import EBGAN, OBJECTIVES, WGANGP, Batch, CriticCall, Loss, Objective
from gan_core.presets import preset
from gan_core.trainer import Trainer

SAMPLES = 2000


class NormedEBGAN(EBGAN):
    """Batch norm in the autoencoder."""

    critic_norm = True


class DetachedEBGAN(EBGAN):
    """The generator's gradient flows through the reconstruction alone, not through its target."""

    def g_loss(self, critic: CriticCall, real: Batch, fake: Batch) -> Loss:
        assert isinstance(critic, AutoencoderCritic)
        code = critic.encode(critic.trunk(fake.images))
        made = critic.decoder(code).view_as(fake.images)
        energy = (made - fake.images.detach()).square().mean()
        apart = objectives.pull_away_term(code)
        return Loss(energy + self.pull_away * apart, {"g/pull_away": apart.detach()})


class MatrixNormEBGAN(EBGAN):
    """The pull-away term with one norm over the whole matrix of codes."""

    def g_loss(self, critic: CriticCall, real: Batch, fake: Batch) -> Loss:
        verdict = critic(*fake)
        assert verdict.code is not None
        units = verdict.code / verdict.code.norm()
        n = len(units)
        apart = ((units @ units.T).square().sum() - n) / (n * (n - 1))
        return Loss(verdict.score.mean() + self.pull_away * apart, {})


class BatchHingeEBGAN(EBGAN):
    """The hinge on the mean energy of the batch."""

    def d_loss(self, critic: CriticCall, real: Batch, fake: Batch) -> Loss:
        energy_real, energy_fake = critic(*real).score, critic(*fake).score
        return Loss(energy_real.mean() + relu(self.margin - energy_fake.mean()), {})


class NormedWGANGP(WGANGP):
    """Batch norm in the critic."""

    critic_norm = True


class BatchNormWGANGP(WGANGP):
    """One gradient norm over the whole batch."""

    def d_loss(self, critic: CriticCall, real: Batch, fake: Batch) -> Loss:
        score_real, score_fake = critic(*real).score, critic(*fake).score
        share = torch.rand(len(real.images), 1, 1, 1, generator=self.random)
        between = torch.lerp(real.images, fake.images, share).requires_grad_(True)
        score = critic(between, None).score
        (gradient,) = torch.autograd.grad(score.sum(), between, create_graph=True)
        penalty: Tensor = (gradient.norm() - 1).square()
        return Loss(score_fake.mean() - score_real.mean() + self.gradient_penalty * penalty, {})


@dataclass(frozen=True)
class Variant:
    """One change to a recipe."""

    name: str
    preset: str
    objective: type[Objective] | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)


VARIANTS = (
    Variant("the recipe", "ebgan-mnist"),
    Variant("margin 1 instead of 0.2", "ebgan-mnist", settings={"margin": 1.0}),
    Variant("no pull-away term", "ebgan-mnist", settings={"pull_away": 0.0}),
    Variant("pull-away with one norm over the matrix", "ebgan-mnist", MatrixNormEBGAN),
    Variant("target detached in the generator's step", "ebgan-mnist", DetachedEBGAN),
    Variant("hinge on the batch's mean", "ebgan-mnist", BatchHingeEBGAN),
    Variant("batch norm in the autoencoder", "ebgan-mnist", NormedEBGAN),
    Variant("the recipe", "wgan-gp-mnist"),
    Variant("batch norm in the critic", "wgan-gp-mnist", NormedWGANGP),
    Variant("one gradient norm over the batch", "wgan-gp-mnist", BatchNormWGANGP),
    Variant("no penalty", "wgan-gp-mnist", settings={"gradient_penalty": 0.0}),
    Variant("1 critic step instead of 5", "wgan-gp-mnist", settings={"d_steps": 1}),
    Variant(
        "Adam's usual 2e-4, betas (0.5, 0.999)",
        "wgan-gp-mnist",
        settings={"lr_g": 2e-4, "lr_d": 2e-4, "beta1": 0.5, "beta2": 0.999},
    ),
)


def measured(variant: Variant, steps: int, data: datasets.ImageData) -> str:
    """Train a variant; its row of the table."""
    config = preset(variant.preset).changed({**variant.settings, "steps": steps})
    kind = variant.objective or OBJECTIVES[config.objective]
    with mock.patch.dict(OBJECTIVES, {config.objective: kind}):
        trainer = Trainer(config, data, torch.device("cpu"))
        for _ in range(steps):
            trainer.step()
    if not trainer.is_finite():
        return f"| {config.objective} | {variant.name} | diverged | | |"
    pictures = trainer.sample(latent.noise(SAMPLES, config.latent_dim, 1, config.noise))
    seen = open_classifier().view(pictures)
    return (
        f"| {config.objective} | {variant.name} | {seen.readable:.0%} | {seen.present} "
        f"| {seen.kl:.2f} |"
    )


def main() -> None:
    """Train the variants asked for and print their rows as they are done."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=800, help="generator updates of each")
    parser.add_argument("--objective", help="of which the variants are trained; all without")
    parser.add_argument("--data-dir", type=Path, default=datasets.default_data_dir())
    options = parser.parse_args()
    data = datasets.load("mnist", options.data_dir)
    print(
        f"| objective | after {options.steps:,} steps | read with 90% confidence | classes | KL |"
    )
    print("|---|---|---|---|---|", flush=True)
    for variant in VARIANTS:
        if options.objective in (None, preset(variant.preset).objective):
            print(measured(variant, options.steps, data), flush=True)


if __name__ == "__main__":
    main()
