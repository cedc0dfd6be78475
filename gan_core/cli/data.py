"""``download`` and ``train-classifier``."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from gan_core.cli import completion
from gan_core.cli.options import TICK_SECONDS, DataDir
from gan_core.config import MAX_SEED
from gan_core.data.table import dataset_spec
from gan_core.errors import ConfigError, DownloadError


def download(
    dataset: Annotated[
        str,
        typer.Argument(
            metavar="DATASET",
            help="`list datasets` names them.",
            autocompletion=completion.datasets,
        ),
    ],
    data_dir: DataDir = Path("data"),
) -> None:
    """Fetch a data set."""
    spec = dataset_spec(dataset)
    os.environ.setdefault("TQDM_DISABLE", "1")  # torchvision's own bars would draw over this one

    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    from gan_core.training.background import DaemonExecutor, start_download

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    with Progress(*columns, TimeRemainingColumn(), disable=not sys.stdout.isatty()) as bar:
        task = bar.add_task(spec.title, total=spec.download_bytes)
        fetch, last_tenths = start_download(dataset, data_dir, DaemonExecutor()), 0
        while fetch.active:
            fetch.wait(TICK_SECONDS)
            bar.update(task, completed=fetch.share * spec.download_bytes)
            tenths = int(fetch.share * 10)
            if bar.disable and tenths > last_tenths and fetch.error is None:
                typer.echo(f"{spec.title}: {tenths * 10}% of {spec.download_bytes / 1e6:.0f} MB")
                last_tenths = tenths
    if fetch.error:
        raise DownloadError(fetch.error)
    typer.echo(f"{spec.title} is in {data_dir}.")


def train_classifier(
    out: Annotated[Path, typer.Option(metavar="FOLDER", help="Where to write it.")],
    epochs: Annotated[int, typer.Option(min=1, help="Passes over MNIST's training images.")] = 6,
    seed: Annotated[int, typer.Option(min=0, max=MAX_SEED, help="Of all that is random.")] = 0,
    data_dir: DataDir = Path("data"),
) -> None:
    """Train the digit classifier that generated digits are judged with, on MNIST."""
    if out.exists() and not out.is_dir():
        raise ConfigError(f"out is '{out}', which is a file; give the name of a folder.")

    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    from gan_core.quality.classifier_training import train_checkpoint

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, disable=not sys.stdout.isatty()) as bar:
        task = bar.add_task("Loading", total=1)
        facts = train_checkpoint(
            out,
            data_dir,
            epochs=epochs,
            seed=seed,
            progress=lambda share, what: bar.update(task, completed=share, description=what),
        ).facts
    typer.echo(f"{facts.test_accuracy:.2%} of {facts.test_images:,} test images named correctly")
    typer.echo(out)
