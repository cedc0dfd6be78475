"""What a GPU gives, and whether it may: checks first, then a table, written to docs/gpu.md.

Checks every objective on the GPU against the CPU, captured steps against plain ones, repeats and
resumes (``gpu_checks.py``); then times every recipe as a tutorial's loop, in plain steps, in
captured steps and in captured steps of mixed precision, by the GPU's own clock. Takes less than ten
minutes: what does not fit is left out and named.

    python benchmarks/gpu.py
"""

from __future__ import annotations

import argparse
import functools
import gc
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import gpu_checks
from benchmarks.ceiling import Ceiling, Work, measure_ceiling, seconds
from benchmarks.gpu_checks import Checks, deterministic, precision
from benchmarks.reference_loop import ReferenceLoop
from benchmarks.throughput import times, trainer_step
from gan_core import catalog, presets
from gan_core.data import loading
from gan_core.data.dataset import ImageData
from gan_core.devices import device_name
from gan_core.objectives.table import OBJECTIVES
from gan_core.presets import PRESETS
from gan_core.training.trainer import Trainer

ROOT = Path(__file__).resolve().parent.parent
BUDGET = 540.0  # seconds for everything
IMAGES = 20_000  # of a data set; the loops need no more
WARM_UP = 10  # steps, after which libraries have chosen their kernels and steps are captured
TURN = 0.5  # seconds of one timing
ROUNDS = 3
WAYS = ("plain", "captured", "captured, any kernels", "captured, bfloat16")
FASTER = 1.05  # by which a way has to be faster to be worth another one's place


@dataclass(frozen=True)
class Row:
    """Images a second of a recipe, by way, and what its captured steps ask of the GPU."""

    preset: str
    batch: int
    reference: float
    speeds: dict[str, float]
    memory: int  # bytes at most, captured, beside what lay there before
    arithmetic: float  # share of the measured ceiling, captured
    transfer: float  # share of the measured ceiling, captured


@functools.cache
def data_of(dataset: str, image_size: int, data_dir: Path) -> ImageData:
    """The first images of a data set."""
    data = loading.load(dataset, data_dir, image_size=image_size)
    return replace(data, images=data.images[:IMAGES], labels=data.labels[:IMAGES])


def speed(step: Callable[[], None], images: Callable[[int], int], device: torch.device) -> float:
    """Images a second, the median of some turns."""
    times(step, WARM_UP)()
    steps = max(1, int(TURN / max(1e-5, seconds(times(step, 5), device) / 5)))
    turns = (seconds(times(step, steps), device) for _ in range(ROUNDS))
    return images(steps) / statistics.median(turns)


def measure(name: str, data_dir: Path, device: torch.device, ceiling: Ceiling) -> Row:
    """One recipe, its ways in turn."""
    config = presets.preset(name)
    data = data_of(config.dataset, catalog.image_size(config), data_dir)
    reference = speed(ReferenceLoop(config, data, device).step, config.images_at, device)
    speeds = {}
    memory = 0
    for way in WAYS:
        graphed, mixed = way != "plain", way.endswith("bfloat16")
        gc.collect()
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats(device)
        before = torch.cuda.memory_allocated(device)
        with deterministic(way != "captured, any kernels"):
            trainer = Trainer(config, data, device, graphed=graphed, mixed=mixed)
            step = functools.partial(trainer_step, trainer)
            speeds[way] = speed(step, config.images_at, device)
            del trainer, step
        if way == "captured":
            memory = torch.cuda.max_memory_allocated(device) - before
    with Work() as work:
        Trainer(config, data, device).step()
    duration = config.images_at(config.g_steps) / config.g_steps / speeds["captured"]
    return Row(
        preset=name,
        batch=config.batch_size,
        reference=reference,
        speeds=speeds,
        memory=memory,
        arithmetic=work.operations / ceiling.operations / duration,
        transfer=work.bytes / ceiling.bytes / duration,
    )


def bfloat16_ceiling(device: torch.device) -> float:
    """Floating-point operations a second in a product of large matrices."""
    side = 8192
    a, b = (torch.rand(side, side, device=device, dtype=torch.bfloat16) for _ in range(2))
    return 2 * side**3 / min(seconds(lambda: torch.mm(a, b), device) for _ in range(7))


def first_grids(data_dir: Path) -> tuple[float, float]:
    """Seconds from the command to the first grid of ``dcgan-mnist``, and to one of trained weights,
    those of step 200."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "gan_core", "train", "dcgan-mnist", "--set", "steps=200"]
        command += ["sample_every=200", "--device", "cuda", "--data-dir", str(data_dir)]
        start = time.perf_counter()
        with subprocess.Popen(
            [*command, "--runs-dir", folder], cwd=ROOT, stdout=subprocess.DEVNULL
        ) as process:
            moments: dict[str, float] = {}
            while process.poll() is None:
                for path in Path(folder).glob("*/samples/0*.png"):
                    moments.setdefault(path.stem, time.perf_counter())
                time.sleep(0.01)
        if process.returncode:
            raise SystemExit(f"{' '.join(command)} ended with {process.returncode}.")
    return moments["000000"] - start, moments["000200"] - start


def verdicts(rows: Sequence[Row], checks: Sequence[Checks]) -> list[str]:
    """For each way, whether it becomes the default on a GPU, and why."""
    unfit = [found.objective for found in checks if not found.holds]

    def gain(way: str, other: str) -> float:
        return statistics.median(row.speeds[way] / row.speeds[other] for row in rows)

    captured = gain("captured", "plain")
    slower = [row.preset for row in rows if row.speeds["captured"] < row.speeds["plain"]]
    words = []
    if unfit:
        words.append(f"Captured steps: no, since {', '.join(unfit)} did not pass the checks.")
    elif captured < FASTER:
        words.append(f"Captured steps: no, at {captured:.2f} times the speed of plain ones.")
    else:
        words.append(
            f"Captured steps: yes. They train as plain ones do, at {captured:.2f} times the speed "
            f"(median); slower with {', '.join(slower) or 'no recipe'}."
        )
    unlike = [found.objective for found in checks if not found.repeats_freely]
    several = "no objective" if len(unlike) == len(checks) else f"all but {', '.join(unlike)}"
    freely = several if unlike else "every objective"
    words.append(
        "Kernels that always add in the same order: yes, so that a seed gives the same weights; "
        f"any kernels would be {gain('captured, any kernels', 'captured'):.2f} times as fast, and "
        f"{freely} repeated bit by bit with them."
    )
    words.append(
        "bfloat16: no, since it changes the losses (see the checks), at "
        f"{gain('captured, bfloat16', 'captured'):.2f} times the speed of captured steps."
    )
    return words


def report(
    name: str,
    ceilings: dict[str, float],
    checks: Sequence[Checks],
    rows: Sequence[Row],
    grids: tuple[float, float],
    left_out: Sequence[str],
) -> str:
    """All of it, in Markdown."""
    lines = [
        "# On a GPU",
        "",
        f"Written by `python benchmarks/gpu.py` on one {name} with torch {torch.__version__}.",
        "",
        "## Which way is the default",
        "",
        *(f"- {sentence}" for sentence in verdicts(rows, checks)),
        "",
        "## Checks",
        "",
        f"The light network on the bundled digits, batches of {gpu_checks.BATCH}, "
        f"{gpu_checks.STEPS} steps. Figures are the largest difference of any loss or norm, "
        f"relative where it exceeds 1; of the first {gpu_checks.FEW} steps where it says so, since "
        "in single precision a GAN makes of the last digit of a sum, within some dozen steps, "
        "another training. Equal means bit by bit.",
        "",
        "| objective | GPU against CPU, double | single | single, first steps "
        "| TF32, first steps | bfloat16, first steps | captured against plain | equal "
        "| repeats, any kernels | repeats | captured repeats | resumes | captured resumes |",
        "|---|--:|--:|--:|--:|--:|--:|---|---|---|---|---|---|",
    ]
    for found in checks:
        figures = (found.double, found.single, found.first, found.tf32, found.bf16, found.captured)
        answers = (
            found.captured_equal,
            found.repeats_freely,
            found.repeats,
            found.captured_repeats,
            found.resumes,
            found.captured_resumes,
        )
        cells = [f"{figure:.1e}" for figure in figures] + ["yes" if a else "no" for a in answers]
        lines.append(f"| {found.objective} | {' | '.join(cells)} |")
    lines += [
        "",
        "## Speed",
        "",
        "Images a second, by the GPU's own clock. The reference is the loop that tutorials use "
        "(`reference_loop.py`). As torch comes, convolutions are in TF32 and products in full "
        "single precision; networks are channels-last in all ways but the reference. Arithmetic "
        "and bytes are shares of what the GPU was seen to do in a product of large matrices in "
        "TF32 and in a large copy, in captured steps.",
        "",
        *(f"- {label}: {value:,.0f}" for label, value in ceilings.items()),
        "",
        f"| preset | batch | reference | {' | '.join(WAYS)} | captured, of the reference "
        "| memory, MiB | arithmetic | bytes |",
        f"|---|--:|--:|{'--:|' * len(WAYS)}--:|--:|--:|--:|",
    ]
    for row in rows:
        speeds = " | ".join(f"{row.speeds[way]:,.0f}" for way in WAYS)
        lines.append(
            f"| {row.preset} | {row.batch} | {row.reference:,.0f} | {speeds} "
            f"| {row.speeds['captured'] / row.reference:.1f} | {row.memory / 2**20:,.0f} "
            f"| {row.arithmetic:.1%} | {row.transfer:.1%} |"
        )
    if left_out:
        lines += ["", f"Left out, for the time they take: {', '.join(left_out)}."]
    lines += [
        "",
        "`python -m gan_core train dcgan-mnist` on this GPU, from the command: "
        f"{grids[0]:.1f} s to the first grid, {grids[1]:.1f} s to the grid of step 200.",
        "",
    ]
    return "\n".join(lines)


def main() -> None:
    """Check, time, and write the page."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("presets", nargs="*", default=list(PRESETS))
    parser.add_argument("--data-dir", type=Path, default=loading.default_data_dir())
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "gpu.md")
    options = parser.parse_args()
    if not torch.cuda.is_available():
        print("torch finds no GPU here, so there is nothing to measure.")
        return
    start = time.perf_counter()
    device = torch.device("cuda", torch.cuda.current_device())
    with precision(tf32=True):
        tf32 = measure_ceiling(device)
    with precision():
        single = measure_ceiling(device)
    ceilings = {
        "GFLOP/s in products of single precision": single.operations / 1e9,
        "GFLOP/s in TF32": tf32.operations / 1e9,
        "GFLOP/s in bfloat16": bfloat16_ceiling(device) / 1e9,
        "GB/s in a copy": single.bytes / 1e9,
    }
    print(ceilings, flush=True)
    digits = data_of("digits", 28, options.data_dir)
    checks = []
    for objective in OBJECTIVES:
        checks.append(gpu_checks.check(objective, digits, device))
        print(f"{time.perf_counter() - start:.0f} s", checks[-1], flush=True)
    grids = first_grids(options.data_dir)
    rows: list[Row] = []
    left_out: list[str] = []
    longest = 0.0
    for name in options.presets:
        begun = time.perf_counter()
        if begun - start + longest > BUDGET:
            left_out.append(name)
            continue
        rows.append(measure(name, options.data_dir, device, tf32))
        longest = max(longest, time.perf_counter() - begun)
        print(f"{time.perf_counter() - start:.0f} s", rows[-1], flush=True)
    text = report(device_name(device), ceilings, checks, rows, grids, left_out)
    options.out.write_text(text, "utf-8")
    print(text)


if __name__ == "__main__":
    main()
