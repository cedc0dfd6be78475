"""Every recipe trained for a stated budget, and a report with pictures, curves and figures.

Each recipe is a run of its own in the runs folder, which the app can open. Started again with the
same settings, what is finished is skipped and what is half done goes on. Without a budget each
recipe takes its own length, which on a CPU is hours for all of them.

    python benchmarks/objectives.py [--presets A,B] [--steps N | --budget-images N] [--seed N]
                                    [--runs-dir R] [--data-dir D] [--out docs/results.md]
    python benchmarks/objectives.py --from-checkpoints [--steps N | --budget-images N]
                    report on what ships; with a budget, train the recipes that do not ship
"""

from __future__ import annotations

import argparse
import contextlib
import shlex
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import report
from gan_core.catalog import complete
from gan_core.config import CHANGEABLE_ON_RESUME, TrainConfig
from gan_core.data import loading, table
from gan_core.errors import CheckpointError, ConfigError, GanError
from gan_core.places import CHECKPOINTS_DIR
from gan_core.presets import PRESETS, preset
from gan_core.quality.digit_classifier import DATASET, open_classifier
from gan_core.runs.folder import RunFolder
from gan_core.runs.store import RunStore
from gan_core.training.job import TrainingJob
from gan_core.training.snapshot import Phase
from gan_core.training.trainings import Trainings

PARTS = 30  # a grid and a saved state after each, so that epochs 1, 15 and 30 of 30 are among them
ROWS = 300  # points of the curves
SECONDS_BETWEEN_LINES = 30


def with_budget(config: TrainConfig, steps: int, images: int) -> TrainConfig:
    """A recipe with its length in steps, as given or as its own, and a grid every thirtieth."""
    if images:
        rounds = max(1, images // (config.d_steps * config.batch_size))
        steps = rounds * config.g_steps
    if steps:
        config = config.with_settings({"steps": steps})
    config = config.with_steps(table.dataset_spec(config.dataset).images or 0)
    return config.with_settings(
        {
            "log_every": max(1, config.steps // ROWS),
            "sample_every": max(1, config.steps // PARTS),
            "save_every": max(1, config.steps // PARTS),
        }
    )


def find(store: RunStore, config: TrainConfig) -> RunFolder | None:
    """The run of these settings, whatever its length: the one that got furthest."""
    same = [run for run, other in readable(store) if _weights(other) == _weights(config)]
    return max(same, key=lambda run: run.status().step, default=None)


def readable(store: RunStore) -> Iterator[tuple[RunFolder, TrainConfig]]:
    """The runs whose settings can be read."""
    for run in store.list():
        with contextlib.suppress(CheckpointError):
            yield run, run.config()


def _weights(config: TrainConfig) -> dict[str, object]:
    """The settings that reach the weights."""
    values = complete(config).to_dict()
    return {name: values[name] for name in values if name not in CHANGEABLE_ON_RESUME}


def train(config: TrainConfig, trainings: Trainings) -> RunFolder:
    """Train a recipe, or go on where it was left; what is done, or has failed, stays as it is.

    Raises:
        GanError: it was refused before it began.
        KeyboardInterrupt: the person stopped it; what was trained is saved.
    """
    run = find(trainings.store, config)
    if run is not None:
        status = run.status()
        if status.step >= config.steps:
            print(f"{config.preset}: {run.name} has done its {status.step:,} steps.")
            return run
        if status.phase is Phase.FAILED:
            print(f"{config.preset}: {run.name} failed. {status.message}")
            return run
        lengths = {name: getattr(config, name) for name in CHANGEABLE_ON_RESUME}
        job = trainings.resume(run.name, lengths)
    else:
        job = trainings.start([config])
    try:
        _watch(job)
    except KeyboardInterrupt:
        job.stop()
        job.wait()
        print(f"{config.preset}: saved at step {job.snapshot.step:,}.")
        raise
    end = job.snapshot
    if end.phase is Phase.FAILED:
        if end.curves is None:
            raise GanError(end.error)
        print(f"{config.preset}: {end.error}")
    return RunFolder(trainings.store.root / end.run)


def _watch(job: TrainingJob) -> None:
    """Print a line now and then until a job ends."""
    while True:
        job.wait(SECONDS_BETWEEN_LINES)
        now = job.snapshot
        print(f"{now.config.preset}: step {now.step:,} of {now.total:,}", flush=True)
        if not now.phase.active:
            return


def shipped_runs() -> dict[str, RunFolder]:
    """The checkpoints that ship, by recipe."""
    return {config.preset: run for run, config in readable(RunStore(CHECKPOINTS_DIR))}


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The command line."""
    names = [name for name, recipe in PRESETS.items() if recipe.config.dataset == DATASET]
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--presets", default=",".join(names), help="with commas between them")
    budget = parser.add_mutually_exclusive_group()
    budget.add_argument("--steps", type=int, default=0, help="generator updates for each")
    budget.add_argument("--budget-images", type=int, default=0, help="real images shown to each")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--samples", type=int, default=10_000, help="that the classifier reads")
    parser.add_argument("--runs-dir", type=Path, default=Path("runs"))
    parser.add_argument("--data-dir", type=Path, default=loading.default_data_dir())
    parser.add_argument("--device", choices=["auto", "cpu", "cuda"], default="auto")
    parser.add_argument("--out", type=Path, default=Path("docs/results.md"))
    parser.add_argument(
        "--from-checkpoints", action="store_true", help="train only what does not ship"
    )
    return parser.parse_args(arguments)


def collect(options: argparse.Namespace) -> list[RunFolder]:
    """The runs to report on, trained first unless they ship.

    Raises:
        GanError: a recipe does not exist, or cannot be trained.
        KeyboardInterrupt: the person stopped it.
    """
    recipes = [
        preset(name).with_settings({"seed": options.seed}) for name in options.presets.split(",")
    ]
    ready = shipped_runs() if options.from_checkpoints else {}
    if options.from_checkpoints and not (options.steps or options.budget_images):
        return [ready[recipe.preset] for recipe in recipes if recipe.preset in ready]
    trainings = Trainings(RunStore(options.runs_dir), options.data_dir, options.device)
    return [
        ready.get(recipe.preset)
        or train(with_budget(recipe, options.steps, options.budget_images), trainings)
        for recipe in recipes
    ]


def main(arguments: Sequence[str] | None = None) -> None:
    """Train, and write the report."""
    options = parse(arguments)
    words = sys.argv[1:] if arguments is None else arguments
    command = shlex.join(["python", "benchmarks/objectives.py", *words])
    try:
        runs = collect(options)
        classifier = open_classifier()
        results = []
        for run in runs:
            try:
                results.append(report.examine(run, classifier, options.samples))
            except CheckpointError as error:
                print(f"Left out: {error}", file=sys.stderr)
            else:
                print(f"{run.name}: examined", flush=True)
        if not results:
            raise ConfigError("there is nothing to report on.")
        real = report.view_of_test_images(classifier, options.data_dir)
        report.write(results, classifier, real, options.out, command)
    except GanError as error:
        raise SystemExit(str(error)) from None
    except KeyboardInterrupt:
        raise SystemExit("Stopped. The same command goes on from here.") from None
    print(options.out)


if __name__ == "__main__":
    main()
