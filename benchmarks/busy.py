"""What is left of a training's speed on a machine that is busy with other things.

    python benchmarks/busy.py [PRESET ...] [--seconds 8] [--rounds 3] [--data-dir D]

Each recipe trains in a process of its own, while none, one and two other processes compute without
a pause: as torch comes, whose threads wait in a loop for one another, and as this program sets it
up, in turns. "Share" is of the speed that this program has on a quiet machine.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from gan_core import WAITING
from gan_core.data.loading import default_data_dir

PRESETS = ("gan-mnist", "dcgan-mnist", "dcgan-upsample-mnist", "dcgan-64")
AS_TORCH_COMES = {"GOMP_SPINCOUNT": "300000", "OMP_WAIT_POLICY": ""}  # libgomp's own default
LOOPS = (0, 1, 2)


def work(name: str, duration: float, data_dir: Path) -> None:
    """Train a recipe for some seconds, and print the images a second."""
    import torch

    from gan_core import catalog, presets
    from gan_core.data import loading
    from gan_core.training import memory
    from gan_core.training.trainer import Trainer

    config = presets.preset(name)
    data = loading.load(config.dataset, data_dir, image_size=catalog.image_size(config))
    trainer = Trainer(config, data, torch.device("cpu"))
    memory.keep_freed()
    for _ in range(2):
        trainer.step()
    start, steps = time.perf_counter(), 0
    while (spent := time.perf_counter() - start) < duration:
        trainer.step()
        steps += 1
    print(config.images_at(steps) / spent)


@contextmanager
def busy(loops: int) -> Iterator[None]:
    """Within: so many other processes that compute without a pause."""
    command = [sys.executable, "-c", "while True: pass"]
    processes = [subprocess.Popen(command) for _ in range(loops)]
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()


def speed(name: str, settings: dict[str, str], duration: float, data_dir: Path) -> float:
    """Images a second of a recipe in a process of its own."""
    command = [sys.executable, __file__, "--work", name, "--seconds", str(duration)]
    command += ["--data-dir", str(data_dir)]
    environment = {**os.environ, **settings}
    environment = {name: value for name, value in environment.items() if value}
    return float(
        subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("presets", nargs="*", default=list(PRESETS))
    parser.add_argument("--seconds", type=float, default=8.0, help="of each training")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--data-dir", type=Path, default=default_data_dir())
    parser.add_argument("--work", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.work:
        work(options.work, options.seconds, options.data_dir)
        return
    print("| preset | beside it | as torch comes | share | here | share |")
    print("|---|--:|--:|--:|--:|--:|")
    ways = (AS_TORCH_COMES, WAITING)
    for name in options.presets:
        quiet = 0.0
        for loops in LOOPS:
            rates: tuple[list[float], list[float]] = ([], [])
            for _ in range(options.rounds):
                for way, speeds in zip(ways, rates, strict=True):
                    with busy(loops):
                        speeds.append(speed(name, way, options.seconds, options.data_dir))
            theirs, ours = (statistics.median(speeds) for speeds in rates)
            quiet = quiet or ours
            print(
                f"| {name} | {loops} | {theirs:,.0f} | {theirs / quiet:.0%} "
                f"| {ours:,.0f} | {ours / quiet:.0%} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
