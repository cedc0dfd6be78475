"""What each objective makes of the ring and of the grid, over five seeds: docs/plane.md.

    python benchmarks/plane.py [RECIPE ...] [--seeds 5] [--kept plane.json] [--out docs/plane.md]

Every recipe on points is trained as it stands, on one thread. After each hundred steps 2,500 points
of the averaged generator are looked at: how many modes they cover, which share lies near one. What
was measured is kept, so that it goes on where it was stopped. Seconds are the processor's, so that
other work on the machine does not count.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from pathlib import Path
from typing import Any

import torch

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from gan_core.data.loading import load
from gan_core.data.table import DATASETS
from gan_core.files import dump_json, write_atomic
from gan_core.latent import vectors
from gan_core.networks.sampling import balanced_labels
from gan_core.presets import PRESETS, preset
from gan_core.quality.plane import (
    coverage,
    density,
    jensen_shannon,
    kullback_leibler,
    sliced_wasserstein,
)
from gan_core.training.trainer import Trainer

MODES = {name: modes for name, spec in DATASETS.items() if (modes := spec.modes())}
POINTS, EVERY = 2500, 100
RECIPES = [name for name, recipe in PRESETS.items() if recipe.config.dataset in MODES]


def train(name: str, seed: int) -> dict[str, Any]:
    """One training: what its points are worth at the end, and when all modes were first covered."""
    config = preset(name).with_settings({"seed": seed})
    data = load(config.dataset, Path())
    modes = MODES[config.dataset]
    trainer = Trainer(config, data, torch.device("cpu"))
    z = vectors.noise(POINTS, config.latent_dim, 1, config.noise)
    y = balanced_labels(POINTS, trainer.generator.n_classes)
    seconds, all_at, all_after = 0.0, None, None
    for step in range(EVERY, config.steps + 1, EVERY):
        start = time.process_time()
        for _ in range(EVERY):
            trainer.step()
        seconds += time.process_time() - start
        points = trainer.sample(z, y).flatten(1)
        covered = coverage(points, modes)
        if all_at is None and covered.found == len(modes.centres):
            all_at, all_after = step, seconds
    order = torch.randperm(len(data), generator=torch.Generator().manual_seed(2))
    real, other = (
        data.images.flatten(1)[some].double() / 127.5 - 1
        for some in (order[:POINTS], order[POINTS : 2 * POINTS])
    )
    drawn, there = density(points.double()), density(real)
    return {
        "found": covered.found,
        "js": jensen_shannon(there, drawn),
        "kl": kullback_leibler(there, drawn),
        "real_js": jensen_shannon(there, density(other)),
        "real_kl": kullback_leibler(there, density(other)),
        "near": covered.near,
        "distance": sliced_wasserstein(points.double(), real),
        "real": sliced_wasserstein(other, real),
        "steps": all_at,
        "seconds": all_after,
        "all_seconds": seconds,
    }


def middle(results: list[dict[str, Any]], what: str) -> float:
    """The median of the seeds."""
    return statistics.median(one[what] for one in results)


def row(name: str, results: list[dict[str, Any]]) -> str:
    """A line of the table."""
    found = sorted(one["found"] for one in results)
    near = [one["near"] for one in results]
    reached = [one for one in results if one["steps"] is not None]
    when = (
        f"{statistics.median(one['steps'] for one in reached):,.0f} steps, "
        f"{statistics.median(one['seconds'] for one in reached):.1f} s"
        if reached
        else "never"
    )
    return (
        f"| `{name}` | {found[0]} to {found[-1]} | {min(near):.2f} to {max(near):.2f} "
        f"| {middle(results, 'distance'):.3f} | {middle(results, 'js'):.3f} "
        f"| {middle(results, 'kl'):.2f} | {when} ({len(reached)} of {len(results)}) "
        f"| {1e3 * middle(results, 'all_seconds') / preset(name).steps:.2f} ms |"
    )


def page(kept: dict[str, list[dict[str, Any]]]) -> str:
    """The document, of what was measured so far."""
    lines = [
        "# Points of the plane",
        "",
        "Every recipe on points as it stands, by `python benchmarks/plane.py`: trained on one",
        f"thread with several seeds, and {POINTS:,} points of the averaged generator. A mode is",
        "found where a tenth of its fair share of the points lies within three deviations of its",
        "centre, and points there are near one. The distance is the sliced Wasserstein distance",
        "from as many real points, in the plane from -1 to 1; JS and KL are the Jensen-Shannon and",
        "Kullback-Leibler divergences of both on the grid that the app measures on. Steps and",
        "seconds are until all modes were first found, in the median of the seeds that got there;",
        "a round is an update of both players, with all critic steps that the recipe has. Seconds",
        "are of one core.",
        "",
    ]
    for dataset, modes in MODES.items():
        names = [name for name in kept if preset(name).dataset == dataset]
        if not names:
            continue
        every = [one for name in names for one in kept[name]]
        lines += [
            f"## {dataset.capitalize()}, {len(modes.centres)} modes",
            "",
            f"Other real points are at a distance of {middle(every, 'real'):.3f}, with divergences "
            f"of {middle(every, 'real_js'):.3f} and {middle(every, 'real_kl'):.2f}.",
            "",
            "| recipe | modes found | near one | distance | JS | KL | all modes after | a round |",
            "|---|---|---|--:|--:|--:|---|--:|",
            *(row(name, kept[name]) for name in names),
            "",
        ]
    return "\n".join(lines)


def main() -> None:
    """Train what is missing, and write the page after each."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("recipes", nargs="*", default=RECIPES)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--kept", type=Path, default=Path("plane.json"))
    parser.add_argument("--out", type=Path, default=Path("docs/plane.md"))
    options = parser.parse_args()
    torch.set_num_threads(1)
    kept = json.loads(options.kept.read_text("utf-8")) if options.kept.is_file() else {}
    for name in options.recipes:
        results = kept.setdefault(name, [])
        for seed in range(len(results), options.seeds):
            results.append(train(name, seed))
            print(name, seed, results[-1], flush=True)
            write_atomic(options.kept, dump_json(kept).encode())
    write_atomic(options.out, page(kept).encode())


if __name__ == "__main__":
    main()
