"""Images per second of ``Trainer`` against the loop that tutorials use, and against the device.

Both train the same networks from the same recipe on the same data at the same batch size, in turns
in one process, so that what slows the machine slows both. Memory is kept for ``Trainer`` as in a
recorded training; for the reference loop glibc holds what it would by its own rule after the first
large tensors. Before that, both train in double precision on the same small batches and noise, and
the largest difference of their losses is told: in single precision a GAN makes of the last digit of
a sum, within some dozen steps, another training.

    python benchmarks/throughput.py [PRESET ...] [--rounds 9] [--seconds 1] [--data-dir D]
"""

from __future__ import annotations

import argparse
import ctypes
import statistics
import sys
from collections.abc import Callable
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.ceiling import Work, measure_ceiling, seconds
from benchmarks.reference_loop import ReferenceLoop
from gan_core import catalog, presets
from gan_core.config import TrainConfig
from gan_core.data import loading
from gan_core.data.dataset import Batches, ImageData
from gan_core.devices import choose_device, device_name
from gan_core.presets import PRESETS
from gan_core.training import memory
from gan_core.training.trainer import Trainer

SAME_STEPS = 50
SAME_BATCH = 8
MIB = 2**20


def glibc_as_it_comes() -> None:
    """Hold freed memory to the most that glibc's own, growing thresholds reach."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(-3, 32 * MIB)  # M_MMAP_THRESHOLD
        mallopt(-1, 64 * MIB)  # M_TRIM_THRESHOLD, twice as much


def trainer_step(trainer: Trainer) -> None:
    """A step, with the scalars read once an interval as a session does."""
    trainer.step()
    if trainer.steps_done % trainer.config.log_every == 0:
        trainer.scalars()


def times(step: Callable[[], None], n: int) -> Callable[[], None]:
    """The step so many times."""

    def repeat() -> None:
        for _ in range(n):
            step()

    return repeat


def largest_difference(
    config: TrainConfig, data: ImageData, device: torch.device, steps: int = SAME_STEPS
) -> float:
    """Of the losses of both loops on the same batches and noise in double precision, relative
    where they exceed 1."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        return _largest_difference(config, data, device, steps)
    finally:
        torch.set_default_dtype(before)


def _largest_difference(
    config: TrainConfig, data: ImageData, device: torch.device, steps: int
) -> float:
    config = config.with_settings({"schedule": ""})  # which the reference does not know
    reals = iter(Batches(data.to(device), config.batch_size, config.seed))
    reference = ReferenceLoop(config, data, device, reals)
    trainer = Trainer(config, data, device)
    worst = 0.0
    for _ in range(steps):
        reference.step()
        trainer.step()
        scalars = trainer.scalars()
        for ours, theirs in zip(
            (scalars["g/loss"], scalars.get("d/loss")), reversed(reference.losses[-1]), strict=True
        ):
            if ours is not None:
                worst = max(worst, abs(ours - theirs) / max(1.0, abs(theirs)))
    return worst


def measure(
    name: str,
    rounds: int,
    turn: float,
    data_dir: Path,
    device: torch.device,
    same_steps: int,
) -> str:
    """One row of the table."""
    config = presets.preset(name)
    data = loading.load(config.dataset, data_dir, image_size=catalog.image_size(config))
    few = config.with_settings({"batch_size": SAME_BATCH})
    difference = largest_difference(few, data, device, same_steps)
    reference = ReferenceLoop(config, data, device)
    trainer = Trainer(config, data, device, graphed=device.type == "cuda")
    loops: list[tuple[Callable[[], None], Callable[[], object]]] = [
        (reference.step, glibc_as_it_comes),
        (lambda: trainer_step(trainer), memory.keep_freed),
    ]
    steps = 1
    for step, prepare in loops:
        prepare()
        times(step, 10 if device.type == "cuda" else 3)()  # until steps are captured
        steps = max(steps, int(turn / max(1e-4, seconds(step, device))))
    images = config.images_at(steps)  # a step of both loops shows the critic as many
    speeds: list[list[float]] = [[], []]
    for _ in range(rounds):
        for (step, prepare), rates in zip(loops, speeds, strict=True):
            prepare()
            step()  # what the other loop left in the caches, or gave back
            rates.append(images / seconds(times(step, steps), device))
    ratios = [ours / theirs for theirs, ours in zip(*speeds, strict=True)]
    theirs, ours = (statistics.median(rates) for rates in speeds)
    ceiling = measure_ceiling(device)  # of this moment: a shared machine is not always as quick
    with Work() as work:
        Trainer(config, data, device).step()
    alone = statistics.median(
        seconds(times(work.products, steps), device) / steps for _ in range(rounds)
    )
    duration = images / steps / ours
    return (
        f"| {name} | {config.batch_size} | {theirs:,.0f} | {ours:,.0f} "
        f"| {statistics.median(ratios):.2f} | {min(ratios):.2f} to {max(ratios):.2f} "
        f"| {images / steps / alone / theirs:.2f} "
        f"| {duration * 1e3:,.1f} | {work.operations / ceiling.operations / duration:.0%} "
        f"| {work.bytes / ceiling.bytes / duration:.0%} | {difference:.1e} |"
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("presets", nargs="*", default=list(PRESETS))
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--seconds", type=float, default=1.0, help="that a loop's turn takes")
    parser.add_argument("--same-steps", type=int, default=SAME_STEPS)
    parser.add_argument("--data-dir", type=Path, default=loading.default_data_dir())
    parser.add_argument("--device", choices=["auto", "cpu", "cuda"], default="auto")
    options = parser.parse_args()
    device = choose_device(options.device)
    ceiling = measure_ceiling(device)
    print(
        f"{device_name(device)}, torch {torch.__version__}, median of {options.rounds} rounds.\n"
        f"At most {ceiling.operations / 1e9:,.0f} GFLOP/s in a product of large matrices, "
        f"{ceiling.bytes / 1e9:,.1f} GB/s in a large copy.\n"
    )
    print(
        "| preset | batch | reference, images/s | Trainer, images/s | ratio | spread "
        "| ratio of its products alone "
        "| ms a step | arithmetic, of the ceiling | bytes, of the ceiling "
        f"| losses differ over {options.same_steps} steps |"
    )
    print("|---|--:|--:|--:|--:|---|--:|--:|--:|--:|--:|")
    for name in options.presets:
        row = measure(
            name,
            options.rounds,
            options.seconds,
            options.data_dir,
            device,
            options.same_steps,
        )
        print(row, flush=True)


if __name__ == "__main__":
    main()
