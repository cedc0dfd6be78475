"""``evaluate``: a generator or a file of pictures measured."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gan_core.cli import completion
from gan_core.cli.options import DataDir, RunsDir, error_console
from gan_core.config import MAX_SEED
from gan_core.data.table import dataset_spec
from gan_core.errors import CheckpointError, ConfigError
from gan_core.files import describe_os_error
from gan_core.quality import record
from gan_core.quality.record import Evaluation
from gan_core.runs.folder import RunFolder
from gan_core.runs.generators import OpenedGenerator, find_checkpoint, open_generator
from gan_core.runs.store import RunStore

if TYPE_CHECKING:
    from gan_core.data.dataset import Progress
    from gan_core.quality.evaluation import Evaluated

Subject = Annotated[
    str,
    typer.Argument(
        metavar="CHECKPOINT|RUN|SAMPLES.npy",
        help="A shipped checkpoint's name, a run's name or folder, or pictures that "
        "`sample --out SAMPLES.npy` wrote.",
        autocompletion=completion.checkpoints,
    ),
]
Dataset = Annotated[
    str | None,
    typer.Option(
        metavar="DATASET",
        help="What to measure against; a generator's own data set unless given.",
        show_default=False,
    ),
]
Labels = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="For pictures from SAMPLES.npy: the classes that they were drawn as, which `sample` "
        "wrote into SAMPLES.labels.npy.",
        show_default=False,
    ),
]
Folder = Annotated[
    str | None,
    typer.Option(
        metavar="FOLDER",
        help="For a data set that is a folder of pictures: where it is, or has moved to since a "
        "run was trained on it.",
        show_default=False,
    ),
]
Keep = Annotated[
    bool,
    typer.Option(
        "--save/--no-save",
        help="Keep a measurement of 10,000 samples or more against its own data set in the "
        "generator's folder, as evaluation.json and memorisation.png.",
    ),
]


def evaluate(
    what: Subject,
    dataset: Dataset = None,
    n: Annotated[
        int, typer.Option("--n", min=6, max=100_000, help="How many samples to draw.")
    ] = 10_000,
    seed: Annotated[int, typer.Option(min=0, max=MAX_SEED, help="Of the noise.")] = 2,
    as_json: Annotated[bool, typer.Option("--json", help="The measurements as JSON.")] = False,
    keep: Keep = True,
    labels: Labels = None,
    folder: Folder = None,
    data_dir: DataDir = Path("data"),
    runs_dir: RunsDir = Path("runs"),
) -> None:
    """Measure a generator's samples against the images that a data set keeps for tests."""
    from_file = what.lower().endswith(".npy")
    if from_file and dataset is None:
        raise ConfigError("Give --dataset, the data set that these pictures are to be like.")
    if labels is not None and not from_file:
        raise ConfigError("--labels goes with SAMPLES.npy; a generator's samples have their own.")
    if dataset is not None:
        _check_folder(dataset, folder)
    file = None
    if from_file:
        evaluated = _measure_file(Path(what), labels, dataset or "", folder or "", data_dir)
    else:
        run = _find_generator(what, runs_dir)
        model = open_generator(run.path)
        evaluated = _measure_generator(run, model, dataset, folder, n, seed, data_dir)
        if keep and _is_full(evaluated.evaluation, model):
            file = _save(run, evaluated)
    if as_json:
        typer.echo(record.to_json(evaluated.evaluation), nl=False)
        return
    typer.echo("\n".join(_lines(what, evaluated.evaluation)))
    if file is not None:
        typer.echo(file)


def _check_folder(dataset: str, folder: str | None) -> None:
    if folder is not None and not dataset_spec(dataset).in_folder:
        raise ConfigError(f"--folder goes with a folder of pictures; {dataset!r} is none.")


def _find_generator(name_or_path: str, runs_dir: Path) -> RunFolder:
    """A shipped checkpoint or a run, by its name, or by its folder."""
    if not Path(name_or_path).exists():
        try:
            return RunStore(runs_dir).get(name_or_path)
        except CheckpointError:
            pass
    return RunFolder(find_checkpoint(name_or_path).resolve())


@contextmanager
def _bar() -> Iterator[Progress]:
    """A bar of progress on standard error, where that is a terminal."""
    from rich.progress import BarColumn, TextColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("{task.description}", markup=False), BarColumn())
    with Bar(*columns, disable=not sys.stderr.isatty(), console=error_console()) as bar:
        task = bar.add_task("Loading", total=1)
        yield lambda share, words: bar.update(task, completed=share, description=words)


def _measure_file(
    path: Path, labels: Path | None, dataset: str, folder: str, data_dir: Path
) -> Evaluated:
    """Pictures from a file, against a data set."""
    from gan_core.quality.evaluation import evaluate as measure
    from gan_core.quality.evaluation import training_images
    from gan_core.quality.pictures import read_pictures

    with _bar() as progress:
        pictures = read_pictures(path, labels)
        train = training_images(dataset, pictures, data_dir, progress, folder)
        return measure(pictures, train, data_dir, progress)


def _measure_generator(
    run: RunFolder,
    model: OpenedGenerator,
    dataset: str | None,
    folder: str | None,
    n: int,
    seed: int,
    data_dir: Path,
) -> Evaluated:
    """Samples of a generator, against a data set or its own.

    Raises:
        ConfigError: a folder is given for a data set that is none.
        DataError: the generator's own folder is not where it was.
        CheckpointError: the folder given holds other images than it was trained on.
    """
    from gan_core.data.folder import folder_path
    from gan_core.data.loading import in_class_order
    from gan_core.data.moved import check_folder_of, check_images_of
    from gan_core.quality.evaluation import evaluate as measure
    from gan_core.quality.evaluation import training_images
    from gan_core.quality.pictures import draw_samples

    own = model.config.dataset
    dataset = dataset or own
    _check_folder(dataset, folder)
    moved = folder is not None and dataset == own
    if folder is None:
        folder = model.config.folder if dataset == own else ""
        if dataset == own:
            check_folder_of(run.name, model.config, data_dir)
    with _bar() as progress:
        progress(0.0, f"Drawing {n:,} samples")
        pictures = draw_samples(model, n, seed, run)
        train = training_images(dataset, pictures, data_dir, progress, folder, own=dataset == own)
        if dataset == own:
            train = in_class_order(train, model.info.classes)
        if moved:
            info, place = model.info, folder_path(data_dir, folder)
            check_images_of(run.name, info.dataset_fingerprint, info.dataset_size, train, place)
        return measure(pictures, train, data_dir, progress)


def _is_full(evaluation: Evaluation, model: OpenedGenerator) -> bool:
    """Whether a measurement is one of those that are kept, which compare with each other."""
    from gan_core.quality.evaluation import FULL
    from gan_core.quality.pictures import SEED

    own_data = evaluation.dataset == model.config.dataset
    return own_data and evaluation.samples >= FULL and evaluation.seed == SEED


def _save(run: RunFolder, evaluated: Evaluated) -> Path | None:
    """Keep a measurement, and say where, or why not."""
    from gan_core.quality.evaluation import save

    try:
        save(run, evaluated)
    except OSError as error:
        typer.echo(f"It was not kept. {describe_os_error(error)}", err=True)
        return None
    return run.path / record.FILE


def _lines(name: str, evaluation: Evaluation) -> Iterator[str]:
    """An evaluation as a table, and in words what it is."""
    yield f"{name}: {evaluation.headline}"
    if evaluation.distances:
        yield evaluation.distances
    yield ""
    yield f"{'':34}{'result':>10}{'ceiling':>10}{'floor':>10}"
    for measure, *cells in evaluation.rows():
        yield f"{measure.title:34}" + "".join(f"{cell:>10}" for cell in cells)
    if evaluation.shares:
        yield ""
        yield f"Digits read: {evaluation.class_shares}"
    yield ""
    yield evaluation.bounds
    yield evaluation.memorisation
    yield from evaluation.notes
