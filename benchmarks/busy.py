"""What is left of a training's speed on a machine that is busy with other things.

    python benchmarks/busy.py [PRESET ...] [--seconds 8] [--rounds 3] [--data-dir D]

Each recipe trains in a process of its own, while none, one and two other processes compute without
a pause: as torch comes, whose threads wait in a loop for one another, and as this program lets them
wait (``gan_core/wait_policy.py``), in turns. Two recipes joined by a plus race: they take turns
in one process, as a job lets them. "Share" is of the speed that torch as it comes has on a quiet
machine.
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

from gan_core.data.loading import default_data_dir
from gan_core.wait_policy import adapt_wait_policy

PRESETS = (
    "gan-mnist",
    "dcgan-mnist",
    "dcgan-upsample-mnist",
    "dcgan-64",
    "gan-mnist+dcgan-mnist",
)
AS_TORCH_COMES = {"GOMP_SPINCOUNT": "300000"}  # libgomp's own default, and a word of the user's
LOOPS = (0, 1, 2)
SETTLING = 2.0  # seconds of training before the clock starts
TURN = 0.1  # seconds that each of a race trains before the next


def work(names: str, duration: float, data_dir: Path) -> None:
    """Train recipes for some seconds, and print the images a second."""
    import torch

    from gan_core import catalog, presets
    from gan_core.data import loading
    from gan_core.training import memory
    from gan_core.training.trainer import Trainer

    adapt_wait_policy()
    memory.keep_freed()
    trainers = []
    for name in names.split("+"):
        config = presets.preset(name)
        data = loading.load(config.dataset, data_dir, image_size=catalog.image_size(config))
        trainers.append(Trainer(config, data, torch.device("cpu")))

    def train(seconds: float) -> float:
        start, seen = time.perf_counter(), sum(trainer.images_seen for trainer in trainers)
        while time.perf_counter() - start < seconds:
            for trainer in trainers:
                turn = time.perf_counter()
                while time.perf_counter() - turn < TURN:
                    trainer.step()
        spent = time.perf_counter() - start
        return (sum(trainer.images_seen for trainer in trainers) - seen) / spent

    train(SETTLING)
    print(train(duration))


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
    ways: tuple[dict[str, str], ...] = (AS_TORCH_COMES, {})
    for name in options.presets:
        quiet = 0.0
        for loops in LOOPS:
            rates: tuple[list[float], list[float]] = ([], [])
            for _ in range(options.rounds):
                for way, speeds in zip(ways, rates, strict=True):
                    with busy(loops):
                        speeds.append(speed(name, way, options.seconds, options.data_dir))
            theirs, ours = (statistics.median(speeds) for speeds in rates)
            quiet = quiet or theirs
            print(
                f"| {name} | {loops} | {theirs:,.0f} | {theirs / quiet:.0%} "
                f"| {ours:,.0f} | {ours / quiet:.0%} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
