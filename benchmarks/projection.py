"""How near a generator comes to pictures that it has never seen: projection of test digits.

Each of the first test pictures of MNIST is projected alone, as the page does it. Printed are mean
and quantiles of the error, in pixels from 0 to 1, and of the seconds.

    python benchmarks/projection.py [CHECKPOINT ...] [--pictures 100] [--data-dir D]
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from gan_core.data import loading
from gan_core.latent.projection import RESTARTS, STEPS, Projector
from gan_core.runs.generators import find_checkpoint, open_generator


def main() -> None:
    """Print a row for each checkpoint."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("checkpoints", nargs="*", default=["dcgan-mnist"])
    parser.add_argument("--pictures", type=int, default=100)
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--restarts", type=int, default=RESTARTS)
    parser.add_argument("--data-dir", type=Path, default=loading.default_data_dir())
    options = parser.parse_args()
    test = loading.load("mnist", options.data_dir, split="test").images[: options.pictures]
    pictures = test.permute(0, 2, 3, 1).numpy()
    print(
        f"{len(pictures)} test digits, {options.steps} steps, {options.restarts} starts, ", end=""
    )
    print(f"{torch.get_num_threads()} threads")
    print(
        f"{'checkpoint':16} {'MSE mean':>9} {'median':>8} {'worst':>8} {'RMSE':>7} "
        f"{'s':>6} {'p95':>6}"
    )
    for name in options.checkpoints:
        checkpoint = open_generator(find_checkpoint(name))
        errors, seconds = [], []
        for picture in pictures:
            since = time.monotonic()
            projector = Projector(
                checkpoint.generator,
                picture,
                checkpoint.config.noise,
                steps=options.steps,
                restarts=options.restarts,
            )
            projector.advance()
            seconds.append(time.monotonic() - since)
            errors.append(projector.best.error)
        print(
            f"{name:16} {np.mean(errors):9.4f} {np.median(errors):8.4f} {max(errors):8.4f} "
            f"{np.sqrt(errors).mean():7.3f} {np.mean(seconds):6.2f} "
            f"{np.quantile(seconds, 0.95):6.2f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
