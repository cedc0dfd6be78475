"""The collection that the doctor is held to: short real trainings, healthy and broken on purpose.

    python benchmarks/doctor_runs.py                   what the doctor finds in the collection
    python benchmarks/doctor_runs.py --train [NAMES]   train it, or some of it, anew

The collection is test data: a folder a run with its settings, its losses and the measurements of
its samples, and manifest.json with what the doctor must find in each, and what it may find besides.
Anything else that it says is a false alarm. The shipped checkpoints' own histories, in which it
must find nothing, are checked along with it.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from gan_core.config import TrainConfig
from gan_core.data import dataset, loading
from gan_core.data.table import dataset_spec
from gan_core.errors import DivergedError
from gan_core.files import dump_json, write_atomic
from gan_core.latent import vectors
from gan_core.objectives.breakages import with_breakage
from gan_core.places import CHECKPOINTS_DIR
from gan_core.presets import preset
from gan_core.quality.digit_classifier import Classifier, open_classifier
from gan_core.runs.folder import RunFolder
from gan_core.runs.history import Curves
from gan_core.runs.store import RunStore
from gan_core.training import opening
from gan_core.training.doctor import examine
from gan_core.training.findings import Finding
from gan_core.training.session import TrainingSession
from gan_core.training.trainer import Trainer

COLLECTION = Path(__file__).resolve().parent.parent / "tests" / "data" / "doctor"
LOGGED, MEASUREMENTS = 50, 12  # rows of a whole run
SAMPLES = 500
DIGITS = 4  # significant ones, kept of each number


@dataclass(frozen=True)
class Case:
    """One training, and what the doctor is to say of it."""

    recipe: str
    breakage: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    steps: int = 1200
    must: tuple[str, ...] = ()
    may: tuple[str, ...] = ()

    @property
    def config(self) -> TrainConfig:
        """The settings: the recipe on a small network unless the case says otherwise."""
        config = preset(self.recipe)
        small = {"architecture": "mlp", "batch_size": 64}
        if dataset_spec(config.dataset).points:
            small = {}  # as it is
        record = {
            "steps": self.steps,
            "log_every": max(1, self.steps // LOGGED),
            "sample_every": self.steps,
            "save_every": self.steps,
        }
        config = config.with_settings({**small, **self.settings, **record})
        return with_breakage(config, self.breakage) if self.breakage else config


LIGHT = {"architecture": "dcgan-28", "batch_size": 32}
SMALL_BATCH = {"batch_size": 32}
TINY = {"architecture": "mlp-small"}
WORTHLESS = ("collapse", "plateau")  # of pictures that are and stay worthless, as they are

# Early on BEGAN draws few classes indeed.
CASES: dict[str, Case] = {
    "gan": Case("gan-mnist", steps=2000),
    "gan-small": Case("gan-small-mnist", settings=TINY, steps=3000),
    "gan-long": Case("gan-small-mnist", settings=TINY, steps=9000),
    "dcgan": Case("dcgan-mnist", settings={**LIGHT, "lr_g": 1e-3, "lr_d": 1e-3}, steps=800),
    "minimax": Case("minimax-mnist"),
    "lsgan": Case("lsgan-mnist"),
    "hinge": Case("hinge-mnist"),
    "dragan": Case("dragan-mnist", settings=LIGHT, steps=800),
    "r3gan": Case("r3gan-mnist"),
    "cgan": Case("cgan-mnist"),
    "acgan": Case("acgan-mnist"),
    "wgan": Case("wgan-mnist", settings=SMALL_BATCH, steps=1000),
    "wgan-gp": Case("wgan-gp-mnist", settings=SMALL_BATCH, steps=1000),
    "ebgan": Case("ebgan-mnist"),
    "began": Case("began-mnist", may=("collapse",)),
    "digits": Case("digits", settings=SMALL_BATCH),
    "cgan-long": Case(
        "cgan-mnist",
        settings={**TINY, **SMALL_BATCH, "lr_g": 3e-3, "lr_d": 3e-3},
        steps=6000,
        must=("plateau",),
    ),
    "gan-high-rates": Case("gan-mnist", "high-rates", must=("saturated",), may=WORTHLESS),
    "gan-extreme-rates": Case(
        "gan-mnist",
        settings={"lr_g": 1.0, "lr_d": 1.0, "optimizer": "rmsprop"},
        must=("diverged", "saturated", "collapse"),
    ),
    "gan-heavy-momentum": Case(
        "gan-mnist",
        settings={"beta1": 0.95, "lr_g": 3e-3, "lr_d": 3e-3},
        must=("saturated", "collapse"),
    ),
    "gan-slow-generator": Case("gan-mnist", "slow-generator", must=("saturated", "collapse")),
    "gan-one-sided": Case("gan-mnist", "one-sided", must=("runaway", "collapse"), may=WORTHLESS),
    "gan-one-picture": Case(
        "gan-mnist", settings={"latent_dim": 1, "lr_g": 5e-3}, must=("saturated", "collapse")
    ),
    "gan-long-rounds": Case(
        "gan-mnist", "long-rounds", must=("oscillation",), may=("saturated", *WORTHLESS)
    ),
    "minimax-slow-generator": Case(
        "minimax-mnist", "slow-generator", must=("saturated", "collapse")
    ),
    "dcgan-swinging": Case(
        "dcgan-mnist",
        settings={**LIGHT, "beta1": 0.9, "lr_g": 5e-3, "lr_d": 5e-3},
        steps=600,
        must=("saturated",),
        may=("oscillation", *WORTHLESS),
    ),
    "cgan-one-label": Case("cgan-mnist", "one-label", must=("collapse",), may=WORTHLESS),
    "lsgan-high-rates": Case(
        "lsgan-mnist", "high-rates", must=("diverged", "runaway"), may=("saturated", *WORTHLESS)
    ),
    "lsgan-slow-generator": Case("lsgan-mnist", "slow-generator", must=("saturated", "collapse")),
    "hinge-slow-generator": Case("hinge-mnist", "slow-generator", must=("saturated", "collapse")),
    "dragan-no-penalty": Case("dragan-mnist", "no-penalty", may=("penalty", "collapse")),
    "r3gan-no-penalty": Case("r3gan-mnist", "no-penalty"),
    "r3gan-high-rates": Case(
        "r3gan-mnist", "high-rates", must=("penalty",), may=("diverged", "saturated", *WORTHLESS)
    ),
    "wgan-no-clip": Case(
        "wgan-mnist",
        "no-clip",
        settings={"lr_g": 5e-4, "lr_d": 5e-4, **SMALL_BATCH},
        steps=600,
        must=("diverged",),
    ),
    "wgan-tight-clip": Case(
        "wgan-mnist", "tight-clip", settings=SMALL_BATCH, steps=300, must=("clip",), may=WORTHLESS
    ),
    "wgan-high-rates": Case("wgan-mnist", "high-rates", settings=SMALL_BATCH, steps=600),
    "wgan-gp-no-penalty": Case(
        "wgan-gp-mnist",
        "no-penalty",
        settings=SMALL_BATCH,
        steps=600,
        must=("penalty",),
        may=("diverged", *WORTHLESS),
    ),
    "wgan-gp-batch-penalty": Case(
        "wgan-gp-mnist", "batch-penalty", settings=SMALL_BATCH, steps=600, must=("penalty",)
    ),
    "wgan-gp-batch-norm": Case(
        "wgan-gp-mnist",
        "critic-batch-norm",
        settings=LIGHT,
        steps=600,
        must=("penalty",),
        may=WORTHLESS,
    ),
    "wgan-gp-unsteady": Case(
        "wgan-gp-mnist",
        settings={
            **SMALL_BATCH,
            "d_steps": 1,
            "beta1": 0.9,
            "beta2": 0.99,
            "lr_g": 2e-3,
            "lr_d": 2e-3,
        },
        must=("collapse",),
        may=("penalty", *WORTHLESS),
    ),
    "ebgan-detached-target": Case(
        "ebgan-mnist",
        "detached-target",
        settings=SMALL_BATCH,
        steps=900,
        must=("margin", "collapse"),
    ),
    "ebgan-slow-generator": Case(
        "ebgan-mnist",
        "slow-generator",
        settings=SMALL_BATCH,
        steps=900,
        must=("margin", "collapse"),
    ),
    "ebgan-extreme-rates": Case(
        "ebgan-mnist",
        settings={"lr_g": 1.0, "lr_d": 1.0, "batch_size": 16},
        steps=400,
        must=("diverged", "margin"),
    ),
    "ebgan-nan": Case(
        "ebgan-mnist",
        settings={"lr_g": 1.0, "lr_d": 1.0, "batch_size": 16, "architecture": "mlp-wide"},
        steps=400,
        must=("nan",),
    ),
    "began-frozen-balance": Case(
        "began-mnist",
        "frozen-balance",
        settings=SMALL_BATCH,
        steps=900,
        must=("balance",),
        may=WORTHLESS,
    ),
    "ring": Case("ring-r3gan", steps=1500),
    "ring-momentum": Case(
        "ring-gan",
        settings={"beta1": 0.9, "lr_d": 1e-3},
        steps=1500,
        must=("rotation", "collapse"),
        may=("oscillation", "saturated"),
    ),
    "ring-slow-discriminator": Case(
        "ring-gan",
        settings={"beta1": 0.5, "lr_d": 1e-4, "lr_g": 1e-3},
        steps=1500,
        must=("collapse",),
        may=("rotation", "runaway", "oscillation"),
    ),
    "grid-gan": Case("grid-gan", steps=3000, must=("modes",)),
    "began-quick-balance": Case("began-mnist", settings={"k_rate": 0.5}, may=("collapse",)),
}


def collect(name: str, case: Case, data_dir: Path, classifier: Classifier) -> float:
    """Train a case into the collection; returns the CPU time that it took in seconds."""
    start = time.process_time()
    with tempfile.TemporaryDirectory() as scratch:
        run = RunFolder(Path(scratch) / name)
        run.path.mkdir()
        session = opening.start(
            run, case.config, data_dir, torch.device("cpu"), dataset.ignore_progress
        )
        measure = _measure_of(session, classifier, data_dir)
        rows: list[dict[str, float]] = []
        interval = max(1, case.steps // MEASUREMENTS)
        try:
            while not session.finished:
                session.advance(0)
                if session.step % interval == 0:
                    rows.append({"step": session.step, **measure(session.trainer)})
        except DivergedError as error:
            print(f"{name}: {error}")
        finally:
            session.close()
        target = RunFolder(COLLECTION / name)
        shutil.rmtree(target.path, ignore_errors=True)
        target.write_config(session.config, session.info)
        _write_lines(target.path / "metrics.jsonl", list(run.rows()))
        _write_lines(target.path / "quality.jsonl", rows)
    return time.process_time() - start


def _measure_of(
    session: TrainingSession, classifier: Classifier, data_dir: Path
) -> Callable[[Trainer], dict[str, float]]:
    """What measures a training's samples into a row, less the step."""
    monitor = session.monitor
    if monitor is not None and dataset_spec(session.config.dataset).points:
        return lambda trainer: monitor.measure(trainer.sampler)
    return Measure(classifier, session.config, data_dir)


class Measure:
    """What the samples of a training are worth, in the columns that a run measures live."""

    def __init__(self, classifier: Classifier, config: TrainConfig, data_dir: Path) -> None:
        self.classifier, self.config = classifier, config
        test = loading.load("mnist", data_dir, split="test")
        images = dataset.to_unit_range(test.images[:2000])
        self.real = classifier.features(images).double().numpy()
        self.spread = _spread(images[:SAMPLES])

    def __call__(self, trainer: Trainer) -> dict[str, float]:
        """A row of measurements, less the step."""
        n_classes = trainer.generator.n_classes
        z, y, _ = vectors.sheet(SAMPLES, self.config.latent_dim, 1, self.config.noise, n_classes)
        pictures = trainer.sample(z, y)
        view = self.classifier.view(pictures)
        features = self.classifier.features(pictures).double().numpy()
        return {
            "images": trainer.images_seen,
            "samples": len(pictures),
            "fd": _frechet(features, self.real),
            "readable": view.readable,
            "present": view.present,
            "kl": view.kl,
            "diversity": _spread(pictures) / self.spread,
            **{f"share/{k}": share for k, share in enumerate(view.shares)},
        }


def _spread(images: torch.Tensor) -> float:
    return float(torch.pdist(images.flatten(1)).mean())


def _frechet(one: np.ndarray, other: np.ndarray) -> float:
    """``|m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2))`` of features (N, F) and (M, F)."""
    covariances = np.cov(one, rowvar=False), np.cov(other, rowvar=False)
    eigenvalues = np.linalg.eigvals(covariances[0] @ covariances[1]).real.clip(0)
    apart = np.square(one.mean(0) - other.mean(0)).sum()
    return float(apart + sum(map(np.trace, covariances)) - 2 * np.sqrt(eigenvalues).sum())


def _write_lines(path: Path, rows: list[dict[str, float]]) -> None:
    lines = (
        json.dumps(
            {
                name: float(f"{value:.{DIGITS}g}") if isinstance(value, float) else value
                for name, value in row.items()
            }
        )
        for row in rows
    )
    write_atomic(path, "".join(f"{line}\n" for line in lines).encode())


def prefixes(run: RunFolder) -> Iterator[tuple[Finding, ...]]:
    """What the doctor said of a run at each row of its history, as it would have live."""
    config, curves, quality = run.config(), run.curves(), run.quality()
    for step in curves["step"]:
        yield examine(config, _until(curves, step), _until(quality, step))


def _until(curves: Curves, step: float) -> Curves:
    before = curves.get("step", np.empty(0)) <= step
    return {name: column[before] for name, column in curves.items()}


def judge(run: RunFolder, must: Iterable[str], may: Iterable[str]) -> tuple[set[str], set[str]]:
    """What the doctor missed in a run at all its moments, and what it said that it should not."""
    names = {finding.name for findings in prefixes(run) for finding in findings}
    return set(must) - names, names - set(must) - set(may)


def table() -> str:
    """The collection and the shipped histories, and what the doctor says of each, in Markdown."""
    manifest = json.loads((COLLECTION / "manifest.json").read_text("utf-8"))
    lines = ["| run | must | at its end | missed | false alarms |", "|---|---|---|---|---|"]
    checkpoints = [run for run in RunStore(CHECKPOINTS_DIR).list() if any(run.rows())]
    for run in [*(RunFolder(COLLECTION / name) for name in manifest), *checkpoints]:
        expectations = (
            manifest.get(run.name, {"must": [], "may": []}) if run not in checkpoints else {}
        )
        misses, false = judge(run, expectations.get("must", ()), expectations.get("may", ()))
        *_, last = prefixes(run)
        cells = [
            run.name if run not in checkpoints else f"{run.name} (shipped)",
            ", ".join(expectations.get("must", ())),
            ", ".join(f"{finding.name} from {finding.step:,}" for finding in last),
            ", ".join(sorted(misses)),
            ", ".join(sorted(false)),
        ]
        lines.append(f"| {' | '.join(cell or '-' for cell in cells)} |")
    return "\n".join(lines)


def main() -> None:
    """Train what is asked for, and print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--train", nargs="*", metavar="NAME", help="cases to train; all without")
    parser.add_argument("--data-dir", type=Path, default=loading.default_data_dir())
    options = parser.parse_args()
    if options.train is not None:
        torch.set_num_threads(1)
        classifier = open_classifier()
        for name in options.train or CASES:
            seconds = collect(name, CASES[name], options.data_dir, classifier)
            print(f"{name}: {seconds:.0f} s of CPU", flush=True)
    manifest = {name: {"must": case.must, "may": case.may} for name, case in CASES.items()}
    write_atomic(COLLECTION / "manifest.json", dump_json(manifest).encode())
    print(table())


if __name__ == "__main__":
    main()
