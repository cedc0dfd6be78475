"""What training costs as work grows: larger batches, larger pictures, many steps.

Images a second of ``gan-mnist`` and ``dcgan-mnist`` at batches of 16 to 4,096, and of networks for
pictures of 28, 32 and 64 pixels a side at one batch size; then the memory of the process over many
steps of ``gan-mnist``, which must stay flat.

    python benchmarks/scaling.py [--steps 20000] [--data-dir D] [--device auto]
"""

from __future__ import annotations

import argparse
import statistics
import sys
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.ceiling import seconds
from benchmarks.throughput import times, trainer_step
from gan_core import catalog, presets
from gan_core.config import TrainConfig
from gan_core.data import loading
from gan_core.devices import choose_device, device_name
from gan_core.training import memory
from gan_core.training.trainer import Trainer

BATCHES = (16, 64, 256, 1024, 4096)
BY_BATCH = ("gan-mnist", "dcgan-mnist")
BY_SIDE = ("dcgan-mnist", "dcgan-upsample-mnist", "dcgan-64")
SIDES_BATCH = 64
ROUNDS = 5
WARM_UP = 500  # steps, before memory is first read
READINGS = 10


def make_trainer(config: TrainConfig, data_dir: Path, device: torch.device) -> Trainer:
    """A training at its beginning."""
    side = catalog.image_size(config)
    return Trainer(config, loading.load(config.dataset, data_dir, image_size=side), device)


def speed(trainer: Trainer) -> float:
    """Images a second, the median of some rounds of about a second."""
    trainer.step()
    once = seconds(trainer.step, trainer.device)
    steps = max(1, int(1 / once))

    work = times(lambda: trainer_step(trainer), steps)
    duration = statistics.median(seconds(work, trainer.device) for _ in range(ROUNDS))
    return steps * trainer.config.batch_size / duration


def by_batch(data_dir: Path, device: torch.device) -> None:
    """Print images a second by batch size."""
    print("| preset | " + " | ".join(f"batch {batch:,}" for batch in BATCHES) + " |")
    print("|---|" + "--:|" * len(BATCHES))
    for name in BY_BATCH:
        row = []
        for batch in BATCHES:
            config = presets.preset(name).with_settings({"batch_size": batch})
            row.append(f"{speed(make_trainer(config, data_dir, device)):,.0f}")
        print(f"| {name} | {' | '.join(row)} |", flush=True)


def by_side(data_dir: Path, device: torch.device) -> None:
    """Print images a second by the side of the pictures."""
    print(f"\n| preset | pictures | images/s at batch {SIDES_BATCH} |")
    print("|---|---|--:|")
    for name in BY_SIDE:
        config = presets.preset(name).with_settings({"batch_size": SIDES_BATCH})
        side = catalog.image_size(config)
        images_a_second = speed(make_trainer(config, data_dir, device))
        print(f"| {name} | {side} x {side} | {images_a_second:,.0f} |", flush=True)


def resident() -> float:
    """Memory of this process in MiB, as Linux counts it; what the device holds is not in it."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    [kilobytes] = [line.split()[1] for line in lines if line.startswith("VmRSS")]
    return int(kilobytes) / 1024


def over_steps(steps: int, data_dir: Path, device: torch.device) -> None:
    """Print the memory at even distances, and by how much it grew."""
    trainer = make_trainer(presets.preset("gan-mnist"), data_dir, device)
    readings: list[float] = []
    for step in range(1, WARM_UP + steps + 1):
        trainer_step(trainer)
        if step >= WARM_UP and (step - WARM_UP) % (steps // READINGS) == 0:
            readings.append(resident())
    memory_line = ", ".join(f"{reading:,.0f}" for reading in readings)
    print(f"\nMemory over {steps:,} steps of gan-mnist, MiB: {memory_line}")
    print(f"Largest against first: {max(readings) / readings[0] - 1:+.1%}\n")


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--steps", type=int, default=20_000)
    parser.add_argument("--data-dir", type=Path, default=loading.default_data_dir())
    parser.add_argument("--device", choices=["auto", "cpu", "cuda"], default="auto")
    options = parser.parse_args()
    device = choose_device(options.device)
    memory.keep_freed()
    print(f"{device_name(device)}, torch {torch.__version__}\n")
    over_steps(options.steps, options.data_dir, device)
    by_batch(options.data_dir, device)
    by_side(options.data_dir, device)


if __name__ == "__main__":
    main()
