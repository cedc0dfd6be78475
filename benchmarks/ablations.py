"""What made EBGAN, WGAN-GP and WGAN learn: each change undone alone.

    python benchmarks/ablations.py --steps 800
    python benchmarks/ablations.py --steps 4000 --objective wgan

For EBGAN and WGAN-GP the recipe is the one that learns. WGAN's is the published one: its variants
start from a critic much slower than its generator, which changes three settings at once.

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

import torch

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from gan_core.config import TrainConfig
from gan_core.data import dataset, loading
from gan_core.latent import vectors
from gan_core.objectives.breakages import with_breakage
from gan_core.presets import preset
from gan_core.quality.digit_classifier import open_classifier
from gan_core.training.trainer import Trainer

SAMPLES = 2000
SLOW_CRITIC = {"d_steps": 1, "lr_g": 1e-3, "lr_d": 2.5e-5}


@dataclass(frozen=True)
class Variant:
    """One change to a recipe."""

    name: str
    preset: str
    breakage: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def config(self) -> TrainConfig:
        """The recipe with that change."""
        config = preset(self.preset).with_settings(self.settings)
        return with_breakage(config, self.breakage) if self.breakage else config


VARIANTS = (
    Variant("the recipe", "ebgan-mnist"),
    Variant("margin 1 instead of 0.2", "ebgan-mnist", "high-margin"),
    Variant("no pull-away term", "ebgan-mnist", "no-pull-away"),
    Variant("pull-away with one norm over the matrix", "ebgan-mnist", "matrix-pull-away"),
    Variant("target detached in the generator's step", "ebgan-mnist", "detached-target"),
    Variant("hinge on the batch's mean", "ebgan-mnist", "batch-hinge"),
    Variant("batch norm in the autoencoder", "ebgan-mnist", "critic-batch-norm"),
    Variant("the recipe", "wgan-gp-mnist"),
    Variant("batch norm in the critic", "wgan-gp-mnist", "critic-batch-norm"),
    Variant("one gradient norm over the batch", "wgan-gp-mnist", "batch-penalty"),
    Variant("no penalty", "wgan-gp-mnist", "no-penalty"),
    Variant("1 critic step instead of 5", "wgan-gp-mnist", "one-critic-step"),
    Variant(
        "Adam's usual 2e-4, betas (0.5, 0.999)",
        "wgan-gp-mnist",
        settings={"lr_g": 2e-4, "lr_d": 2e-4, "beta1": 0.5, "beta2": 0.999},
    ),
    Variant("the recipe", "wgan-mnist"),
    Variant("a slow critic", "wgan-mnist", settings=SLOW_CRITIC),
    Variant(
        "a slow critic, 5 steps at a fifth of the rate",
        "wgan-mnist",
        settings={**SLOW_CRITIC, "d_steps": 5, "lr_d": 5e-6},
    ),
    Variant(
        "a slow critic, at 8 times the rate", "wgan-mnist", settings={**SLOW_CRITIC, "lr_d": 2e-4}
    ),
)


def row(variant: Variant, steps: int, data: dataset.ImageData) -> str:
    """Train a variant; its row of the table."""
    config = variant.config.with_settings({"steps": steps})
    trainer = Trainer(config, data, torch.device("cpu"))
    for _ in range(steps):
        trainer.step()
    if not trainer.is_finite():
        return f"| {config.objective} | {variant.name} | diverged | | |"
    pictures = trainer.sample(vectors.noise(SAMPLES, config.latent_dim, 1, config.noise))
    view = open_classifier().view(pictures)
    return (
        f"| {config.objective} | {variant.name} | {view.readable:.0%} | {view.present} "
        f"| {view.kl:.2f} |"
    )


def main() -> None:
    """Train the variants asked for and print their rows as they are done."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=800, help="generator updates of each")
    parser.add_argument("--objective", help="of which the variants are trained; all without")
    parser.add_argument("--data-dir", type=Path, default=loading.default_data_dir())
    options = parser.parse_args()
    data = loading.load("mnist", options.data_dir)
    print(
        f"| objective | after {options.steps:,} steps | read with 90% confidence | classes | KL |"
    )
    print("|---|---|---|---|---|", flush=True)
    for variant in VARIANTS:
        if options.objective in (None, preset(variant.preset).objective):
            print(row(variant, options.steps, data), flush=True)


if __name__ == "__main__":
    main()
