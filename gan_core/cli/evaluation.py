"""``evaluate``: a generator or a file of pictures measured."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gan_core.cli.options import DataDir, RunsDir, error_console
from gan_core.config import MAX_SEED
from gan_core.data.table import dataset_spec
from gan_core.errors import CheckpointError, ConfigError
from gan_core.runs.folder import RunFolder
from gan_core.runs.generators import find_checkpoint, open_generator
from gan_core.runs.store import RunStore

if TYPE_CHECKING:
    from gan_core.quality.record import Evaluation


def evaluate(
    what: Annotated[
        str,
        typer.Argument(
            metavar="CHECKPOINT|RUN|SAMPLES.npy",
            help="A shipped checkpoint's name, a run's name or folder, or pictures that "
            "`sample --out SAMPLES.npy` wrote.",
        ),
    ],
    dataset: Annotated[
        str | None,
        typer.Option(
            metavar="DATASET",
            help="What to measure against; a generator's own data set unless given.",
            show_default=False,
        ),
    ] = None,
    n: Annotated[
        int, typer.Option("--n", min=6, max=100_000, help="How many samples to draw.")
    ] = 10_000,
    seed: Annotated[int, typer.Option(min=0, max=MAX_SEED, help="Of the noise.")] = 2,
    as_json: Annotated[bool, typer.Option("--json", help="The measurements as JSON.")] = False,
    keep: Annotated[
        bool,
        typer.Option(
            "--save/--no-save",
            help="Keep a measurement of 10,000 samples or more against its own data set in the "
            "generator's folder, as evaluation.json and memorisation.png.",
        ),
    ] = True,
    data_dir: DataDir = Path("data"),
    runs_dir: RunsDir = Path("runs"),
) -> None:
    """Measure a generator's samples against the images that a data set keeps for tests.

    Beside the result stand the ceiling, the test images against themselves, and the floor,
    training images against the test images, which a perfect generator would reach.
    """
    from_file = what.lower().endswith(".npy")
    if from_file and dataset is None:
        raise ConfigError("Give --dataset, the data set that these pictures are to be like.")
    if dataset is not None:
        dataset_spec(dataset)
    folder = None if from_file else _find_generator(what, runs_dir)
    opened = None if folder is None else open_generator(folder.path)

    from rich.progress import BarColumn, Progress, TextColumn

    from gan_core.quality import evaluation, record

    bars = (TextColumn("{task.description}", markup=False), BarColumn())
    with Progress(*bars, disable=not sys.stderr.isatty(), console=error_console()) as bar:
        task = bar.add_task("Loading", total=1)

        def progress(share: float, doing: str) -> None:
            bar.update(task, completed=share, description=doing)

        if opened is None or folder is None:
            pictures = evaluation.read_pictures(Path(what))
            train = evaluation.training_images(dataset or "", pictures, data_dir, progress)
        else:
            progress(0.0, f"Drawing {n:,} samples")
            pictures = evaluation.draw_samples(opened, n, seed, folder.path)
            own = opened.config if dataset in (None, opened.config.dataset) else None
            train = evaluation.training_images(
                dataset or opened.config.dataset,
                pictures,
                data_dir,
                progress,
                folder=own.folder if own else "",
            )
        found = evaluation.evaluate(pictures, train, data_dir, progress)
    kept = False
    if folder is not None and opened is not None and keep:
        own_data = found.evaluation.dataset == opened.config.dataset
        if own_data and n >= evaluation.FULL and seed == evaluation.SEED:
            try:
                evaluation.save(folder, found)
                kept = True
            except OSError as error:
                typer.echo(
                    f"It was not kept: {folder.path} cannot be written ({error.strerror}).",
                    err=True,
                )
    if as_json:
        typer.echo(record.to_json(found.evaluation), nl=False)
        return
    typer.echo("\n".join(_measured(what, found.evaluation)))
    if kept:
        typer.echo(folder.path / record.FILE if folder else "")


def _find_generator(name_or_path: str, runs_dir: Path) -> RunFolder:
    """A shipped checkpoint or a run, by its name, or by its folder."""
    if not Path(name_or_path).exists():
        try:
            return RunStore(runs_dir).get(name_or_path)
        except CheckpointError:
            pass
    return RunFolder(find_checkpoint(name_or_path).resolve())


def _measured(name: str, found: Evaluation) -> Iterator[str]:
    """An evaluation as a table, and in words what it is."""
    yield f"{name}: {found.headline}"
    if found.named:
        yield found.named
    yield ""
    yield f"{'':34}{'result':>10}{'ceiling':>10}{'floor':>10}"
    for scale, *cells in found.rows():
        yield f"{scale.title:34}" + "".join(f"{cell:>10}" for cell in cells)
    if found.shares:
        yield ""
        shares = (f"{index}: {share:.1%}" for index, share in enumerate(found.shares))
        yield f"Digits read: {', '.join(shares)}"
    yield ""
    yield found.ends
    yield found.memory
    yield from found.notes
