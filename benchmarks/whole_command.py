"""What a person would compare: a tutorial's script against ``python -m gan_core train``.

    python benchmarks/whole_command.py [PRESET ...] [--turns 5] [--seconds 30] [--data-dir D]
                                       [--quality PRESET ...] [--limit 300]

Each trains in a process of its own, in turns, with all that it does: the script decodes, resizes
and normalises a picture at a time and reads two losses a step, with torch's own settings; the
command logs, draws grids, measures quality and saves. Counted are the real images between the first
second of training and the end.

For --quality each trains until 500 of its samples are within a Frechet distance of 20 of the test
images, measured as a training measures itself; for the script afterwards, from the generators that
it left behind each second. Both times count from the start of the process.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from gan_core import presets
from gan_core.data.loading import default_data_dir
from gan_core.runs.store import RunStore

ROOT = Path(__file__).resolve().parent.parent
PRESETS = ("gan-mnist", "dcgan-upsample-mnist", "dcgan-mnist", "dcgan-64")
GOOD = 20.0  # Frechet distance
ROWS = {"gan-mnist": 50, "dcgan-mnist": 20, "dcgan-upsample-mnist": 4, "dcgan-64": 1}  # of the log
LOOK = 0.02  # seconds between two looks at a log


@contextmanager
def program(*command: str) -> Iterator[subprocess.Popen[str]]:
    """A Python program for as long as the block lasts, then ended as `kill` would."""
    process = subprocess.Popen(
        [sys.executable, *command],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


def script(name: str, seconds: float, data_dir: Path, *more: str) -> Iterator[tuple[float, int]]:
    """What a tutorial's script says: seconds since its start, and real images seen."""
    start = time.perf_counter()
    options = ("--seconds", str(seconds), "--data-dir", str(data_dir), *more)
    with program("benchmarks/tutorial.py", name, *options) as process:
        for line in process.stdout or ():
            yield time.perf_counter() - start, int(line.split()[1])


def command(name: str, runs: Path, data_dir: Path) -> Iterator[tuple[float, RunStore]]:
    """Looks at what the command has written so far, and when."""
    start = time.perf_counter()
    options = ("--data-dir", str(data_dir), "--runs-dir", str(runs), "--device", "cpu")
    few = ("--set", f"log_every={ROWS.get(name, 10)}")
    with program("-m", "gan_core", "train", name, *options, *few):
        while True:
            yield time.perf_counter() - start, RunStore(runs)
            time.sleep(LOOK)


def speed(moments: Iterator[tuple[float, int]], seconds: float) -> float:
    """Images a second, of moments that follow one another, from one second after the first."""
    first: tuple[float, int] | None = None
    began: float | None = None
    for now, images in moments:
        began = now if began is None else began
        if first is None and now - began >= 1.0:
            first = now, images
        elif first is not None and now - first[0] >= seconds:
            return (images - first[1]) / (now - first[0])
    raise SystemExit("It ended before the time was over.")


def rows_of_log(looks: Iterator[tuple[float, RunStore]]) -> Iterator[tuple[float, int]]:
    """The images of each new row of the log, and when it came."""
    images = 0
    for now, store in looks:
        for run in store.list():
            seen = max((int(row["images"]) for row in run.rows()), default=0)
            if seen > images:
                images = seen
                yield now, images


def script_until_good(name: str, limit: float, data_dir: Path) -> float:
    """Seconds from the script's start to the first generator that is good; infinite for none."""
    import torch

    from gan_core import catalog
    from gan_core.data import loading
    from gan_core.networks.build import build_generator
    from gan_core.quality.monitor import Monitor

    config = presets.preset(name)
    data = loading.load(config.dataset, data_dir, image_size=catalog.image_size(config))
    monitor = Monitor(config, data, data_dir, lambda share, doing: None)
    generator = build_generator(config.architecture, config.latent_dim, data.image_shape)
    with tempfile.TemporaryDirectory() as folder:
        moments = [now for now, _ in script(name, limit, data_dir, "--states", folder)]
        for now, path in zip(moments, sorted(Path(folder).iterdir()), strict=False):
            generator.load_state_dict(torch.load(path, weights_only=True))
            if monitor.measure(generator.eval())["fd"] <= GOOD:
                return now
    return float("inf")


def command_until_good(name: str, limit: float, data_dir: Path) -> float:
    """Seconds from the command's start to the first measurement that is good."""
    with tempfile.TemporaryDirectory() as folder:
        for now, store in command(name, Path(folder), data_dir):
            if now > limit:
                return float("inf")
            for run in store.list():
                if any(row["fd"] <= GOOD for row in run.quality_rows() if "fd" in row):
                    return now
    return float("inf")


def script_speed(name: str, seconds: float, data_dir: Path) -> float:
    """Images a second of a tutorial's script."""
    return speed(script(name, seconds + 5, data_dir), seconds)


def command_speed(name: str, seconds: float, data_dir: Path) -> float:
    """Images a second of the command."""
    with tempfile.TemporaryDirectory() as folder:
        return speed(rows_of_log(command(name, Path(folder), data_dir)), seconds)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("presets", nargs="*", default=list(PRESETS))
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--quality", nargs="*", default=[])
    parser.add_argument("--limit", type=float, default=300.0, help="seconds for --quality")
    parser.add_argument("--data-dir", type=Path, default=default_data_dir())
    options = parser.parse_args()
    data_dir = options.data_dir.resolve()
    print("| preset | script, images/s | command, images/s | ratio | spread |")
    print("|---|--:|--:|--:|---|")
    for name in options.presets:
        arguments = (name, options.seconds, data_dir)
        pairs = [
            (script_speed(*arguments), command_speed(*arguments)) for _ in range(options.turns)
        ]
        theirs, ours = (statistics.median(speeds) for speeds in zip(*pairs, strict=True))
        ratios = [ours / theirs for theirs, ours in pairs]
        print(
            f"| {name} | {theirs:,.0f} | {ours:,.0f} | {statistics.median(ratios):.2f} "
            f"| {min(ratios):.2f} to {max(ratios):.2f} |",
            flush=True,
        )
    if options.quality:
        print(f"\n| seconds to a Frechet distance of {GOOD:g} | script | command |\n|---|--:|--:|")
    for name in options.quality:
        theirs = script_until_good(name, options.limit, data_dir)
        ours = command_until_good(name, options.limit, data_dir)
        print(f"| {name} | {theirs:.0f} | {ours:.0f} |", flush=True)


if __name__ == "__main__":
    main()
