"""What measuring quality while a run trains costs, and that it changes nothing.

Trains each recipe twice from one seed, with and without live measuring, in turns in one process, so
that what slows the machine slows both, and compares the time each took to do the same steps. The
weights must be equal at the end.

    python benchmarks/live_quality.py [PRESET ...] [--steps 2000] [--data-dir D]
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from gan_core import presets
from gan_core.data import dataset, loading
from gan_core.devices import choose_device, device_name
from gan_core.runs.store import RunStore
from gan_core.training import opening
from gan_core.training.session import TrainingSession

PARTS = 20  # each loop trains a part of the steps in turn


def start(
    store: RunStore, name: str, measuring: bool, steps: int, data_dir: Path, device: torch.device
) -> TrainingSession:
    """A training of that recipe, with or without measuring."""
    config = presets.preset(name).with_settings({"steps": steps, "epochs": 0})
    if not measuring:
        config = config.with_settings({"measure_every": 0})
    run = store.create(f"{name}-{'measured' if measuring else 'plain'}")
    return opening.start(run, config, data_dir, device, dataset.ignore_progress)


def train(session: TrainingSession, until: int) -> float:
    """Train up to that step; returns the seconds that passed."""
    start = time.perf_counter()
    while session.step < until:
        session.advance(0.1)
    return time.perf_counter() - start


def equal(one: TrainingSession, other: TrainingSession) -> bool:
    """Whether both have the same weights."""
    pairs = zip(
        one.trainer.generator.state_dict().values(),
        other.trainer.generator.state_dict().values(),
        strict=True,
    )
    return all(torch.equal(a, b) for a, b in pairs)


def measure(name: str, steps: int, data_dir: Path, device: torch.device) -> str:
    """One row of the table.

    Raises:
        SystemExit: measuring changed the weights.
    """
    with tempfile.TemporaryDirectory() as folder:
        store = RunStore(Path(folder))
        plain, measuring = (start(store, name, on, steps, data_dir, device) for on in (False, True))
        monitor = measuring.monitor
        if monitor is None:
            raise SystemExit(f"{name}: {measuring.notice}")
        seconds: list[list[float]] = [[], []]
        for part in range(1, PARTS + 1):
            pair = [plain, measuring] if part % 2 else [measuring, plain]
            for session in pair:
                cpu_seconds = train(session, steps * part // PARTS)
                seconds[session is measuring].append(cpu_seconds)
        if not equal(plain, measuring):
            raise SystemExit(f"{name}: measuring changed the weights.")
        without, with_it = (sum(cpu_seconds) for cpu_seconds in seconds)
        ratios = [b / a - 1 for a, b in zip(*seconds, strict=True)]
        rows = len(list(measuring.run.quality_rows()))
        plain.close()
        measuring.close()
    low, _, high = statistics.quantiles(ratios, n=4)
    return (
        f"| {name} | {steps:,} | {without:.1f} | {with_it:.1f} | {with_it / without - 1:.1%} "
        f"| {low:.1%} to {high:.1%} | {monitor.spent / measuring.seconds:.1%} | {rows} |"
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("presets", nargs="*", default=["gan-mnist", "dcgan-mnist"])
    parser.add_argument("--steps", type=int, default=2000)
    parser.add_argument("--data-dir", type=Path, default=loading.default_data_dir())
    parser.add_argument("--device", choices=["auto", "cpu", "cuda"], default="auto")
    options = parser.parse_args()
    device = choose_device(options.device)
    print(f"{device_name(device)}, torch {torch.__version__}\n")
    print(
        "| preset | steps | plain, s | measured, s | cost | quartiles of parts "
        "| measuring / training | measurements |"
    )
    print("|---|--:|--:|--:|--:|--:|--:|--:|")
    for name in options.presets:
        print(measure(name, options.steps, options.data_dir, device), flush=True)


if __name__ == "__main__":
    main()
